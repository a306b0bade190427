"""The newest payments, as columns in a ring: what inspectors look back into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.trace.batch import Columns, rows_in

COLUMNS = {
    "tx_id": "i8",
    "created_ns": "i8",
    "customer_id": "i8",
    "debtor_account": "i8",
    "creditor_account": "i8",
    "amount_minor": "i8",
    "d_minor": "i8",
    "currency": "i2",
    "kind": "i2",
    "channel": "i2",
    "device_id": "i8",
    "outcome": "i1",
    "decline_reason": "i1",
    "fraud_decision": "i1",
    "fraud_score": "f4",
    "typology": "i2",
    "campaign_id": "i4",
    "leak_class": "i1",
}


class PaymentRing:
    """Keeps the newest payments that have ended; older ones are overwritten.

    Parameters
    ----------
    size : int
        How many.

    Examples
    --------
    >>> ring = PaymentRing(size=2)
    >>> for number in (7, 8, 9):
    ...     ring.add({name: np.array([number]) for name in COLUMNS})
    >>> ring.where(ring.columns["tx_id"] >= 0)["tx_id"].tolist()
    [9, 8]
    """

    def __init__(self, size: int = 32_768) -> None:
        self.size = size
        self.columns: Columns = {name: np.full(size, -1, dtype) for name, dtype in COLUMNS.items()}
        self._next = 0

    def add(self, transactions: Columns) -> None:
        """Take in what has ended."""
        count = rows_in(transactions)
        if not count:
            return
        rows = slice(max(0, count - self.size), count)
        places = (self._next + np.arange(rows.start, count)) % self.size
        for name, column in self.columns.items():
            column[places] = transactions[name][rows]
        self._next = (self._next + count) % self.size

    def where(self, keep: NDArray[np.bool_], most: int = 1_000) -> Columns:
        """Return the newest of some payments, newest first."""
        places = np.flatnonzero(keep)
        age = (self._next - 1 - places) % self.size
        newest = places[np.argsort(age, kind="stable")][:most]
        return {name: column[newest] for name, column in self.columns.items()}

    def find(self, tx_id: int) -> dict[str, int] | None:
        """Return one payment; None if it is not among the newest."""
        found = self.where(self.columns["tx_id"] == tx_id, 1)
        if not rows_in(found):
            return None
        return {name: int(column[0]) for name, column in found.items()}
