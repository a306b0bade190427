"""T14: the merchant captures more than the customer authorised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sanket_sim.bank.description import Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import part_of, unconverted


@traps.register("excess_capture")
class ExcessCapture(Trap):
    """A tip or a correction that nobody agreed to; what was wanted is what was authorised."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "excess_capture", "probability": 0.3}
    CODE: ClassVar[str] = "T14"
    CONTROL: ClassVar[str] = "capture_cap"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.OVER
    NEEDS: ClassVar[str] = "moves a customer's money by a capture"
    REMEDY: ClassVar[str] = 'let an operation commit a "hold" and another a "capture"'

    kind: Literal["excess_capture"]
    factor: Annotated[float, Field(gt=1, le=1000, strict=False)] = 1.2
    """What is captured over what was authorised."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what is captured."""
        return super().fits(reach, route) and Effect.CAPTURE in reach.of_route(route)

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose amounts of which the factor makes more, in whole minor units."""
        del ground
        amounts_minor = candidates["amount_minor"]
        grows = part_of(amounts_minor, self.factor) > amounts_minor
        suited: NDArray[np.bool_] = grows & unconverted(candidates)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Present more than was authorised."""
        del ground
        victims["mishap"] |= int(Mishap.CAPTURE_AMOUNT)
        victims["mishap_value"] = part_of(victims["amount_minor"], self.factor)
