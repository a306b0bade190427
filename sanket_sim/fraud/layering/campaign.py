"""Layering: money of dark origin goes from account to account until nobody can tell whose it was.

References
----------
Design page 7, row layering: placement, 3-10 hops, exit; chain, scatter-gather, gather-scatter,
cycle, stack, bipartite; every account passes on a (1 - f), f ~ U(.01, .10); splits 1-4 by
Dirichlet(2); gaps lognormal of median 35 min, days for the patient; cover traffic at every hop.
The gaps' sigma and ends, and the placed sums, are our choice: no public source.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Actor, Answer, Fraudster, Twin
from sanket_sim.actors.laws import dirichlet
from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank
from sanket_sim.core.units import DAY_NS, HOUR_NS, MINUTE_NS
from sanket_sim.fraud.layering.payments import Holders, lacks, placement, routes_in
from sanket_sim.fraud.layering.relay import Dwell, Relay, Terms, specify_passing
from sanket_sim.fraud.layering.webs import LANES_FEWEST, LANES_MOST, SHAPES, Shape, Web, weave
from sanket_sim.fraud.plot import accepted, scaled, undecided

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

HOPS_FEWEST, HOPS_MOST = 3, 10
KEPT = (0.01, 0.10)
_PATIENT_ABOVE = 0.7
_DISCREET_FROM = 0.5
QUICK = Dwell(35 * MINUTE_NS, 1.0, 2 * MINUTE_NS, 12 * HOUR_NS)
PATIENT = Dwell(1.5 * DAY_NS, 0.5, 0.5 * DAY_NS, 5 * DAY_NS)
_COVERS_MOST = 3
_PLACEMENT_GAP_NS = (5 * MINUTE_NS, 45 * MINUTE_NS)
_SUM_GAP_NS = (10 * MINUTE_NS, 120 * MINUTE_NS)
_PLACED_MINOR = (200_000, 1_500_000)
_PLACED_QUANTILE = (0.60, 0.998)
_PLACEMENT_TRIES = 3
_EVEN = 2.0


@typologies.register("layering")
class Layering(Typology):
    """Sums that are put into the bank, passed on through many accounts, and taken out.

    Examples
    --------
    >>> Layering.model_validate({"typology": "layering", "shape": "cycle", "hops": 4}).hops
    4
    """

    typology: Literal["layering"] = "layering"
    sums: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Sums that are laundered one after the other, each through a web of its own, before
    `intensity`."""
    shape: Shape | None = None
    """The form of every web; by default each sum draws its own."""
    hops: Annotated[int, Field(ge=HOPS_FEWEST, le=HOPS_MOST)] | None = None
    """How many times a sum is passed on before it leaves; by default drawn from 3 to 10."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        dwell = PATIENT if sophistication > _PATIENT_ABOVE else QUICK
        longest_ns = (HOPS_FEWEST + 1) * dwell.high_ns
        return cls.paced(at, sophistication, room_ns, longest_ns, shape="chain", hops=HOPS_FEWEST)

    @property
    def count(self) -> int:
        """How many sums there are."""
        return scaled(self.sums, self.intensity)

    @property
    def terms(self) -> Terms:
        """On which terms accounts pass money on; the sophisticated have more of a life."""
        dwell = PATIENT if self.sophistication > _PATIENT_ABOVE else QUICK
        return Terms(KEPT, dwell, (1, 1 + round((_COVERS_MOST - 1) * self.sophistication)), "mule")

    def send(self, city: City, campaign_id: int) -> Launderer:
        """Put the launderer into the city."""
        return Launderer(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> Twin:
        """Send people who pass money on for an ordinary reason, which the web's shape names."""
        from sanket_sim.fraud.layering.twins import send_twin  # noqa: PLC0415  # twins use our sums

        return send_twin(self, city, campaign_id, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return placements, payments onward, exits and cover, on average over all webs."""
        del bank  # every bank with these ways sees the same campaign
        covers = sum(self.terms.covers) / 2
        webs = [
            weave(shape, hops, lanes)
            for shape in ((self.shape,) if self.shape else SHAPES)
            for hops in ((self.hops,) if self.hops else range(HOPS_FEWEST, HOPS_MOST + 1))
            for lanes in range(LANES_FEWEST, LANES_MOST + 1)
        ]
        rows = [
            len(web.layers[0]) + web.payments + len(web.layers[-1]) + covers * web.places
            for web in webs
        ]
        return self.count * sum(rows) / len(rows)

    def missing(self, bank: Bank) -> str:
        """Say whether money can come in, go round and leave."""
        return lacks(bank)


class Sums:
    """Sums that are placed and passed on, by whomever: what launderers and their twins share.

    Parameters
    ----------
    actor : Actor
        Whose sums; it carries out a `Layering` campaign.
    count : int
        How many there are.
    web_of : callable
        The web of each sum.
    terms : Terms
    """

    def __init__(
        self, actor: Actor, count: int, web_of: Callable[[int], Web], terms: Terms
    ) -> None:
        self.actor, self.count, self.terms = actor, count, terms
        self.kinds = routes_in(actor.bank)
        people = len(actor.population)
        self.holders = [Holders(partial(self._person, number), people) for number in range(count)]
        self.webs = [web_of(number) for number in range(count)]
        self.endings: list[str] = []
        self._specify()

    def begin(self, now_ns: int) -> None:
        """Place the first sum, and enter the others."""
        for number in range(self.count):
            self.actor.enter(now_ns, partial(self._start, number), "sum", number)
            now_ns += self.actor.wait_ns(*_SUM_GAP_NS, "sum_gap", number) + 1

    def _start(self, number: int, now_ns: int) -> None:
        relay = Relay(
            self.actor, number, self.webs[number], self.terms, self.holders[number], self._end
        )
        places = len(relay.web.layers[0])
        us = [self.actor.u("portion", number, place) for place in range(places)]
        placed_minor = self._placed_minor(relay)
        for place, share in enumerate(dirichlet(us, _EVEN) if places > 1 else [1.0]):
            act = partial(self._place, relay, place, max(1, round(placed_minor * share)), 0)
            self.actor.enter(now_ns, act, "place", number, place)
            now_ns += self.actor.wait_ns(*_PLACEMENT_GAP_NS, "place", number, place) + 1

    def _placed_minor(self, relay: Relay) -> int:
        """Return what is placed; the discreet place what their account is used to."""
        actor, number = self.actor, relay.number
        if actor.campaign.sophistication < _DISCREET_FROM:
            return actor.whole(*_PLACED_MINOR, "placed", number) // 10_000 * 10_000
        u = actor.between(*_PLACED_QUANTILE, "placed", number)
        return actor.quantile_minor(self._kind(number, 0), relay.keeper(0, 0), u)

    def _kind(self, number: int, place: int) -> int:
        return self.kinds[int(len(self.kinds) * self.actor.u("way", number, place))]

    def _place(self, relay: Relay, place: int, minor: int, attempt: int, now_ns: int) -> None:
        actor, keeper = self.actor, relay.keeper(0, place)
        keys = (relay.number, place, attempt)
        wish = placement(actor, now_ns, self._kind(relay.number, place), keeper, *keys)
        hearing = partial(self._hear, relay, place, minor, attempt, keeper)
        actor.submit(
            wish._replace(amount_minor=minor),
            hearing,
            *keys,
            stage="placement",
            role=self.terms.role,
            tainted_share=self.terms.tainted_share,
        )

    def _hear(
        self, relay: Relay, place: int, minor: int, attempt: int, keeper: int, answer: Answer
    ) -> None:
        keys = (relay.number, place, attempt)
        if accepted(answer):
            act = partial(relay.arrive, 0, place, keeper, answer)
        elif undecided(answer) and attempt + 1 < _PLACEMENT_TRIES:
            act = partial(self._place, relay, place, minor, attempt + 1)
        else:
            act = partial(self._refused, relay, place)
        self.actor.enter(self.actor.react_ns(answer), act, "placed", *keys)

    def _refused(self, relay: Relay, place: int, now_ns: int) -> None:
        """Do without a placement that the bank refused; a sum of nothing has ended."""
        relay.miss(0, place, now_ns)

    def _end(self, now_ns: int, ending: str) -> None:
        self.endings.append(ending)
        if len(self.endings) == self.count:
            whole = all(each == COMPLETE for each in self.endings)
            self.actor.finish(now_ns, COMPLETE if whole else STOPPED)

    def _person(self, number: int, label: int, attempt: int) -> int:
        return self.actor.person("holder", number, label, attempt)

    def _specify(self) -> None:
        say = self.actor.specify
        rows = sum(web.payments for web in self.webs)
        say("layer", "rows", rows, rows)
        say("layer", "hop", 1, max(web.hops for web in self.webs))
        specify_passing(self.actor, self.webs, self.terms)
        covers = [count * sum(web.places for web in self.webs) for count in self.terms.covers]
        say("cover", "rows", *covers)


class Launderer(Fraudster):
    """Places sums, passes them on through accounts that others hold for him, takes them out."""

    def __init__(self, city: City, campaign_id: int, campaign: Layering) -> None:
        super().__init__(city, campaign_id, campaign)
        self.fixed = campaign
        self.sums = Sums(self, campaign.count, self._web, campaign.terms)

    def begin(self, now_ns: int) -> None:
        """Place the first sum."""
        self.sums.begin(now_ns)

    def _web(self, number: int) -> Web:
        shape = self.fixed.shape or SHAPES[int(len(SHAPES) * self.u("shape", number))]
        hops = self.fixed.hops or self.whole(HOPS_FEWEST, HOPS_MOST, "hops", number)
        return weave(shape, hops, self.whole(LANES_FEWEST, LANES_MOST, "lanes", number))
