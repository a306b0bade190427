"""The independent auditor: the laws of money, held after every batch of every run.

The network keeps three separate facts: a balance store, a posting log, and per-intent sums in the
transactions table. The auditor rebuilds the sums from the log alone, remembers balances of its
own, and lets the run die (exit status 3) at the first minor unit that does not agree. A simulator
of leakage whose own books leak would be worthless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.decomposition import (
    Decomposition,
    Flows,
    decompose,
    flows_of,
    residuals_of_flows,
)
from sanket_sim.bank.description import Accounts
from sanket_sim.core.errors import ConservationError
from sanket_sim.core.outcomes import Phase
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in

Minor = NDArray[np.int64]


class Books(Protocol):
    """What the auditor asks of an engine: its balance store and its holds."""

    def balances_minor(self) -> Minor:
        """Return the posted balance of every account [minor units]."""
        ...

    def pending_minor(self) -> tuple[Minor, Minor]:
        """Return pending debits and pending credits of every account [minor units]."""
        ...


@dataclass(frozen=True, slots=True)
class _Log:
    """Posted rows of the log: whose intent, which account, how much."""

    tx_id: Minor = field(default_factory=lambda: np.empty(0, np.int64))
    account: Minor = field(default_factory=lambda: np.empty(0, np.int64))
    amount_minor: Minor = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, postings: Columns) -> _Log:
        posted = postings["phase"] == Phase.POSTED
        return cls(*(postings[name][posted] for name in ("tx_id", "account_id", "amount_minor")))

    def then(self, later: _Log) -> _Log:
        return _Log(
            np.concatenate([self.tx_id, later.tx_id]),
            np.concatenate([self.account, later.account]),
            np.concatenate([self.amount_minor, later.amount_minor]),
        )

    def where(self, rows: NDArray[np.bool_]) -> _Log:
        return _Log(self.tx_id[rows], self.account[rows], self.amount_minor[rows])

    def places_in(self, tx_ids: Minor) -> Minor:
        """Return each row's place among `tx_ids`, -1 for rows of other intents."""
        if len(tx_ids) == 0:
            return np.full(len(self.tx_id), -1, np.int64)
        order = np.argsort(tx_ids)
        near = np.searchsorted(tx_ids, self.tx_id, sorter=order).clip(max=len(tx_ids) - 1)
        places = order[near]
        return np.where(tx_ids[places] == self.tx_id, places, -1)


