"""How many intents have reached each service: what the audit holds a service's leaks against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.trace.batch import Columns, TraceBatch, rows_in

KEPT = 1 << 17
"""Intents of which it is remembered where they have been: 20 minutes at 100/s, a byte for each
service. A hop of one so old that so many younger ones were born since is not counted."""


class Visits:
    """Counts distinct intents by service, as `analysis.visits` does.

    An intent counts with its end, as everywhere on the deck: only then is it known whether the
    findings count it. What calls on for it afterwards is counted as it comes.

    Parameters
    ----------
    services : int
    start_ns : int
        Where the measured part of the run begins.
    kept : int

    Attributes
    ----------
    intents : int64 array, shape (services,)
        Customers' own, born in the measured part.
    """

    def __init__(self, services: int, start_ns: int, kept: int = KEPT) -> None:
        self.intents = np.zeros(services, np.int64)
        self._start_ns, self._kept = start_ns, kept
        self._whose = np.full(kept, -1, np.int64)
        self._seen = np.zeros((kept, services), np.bool_)
        self._counted = np.zeros(kept, np.bool_)

    def observe(self, batch: TraceBatch) -> None:
        """Take in who was called for whom, and what has ended."""
        if rows_in(batch.hops):
            self._see(batch.hops)
        if rows_in(batch.transactions):
            self._end(batch.transactions)

    def _see(self, hops: Columns) -> None:
        slots, known = self._slots(hops["tx_id"])
        slots, services = slots[known], hops["service"][known].astype(np.int64)
        late = self._counted[slots] & ~self._seen[slots, services]
        if late.any():
            size = len(self.intents)
            places = np.unique(slots[late] * size + services[late]) % size
            self.intents += np.bincount(places, minlength=size)
        self._seen[slots, services] = True

    def _end(self, ended: Columns) -> None:
        slots, known = self._slots(ended["tx_id"])
        own = (ended["created_ns"] >= self._start_ns) & (ended["original_tx_id"] < 0)
        counted = slots[known & own]
        self._counted[counted] = True
        self.intents += self._seen[counted].sum(axis=0)

    def _slots(self, tx_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return where intents are remembered, and which of them are; younger ones push in."""
        slots = tx_ids % self._kept
        fresh = self._whose[slots] < tx_ids
        if fresh.any():
            places = slots[fresh]
            np.maximum.at(self._whose, places, tx_ids[fresh])
            self._seen[places] = self._counted[places] = False
        return slots, self._whose[slots] == tx_ids
