"""T22: an event is delivered again because its acknowledgement was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sanket_sim.bank.description import Step, StepKind
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.dropped_event import POSTING
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("redelivered_event")
class RedeliveredEvent(Trap):
    """At-least-once delivery: the broker's own time-out and retries make the next delivery.

    Whether a delivery meets the one before it still at work is up to the network.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "redelivered_event", "probability": 0.3}
    CODE: ClassVar[str] = "T22"
    CONTROL: ClassVar[str] = "inbox"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.DUPLICATE
    NEEDS: ClassVar[str] = "moves money behind an event that is redelivered often enough"
    REMEDY: ClassVar[str] = "publish an operation that commits a transfer, on an edge with a retry"

    kind: Literal["redelivered_event"]
    deliveries: Annotated[int, Field(ge=2, le=100)] = 2
    """Deliveries in all; the broker must be willing to try as often."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what an event posts that the broker delivers often enough, whoever pays."""
        return reach.bank.routes[route].moves_money and any(
            self._redelivers(reach, step) for step in reach.steps_of_route(route)
        )

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Lose every acknowledgement but the last."""
        del ground
        victims["mishap"] |= int(Mishap.LOSE_MESSAGE_ACK)
        victims["mishap_value"] = self.deliveries - 1

    def _redelivers(self, reach: Reach, step: Step) -> bool:
        if step.kind != StepKind.PUBLISH:
            return False
        edge = reach.bank.edges[step.target]
        posts = not POSTING.isdisjoint(reach.below[edge.operation])
        return posts and edge.policy.retry.attempts >= self.deliveries
