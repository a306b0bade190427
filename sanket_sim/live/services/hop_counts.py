"""Attempts by who called whom, how they ended, and how long their callers waited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.edges import GIVEN_UP
from sanket_sim.analysis.statistics import BUCKETS, bucket_of
from sanket_sim.analysis.visits import ANSWERS, UNSENT
from sanket_sim.bank.description import Bank, StepKind
from sanket_sim.core.outcomes import Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import WINDOW_S
from sanket_sim.live.services.second_ring import SecondRing, Whole
from sanket_sim.trace.batch import Columns, rows_in

ENDS = len(Outcome)
_RETRY = ENDS
"""The column after those of the outcomes counts what was no first attempt."""
_ASKED = np.array([outcome not in UNSENT for outcome in Outcome])
_FAILED = np.array([outcome not in (*UNSENT, *ANSWERS) for outcome in Outcome])
_TIMED_OUT = np.array([one in (Outcome.TIMEOUT, Outcome.DEADLINE_EXCEEDED) for one in Outcome])


@dataclass(frozen=True, slots=True)
class Attempts:
    """How attempts ended, by place (a service, or a way between two).

    Parameters
    ----------
    ends : int64 array, shape (places, outcomes)
    retries : int64 array, shape (places,)
        Those that were no first attempt.
    """

    ends: Whole
    retries: Whole

    @classmethod
    def of(cls, counts: Whole) -> Attempts:
        """Take counts apart, shape (places, ENDS + 1)."""
        return cls(counts[:, :ENDS], counts[:, _RETRY])

    @property
    def total(self) -> Whole:
        """All attempts, also those that never left their caller."""
        return np.asarray(self.ends.sum(axis=1))

    @property
    def asked(self) -> Whole:
        """Attempts that put their question to the callee."""
        return np.asarray(self.ends[:, _ASKED].sum(axis=1))

    @property
    def failed(self) -> Whole:
        """Of those, the ones that brought no answer; a business "no" is an answer."""
        return np.asarray(self.ends[:, _FAILED].sum(axis=1))

    @property
    def timed_out(self) -> Whole:
        """Of those, the ones whose caller lost patience."""
        return np.asarray(self.ends[:, _TIMED_OUT].sum(axis=1))


class HopCounts:
    """Folds hops into counts of the window and of the whole run.

    A hop counts in the second in which its row was written: when neither side had anything more to
    say about it.
    """

    def __init__(self, bank: Bank) -> None:
        self.services = len(bank.services)
        self._ways = (self.services + 1) * self.services
        self._patience_ns = _patience_ns(bank)
        shape = (self._ways, ENDS + 1)
        self._window = SecondRing(shape, WINDOW_S)
        self._since_start = np.zeros(shape, np.int64)
        self._waits = SecondRing((self.services, BUCKETS), WINDOW_S)
        self._published = _published(bank)
        self._waited = SecondRing((self._ways,), WINDOW_S)
        self._waits_since_start = np.zeros((self.services, BUCKETS), np.int64)

    def observe(self, hops: Columns, begin_ns: int, end_ns: int, second: int) -> None:
        """Count the hops of a tick; `second` is the one under way at its end.

        What the end of a run leaves open comes when no time passes any more: no rate can be taken
        of it, so it counts in the sums of the run alone.
        """
        self._window.advance(second)
        self._waits.advance(second)
        self._waited.advance(second)
        if not rows_in(hops):
            return
        left_ns = self._left_ns(hops)
        ends, waits = self._ends_of(hops), _waits_of(hops, left_ns)
        self._since_start += _shaped(ends, self._since_start.shape)
        self._waits_since_start += _shaped(waits, self._waits_since_start.shape)
        if end_ns <= begin_ns:
            return
        written_ns = np.maximum(left_ns, np.maximum(hops["ended_ns"], hops["sent_ns"]))
        seconds = (np.clip(written_ns, begin_ns + 1, max(end_ns, begin_ns + 1)) - 1) // NS_PER_S
        again = hops["attempt"] > 1
        self._window.add(np.concatenate([seconds, seconds[again]]), ends)
        self._waits.add(seconds[_heard(hops, left_ns)], waits)
        self._count_waited(hops, seconds, left_ns)

    def of_services(self, *, since_start: bool = False) -> Attempts:
        """Return attempts by service called."""
        by_way = self._counts(since_start).reshape(-1, self.services, ENDS + 1)
        return Attempts.of(by_way.sum(axis=0))

    def of_ways(self, *, since_start: bool = False) -> Attempts:
        """Return attempts by way: ``(caller + 1) * services + callee``, caller -1 the client."""
        return Attempts.of(self._counts(since_start))

    def waits(self, *, since_start: bool = False) -> Whole:
        """Return how long callers waited: counts by service and bucket."""
        return self._waits_since_start if since_start else self._waits.last(WINDOW_S)

    @property
    def own_time_shares(self) -> NDArray[np.float64]:
        """Share of all waiting that each service is the cause of itself, by service.

        What its callers waited for it, less what it waited for those that it called itself: its
        queue, its work and the wires to it. Calls side by side are taken off one by one, so a
        service that makes them may come out too low, at 0 at the lowest. Messages through a broker
        keep nobody waiting.
        """
        waited_ns = self._waited.last(WINDOW_S).reshape(-1, self.services)
        own = np.maximum(waited_ns.sum(axis=0) - waited_ns[1:].sum(axis=1), 0).astype(np.float64)
        return np.asarray(own / own.sum()) if own.sum() else own

    def _counts(self, since_start: bool) -> Whole:
        return self._since_start if since_start else self._window.last(WINDOW_S)

    def _count_waited(self, hops: Columns, seconds: Whole, left_ns: Whole) -> None:
        waits = _heard(hops, left_ns) & ~self._published[hops["caller"], hops["operation"]]
        self._waited.add(
            seconds[waits], self._ways_of(hops)[waits], (left_ns - hops["sent_ns"])[waits]
        )

    def _ways_of(self, hops: Columns) -> Whole:
        ways: Whole = hops["caller"].astype(np.int64) * self.services + hops["service"]
        return ways

    def _ends_of(self, hops: Columns) -> Whole:
        """Return a cell for how each hop ended, and another for each that was no first attempt."""
        ways, again = self._ways_of(hops), hops["attempt"] > 1
        ends = ways * (ENDS + 1) + hops["outcome"]
        return np.concatenate([ends, ways[again] * (ENDS + 1) + _RETRY])

    def _left_ns(self, hops: Columns) -> Whole:
        """Return when each hop's caller stopped waiting; as `analysis.edges.waited_until_ns`."""
        heard_ns = hops["received_ns"]
        patience_ns = self._patience_ns[hops["caller"], hops["operation"]]
        gave_up_ns = hops["sent_ns"] + patience_ns
        impatient = (hops["late"] | _GAVE_UP[hops["outcome"]]) & (patience_ns > 0)
        sooner = impatient & ((heard_ns < 0) | (gave_up_ns < heard_ns))
        return np.where(sooner, gave_up_ns, heard_ns)


