"""Looking for laundering in posted payments: patterns over many rows, none of them visible in one.

References
----------
Design page 7: structuring just under a threshold, smurfing and fan-in, pass-through accounts of
mules, fan-out, cycles. Each pattern is one vector expression over the accounts of the bank.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from sanket_sim.actors.financial_crime.settings import MonitoringSettings
from sanket_sim.bank.description import Accounts, Party
from sanket_sim.trace.batch import Columns

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_JUST_BELOW = 0.75
_CYCLE_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A pattern that an account shows, and its last payment."""

    account: int
    reason: str
    tx_id: int


class Monitor:
    """Goes through a window of payments account by account.

    Parameters
    ----------
    settings : MonitoringSettings
    accounts : Accounts
    """

    def __init__(self, settings: MonitoringSettings, accounts: Accounts) -> None:
        self.settings = settings
        self._count = len(accounts)
        self._customer = accounts.party == Party.CUSTOMER
        self._cash = accounts.party == Party.CASH

    def suspicions(self, rows: Columns) -> Iterator[Suspicion]:
        """Yield every account that shows a pattern, by account and pattern; each pair once."""
        if not len(rows["tx_id"]):
            return
        last = self._last_tx(rows)
        found = {
            "structuring": self._structuring(rows),
            "collector": self._collectors(rows),
            "distributor": self._distributors(rows),
            "pass_through": self._passages(rows),
            "cycle": self._cycles(rows),
        }
        for reason, who in found.items():
            for account in np.flatnonzero(who & self._customer).tolist():
                yield Suspicion(account, reason, int(last[account]))

    def _structuring(self, rows: Columns) -> Mask:
        """Several cash deposits just below the reporting threshold: any two are above it."""
        amount, threshold = rows["amount_minor"], self.settings.threshold
        near = (amount >= _JUST_BELOW * threshold) & (amount < threshold)
        cash = self._cash[rows["debtor_account"]] & near
        count = np.bincount(rows["creditor_account"][cash], minlength=self._count)
        return np.asarray(count >= self.settings.deposits)

    def _collectors(self, rows: Columns) -> Mask:
        """Many people pay in, and most of it is gone."""
        return (self._partners(rows, "creditor_account") >= self.settings.payers) & self._emptied(
            rows
        )

    def _distributors(self, rows: Columns) -> Mask:
        """Somebody who was just paid pays many people, and little is left."""
        return (self._partners(rows, "debtor_account") >= self.settings.payers) & self._emptied(
            rows
        )

    def _passages(self, rows: Columns) -> Mask:
        """Money from other customers that goes on to others at once, nearly all of it."""
        into, out = self._from_customers(rows)
        between = (out >= self.settings.pass_through * into) & (out <= into)
        return between & (into >= self.settings.pass_through_minor)

    def _cycles(self, rows: Columns) -> Mask:
        """Accounts through which money goes round, each passing most of it on.

        Notes
        -----
        Strongly connected components among the accounts that were emptied.
        """
        emptied = self._emptied(rows) & self._customer
        debtor, creditor = rows["debtor_account"], rows["creditor_account"]
        ties = emptied[debtor] & emptied[creditor] & (debtor != creditor)
        shape = (self._count, self._count)
        ones = np.ones(int(ties.sum()), np.int8)
        graph = csr_matrix((ones, (debtor[ties], creditor[ties])), shape=shape)
        _, label = connected_components(graph, directed=True, connection="strong")
        sizes = np.bincount(label)
        round_trip: Mask = sizes[label] >= _CYCLE_FEWEST
        return round_trip

    def _emptied(self, rows: Columns) -> Mask:
        into = self._sums(rows["creditor_account"], rows["amount_minor"])
        out = self._sums(rows["debtor_account"], rows["amount_minor"])
        gone = out >= self.settings.pass_through * into
        return gone & (into >= self.settings.pass_through_minor)

    def _from_customers(self, rows: Columns) -> tuple[Numbers, Numbers]:
        """Return what came in from other customers, and what went out to anybody."""
        internal = self._customer[rows["debtor_account"]]
        into = self._sums(rows["creditor_account"][internal], rows["amount_minor"][internal])
        return into, self._sums(rows["debtor_account"], rows["amount_minor"])

    def _partners(self, rows: Columns, side: str) -> Numbers:
        """Return how many different customers stand on the other side of each account."""
        other = "debtor_account" if side == "creditor_account" else "creditor_account"
        among = self._customer[rows["debtor_account"]] & self._customer[rows["creditor_account"]]
        pairs = np.unique(np.stack([rows[side][among], rows[other][among]]), axis=1)
        return np.bincount(pairs[0], minlength=self._count)

    def _sums(self, account: Numbers, amount: Numbers) -> Numbers:
        total = np.zeros(self._count, np.int64)
        np.add.at(total, account, amount)
        return total

    def _last_tx(self, rows: Columns) -> Numbers:
        last = np.full(self._count, -1, np.int64)
        for side in ("debtor_account", "creditor_account"):
            np.maximum.at(last, rows[side], rows["tx_id"])
        return last
