"""Where a service leaks: which of its operations leaked payments went wrong in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sanket_sim.core.outcomes import LeakClass, Outcome
from sanket_sim.live.reading.roots import Roots
from sanket_sim.live.scene import Scene
from sanket_sim.live.services.second_ring import Whole
from sanket_sim.trace.batch import Columns, TraceBatch

PENDING_MOST = 4096
"""Leaked payments that wait to be looked up together: a look may have to read what is written."""
IDS_KEPT = 3
_WRONG = [one for one in Outcome if one not in (Outcome.OK, Outcome.FALLBACK, Outcome.IN_FLIGHT)]


@dataclass(frozen=True, slots=True)
class Leaking:
    """An operation that leaks have come from since the warm-up.

    Parameters
    ----------
    operation : str
        Empty for leaks of a service that has not been called for them.
    leaks : int
        Over all operations they add up to the leaks of the service.
    tx_ids : tuple of int
        The newest.
    """

    operation: str
    leaks: int
    tx_ids: tuple[int, ...]


class LeakingOperations:
    """Counts leaks by the operation of the service to blame; must observe after the roots.

    The operation is that of the payment's gravest attempt upon the service: struck by a fault
    before gone wrong, gone wrong before well, and of these the last.

    Parameters
    ----------
    scene : Scene
    roots : Roots
    """

    def __init__(self, scene: Scene, roots: Roots) -> None:
        self._words, self._start_ns = scene.words["operation"].words, scene.experiment.warmup
        self._roots = roots
        self._pending: list[Columns] = []
        self._waiting = 0
        self._leaks: Counter[tuple[int, int]] = Counter()
        self._ids: dict[tuple[int, int], deque[int]] = {}

    def observe(self, batch: TraceBatch) -> None:
        """Note what has leaked; look it up when there is enough of it."""
        ended, roots = batch.transactions, self._roots.of(batch)
        leaked = (ended["leak_class"] != LeakClass.NONE) & (roots >= 0)
        rows = np.flatnonzero(leaked & (ended["created_ns"] >= self._start_ns))
        if not len(rows):
            return
        fresh = {name: ended[name][rows] for name in ("tx_id", "created_ns")}
        self._pending.append(fresh | {"root": roots[rows]})
        self._waiting += len(rows)
        if self._waiting >= PENDING_MOST:
            self.look_up()

    def of(self, place: int) -> Iterator[Leaking]:
        """Yield the operations of a service that leak, those that leak most first."""
        self.look_up()
        found = {one: count for one, count in self._leaks.items() if one[0] == place}
        for one in sorted(found, key=lambda key: (-found[key], key)):
            operation = self._words[one[1]] if one[1] >= 0 else ""
            yield Leaking(operation, found[one], tuple(self._ids[one]))

    def look_up(self) -> None:
        """Find the operations of all that waits."""
        if not self._pending:
            return
        names = self._pending[0]
        leaks = {name: np.concatenate([part[name] for part in self._pending]) for name in names}
        self._pending, self._waiting = [], 0
        order = np.argsort(leaks["tx_id"])
        tx_ids, roots = leaks["tx_id"][order], leaks["root"][order]
        hops = self._roots.trace.rows_since(
            "hops", "sent_ns", tx_ids.tolist(), int(leaks["created_ns"].min())
        )
        self._count(tx_ids, roots, _operations(hops, tx_ids, roots))

    def _count(self, tx_ids: Whole, roots: Whole, operations: Whole) -> None:
        pairs = np.stack([roots, operations])
        for root, operation in np.unique(pairs, axis=1).T.tolist():
            here = tx_ids[(roots == root) & (operations == operation)]
            self._leaks[root, operation] += len(here)
            newest = self._ids.setdefault((root, operation), deque(maxlen=IDS_KEPT))
            newest.extend(here[-IDS_KEPT:].tolist())


def _operations(hops: Columns, tx_ids: Whole, roots: Whole) -> Whole:
    """Return the operation of each payment's gravest attempt upon its root, -1 without any.

    Parameters
    ----------
    hops : Columns
        Of these payments, no others.
    tx_ids, roots : int64 arrays
        The payments, ascending, and the service to blame for each.
    """
    places = np.searchsorted(tx_ids, hops["tx_id"])
    here = np.flatnonzero(hops["service"] == roots[places])
    severity = 2 * (hops["fault_id"] >= 0) + np.isin(hops["outcome"], _WRONG)
    order = here[np.lexsort([hops["hop_id"][here], severity[here]])]
    found = np.full(len(tx_ids), -1, np.int64)
    # Of several attempts upon one payment's root the last one written stands: the gravest.
    found[places[order]] = hops["operation"][order]
    return found
