"""T12: a purchase is refunded twice, in full each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sanket_sim.bank.description import Bank
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, LegPurpose, Mishap
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps
from sanket_sim.faults.traps.victims import unconverted

SIDES = (("debtor_account", "creditor_account"), ("right_debtor", "right_creditor"))
AS_A_REFUND = {
    "device": 0,
    "place": -1,
    "batch_id": 0,
    "second_purpose": int(LegPurpose.NONE),
    "second_currency": -1,
    "second_debtor": -1,
    "second_creditor": -1,
    "second_amount_minor": 0,
}
"""What a refund does not take over from its original."""


@traps.register("excess_refund")
class ExcessRefund(Trap):
    """Every refund by itself is no larger than its original; together they are.

    What an original still allows is judged when a refund is posted: the first in time is right.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "excess_refund", "probability": 0.3}
    CODE: ClassVar[str] = "T12"
    CONTROL: ClassVar[str] = "refund_cap"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.INVALID_EXECUTED
    NEEDS: ClassVar[str] = "moves money and is refunded by another"
    REMEDY: ClassVar[str] = "give the bank a route that `reverses` it"

    kind: Literal["excess_refund"]
    refunds: Annotated[int, Field(ge=2, le=100)] = 2
    """Refunds in all, each of the whole amount."""
    after: PositiveDurationNs = 30 * NS_PER_S
    """Time from the payment to its first refund, and from one to the next."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what another route refunds, whoever pays."""
        name, routes = reach.bank.routes[route].name, reach.bank.routes
        return routes[route].moves_money and any(other.reverses == name for other in routes)

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose payments in one currency."""
        del ground
        return unconverted(candidates)

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Let the original be known by its key."""
        del ground
        victims["mishap"] |= int(Mishap.REFERRED)
        victims["mishap_value"] = victims["draw_key"]

    def companions(self, victims: Intents, ground: Ground) -> Intents:
        """Add the refunds: payments the other way, of which none is charged for."""
        refunds = self.followers(victims, self.refunds, ground)
        which = np.tile(np.arange(1, self.refunds + 1), len(victims))
        refunds["created_ns"] += which * self.after
        for debtor, creditor in SIDES:
            refunds[debtor], refunds[creditor] = refunds[creditor].copy(), refunds[debtor].copy()
        for column, value in AS_A_REFUND.items():
            refunds[column] = value
        for route in np.unique(victims["kind"]).tolist():
            of_route = refunds["kind"] == route
            refunds["kind"][of_route], refunds["channel"][of_route] = _way_back(ground.bank, route)
        return refunds


def _way_back(bank: Bank, route: int) -> tuple[int, int]:
    """Return the route that refunds another, and the channel that it comes by."""
    name = bank.routes[route].name
    back = next(i for i, other in enumerate(bank.routes) if other.reverses == name)
    channel = next(iter(bank.routes[back].channels), bank.channels[0])
    return back, bank.channels.index(channel)
