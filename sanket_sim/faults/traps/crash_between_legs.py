"""T04: the ledger's replica dies between debit and credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("crash_between_legs")
class CrashBetweenLegs(Trap):
    """A real crash at the worst instant: everything else on that replica is lost with it."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "crash_between_legs", "probability": 0.3}
    CODE: ClassVar[str] = "T04"
    CONTROL: ClassVar[str] = "atomic_posting"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.ORPHAN_DEBIT

    kind: Literal["crash_between_legs"]

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Let the replica die that posts this payment."""
        del ground
        victims["mishap"] |= int(Mishap.CRASH_BETWEEN_LEGS)
