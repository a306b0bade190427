"""T24: the payee's side posts after the payer was told that time had run out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("late_payee")
class LatePayee(Trap):
    """The payment is slow on its way; the ledger must see that the scheme's clock has run out."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "late_payee", "probability": 0.3}
    CODE: ClassVar[str] = "T24"
    CONTROL: ClassVar[str] = "payment_clock"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves a customer's money under a clock that ends within `delay`"
    REMEDY: ClassVar[str] = "give a route a `clock`, or the trap a longer `delay`"

    kind: Literal["late_payee"]
    delay: PositiveDurationNs = 12 * NS_PER_S
    """How much longer the payment takes."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose payments whose clock runs out before they come.

        Not where a hold comes first: its saga is over, and has voided it, before the money could
        move.
        """
        clock_ns = reach.bank.routes[route].clock_ns
        held = Effect.HOLD in reach.of_route(route)
        return super().fits(reach, route) and 0 < clock_ns <= self.delay and not held

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Slow the payment down."""
        del ground
        victims["mishap"] |= int(Mishap.SLOWED)
        victims["mishap_value"] = self.delay
