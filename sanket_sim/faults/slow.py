"""Slow: a grey failure, where some replicas work at a fraction of their speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sanket_sim.bank.description import Bank
from sanket_sim.faults.fault import ReplicaFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.faults.targets import TargetKind
from sanket_sim.network.protocol import Command, CommandKind


@faults.register("slow")
class Slow(ReplicaFault):
    """Replicas that answer, pass their health checks, and drag everybody down."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "slow",
        "target": "{service}",
        "at": "2s",
        "for": "3s",
        "replicas": "one",
        "speed": 0.2,
    }
    TARGETS: ClassVar[tuple[TargetKind, ...]] = (TargetKind.SERVICE,)
    COMMAND: ClassVar[CommandKind] = CommandKind.SLOW

    kind: Literal["slow"]
    speed: Annotated[float, Field(gt=0, le=1000, strict=False)]
    """Speed factor; 0.2 is five times slower."""

    @property
    def vanishes(self) -> bool:
        """Whether the speed stays what it was."""
        return self.speed == 1.0 or super().vanishes

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Slow the replicas struck down."""
        return replace(super().beginning(bank, fault_id, window), speed=self.speed)
