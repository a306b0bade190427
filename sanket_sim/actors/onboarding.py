"""People who become customers during the run: they apply, prove who they are, and begin to pay.

An applicant's account exists from the start and is closed until the bank opens it. Who has none
yet has no history in the population's columns either: he lives like some customer whom he is
like, his likeness.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from pydantic import Field

from sanket_sim.actors.chart import world_account
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.laws import truncated_lognormal
from sanket_sim.actors.population import Population, jump_hash
from sanket_sim.actors.routes import errand, way
from sanket_sim.bank.description import Party
from sanket_sim.core.draws import word_of
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.settings import DurationNs, PositiveDurationNs, RatePerS, Settings, Share
from sanket_sim.core.units import DAY_NS, MINUTE_NS, NS_PER_S

if TYPE_CHECKING:
    from sanket_sim.actors.actor import Answer
    from sanket_sim.actors.city import City
    from sanket_sim.actors.habits import Habits

APPLICATION = "application"
"""Name of the route by which people ask for an account."""

_RETRY_SIGMA, _RETRY_ENDS = 0.8, (0.2, 6.0)
_FIRST_MONEY_NS = (0.1 * DAY_NS, 3.0 * DAY_NS)
_MONTH_NS = 30.0 * DAY_NS
_CREDIT_AFTER_NS = (3.0 * DAY_NS, 20.0 * DAY_NS)
_REPAID_AFTER_NS = (10.0 * DAY_NS, 30.0 * DAY_NS)


class OnboardingSettings(Settings):
    """How people become customers, as ``[onboarding]``; there must be applicants in the city.

    Examples
    --------
    >>> asked = OnboardingSettings.model_validate({"rate": "2/s", "for": "10m", "fails": 0.2})
    >>> asked.rate, asked.lasts
    (2.0, 600000000000)
    """

    rate: RatePerS = 0.0
    """Applications that begin per second; nobody applies at 0."""
    at: DurationNs = 0
    """When the first one applies."""
    lasts: PositiveDurationNs | None = Field(default=None, alias="for")
    """How long new applicants come; by default until the end of the run, or of the applicants."""
    fails: Share = 0.1
    """Probability that an honest applicant's document or face is not recognised."""
    retries_max: Annotated[int, Field(ge=0, le=100)] = 2
    """How often he tries again, with another picture or when the line is back."""
    retry: PositiveDurationNs = 3 * MINUTE_NS
    """Median time until he does."""
    salaried: Share = 0.6
    """Share of newcomers whose first money is a salary; others send some from their old bank."""
    spends_every: PositiveDurationNs = DAY_NS
    """Mean time between a newcomer's card payments, before `pace`."""
    borrows: Share = 0.3
    """Share of those on a salary who draw on the credit line that comes with the account."""
    pace: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Multiplies the waits of hours and days, so that a short experiment sees the whole story."""


class Applicants:
    """The accounts that nobody has applied for yet.

    Parameters
    ----------
    population : Population

    Notes
    -----
    Whoever wants one asks under a key and gets the next free account behind the key's place, so
    that people of different stories hardly ever change one another's.
    """

    def __init__(self, population: Population) -> None:
        self._first = population.first_applicant
        self._free = [True] * population.applicants

    def claim(self, key: int) -> int | None:
        """Return a free account for a key and keep it; None when all are taken."""
        count = len(self._free)
        for step in range(count):
            place = (key + step) % count
            if self._free[place]:
                self._free[place] = False
                return self._first + place
        return None

    def rest(self) -> list[int]:
        """Return the accounts that are still free, ascending."""
        return [self._first + place for place, free in enumerate(self._free) if free]


class Newcomer(NamedTuple):
    """Somebody who applies for an account."""

    account: int
    likeness: int
    """Number of the customer whose means, taste and whereabouts he shares."""
    device: int

    def wish(self, habits: Habits, kind: int, now_ns: int, key: int) -> Wish:
        """Return what he wants at some time, on his device and where he is."""
        who, name = np.array([self.likeness]), np.array([key])
        return Wish(
            created_ns=now_ns,
            kind=kind,
            customer_id=self.account,
            debtor_account=self.account,
            device=self.device,
            place=int(habits.devices.place(who, name)[0]),
        )

    def amount_minor(self, habits: Habits, kind: int, u: float) -> int:
        """Return the u-quantile of what he pays by a route [minor units]."""
        return int(habits.amounts_minor(kind, np.array([self.likeness]), np.array([u]))[0])

    def shop(self, population: Population, u: float) -> int:
        """Return the account of one of his favourite shops."""
        who, taste = np.array([self.likeness]), np.array([u])
        return population.first_merchant + int(population.favourite(who, taste)[0])


class Onboarding:
    """The honest mass of newcomers, each by his own number.

    Parameters
    ----------
    settings : OnboardingSettings
    city : City
        Its unclaimed applicants are the newcomers, each at his own turn in the order of accounts.
    """

    def __init__(self, settings: OnboardingSettings, city: City) -> None:
        self.settings, self.city = settings, city
        self.draws = city.draws.child("onboarding")
        bank = city.bank
        self.application = errand(bank, APPLICATION)
        self.salary = way(bank, Party.EMPLOYER, Party.CUSTOMER)
        self.inbound = way(bank, Party.OTHER_BANK, Party.CUSTOMER)
        self.card = way(bank, Party.CUSTOMER, Party.MERCHANT)
        self.credit = way(bank, Party.LENDER, Party.CUSTOMER)
        self.repayment = way(bank, Party.CUSTOMER, Party.LENDER)

    def begin(self) -> None:
        """Note when everybody applies: evenly, each at a time of his own within his turn.

        Whoever is part of another story leaves his turn empty, and nobody moves up.
        """
        asked = self.settings
        if self.application is None or asked.rate <= 0.0:
            return
        end_ns = self.city.end_ns
        if asked.lasts is not None:
            end_ns = min(end_ns, asked.at + asked.lasts)
        turn_ns = NS_PER_S / asked.rate
        first = self.city.population.first_applicant
        for account in self.city.applicants.rest():
            turn = account - first + self._u("turn", account)
            at_ns = asked.at + round(turn_ns * turn)
            if at_ns >= end_ns:
                break
            who = Newcomer(account, self._likeness(account), self._device(account))
            self._enter(at_ns, partial(self._apply, who, 0), "apply", account)

    def _likeness(self, account: int) -> int:
        key = np.array([account])
        draws = self.draws.child("likeness")
        return int(jump_hash(draws, key, np.zeros_like(key), len(self.city.population))[0])

    def _device(self, account: int) -> int:
        return self.city.habits.devices.strange(word_of("newcomer"), account)

    def _apply(self, who: Newcomer, attempt: int, now_ns: int) -> None:
        assert self.application is not None, "nobody applies without that route"
        keys = (who.account, attempt)
        known = self._u("document", *keys) >= self.settings.fails
        wish = self._wish(who, self.application, now_ns, *keys)._replace(proves=known)
        self._submit(wish, partial(self._hear_application, who, attempt), *keys)

    def _hear_application(self, who: Newcomer, attempt: int, answer: Answer) -> None:
        if answer.ack == Ack.OK:
            self._enter(self._react_ns(answer), partial(self._settle, who), "settle", who.account)
            return
        refused = answer.outcome == Outcome.APP_ERROR
        hopeless = refused and answer.decline_reason != Decline.IDENTITY_NOT_VERIFIED
        if attempt < self.settings.retries_max and not hopeless:
            u = self._u("retry", who.account, attempt)
            law = [end * self.settings.retry for end in (1.0, *_RETRY_ENDS)]
            wait_ns = truncated_lognormal(u, law[0], _RETRY_SIGMA, law[1], law[2])
            again = partial(self._apply, who, attempt + 1)
            self._enter(
                self._react_ns(answer, round(wait_ns)), again, "apply", who.account, attempt
            )

    def _settle(self, who: Newcomer, now_ns: int) -> None:
        """Begin a life with the account: first money, then payments, then perhaps credit."""
        at_ns = now_ns + self._wait_ns(_FIRST_MONEY_NS, "first", who.account)
        self._enter(at_ns, partial(self._earn, who, 0), "earn", who.account)

    def _earn(self, who: Newcomer, month: int, now_ns: int) -> None:
        salaried = self._u("salaried", who.account) < self.settings.salaried
        kind = self.salary if salaried or self.inbound is None else self.inbound
        if kind is None:
            return
        hearing = partial(self._hear_money, who) if month == 0 else None
        wish = self._money(who, kind, now_ns, who.account, month)
        debtor = world_account(self.city.bank.routes[kind].debtor)
        incoming = wish._replace(debtor_account=debtor, creditor_account=who.account)
        self._submit(incoming, hearing, who.account, month)
        later_ns = now_ns + round(_MONTH_NS * self.settings.pace)
        self._enter(later_ns, partial(self._earn, who, month + 1), "earn", who.account, month)

    def _hear_money(self, who: Newcomer, answer: Answer) -> None:
        """Spend and borrow once there is something to spend."""
        if answer.ack != Ack.OK:
            return
        now_ns = self._react_ns(answer)
        self._enter(now_ns, partial(self._next_payment, who, 0), "next", who.account)
        borrows = self._u("borrows", who.account) < self.settings.borrows
        if borrows and answer.kind == self.salary:
            at_ns = now_ns + self._wait_ns(_CREDIT_AFTER_NS, "credit", who.account)
            self._enter(at_ns, partial(self._borrow, who), "borrow", who.account)

    def _next_payment(self, who: Newcomer, ordinal: int, now_ns: int) -> None:
        """Note the next payment by card, some time from now."""
        gap = -float(np.log(self._u("gap", who.account, ordinal)))
        at_ns = now_ns + 1 + round(gap * self.settings.spends_every * self.settings.pace)
        self._enter(at_ns, partial(self._spend, who, ordinal), "spend", who.account, ordinal)

    def _spend(self, who: Newcomer, ordinal: int, now_ns: int) -> None:
        if self.card is None:
            return
        shop = who.shop(self.city.population, self._u("shop", who.account, ordinal))
        wish = self._money(who, self.card, now_ns, who.account, ordinal)
        self._submit(wish._replace(creditor_account=shop), None, who.account, ordinal)
        self._next_payment(who, ordinal + 1, now_ns)

    def _borrow(self, who: Newcomer, now_ns: int) -> None:
        if self.credit is None:
            return
        wish = self._money(who, self.credit, now_ns, who.account)
        lent = wish._replace(
            debtor_account=world_account(Party.LENDER), creditor_account=who.account
        )
        self._submit(lent, partial(self._hear_loan, who), who.account)

    def _hear_loan(self, who: Newcomer, answer: Answer) -> None:
        if answer.ack == Ack.OK:
            at_ns = self._react_ns(answer, self._wait_ns(_REPAID_AFTER_NS, "repay", who.account))
            self._enter(at_ns, partial(self._repay, who, answer.amount_minor), "repay", who.account)

    def _repay(self, who: Newcomer, amount_minor: int, now_ns: int) -> None:
        if self.repayment is None:
            return
        wish = self._wish(who, self.repayment, now_ns, who.account)
        lender = world_account(Party.LENDER)
        paid = wish._replace(creditor_account=lender, amount_minor=amount_minor)
        self._submit(paid, None, who.account)

    def _wish(self, who: Newcomer, kind: int, now_ns: int, *keys: int) -> Wish:
        return who.wish(self.city.habits, kind, now_ns, self._key(kind, *keys))

    def _money(self, who: Newcomer, kind: int, now_ns: int, *keys: int) -> Wish:
        """Return a wish with an amount as people of his kind pay it."""
        u = self._u("amount", kind, *keys)
        amount_minor = who.amount_minor(self.city.habits, kind, u)
        return self._wish(who, kind, now_ns, *keys)._replace(amount_minor=amount_minor)

    def _submit(self, wish: Wish, heard: Callable[[Answer], None] | None, *keys: int) -> None:
        habits, key = self.city.habits, self._key(wish.kind, *keys)
        channel = int(habits.channel(wish.kind, np.array([key]))[0])
        seen = habits.as_seen(wish, channel)
        named = seen._replace(draw_key=key, currency=habits.currency[wish.kind])
        self.city.wish(named.as_wanted(), heard)

    def _key(self, *keys: int) -> int:
        return int(self.draws.child("intent").key(0, *keys))

    def _u(self, purpose: str, *keys: int) -> float:
        return float(self.draws.child(purpose).uniform(0, *keys))

    def _wait_ns(self, bounds_ns: tuple[float, float], purpose: str, *keys: int) -> int:
        low, high = bounds_ns
        return round((low + (high - low) * self._u(purpose, *keys)) * self.settings.pace)

    def _react_ns(self, answer: Answer, wait_ns: int = 0) -> int:
        return answer.answered_ns + max(wait_ns, self.city.shortest_reaction_ns)

    def _enter(self, at_ns: int, act: Callable[[int], None], name: str, *keys: int) -> None:
        self.city.enter(at_ns, int(self.draws.key(word_of(name), *keys)), act)
