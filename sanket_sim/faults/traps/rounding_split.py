"""T17: 100.00 is credited in three parts of 33.33."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import unconverted


@traps.register("rounding_split")
class RoundingSplit(Trap):
    """The payee is credited in equal parts, and a rest of some minor units goes nowhere."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "rounding_split", "probability": 0.3}
    CODE: ClassVar[str] = "T17"
    CONTROL: ClassVar[str] = "largest_remainder"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.ORPHAN_DEBIT

    kind: Literal["rounding_split"]
    parts: Annotated[int, Field(ge=2, le=100)] = 3
    """Into how many the credit is split."""

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose amounts that do not divide evenly."""
        del ground
        uneven = candidates["amount_minor"] % self.parts != 0
        suited: NDArray[np.bool_] = uneven & unconverted(candidates)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Split the credit."""
        del ground
        victims["mishap"] |= int(Mishap.SPLIT)
        victims["mishap_value"] = self.parts
