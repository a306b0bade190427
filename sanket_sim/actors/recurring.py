"""What people pay month by month, in the order of time, independent of ticks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.business_days import BusinessDays
from sanket_sim.actors.habits import Habits
from sanket_sim.actors.intents import in_order
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.template import Occurrences, Template, holders_of
from sanket_sim.bank.description import Party
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS
from sanket_sim.trace.arrivals import no_intents

_BLOCK_INTENTS = 16_384
_REST_LEAST = 10
"""Standing orders leave at least one part in so many of an income."""

_DUE = np.dtype([("at_ns", "i8"), ("of", "i4"), ("customer", "i4"), ("month", "i4"), ("n", "i4")])
"""A payment to come: when [ns], which template's, and its name: customer, month, number."""


class Recurring:
    """The stream of all templates of a run.

    A day is opened at its midnight: what comes on it and when is drawn for everybody at once. Its
    payments are then made in blocks, in the order of time.

    Parameters
    ----------
    plans : Plans
    habits : Habits
    draws : Draws
    start : datetime
        Local time at which the run begins.
    end_ns : int
        Nothing comes from then on.
    """

    def __init__(
        self, plans: Plans, habits: Habits, draws: Draws, start: datetime, end_ns: int
    ) -> None:
        draws = draws.child("recurring")
        self.habits, self.end_ns = habits, end_ns
        self._midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        self._offset_ns = (start - self._midnight) // timedelta(microseconds=1) * 1000
        last = start + timedelta(microseconds=end_ns // 1000)
        span = start.date(), last.date(), BusinessDays(plans.holidays)
        routes = habits.bank.route_index
        self.templates = [
            Template(one, routes(one.route), holders, habits, draws, *span)
            for one, holders in zip(
                plans.templates, holders_of(plans.templates, habits, draws), strict=True
            )
        ]
        self._leave_the_rest()
        self._next_day = 0
        self._drawn_ns = 0 if self.templates else end_ns
        self._due = np.empty(0, dtype=_DUE)
        self._ready = no_intents()

    def _leave_the_rest(self) -> None:
        """Tell the templates what standing orders leave of everybody's income."""
        income_minor = self.habits.population.income_minor
        rest_minor = income_minor.copy()
        for one in self.templates:
            if one.is_standing_order:
                rest_minor[one.holders] -= one.standing_minor()
        rest_minor = np.maximum(rest_minor, income_minor // _REST_LEAST)
        for one in self.templates:
            one.rest_minor = rest_minor

    def payees(self, accounts: int) -> NDArray[np.int64]:
        """Return whom each of so many accounts always pays, a column per template; -1: nobody."""
        ends = [one.ends(one.holders) for one in self.templates]
        standing = [one for one in ends if one is not None]
        payees = np.full((accounts, len(standing)), -1, dtype=np.int64)
        for column, (debtor, creditor) in enumerate(standing):
            payees[debtor, column] = creditor
        return payees

    def until(self, end_ns: int) -> NDArray[np.void]:
        """Hand out every intent created before `end_ns` that was not handed out yet."""
        while self._drawn_ns < min(end_ns, self.end_ns):
            self._draw_block()
        count = int(np.searchsorted(self._ready["created_ns"], end_ns, side="left"))
        ready, self._ready = self._ready[:count], self._ready[count:]
        return ready

    def _draw_block(self) -> None:
        """Make the next payments of the open day; if there are none, open the next day."""
        if not len(self._due):
            self._open_day()
        block, self._due = self._due[:_BLOCK_INTENTS], self._due[_BLOCK_INTENTS:]
        day_end_ns = self._next_day * DAY_NS - self._offset_ns
        self._drawn_ns = int(self._due["at_ns"][0]) if len(self._due) else day_end_ns
        if len(block):
            parts = [
                self._made(self.templates[part["of"][0]].in_month(int(part["month"][0])), part)
                for part in _parted(block)
            ]
            self._ready = in_order([self._ready, *parts])

    def _open_day(self) -> None:
        begin_ns = self._next_day * DAY_NS - self._offset_ns
        day = (self._midnight + timedelta(days=self._next_day)).date()
        parts = [
            self._timed(place, template, those, begin_ns)
            for place, template in enumerate(self.templates)
            for those in template.on(day)
        ]
        due = np.concatenate([np.empty(0, dtype=_DUE), *parts])
        due = due[(due["at_ns"] >= 0) & (due["at_ns"] < self.end_ns)]
        self._due = due[np.argsort(due["at_ns"], kind="stable")]
        self._next_day += 1

    @staticmethod
    def _timed(
        place: int, template: Template, those: Occurrences, begin_ns: int
    ) -> NDArray[np.void]:
        due = np.empty(len(those.customer), dtype=_DUE)
        due["at_ns"] = begin_ns + (template.time_of_day(those) * DAY_NS).astype(np.int64)
        due["of"], due["customer"], due["month"], due["n"] = place, *those
        return due

    def _made(self, template: Template, due: NDArray[np.void]) -> NDArray[np.void]:
        """Turn payments of one template into intents."""
        habits, kind = self.habits, template.kind
        customer = due["customer"].astype(np.int64)
        key = template.key(Occurrences(due["customer"], due["month"], due["n"]))
        if habits.may_need_wallet(kind):
            customer = habits.whoever_can(kind, customer, key)
            able = customer >= 0
            due, key, customer = due[able], key[able], customer[able]
        rows = habits.rows_of(np.full(len(due), kind), customer, key, due["at_ns"], template)
        by_hand = template.settings.day is None
        rows["may_retry"] = by_hand and habits.bank.routes[kind].debtor == Party.CUSTOMER
        return rows


def _parted(block: NDArray[np.void]) -> Iterator[NDArray[np.void]]:
    """Yield the payments of each template and month."""
    for of in np.unique(block["of"]).tolist():
        of_it = block[block["of"] == of]
        for month in np.unique(of_it["month"]).tolist():
            yield of_it[of_it["month"] == month]
