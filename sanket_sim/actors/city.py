"""The city: everyone who wants to move money, and what they learn from how it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

import mesa
import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.actor import Answer, Fraudster, Hearing, Twin
from sanket_sim.actors.batches import EPOCH, Batches
from sanket_sim.actors.business_days import BusinessDays
from sanket_sim.actors.calendar import Act, Calendar
from sanket_sim.actors.chart import chart_of_accounts
from sanket_sim.actors.customer import Customer
from sanket_sim.actors.demand import NEVER_NS, Demand, Surge
from sanket_sim.actors.exchange import Exchange
from sanket_sim.actors.fees import Fees
from sanket_sim.actors.habits import Habits
from sanket_sim.actors.intents import Wish, in_order, table_of
from sanket_sim.actors.onboarding import Applicants
from sanket_sim.actors.patience import Patience
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.population import Population
from sanket_sim.actors.recurring import Recurring
from sanket_sim.actors.register import agents_table
from sanket_sim.actors.routes import errand
from sanket_sim.actors.settings import PopulationSettings
from sanket_sim.actors.traffic import Traffic
from sanket_sim.actors.truth import Truth
from sanket_sim.actors.typology import Typology
from sanket_sim.bank.description import Bank
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import Ack, Outcome
from sanket_sim.trace.arrivals import BLOCK_DTYPE, RESUBMISSION_DTYPE, Arrivals, no_intents
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.schema import ANSWERS
from sanket_sim.trace.vocabulary import Vocabularies

NO_PLANS = Plans()
NO_TYPOLOGY = ""
"""The word behind typology 0, where nobody else has chosen one."""
_TRIES_KEPT = 4096
_RECRUITABLE = 0.2
"""Share of customers whom the sophisticated can talk into lending their account, once."""
_TWINS_LATEST = 0.8
"""Twins begin before this share of the run's traffic, so that they have time for what they do; at
hours as people keep."""
_AT = itemgetter(1)


class City(mesa.Model):  # type: ignore[misc]  # mesa carries no types
    """Customers, merchants and fraudsters of one run.

    Customers are columns (`Population`); whoever meets a failure becomes a `Customer` agent,
    fraudsters are agents from the start. All of them share one calendar.

    Parameters
    ----------
    bank : Bank
    population : PopulationSettings
    demand : Demand
        Compiled by `demand_of`; its end is when new intents stop.
    seed : int
    campaigns : sequence of Typology
        A campaign's place in the sequence is its campaign_id.
    vocabularies : Vocabularies
        Take the words of typologies, roles, segments and regions.
    start : datetime
        Local time at which the run begins; the business dates of files count from it.
    twins : int
        Honest episodes for each campaign that look like it.
    plans : Plans
        What people pay month by month, beside their demand.

    Raises
    ------
    ValueError
        If the bank lacks a route that a campaign needs.

    Examples
    --------
    >>> from sanket_sim.bank.description import Bank, Route
    >>> bank = Bank("corner", (), (), (), (Route("login", edge=0),))
    >>> second = 1_000_000_000
    >>> rate = Demand(np.array([0, 60 * second]), np.array([0.5]), np.array([0.5]))
    >>> city = City(bank, PopulationSettings(customers=100), rate, seed=1)
    >>> intents = city.plan(0, second).intents
    >>> bool((intents["created_ns"] < second).all()), 30 < len(intents) < 70
    (True, True)
    """

    def __init__(
        self,
        bank: Bank,
        population: PopulationSettings,
        demand: Demand,
        seed: int,
        campaigns: Sequence[Typology] = (),
        vocabularies: Vocabularies | None = None,
        start: datetime = EPOCH,
        twins: int = 0,
        plans: Plans = NO_PLANS,
    ) -> None:
        super().__init__(seed=seed)
        self.bank = bank
        self.draws = Draws(seed, "city")
        self.vocabularies = vocabularies if vocabularies is not None else Vocabularies()
        if not self.vocabularies["typology"].words:
            self.vocabularies["typology"].code(NO_TYPOLOGY)
        self.population = Population.settle(population, self.draws, Exchange.of(bank))
        self.habits = Habits(bank, self.population, self.draws, start, plans.replaced(bank))
        self.traffic = Traffic(demand, self.habits, self.draws)
        self.recurring = Recurring(plans, self.habits, self.draws, start, demand.end_ns)
        days = BusinessDays(plans.holidays)
        self.batches = Batches(self.habits, self.draws, start, demand.end_ns, days)
        self.fees = Fees(bank)
        self.patience = Patience(population.patience, self.draws)
        self.accounts = chart_of_accounts(
            self.population, self.habits, self.recurring.payees(self.population.accounts)
        )
        self.calendar = Calendar()
        self.customers: dict[int, Customer] = {}
        self.planned_ns = 0
        self.wanted = Arrivals()
        self._wishes: list[Wish] = []
        self._resubmissions: list[tuple[int, int, bool]] = []
        self._closures: list[int] = []
        self._tries_ns: dict[int, int] = {}
        self._left_ns = np.full(len(self.population), NEVER_NS, dtype=np.int64)
        self._someone_left = False
        self._enquiry = errand(bank, "balance_enquiry")
        self._mules = frozenset(self.population.mules.tolist())
        self._recruitable = self.draws.child("recruitable")
        self._blocks: list[tuple[int, int, bool, bool]] = []
        self._heard: dict[int, Hearing] = {}
        self.truth = Truth(self.vocabularies)
        self.applicants = Applicants(self.population)
        self.fraudsters = [self._invite(number, one) for number, one in enumerate(campaigns)]
        self.twins = [
            self._welcome(len(campaigns) + number * twins + episode, one, number, episode)
            for number, one in enumerate(campaigns)
            for episode in range(twins)
        ]

    @property
    def end_ns(self) -> int:
        """When new intents stop [ns]; open ones may still be tried again."""
        return self.traffic.demand.end_ns

    @property
    def shortest_reaction_ns(self) -> int:
        """Nobody acts on an answer sooner [ns]: the longest tick for which planning is exact."""
        return self.patience.settings.minimum

    def plan(self, begin_ns: int, end_ns: int) -> Arrivals:
        """Return everything that actors want of the network in [begin, end).

        Ticks follow one another without gap. How they cut time changes nothing as long as none
        is longer than `shortest_reaction_ns`.
        """
        assert begin_ns == self.planned_ns, "ticks follow one another"
        self.calendar.wake_until(end_ns)
        self.planned_ns = end_ns
        self._forget_tries(begin_ns)
        moods, months = self.traffic.until(end_ns), self.recurring.until(end_ns)
        honest = self._of_those_who_stay(np.concatenate([moods, months]))
        files = self.batches.between(begin_ns, end_ns)
        arrivals = Arrivals(
            intents=self._together(honest, table_of(self._wishes), files),
            resubmissions=np.array(self._resubmissions, dtype=RESUBMISSION_DTYPE),
            closures=np.array(self._closures, dtype=np.int64),
            blocks=np.array(sorted(self._blocks, key=_AT), dtype=BLOCK_DTYPE),
        )
        self._wishes, self._resubmissions, self._closures, self._blocks = [], [], [], []
        return arrivals

    def admit(self, arrivals: Arrivals) -> None:
        """Learn under which numbers the intents have gone out."""
        self.truth.admit(arrivals)

    def witness(self, batch: TraceBatch) -> None:
        """Put the truth about what has ended on a batch's record."""
        self.truth.witness(batch)

    def close(self, batch: TraceBatch) -> None:
        """Put the truth about everything else on the last batch's record."""
        self.truth.close(batch, [*self.fraudsters, *self.twins])

    def surge(self, surges: Sequence[Surge]) -> None:
        """Let more people, or fewer, act in windows that begin now or later."""
        self.traffic.surge(surges)

    def learn(self, batch: TraceBatch) -> None:
        """Let everyone hear how their submissions went."""
        answers = batch.answers
        if len(answers["tx_id"]) == 0:
            return
        open_still = answers["may_retry"] & (answers["campaign_id"] < 0)
        final = answers["outcome"] == Outcome.APP_ERROR
        self._closures += answers["tx_id"][open_still & final].tolist()
        self._react(_rows(answers, open_still & ~final & (answers["ack"] != Ack.OK)))
        if self._heard:
            self._let_hear(answers)

    def step(self) -> None:
        """Plan the next longest tick into `wanted` (Mesa's convention, for use by hand)."""
        self.wanted = self.plan(self.planned_ns, self.planned_ns + self.shortest_reaction_ns)

    def agents_table(self) -> Columns:
        """Return who exists: the rows of the trace's agents table."""
        return agents_table(self.population, self.accounts, self.fraudsters, self.vocabularies)

    def enter(self, at_ns: int, key: int, act: Act) -> None:
        """Note an act for `at_ns`, which must not have been planned past."""
        assert at_ns >= self.planned_ns, "a tick was longer than the shortest reaction"
        self.calendar.enter(at_ns, key, act)

    def wish(self, wish: Wish, heard: Hearing | None = None) -> None:
        """Take up an agent's intent, unless it comes after the end of arrivals.

        `heard` hears the first answer to it.
        """
        if wish.created_ns < self.end_ns:
            self._wishes.append(wish)
            if heard is not None:
                self._heard[wish.draw_key] = heard

    def block(self, account: int, at_ns: int, *, blocked: bool = True) -> None:
        """Have an account blocked by its owner, or opened again; in the tick being planned."""
        self._blocks.append((account, at_ns, blocked, False))

    def resubmit(self, tx_id: int, at_ns: int, *, may_retry: bool) -> None:
        """Try an open intent again."""
        self._resubmissions.append((tx_id, at_ns, may_retry))

    def enquire(self, customer_id: int, at_ns: int, draw_key: int) -> None:
        """Ask for the balance after a payment in doubt."""
        assert self._enquiry is not None, "nobody enquires at a bank without that route"
        key = self.draws.child("enquiry").key(np.array([draw_key]), at_ns)
        self.wish(
            Wish(
                draw_key=int(key[0]),
                created_ns=at_ns,
                kind=self._enquiry,
                channel=int(self.habits.channel(self._enquiry, key)[0]),
                customer_id=customer_id,
                debtor_account=customer_id,
                currency=self.habits.currency[self._enquiry],
            ).as_wanted()
        )

    def let_go(self, customer_id: int, at_ns: int) -> None:
        """Drop a customer's own intents from `at_ns` on."""
        self._left_ns[self.population.number(np.array([customer_id]))] = at_ns
        self._someone_left = True

    def is_mule(self, number: int) -> bool:
        """Say whether a customer lends the account to fraudsters, or would if he were asked."""
        return number in self._mules or self._recruitable.unit(number) < _RECRUITABLE

    def _invite(self, campaign_id: int, campaign: Typology) -> Fraudster:
        if lack := campaign.missing(self.bank):
            raise ValueError(f"fraud.campaign.{campaign_id}: {campaign.typology} needs {lack}")
        if campaign.APPLIES and not self.population.applicants:
            raise ValueError(f"fraud.campaign.{campaign_id}: {campaign.typology} needs applicants")
        fraudster = campaign.send(self, campaign_id)
        fraudster.enter(campaign.at, fraudster.start, "begin")
        return fraudster

    def _welcome(self, number: int, campaign: Typology, twin_of: int, episode: int) -> Twin:
        twin = campaign.twin(self, number, twin_of, episode)
        demand = self.traffic.demand
        busy = np.array([twin.between(0.0, _TWINS_LATEST * demand.expected, "at")])
        at_ns = int(demand.instant_ns(busy)[0])
        twin.until_ns = self.end_ns
        twin.enter(at_ns, twin.start, "begin")
        return twin

    def _let_hear(self, answers: Columns) -> None:
        waiting = np.isin(answers["draw_key"], np.fromiter(self._heard, np.int64, len(self._heard)))
        for row in _tuples(_rows(answers, waiting)):
            answer = Answer._make(row)
            hearing = self._heard.pop(answer.draw_key, None)
            if hearing is not None:
                hearing(answer)

    def _together(self, *tables: NDArray[np.void]) -> NDArray[np.void]:
        """Return all tables as one, fees charged."""
        some = [table for table in tables if len(table)]
        if not some:
            return no_intents()
        intents = in_order(some)
        self.fees.charge(intents)
        return intents

    def _of_those_who_stay(self, honest: NDArray[np.void]) -> NDArray[np.void]:
        if not self._someone_left:
            return honest
        number = self.population.number(honest["customer_id"])
        staying: NDArray[np.void] = honest[honest["created_ns"] < self._left_ns[number]]
        return staying

    def _react(self, failed: Columns) -> None:
        if len(failed["tx_id"]) == 0:
            return
        will = self.patience.react(failed)
        for row, fields in enumerate(_tuples(failed)):
            answer = Answer._make(fields)
            customer = self._customer(answer.customer_id)
            customer.failures += 1
            customer.complaints += int(will.complain[row])
            if self._tries_ns.get(answer.tx_id, -1) > answer.answered_ns:
                continue  # a copy of the intent failed before: the next try is under way
            if will.retry[row]:
                at_ns = self._tries_ns[answer.tx_id] = int(will.retry_ns[row])
                customer.try_again_at(at_ns, answer.tx_id, bool(will.last_try[row]))
            else:
                self._closures.append(answer.tx_id)
            if will.enquire[row] and self._enquiry is not None:
                customer.enquire_at(int(will.enquire_ns[row]), answer.draw_key)
            if will.leave[row]:
                customer.leave_at(int(will.settle_ns[row]))

    def _forget_tries(self, before_ns: int) -> None:
        """Forget tries already made: no answer that is still to come was given before them."""
        if len(self._tries_ns) > _TRIES_KEPT:
            ahead = (item for item in self._tries_ns.items() if item[1] >= before_ns)
            self._tries_ns = dict(ahead)

    def _customer(self, customer_id: int) -> Customer:
        customer = self.customers.get(customer_id)
        if customer is None:
            customer = self.customers[customer_id] = Customer(self, customer_id)
        return customer


def _rows(answers: Columns, mask: NDArray[np.bool_]) -> Columns:
    return {name: column[mask] for name, column in answers.items()}


def _tuples(answers: Columns) -> zip[tuple[int, ...]]:
    return zip(*(answers[column.name].tolist() for column in ANSWERS), strict=True)
