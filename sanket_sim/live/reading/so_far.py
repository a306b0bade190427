"""What exists of a run that goes on: the parts on the disk, and the rows that wait for theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sanket_sim.simulation.crew import Cockpit
from sanket_sim.trace.batch import Columns, joined
from sanket_sim.trace.reader import Trace


class TraceSoFar(Trace):
    """The trace of a run that is being written, under the codes of the run itself."""

    def __init__(self, cockpit: Cockpit) -> None:
        super().__init__(cockpit.folder)
        self.vocabularies = cockpit.words
        self._writer = cockpit.writer

    def rows_with(self, name: str, column: str, numbers: Sequence[int]) -> Columns:
        """Return rows, also of those that wait."""
        written = super().rows_with(name, column, numbers)
        return joined(written, self.waiting_with(name, column, numbers))

    def waiting_with(self, name: str, column: str, numbers: Sequence[int]) -> Columns:
        """Return rows of those that wait, no others."""
        waiting = self._writer.waiting(name)
        keep = np.flatnonzero(np.isin(waiting[column], np.array(numbers, np.int64)))
        return {one: values[keep] for one, values in waiting.items()}

    def rows_since(self, name: str, time: str, tx_ids: Sequence[int], since_ns: int) -> Columns:
        """Return rows of payments of which none was written before an instant.

        The disk is asked only if rows may have come to it since.
        """
        if self.waits_since(name, time, since_ns):
            return self.waiting_with(name, "tx_id", tx_ids)
        return self.rows_with(name, "tx_id", tx_ids)

    def waits_since(self, name: str, time: str, since_ns: int) -> bool:
        """Say whether all rows that came after an instant still wait."""
        times_ns = self._writer.waiting(name)[time]
        return not self.parts(name) or (len(times_ns) > 0 and int(times_ns[0]) < since_ns)
