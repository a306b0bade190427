"""Restart: replicas that are down come back; those that are up are bounced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Bank
from sanket_sim.faults.fault import ReplicaFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.faults.targets import TargetKind
from sanket_sim.network.protocol import Command, CommandKind


@faults.register("restart")
class Restart(ReplicaFault):
    """An instant, not a stretch: the replicas struck start up again, with their start-up time."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "restart", "target": "{service}", "at": "4s"}
    TARGETS: ClassVar[tuple[TargetKind, ...]] = (TargetKind.SERVICE,)
    COMMAND: ClassVar[CommandKind] = CommandKind.RESTART
    INSTANT: ClassVar[bool] = True

    kind: Literal["restart"]

    @property
    def must_be_ended(self) -> bool:
        """Whether an END is needed; it has no effect that could be taken back."""
        return False

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Start the replicas struck."""
        return Command(
            at_ns=window.begin_ns,
            kind=self.COMMAND,
            fault_id=fault_id,
            target=self.target,
            replicas=self.struck(bank),
        )
