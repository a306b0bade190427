"""What monitoring looks at: payments that were posted, as far back as its window reaches."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns

_KEPT = ("tx_id", "debtor_account", "creditor_account", "amount_minor", "posted_ns", "is_fraud")


@dataclass(slots=True)
class PostedPayments:
    """Payments in the bank's own currency that moved money, as columns.

    `is_fraud` goes with them for the analysts, who may find the truth; monitoring must not see it.

    Parameters
    ----------
    currency : int
        Code of the currency that is looked at.
    """

    currency: int = 0
    _parts: list[Columns] = field(default_factory=list)

    def hear(self, transactions: Columns) -> None:
        """Note what has been posted."""
        moved = (transactions["n_posted"] > 0) & (transactions["amount_minor"] > 0)
        here = moved & (transactions["currency"] == self.currency)
        if here.any():
            self._parts.append({name: transactions[name][here] for name in _KEPT})

    def between(self, begin_ns: int, end_ns: int) -> Columns:
        """Return payments posted in [begin, end) in the order of time; forget older ones."""
        nothing = schema.empty(schema.TRANSACTIONS)
        parts = [nothing, *self._parts]
        together = {name: np.concatenate([part[name] for part in parts]) for name in _KEPT}
        young = together["posted_ns"] >= begin_ns
        self._parts = [{name: column[young] for name, column in together.items()}]
        rows = {name: column[young] for name, column in together.items()}
        order = np.lexsort([rows["tx_id"], rows["posted_ns"]])
        due = order[rows["posted_ns"][order] < end_ns]
        return {name: column[due] for name, column in rows.items()}
