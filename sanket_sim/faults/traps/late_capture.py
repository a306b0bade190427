"""T15: the merchant presents a capture after the hold has lapsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Bank, Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("late_capture")
class LateCapture(Trap):
    """The hold ends, the customer sees the reservation go, and then the claim comes."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "late_capture", "probability": 0.3}
    CODE: ClassVar[str] = "T15"
    CONTROL: ClassVar[str] = "hold_timeout"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves a customer's money by a capture that comes as a message"
    REMEDY: ClassVar[str] = "publish an operation that commits a capture"

    kind: Literal["late_capture"]
    late: PositiveDurationNs = 10 * NS_PER_S
    """How long after the end of the hold the capture comes."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what is captured by a message."""
        return super().fits(reach, route) and Effect.CAPTURE in reach.by_message(route)

    def lacking(self, bank: Bank) -> str:
        """Ask for holds that end."""
        if bank.hold_ttl_ns > 0:
            return ""
        return "holds of this bank never end; give its accounts a hold_ttl"

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Present the capture late."""
        victims["mishap"] |= int(Mishap.CAPTURE_LATE)
        victims["mishap_value"] = ground.bank.hold_ttl_ns + self.late
