"""Pause: all workers of a replica stop (a garbage collection, a frozen machine)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from sanket_sim.bank.description import Bank
from sanket_sim.core.settings import DurationNs
from sanket_sim.faults.fault import ReplicaFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.faults.targets import TargetKind
from sanket_sim.network.protocol import Command, CommandKind


@faults.register("pause")
class Pause(ReplicaFault):
    """Work stands still and goes on where it stopped; nothing is lost, everything is late."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "pause",
        "target": "{service}",
        "at": "2s",
        "for": "500ms",
        "repeat": "2s",
    }
    TARGETS: ClassVar[tuple[TargetKind, ...]] = (TargetKind.SERVICE,)
    COMMAND: ClassVar[CommandKind] = CommandKind.PAUSE

    kind: Literal["pause"]
    lasts: DurationNs = Field(alias="for")

    @property
    def must_be_ended(self) -> bool:
        """Whether an END is needed; the pause knows how long it lasts."""
        return False

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Stop the replicas struck."""
        return replace(super().beginning(bank, fault_id, window), duration_ns=self.lasts)
