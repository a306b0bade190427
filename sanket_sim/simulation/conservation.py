"""The independent auditor: the laws of money, held after every batch of every run.

The network keeps three separate facts: a balance store, a posting log, and per-intent sums in the
transactions table. The auditor rebuilds the sums from the log alone, remembers balances of its
own, and lets the run die (exit status 3) at the first minor unit that does not agree. A simulator
of leakage whose own books leak would be worthless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.decomposition import (
    Decomposition,
    Flows,
    decompose,
    residuals_of_flows,
)
from sanket_sim.bank.description import Accounts
from sanket_sim.core.errors import ConservationError
from sanket_sim.core.outcomes import Leg, LegPurpose, Phase
from sanket_sim.trace import schema
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in, sums_by_code

Minor = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Books(Protocol):
    """What the auditor asks of an engine: its balance store and its holds."""

    def balances_minor(self) -> Minor:
        """Return the posted balance of every account [minor units]."""
        ...

    def pending_minor(self) -> tuple[Minor, Minor]:
        """Return pending debits and pending credits of every account [minor units]."""
        ...


_LOGGED = (
    "posting_id",
    "tx_id",
    "transfer_id",
    "leg",
    "account_id",
    "amount_minor",
    "currency",
    "phase",
)


@dataclass(frozen=True, slots=True)
class _Log:
    """Rows of the posting log, with the columns that the auditor looks at."""

    columns: Columns

    @classmethod
    def of(cls, postings: Columns) -> _Log:
        return cls({name: postings[name] for name in _LOGGED})

    def __getitem__(self, name: str) -> NDArray[np.integer]:
        return self.columns[name]

    @property
    def posted(self) -> Mask:
        return np.asarray(self["phase"] == Phase.POSTED)

    def then(self, later: _Log) -> _Log:
        columns = self.columns.items()
        return _Log({name: np.concatenate([column, later[name]]) for name, column in columns})

    def where(self, rows: Mask) -> _Log:
        return _Log({name: column[rows] for name, column in self.columns.items()})

    def places_in(self, tx_ids: Minor) -> Minor:
        """Return each row's place among `tx_ids`, -1 for rows of other intents."""
        tx_id = self["tx_id"]
        if len(tx_ids) == 0:
            return np.full(len(tx_id), -1, np.int64)
        order = np.argsort(tx_ids)
        near = np.searchsorted(tx_ids, tx_id, sorter=order).clip(max=len(tx_ids) - 1)
        places = order[near]
        return np.where(tx_ids[places] == tx_id, places, -1)


