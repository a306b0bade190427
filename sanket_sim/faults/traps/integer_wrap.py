"""T07: 30,000,000.00 does not fit a signed 32-bit number of cents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import unconverted


@traps.register("integer_wrap")
class IntegerWrap(Trap):
    """A payment larger than the ledger's column; stored, it becomes another number altogether.

    Strikes accounts without a limit to their funds: no other account could pay so much.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "integer_wrap", "probability": 0.3}
    CODE: ClassVar[str] = "T07"
    CONTROL: ClassVar[str] = "amount_range"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves money forwards"
    REMEDY: ClassVar[str] = "give a route an amount"

    kind: Literal["integer_wrap"]
    amount: Annotated[int, Field(ge=2**31, le=10**15)] = 3_000_000_000
    """What is paid [minor units]; the smallest that wraps is 21,474,836.48."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose payments by anybody; a refund could not be larger than its original."""
        return reach.bank.routes[route].moves_money and not reach.bank.routes[route].reverses

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose debtors whose funds have no limit."""
        unlimited = ~ground.accounts.no_overdraft[candidates["debtor_account"]]
        suited: NDArray[np.bool_] = unlimited & unconverted(candidates)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Want the large amount, and submit it as wanted."""
        del ground
        victims["amount_minor"] = victims["e_minor"] = self.amount
