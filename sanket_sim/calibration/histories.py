"""What happened on some accounts, entry by entry, and in which months each was watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

INFLOWS = ("cash_credit", "collection_in", "pension")
"""How a customer's own money comes in; their monthly sum is his income."""
BILLS = ("household", "other_remittance", "insurance")
"""What leaves by standing order."""
CREDITS = (*INFLOWS, "interest")
DEBITS = (
    "cash_withdrawal",
    *BILLS,
    "card_withdrawal",
    "statement_fee",
    "loan_payment",
    "sanction_interest",
)
OPERATIONS = (*CREDITS, *DEBITS)
"""Every operation of the record, credits first; also the names of the savings bank's routes."""
OF_A_LOAN = ("loan_payment", "sanction_interest")
"""Operations of borrowers and of overdrawn accounts, which the preset has not."""

ENTRY_DTYPE = np.dtype(
    [
        ("account", np.int64),
        ("day", np.int64),
        ("operation", np.int8),
        ("amount_minor", np.int64),
    ]
)
"""One booking: place of its account, day since 1970-01-01, index into `OPERATIONS`, amount > 0."""


def code(operation: str) -> int:
    """Return the index of an operation.

    Examples
    --------
    >>> OPERATIONS[code("pension")]
    'pension'
    """
    return OPERATIONS.index(operation)


def month_of(day: Numbers) -> Numbers:
    """Return the calendar months of days, both since 1970-01.

    Examples
    --------
    >>> month_of(np.array([0, 30, 31]))
    array([0, 0, 1])
    """
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_name(month: int) -> str:
    """Write a calendar month.

    Examples
    --------
    >>> month_name(282)
    '1993-07'
    """
    return str(np.datetime64(int(month), "M"))


def month_number(name: str) -> int:
    """Read a calendar month: the inverse of `month_name`."""
    return int(np.datetime64(name, "M").astype(np.int64))


@dataclass(frozen=True, slots=True)
class Histories:
    """Entries of some accounts, with the span in which each account counts.

    Parameters
    ----------
    entries : array of ENTRY_DTYPE
        By account and day; those before an account's first month only make up its balance.
    opening_minor : int64 array, shape (accounts,)
        Balances before the first entry.
    first_month, end_month : int64 array, shape (accounts,)
        An account is watched in [first_month, end_month) [calendar months since 1970-01].
    refused : int64 array
        Number of debits that were wanted and not covered, per account; real records have none.
    """

    entries: NDArray[np.void]
    opening_minor: Numbers
    first_month: Numbers
    end_month: Numbers
    refused: Numbers

    def __len__(self) -> int:
        return len(self.opening_minor)

    @property
    def months(self) -> Numbers:
        """In how many months each account is watched."""
        return (self.end_month - self.first_month).clip(min=0)

    def watched(self) -> NDArray[np.void]:
        """Return the entries of the months in which their accounts are watched."""
        month = month_of(self.entries["day"])
        account = self.entries["account"]
        inside = (month >= self.first_month[account]) & (month < self.end_month[account])
        seen: NDArray[np.void] = self.entries[inside]
        return seen

    def watched_for(self, fewest: int) -> Histories:
        """Return the accounts that are watched in at least so many months."""
        kept = self.months >= fewest
        place = np.cumsum(kept) - 1
        entries = self.entries[kept[self.entries["account"]]]
        entries["account"] = place[entries["account"]]
        return Histories(
            entries,
            self.opening_minor[kept],
            self.first_month[kept],
            self.end_month[kept],
            self.refused[kept],
        )

    def accounts_watched(self) -> dict[str, int]:
        """Return how many accounts are watched in each calendar month."""
        first, end = self.first_month[self.months > 0], self.end_month[self.months > 0]
        return {
            month_name(month): int(((first <= month) & (month < end)).sum())
            for month in range(first.min(), end.max())
        }

    def income_minor(self) -> Floats:
        """Return what came in to each account in a month, on average over its months [minor]."""
        seen = self.watched()
        inflow = seen["operation"] < len(INFLOWS)
        total = np.bincount(seen["account"], seen["amount_minor"] * inflow, len(self))
        return np.asarray(total / np.maximum(self.months, 1))

    def day_ends(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return account, day and balance at the end of every day with entries."""
        entries = self.entries
        sign = np.where(entries["operation"] < len(CREDITS), 1, -1)
        total = np.cumsum(sign * entries["amount_minor"])
        last = np.flatnonzero(
            (np.diff(entries["account"], append=-1) != 0)
            | (np.diff(entries["day"], append=-1) != 0)
        )
        begin = np.searchsorted(entries["account"], np.arange(len(self)))
        before = np.concatenate([[0], total])[begin]
        account = entries["account"][last]
        balance = total[last] - before[account] + self.opening_minor[account]
        return account, entries["day"][last], balance

    def month_ends(self) -> NDArray[np.int64]:
        """Return the balances at the ends of months, shape (accounts, months) [minor].

        Column 0 is the end of the month before the first one watched of all accounts.
        """
        first = int(self.first_month.min()) - 1
        ends = np.tile(self.opening_minor[:, None], (1, int(self.end_month.max()) - first))
        account, day, balance = self.day_ends()
        column = month_of(day) - first
        for place in range(ends.shape[1]):
            here = column <= place
            ends[account[here], place] = balance[here]  # days ascend: the last one stays
        return ends


def sorted_entries(
    account: Numbers, day: Numbers, operation: NDArray[np.int8], amount_minor: Numbers
) -> NDArray[np.void]:
    """Return entries as a table, by account and day; those of a day keep their order."""
    entries = np.empty(len(account), dtype=ENTRY_DTYPE)
    entries["account"], entries["day"] = account, day
    entries["operation"], entries["amount_minor"] = operation, amount_minor
    return entries[np.lexsort((day, account))]
