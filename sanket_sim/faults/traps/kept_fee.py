"""T18: the payment is refused, and its fee is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, LegPurpose, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("kept_fee")
class KeptFee(Trap):
    """The payee's side refuses; whoever charged the fee before has it without a payment."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "kept_fee", "probability": 0.3}
    CODE: ClassVar[str] = "T18"
    CONTROL: ClassVar[str] = "linked_fee"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves a customer's money and commits a fee"
    REMEDY: ClassVar[str] = 'give a route a `fee` and add the step {commit = "fee"}'

    kind: Literal["kept_fee"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose routes that charge a fee."""
        return super().fits(reach, route) and Effect.FEE in reach.of_route(route)

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments that cost something."""
        del ground
        charged: NDArray[np.bool_] = candidates["second_purpose"] == LegPurpose.FEE
        return charged

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Let the payee's side refuse."""
        del ground
        victims["mishap"] |= int(Mishap.REFUSED)
