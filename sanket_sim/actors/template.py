"""One template on its city: who has it, when it comes, for how much, to whom."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sanket_sim.actors.business_days import BusinessDays, day_of, days_in, month_of
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.counts import counts
from sanket_sim.actors.demand import WEEKDAY_PEAKS, density_of_peaks
from sanket_sim.actors.exchange import HOME
from sanket_sim.actors.habits import Habits
from sanket_sim.actors.manner import Manner
from sanket_sim.actors.population import Floats, Numbers
from sanket_sim.actors.templates import HOURS, MONTHS, TemplateSettings
from sanket_sim.bank.description import Party
from sanket_sim.core.draws import Draws, word_of

_CHUNK = 65_536
_PEAK_STEPS = 288
_STANDING = 2 << 32
"""Contacts under keys from here on are people whom the customer has a standing order for."""


class Occurrences(NamedTuple):
    """Payments of one template on one day: whose, of which month, which of that month's."""

    customer: NDArray[np.int32]
    month: NDArray[np.int32]
    number: NDArray[np.int32]


class Template(Manner):
    """A template, drawn by (customer, its name, month, number in the month).

    Parameters
    ----------
    settings : TemplateSettings
    kind : int
        Its route at the bank.
    holders : int64 array
        Customer numbers of those who have it, ascending.
    habits : Habits
    draws : Draws
    first, last : date
        Days outside of which nothing is asked for.
    days : BusinessDays
    """

    def __init__(
        self,
        settings: TemplateSettings,
        kind: int,
        holders: Numbers,
        habits: Habits,
        draws: Draws,
        first: date,
        last: date,
        days: BusinessDays,
    ) -> None:
        self.settings, self.kind, self.habits = settings, kind, habits
        self.draws = draws.child("template", settings.name)
        self.holders, self.days = holders, days
        self._first, self._last = first, last
        self._clock = _clock(settings)
        self._own_day = self._days_of_the_month()
        self._loose = lru_cache(maxsize=2)(self._month)
        channels = list(settings.channels)
        weights = np.array(list(settings.channels.values()), dtype=np.float64)
        self._edges = np.cumsum(weights / (weights.sum() or 1.0))[:-1]
        self._codes = np.array([habits.bank.channels.index(name) for name in channels], np.int64)
        law = settings.amount
        self._law = law.build() if law is not None else None
        self.rest_minor = habits.population.income_minor
        self.season = 1.0

    @property
    def is_standing_order(self) -> bool:
        """Whether it takes much the same from the customer every month."""
        asked = self.settings
        steady = asked.day is not None and asked.steady > 0.0 and bool(asked.of_income)
        return steady and self.habits.bank.routes[self.kind].debtor == Party.CUSTOMER

    def standing_minor(self) -> Numbers:
        """Return what each holder's standing order comes to in a month [minor units]."""
        usual = self.luck(self.holders, np.full(len(self.holders), 0.5))
        return self._multiples_minor(self.holders, usual)

    def in_month(self, month: int) -> Template:
        """Return the template with the amounts of a calendar month."""
        if not self.settings.amount_months:
            return self
        seasonal = copy(self)
        seasonal.season = self.settings.amount_months[month % MONTHS]
        return seasonal

    def on(self, day: date) -> Iterator[Occurrences]:
        """Yield what comes on a day."""
        if self.settings.day is None:
            yield self._loose(month_of(day))[day.day - 1]
            return
        for month in range(month_of(day) - 1, month_of(day) + 2):
            due = self._due(day, month)
            if due:
                yield self._scheduled(due, month)

    def time_of_day(self, those: Occurrences) -> Floats:
        """Return when on their day payments are made, as a share of the day."""
        u = self.draws.child("hour").uniform(*those)
        return np.interp(u, self._clock, np.linspace(0.0, 1.0, len(self._clock)))

    def key(self, those: Occurrences) -> Numbers:
        """Return the payments' own names."""
        return self.draws.child("intent").key(*those)

    def channel(self, draws: Draws, key: Numbers) -> Numbers | None:
        """Return codes of channels, drawn from `draws` by `key`; None: the route's own."""
        if not len(self._codes):
            return None
        place = np.searchsorted(self._edges, draws.uniform(key), side="right")
        return np.asarray(self._codes[place], dtype=np.int64)

    def ends(self, customer: Numbers) -> tuple[Numbers, Numbers] | None:
        """Return debtors' and creditors' accounts; None: as the route's payments go."""
        people, payee = self.habits.population, self.settings.payee
        if payee == "usual":
            return None
        own = people.account[customer]
        if payee == "same":
            return own, self._always_the_same(customer)
        saved = people.savings.account(customer)
        return (own, saved) if payee == "to_savings" else (saved, own)

    def luck(self, customer: Numbers, u: Floats) -> Floats:
        """Return uniform numbers of which those of one customer resemble one another."""
        steady = self.settings.steady
        if not steady:
            return u
        own = ndtri(self.draws.child("own").uniform(customer))
        luck: Floats = ndtr(np.sqrt(steady) * own + np.sqrt(1.0 - steady) * ndtri(u))
        return luck

    def amounts_minor(self, customer: Numbers, u: Floats) -> Numbers | None:
        """Return u-quantiles of the customers' amounts [minor units]; None: the route's own."""
        if self._law is not None:
            drawn = np.array([self._law.ns(p) for p in u.tolist()])
            return np.rint(drawn * self.season).astype(np.int64).clip(min=1)
        if not (self.settings.of_income or self.settings.of_rest):
            return None
        return self._multiples_minor(customer, u)

    def _multiples_minor(self, customer: Numbers, u: Floats) -> Numbers:
        people, currency = self.habits.population, self.habits.currency[self.kind]
        of_income = self.settings.of_income
        base_minor = people.income_minor if of_income else self.rest_minor
        shares, incomes = zip(*(of_income or self.settings.of_rest), strict=True)
        amount = np.rint(np.interp(u, shares, incomes) * base_minor[customer] * self.season)
        amount_minor: Numbers = np.maximum(amount, 1.0).astype(np.int64)
        if currency != HOME:
            amount_minor = people.exchange.converted_minor(amount_minor, HOME, currency)
        return amount_minor.clip(min=1)

    def rounded(self, key: Numbers, amount_minor: Numbers) -> Numbers:
        """Return amounts as people write them [minor units]."""
        unit = self.settings.round_to
        if unit is None:
            return amount_minor
        plain = self.draws.child("round").uniform(key) >= self.settings.round_share
        return np.where(
            plain, amount_minor, np.maximum((amount_minor + unit // 2) // unit, 1) * unit
        )

    def _always_the_same(self, customer: Numbers) -> Numbers:
        """Return the account of the person or the shop that each customer pays every time."""
        people = self.habits.population
        if self.habits.bank.routes[self.kind].creditor == Party.MERCHANT:
            shop = people.shop_that_never_closes(customer, np.full_like(customer, self._word))
            return people.first_merchant + shop
        if len(people) == 1:
            return np.full(len(customer), world_account(Party.OTHER_BANK))
        key = np.full(len(customer), _STANDING + self._word)
        return people.account[people.acquaintance(customer, key)]

    @property
    def _word(self) -> int:
        return word_of(self.settings.name)

    def _days_of_the_month(self) -> NDArray[np.int8]:
        """Return each holder's own day, for templates that have a range of days."""
        day = self.settings.day
        if not isinstance(day, tuple):
            return np.zeros(0, dtype=np.int8)
        u = self.draws.child("own_day").uniform(self.holders)
        return (day[0] + (u * (day[1] - day[0] + 1)).astype(np.int64)).astype(np.int8)

    def _due(self, day: date, month: int) -> list[int]:
        """Return which own days of a month are paid on `day`; 0 stands for everybody's day."""
        asked = self.settings.day
        if isinstance(asked, tuple):
            nominal = {own: day_of(month, own) for own in range(asked[0], asked[1] + 1)}
        elif isinstance(asked, int):
            nominal = {0: day_of(month, asked)}
        else:
            nominal = {0: self.days.named(str(asked), month)}
        shift = self.settings.shift
        return [own for own, at in nominal.items() if self.days.shifted(at, shift) == day]

    def _scheduled(self, due: list[int], month: int) -> Occurrences:
        here = np.isin(self._own_day, due) if len(self._own_day) else slice(None)
        customer = self.holders[here]
        if self.settings.misses:
            u = self.draws.child("miss").uniform(customer, month)
            customer = customer[u >= self.settings.misses]
        return _occurrences(customer, month, np.zeros(len(customer), dtype=np.int64))

    def _month(self, month: int) -> list[Occurrences]:
        """Return a month's payments that come whenever, a list entry per day."""
        parts = [
            self._some(self.holders[at : at + _CHUNK], month)
            for at in range(0, max(len(self.holders), 1), _CHUNK)
        ]
        customer, number, day = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(day, kind="stable")
        cuts = np.searchsorted(day[order], np.arange(1, days_in(month)))
        pieces = np.split(order, cuts)
        return [_occurrences(customer[piece], month, number[piece]) for piece in pieces]

    def _some(
        self, holders: Numbers, month: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]:
        """Draw a month of some holders: whose, which of the month's, on which day from 0 on.

        Days outside of the run are left out.
        """
        mean = self._mean(month) * self.habits.population.activity[holders]
        count = counts(mean, self.settings.fano, self.draws.child("count").uniform(holders, month))
        customer = np.repeat(holders, count)
        number = np.arange(len(customer)) - np.repeat(np.cumsum(count) - count, count)
        u = self.draws.child("day").uniform(customer, month, number)
        day = np.searchsorted(self._day_edges(month), u, side="right").astype(np.int8)
        wanted = np.array([self._is_wanted(month, n) for n in range(days_in(month))])[day]
        return (
            customer[wanted].astype(np.int32),
            number[wanted].astype(np.int32),
            day[wanted],
        )

    def _mean(self, month: int) -> float:
        assert self.settings.per_month is not None, "only of templates without a day"
        months = self.settings.months
        return self.settings.per_month * (months[month % 12] if months else 1.0)

    def _day_edges(self, month: int) -> Floats:
        of_week = self.settings.weekdays or (1.0,) * 7
        days = [day_of(month, number) for number in range(1, days_in(month) + 1)]
        weights = np.array([of_week[day.weekday()] for day in days])
        return np.cumsum(weights / weights.sum())[:-1]

    def _is_wanted(self, month: int, day: int) -> bool:
        return self._first <= day_of(month, day + 1) <= self._last


def holders_of(
    templates: tuple[TemplateSettings, ...], habits: Habits, draws: Draws
) -> Iterator[Numbers]:
    """Yield, template by template, the numbers of the customers who have it.

    Notes
    -----
    Of a group (`one_of`) everybody has one uniform number, on which the shares of those templates
    that he may have stand one after another.
    """
    people = habits.population
    number = np.arange(len(people), dtype=np.int64)
    taken: dict[str, Floats] = {}
    names = [segment.name for segment in people.preset.segment]
    for one in templates:
        may = np.isin(people.segment, [names.index(name) for name in one.segments or names])
        group = ("one_of", one.one_of) if one.one_of else ("template", one.name, "holder")
        below = taken.setdefault(one.one_of, np.zeros(len(people))) if one.one_of else 0.0
        u = draws.child(*group).uniform(number) - below
        has = may & (u >= 0.0) & (u < one.share)
        if one.one_of:
            taken[one.one_of] += may * one.share
        if one.payee in ("to_savings", "from_savings"):
            has &= people.savings.account(number) >= 0
        yield np.flatnonzero(has)


def _occurrences(
    customer: NDArray[np.integer], month: int, number: NDArray[np.integer]
) -> Occurrences:
    return Occurrences(
        customer.astype(np.int32),
        np.full(len(customer), month, dtype=np.int32),
        number.astype(np.int32),
    )


def _clock(settings: TemplateSettings) -> Floats:
    """Return the distribution function of the time of day, at even steps from 0 to 24 h."""
    if settings.hours:
        weights = np.array(settings.hours)
    else:
        middle = (np.arange(_PEAK_STEPS) + 0.5) * HOURS / _PEAK_STEPS
        weights = density_of_peaks(middle, settings.peaks or WEEKDAY_PEAKS)
    return np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])
