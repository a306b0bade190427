"""T25: 2,500 yen are read as 25.00 and booked as 2,500.00: a hundred times too much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank, Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.money import exponent_of
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import HUNDREDTHS, decimals, unconverted


@traps.register("wrong_exponent")
class WrongExponent(Trap):
    """The amount is written in minor units of its currency, and a reader takes them for hundredths.

    What was wanted stays what it was. Strikes payers who could pay the wrong amount.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "wrong_exponent", "probability": 0.3}
    CODE: ClassVar[str] = "T25"
    CONTROL: ClassVar[str] = "exponent_table"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.OVER
    NEEDS: ClassVar[str] = "moves money and checks its amount"
    REMEDY: ClassVar[str] = 'add the step {check = "amount"}'

    kind: Literal["wrong_exponent"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose routes that read the amount, whoever pays."""
        reads = Effect.CHECK_AMOUNT in reach.of_route(route)
        return reads and reach.bank.routes[route].moves_money

    def lacking(self, bank: Bank) -> str:
        """Ask for a currency that does not count hundredths."""
        if any(exponent_of(currency) != HUNDREDTHS for currency in bank.currencies):
            return ""
        return "every currency of this bank has two decimals; add one such as JPY to currencies"

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose currencies without two decimals, and payers with funds enough."""
        odd = decimals(candidates, ground.bank) != HUNDREDTHS
        suited: NDArray[np.bool_] = odd & unconverted(candidates) & _covered(candidates, ground)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Leave the amount to be misread."""
        del ground
        victims["mishap"] |= int(Mishap.WRONG_EXPONENT)


def _covered(intents: Intents, ground: Ground) -> NDArray[np.bool_]:
    payer, accounts = intents["debtor_account"], ground.accounts
    misread = 10 ** np.maximum(HUNDREDTHS - decimals(intents, ground.bank), 0)
    covered: NDArray[np.bool_] = ~accounts.no_overdraft[payer] | (
        intents["amount_minor"] <= accounts.opening_minor[payer] // misread
    )
    return covered
