"""The agent view: who pays whom, and which of them are up to something."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.places import PLACES
from sanket_sim.core.units import MINUTE_NS, NS_PER_S
from sanket_sim.live.frames import WINDOW_S, AgentDot, Campaign, Crowd, Flow, State
from sanket_sim.live.naming import Names
from sanket_sim.live.people.campaigns import CaseFile
from sanket_sim.live.people.fraud_watch import FraudWatch
from sanket_sim.live.people.places import communities_of, homes_of, lair_place, rank_of
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch

Numbers = NDArray[np.int64]

CUSTOMERS_SHOWN, MERCHANTS_SHOWN, SUSPECTS_SHOWN = 200, 40, 100
_SEEDS = 60
"""Customers picked by lot; the rest of the sample are people whom they pay."""
HONEST_FLOWS = 150
CAMPAIGNS_SHOWN = 6
_PEOPLE_SHOWN = 24
"""Most people of one campaign."""
_FLOWS_SHOWN = 60
"""Most flows of one campaign."""
_QUIET_NS = 10 * MINUTE_NS
"""A campaign whose last payment is older is no longer shown."""
_NEVER_NS = -(2**62)
CRIMINAL = ("mule", "fraudster")


class _People:
    """Who everybody is, and where he stands if he is shown."""

    def __init__(self, scene: Scene) -> None:
        agents = scene.agents
        own = agents["agent_id"] == agents["account_id"]
        fraudsters = agents["account_id"] < agents["agent_id"]
        self.size = int(agents["agent_id"].max(initial=-1)) + 1
        self._roles = np.full(self.size, -1, np.int64)
        regions = np.zeros(self.size, np.int64)
        for rows in (own, fraudsters):
            self._roles[agents["agent_id"][rows]] = agents["role"][rows]
            regions[agents["agent_id"][rows]] = agents["region"][rows]
        self._words = scene.words["role"].words
        self._community = self._communities(regions, scene.words["region"].words)

    def role_of(self, agent: int) -> str:
        """Return what the table of agents says."""
        return str(self._words[self._roles[agent]])

    def home_of(self, agent: int) -> tuple[float, float]:
        """Return where somebody stands in his community."""
        one = np.array([agent])
        x, y = homes_of(one, self._community[one])[0].tolist()
        return x, y

    def having(self, *roles: str) -> Numbers:
        """Return the agents of some roles, ascending."""
        codes = [code for code, word in enumerate(self._words) if word in roles]
        return np.flatnonzero(np.isin(self._roles, codes))

    def _communities(self, regions: Numbers, words: list[str]) -> Numbers:
        """Return everybody's community: his region, or any for those who live in none."""
        known = np.array([PLACES.index(word) - 1 if word in PLACES else -1 for word in words])
        found = known[regions]
        return np.where(found >= 0, found, communities_of(np.arange(self.size)))


def _sample(people: _People, payees: Numbers, owner: Numbers) -> list[int]:
    """Return who is always shown: popular shops, some customers by lot, and whom these pay."""
    shops = people.having("merchant")[:MERCHANTS_SHOWN].tolist()
    customers = people.having("customer", "mule")
    lot = customers[np.argsort(rank_of(customers), kind="stable")]
    seeds = lot[:_SEEDS]
    paid = payees[seeds].ravel() if len(payees) else np.empty(0, np.int64)
    friends = owner[paid[paid >= 0]]
    chosen = dict.fromkeys(np.concatenate([seeds, friends[friends >= 0], lot]).tolist())
    known = set(customers.tolist())
    return [*shops, *[one for one in chosen if one in known][:CUSTOMERS_SHOWN]]


class _Standing(NamedTuple):
    """Somebody who is shown, as what and where."""

    agent: int
    role: str
    x: float
    y: float


class _Cast:
    """Everybody who is shown, in his place: the sample for good, suspects while they matter.

    Parameters
    ----------
    people : _People
    sample : list of int
    names : Names
    """

    def __init__(self, people: _People, sample: list[int], names: Names) -> None:
        self._people, self._names = people, names
        self._called: dict[int, str] = {}
        self.sample = {agent: people.home_of(agent) for agent in sample}
        self.suspects: OrderedDict[int, str] = OrderedDict()
        """Agent -> role in a campaign, in the order in which they were last of interest."""
        self._places: dict[int, tuple[float, float]] = {}
        self._accomplices: Counter[int] = Counter()

    def __contains__(self, agent: int) -> bool:
        return agent in self.sample or agent in self.suspects

    def name_of(self, agent: int) -> str:
        """Return what somebody is called; a fraudster has no name that anybody knows."""
        if agent not in self._called:
            known = self._people.role_of(agent) != "fraudster"
            self._called[agent] = self._names.agent(agent) if known else "Fraudster"
        return self._called[agent]

    def show(self, agent: int, role: str, campaign_id: int) -> None:
        """Show somebody of a campaign; whoever has been of least interest gives way."""
        self.suspects[agent] = role
        self.suspects.move_to_end(agent)
        if agent not in self.sample and agent not in self._places:
            self._places[agent] = self._place(agent, role, campaign_id)
        while len(self.suspects) > SUSPECTS_SHOWN:
            self.suspects.popitem(last=False)

    def dismiss(self, present: AbstractSet[int]) -> None:
        """Show nobody any more but the sample and those who are in a live campaign."""
        for agent in [one for one in self.suspects if one not in present]:
            del self.suspects[agent]

    def standing(self) -> Iterator[_Standing]:
        """Yield everybody."""
        for agent, place in self.sample.items():
            role = self.suspects.get(agent) or self._honest_role(agent)
            yield _Standing(agent, role, *place)
        for agent, role in self.suspects.items():
            if agent not in self.sample:
                yield _Standing(agent, role, *self._places[agent])

    def _honest_role(self, agent: int) -> str:
        return "merchant" if self._people.role_of(agent) == "merchant" else "customer"

    def _place(self, agent: int, role: str, campaign_id: int) -> tuple[float, float]:
        if role not in CRIMINAL:
            return self._people.home_of(agent)
        ordinal = 0 if role == "fraudster" else self._accomplices[campaign_id] + 1
        self._accomplices[campaign_id] += role != "fraudster"
        return lair_place(campaign_id, ordinal)


