"""T06: a payment of minus 25.00, which makes money run back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import unconverted


@traps.register("negative_amount")
class NegativeAmount(Trap):
    """The amount submitted is negative; nothing should move."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "negative_amount", "probability": 0.3}
    CODE: ClassVar[str] = "T06"
    CONTROL: ClassVar[str] = "positive_amount"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED

    kind: Literal["negative_amount"]

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in one currency."""
        del ground
        return unconverted(candidates)

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Turn the amount round; the truth of it is a rejection."""
        del ground
        victims["amount_minor"] = -victims["amount_minor"]
        victims["e_minor"] = 0