@dataclass(frozen=True, slots=True)
class _Settled:
    """The log of the intents that end in one batch; `places` are their rows in its table."""

    transactions: Columns
    log: _Log
    places: Minor

    def where(self, rows: Mask) -> _Settled:
        return _Settled(self.transactions, self.log.where(rows), self.places[rows])

    def sums(self, amounts: NDArray[np.integer]) -> Minor:
        return sums_by_code(self.places, amounts, rows_in(self.transactions))

    def journals(self) -> Minor:
        """Count the transfers of each intent; a transfer belongs to one intent only."""
        first = np.unique(self.log["transfer_id"], return_index=True)[1]
        return np.bincount(self.places[first], minlength=rows_in(self.transactions))


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the log says of one leg of every intent [minor units; `n` in journals]."""

    d: Minor
    c: Minor
    x: Minor
    n: Minor

    @classmethod
    def of(cls, rows: _Settled, debtor: str, creditor: str) -> _Counted:
        """Sum by whose account it is; where both ends are one account the sign tells the side."""
        account, amount = rows.log["account_id"], rows.log["amount_minor"]
        debtors, creditors = (rows.transactions[end][rows.places] for end in (debtor, creditor))
        of_creditor = account == creditors
        debited = (account == debtors) & ~(of_creditor & (amount > 0))
        credited = of_creditor & ~debited
        return cls(
            d=rows.sums(np.where(debited, -amount, 0)),
            c=rows.sums(np.where(credited, amount, 0)),
            x=rows.sums(np.where(debited | credited, 0, amount)),
            n=rows.journals(),
        )


_PREFIX = {Leg.PRINCIPAL: "", Leg.SECOND: "second_"}
_ENDS = {Leg.PRINCIPAL: "right_", Leg.SECOND: "second_"}


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
    ``engine.close()`` too) and `close` at the end. Each leg of an intent is counted again by
    itself: what the log has on the leg's right debtor is debited, on its right creditor credited.
    """

    def __init__(self, accounts: Accounts, currencies: Sequence[str]) -> None:
        self.accounts = accounts
        self.currencies = currencies
        self.balances_minor: Minor = accounts.opening_minor.astype(np.int64)
        self._currency_of = accounts.currency.astype(np.int64)
        self._open_tx_ids: set[int] = set()
        self._unsettled = _Log.of(schema.empty(schema.POSTINGS))
        self._open_holds_minor = np.zeros(len(currencies), np.int64)
        self._nothing = decompose(schema.empty(schema.TRANSACTIONS))

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
        self._hold_currencies(log)
        self._hold_store(log, books)
        self._hold_pending(log, books)
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
        posted = log.where(log.posted)
        np.add.at(self.balances_minor, posted["account_id"], posted["amount_minor"])
        residuals = books.balances_minor() - self.balances_minor
        for account in np.flatnonzero(residuals):
            detail = f"account {account}: balance store less opening balance and posting log"
            currency = self.currencies[int(self._currency_of[account])]
            raise ConservationError("L4", currency, int(residuals[account]), detail)

    def _hold_currencies(self, log: _Log) -> None:
        kept_in = self._currency_of[log["account_id"]]
        for row in np.flatnonzero(log["currency"] != kept_in):
            account, posting = int(log["account_id"][row]), int(log["posting_id"][row])
            currency = self.currencies[int(kept_in[row])]
            told = self.currencies[int(log["currency"][row])]
            detail = f"account {account}: posting {posting} was written in {told}"
            raise ConservationError("L4", currency, int(log["amount_minor"][row]), detail)

    def _hold_pending(self, log: _Log, books: Books) -> None:
        rows = log.where(~log.posted)
        residuals = sums_by_code(rows["currency"], rows["amount_minor"], len(self.currencies))
        self._refuse("L6", residuals, "sum of the log's rows that open or release holds")
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
        if rows_in(transactions) == 0:
            self._unsettled = self._unsettled.then(log)
            return self._nothing
        ended = self._settle(transactions, log)
        posted = ended.where(ended.log.posted)
        self._hold_legs(posted)
        counted = [
            _Counted.of(
                posted.where(posted.log["leg"] == leg),
                f"{_ENDS[leg]}debtor_account",
                f"{_ENDS[leg]}creditor_account",
            )
            for leg in Leg
        ]
        for leg, found in zip(Leg, counted, strict=True):
            self._hold_claims(transactions, leg, found)
        self._hold_holds(ended)
        parts = decompose(transactions)
        self._hold_laws(transactions, parts, counted)
        return parts

    def _settle(self, transactions: Columns, log: _Log) -> _Settled:
        """Take the log of the intents that end here; keep the rest for later batches."""
        rows = self._unsettled.then(log)
        places = rows.places_in(transactions["tx_id"])
        self._unsettled = rows.where(places < 0)
        return _Settled(transactions, rows.where(places >= 0), places[places >= 0])

    def _hold_legs(self, posted: _Settled) -> None:
        """Refuse a row in another currency than its leg, or on a leg that there is not."""
        log, second = posted.log, posted.log["leg"] == Leg.SECOND
        codes = np.stack([_currencies(posted.transactions, leg) for leg in Leg])
        wanted = codes[second.astype(np.int64), posted.places]
        for row in np.flatnonzero(log["currency"] != wanted):
            leg, currency = Leg(int(log["leg"][row])), self.currencies[int(log["currency"][row])]
            kept = "there is not" if wanted[row] < 0 else f"is in {self.currencies[wanted[row]]}"
            intent = f"intent {int(log['tx_id'][row])}"
            detail = f"{intent}: posted in {currency} on the {leg.name.lower()} leg, which {kept}"
            raise ConservationError("L3", currency, int(log["amount_minor"][row]), detail)

    def _hold_claims(self, transactions: Columns, leg: Leg, counted: _Counted) -> None:
        """Hold what the engine says flowed on a leg against what the log says."""
        claims = (("L1", "d", "debits"), ("L2", "c", "credits"), ("L2", "x", "credits to others"))
        for law, name, side in claims:
            claimed = transactions[f"{_PREFIX[leg]}{name}_minor"]
            self._refuse_claim(law, side, leg, getattr(counted, name) - claimed, transactions)
        claimed = transactions[f"{_PREFIX[leg]}n_posted"]
        self._refuse_claim("L5", "journals", leg, counted.n - claimed, transactions)

    def _hold_holds(self, ended: _Settled) -> None:
        """Hold open holds against the log: opened less voided less lapsed less captured."""
        transactions, log = ended.transactions, ended.log
        holds_minor = transactions["open_hold_minor"]
        np.add.at(self._open_holds_minor, transactions["currency"], holds_minor)
        sizes = np.abs(log["amount_minor"])
        signed = np.where(log["phase"] == Phase.PENDING, sizes, -sizes)
        # Each hold stands twice, on its debtor's account and on its creditor's.
        left_minor = ended.sums(np.where(log.posted, 0, signed)) // 2 - np.abs(holds_minor)
        captured = transactions["n_posted"] > 0
        wrong = np.where(captured, np.minimum(left_minor, 0), left_minor)
        self._refuse_claim("L6", "holds", Leg.PRINCIPAL, wrong, transactions)

    def _hold_laws(
        self, transactions: Columns, parts: Decomposition, counted: Sequence[_Counted]
    ) -> None:
        principal, second = counted
        rows, code = parts.second_rows, transactions["currency"]
        second_code, second_x = transactions["second_currency"][rows], second.x[rows]
        flows = (
            Flows(code, principal.d, principal.c + principal.x, parts),
            Flows(second_code, second.d[rows], second.c[rows] + second_x, parts.second),
        )
        residuals = residuals_of_flows(flows, code, parts.status, len(self.currencies))
        for law, currency, residual in residuals.broken():
            raise ConservationError(law, self.currencies[currency], residual, "sum over the batch")

    def _hold_ownership(self) -> None:
        late = self._unsettled.where(self._unsettled.posted)
        if len(late["tx_id"]):
            currency = self.currencies[int(late["currency"][0])]
            detail = f"posted after intent {late['tx_id'][0]} had ended"
            raise ConservationError("L3", currency, int(late["amount_minor"][0]), detail)

    def _per_currency(self, column: Minor) -> Minor:
        return sums_by_code(self._currency_of, column, len(self.currencies))

    def _refuse(self, law: str, residuals: Minor, detail: str) -> None:
        for currency in np.flatnonzero(residuals):
            residual = int(residuals[currency])
            raise ConservationError(law, self.currencies[int(currency)], residual, detail)

    def _refuse_claim(
        self, law: str, what: str, leg: Leg, residuals: Minor, transactions: Columns
    ) -> None:
        for row in np.flatnonzero(residuals):
            code = _currencies(transactions, leg)[row]
            unit = "journals" if what == "journals" else self.currencies[code]
            where = "" if leg == Leg.PRINCIPAL else " of the second leg"
            intent = f"intent {int(transactions['tx_id'][row])}"
            detail = f"{intent}: {what}{where} in the posting log less those in its transaction"
            raise ConservationError(law, unit, int(residuals[row]), detail)


def _currencies(transactions: Columns, leg: Leg) -> NDArray[np.integer]:
    """Return the currency of a leg, -1 for intents that have none such."""
    if leg == Leg.PRINCIPAL:
        return transactions["currency"]
    absent = transactions["second_purpose"] == LegPurpose.NONE
    return np.where(absent, -1, transactions["second_currency"])
