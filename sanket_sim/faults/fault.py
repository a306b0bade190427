"""What every fault has in common: a name, a window in time, and commands for the network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from sanket_sim.actors.demand import Surge
from sanket_sim.bank.description import Balancing, Bank
from sanket_sim.core.errors import Problem
from sanket_sim.core.registry import Registry
from sanket_sim.core.settings import DurationNs, PositiveDurationNs, Settings, Share
from sanket_sim.faults.record import Window
from sanket_sim.faults.targets import (
    EVERYWHERE,
    Replicas,
    TargetKind,
    callee_of,
    replicas_struck,
    wrong_target,
)
from sanket_sim.network.protocol import Command, CommandKind

faults: Registry[type[Fault]] = Registry("fault")


class Fault(Settings, ABC):
    """One ``[[fault]]`` table: what is struck, when, how hard.

    A fault that cannot do anything (probability 0, duration 0, a factor of 1) vanishes to the
    byte: no command, no row in the trace.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]]
    """A table that is valid on any bank whose first service is called by an edge; the contract
    suite fills in ``{service}`` and ``{edge}``."""

    INSTANT: ClassVar[bool] = False
    """Whether it is over as soon as it has happened."""

    kind: str
    at: DurationNs
    """When it begins, since the start of the run."""
    lasts: DurationNs | None = Field(default=None, alias="for")
    """How long it lasts; left out: to the end of the run."""
    repeat: PositiveDurationNs | None = None
    """Time from one beginning to the next; left out: it happens once."""

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.INSTANT and self.lasts is not None:
            raise ValueError(f"{self.kind} is an instant: leave `for` out")
        unending = self.lasts is None and not self.INSTANT
        if self.repeat is not None and (unending or self.repeat < (self.lasts or 0)):
            raise ValueError("repeat must be at least as long as `for`, which must be given")
        return self

    @property
    def vanishes(self) -> bool:
        """Whether this fault can have no effect at all."""
        return self.lasts == 0

    @property
    def share(self) -> float:
        """Probability that one message or request in the window is struck."""
        return 1.0

    @property
    def place(self) -> str:
        """What is struck, for the trace; empty for the whole city."""
        return ""

    def windows(self, until_ns: int) -> list[Window]:
        """Return the stretches in which it acts, none of them beginning at `until_ns` or later.

        Examples
        --------
        >>> from sanket_sim.faults.pause import Pause
        >>> table = {"kind": "pause", "target": "ledger", "at": "1s", "for": "2s", "repeat": "4s"}
        >>> [tuple(window) for window in Pause.model_validate(table).windows(9_000_000_000)]
        [(1000000000, 3000000000), (5000000000, 7000000000)]
        """
        if self.vanishes:
            return []
        begins = self._begins_ns(until_ns)
        if self.lasts is None and not self.INSTANT:
            return [Window(begin_ns, until_ns) for begin_ns in begins]
        return [Window(begin_ns, begin_ns + (self.lasts or 0)) for begin_ns in begins]

    def times(self, until_ns: int) -> int:
        """Return how many windows there are, without laying them out.

        Examples
        --------
        >>> from sanket_sim.faults.pause import Pause
        >>> table = {"kind": "pause", "target": "ledger", "at": "0s", "for": "1ns", "repeat": "2ns"}
        >>> Pause.model_validate(table).times(60_000_000_000)
        30000000000
        """
        return 0 if self.vanishes else len(self._begins_ns(until_ns))

    def _begins_ns(self, until_ns: int) -> range:
        return range(self.at, until_ns, self.repeat or max(until_ns - self.at, 1))

    @abstractmethod
    def problems(self, bank: Bank) -> list[Problem]:
        """Return what does not fit this bank; paths are below the fault's table."""

    @abstractmethod
    def commands(self, bank: Bank, fault_id: int, until_ns: int) -> list[Command]:
        """Return what the control plane must do, and when.

        Parameters
        ----------
        bank : Bank
        fault_id : int
            Row of the faults table that the commands belong to.
        until_ns : int
            End of arrivals; no window begins after it.
        """

    def surges(self, until_ns: int) -> list[Surge]:
        """Return what it does to the demand of the whole city; most faults do nothing."""
        del until_ns
        return []


class TargetedFault(Fault):
    """A fault of one service, operation or edge."""

    TARGETS: ClassVar[tuple[TargetKind, ...]] = EVERYWHERE
    COMMAND: ClassVar[CommandKind]

    target: str
    """``"payment"``, ``"payment.pay"`` or ``"gateway->payment"``."""

    @property
    def place(self) -> str:
        """What is struck."""
        return self.target

    def problems(self, bank: Bank) -> list[Problem]:
        """Say whether the target exists in this bank."""
        wrong = wrong_target(bank, self.target, self.TARGETS)
        return [Problem("target", wrong)] if wrong else []

    def commands(self, bank: Bank, fault_id: int, until_ns: int) -> list[Command]:
        """Begin in every window, and end what does not end by itself."""
        acts: list[Command] = []
        for window in self.windows(until_ns):
            acts.append(self.beginning(bank, fault_id, window))
            if self.must_be_ended:
                acts.append(Command(window.end_ns, CommandKind.END, fault_id))
        return acts

    @property
    def must_be_ended(self) -> bool:
        """Whether an END belongs to each beginning."""
        return self.lasts is not None

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Return the command that begins one window; a fault adds what is its own."""
        del bank
        return Command(window.begin_ns, self.COMMAND, fault_id, self.target, probability=self.share)


class ReplicaFault(TargetedFault):
    """A fault that may strike some replicas of a service and spare the others."""

    replicas: Replicas = "all"
    """``"all"``, ``"one"``, a count, or a share such as ``"25%"`` (rounded up)."""

    def problems(self, bank: Bank) -> list[Problem]:
        """Say whether target and replicas exist in this bank."""
        found = super().problems(bank)
        if not found:
            try:
                self.struck(bank)
            except ValueError as error:
                found.append(Problem("replicas", str(error)))
        return found

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Name the replicas struck as well."""
        return replace(super().beginning(bank, fault_id, window), replicas=self.struck(bank))

    def struck(self, bank: Bank) -> tuple[int, ...]:
        """Return the replicas struck, empty for all."""
        return replicas_struck(bank, self.target, self.replicas)


class MessageFault(ReplicaFault):
    """A fault that strikes a share of the attempts at its target."""

    probability: Share = 1.0
    """Share of attempts struck, drawn for each attempt by itself."""

    @property
    def before_replica(self) -> bool:
        """Whether it strikes before a request from a shared line has met its replica."""
        return "->" in self.target

    def problems(self, bank: Bank) -> list[Problem]:
        """Say also whether there is a replica yet when it strikes."""
        found = super().problems(bank)
        if not found and self.replicas != "all" and self.before_replica:
            service = bank.services[callee_of(bank, self.target)]
            if service.balancing is Balancing.SHARED:
                message = f'must be "all": {service.name} has one line for all its replicas'
                found.append(Problem("replicas", f"{message}, and this strikes before it"))
        return found

    @property
    def share(self) -> float:
        """Share of attempts struck."""
        return self.probability

    @property
    def vanishes(self) -> bool:
        """Whether it strikes nobody or lasts no time."""
        return self.probability == 0.0 or super().vanishes
