"""Files of payments: whose, for how much, when each of them is released, for which business day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.business_days import BusinessDays
from sanket_sim.actors.habits import Habits
from sanket_sim.actors.intents import in_order
from sanket_sim.actors.population import jump_hash
from sanket_sim.bank.description import BatchRun
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS, NS_PER_S
from sanket_sim.trace.arrivals import no_intents

EPOCH = datetime.fromisoformat("1970-01-01")
_WEEKDAYS = BusinessDays()


class Batches:
    """Every file of a run, item by item; nothing depends on how time is cut into ticks.

    A route's first file comes `every_ns` after the start. Its items are the same people in the
    same places as in the file before (by jump hash, so that one more customer takes a fair share
    of the places and moves nobody else; somebody with two jobs stands in it twice), each with an
    amount of his own. Files are numbered through all routes from 1 on, in an order that knows no
    ticks either.

    Parameters
    ----------
    habits : Habits
    draws : Draws
    start : datetime
        Local time at which the run begins.
    end_ns : int
        Nothing is released from then on.
    days : BusinessDays
        On which days files are booked.
    """

    def __init__(
        self,
        habits: Habits,
        draws: Draws,
        start: datetime,
        end_ns: int,
        days: BusinessDays = _WEEKDAYS,
    ) -> None:
        routes = habits.bank.routes
        files = [(kind, route.batch) for kind, route in enumerate(routes) if route.batch]
        self._series = [
            _Series(
                habits, draws.child("batch", routes[kind].name), kind, place, len(files), run, days
            )
            for place, (kind, run) in enumerate(files, start=1)
        ]
        self._start, self._end_ns = start, end_ns

    def between(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Return the payments released in [begin, end), in the order of time."""
        begin_ns, end_ns = max(begin_ns, 0), min(end_ns, self._end_ns)
        parts = [
            series.released(number, begin_ns, end_ns, self._start)
            for series in self._series
            for number in series.under_way(begin_ns, end_ns)
        ]
        return in_order(parts) if parts else no_intents()


@dataclass(frozen=True, slots=True)
class _Series:
    """Every file of one route; `place` is its place among the `routes` that come in files."""

    habits: Habits
    draws: Draws
    kind: int
    place: int
    routes: int
    run: BatchRun
    days: BusinessDays

    def under_way(self, begin_ns: int, end_ns: int) -> range:
        """Return the numbers (from 1) of the files that may release something in [begin, end)."""
        lasts_ns = self.offset_ns(self.run.size - 1)
        first = max(1, -((lasts_ns - begin_ns) // self.run.every_ns))
        return range(first, -(-end_ns // self.run.every_ns))

    def released(
        self, number: int, begin_ns: int, end_ns: int, start: datetime
    ) -> NDArray[np.void]:
        """Return what file `number` releases in [begin, end)."""
        run_ns = number * self.run.every_ns
        item = np.arange(self._items(begin_ns - run_ns), self._items(end_ns - run_ns))
        key = self.draws.key(number, item)
        member = jump_hash(self.draws.child("member"), item, item * 0, len(self.habits.population))
        payee = self.habits.whoever_can(self.kind, member, key)
        known = payee >= 0
        item, key, payee = item[known], key[known], payee[known]
        at_ns = run_ns + np.array([self.offset_ns(place) for place in item.tolist()], np.int64)
        rows = self.habits.rows_of(np.full(len(item), self.kind), payee, key, at_ns)
        rows["batch_id"] = (number - 1) * self.routes + self.place
        rows["business_date"] = business_date(start, run_ns, self.run.cut_off_ns, self.days)
        return rows

    def offset_ns(self, item: int) -> int:
        """Return how long after the file's run an item is released [ns]."""
        return int(item * NS_PER_S / self.run.rate_per_s)

    def _items(self, until_ns: int) -> int:
        """Return how many items are released before `until_ns` [ns since the file's run]."""
        low, high = 0, self.run.size
        while low < high:
            middle = (low + high) // 2
            if self.offset_ns(middle) < until_ns:
                low = middle + 1
            else:
                high = middle
        return low


def business_date(
    start: datetime, at_ns: int, cut_off_ns: int, days: BusinessDays = _WEEKDAYS
) -> int:
    """Return the business date of what is handed in at an instant [days since 1970-01-01].

    After the cut-off it is the next day; days on which banks are closed belong to the next one on
    which they are open.

    Parameters
    ----------
    start : datetime
        Local time at which the run begins.
    at_ns : int
        Instant, since the start.
    cut_off_ns : int
        Local time of day.
    days : BusinessDays

    Examples
    --------
    >>> friday = datetime.fromisoformat("2026-11-20T16:00")
    >>> on = [business_date(friday, hours * 3600 * NS_PER_S, 17 * 3600 * NS_PER_S)
    ...       for hours in (0, 1, 2, 70)]
    >>> [str(np.datetime64(day, "D")) for day in on]
    ['2026-11-20', '2026-11-20', '2026-11-23', '2026-11-23']
    """
    whole_us = (start - EPOCH) // timedelta(microseconds=1)
    day, time_ns = divmod(whole_us * 1000 + at_ns, DAY_NS)
    handed_in = EPOCH.date() + timedelta(days=day + (time_ns > cut_off_ns))
    return (days.at_or_after(handed_in) - EPOCH.date()).days
