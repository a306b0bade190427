"""What goes to a flight: orders, each a plain record that crosses a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import Frame
from sanket_sim.live.reading.unwritten import Unwritten

Problems = Sequence[tuple[str, str]]
"""What is wrong, key by key: (path, message)."""
SPEED_MIN, SPEED_MAX = 0.1, 10_000.0
"""Simulated seconds per second of wall time; a run goes no faster than the machine lets it."""


@dataclass(frozen=True, slots=True)
class Play:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, after the tick that is under way."""


@dataclass(frozen=True, slots=True)
class Step:
    """Go on for a while of simulated time, then wait."""

    for_ns: int = NS_PER_S


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """Go on at another speed from now."""

    speed: float


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run after the tick that is under way; what was written stays and is measured.

    Parameters
    ----------
    by : str
        Whom the manifest names.
    """

    by: str = "the operator"


@dataclass(frozen=True, slots=True)
class Give:
    """Command a fault or a trap, now: a table as an experiment has it, without its `at`."""

    table: dict[str, Any]
    is_trap: bool = False
    by: str = "operator"


@dataclass(frozen=True, slots=True)
class Inspect:
    """Ask for everything about one thing."""

    kind: Literal["service", "agent", "payment", "campaign", "alert", "history", "run"]
    key: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask for what is not on the disk yet of some payments, and of agents from a row on."""

    tx_ids: tuple[int, ...]
    agents_from: int = 0


Deed = Play | Pause | Step | SetSpeed | Stop | Give | Inspect
"""What is answered in JSON."""
Order = Deed | LookUp


@dataclass(frozen=True, slots=True)
class Request:
    """An order with the number under which its answer comes back."""

    number: int
    order: Order


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an order.

    Parameters
    ----------
    number : int
        The request's.
    body : bytes
        JSON: what was asked for, ``{}`` for a plain order.
    problems : tuple of (key path, message)
        Why it was refused.
    missing : bool
        Whether what was asked for does not exist.
    unwritten : Unwritten or None
        What a `LookUp` asked for: another process of ours reads it, so it is no JSON.
    """

    number: int
    body: bytes = b"{}"
    problems: Problems = ()
    missing: bool = False
    unwritten: Unwritten | None = None


@dataclass(frozen=True, slots=True)
class Boarded:
    """The parts of a run have been introduced to one another: it can be told to go on."""

    run_id: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The flight could not begin, or came down."""

    run_id: int
    message: str


News = Frame | Boarded | Failure
"""What a flight tells by itself."""
Report = News | Answer
"""What comes from a flight."""
