"""Mule networks: somebody's loot goes through the accounts of people who lend or sell theirs.

References
----------
Design page 7, row mule_network: a controller, 5-20 mules, depth 2-5, fed by takeovers, scams or
smurfs; 2-15 k in, .92-.98 out; dwell lognormal of median 45 min and 95th percentile 24 h (our
choice: no public source) when cut at 2 min and 72 h; 60 % of the mules are young, the others'
accounts were dormant and bought.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sanket_sim.actors.actor import Actor, Answer, Fraudster
from sanket_sim.actors.calendar import Act
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.laws import dirichlet
from sanket_sim.actors.population import jump_hash
from sanket_sim.actors.routes import way
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank, Party
from sanket_sim.bank.places import ABROAD
from sanket_sim.core.units import HOUR_NS, MINUTE_NS
from sanket_sim.fraud.layering.payments import Holders, lacks, personal, placement, routes_in
from sanket_sim.fraud.layering.relay import Dwell, Relay, Terms, specify_passing
from sanket_sim.fraud.layering.webs import Web, lanes_of
from sanket_sim.fraud.plot import SOPHISTICATED, accepted, alike, scaled, suspected, undecided

if TYPE_CHECKING:
    from sanket_sim.actors.city import City
    from sanket_sim.fraud.mule_network_twin import SharedPurchase

FedBy = Literal["takeover", "scam", "smurfs"]
FEEDS: tuple[FedBy, ...] = get_args(FedBy)
_MULES_FEWEST, _MULES_MOST = 5, 20
DEPTH_LEAST, DEPTH_MOST = 2, 5
LOOT_MINOR = (200_000, 1_500_000)
_LOOT_STEP_MINOR = 10_000
KEPT = (0.02, 0.08)
DWELL = Dwell(30.2 * MINUTE_NS, 2.621, 2 * MINUTE_NS, 72 * HOUR_NS)
"""Before it is cut: what is left has a median of 45 min and a 95th percentile of 24 h."""
_COVERS = (1, 2)
_PARTS: dict[FedBy, tuple[int, int]] = {"takeover": (1, 3), "scam": (1, 2), "smurfs": (3, 6)}
_PART_GAP_NS = (2 * MINUTE_NS, 25 * MINUTE_NS)
_VICTIM_GAP_NS = (10 * MINUTE_NS, 120 * MINUTE_NS)
_YOUNG_SHARE = 0.6
_YOUNG = "student"
"""The segment of the young, where the preset has it."""
_DORMANT_BELOW = 0.45
"""Accounts whose owners act less than this share of the usual hardly do: 4 % of Gamma(6.8)."""
_CODE_FAILS = 0.3
_PEOPLE_TRIED = 32
_OF_BALANCE = 0.95
_FEED_TRIES = 3
_EVEN = 2.0


@typologies.register("mule_network")
class MuleNetwork(Typology):
    """People who pass stolen money on for a share of it, and whoever tells them when.

    Examples
    --------
    >>> MuleNetwork.model_validate({"typology": "mule_network", "fed_by": "scam"}).fed_by
    'scam'
    """

    typology: Literal["mule_network"] = "mule_network"
    mules: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """People in the network, before `intensity`; by default drawn from 5 to 20."""
    depth: Annotated[int, Field(ge=DEPTH_LEAST, le=DEPTH_MOST)] | None = None
    """Through how many of them a sum goes; by default drawn from 2 to 5."""
    fed_by: FedBy | None = None
    """Where the money comes from; by default drawn."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        longest_ns = _PARTS["scam"][1] * _PART_GAP_NS[1] + 2 * (_VICTIM_GAP_NS[1] + DWELL.high_ns)
        return cls.paced(at, sophistication, room_ns, longest_ns, mules=4, depth=2, fed_by="scam")

    def lanes(self, depth: int, drawn: int) -> int:
        """Return through how many chains of `depth` mules the network works."""
        if self.mules is None:
            fewest, most = -(-_MULES_FEWEST // depth), _MULES_MOST // depth
            lanes = min(max(round(drawn / depth), fewest), most)
        else:
            lanes = max(1, round(self.mules / depth))
        return scaled(lanes, self.intensity)

    def send(self, city: City, campaign_id: int) -> Controller:
        """Put the controller into the city."""
        return Controller(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> SharedPurchase:
        """Send people who put money together for something that one of them buys."""
        from sanket_sim.fraud.mule_network_twin import SharedPurchase  # noqa: PLC0415  uses us

        return SharedPurchase(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return payments in, onward and out, and cover, on average over what is drawn."""
        del bank  # every bank with these ways sees the same campaign
        sizes = [self.mules] if self.mules else range(_MULES_FEWEST, _MULES_MOST + 1)
        depths = [self.depth] if self.depth else range(DEPTH_LEAST, DEPTH_MOST + 1)
        feeds = [self.fed_by] if self.fed_by else FEEDS
        fed = sum(sum(_PARTS[feed]) / 2 for feed in feeds) / len(feeds)
        each = 1 + sum(_COVERS) / 2
        networks = [(self.lanes(depth, size), depth) for size in sizes for depth in depths]
        return sum(lanes * (fed + depth * each) for lanes, depth in networks) / len(networks)

    def missing(self, bank: Bank) -> str:
        """Say whether money can come in, go round and leave."""
        return lacks(bank)


class Source(NamedTuple):
    """Who feeds a chain: a victim, or somebody who brings cash in parts."""

    number: int
    total_minor: int


class Feed:
    """Money that comes into the first layer of a network, part by part.

    Parameters
    ----------
    actor : Actor
        Whose network; it carries out a `MuleNetwork` campaign.
    campaign : MuleNetwork
    terms : Terms
    recruit : callable
        Customer number for a label and an attempt.
    web : Web
        Who passes on to whom, as from `network_of`.
    """

    def __init__(
        self,
        actor: Actor,
        campaign: MuleNetwork,
        terms: Terms,
        recruit: Callable[[int, int], int],
        web: Web,
    ) -> None:
        self.actor, self.terms = actor, terms
        self.fed_by = campaign.fed_by or FEEDS[alike(actor, 0, len(FEEDS) - 1, "fed_by")]
        lanes = range(len(web.layers[0]))
        parts = [alike(actor, *_PARTS[self.fed_by], "parts", lane) for lane in lanes]
        self.holders = Holders(recruit, len(actor.population))
        self.relay = Relay(actor, 0, web, terms, self.holders, actor.finish, parts)
        self.parts = parts
        self.warned: set[int] = set()
        self.sources: set[int] = set()
        _specify(actor, web, parts, terms)

    def begin(self, now_ns: int) -> None:
        """Turn to the first source, and enter the others."""
        for lane in range(len(self.parts)):
            self.actor.enter(now_ns, partial(self._open, lane), "source", lane)
            now_ns += self.actor.wait_ns(*_VICTIM_GAP_NS, "victim_gap", lane) + 1

    def _open(self, lane: int, now_ns: int) -> None:
        source = self._source(lane)
        us = [self.actor.u("portion", lane, part) for part in range(self.parts[lane])]
        shares = dirichlet(us, _EVEN) if len(us) > 1 else np.ones(1)
        ends = np.rint(np.cumsum(shares) * source.total_minor).astype(np.int64)
        for part, minor in enumerate(np.diff(ends, prepend=0).tolist()):
            act = partial(self._bring, lane, part, source.number, max(1, minor), 0)
            self.actor.enter(now_ns, act, "bring", lane, part)
            now_ns += self.actor.wait_ns(*_PART_GAP_NS, "part_gap", lane, part) + 1

    def _source(self, lane: int) -> Source:
        """Return who can spare the sum that is wanted, among those who are known."""
        wanted_minor = self._wanted_minor(lane)
        if self.fed_by == "smurfs":
            return Source(self.relay.keeper(0, lane), wanted_minor)
        owned_minor = self.actor.population.opening_minor
        asked = [self.actor.person("victim", lane, one) for one in range(_PEOPLE_TRIED)]
        busy = self.sources
        known = [one for one in asked if not self.holders.has(one) and one not in busy] or asked
        able = (one for one in known if _OF_BALANCE * owned_minor[one] >= wanted_minor)
        richest = max(known, key=lambda one: int(owned_minor[one]))
        number = int(next(able, richest))
        self.sources.add(number)
        spare_minor = max(int(_OF_BALANCE * owned_minor[number]), LOOT_MINOR[0])
        return Source(number, min(wanted_minor, spare_minor))

    def _wanted_minor(self, lane: int) -> int:
        """Return a sum; the crude take round ones."""
        actor, (low, high) = self.actor, LOOT_MINOR
        if actor.TWIN or actor.campaign.sophistication >= SOPHISTICATED:
            return round(low * math.pow(high / low, actor.u("loot", lane)))
        return actor.whole(low, high, "loot", lane) // _LOOT_STEP_MINOR * _LOOT_STEP_MINOR

    def _bring(
        self, lane: int, part: int, number: int, minor: int, attempt: int, now_ns: int
    ) -> None:
        if lane in self.warned:
            self.relay.miss(0, lane, now_ns)
            return
        keeper, keys = self.relay.keeper(0, lane), (lane, part, attempt)
        self.actor.submit(
            self._wish(number, keeper, now_ns, lane, *keys)._replace(amount_minor=minor),
            partial(self._hear, keys, number, minor, keeper),
            *keys,
            stage="feed again" if attempt else "feed",
            role="smurf" if self.fed_by == "smurfs" else "victim",
            tainted_share=self.terms.tainted_share,
        )

    def _wish(self, number: int, keeper: int, now_ns: int, lane: int, *keys: int) -> Wish:
        """Return a payment into the network, as its source makes it or an intruder would."""
        actor = self.actor
        if self.fed_by == "smurfs":
            return placement(actor, now_ns, routes_in(actor.bank)[0], keeper, *keys)
        kind = way(actor.bank, Party.CUSTOMER, Party.CUSTOMER)
        assert kind is not None, "checked by `missing`"
        wish = personal(actor, now_ns, kind, number, *keys)
        wish = wish._replace(creditor_account=actor.account(keeper))
        if actor.TWIN or self.fed_by == "scam":
            return wish
        abroad = actor.campaign.sophistication < SOPHISTICATED
        return wish._replace(
            device=actor.strange_device(lane),
            place=ABROAD if abroad else wish.place,
            proves=actor.u("code", *keys) >= _CODE_FAILS,
        )

    def _hear(
        self, keys: tuple[int, int, int], number: int, minor: int, keeper: int, answer: Answer
    ) -> None:
        lane, part, attempt = keys
        act: Act = partial(self._missed, lane, answer)
        if accepted(answer):
            act = partial(self.relay.arrive, 0, lane, keeper, answer)
        elif undecided(answer) and attempt + 1 < _FEED_TRIES:
            act = partial(self._bring, lane, part, number, minor, attempt + 1)
        self.actor.enter(self.actor.react_ns(answer), act, "brought", *keys)

    def _missed(self, lane: int, answer: Answer, now_ns: int) -> None:
        """Do without what the bank refused, and leave a source alone that it suspects."""
        if suspected(answer):
            self.warned.add(lane)
        self.relay.miss(0, lane, now_ns)


class Controller(Fraudster):
    """Recruits mules, has victims or smurfs pay to them, and tells them where to pay on."""

    def __init__(self, city: City, campaign_id: int, campaign: MuleNetwork) -> None:
        super().__init__(city, campaign_id, campaign)
        people = city.population
        segments = [segment.name for segment in people.preset.segment]
        young = segments.index(_YOUNG) if _YOUNG in segments else len(segments)
        self.young = np.flatnonzero(people.segment == young)
        self.dormant = np.flatnonzero(people.activity < _DORMANT_BELOW)
        terms = Terms(KEPT, DWELL, _COVERS, "mule")
        self.feed = Feed(self, campaign, terms, self._recruit, network_of(self, campaign))

    def begin(self, now_ns: int) -> None:
        """Have the first source pay."""
        self.feed.begin(now_ns)

    def _recruit(self, label: int, attempt: int) -> int:
        """Return somebody young who lends his account, or whose dormant one was bought."""
        if self.u("young", label) < _YOUNG_SHARE:
            return self._one_of(self.young, "young mule", label, attempt)
        return self._one_of(self.dormant, "dormant mule", label, attempt)

    def _one_of(self, people: NDArray[np.intp], purpose: str, *keys: int) -> int:
        if not len(people):
            return self.person(purpose, *keys)
        draws = self.draws.child(purpose)
        key = draws.key(0, *keys).reshape(1)
        return int(people[jump_hash(draws, key, np.zeros_like(key), len(people))[0]])


def network_of(actor: Actor, campaign: MuleNetwork, depth_most: int = DEPTH_MOST) -> Web:
    """Return who passes money on to whom; less deep, it has more chains and no fewer people.

    Its twins have the campaign's numbers, so that the honest are not the rarer.
    """
    size = alike(actor, _MULES_FEWEST, _MULES_MOST, "mules")
    depth = campaign.depth or alike(actor, DEPTH_LEAST, DEPTH_MOST, "depth")
    people = depth * campaign.lanes(depth, size)
    depth = min(depth, depth_most)
    return lanes_of(depth, -(-people // depth))


def _specify(actor: Actor, web: Web, parts: list[int], terms: Terms) -> None:
    """State what page 7 says of the network's payments."""
    actor.specify("feed", "rows", sum(parts), sum(parts))
    actor.specify("feed", "person_total_minor", *LOOT_MINOR)
    actor.specify("layer", "rows", web.payments, web.payments)
    if 4 * web.places <= len(actor.population):
        actor.specify("cover", "people", web.places, web.places)
    actor.specify("exit", "hop", len(web.layers), len(web.layers))
    gap_ns = round(_PART_GAP_NS[1] * actor.campaign.pace)
    specify_passing(actor, [web], terms, max(parts) * (gap_ns + 1))
