"""One leg of an intent: what should have moved on it, what did, and the parts of the difference."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.outcomes import Ack, LeakClass, Outcome
from sanket_sim.trace.batch import Columns, is_code

Minor = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
Classes = NDArray[np.int8]

AMOUNT_MINOR_MAX = 2**60
"""Largest size of any column; sums of three such still fit an int64."""


@dataclass(frozen=True, slots=True)
class LegParts:
    """The parts of one leg of some intents, as int64 columns of equal length [minor units].

    Parameters
    ----------
    base_minor : int64 array, shape (legs,)
        What should have moved: e, or 0 for a clean failure and for what is still in flight.
    matched, orphan_debit, orphan_credit, invalid, dup, over, lost, under : int64 arrays
        Parts of the flow as design page 3 names them.
    misdirected : int64 array
        Memo inside `matched`: credited, but to somebody else.
    glv_minor : int64 array
        Gross leak: ``max(|d - base|, |c - base|, |x|)``; never the sum of the parts.
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

    @property
    def flow_minor(self) -> Minor:
        """What must have flowed on both sides if the parts tell the truth (laws L1, L2)."""
        gained = self.dup + self.over + self.invalid
        return self.base_minor + gained - self.under - self.lost


@dataclass(slots=True)
class Leg:
    """One leg of some intents: the columns of it that matter [minor units; `n` in journals].

    `unmoved` is where nothing moved on it; `untouched` where nothing moved on the leg that it
    stands or falls with either.
    """

    e: Minor
    d: Minor
    c: Minor
    x: Minor
    n: Minor
    unmoved: Mask
    untouched: Mask

    @classmethod
    def of(cls, transactions: Columns, prefix: str = "") -> Leg:
        """Read a leg out of the columns that begin with `prefix`.

        Raises
        ------
        ValueError
            If it expects a negative amount.
        """
        e, d, c, x = (transactions[f"{prefix}{name}_minor"].astype(np.int64) for name in "edcx")
        if np.any(e < 0):
            raise ValueError(f"an intent expects a negative amount; {prefix}e_minor must be >= 0")
        unmoved = (d == 0) & (c == 0) & (x == 0)
        n = transactions[f"{prefix}n_posted"].astype(np.int64)
        return cls(e, d, c, x, n, unmoved, unmoved.copy())


@dataclass(frozen=True, slots=True)
class Told:
    """What an intent's legs share: what the customer was told, and whether it may go on.

    `waiting` has not ended, or has a hold inside its time to live; `overdue` has one beyond it.
    """

    ok: Mask
    failed: Mask
    waiting: Mask
    overdue: Mask
    late: Mask
    has_amount: Mask

    @classmethod
    def of(cls, transactions: Columns) -> Told:
        """Read it out of a transactions table."""
        deadline_ns = transactions["deadline_ns"]
        holding = transactions["open_hold_minor"] > 0
        overdue = holding & transactions["hold_overdue"]
        return cls(
            ok=is_code(transactions["ack"], Ack.OK),
            failed=is_code(transactions["ack"], Ack.FAILED),
            waiting=is_code(transactions["outcome"], Outcome.IN_FLIGHT) | (holding & ~overdue),
            overdue=overdue,
            late=(deadline_ns >= 0) & (transactions["completed_ns"] > deadline_ns),
            has_amount=transactions["amount_minor"] != 0,
        )

    def at(self, rows: Rows) -> Told:
        """Return it for some of the intents."""
        return Told(*(getattr(self, field.name)[rows] for field in fields(self)))


def parts_of(leg: Leg, told: Told) -> LegParts:
    """Split a leg into its parts, by the formulas of design page 3."""
    credited = leg.c + leg.x
    base = np.where(leg.untouched & (told.failed | told.waiting), 0, leg.e)
    matched = _matched(leg.d, credited)
    dup = _dup(leg.e, matched, leg.n)
    vanished = (leg.d == 0) & (credited == 0) & ~told.failed
    lost = np.where((base > 0) & vanished, leg.e, 0)
    return LegParts(
        base_minor=base,
        matched=matched,
        orphan_debit=leg.d - matched,
        orphan_credit=credited - matched,
        invalid=np.where((leg.e == 0) | (matched < 0), matched, 0),
        dup=dup,
        over=np.where((leg.e > 0) & (matched > leg.e), matched - leg.e - dup, 0),
        lost=lost,
        under=_under(base, matched, lost),
        misdirected=np.minimum(np.maximum(leg.x, 0), np.maximum(matched, 0)),
        glv_minor=_gross_leak(leg, base),
    )


def _matched(debited: Minor, credited: Minor) -> Minor:
    size = np.minimum(np.abs(debited), np.abs(credited))
    return np.where(np.sign(debited) == np.sign(credited), np.sign(debited) * size, 0)


def _dup(e: Minor, matched: Minor, n: Minor) -> Minor:
    """Count executions: one that is a hundred times too large is OVER, not DUPLICATE."""
    executions = np.minimum(matched // np.maximum(e, 1), n)
    return np.where((e > 0) & (n >= 2) & (matched >= 2 * e), (executions - 1) * e, 0)


def _under(base: Minor, matched: Minor, lost: Minor) -> Minor:
    """Take what never arrived; a flow that ran backwards is `invalid` and brought nothing."""
    arrived = np.maximum(matched, 0)
    return np.where((arrived < base) & (lost == 0), base - arrived, 0)


def _gross_leak(leg: Leg, base: Minor) -> Minor:
    ends = np.maximum(np.abs(leg.d - base), np.abs(leg.c - base))
    leak: Minor = np.maximum(ends, np.abs(leg.x))
    return leak


def money_class(parts: LegParts, leg: Leg) -> Classes:
    """Name the gravest thing that went wrong with the money of a leg."""
    return struck(
        {
            LeakClass.ORPHAN_CREDIT: parts.orphan_credit != 0,
            LeakClass.ORPHAN_DEBIT: parts.orphan_debit != 0,
            LeakClass.INVALID_EXECUTED: parts.invalid != 0,
            LeakClass.MISDIRECTED: leg.x != 0,
            LeakClass.DUPLICATE: parts.dup != 0,
            LeakClass.OVER: parts.over != 0,
            LeakClass.UNDER: parts.under != 0,
            LeakClass.LOST: parts.lost != 0,
        }
    )


def struck(strikes: dict[LeakClass, Mask]) -> Classes:
    """Strike in reverse order of precedence, so that the gravest class is written last."""
    classes = np.zeros(len(next(iter(strikes.values()))), np.int8)  # NONE is nought
    for leak_class in reversed(strikes):
        classes[strikes[leak_class]] = int(leak_class)
    return classes


def gravest(one: Classes, other: Classes) -> Classes:
    """Choose the class of higher precedence, which has the lower code, but for NONE.

    Examples
    --------
    >>> gravest(np.array([0, 0, 4, 9], np.int8), np.array([0, 3, 0, 2], np.int8)).tolist()
    [0, 3, 4, 2]
    """
    # One less, without a sign: NONE becomes the largest of all.
    ranks = np.minimum(one.view(np.uint8) - np.uint8(1), other.view(np.uint8) - np.uint8(1))
    return np.asarray(ranks + np.uint8(1)).view(np.int8)
