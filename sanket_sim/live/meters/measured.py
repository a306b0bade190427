"""Which intents count: those born after the warm-up, told by their running numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.trace.batch import Columns, rows_in

NOT_YET = 2**62


@dataclass(slots=True)
class MeasuredIds:
    """Tells hops of measured intents from those of intents born during the warm-up.

    Running numbers follow birth, so one number parts them. It becomes known as intents end: an
    intent between the last that is known to be warm and the first that is known to be measured is
    in doubt.

    Parameters
    ----------
    start_ns : int
        Where the measured part of the run begins.

    Examples
    --------
    >>> ids = MeasuredIds(start_ns=10)
    >>> ids.learn({"tx_id": np.array([4, 9]), "created_ns": np.array([3, 12])})
    >>> ids.doubtful(np.array([4, 5, 9])).tolist(), ids.settled
    ([False, True, False], False)
    """

    start_ns: int
    last_warm: int = -1
    first: int = NOT_YET

    def __post_init__(self) -> None:
        if self.start_ns == 0:
            self.first = 0

    @property
    def settled(self) -> bool:
        """Whether nothing is in doubt any more."""
        return self.first == self.last_warm + 1

    def learn(self, transactions: Columns) -> None:
        """Learn from intents that have ended when they were born."""
        if self.settled or not rows_in(transactions):
            return
        tx_ids, warm = transactions["tx_id"], transactions["created_ns"] < self.start_ns
        self.last_warm = int(tx_ids[warm].max(initial=self.last_warm))
        self.first = int(tx_ids[~warm].min(initial=self.first))

    def doubtful(self, tx_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which intents may be one or the other."""
        return (tx_ids > self.last_warm) & (tx_ids < self.first)
