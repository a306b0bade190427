"""Which service is to blame for a leak whose payment does not say so itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.root_cause import blame, money_movers
from sanket_sim.live.reading.so_far import TraceSoFar
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.trace.batch import TraceBatch

Blame = Callable[[TraceBatch], NDArray[np.int64]]
"""Returns the service to blame for each payment of the newest batch, -1 for none."""


def recorded(batch: TraceBatch) -> NDArray[np.int64]:
    """Blame whom the payments themselves name, nobody else."""
    return batch.transactions["root_service"].astype(np.int64)


class Roots:
    """Blames services as the findings do, batch by batch; must observe before those who ask.

    Attributes
    ----------
    trace : TraceSoFar
        What exists of the run; inspectors look there too.
    of_batch : int64 array
        Code of the service to blame for each payment of the newest batch, -1 for none.
    """

    def __init__(self, cockpit: Cockpit) -> None:
        self.trace = TraceSoFar(cockpit)
        self._movers = money_movers(cockpit.resolved.bank, cockpit.words["operation"].words)
        self.of_batch: NDArray[np.int64] = np.empty(0, np.int64)
        self._newest: TraceBatch | None = None

    def of(self, batch: TraceBatch) -> NDArray[np.int64]:
        """Return `of_batch`; should it not be known, what the payments themselves say."""
        return self.of_batch if batch is self._newest else recorded(batch)

    def observe(self, batch: TraceBatch) -> None:
        """Find whom to blame for what has ended."""
        self._newest, ended = batch, batch.transactions
        self.of_batch = recorded(batch)
        rootless = np.flatnonzero((ended["leak_class"] > 0) & (self.of_batch < 0))
        if not len(rootless):
            return
        ids = ended["tx_id"][rootless].tolist()
        born_ns = int(ended["created_ns"][rootless].min())
        hops, postings = (
            self.trace.rows_since("hops", "sent_ns", ids, born_ns),
            self.trace.rows_since("postings", "posted_ns", ids, born_ns),
        )
        blamed = blame(hops, postings, self._movers)
        self.of_batch[rootless] = [blamed.get(tx_id, -1) for tx_id in ids]
