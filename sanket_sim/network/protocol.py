"""What crosses the seam between planning and carrying: arrivals in, a batch out, commands across.

Two engines obey this protocol; the simulation drives either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.outcomes import Outcome
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import TraceBatch


class CommandKind(IntEnum):
    """What the control plane can do to a running network."""

    LATENCY = 0
    LOSS = 1
    ABORT = 2
    SLOW = 3
    PAUSE = 4
    CRASH = 5
    RESTART = 6
    CONFIG = 7
    END = 8
    """Take back the effect that the command with the same `fault_id` began."""
    FREEZE = 9
    """Block an account: nothing may leave it."""
    THAW = 10
    """Take back one such block; an account may be used again when none is left."""
    CONTROL = 11
    """Switch the bank's own controls against traps."""


class Direction(IntEnum):
    """Which message of an exchange a fault strikes."""

    REQUEST = 0
    RESPONSE = 1


@dataclass(frozen=True, slots=True)
class Command:
    """One act of the control plane, at an instant of simulated time.

    Parameters
    ----------
    at_ns : int
        When it acts [ns since the start of the run].
    kind : CommandKind
    fault_id : int
        Which fault (row of the faults table) it belongs to, -1 for none.
    target : str
        A service ``"payment"``, an operation ``"payment.pay"``, or an edge ``"gateway->payment"``
        (``"client->gateway"`` for the customer's device).
    replicas : tuple of int
        Replicas struck; empty means all.
    probability : float
        Share of attempts struck (LATENCY, LOSS, ABORT).
    add : Law or None
        Extra service time (LATENCY).
    direction : Direction
        For LOSS.
    code : Outcome
        What ABORT answers.
    speed : float
        Speed factor of SLOW (0.2: five times slower).
    duration_ns : int
        How long a PAUSE lasts or a CRASH keeps the replica down before it restarts by itself;
        0: until RESTART.
    silent : bool
        A silent CRASH answers nothing: callers time out.
    account : int
        FREEZE, THAW: whose.
    by_bank : bool
        FREEZE, THAW: the bank's doing, and not what the owner wants.
    settings : mapping
        CONFIG: key path below the service or edge -> new value (parsed, e.g. ``timeout_ns``).
        CONTROL: name of a control -> whether it is on.
    """

    at_ns: int
    kind: CommandKind
    fault_id: int = -1
    target: str = ""
    replicas: tuple[int, ...] = ()
    probability: float = 1.0
    add: object | None = None
    direction: Direction = Direction.REQUEST
    code: Outcome = Outcome.UNAVAILABLE
    speed: float = 1.0
    duration_ns: int = 0
    silent: bool = False
    account: int = -1
    by_bank: bool = False
    settings: Mapping[str, float | int | str | bool] = field(default_factory=dict)


class Engine(Protocol):
    """The three verbs of a network engine, and how it ends."""

    def advance(self, until_ns: int, arrivals: Arrivals) -> TraceBatch:
        """Carry every event in [now, until_ns); return what happened."""
        ...

    def apply(self, command: Command) -> None:
        """Schedule a command; its instant must not lie in the past."""
        ...

    def close(self) -> TraceBatch:
        """End the run: whatever is still open is reported as in flight."""
        ...

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way; holds may still be open."""
        ...

    def waits(self, until_ns: int) -> bool:
        """Say whether a hold will lapse before an instant, though nothing else is on its way."""
        ...

    def balances_minor(self) -> NDArray[np.int64]:
        """Return the store's posted balance of every account [minor units]."""
        ...

    def pending_minor(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pending debits and pending credits of every account [minor units]."""
        ...
