"""What kind of household stands behind each account of a record: where its money comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.calibration.histories import (
    BILLS,
    OPERATIONS,
    Floats,
    Histories,
    Numbers,
    code,
)
from sanket_sim.calibration.reference import FEWEST_MONTHS

KINDS = ("pension", "small_salary", "large_salary", "small_wage", "large_wage", "takings")
"""Pension; salary by transfer; wage paid in in cash on the same day of every month (both of two
sizes, as what people pay does not grow with their income in proportion); cash paid in at any time.
"""
_LARGE_MINOR = 12_000_00
"""Between the two humps of salaries by transfer."""
_LARGE_WAGE_MINOR = 17_000_00
"""The middle of the wages in cash."""
_MISSED = 1
_DAYS = 32
_CYCLE = 30
"""Days between the withdrawals of people who withdraw regularly."""
_LOOSE = ("cash_credit", "cash_withdrawal", "card_withdrawal")
_SCHEDULED = [code(name) for name in OPERATIONS if name not in _LOOSE]
_INCOME_MINOR_FEWEST = 500_00
"""Multiples of smaller incomes say nothing."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Watched entries as columns, with what the account's other entries say of each.

    Parameters
    ----------
    account, operation, amount_minor : int64 array
    month : int64 array
        Calendar month, 1 to 12.
    regular : bool array
        One of a series that comes in every month or cycle.
    """

    account: Numbers
    operation: Numbers
    amount_minor: Numbers
    month: Numbers
    regular: NDArray[np.bool_]

    def only(self, mask: NDArray[np.bool_]) -> Entries:
        """Return some of the entries."""
        return Entries(
            self.account[mask],
            self.operation[mask],
            self.amount_minor[mask],
            self.month[mask],
            self.regular[mask],
        )

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True, slots=True)
class Households:
    """The accounts that are watched long enough, each with its kind and its means.

    Parameters
    ----------
    histories : Histories
    kind : int8 array
        Index into `KINDS`.
    income, rest : float64 array [minor units]
        Monthly inflow; what standing orders leave of it.
    entries : Entries
    """

    histories: Histories
    kind: NDArray[np.int8]
    income: Floats
    rest: Floats
    entries: Entries

    @classmethod
    def of(cls, histories: Histories) -> Households:
        """Look at each account that is watched long enough."""
        grown = histories.watched_for(FEWEST_MONTHS)
        seen = grown.watched()
        day = seen["day"].astype("datetime64[D]")
        month = day.astype("datetime64[M]")
        entries = Entries(
            account=seen["account"],
            operation=seen["operation"].astype(np.int64),
            amount_minor=seen["amount_minor"],
            month=month.astype(np.int64) % 12 + 1,
            regular=_regular(grown, seen["account"], seen["operation"], seen["day"]),
        )
        income = grown.income_minor()
        orders = np.isin(entries.operation, [code(name) for name in BILLS])
        bills = np.bincount(entries.account, entries.amount_minor * orders, len(grown))
        rest = np.maximum(income - bills / grown.months, 0.0)
        return cls(grown, _kinds(grown, entries, income), income, rest, entries)

    @property
    def earning(self) -> NDArray[np.bool_]:
        """Whose income is large enough to measure amounts by."""
        return self.income >= _INCOME_MINOR_FEWEST

    def months_of(self, members: NDArray[np.bool_], calendar: tuple[int, ...] = ()) -> int:
        """Return account-months of some accounts, in some calendar months (1-12) or in all."""
        first, end = self.histories.first_month[members], self.histories.end_month[members]
        if not len(first):
            return 0
        span = range(int(first.min()), int(end.max()))
        return sum(
            int(((first <= month) & (month < end)).sum())
            for month in span
            if not calendar or month % 12 + 1 in calendar
        )


def _kinds(grown: Histories, entries: Entries, income: Floats) -> NDArray[np.int8]:
    def has(operation: str) -> NDArray[np.bool_]:
        of_it = entries.operation == code(operation)
        if operation == "cash_credit":
            of_it &= entries.regular
        return np.bincount(entries.account, of_it, len(grown)) > 0

    salary = has("collection_in")
    wage, large = has("cash_credit"), income >= _LARGE_WAGE_MINOR
    choices = [has("pension"), salary & (income < _LARGE_MINOR), salary, wage & ~large, wage]
    return np.select(choices, range(len(choices)), len(choices)).astype(np.int8)


def _regular(
    grown: Histories, account: Numbers, operation: Numbers, day: Numbers
) -> NDArray[np.bool_]:
    """Say which entries belong to a series: wages by day of month, withdrawals by a cycle."""
    date = day.astype("datetime64[D]")
    of_month = (date - date.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    regular = np.isin(operation, _SCHEDULED)
    wages = operation == code("cash_credit")
    draws = operation == code("cash_withdrawal")
    for mine, phase, missed in ((wages, of_month, 0), (draws, day % _CYCLE, _MISSED)):
        counts = np.zeros((len(grown), _DAYS))
        np.add.at(counts, (account[mine], phase[mine]), 1)
        held = counts.max(axis=1) >= grown.months - missed
        regular |= mine & held[account] & (phase == counts.argmax(axis=1)[account])
    return regular
