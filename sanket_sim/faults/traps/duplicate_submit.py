"""T01: an impatient thumb presses "pay" again before the answer is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_MS
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("duplicate_submit")
class DuplicateSubmit(Trap):
    """The same payment is submitted several times; one was wanted."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "duplicate_submit", "probability": 0.3}
    CODE: ClassVar[str] = "T01"
    CONTROL: ClassVar[str] = "idempotency_key"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.DUPLICATE

    kind: Literal["duplicate_submit"]
    copies: Annotated[int, Field(ge=2, le=100)] = 2
    """Submissions in all."""
    gap: PositiveDurationNs = 200 * NS_PER_MS
    """Time from one to the next."""

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Submit again and again."""
        del ground
        victims["copies"] = self.copies
        victims["copy_gap_ns"] = self.gap