_GAVE_UP = np.array([outcome in GIVEN_UP for outcome in Outcome])


def _heard(hops: Columns, left_ns: Whole) -> NDArray[np.bool_]:
    """Say which hops put their question to the callee and were waited for to some end."""
    return np.asarray(_ASKED[hops["outcome"]] & (left_ns >= 0))


def _waits_of(hops: Columns, left_ns: Whole) -> Whole:
    """Return a cell, by service and bucket, for each wait that is over."""
    heard = _heard(hops, left_ns)
    spans_ns = (left_ns - hops["sent_ns"])[heard]
    return np.asarray(hops["service"][heard].astype(np.int64) * BUCKETS + bucket_of(spans_ns))


def _shaped(cells: Whole, shape: tuple[int, ...]) -> Whole:
    counted: NDArray[np.int64] = np.bincount(cells, minlength=int(np.prod(shape)))
    return counted.reshape(shape)


def _published(bank: Bank) -> NDArray[np.bool_]:
    """Say which callers hand which operations their work through a broker."""
    table = np.zeros((len(bank.services) + 1, len(bank.operations)), np.bool_)
    for operation in bank.operations:
        for step in operation.steps:
            if step.kind == StepKind.PUBLISH:
                edge = bank.edges[step.target]
                table[edge.caller + 1, edge.operation] = True
    return table


def _patience_ns(bank: Bank) -> Whole:
    """Return the time-out of each caller (0 the client) for each operation; 0: no such edge."""
    table = np.zeros((len(bank.services) + 1, len(bank.operations)), np.int64)
    for edge in bank.edges:
        table[edge.caller + 1, edge.operation] = edge.policy.timeout_ns
    return table
