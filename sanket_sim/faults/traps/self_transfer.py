"""T08: a customer pays himself, and the debit is lost under the credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, between_customers, traps
from sanket_sim.faults.traps.victims import unconverted


@traps.register("self_transfer")
class SelfTransfer(Trap):
    """Debtor and creditor are one account: its balance is read twice before it is written twice.

    Nothing should move.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "self_transfer", "probability": 0.3}
    CODE: ClassVar[str] = "T08"
    CONTROL: ClassVar[str] = "accounts_differ"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.ORPHAN_CREDIT
    NEEDS: ClassVar[str] = "moves money from customer to customer"
    REMEDY: ClassVar[str] = 'give a route debtor = "customer" and creditor = "customer"'

    kind: Literal["self_transfer"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose payments between customers."""
        return between_customers(reach.bank.routes[route])

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in one currency."""
        del ground
        return unconverted(candidates)

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Make the payer the payee."""
        del ground
        victims["creditor_account"] = victims["right_creditor"] = victims["debtor_account"]
        victims["e_minor"] = 0
