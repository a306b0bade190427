"""The exact decomposition: where every minor unit of an intent went, and by which class it leaked.

Truth (what the customer wanted) is set against fact (what was posted) and against the answer the
customer got. An intent moves money on its principal leg and, if it is converted or charged for, on
a second one in a currency of its own. Each leg is split into parts that add up to the unit, so that
the conservation laws L1-L3 and L5 of a run are identities with residual zero, not statistics with
a tolerance.

Clean failures are unavailability, not leakage; only intents that end wrongly in money or in what
the customer was told about money are leaked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.leg_parts import (
    Classes,
    Leg,
    LegParts,
    Mask,
    Minor,
    Rows,
    Told,
    gravest,
    money_class,
    parts_of,
    struck,
)
from sanket_sim.core.outcomes import LeakClass, LegPurpose, Outcome
from sanket_sim.trace.batch import Columns, is_code, sums_by_code


class IntentStatus(IntEnum):
    """How an intent ended; every intent has exactly one (law L5)."""

    OK = 0
    REJECTED_RIGHT = 1
    FAILED_CLEAN = 2
    IN_FLIGHT = 3
    LEAKED = 4


@dataclass(frozen=True, slots=True)
class Decomposition(LegParts):
    """The parts of every intent: those of its principal leg, and its second leg's beside them.

    Parameters
    ----------
    second_rows : int64 array, shape (second legs,)
        Which intents have a second leg.
    second : LegParts
        The parts of those legs, in the order of `second_rows`.
    leak_class : int8 array, shape (intents,)
        `LeakClass`, the gravest over both legs.
    status : int8 array, shape (intents,)
        `IntentStatus`, over both legs.
    """

    second_rows: Rows
    second: LegParts
    leak_class: Classes
    status: NDArray[np.int8]

    @property
    def second_glv_minor(self) -> Minor:
        """Gross leak of the second leg, 0 for intents that have none, shape (intents,)."""
        glv_minor = np.zeros(len(self.status), np.int64)
        glv_minor[self.second_rows] = self.second.glv_minor
        return glv_minor

    def where(self, keep: Mask) -> Decomposition:
        """Return the parts of some of the intents."""
        seconds, places = keep[self.second_rows], np.cumsum(keep) - 1
        return Decomposition(
            **_parts_at(self, keep),
            second_rows=places[self.second_rows[seconds]],
            second=LegParts(**_parts_at(self.second, seconds)),
            leak_class=self.leak_class[keep],
            status=self.status[keep],
        )


@dataclass(frozen=True, slots=True)
class Flows:
    """What flowed on one leg of some intents, and the parts that are to explain it.

    Parameters
    ----------
    currency : int array, shape (legs,)
    debits_minor, credits_minor : int64 arrays, shape (legs,)
        What left the right debtor, and what reached anybody else.
    parts : LegParts
    """

    currency: NDArray[np.integer]
    debits_minor: Minor
    credits_minor: Minor
    parts: LegParts


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


def decompose(transactions: Columns) -> Decomposition:
    """Split every intent of a transactions table into its parts, its class and its gross leak.

    Parameters
    ----------
    transactions : Columns
        At least ``e_minor d_minor c_minor x_minor n_posted ack outcome amount_minor deadline_ns
        completed_ns open_hold_minor hold_overdue second_purpose second_e_minor second_d_minor
        second_c_minor second_x_minor second_n_posted`` of `trace.schema.TRANSACTIONS`; sizes below
        `AMOUNT_MINOR_MAX`.

    Raises
    ------
    ValueError
        If a leg expects a negative amount: the truth of a backwards payment is e = 0.

    Notes
    -----
    Each leg is split by itself, in its currency; the answer to the customer is the same for both.
    A leg on which nothing moved is clean (or still in flight) only if nothing moved on the leg that
    it stands or falls with: half of a conversion is no clean failure. A fee falls with its payment,
    a payment not with its fee.

    A hold that is open and inside its time to live when the run ends has not ended either way, so
    its intent is in flight, whatever the customer was told: an authorisation that was approved,
    not yet captured and not yet lapsed, is neither a success nor a lost payment. Were it OK, law
    L1 would miss e; were it LOST, every card payment of the last minutes would leak. Nothing
    moved on it, so base = 0 and L1-L3 hold as they do for any intent in flight, and L5 counts it
    once, as IN_FLIGHT. A hold that is open past its time to live is STUCK_HOLD, unless something
    graver is wrong with its money; one that has lapsed is gone, and its intent a right rejection.

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

    A failed payment whose fee of 0.50 was kept:

    >>> failed = intents(e=[2500], d=[0], c=[0], n=[0], ack=[2])
    >>> kept = with_second_legs(failed, [LegPurpose.FEE], e=[0], d=[50], c=[50], n=[1])
    >>> parts = decompose(kept)
    >>> LeakClass(parts.leak_class[0]).name
    'INVALID_EXECUTED'
    >>> parts.glv_minor.tolist(), parts.second_glv_minor.tolist()
    ([0], [50])
    """
    told, rows = Told.of(transactions), _with_second_leg(transactions)
    principal = Leg.of(transactions)
    second = Leg.of({name: transactions[name][rows] for name in _SECOND}, "second_")
    exchanged = is_code(transactions["second_purpose"][rows], LegPurpose.EXCHANGE)
    second.untouched &= principal.untouched[rows]
    principal.untouched[rows[exchanged & ~second.unmoved]] = False
    parts, second_parts = parts_of(principal, told), parts_of(second, told.at(rows))
    classes = money_class(parts, principal)
    classes[rows] = gravest(classes[rows], money_class(second_parts, second))
    moved = ~principal.unmoved
    moved[rows] |= ~second.unmoved
    classes = gravest(classes, _status_only_class(principal, told, moved))
    even = parts.matched == parts.base_minor
    even[rows] &= second_parts.matched == second_parts.base_minor
    return Decomposition(
        **{field.name: getattr(parts, field.name) for field in fields(LegParts)},
        second_rows=rows,
        second=second_parts,
        leak_class=classes,
        status=_status(principal, told, classes, moved & even),
    )


def laws(transactions: Columns, parts: Decomposition, currencies: int) -> LawResiduals:
    """Compute the residuals of the laws L1, L2, L3 and L5, per currency.

    Parameters
    ----------
    transactions : Columns
        As for `decompose`, and ``currency second_currency``.
    parts : Decomposition
        Of the same rows.
    currencies : int
        How many currencies there are; a currency without intents has residual 0.

    Notes
    -----
    With ``flow = sum(base + dup + over + invalid - under - lost)`` over both legs: L1 ``sum d =
    flow + sum od``; L2 ``sum (c + x) = flow + sum oc``; L3 ``sum (c + x - d) = sum oc - sum od``;
    L5 every intent has one status.

    Examples
    --------
    >>> table = intents(e=[2500, 0], d=[5000, -700], c=[2500, 0], x=[10, 0], n=[2, 1], ack=[1, 1])
    >>> laws(table, decompose(table), currencies=1).broken()
    []
    """
    flows = flows_of(transactions, parts)
    return residuals_of_flows(flows, transactions["currency"], parts.status, currencies)


def flows_of(transactions: Columns, parts: Decomposition) -> tuple[Flows, Flows]:
    """Return what intents themselves say flowed, on their principal and on their second legs."""
    rows = parts.second_rows
    second = {name: transactions[name][rows] for name in ("second_currency", *_SECOND)}
    credited, astray = second["second_c_minor"], second["second_x_minor"]
    return (
        Flows(
            transactions["currency"],
            transactions["d_minor"],
            transactions["c_minor"] + transactions["x_minor"],
            parts,
        ),
        Flows(second["second_currency"], second["second_d_minor"], credited + astray, parts.second),
    )


def residuals_of_flows(
    flows: Iterable[Flows], currency: NDArray[np.integer], status: NDArray[np.int8], size: int
) -> LawResiduals:
    """Hold flows, from whatever source they were taken, against the parts of their intents.

    Parameters
    ----------
    flows : iterable of Flows
        Of both legs.
    currency, status : int arrays, shape (intents,)
        The currency of each principal leg and how the intent ended.
    size : int
        How many currencies there are.
    """
    l1, l2, l3 = (np.zeros(size, np.int64) for _ in range(3))
    for leg in flows:
        parts = leg.parts
        per_currency = partial(sums_by_code, leg.currency, size=size)
        created = parts.orphan_credit - parts.orphan_debit
        l1 += per_currency(leg.debits_minor - parts.flow_minor - parts.orphan_debit)
        l2 += per_currency(leg.credits_minor - parts.flow_minor - parts.orphan_credit)
        l3 += per_currency(leg.credits_minor - leg.debits_minor - created)
    homeless = ~np.isin(status, list(IntentStatus))
    return LawResiduals(l1, l2, l3, l5=np.bincount(currency[homeless], minlength=size))


def intents(
    *,
    e: list[int],
    d: list[int],
    c: list[int],
    n: list[int],
    ack: list[int],
    x: list[int] | None = None,
) -> Columns:
    """Build the columns that `decompose` reads, for worked examples.

    All have ended, none has a hold, none a second leg (`with_second_legs`).

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
        "hold_overdue": np.zeros(rows, np.bool_),
        "currency": np.zeros(rows, np.int16),
    }
    columns["amount_minor"] = np.maximum(columns["e_minor"], np.abs(columns["d_minor"]))
    nothing = [0] * rows
    return with_second_legs(columns, nothing, e=nothing, d=nothing, c=nothing, n=nothing)


