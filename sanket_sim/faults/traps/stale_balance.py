"""T10: the same money is spent from several devices at one instant."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import part_of, unconverted

Spends = Annotated[int, Field(ge=2, le=100)]
SpendShare = Annotated[float, Field(gt=0, le=1, strict=False)]


class Overspend(Trap, ABC):
    """Spends at one instant that an account covers one by one and not together.

    Each was wanted, so each keeps its own truth; which of them the funds cover is judged at the
    ledger's serialisation point, and executing one beyond them is the leak.
    """

    spends: Spends
    """How many spends there are."""
    share: SpendShare
    """Of the account's opening balance, in each spend."""

    @model_validator(mode="after")
    def _exceeds_funds(self) -> Self:
        if self.spends * self.share <= 1:
            raise ValueError("spends * share must exceed 1, or the funds cover all of them")
        return self

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose accounts whose funds are limited, and more than nothing."""
        limited = ground.accounts.no_overdraft[candidates["debtor_account"]]
        some = self.spend_minor(candidates, ground) > 0
        suited: NDArray[np.bool_] = limited & some & unconverted(candidates)
        return suited

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Make each the size that several of them together cannot have."""
        victims["amount_minor"] = self.spend_minor(victims, ground)
        victims["e_minor"] = victims["amount_minor"]

    def companions(self, victims: Intents, ground: Ground) -> Intents:
        """Add the other spends, of the same customer."""
        return self.followers(victims, self.spends - 1, ground)

    def spend_minor(self, intents: Intents, ground: Ground) -> NDArray[np.int64]:
        """Return each spend [minor units]."""
        return part_of(ground.accounts.opening_minor[intents["debtor_account"]], self.share)


@traps.register("stale_balance")
class StaleBalance(Overspend):
    """Concurrent spends that race through the network by themselves.

    Strikes accounts without an overdraft.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "stale_balance", "probability": 0.3}
    CODE: ClassVar[str] = "T10"
    CONTROL: ClassVar[str] = "serialised_funds"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED

    kind: Literal["stale_balance"]
    spends: Spends = 2
    """How many spends race."""
    share: SpendShare = 0.75
    """Of the account's opening balance, in each spend."""
