"""Crash: replicas die, and what they had not committed is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Bank
from sanket_sim.faults.fault import ReplicaFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.faults.targets import TargetKind
from sanket_sim.network.protocol import Command, CommandKind


@faults.register("crash")
class Crash(ReplicaFault):
    """Replicas go down at once and start up again when the window ends.

    Without `for` they stay down until a `restart` fault brings them back.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "crash",
        "target": "{service}",
        "at": "2s",
        "for": "3s",
        "replicas": "one",
    }
    TARGETS: ClassVar[tuple[TargetKind, ...]] = (TargetKind.SERVICE,)
    COMMAND: ClassVar[CommandKind] = CommandKind.CRASH

    kind: Literal["crash"]
    silent: bool = False
    """Peers get no reset: they find out by their time-outs."""

    @property
    def must_be_ended(self) -> bool:
        """Whether an END is needed; the replica comes back by itself."""
        return False

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Kill the replicas struck."""
        return replace(
            super().beginning(bank, fault_id, window),
            duration_ns=self.lasts or 0,
            silent=self.silent,
        )
