"""T13: the merchant's capture of one authorisation is sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.bank.description import Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("double_capture")
class DoubleCapture(Trap):
    """A replay: the second capture is a message of its own, with a key of its own."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "double_capture", "probability": 0.3}
    CODE: ClassVar[str] = "T13"
    CONTROL: ClassVar[str] = "resolve_once"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.DUPLICATE
    NEEDS: ClassVar[str] = "moves a customer's money by a capture that comes as a message"
    REMEDY: ClassVar[str] = "publish an operation that commits a capture"

    kind: Literal["double_capture"]
    gap: PositiveDurationNs = NS_PER_S
    """Time from the capture to its replay."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what is captured by a message."""
        return super().fits(reach, route) and Effect.CAPTURE in reach.by_message(route)

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Replay the capture."""
        del ground
        victims["mishap"] |= int(Mishap.REPLAY_CAPTURE)
        victims["mishap_value"] = self.gap
