"""T11: a reversal overtakes the payment that it takes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import unconverted


@traps.register("early_reversal")
class EarlyReversal(Trap):
    """The sender cancels while the payment is still on a slow line; the cancellation comes first.

    The payment should not be made any more.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "early_reversal", "probability": 0.3}
    CODE: ClassVar[str] = "T11"
    CONTROL: ClassVar[str] = "reversal_tombstone"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves a customer's money and can be reversed"
    REMEDY: ClassVar[str] = "name the operation that takes a payment back as the route's `reversal`"

    kind: Literal["early_reversal"]
    delay: PositiveDurationNs = 2 * NS_PER_S
    """How much longer the payment takes; it is cancelled after half of that."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what can be reversed."""
        return super().fits(reach, route) and reach.bank.routes[route].reversal_edge >= 0

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in one currency."""
        del ground
        return unconverted(candidates)

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Cancel the payment and slow it down."""
        del ground
        victims["mishap"] |= int(Mishap.REVERSED)
        victims["mishap_value"] = self.delay
        victims["e_minor"] = 0
