"""Restart: replicas that are down come back; those that are up are bounced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.faults.fault import ReplicaFault, faults
from sanket_sim.faults.targets import TargetKind
from sanket_sim.network.protocol import CommandKind


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
