"""The exact decomposition: where every minor unit of an intent went, and by which class it leaked.

Truth (what the customer wanted) is set against fact (what was posted) and against the answer the
customer got. Every row is split into parts that add up to the unit, so that the conservation laws
L1-L3 and L5 of a run are identities with residual zero, not statistics with a tolerance.

Clean failures are unavailability, not leakage; only intents that end wrongly in money or in what
the customer was told about money are leaked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.outcomes import Ack, LeakClass, Outcome
from sanket_sim.trace.batch import Columns, rows_in, sums_by_code

Minor = NDArray[np.int64]
Mask = NDArray[np.bool_]

AMOUNT_MINOR_MAX = 2**60
"""Largest size of any column; sums of three such still fit an int64."""


class IntentStatus(IntEnum):
    """How an intent ended; every intent has exactly one (law L5)."""

    OK = 0
    REJECTED_RIGHT = 1
    FAILED_CLEAN = 2
    IN_FLIGHT = 3
    LEAKED = 4


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The parts of every intent, as int64 columns of equal length [minor units].

    Parameters
    ----------
    base_minor : int64 array, shape (intents,)
        What should have moved: e, or 0 for a clean failure and for what is still in flight.
    matched, orphan_debit, orphan_credit, invalid, dup, over, lost, under : int64 arrays
        Parts of the flow as design page 3 names them.
    misdirected : int64 array
        Memo inside `matched`: credited, but to somebody else.
    glv_minor : int64 array
        Gross leak: ``max(|d - base|, |c - base|, |x|)``; never the sum of the parts.
    leak_class : int8 array
        `LeakClass` by precedence.
    status : int8 array
        `IntentStatus`.
    """

    base_minor: Minor
    matched: Minor
    orphan_debit: Minor
    orphan_credit: Minor
    invalid: Minor
    dup: Minor
    over: Minor
    lost: Minor
    under: Minor
    misdirected: Minor
    glv_minor: Minor
    leak_class: NDArray[np.int8]
    status: NDArray[np.int8]

    @property
    def flow_minor(self) -> Minor:
        """What must have flowed on both sides if the parts tell the truth (laws L1, L2)."""
        gained = self.dup + self.over + self.invalid
        return self.base_minor + gained - self.under - self.lost


@dataclass(frozen=True, slots=True)
class LawResiduals:
    """What is left over of each law, shape (currencies,) [minor units; intents for `l5`].

    Zero everywhere, or the trace is wrong.
    """

    l1: Minor
    l2: Minor
    l3: Minor
    l5: Minor

    def broken(self) -> list[tuple[str, int, int]]:
        """List (law, currency code, residual) of every law that does not hold.

        Examples
        --------
        >>> zero, off = np.zeros(2, np.int64), np.array([0, 7])
        >>> LawResiduals(l1=zero, l2=off, l3=zero, l5=zero).broken()
        [('L2', 1, 7)]
        """
        named = {"L1": self.l1, "L2": self.l2, "L3": self.l3, "L5": self.l5}
        return [
            (law, int(currency), int(residuals[currency]))
            for law, residuals in named.items()
            for currency in np.flatnonzero(residuals)
        ]


@dataclass(frozen=True, slots=True)
class _Facts:
    """The columns that the decomposition looks at, and the plain predicates on them."""

    e: Minor
    d: Minor
    c: Minor
    x: Minor
    n: Minor
    unmoved: Mask
    told_ok: Mask
    told_failed: Mask
    in_flight: Mask
    has_amount: Mask
    late: Mask
    holding: Mask

    @classmethod
    def of(cls, transactions: Columns) -> _Facts:
        e, d, c, x = (transactions[f"{name}_minor"].astype(np.int64) for name in "edcx")
        unmoved = (d == 0) & (c == 0) & (x == 0)
        deadline_ns = transactions["deadline_ns"]
        return cls(
            e=e,
            d=d,
            c=c,
            x=x,
            n=transactions["n_posted"].astype(np.int64),
            unmoved=unmoved,
            told_ok=transactions["ack"] == Ack.OK,
            told_failed=transactions["ack"] == Ack.FAILED,
            in_flight=unmoved & (transactions["outcome"] == Outcome.IN_FLIGHT),
            has_amount=transactions["amount_minor"] != 0,
            late=(deadline_ns >= 0) & (transactions["completed_ns"] > deadline_ns),
            holding=transactions["open_hold_minor"] > 0,
        )

    @property
    def failed_clean(self) -> Mask:
        """Told "failed", and truly nothing came of it; e = 0 on routes that move no money."""
        payment = self.told_failed & (self.e > 0)
        enquiry = ~self.told_ok & (self.e == 0) & ~self.has_amount
        clean: Mask = self.unmoved & ~self.in_flight & (payment | enquiry)
        return clean


