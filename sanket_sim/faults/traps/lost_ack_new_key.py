"""T02: the payment went through, its answer did not, and the customer tries again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("lost_ack_new_key")
class LostAckNewKey(Trap):
    """The first answer is lost; whether the retry carries the old key is up to the app.

    The retry itself is the person's: it comes after their patience, through the same queues.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "lost_ack_new_key", "probability": 0.3}
    CODE: ClassVar[str] = "T02"
    CONTROL: ClassVar[str] = "status_inquiry"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.DUPLICATE

    kind: Literal["lost_ack_new_key"]

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Lose the first answer, and leave the intent open for another try."""
        del ground
        victims["mishap"] |= int(Mishap.LOSE_ACK)
        victims["may_retry"] = True
