"""T19: an old address book still has an account that was closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, between_customers, traps
from sanket_sim.faults.traps.victims import NOBODY, other_account, unconverted


@traps.register("closed_account")
class ClosedAccount(Trap):
    """The payee's account is closed: the money can reach nobody, and nothing should move."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "closed_account", "probability": 0.3}
    CODE: ClassVar[str] = "T19"
    CONTROL: ClassVar[str] = "account_status"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves money from customer to customer"
    REMEDY: ClassVar[str] = 'give a route debtor = "customer" and creditor = "customer"'

    kind: Literal["closed_account"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose payments between customers."""
        return between_customers(reach.bank.routes[route])

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in whose currency some account was closed."""
        found = self._payee(candidates, ground) != NOBODY
        suited: NDArray[np.bool_] = found & unconverted(candidates)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Pay to the closed account, which is the one that was meant."""
        payee = self._payee(victims, ground)
        victims["creditor_account"] = victims["right_creditor"] = payee
        victims["e_minor"] = 0

    @staticmethod
    def _payee(intents: Intents, ground: Ground) -> NDArray[np.int64]:
        return other_account(intents, ground, ground.accounts.shut)
