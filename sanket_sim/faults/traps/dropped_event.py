"""T21: the customer hears OK, and the event that moves the money is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps

POSTING = frozenset({Effect.TRANSFER, Effect.DEBIT})
"""What takes money from the debtor without a hold."""


@traps.register("dropped_event")
class DroppedEvent(Trap):
    """The broker is away at the instant of publishing, and the publisher does not look back."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "dropped_event", "probability": 0.3}
    CODE: ClassVar[str] = "T21"
    CONTROL: ClassVar[str] = "outbox"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.LOST
    NEEDS: ClassVar[str] = "moves money behind an event"
    REMEDY: ClassVar[str] = "publish an operation that commits a transfer"

    kind: Literal["dropped_event"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what an event posts, whoever pays."""
        return reach.bank.routes[route].moves_money and not POSTING.isdisjoint(
            reach.by_message(route)
        )

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Drop the event."""
        del ground
        victims["mishap"] |= int(Mishap.DROP_EVENT)
