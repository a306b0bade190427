"""T09: a payment in euro reaches an account in yen and is booked one to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank, Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, LegPurpose
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, between_customers, traps
from sanket_sim.faults.traps.victims import NOBODY, other_account


@traps.register("currency_mismatch")
class CurrencyMismatch(Trap):
    """The payee's account is kept in another currency, and nobody asked for a conversion.

    Nothing should move. Booked all the same, one currency loses money and another gains it, so each
    currency's books stop balancing while the sum of all numbers still does.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "currency_mismatch", "probability": 0.3}
    CODE: ClassVar[str] = "T09"
    CONTROL: ClassVar[str] = "same_ledger"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.ORPHAN_CREDIT
    NEEDS: ClassVar[str] = "moves money from customer to customer without a hold"
    REMEDY: ClassVar[str] = 'give a route debtor = "customer" and creditor = "customer"'

    kind: Literal["currency_mismatch"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose payments between customers that nothing reserves: no hold spans two currencies."""
        held = Effect.HOLD in reach.of_route(route)
        return between_customers(reach.bank.routes[route]) and not held

    def lacking(self, bank: Bank) -> str:
        """Ask for a second currency."""
        if len(bank.currencies) > 1:
            return ""
        return f"this bank keeps accounts in {bank.currencies[0]} alone; name another in currencies"

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose plain payments, where somebody keeps an account in another currency."""
        plain = candidates["second_purpose"] == LegPurpose.NONE
        suited: NDArray[np.bool_] = plain & (self._payee(candidates, ground) != NOBODY)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Pay to the foreign account, which is the one that was meant."""
        payee = self._payee(victims, ground)
        victims["creditor_account"] = victims["right_creditor"] = payee
        victims["e_minor"] = 0

    @staticmethod
    def _payee(intents: Intents, ground: Ground) -> NDArray[np.int64]:
        return other_account(intents, ground, ~ground.accounts.shut, same_currency=False)