def decompose(transactions: Columns) -> Decomposition:
    """Split every intent of a transactions table into its parts, its class and its gross leak.

    Parameters
    ----------
    transactions : Columns
        At least ``e_minor d_minor c_minor x_minor n_posted ack outcome amount_minor deadline_ns
        completed_ns open_hold_minor`` of `trace.schema.TRANSACTIONS`; sizes below
        `AMOUNT_MINOR_MAX`.

    Raises
    ------
    ValueError
        If an intent expects a negative amount: the truth of a backwards payment is e = 0.

    Examples
    --------
    A payment of 25.00 that ended well, one paid twice, one debited only, one lost, one declined:

    >>> table = intents(e=[2500] * 5, d=[2500, 5000, 2500, 0, 0], c=[2500, 5000, 0, 0, 0],
    ...                 n=[1, 2, 1, 0, 0], ack=[1, 1, 2, 1, 2])
    >>> parts = decompose(table)
    >>> [LeakClass(code).name for code in parts.leak_class]
    ['NONE', 'DUPLICATE', 'ORPHAN_DEBIT', 'LOST', 'NONE']
    >>> [IntentStatus(code).name for code in parts.status[[0, 4]]]
    ['OK', 'FAILED_CLEAN']
    >>> parts.glv_minor.tolist()
    [0, 2500, 2500, 2500, 0]
    """
    facts = _Facts.of(transactions)
    if np.any(facts.e < 0):
        raise ValueError("an intent expects a negative amount; e_minor must be >= 0")
    base = np.where(facts.failed_clean | facts.in_flight, 0, facts.e)
    matched = _matched(facts.d, facts.c + facts.x)
    dup = _dup(facts.e, matched, facts.n)
    lost = np.where((base > 0) & _vanished(facts), facts.e, 0)
    parts = Decomposition(
        base_minor=base,
        matched=matched,
        orphan_debit=facts.d - matched,
        orphan_credit=facts.c + facts.x - matched,
        invalid=np.where((facts.e == 0) | (matched < 0), matched, 0),
        dup=dup,
        over=np.where((facts.e > 0) & (matched > facts.e), matched - facts.e - dup, 0),
        lost=lost,
        under=_under(base, matched, lost),
        misdirected=np.minimum(np.maximum(facts.x, 0), np.maximum(matched, 0)),
        glv_minor=_gross_leak(facts, base),
        leak_class=np.zeros(rows_in(transactions), np.int8),
        status=np.zeros(rows_in(transactions), np.int8),
    )
    parts.leak_class[:] = _leak_class(parts, facts)
    parts.status[:] = _status(parts, facts)
    return parts


def laws(transactions: Columns, parts: Decomposition, currencies: int) -> LawResiduals:
    """Compute the residuals of the laws L1, L2, L3 and L5, per currency.

    Parameters
    ----------
    transactions : Columns
        As for `decompose`, and ``currency``.
    parts : Decomposition
        Of the same rows.
    currencies : int
        How many currencies there are; a currency without intents has residual 0.

    Notes
    -----
    With ``flow = sum(base + dup + over + invalid - under - lost)``: L1 ``sum d = flow + sum od``;
    L2 ``sum (c + x) = flow + sum oc``; L3 ``sum (c + x - d) = sum oc - sum od``; L5 every intent
    has one status.

    Examples
    --------
    >>> table = intents(e=[2500, 0], d=[5000, -700], c=[2500, 0], x=[10, 0], n=[2, 1], ack=[1, 1])
    >>> laws(table, decompose(table), currencies=1).broken()
    []
    """
    debits, credits_ = transactions["d_minor"], transactions["c_minor"] + transactions["x_minor"]
    return residuals_of_flows(transactions["currency"], debits, credits_, parts, currencies)


def residuals_of_flows(
    currency: NDArray[np.integer], debits: Minor, credits_: Minor, parts: Decomposition, size: int
) -> LawResiduals:
    """Hold flows, from whatever source they were taken, against the parts of their intents.

    Parameters
    ----------
    currency : int array, shape (intents,)
    debits, credits_ : int64 arrays, shape (intents,) [minor units]
        What left the right debtor, and what reached anybody else.
    parts : Decomposition
    size : int
        How many currencies there are.
    """
    created = parts.orphan_credit - parts.orphan_debit
    per_currency = partial(sums_by_code, currency, size=size)
    return LawResiduals(
        l1=per_currency(debits - parts.flow_minor - parts.orphan_debit),
        l2=per_currency(credits_ - parts.flow_minor - parts.orphan_credit),
        l3=per_currency(credits_ - debits - created),
        l5=per_currency(1 - np.isin(parts.status, list(IntentStatus)).astype(np.int64)),
    )