def with_second_legs(
    table: Columns,
    purpose: list[int],
    *,
    e: list[int],
    d: list[int],
    c: list[int],
    n: list[int],
    x: list[int] | None = None,
    currency: int = 0,
) -> Columns:
    """Give the intents of a worked example second legs, all in one currency.

    Parameters
    ----------
    table : Columns
        As `intents` builds it; not changed.
    purpose : list of int
        `LegPurpose` of each intent; `NONE` is without a second leg.
    """
    rows = len(purpose)
    return table | {
        "second_purpose": np.array(purpose, np.int8),
        "second_currency": np.where(np.array(purpose, np.int8) != 0, currency, -1).astype(np.int16),
        "second_e_minor": np.array(e, np.int64),
        "second_d_minor": np.array(d, np.int64),
        "second_c_minor": np.array(c, np.int64),
        "second_x_minor": np.array([0] * rows if x is None else x, np.int64),
        "second_n_posted": np.array(n, np.int32),
    }


def _parts_at(parts: LegParts, keep: Mask) -> dict[str, Minor]:
    return {field.name: getattr(parts, field.name)[keep] for field in fields(LegParts)}


_SECOND = (*(f"second_{name}_minor" for name in "edcx"), "second_n_posted")


def _with_second_leg(transactions: Columns) -> Rows:
    return np.flatnonzero(~is_code(transactions["second_purpose"], LegPurpose.NONE))


