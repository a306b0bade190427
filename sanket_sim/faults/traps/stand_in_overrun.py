"""T23: the switch stands in for a ledger that it cannot reach, beyond the funds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Effect, Step, StepKind
from sanket_sim.bank.policies import Fallback
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults.traps.stale_balance import Overspend, Spends, SpendShare
from sanket_sim.faults.traps.trap import Ground, Intents, traps


@traps.register("stand_in_overrun")
class StandInOverrun(Overspend):
    """Several authorisations, each within the stand-in limit, together beyond the account's funds.

    Approved without the ledger they are promises to merchants: their advices are posted by force.
    Strikes accounts of which each spend is small enough for stand-in.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "stand_in_overrun", "probability": 0.3}
    CODE: ClassVar[str] = "T23"
    CONTROL: ClassVar[str] = "stand_in_limit"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves a customer's money by a hold with a stand-in"
    REMEDY: ClassVar[str] = 'give the way to an operation that commits a hold fallback = "stand_in"'

    kind: Literal["stand_in_overrun"]
    spends: Spends = 5
    """How many authorisations."""
    share: SpendShare = 0.22
    """Of the account's opening balance, in each."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose routes whose hold somebody stands in for."""
        return super().fits(reach, route) and any(
            _stands_in(reach, step) for step in reach.steps_of_route(route)
        )

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose accounts whose funds are limited, and small enough."""
        small = self.spend_minor(candidates, ground) <= ground.bank.stand_in_limit_minor
        suited: NDArray[np.bool_] = small & super().suits(candidates, ground)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Cut the ledger off, and spend more than there is."""
        super().poison(victims, ground)
        victims["mishap"] |= int(Mishap.NO_LEDGER)


def _stands_in(reach: Reach, step: Step) -> bool:
    if step.kind != StepKind.CALL:
        return False
    edge = reach.bank.edges[step.target]
    holds = Effect.HOLD in reach.below[edge.operation]
    return holds and edge.policy.fallback is Fallback.STAND_IN
