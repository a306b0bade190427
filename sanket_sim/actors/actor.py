"""Whoever follows a script: thieves, and honest people whose doings look like theirs.

An actor plans by a calendar, hears every answer, adapts, and says of each of his payments what it
truly is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import mesa
import numpy as np

from sanket_sim.actors.calendar import Act
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.habits import PROVES_SHARE
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.population import jump_bucket
from sanket_sim.actors.truth import CUT, Specified
from sanket_sim.actors.typology import Typology
from sanket_sim.bank.description import Party
from sanket_sim.core.draws import Draws, word_of

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_TRIES = 32
_RECRUITS = 2.0
"""Share of mules that are recruited afresh, per unit of sophistication."""


class Answer(NamedTuple):
    """A row of `ANSWERS`: what the bank said to one submission."""

    tx_id: int
    draw_key: int
    customer_id: int
    kind: int
    answered_ns: int
    outcome: int
    ack: int
    decline_reason: int
    submission: int
    may_retry: bool
    amount_minor: int
    balance_minor: int
    typology: int
    campaign_id: int


Hearing = Callable[[Answer], None]
"""What an actor does about an answer: enter acts into the calendar, nothing else."""


class Actor(mesa.Agent, ABC):  # type: ignore[misc]  # mesa carries no types
    """Base of everyone who follows a script.

    Acts (methods called with the time they were entered for) change state and submit intents.
    Hearings may only enter further acts, `react_ns` after the answer at the earliest: so the
    same things happen in the same order whatever the length of a tick.

    Parameters
    ----------
    city : City
    campaign_id : int
        The actor's own number in the truth.
    campaign : Typology
    twin_of : int
        Number of the campaign whose honest twin this is, -1 for the campaign itself.
    episode : int
        Which of the campaign's twins this is; its draws are its own.

    Notes
    -----
    Draws are named by the campaign's name, never by its number, so that one more campaign changes
    nobody else's.
    """

    TWIN: ClassVar[str] = ""
    """What the honest doings are called that look like this fraud; empty: this is the fraud."""

    def __init__(
        self, city: City, campaign_id: int, campaign: Typology, twin_of: int = -1, episode: int = 0
    ) -> None:
        super().__init__(city)
        self.city, self.campaign_id, self.campaign = city, campaign_id, campaign
        self.twin_of = twin_of
        self.bank, self.population = city.bank, city.population
        path = ("fraud", campaign.typology, campaign.name)
        self.draws = city.draws.child(*path, *((self.TWIN, str(episode)) if self.TWIN else ()))
        self.typology = city.vocabularies["typology"].code(campaign.typology)
        self.until_ns = city.end_ns
        if campaign.lasts is not None:
            self.until_ns = min(self.until_ns, campaign.at + campaign.lasts)
        self.begun_ns: int | None = None
        self.ended_ns: int | None = None
        self.ending = CUT
        self.specified: list[Specified] = []
        self._families: dict[str, Draws] = {}

    @abstractmethod
    def begin(self, now_ns: int) -> None:
        """Do the first act."""

    def start(self, now_ns: int) -> None:
        """Begin, and note when."""
        self.begun_ns = now_ns
        self.begin(now_ns)

    def finish(self, now_ns: int, ending: str) -> None:
        """Say that nothing more will be done, and why: `COMPLETE` or `STOPPED`; once."""
        if self.ended_ns is None:
            self.ended_ns, self.ending = now_ns, ending

    def specify(self, stage: str, measure: str, low: float, high: float) -> None:
        """State a bound that the specification sets, for the comparison with what came of it.

        `measure` is one that `analysis.specification` takes from a campaign's rows of the truth.
        """
        self.specified.append(Specified(stage, measure, low, high))

    def u(self, purpose: str, *keys: int) -> float:
        """Return the campaign's uniform number for a purpose."""
        return self._family(purpose).unit(0, *keys)

    def between(self, low: float, high: float, purpose: str, *keys: int) -> float:
        """Return a number between two bounds, equally likely everywhere."""
        return low + (high - low) * self.u(purpose, *keys)

    def whole(self, low: int, high: int, purpose: str, *keys: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.u(purpose, *keys))

    def exponential(self, purpose: str, *keys: int) -> float:
        """Return an exponential number of mean 1."""
        return float(-np.log(self.u(purpose, *keys)))

    def wait_ns(self, low_ns: int, high_ns: int, purpose: str, *keys: int) -> int:
        """Return one of the campaign's long waits, at its pace [ns]."""
        return round(self.between(low_ns, high_ns, purpose, *keys) * self.campaign.pace)

    def busy_ns(self, now_ns: int, low_ns: int, high_ns: int, purpose: str, *keys: int) -> int:
        """Return when a long wait ends, at the campaign's pace, at an hour as people keep [ns].

        Every instant between `low_ns` and `high_ns` from now (times `pace`) is as likely as it is
        busy; equally likely beyond the end of the run, where nothing is known of demand.
        """
        begin_ns = now_ns + round(low_ns * self.campaign.pace)
        end_ns = now_ns + round(high_ns * self.campaign.pace)
        demand, u = self.city.traffic.demand, self.u(purpose, *keys)
        least, most = demand.hazard_at(begin_ns), demand.hazard_at(end_ns)
        if end_ns >= demand.end_ns or most <= least:
            return begin_ns + round((end_ns - begin_ns) * u)
        at_ns = int(demand.instant_ns(np.array([least + (most - least) * u]))[0])
        return min(max(at_ns, begin_ns), end_ns)

    def enter(self, at_ns: int, act: Act, name: str, *keys: int) -> None:
        """Note an act for later; the name and the keys break ties."""
        key = self.draws.name(word_of(name), *keys)
        self.city.enter(at_ns, key, act)

    def react_ns(self, answer: Answer, wait_ns: int = 0) -> int:
        """Return when somebody who heard `answer` can act on it, after a wait [ns]."""
        return answer.answered_ns + max(wait_ns, self.city.shortest_reaction_ns)

    def person(self, purpose: str, *keys: int) -> int:
        """Return the number of an honest customer, equally likely anybody.

        A newcomer to the city takes his fair share of the places and changes no other.
        """
        number = 0
        for attempt in range(_TRIES):
            key = self._family(purpose).name(0, *keys, attempt)
            number = self._pick(purpose, key, len(self.population))
            if not self.city.is_mule(number):
                break
        return number

    def mule(self, *keys: int) -> int:
        """Return the number of somebody who lends his account to fraudsters.

        Crude ones use the same few mules again and again, so that an account number alone gives
        them away; the sophisticated recruit somebody new each time.
        """
        if self.u("recruits", *keys) < _RECRUITS * self.campaign.sophistication:
            for attempt in range(_TRIES):
                key = self._family("recruit").name(0, *keys, attempt)
                number = self._pick("recruit", key, len(self.population))
                if self.city.is_mule(number):
                    return number
        mules = self.population.mules
        return int(mules[self._pick("mule", self._family("mule").name(0, *keys), len(mules))])

    def account(self, number: int) -> int:
        """Return the current account of a customer, which is his id too."""
        return int(self.population.account[number])

    def own_device(self, number: int, *keys: int) -> int:
        """Return the device that a customer uses himself."""
        key = np.array([self._family("device").name(0, *keys)])
        return int(self.city.habits.devices.own(np.array([number]), key)[0])

    def strange_device(self, *keys: int) -> int:
        """Return a device of the actor's own, the same for the same keys."""
        return self.city.habits.devices.strange(self._family("strange").name(0, *keys))

    def home(self, number: int) -> int:
        """Return the place where a customer lives."""
        return int(self.city.habits.devices.home[number])

    def whereabouts(self, number: int, *keys: int) -> int:
        """Return where a customer is at some act of his: mostly at home, like everybody."""
        key = np.array([self._family("whereabouts").name(0, *keys)])
        return int(self.city.habits.devices.place(np.array([number]), key)[0])

    def can_prove(self, *keys: int) -> bool:
        """Say whether an honest customer passes when he is asked for a second factor."""
        return self.u("proves", *keys) < PROVES_SHARE

    def quantile_minor(self, kind: int, number: int, u: float, shop: int | None = None) -> int:
        """Return the u-quantile of what a customer spends by a route [minor units].

        With the account of a `shop`, of what he spends there: shops have tickets of their own.
        """
        one, at, ticket = np.array([number]), np.array([u]), None
        if shop is not None:
            ticket = self.population.shops.ticket[[shop - self.population.first_merchant]]
        return int(self.city.habits.amounts_minor(kind, one, at, ticket)[0])

    def shop(self, *keys: int, open_at_ns: int | None = None) -> int:
        """Return the account of a shop; popular ones are likelier, as for everybody.

        With `open_at_ns`, one that is open then: the first of a few tries, or one that never
        closes.
        """
        people = self.population
        taste = np.array([self.u("shop", *keys)])
        if open_at_ns is not None:
            others = [self.u("detour", *keys, attempt) for attempt in range(_TRIES)]
            taste = np.concatenate([taste, others])
        merchant = people.merchant(taste)
        if open_at_ns is not None:
            at_ns, start = np.full(len(taste), open_at_ns), self.city.habits.start
            open_ones = merchant[people.shops.are_open(merchant, at_ns, start)]
            merchant = np.concatenate([open_ones, people.shops.always])
        return people.first_merchant + int(merchant[0])

    def sink(self, kind: int, account: int) -> int:
        """Return where money sent by a route arrives: at `account`, or out of the bank."""
        creditor = self.bank.routes[kind].creditor
        return account if creditor == Party.CUSTOMER else world_account(creditor)

    def submit(
        self,
        wish: Wish,
        heard: Hearing | None,
        *keys: int,
        stage: str,
        role: str,
        hop: int = 0,
        tainted_share: float = 1.0,
        parents: Sequence[int] = (),
    ) -> None:
        """Send an intent off; `heard` hears the answer.

        `wish` needs created_ns, kind and customer_id; device and place where somebody is present
        (those that its channel does not see are dropped, as for everybody);
        accounts and amount if it moves money (its debtor is the customer where none is given).
        The keys name the intent within the campaign. The rest is the truth about it, for the
        record alone: `tainted_share` is the part of the payment that its author means as dirty
        money, 0 for what he only does to look honest and 1 for a step of the crime that moves no
        money; it is not followed through balances, where dirty money mixes with other. `parents`
        are the tx_ids of the payments whose money it moves on.
        """
        own = wish.customer_id if wish.debtor_account < 0 else wish.debtor_account
        if wish.created_ns >= self.until_ns or own == wish.creditor_account:
            return
        key = self._family("intent").name(wish.kind, *keys)
        channel = int(self.city.habits.channel(wish.kind, np.array([key]))[0])
        named = self.city.habits.as_seen(wish, channel)._replace(
            draw_key=key,
            currency=self.city.habits.currency[wish.kind],
            debtor_account=own,
        )
        if not self.TWIN:
            named = named._replace(
                typology=self.typology, campaign_id=self.campaign_id, is_fraud=tainted_share > 0.0
            )
        meant = 0.0 if self.TWIN else tainted_share
        self.city.truth.note(key, self, stage, role, hop, meant, parents)
        self.city.wish(named.as_wanted(), heard)

    def _pick(self, purpose: str, key: int, count: int) -> int:
        return jump_bucket(self._family(purpose), key, 0, count)

    def _family(self, purpose: str) -> Draws:
        if purpose not in self._families:
            self._families[purpose] = self.draws.child(purpose)
        return self._families[purpose]


class Fraudster(Actor):
    """Base of everyone who steals."""

    def mule_account(self, *keys: int) -> int:
        """Return the account of somebody who lends it to fraudsters."""
        return self.account(self.mule(*keys))


class Twin(Actor):
    """Base of honest people whose doings look like a fraud; `TWIN` says which ordinary thing it is.

    A twin begins at any time of the run, and his payments carry no label.
    """