class CrowdView:
    """A sample of everyone in fixed places, everyone who matters, and the money between them.

    Parameters
    ----------
    scene : Scene
    fraud : FraudWatch
        Knows the campaigns, and whom analysts have before them; it observes each batch first.
    """

    def __init__(self, scene: Scene, fraud: FraudWatch) -> None:
        self._fraud, self._book = fraud, fraud.campaigns
        self._owner = scene.accounts.owner
        people = _People(scene)
        self._cast = _Cast(
            people,
            _sample(people, scene.accounts.payees, self._owner),
            Names(scene.words, scene.agents),
        )
        self._sampled = np.zeros(people.size, np.bool_)
        self._sampled[list(self._cast.sample)] = True
        self._moved_ns = np.full(people.size, _NEVER_NS, np.int64)
        self._honest: deque[Flow] = deque(maxlen=HONEST_FLOWS)
        self._now_ns = 0
        self._changed = True

    def observe(self, batch: TraceBatch) -> None:
        """Take in who paid whom."""
        self._now_ns, self._changed = batch.end_ns, True
        rows = batch.transactions
        moved = np.flatnonzero((rows["n_posted"] > 0) & (rows["amount_minor"] > 0))
        if not len(moved):
            return
        debtor, creditor = (
            self._agents(rows[side][moved]) for side in ("debtor_account", "creditor_account")
        )
        for side in (debtor, creditor):
            self._moved_ns[side[side >= 0]] = batch.end_ns
        honest = (debtor >= 0) & (creditor >= 0) & (rows["campaign_id"][moved] < 0)
        honest &= self._sampled[debtor] & self._sampled[creditor]
        for place in np.flatnonzero(honest).tolist():
            amount_minor = int(rows["amount_minor"][moved[place]])
            self._honest.append(Flow(int(debtor[place]), int(creditor[place]), -1, amount_minor))

    def _agents(self, accounts: Numbers) -> Numbers:
        """Return whose accounts they are, -1 for no account and for the world outside."""
        return np.where(accounts >= 0, self._owner[accounts], -1)

    @property
    def active(self) -> int:
        """How many agents moved money in the last window."""
        return int((self._moved_ns > self._now_ns - WINDOW_S * NS_PER_S).sum())

    def frame(self) -> Crowd | None:
        """Return the crowd as it stands; None if nothing has changed."""
        if not self._changed:
            return None
        self._changed = False
        files = self._book.largest(CAMPAIGNS_SHOWN, self._now_ns - _QUIET_NS)
        people = [self._gather(file) for file in files]
        self._cast.dismiss({one for some in people for one in some})
        guilty = {
            one for file, some in zip(files, people, strict=True) if file.found for one in some
        }
        suspected = self._fraud.suspected
        flows = [flow for file in files for flow in self._flows(file)]
        return Crowd(
            dots=tuple(self._dot(one, guilty, suspected) for one in self._cast.standing()),
            flows=(*self._honest, *flows),
            campaigns=tuple(map(self._campaign, files, people)),
            active=self.active,
        )

    def _gather(self, file: CaseFile) -> tuple[int, ...]:
        """Bring the people of a campaign into the picture; return those who are in it."""
        roles = {file.fraudster: "fraudster"} if file.fraudster >= 0 else {}
        for agent, accomplice in self._book.people(file).items():
            roles.setdefault(agent, "mule" if accomplice else "customer")
        some = list(roles)[:_PEOPLE_SHOWN]
        for agent in some:
            self._cast.show(agent, roles[agent], file.campaign_id)
        return tuple(agent for agent in some if agent in self._cast)

    def _flows(self, file: CaseFile) -> Iterator[Flow]:
        """Yield what went between people of a campaign, and in whose names its fraudster acts."""
        sums: Counter[tuple[int, int]] = Counter()
        for move in file.moves:
            if move.debtor in self._cast and move.creditor in self._cast:
                sums[move.debtor, move.creditor] += move.amount_minor if move.fate == "moved" else 0
        pairs = list(sums.items())[-_FLOWS_SHOWN:]
        yield from (Flow(*ends, file.campaign_id, minor) for ends, minor in pairs)
        if file.fraudster in self._cast:
            robbed = [one for one, guilty in self._book.people(file).items() if not guilty]
            shown = [one for one in robbed if one in self._cast][:_PEOPLE_SHOWN]
            yield from (Flow(file.fraudster, one, file.campaign_id, 0) for one in shown)

    def _campaign(self, file: CaseFile, people: tuple[int, ...]) -> Campaign:
        label = self._book.label(file)
        return Campaign(file.campaign_id, file.typology, label, people, file.found)

    def _dot(
        self, one: _Standing, guilty: AbstractSet[int], suspected: AbstractSet[int]
    ) -> AgentDot:
        state: State = "warn" if one.agent in suspected else "ok"
        if one.agent in guilty:
            state = "critical" if one.role in CRIMINAL else "warn"
        place = round(one.x, 4), round(one.y, 4)
        name, found = self._cast.name_of(one.agent), one.agent in guilty
        return AgentDot(one.agent, one.role, *place, state, found, name)
