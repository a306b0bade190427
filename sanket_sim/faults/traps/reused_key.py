"""T03: an app gives a second payment the idempotency key of the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import unconverted


@traps.register("reused_key")
class ReusedKey(Trap):
    """A bug of the app: the key is made once per screen and not once per payment.

    The second is another payment, wanted like the first; only the two share a name.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "reused_key", "probability": 0.3}
    CODE: ClassVar[str] = "T03"
    CONTROL: ClassVar[str] = "key_fingerprint"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.LOST

    kind: Literal["reused_key"]
    gap: PositiveDurationNs = 2 * NS_PER_S
    """Time from the first payment to the second."""
    more: Annotated[int, Field(ge=1, le=10**12)] = 1_000
    """What the second is larger by [minor units]."""

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in one currency."""
        del ground
        return unconverted(candidates)

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Name the key after the payment that has it first."""
        del ground
        victims["mishap"] |= int(Mishap.SHARE_KEY)
        victims["mishap_value"] = victims["draw_key"]

    def companions(self, victims: Intents, ground: Ground) -> Intents:
        """Add the second payment of the same customer to the same payee."""
        seconds = self.followers(victims, 1, ground)
        seconds["created_ns"] += self.gap
        seconds["amount_minor"] += self.more
        seconds["e_minor"] = seconds["amount_minor"]
        return seconds
