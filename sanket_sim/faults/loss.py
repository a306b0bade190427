"""Loss: messages vanish, and callers learn nothing until their time-out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Bank
from sanket_sim.faults.fault import MessageFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.network.protocol import Command, CommandKind, Direction


@faults.register("loss")
class Loss(MessageFault):
    """A share of requests never arrives, or a share of answers never comes back.

    A lost request does nothing; a lost answer leaves the work committed and the caller in doubt.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "loss",
        "target": "{edge}",
        "at": "2s",
        "for": "3s",
        "direction": "response",
        "probability": 0.3,
    }
    COMMAND: ClassVar[CommandKind] = CommandKind.LOSS

    kind: Literal["loss"]
    direction: Literal["request", "response"] = "request"
    """Which message of an exchange is lost."""

    @property
    def before_replica(self) -> bool:
        """Whether it strikes before a replica is known: requests do not get that far."""
        return self.direction == "request"

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Lose the messages struck."""
        return replace(
            super().beginning(bank, fault_id, window), direction=Direction[self.direction.upper()]
        )
