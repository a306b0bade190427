"""T20: a telephone number has a new owner, and the money goes to him."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Effect
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import NOBODY, other_account, unconverted


@traps.register("stale_alias")
class StaleAlias(Trap):
    """The alias resolves to another customer's account; who was meant stays who was meant."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "stale_alias", "probability": 0.3}
    CODE: ClassVar[str] = "T20"
    CONTROL: ClassVar[str] = "payee_verification"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.MISDIRECTED
    NEEDS: ClassVar[str] = "moves a customer's money and verifies the payee"
    REMEDY: ClassVar[str] = 'add the step {check = "payee"}'

    kind: Literal["stale_alias"]

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose routes that verify the payee."""
        return super().fits(reach, route) and Effect.CHECK_PAYEE in reach.of_route(route)

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in whose currency somebody else has an account."""
        found = self._payee(candidates, ground) != NOBODY
        suited: NDArray[np.bool_] = found & unconverted(candidates)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Pay to the wrong account."""
        victims["creditor_account"] = self._payee(victims, ground)

    @staticmethod
    def _payee(intents: Intents, ground: Ground) -> NDArray[np.int64]:
        return other_account(intents, ground, ~ground.accounts.shut)
