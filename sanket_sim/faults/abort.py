"""Abort: requests are answered at once with an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Bank
from sanket_sim.core.outcomes import Outcome
from sanket_sim.faults.fault import MessageFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.network.protocol import Command, CommandKind


@faults.register("abort")
class Abort(MessageFault):
    """A share of requests is refused with a code before any work is done."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "abort",
        "target": "{service}",
        "at": "2s",
        "for": "3s",
        "code": "UNAVAILABLE",
        "probability": 0.5,
    }
    COMMAND: ClassVar[CommandKind] = CommandKind.ABORT

    kind: Literal["abort"]
    code: Literal[
        "UNAVAILABLE", "APP_ERROR", "CONNECTION_RESET", "REJECTED", "RATE_LIMITED", "NO_INSTANCE"
    ] = "UNAVAILABLE"
    """What callers are answered."""

    @property
    def before_replica(self) -> bool:
        """Whether it strikes before a replica is known: it turns requests away at the door."""
        return True

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Refuse the requests struck."""
        return replace(super().beginning(bank, fault_id, window), code=Outcome[self.code])
