"""Honest people who pass money on: payrolls, shared rents, market places, families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from sanket_sim.actors.actor import Twin
from sanket_sim.core.units import HOUR_NS, MINUTE_NS
from sanket_sim.fraud.layering.campaign import PATIENT, Layering, Sums
from sanket_sim.fraud.layering.relay import Dwell, Terms
from sanket_sim.fraud.layering.webs import LANES_FEWEST, LANES_MOST, SHAPES, Shape, Web, weave

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_HOPS_FEWEST, _HOPS_MOST = 3, 5
_KEPT = (0.01, 0.30)
_UNHURRIED = Dwell(6 * HOUR_NS, 1.0, 10 * MINUTE_NS, 72 * HOUR_NS)
_COVERS = (3, 7)


class Sharers(Twin):
    """People through whose hands money goes for an ordinary reason.

    They keep a share of their own (a margin, their part of the rent), are in less of a hurry than
    launderers, and pay for more besides.
    """

    SHAPE: ClassVar[Shape] = "chain"

    def __init__(
        self, city: City, campaign_id: int, campaign: Layering, twin_of: int, episode: int
    ) -> None:
        super().__init__(city, campaign_id, campaign, twin_of, episode)
        dwell = PATIENT if campaign.terms.dwell is PATIENT else _UNHURRIED
        self.sums = Sums(
            self, campaign.count, self._web, Terms(_KEPT, dwell, _COVERS, "friend", 0.0)
        )

    def begin(self, now_ns: int) -> None:
        """Receive the first sum."""
        self.sums.begin(now_ns)

    def _web(self, number: int) -> Web:
        hops = self.whole(_HOPS_FEWEST, _HOPS_MOST, "hops", number)
        return weave(self.SHAPE, hops, self.whole(LANES_FEWEST, LANES_MOST, "lanes", number))


class MarketPlace(Sharers):
    """A buyer's money goes from the seller to his supplier, and on to whom that one owes."""

    TWIN = "marketplace seller"
    SHAPE = "chain"


class Roommates(Sharers):
    """One pays, the next repays him, and in the end everyone is even."""

    TWIN = "roommates' cycle"
    SHAPE = "cycle"


class Payroll(Sharers):
    """A small firm's takings are split among the hands of its people."""

    TWIN = "payroll fan-out"
    SHAPE = "scatter_gather"


class Rent(Sharers):
    """A shared flat's parts are gathered for the rent, and what is left is given back."""

    TWIN = "rent fan-in"
    SHAPE = "gather_scatter"


class Family(Sharers):
    """Parents and children each help the others out."""

    TWIN = "family expenses"
    SHAPE = "bipartite"


class Club(Sharers):
    """Members, organisers and suppliers of an event settle with one another."""

    TWIN = "club event"
    SHAPE = "stack"


TWINS: Mapping[Shape, type[Sharers]] = {
    one.SHAPE: one for one in (MarketPlace, Roommates, Payroll, Rent, Family, Club)
}


def send_twin(
    campaign: Layering, city: City, campaign_id: int, twin_of: int, episode: int
) -> Sharers:
    """Send the honest people whose web has the campaign's shape, or a shape of their own."""
    own = city.draws.child("fraud", campaign.typology, campaign.name, "twin shape")
    drawn = SHAPES[int(len(SHAPES) * own.uniform(episode))]
    return TWINS[campaign.shape or drawn](city, campaign_id, campaign, twin_of, episode)
