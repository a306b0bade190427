"""What looks like a mule network: relatives and friends put money together and pass it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sanket_sim.actors.actor import Twin
from sanket_sim.core.units import HOUR_NS, MINUTE_NS
from sanket_sim.fraud.layering.relay import Dwell, Terms
from sanket_sim.fraud.mule_network import Feed, MuleNetwork, network_of

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_DEPTH_MOST = 3
_KEPT = (0.02, 0.40)
_DWELL = Dwell(10 * HOUR_NS, 1.0, 10 * MINUTE_NS, 96 * HOUR_NS)
_COVERS = (2, 5)


class SharedPurchase(Twin):
    """A house, a wedding, a car: relatives lend thousands to one who pays the seller.

    They are no strangers to one another, leave the money longer than mules would, and keep what
    they had laid out before; they have lives of their own.
    """

    TWIN = "shared purchase"

    def __init__(
        self, city: City, campaign_id: int, campaign: MuleNetwork, twin_of: int, episode: int
    ) -> None:
        super().__init__(city, campaign_id, campaign, twin_of, episode)
        terms = Terms(_KEPT, _DWELL, _COVERS, "friend", 0.0)
        web = network_of(self, campaign, _DEPTH_MOST)
        self.feed = Feed(self, campaign, terms, self._friend, web)

    def begin(self, now_ns: int) -> None:
        """Have the first relative pay."""
        self.feed.begin(now_ns)

    def _friend(self, label: int, attempt: int) -> int:
        return self.person("friend", label, attempt)