class MoneyAuditor:
    """Holds laws L1-L6 after every batch, from sums it takes itself from the posting log.

    Parameters
    ----------
    accounts : Accounts
        The chart of accounts with its opening balances.
    currencies : sequence of str
        Names by currency code (``vocabularies["currency"].words``, or `Bank.currencies`).

    Notes
    -----
    Call `admit` with every tick's arrivals, `audit` with every batch (the last one of
    ``engine.close()`` too) and `close` at the end. The debits of an intent are the log's rows on
    its submitted debtor; where debtor and creditor are one account only the sum can be told.
    """

    def __init__(self, accounts: Accounts, currencies: Sequence[str]) -> None:
        self.currencies = currencies
        self.balances_minor: Minor = accounts.opening_minor.astype(np.int64)
        self._currency_of = accounts.currency.astype(np.int64)
        self._open_tx_ids: set[int] = set()
        self._unsettled = _Log()
        self._open_holds_minor = np.zeros(len(currencies), np.int64)

    def admit(self, arrivals: Arrivals) -> None:
        """Count the intents that the network is about to be given (left side of L5)."""
        self._open_tx_ids.update(arrivals.intents["tx_id"].tolist())

    def audit(self, batch: TraceBatch, books: Books) -> Decomposition:
        """Hold the laws for one batch and the balances after it.

        Parameters
        ----------
        batch : TraceBatch
        books : Books
            The engine that made it, at the batch's end.

        Returns
        -------
        Decomposition
            Of the batch's transactions, for whoever wants their class and gross leak.

        Raises
        ------
        ConservationError
            At the first law that does not hold, naming law, currency and residual.
        """
        log = _Log.of(batch.postings)
        self._hold_store(log, books)
        self._hold_pending(books)
        self._hold_count(batch.transactions)
        return self._hold_flows(batch.transactions, log)

    def close(self, books: Books) -> None:
        """Hold what must be true at the end: all intents ended, all postings owned, holds known.

        Raises
        ------
        ConservationError
            L5 if an intent never ended, L3 if money was posted for an intent that had ended, L6 if
            pending debits are not the open holds of the transactions.
        """
        if self._open_tx_ids:
            missing = len(self._open_tx_ids)
            detail = f"submitted but never ended, for example intent {min(self._open_tx_ids)}"
            raise ConservationError("L5", "intents", missing, detail)
        self._hold_ownership()
        pending_minor = self._per_currency(books.pending_minor()[0])
        detail = "pending debits less the open holds of all transactions"
        self._refuse("L6", pending_minor - self._open_holds_minor, detail)

    def _hold_store(self, log: _Log, books: Books) -> None:
        np.add.at(self.balances_minor, log.account, log.amount_minor)
        residuals = books.balances_minor() - self.balances_minor
        for account in np.flatnonzero(residuals):
            detail = f"account {account}: balance store less opening balance and posting log"
            currency = self.currencies[int(self._currency_of[account])]
            raise ConservationError("L4", currency, int(residuals[account]), detail)

    def _hold_pending(self, books: Books) -> None:
        debits_minor, credits_minor = books.pending_minor()
        residuals = self._per_currency(debits_minor - credits_minor)
        self._refuse("L6", residuals, "pending debits less pending credits")

    def _hold_count(self, transactions: Columns) -> None:
        for tx_id in transactions["tx_id"].tolist():
            if tx_id not in self._open_tx_ids:
                detail = f"intent {tx_id} ended twice, or was never submitted"
                raise ConservationError("L5", "intents", -1, detail)
            self._open_tx_ids.remove(tx_id)

    def _hold_flows(self, transactions: Columns, log: _Log) -> Decomposition:
        debits, credits_ = self._settle(transactions, log)
        claimed = transactions["c_minor"] + transactions["x_minor"]
        self._refuse_mismatch("L1", debits - transactions["d_minor"], transactions)
        self._refuse_mismatch("L2", credits_ - claimed, transactions)
        parts = decompose(transactions)
        size = len(self.currencies)
        code = transactions["currency"]
        flows = (Flows(code, debits, credits_, parts), flows_of(transactions, parts)[1])
        residuals = residuals_of_flows(flows, code, parts.status, size)
        for law, currency, residual in residuals.broken():
            raise ConservationError(law, self.currencies[currency], residual, "sum over the batch")
        holds_minor = transactions["open_hold_minor"]
        np.add.at(self._open_holds_minor, transactions["currency"], holds_minor)
        return parts

    def _settle(self, transactions: Columns, log: _Log) -> tuple[Minor, Minor]:
        """Sum the log of the intents that end here; keep the rest for later batches."""
        rows = self._unsettled.then(log)
        places = rows.places_in(transactions["tx_id"])
        self._unsettled = rows.where(places < 0)
        rows, places = rows.where(places >= 0), places[places >= 0]
        debtor, creditor = transactions["debtor_account"], transactions["creditor_account"]
        created, debits = (np.zeros(rows_in(transactions), np.int64) for _ in range(2))
        np.add.at(created, places, rows.amount_minor)
        np.subtract.at(debits, places, rows.amount_minor * (rows.account == debtor[places]))
        debits = np.where(debtor == creditor, transactions["d_minor"], debits)
        return debits, created + debits

    def _hold_ownership(self) -> None:
        if len(self._unsettled.tx_id):
            accounts, amounts_minor = self._unsettled.account, self._unsettled.amount_minor
            currency = self.currencies[int(self._currency_of[accounts[0]])]
            detail = f"posted after intent {self._unsettled.tx_id[0]} had ended"
            raise ConservationError("L3", currency, int(amounts_minor[0]), detail)

    def _per_currency(self, column: Minor) -> Minor:
        sums = np.zeros(len(self.currencies), np.int64)
        np.add.at(sums, self._currency_of, column)
        return sums

    def _refuse(self, law: str, residuals: Minor, detail: str) -> None:
        for currency in np.flatnonzero(residuals):
            residual = int(residuals[currency])
            raise ConservationError(law, self.currencies[int(currency)], residual, detail)

    def _refuse_mismatch(self, law: str, residuals: Minor, transactions: Columns) -> None:
        for row in np.flatnonzero(residuals):
            tx_id, code = int(transactions["tx_id"][row]), int(transactions["currency"][row])
            side = "debits" if law == "L1" else "credits"
            detail = f"intent {tx_id}: {side} in the posting log less those in its transaction"
            raise ConservationError(law, self.currencies[code], int(residuals[row]), detail)
