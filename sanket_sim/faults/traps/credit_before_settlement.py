"""T05: an incoming payment is credited, and its funds never come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import unconverted


@traps.register("credit_before_settlement")
class CreditBeforeSettlement(Trap):
    """The sending bank's message arrives and its money does not; nothing should be credited."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "credit_before_settlement", "probability": 0.3}
    CODE: ClassVar[str] = "T05"
    CONTROL: ClassVar[str] = "settle_before_credit"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.ORPHAN_CREDIT
    NEEDS: ClassVar[str] = "moves money and checks its settlement"
    REMEDY: ClassVar[str] = 'add the step {check = "settlement"} to an incoming payment'

    kind: Literal["credit_before_settlement"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose routes that ask whether the funds have come, whoever pays."""
        settles = Effect.CHECK_SETTLEMENT in reach.of_route(route)
        return settles and reach.bank.routes[route].moves_money

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in one currency."""
        del ground
        return unconverted(candidates)

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Let the funds stay out, so that nothing is due to the payee."""
        del ground
        victims["mishap"] |= int(Mishap.UNSETTLED)
        victims["e_minor"] = 0
