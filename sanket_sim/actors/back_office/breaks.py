"""Kinds of disagreement between orders, posting log and statements; who can see which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.back_office.book import Mask, Minor, Rows
from sanket_sim.core.outcomes import Ack, LegPurpose

Kinds = NDArray[np.int64]


class Break(IntFlag):
    """Kinds of breaks; in lower case the subjects of the decisions table."""

    MISSING = 1
    """Told "done", and nothing was posted."""
    DUPLICATE = 2
    """Posted more often than ordered."""
    AMOUNT = 4
    """Posted with another amount than ordered."""
    ORPHAN_DEBIT = 8
    """More was debited than credited."""
    ORPHAN_CREDIT = 16
    """More was credited than debited."""
    TIMING = 32
    """Told "failed", but posted; or posted after the deadline."""
    INVALID = 64
    """Posted though it must not be."""
    STUCK_HOLD = 128
    """A reservation open past its time-out."""


SUBJECTS = {kind: str(kind.name).lower() for kind in Break}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the bank holds its books against.

    Parameters
    ----------
    hold_ttl_ns : int
        How long a hold lasts; 0: for ever.
    grace_ns : int
    outside : bool array, shape (accounts,)
        Accounts of those who send statements: other banks, acquirers, billers.
    """

    hold_ttl_ns: int
    grace_ns: int
    outside: Mask

    def ripe(self, rows: Rows, now_ns: int) -> Mask:
        """Say which orders have been left alone for long enough to be judged."""
        quiet: Mask = rows["last_ns"] + self.grace_ns <= now_ns
        return quiet

    def own_books(self, rows: Rows, now_ns: int) -> Kinds:
        """Compare orders with the posting log: what the bank can see by itself, during the day."""
        facts = Facts.of(rows, now_ns)
        late_capture = facts.held & (self.hold_ttl_ns > 0)
        late_capture &= rows["posted_ns"] > rows["held_ns"] + self.hold_ttl_ns
        wrong = facts.cancelled | (rows["x_minor"] != 0) | late_capture | rows["excess"]
        wrong &= facts.balanced & facts.moved
        plain = facts.balanced & facts.moved & ~wrong & facts.stands
        other = facts.other_amount & ~rows["read_alike"] & ~facts.twice
        overdue = facts.holding & (self.hold_ttl_ns > 0)
        overdue &= now_ns > rows["held_ns"] + self.hold_ttl_ns + self.grace_ns
        return _kinds(
            {
                Break.ORPHAN_DEBIT: (facts.gap_minor < 0) | (facts.second_gap_minor < 0),
                Break.ORPHAN_CREDIT: (facts.gap_minor > 0) | (facts.second_gap_minor > 0),
                Break.INVALID: wrong,
                Break.TIMING: (facts.balanced & facts.moved & ~wrong & ~facts.stands)
                | (plain & _late(rows) & ~facts.twice),
                Break.MISSING: facts.missing & ~facts.held,
                Break.DUPLICATE: plain & facts.twice & (rows["batch_id"] == 0),
                Break.AMOUNT: plain & other,
                Break.STUCK_HOLD: overdue,
            }
        )

    def statements(self, rows: Rows, now_ns: int, available_minor: Minor) -> Kinds:
        """Compare with what only statements and the day's totals show, at the end of the day."""
        facts = Facts.of(rows, now_ns)
        settled = facts.balanced & facts.stands
        claimed = self.outside[rows["creditor"]] & rows["expired"] & rows["presented"]
        known_outside = self.outside[rows["creditor"]] | self.outside[rows["debtor"]]
        misread = rows["read_alike"] & facts.other_amount & facts.moved & known_outside
        overdrawn = (rows["overdrew"] >= 0) & (available_minor[rows["overdrew"]] < 0)
        return _kinds(
            {
                Break.INVALID: (facts.balanced & ~facts.moved & facts.second_moved)
                | (facts.moved & overdrawn),
                Break.MISSING: facts.missing & claimed,
                Break.DUPLICATE: settled & facts.twice & (rows["batch_id"] > 0),
                Break.AMOUNT: settled & misread & ~facts.twice,
            }
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """Plain predicates on orders, row by row."""

    gap_minor: Minor
    second_gap_minor: Minor
    balanced: Mask
    moved: Mask
    second_moved: Mask
    cancelled: Mask
    stands: Mask
    held: Mask
    holding: Mask
    missing: Mask
    twice: Mask
    other_amount: Mask

    @classmethod
    def of(cls, rows: Rows, now_ns: int) -> Facts:
        """Read them off the book as of `now_ns`."""
        gap = rows["c_minor"] + rows["x_minor"] - rows["d_minor"]
        second_gap = rows["second_c_minor"] + rows["second_x_minor"] - rows["second_d_minor"]
        moved = (rows["d_minor"] != 0) | (rows["c_minor"] != 0) | (rows["x_minor"] != 0)
        cancelled = (rows["cancelled_ns"] >= 0) & (rows["cancelled_ns"] < now_ns)
        holding = rows["held_ns"] > rows["resolved_ns"]
        balanced = (gap == 0) & (second_gap == 0)
        told_ok = rows["told"] == Ack.OK
        amount = rows["amount_minor"]
        return cls(
            gap_minor=gap,
            second_gap_minor=second_gap,
            balanced=balanced,
            moved=moved,
            second_moved=rows["second_d_minor"] != 0,
            cancelled=cancelled,
            stands=(rows["told"] != Ack.FAILED) & ~cancelled,
            held=rows["held_ns"] >= 0,
            holding=holding,
            missing=told_ok & balanced & ~moved & ~holding & ~cancelled & (amount != 0),
            twice=(rows["debits"] >= 2) & (amount > 0) & (rows["d_minor"] >= 2 * amount),
            other_amount=(rows["d_minor"] != amount) | _other_second(rows),
        )


def grave(rows: Rows, kinds: Kinds) -> Kinds:
    """Leave out what needs no correction: what came late but right, and holds."""
    late = np.where(rows["told"] != Ack.FAILED, int(Break.TIMING), 0)
    return np.asarray(kinds & ~np.int64(Break.STUCK_HOLD) & ~late)


def complained(rows: Rows, now_ns: int) -> Kinds:
    """Return of what customers would complain who were told "done": they know their own wish.

    The only place that looks at what was wanted. Whoever is better off says nothing.
    """
    facts = Facts.of(rows, now_ns)
    taken, received = taken_minor(rows), received_minor(rows)
    wanted = rows["wish_minor"]
    hurt = (taken > wanted) | (received < wanted)
    hurt &= (rows["told"] == Ack.OK) & ~facts.holding & (facts.moved | ~facts.held)
    twice = (rows["debits"] >= 2) & (wanted > 0) & (taken >= 2 * wanted)
    return _kinds(
        {
            Break.INVALID: hurt & (wanted == 0),
            Break.DUPLICATE: hurt & twice,
            Break.MISSING: hurt & (wanted > 0) & ~twice & (received <= 0),
            Break.AMOUNT: hurt & (wanted > 0) & ~twice & (received > 0),
        }
    )


def taken_minor(rows: Rows) -> Minor:
    """Return what left the account of whom the customer meant to pay for it."""
    taken: Minor = np.where(rows["wish_debtor"] == rows["debtor"], rows["d_minor"], 0)
    return taken


def received_minor(rows: Rows) -> Minor:
    """Return what reached the account of whom the customer meant."""
    payee = rows["wish_creditor"]
    there = np.where(payee == rows["elsewhere"], rows["x_minor"], 0)
    received: Minor = np.where(payee == rows["creditor"], rows["c_minor"], there)
    return received


def _other_second(rows: Rows) -> Mask:
    """Say whose second leg does not come with the first as ordered."""
    ordered = np.isin(rows["second_purpose"], (LegPurpose.EXCHANGE, LegPurpose.FEE))
    other: Mask = ordered & (rows["second_d_minor"] != rows["second_amount_minor"])
    return other


def _late(rows: Rows) -> Mask:
    """Say what was posted after its deadline; a capture has the hold's time instead."""
    late: Mask = (rows["deadline_ns"] >= 0) & (rows["posted_ns"] > rows["deadline_ns"])
    return late & (rows["held_ns"] < 0)


def _kinds(seen: dict[Break, Mask]) -> Kinds:
    return np.asarray(sum(mask * np.int64(kind) for kind, mask in seen.items()))
