"""A second opinion on the money: the posting log counted again, by code that is not the engine's.

The auditor sees two tables of a run's Parquet and nothing else. What it reads of an intent is what
was wanted (amount, right accounts, deadline) and what the customer was told; what moved it counts
itself, from the log, and only then holds its figures against those that the engine wrote down.

What the trace cannot tell is not audited: the balance store (held against the log while a run goes
on) and how much of a hold is still open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.decomposition import (
    Decomposition,
    decompose,
    flows_of,
    residuals_of_flows,
)
from sanket_sim.core.outcomes import LeakClass, Leg, LegPurpose, Phase
from sanket_sim.trace.batch import Columns, places_of, rows_in, sums_by_code
from sanket_sim.trace.reader import Trace

Integers = NDArray[np.int64]

DIFFERENCES_NAMED = 10
WANTED = (
    "tx_id",
    "right_debtor_account",
    "right_creditor_account",
    "amount_minor",
    "currency",
    "deadline_ns",
    "completed_ns",
    "outcome",
    "ack",
    "e_minor",
    "open_hold_minor",
    "hold_overdue",
    "second_purpose",
    "second_currency",
    "second_debtor_account",
    "second_creditor_account",
    "second_e_minor",
)
"""What the auditor takes from an intent as given."""
COMPARED = (
    "d_minor",
    "c_minor",
    "x_minor",
    "n_posted",
    "second_d_minor",
    "second_c_minor",
    "second_x_minor",
    "second_n_posted",
    "posted_ns",
    "leak_class",
    "glv_minor",
    "second_glv_minor",
)
"""What the engine says of an intent, and the auditor counts by itself."""
_JUDGED_ANEW = ("leak_class", "glv_minor", "second_glv_minor")
LOGGED = (
    "posting_id",
    "tx_id",
    "transfer_id",
    "leg",
    "account_id",
    "amount_minor",
    "currency",
    "phase",
    "posted_ns",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one intent on which engine and auditor do not agree.

    Parameters
    ----------
    tx_id : int
    column : str
        One of `COMPARED`.
    recorded, audited : int or str
        The engine's figure and the auditor's [minor units, journals, ns, or a leak class].
    """

    tx_id: int
    column: str
    recorded: int | str
    audited: int | str


