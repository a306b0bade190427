"""T10: the same money is spent from several devices at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps

_PPM = 1_000_000


@traps.register("stale_balance")
class StaleBalance(Trap):
    """Concurrent spends that the account covers one by one and not together.

    All start at one instant and race through the network by themselves. Each was wanted, so each
    keeps its own truth; which of them the funds cover is judged at the ledger's serialisation
    point, and executing one beyond them is the leak. Strikes accounts without an overdraft.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "stale_balance", "probability": 0.3}
    CODE: ClassVar[str] = "T10"
    CONTROL: ClassVar[str] = "serialised_funds"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED

    kind: Literal["stale_balance"]
    spends: Annotated[int, Field(ge=2, le=100)] = 2
    """How many spends race."""
    share: Annotated[float, Field(gt=0, le=1, strict=False)] = 0.75
    """Of the account's opening balance, in each spend."""

    @model_validator(mode="after")
    def _exceeds_funds(self) -> Self:
        if self.spends * self.share <= 1:
            raise ValueError("spends * share must exceed 1, or the funds cover all of them")
        return self

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose accounts whose funds are limited, and more than nothing."""
        limited = ground.accounts.no_overdraft[candidates["debtor_account"]]
        suited: NDArray[np.bool_] = limited & (self._spend_minor(candidates, ground) > 0)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Make each the size that several of them together cannot have."""
        victims["amount_minor"] = self._spend_minor(victims, ground)
        victims["e_minor"] = victims["amount_minor"]

    def companions(self, victims: Intents, ground: Ground) -> Intents:
        """Add the other spends: intents of their own, of the same customer, not numbered yet."""
        others = np.repeat(victims, self.spends - 1)
        which = np.tile(np.arange(1, self.spends), len(victims))
        others["draw_key"] = ground.draws.child("companion").key(others["draw_key"], which)
        others["tx_id"] = -1
        others["may_retry"] = False
        return others

    def _spend_minor(self, intents: Intents, ground: Ground) -> NDArray[np.int64]:
        """Return each spend [minor units], in integers so that no cent depends on a float."""
        opening_minor = ground.accounts.opening_minor[intents["debtor_account"]]
        whole, rest = np.divmod(opening_minor, _PPM)
        share_ppm = round(self.share * _PPM)
        spend: NDArray[np.int64] = whole * share_ppm + rest * share_ppm // _PPM
        return spend