def _status_only_class(principal: Leg, told: Told, moved: Mask) -> Classes:
    nothing_done = principal.untouched & ~told.waiting & ~told.overdue
    return struck(
        {
            LeakClass.GHOST_POSTING: told.failed & moved,
            LeakClass.PHANTOM_SUCCESS: nothing_done
            & told.ok
            & told.has_amount
            & (principal.e == 0),
            LeakClass.LATE: told.late & moved,
            LeakClass.STUCK_HOLD: told.overdue,
        }
    )


def _status(principal: Leg, told: Told, classes: Classes, settled: Mask) -> NDArray[np.int8]:
    """-1 where no status fits, which L5 then reports."""
    untouched, wanted = principal.untouched, principal.e > 0
    payment, enquiry = told.failed & wanted, ~told.ok & ~wanted & ~told.has_amount
    rejected = untouched & ~told.ok & ~wanted & told.has_amount
    answered = untouched & told.ok & ~told.has_amount
    cases = [
        (~is_code(classes, LeakClass.NONE), IntentStatus.LEAKED),
        (untouched & told.waiting, IntentStatus.IN_FLIGHT),
        (untouched & (payment | enquiry), IntentStatus.FAILED_CLEAN),
        (rejected, IntentStatus.REJECTED_RIGHT),
        (settled | answered, IntentStatus.OK),
    ]
    status = np.full(len(untouched), -1, np.int8)
    for which, code in reversed(cases):  # the first that holds is written last
        status[which] = int(code)
    return status