def intents(
    *,
    e: list[int],
    d: list[int],
    c: list[int],
    n: list[int],
    ack: list[int],
    x: list[int] | None = None,
) -> Columns:
    """Build the columns that `decompose` reads, for worked examples; all ended, none with a hold.

    Examples
    --------
    >>> intents(e=[5], d=[5], c=[5], n=[1], ack=[1])["amount_minor"].tolist()
    [5]
    """
    rows = len(e)
    columns: Columns = {
        "e_minor": np.array(e, np.int64),
        "d_minor": np.array(d, np.int64),
        "c_minor": np.array(c, np.int64),
        "x_minor": np.array([0] * rows if x is None else x, np.int64),
        "n_posted": np.array(n, np.int32),
        "ack": np.array(ack, np.int8),
        "outcome": np.full(rows, Outcome.OK, np.int8),
        "deadline_ns": np.full(rows, -1, np.int64),
        "completed_ns": np.zeros(rows, np.int64),
        "open_hold_minor": np.zeros(rows, np.int64),
        "currency": np.zeros(rows, np.int16),
    }
    columns["amount_minor"] = np.maximum(columns["e_minor"], np.abs(columns["d_minor"]))
    return columns


def _matched(debited: Minor, credited: Minor) -> Minor:
    size = np.minimum(np.abs(debited), np.abs(credited))
    return np.where(np.sign(debited) == np.sign(credited), np.sign(debited) * size, 0)


def _dup(e: Minor, matched: Minor, n: Minor) -> Minor:
    """Count executions: one that is a hundred times too large is OVER, not DUPLICATE."""
    executions = np.minimum(matched // np.maximum(e, 1), n)
    return np.where((e > 0) & (n >= 2) & (matched >= 2 * e), (executions - 1) * e, 0)


def _vanished(facts: _Facts) -> Mask:
    nothing_flowed = (facts.d == 0) & (facts.c + facts.x == 0)
    vanished: Mask = nothing_flowed & ~facts.told_failed
    return vanished


def _under(base: Minor, matched: Minor, lost: Minor) -> Minor:
    """Take what never arrived; a flow that ran backwards is `invalid` and brought nothing."""
    arrived = np.maximum(matched, 0)
    return np.where((arrived < base) & (lost == 0), base - arrived, 0)


def _gross_leak(facts: _Facts, base: Minor) -> Minor:
    ends = np.maximum(np.abs(facts.d - base), np.abs(facts.c - base))
    leak: Minor = np.maximum(ends, np.abs(facts.x))
    return leak


def _leak_class(parts: Decomposition, facts: _Facts) -> NDArray[np.int8]:
    """Strike in reverse order of precedence, so that the gravest class is written last."""
    moved = ~facts.unmoved
    reserved = facts.in_flight | facts.holding
    told_of_nothing = facts.told_ok & facts.unmoved & facts.has_amount & ~reserved
    strikes: dict[LeakClass, Mask] = {
        LeakClass.ORPHAN_CREDIT: parts.orphan_credit != 0,
        LeakClass.ORPHAN_DEBIT: parts.orphan_debit != 0,
        LeakClass.INVALID_EXECUTED: parts.invalid != 0,
        LeakClass.MISDIRECTED: facts.x != 0,
        LeakClass.DUPLICATE: parts.dup != 0,
        LeakClass.OVER: parts.over != 0,
        LeakClass.UNDER: parts.under != 0,
        LeakClass.LOST: parts.lost != 0,
        LeakClass.GHOST_POSTING: facts.told_failed & moved,
        LeakClass.PHANTOM_SUCCESS: told_of_nothing & (facts.e == 0),
        LeakClass.LATE: facts.late & moved,
        LeakClass.STUCK_HOLD: facts.holding & ~facts.in_flight,
    }
    classes = np.full(len(facts.e), LeakClass.NONE, np.int8)
    for leak_class in reversed(strikes):
        classes[strikes[leak_class]] = leak_class
    return classes


def _status(parts: Decomposition, facts: _Facts) -> NDArray[np.int8]:
    """-1 where no status fits, which L5 then reports."""
    leaked = parts.leak_class != LeakClass.NONE
    settled = ~facts.unmoved & (parts.matched == facts.e)
    answered = facts.unmoved & facts.told_ok & ~facts.has_amount
    rejected = facts.unmoved & ~facts.told_ok & facts.has_amount & (facts.e == 0)
    cases = [
        (leaked, IntentStatus.LEAKED),
        (facts.in_flight, IntentStatus.IN_FLIGHT),
        (facts.failed_clean, IntentStatus.FAILED_CLEAN),
        (rejected, IntentStatus.REJECTED_RIGHT),
        (settled | answered, IntentStatus.OK),
    ]
    masks, codes = zip(*cases, strict=True)
    return np.select(masks, [np.int8(code) for code in codes], np.int8(-1))
