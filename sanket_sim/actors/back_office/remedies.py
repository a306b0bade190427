"""Putting right: which movements bring every account to where it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sanket_sim.actors.back_office.book import Rows
from sanket_sim.actors.back_office.breaks import (
    Break,
    Facts,
    received_minor,
    taken_minor,
)
from sanket_sim.bank.description import Accounts, Party
from sanket_sim.core.outcomes import Ack, LegPurpose

Excess = Mapping[int, int]
"""Account -> what it has too much (positive) or too little [minor units of one currency]."""


class Remedy(NamedTuple):
    """One movement of money that puts something right."""

    debtor: int
    creditor: int
    amount_minor: int
    currency: int


@dataclass(frozen=True, slots=True)
class Nostro:
    """The bank's own account of each currency, the other side of what the books have lost.

    Parameters
    ----------
    accounts : dict
        Currency code -> account: suspense where there is one, else that of the other banks.
    """

    accounts: dict[int, int]

    @classmethod
    def of(cls, chart: Accounts) -> Nostro:
        """Find them in the chart of accounts."""
        found: dict[int, int] = {}
        for party in (Party.SUSPENSE, Party.OTHER_BANK):
            for account in np.flatnonzero(chart.party == party).tolist():
                found.setdefault(int(chart.currency[account]), account)
        return cls(found)

    def settle(self, excess: Excess, currency: int) -> list[Remedy]:
        """Let accounts that have too much give to those that have too little.

        Examples
        --------
        A payment of 25.00 from account 7 to 8 that was posted twice, and a debit without credit:

        >>> nostro = Nostro({0: 1})
        >>> nostro.settle({7: -2500, 8: 2500}, 0)
        [Remedy(debtor=8, creditor=7, amount_minor=2500, currency=0)]
        >>> nostro.settle({7: -2500}, 0)
        [Remedy(debtor=1, creditor=7, amount_minor=2500, currency=0)]
        """
        owed = Counter(excess)
        own = self.accounts.get(currency)
        if own is not None:
            owed[own] -= sum(owed.values())
        givers, takers = (sorted(a for a in owed if sign * owed[a] > 0) for sign in (1, -1))
        remedies = []
        while givers and takers:
            giver, taker = givers[0], takers[0]
            amount_minor = min(owed[giver], -owed[taker])
            remedies.append(Remedy(giver, taker, amount_minor, currency))
            owed[giver] -= amount_minor
            owed[taker] += amount_minor
            givers = givers[owed[giver] == 0 :]
            takers = takers[owed[taker] == 0 :]
        return remedies


def by_the_books(row: Rows, kinds: int, now_ns: int, nostro: Nostro) -> list[Remedy]:
    """Bring the accounts of one order to what was ordered, or to nothing where it does not stand.

    Parameters
    ----------
    row : structured array of ORDER, shape (1,)
    kinds : int
        The breaks that were found.
    now_ns : int
    nostro : Nostro
    """
    order, stands = row[0], _stands(row, kinds, now_ns)
    ordered = int(order["amount_minor"]) if stands else 0
    second = int(order["second_amount_minor"]) if stands and _has_second(order) else 0
    principal = Counter({int(order["debtor"]): ordered})
    principal[int(order["creditor"])] -= ordered
    _add_posted(principal, order, "")
    beside: Counter[int] = Counter()
    if second:
        beside[int(order["second_debtor"])] += second
        beside[int(order["second_creditor"])] -= second
    _add_posted(beside, order, "second_")
    first = nostro.settle(principal, int(order["currency"]))
    return first + nostro.settle(beside, int(order["second_currency"]))


def by_the_wish(row: Rows, nostro: Nostro) -> list[Remedy]:
    """Bring the accounts of one order to what the customer who complains wanted."""
    order, wanted = row[0], int(row["wish_minor"][0])
    excess = Counter({int(order["wish_debtor"]): wanted - int(taken_minor(row)[0])})
    excess[int(order["wish_creditor"])] += int(received_minor(row)[0]) - wanted
    if order["creditor"] != order["wish_creditor"]:
        excess[int(order["creditor"])] += int(order["c_minor"])
    return nostro.settle(excess, int(order["currency"]))


def _stands(row: Rows, kinds: int, now_ns: int) -> bool:
    """Say whether the order is to be carried out: it was promised, and nothing forbids it."""
    facts = Facts.of(row, now_ns)
    credited_from_nothing = (facts.gap_minor > 0) | (facts.second_gap_minor > 0)
    promised = (row["told"] == Ack.OK) | (facts.balanced & facts.moved)
    refused = bool(kinds & Break.INVALID) or bool(credited_from_nothing[0])
    return bool((promised & facts.stands)[0]) and not refused


def _has_second(order: np.void) -> bool:
    return bool(order["second_purpose"] in (LegPurpose.EXCHANGE, LegPurpose.FEE))


def _add_posted(excess: Counter[int], order: np.void, prefix: str) -> None:
    """Add what the posting log brought to each account."""
    excess[int(order[f"{prefix}debtor"])] -= int(order[f"{prefix}d_minor"])
    excess[int(order[f"{prefix}creditor"])] += int(order[f"{prefix}c_minor"])
    excess[int(order[f"{prefix}elsewhere"])] += int(order[f"{prefix}x_minor"])


def kinds_of(kinds: int) -> list[Break]:
    """Return the single kinds in one cell."""
    return [kind for kind in Break if kinds & kind]
