"""Which service is to blame for a leak whose payment does not say so itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.root_cause import blame, money_movers
from sanket_sim.live.reading.so_far import TraceSoFar
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.trace.batch import Columns, TraceBatch


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

    def observe(self, batch: TraceBatch) -> None:
        """Find whom to blame for what has ended."""
        ended = batch.transactions
        self.of_batch = ended["root_service"].astype(np.int64)
        rootless = np.flatnonzero((ended["leak_class"] > 0) & (self.of_batch < 0))
        if not len(rootless):
            return
        ids = ended["tx_id"][rootless].tolist()
        born_ns = int(ended["created_ns"][rootless].min())
        hops, postings = (
            self._rows("hops", "sent_ns", ids, born_ns),
            self._rows("postings", "posted_ns", ids, born_ns),
        )
        blamed = blame(hops, postings, self._movers)
        self.of_batch[rootless] = [blamed.get(tx_id, -1) for tx_id in ids]

    def _rows(self, table: str, time: str, ids: list[int], born_ns: int) -> Columns:
        """Return rows of payments; the disk is asked only if they may have been there by then."""
        if self.trace.waits_since(table, time, born_ns):
            return self.trace.waiting_with(table, "tx_id", ids)
        return self.trace.rows_with(table, "tx_id", ids)
