"""T26: "1,234.56" is read as 1.23 where the comma is the decimal sign."""

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

THOUSAND_MINOR = 1_000_00
"""The least amount [minor units] that is written with a separator."""


@traps.register("locale_amount")
class LocaleAmount(Trap):
    """The amount's text has thousands separators; only a strict parser sees that it cannot know."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "locale_amount", "probability": 0.3}
    CODE: ClassVar[str] = "T26"
    CONTROL: ClassVar[str] = "strict_parser"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.UNDER
    NEEDS: ClassVar[str] = "moves a customer's money and checks its amount"
    REMEDY: ClassVar[str] = 'add the step {check = "amount"}'

    kind: Literal["locale_amount"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose routes that read the amount."""
        return super().fits(reach, route) and Effect.CHECK_AMOUNT in reach.of_route(route)

    def lacking(self, bank: Bank) -> str:
        """Ask for a currency that is written with two decimals."""
        if any(exponent_of(currency) == HUNDREDTHS for currency in bank.currencies):
            return ""
        return "no currency of this bank has two decimals; add one such as EUR to currencies"

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose amounts that are written with a thousands separator and two decimals."""
        hundredths = decimals(candidates, ground.bank) == HUNDREDTHS
        written = candidates["amount_minor"] >= THOUSAND_MINOR
        suited: NDArray[np.bool_] = hundredths & written & unconverted(candidates)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Write the amount as people do in another country."""
        del ground
        victims["mishap"] |= int(Mishap.FOREIGN_NOTATION)
