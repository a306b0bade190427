"""Who called upon which service, and how that went: one pass over the hops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.outcomes import Outcome
from sanket_sim.trace.batch import Columns

ANSWERS = (Outcome.OK, Outcome.APP_ERROR, Outcome.FALLBACK)
"""Outcomes with which a service has done its job; a business "no" is an answer."""
UNSENT = (Outcome.CIRCUIT_OPEN, Outcome.BULKHEAD_FULL, Outcome.IN_FLIGHT, Outcome.CANCELLED)
"""Outcomes that say nothing about the callee: it was not asked, or not yet, or called off."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Visits:
    """Counts of hops by service.

    Parameters
    ----------
    hops, first_attempts, slow : int64 arrays, shape (services,)
        Attempts, those that were no retry, and those over the high-energy threshold.
    intents : int64 array, shape (services,)
        Distinct intents that reached the service.
    asked, answered : int64 arrays, shape (services, windows)
        By coarse window of sending.
    sent : int64 array, shape (windows,)
        Attempts sent while there were arrivals, by fine window.
    """

    hops: Counts
    first_attempts: Counts
    slow: Counts
    intents: Counts
    asked: Counts
    answered: Counts
    sent: Counts


_COLUMNS = ("service", "attempt", "sent_ns", "ended_ns", "received_ns", "outcome", "tx_id")


class _Counting:
    def __init__(self, run: RunFolder) -> None:
        self.run = run
        services, windows = len(run.services), run.coarse.count
        self.seen = np.zeros((1024, services), np.bool_)
        self.hops, self.first, self.slow = (np.zeros(services, np.int64) for _ in range(3))
        self.asked, self.answered = (np.zeros((services, windows), np.int64) for _ in range(2))
        self.sent = np.zeros(run.fine.count, np.int64)

    def add(self, hops: Columns) -> None:
        service, size = hops["service"].astype(np.int64), len(self.hops)
        spent_ns = np.maximum(hops["received_ns"], hops["ended_ns"]) - hops["sent_ns"]
        slow = spent_ns >= self.run.experiment.report.high_energy_latency
        self.hops += np.bincount(service, minlength=size)
        self.first += np.bincount(service[hops["attempt"] <= 1], minlength=size)
        self.slow += np.bincount(service[slow], minlength=size)
        self._see(hops["tx_id"], service)
        self._ask(hops, service)
        sent_ns = hops["sent_ns"]
        windows = self.run.fine.window_of(sent_ns[sent_ns <= self.run.arrivals_end_ns])
        self.sent += np.bincount(windows, minlength=len(self.sent))

    def _see(self, tx_ids: NDArray[np.int64], service: NDArray[np.int64]) -> None:
        last = int(tx_ids.max(initial=0))
        if last >= len(self.seen):
            self.seen = np.pad(self.seen, ((0, last + 1), (0, 0)))
        self.seen[tx_ids, service] = True

    def _ask(self, hops: Columns, service: NDArray[np.int64]) -> None:
        cells = service * self.run.coarse.count + self.run.coarse.window_of(hops["sent_ns"])
        reached = ~np.isin(hops["outcome"], UNSENT)
        answered = np.isin(hops["outcome"], ANSWERS)
        for table, mask in ((self.asked, reached), (self.answered, answered)):
            counts = np.bincount(cells[mask], minlength=table.size)
            table[:] += counts.reshape(table.shape)


def count_visits(run: RunFolder) -> Visits:
    """Count the hops of measured intents; corrections, the bank's own work, are left out.

    Memory holds one flag per intent and service: what "distinct" costs.
    """
    counting = _Counting(run)
    for hops in run.hops(_COLUMNS, corrections=False):
        counting.add(hops)
    return Visits(
        hops=counting.hops,
        first_attempts=counting.first,
        slow=counting.slow,
        intents=counting.seen.sum(axis=0),
        asked=counting.asked,
        answered=counting.answered,
        sent=counting.sent,
    )