@dataclass(frozen=True, slots=True)
class CurrencyAudit:
    """The trial balance of one currency, and what is left over of each law [minor units].

    Parameters
    ----------
    debits_minor, credits_minor : int
        Everything posted, by side; both positive.
    net_created_minor : int
        Orphan credits less orphan debits, as audited: by how much the books may be off.
    pending_minor : int
        Sum of all rows that open or release holds; they cancel in pairs.
    l1_debit_minor, l2_credit_minor, l3_money_minor : int
        The engine's flows less those that the audited parts explain.
    l4_log_minor : int
        Posted money that no intent explains.
    l5_count : int
        Intents without exactly one ending.
    """

    intents: int
    postings: int
    debits_minor: int
    credits_minor: int
    net_created_minor: int
    pending_minor: int
    l1_debit_minor: int
    l2_credit_minor: int
    l3_money_minor: int
    l4_log_minor: int
    l5_count: int

    @property
    def broken(self) -> list[str]:
        """Names of the laws that do not hold."""
        laws = ("l1_debit_minor", "l2_credit_minor", "l3_money_minor", "l4_log_minor", "l5_count")
        return [name for name in (*laws, "pending_minor") if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class Audit:
    """What the auditor found.

    Parameters
    ----------
    differing : int
        Intents on which engine and auditor do not agree.
    differences : tuple of Difference
        The first `DIFFERENCES_NAMED`, in the order of the intents.
    flaws : tuple of str
        What is wrong with the tables themselves: rows that stand twice or are missing, and
        postings on a leg that their intent has not, or that is in another currency.
    unbalanced_transfers : int
        Journals whose legs do not sum to zero: orphans, not an error of the books' keeper.
    by_currency : dict
    """

    intents: int
    postings: int
    differing: int
    differences: tuple[Difference, ...]
    flaws: tuple[str, ...]
    unbalanced_transfers: int
    by_currency: dict[str, CurrencyAudit]

    @property
    def agrees(self) -> bool:
        """Whether every figure is the engine's and every law holds."""
        laws_hold = not any(currency.broken for currency in self.by_currency.values())
        return not self.differing and not self.flaws and laws_hold


def audit(folder: Path | str) -> Audit:
    """Audit the money of a run.

    Raises
    ------
    TraceError
        If there is no such folder, or its trace cannot be read.
    """
    trace = Trace(folder)
    transactions = trace.columns("transactions", [*WANTED, *COMPARED])
    postings = trace.columns("postings", LOGGED)
    return audit_tables(transactions, postings, trace.words("currency"))


def audit_tables(transactions: Columns, postings: Columns, currencies: Sequence[str]) -> Audit:
    """Audit the money of some intents, given every posting made for them.

    Parameters
    ----------
    transactions : Columns
        With `WANTED` and `COMPARED`.
    postings : Columns
        With `LOGGED`.
    currencies : sequence of str
        Names by currency code.
    """
    owners = _owners(transactions["tx_id"], postings["tx_id"])
    recount = _recount(transactions, postings, owners)
    parts = decompose({**{name: transactions[name] for name in WANTED}, **recount})
    recount |= {name: getattr(parts, name) for name in _JUDGED_ANEW}
    differs = {name: transactions[name] != recount[name] for name in COMPARED}
    return Audit(
        intents=rows_in(transactions),
        postings=rows_in(postings),
        differing=int(np.logical_or.reduce(list(differs.values())).sum()),
        differences=_named(transactions, recount, differs),
        flaws=_flaws(transactions, postings, owners),
        unbalanced_transfers=_unbalanced(postings),
        by_currency=_by_currency(transactions, postings, parts, currencies),
    )


def _owners(tx_ids: Integers, wanted: Integers) -> Integers:
    """Return the row of the intent that each posting names, -1 where there is none."""
    order = np.argsort(tx_ids, kind="stable")
    places = places_of(tx_ids[order], wanted)
    return np.where(places >= 0, order[places], -1) if len(order) else places


def _recount(transactions: Columns, postings: Columns, owners: Integers) -> Columns:
    """Count d, c, x and n of every leg from the log, and the last posting of every intent."""
    posted = (postings["phase"] == Phase.POSTED) & (owners >= 0)
    last_ns = np.full(rows_in(transactions), -1, np.int64)
    np.maximum.at(last_ns, owners[posted], postings["posted_ns"][posted])
    recount: Columns = {"posted_ns": last_ns}
    for leg, prefix, ends in (
        (Leg.PRINCIPAL, "", "right_{}_account"),
        (Leg.SECOND, "second_", "second_{}_account"),
    ):
        here = posted & (postings["leg"] == leg)
        rows = {name: postings[name][here] for name in LOGGED}
        sides = (transactions[ends.format(side)] for side in ("debtor", "creditor"))
        flows = _flows(rows, owners[here], *sides)
        recount |= {f"{prefix}{name}": column for name, column in flows.items()}
    return recount


def _flows(
    rows: Columns, owner: Integers, right_debtor: Integers, right_creditor: Integers
) -> Columns:
    """Sum the posted rows of one leg by intent and by side.

    Where an intent's two ends are one account, what is taken from it is debited and what comes to
    it is credited.
    """
    amount, account = rows["amount_minor"], rows["account_id"]
    debtor, creditor = right_debtor[owner], right_creditor[owner]
    to_himself = (debtor == creditor) & (amount > 0)
    left = (account == debtor) & ~to_himself
    came = (account == creditor) & ~left
    astray = ~left & ~came
    size = len(right_debtor)
    return {
        "d_minor": -sums_by_code(owner[left], amount[left], size),
        "c_minor": sums_by_code(owner[came], amount[came], size),
        "x_minor": sums_by_code(owner[astray], amount[astray], size),
        "n_posted": _journals(owner, rows["transfer_id"], size),
    }


def _journals(owner: Integers, transfer: Integers, rows: int) -> Integers:
    """Count the distinct transfers of each intent."""
    order = np.lexsort((transfer, owner))
    owner, transfer = owner[order], transfer[order]
    first = np.ones(len(owner), np.bool_)
    first[1:] = (owner[1:] != owner[:-1]) | (transfer[1:] != transfer[:-1])
    return np.bincount(owner[first], minlength=rows)


def _named(
    transactions: Columns, recount: Columns, differs: dict[str, NDArray[np.bool_]]
) -> tuple[Difference, ...]:
    rows = np.flatnonzero(np.logical_or.reduce(list(differs.values())))
    first = rows[np.argsort(transactions["tx_id"][rows], kind="stable")][:DIFFERENCES_NAMED]
    found = [
        Difference(
            int(transactions["tx_id"][row]),
            column,
            _spelt(column, int(transactions[column][row])),
            _spelt(column, int(recount[column][row])),
        )
        for row in first
        for column in COMPARED
        if differs[column][row]
    ]
    return tuple(found[:DIFFERENCES_NAMED])


def _spelt(column: str, figure: int) -> int | str:
    return LeakClass(figure).name if column == "leak_class" else figure


def _flaws(transactions: Columns, postings: Columns, owners: Integers) -> tuple[str, ...]:
    strays = np.flatnonzero(owners < 0)
    found = [
        *_numbering_flaws("intent", transactions["tx_id"]),
        *_numbering_flaws("posting", postings["posting_id"]),
    ]
    if len(strays):
        posting, intent = (int(postings[name][strays[0]]) for name in ("posting_id", "tx_id"))
        found.append(
            f"{len(strays)} postings name an intent that is not there, the first is "
            f"posting {posting} of intent {intent}"
        )
    return (*found, *_leg_flaws(transactions, postings, owners))


def _leg_flaws(transactions: Columns, postings: Columns, owners: Integers) -> list[str]:
    """Say which posting is in another currency than its leg, or on a leg that there is not."""
    owned = owners >= 0
    rows, owner = {name: postings[name][owned] for name in LOGGED}, owners[owned]
    second = rows["leg"] == Leg.SECOND
    absent = second & (transactions["second_purpose"][owner] == LegPurpose.NONE)
    code, second_code = (transactions[name][owner] for name in ("currency", "second_currency"))
    elsewhere = np.where(second, second_code, code) != rows["currency"]
    cases = {
        "are on a second leg that their intent has not": absent,
        "are in another currency than their leg": elsewhere & ~absent,
    }
    return [
        f"{int(wrong.sum())} postings {what}, the first is posting "
        f"{int(rows['posting_id'][wrong][0])} of intent {int(rows['tx_id'][wrong][0])}"
        for what, wrong in cases.items()
        if wrong.any()
    ]


def _numbering_flaws(what: str, numbers: Integers) -> list[str]:
    """Say which running number stands twice, and which was left out.

    Examples
    --------
    >>> _numbering_flaws("posting", np.array([4, 1, 2, 4]))
    ['posting 4 stands twice', 'posting 3 is missing']
    """
    ordered = np.sort(numbers)
    steps = np.diff(ordered)
    twice, gaps = ordered[1:][steps == 0], ordered[:-1][steps > 1] + 1
    more = [f" and {len(n) - 1} more" if len(n) > 1 else "" for n in (twice, gaps)]
    found = [f"{what} {int(twice[0])} stands twice{more[0]}"] if len(twice) else []
    return [*found, *([f"{what} {int(gaps[0])} is missing{more[1]}"] if len(gaps) else [])]


def _unbalanced(postings: Columns) -> int:
    transfers, places = np.unique(postings["transfer_id"], return_inverse=True)
    posted = np.where(postings["phase"] == Phase.POSTED, postings["amount_minor"], 0)
    return int(np.count_nonzero(sums_by_code(places, posted, len(transfers))))


def _by_currency(
    transactions: Columns, postings: Columns, parts: Decomposition, currencies: Sequence[str]
) -> dict[str, CurrencyAudit]:
    size, code = len(currencies), transactions["currency"]
    amount, logged = postings["amount_minor"], postings["currency"]
    posted = postings["phase"] == Phase.POSTED
    flows = flows_of(transactions, parts)
    laws = residuals_of_flows(flows, code, parts.status, size)
    net = np.zeros(size, np.int64)
    for leg in flows:
        net += sums_by_code(leg.currency, leg.parts.orphan_credit - leg.parts.orphan_debit, size)
    columns = {
        "intents": np.bincount(code, minlength=size),
        "postings": np.bincount(logged, minlength=size),
        "debits_minor": sums_by_code(logged, np.where(posted, np.maximum(-amount, 0), 0), size),
        "credits_minor": sums_by_code(logged, np.where(posted, np.maximum(amount, 0), 0), size),
        "net_created_minor": net,
        "pending_minor": sums_by_code(logged, np.where(posted, 0, amount), size),
        "l1_debit_minor": laws.l1,
        "l2_credit_minor": laws.l2,
        "l3_money_minor": laws.l3,
        "l4_log_minor": sums_by_code(logged, np.where(posted, amount, 0), size) - net,
        "l5_count": laws.l5,
    }
    return {
        name: CurrencyAudit(**{column: int(sums[place]) for column, sums in columns.items()})
        for place, name in enumerate(currencies)
    }
