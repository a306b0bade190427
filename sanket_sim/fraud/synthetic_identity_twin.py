"""What looks like a ring of invented people: those who live in one home and become customers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sanket_sim.actors.actor import Twin
from sanket_sim.core.units import DAY_NS
from sanket_sim.fraud.newcomers import Newcomers
from sanket_sim.fraud.plot import scaled, size
from sanket_sim.fraud.synthetic_identity import (
    DAYS_LEAST,
    DAYS_MOST,
    LIMIT_MINOR,
    RAISED,
    RAISES_MOST,
    RING_FEWEST,
    RING_MOST,
    SyntheticIdentity,
)

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_USED = (0.3, 0.5)
"""What is drawn for something large, of the limit, at a time; together it stays within it."""
_TIMES_FEWEST, _TIMES_MOST = 2, 3
_WITHIN_NS = (5 * DAY_NS, 30 * DAY_NS)


class Home(Twin, Newcomers):
    """A family or a students' home: they share a tablet and an address, and are who they say.

    At last they buy something large on credit, over weeks; they do not disappear with it.
    """

    TWIN = "family or students' home"
    CARDS = (2, 5)

    def __init__(
        self, city: City, campaign_id: int, campaign: SyntheticIdentity, twin_of: int, episode: int
    ) -> None:
        super().__init__(city, campaign_id, campaign, twin_of, episode)
        count = scaled(size(self, campaign.identities, RING_FEWEST, RING_MOST), campaign.intensity)
        self.months = campaign.months_of(self.whole(DAYS_LEAST, DAYS_MOST, "days"))
        self.raises = min(RAISES_MOST, self.months - 1)
        self.limit_minor = round(self.between(*LIMIT_MINOR, "limit"))
        self.members = self.gather(count, 1.0 - 0.5 * campaign.sophistication)

    def passes(self, who: int, attempt: int) -> bool:
        """Pass as honest people do."""
        return self.can_prove(who, attempt)

    def crown(self, who: int, now_ns: int) -> None:
        """Buy something large on credit."""
        limit_minor = self.limit_minor * RAISED**self.raises
        times = self.whole(_TIMES_FEWEST, _TIMES_MOST, "times", who)
        for time in range(times):
            minor = round(limit_minor * self.between(*_USED, "used", who, time))
            at_ns = now_ns + self.wait_ns(*_WITHIN_NS, "time", who, time)
            act = partial(self.borrow, who, self.months + time, minor)
            self.enter(at_ns, act, "use", who, time)
        self.enter(
            now_ns + round(_WITHIN_NS[1] * self.campaign.pace), partial(self.end, who), "end", who
        )
