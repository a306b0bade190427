"""The worked classes of design page 3, and exactness on anything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanket_sim.analysis.decomposition import (
    IntentStatus,
    LawResiduals,
    decompose,
    flows_of,
    intents,
    laws,
    with_second_legs,
)
from sanket_sim.core.outcomes import Ack, Decline, LeakClass, LegPurpose, Outcome
from sanket_sim.trace.batch import Columns

E = 2500
LEAKS = {
    # name: (e, d, c, x, n, ack) -> class, gross leak
    "paid": ((E, E, E, 0, 1, Ack.OK), LeakClass.NONE, 0),
    "T01 paid thrice": ((E, 3 * E, 3 * E, 0, 3, Ack.OK), LeakClass.DUPLICATE, 2 * E),
    "T04 crash between legs": ((E, E, 0, 0, 1, Ack.FAILED), LeakClass.ORPHAN_DEBIT, E),
    "T05 credit before settlement": ((E, 0, E, 0, 1, Ack.OK), LeakClass.ORPHAN_CREDIT, E),
    "T06 negative amount": ((0, -E, -E, 0, 1, Ack.OK), LeakClass.INVALID_EXECUTED, E),
    "T10 overdraft": ((0, E, E, 0, 1, Ack.OK), LeakClass.INVALID_EXECUTED, E),
    "T14 capture beyond": ((E, E + 7, E + 7, 0, 1, Ack.OK), LeakClass.OVER, 7),
    "T17 rounding": ((10_000, 10_000, 9_999, 0, 3, Ack.OK), LeakClass.ORPHAN_DEBIT, 1),
    "T20 wrong payee": ((E, E, 0, E, 1, Ack.OK), LeakClass.MISDIRECTED, E),
    "T21 dropped after OK": ((E, 0, 0, 0, 0, Ack.OK), LeakClass.LOST, E),
    "T24 told failed, posted": ((E, E, E, 0, 1, Ack.FAILED), LeakClass.GHOST_POSTING, 0),
    "T25 exponent": ((E, 100 * E, 100 * E, 0, 1, Ack.OK), LeakClass.OVER, 99 * E),
    "T26 locale": ((123_456, 123, 123, 0, 1, Ack.OK), LeakClass.UNDER, 123_333),
    "lost without a word": ((E, 0, 0, 0, 0, Ack.UNKNOWN), LeakClass.LOST, E),
    "failed clean": ((E, 0, 0, 0, 0, Ack.FAILED), LeakClass.NONE, 0),
}


def table_of(*row: int, **others: int) -> Columns:
    e, d, c, x, n, ack = row
    table = intents(e=[e], d=[d], c=[c], x=[x], n=[n], ack=[ack])
    for name, value in others.items():
        table[name] = np.array([value], table[name].dtype if name in table else np.int64)
    return table


def verdict_of(*row: int, **others: int) -> tuple[IntentStatus, LeakClass]:
    parts = decompose(table_of(*row, **others))
    return IntentStatus(parts.status[0]), LeakClass(parts.leak_class[0])


@pytest.mark.parametrize("name", LEAKS)
def test_worked_class(name: str) -> None:
    row, leak_class, gross_minor = LEAKS[name]
    parts = decompose(table_of(*row))
    assert LeakClass(parts.leak_class[0]) is leak_class
    assert parts.glv_minor[0] == gross_minor


def test_hundredfold_amount_with_one_execution_is_no_duplicate() -> None:
    parts = decompose(table_of(E, 100 * E, 100 * E, 0, 1, Ack.OK))
    assert (parts.dup[0], parts.over[0]) == (0, 99 * E)


def test_two_executions_beyond_twice_split_into_duplicate_and_over() -> None:
    parts = decompose(table_of(E, 2 * E + 9, 2 * E + 9, 0, 2, Ack.OK))
    assert (parts.dup[0], parts.over[0]) == (E, 9)


@pytest.mark.parametrize(
    ("row", "others", "expected"),
    [
        ((0, 0, 0, 0, 0, Ack.FAILED), {"amount_minor": E}, (IntentStatus.REJECTED_RIGHT, "NONE")),
        ((0, 0, 0, 0, 0, Ack.OK), {"amount_minor": E}, (IntentStatus.LEAKED, "PHANTOM_SUCCESS")),
        ((0, 0, 0, 0, 0, Ack.OK), {"amount_minor": 0}, (IntentStatus.OK, "NONE")),
        ((0, 0, 0, 0, 0, Ack.FAILED), {"amount_minor": 0}, (IntentStatus.FAILED_CLEAN, "NONE")),
        ((E, 0, 0, 0, 0, Ack.FAILED), {}, (IntentStatus.FAILED_CLEAN, "NONE")),
        (
            (E, 0, 0, 0, 0, Ack.NONE),
            {"outcome": Outcome.IN_FLIGHT, "completed_ns": -1},
            (IntentStatus.IN_FLIGHT, "NONE"),
        ),
        (
            (E, E, 0, 0, 1, Ack.NONE),
            {"outcome": Outcome.IN_FLIGHT},
            (IntentStatus.LEAKED, "ORPHAN_DEBIT"),
        ),
        (
            (E, E, E, 0, 1, Ack.OK),
            {"deadline_ns": 10, "completed_ns": 11},
            (IntentStatus.LEAKED, "LATE"),
        ),
        (
            (E, E, E, 0, 1, Ack.OK),
            {"deadline_ns": 10, "completed_ns": 10},
            (IntentStatus.OK, "NONE"),
        ),
        (
            (E, 0, 0, 0, 0, Ack.FAILED),
            {"open_hold_minor": E, "hold_overdue": 1},
            (IntentStatus.LEAKED, "STUCK_HOLD"),
        ),
        (
            (E, 0, 0, 0, 0, Ack.NONE),
            {"open_hold_minor": E, "hold_overdue": 1, "outcome": Outcome.IN_FLIGHT},
            (IntentStatus.LEAKED, "STUCK_HOLD"),
        ),
        (
            (E, 0, 0, 0, 0, Ack.OK),
            {"open_hold_minor": E, "hold_overdue": 1},
            (IntentStatus.LEAKED, "LOST"),
        ),
        (
            (0, 0, 0, 0, 0, Ack.FAILED),
            {"amount_minor": E, "decline_reason": Decline.PENDING_TRANSFER_EXPIRED},
            (IntentStatus.REJECTED_RIGHT, "NONE"),
        ),
    ],
)
def test_status(row: tuple[int, ...], others: dict[str, int], expected: tuple) -> None:
    status, leak_class = verdict_of(*row, **others)
    assert (status, leak_class.name) == expected


@pytest.mark.parametrize("ack", Ack)
@pytest.mark.parametrize("e", [0, E])
def test_an_open_hold_inside_its_time_to_live_is_in_flight(ack: Ack, e: int) -> None:
    held = {"open_hold_minor": E, "amount_minor": E}
    assert verdict_of(e, 0, 0, 0, 0, ack, **held) == (IntentStatus.IN_FLIGHT, LeakClass.NONE)
    assert decompose(table_of(e, 0, 0, 0, 0, ack, **held)).base_minor[0] == 0


def test_a_late_refusal_is_no_leak() -> None:
    late = {"deadline_ns": 10, "completed_ns": 99, "amount_minor": E}
    assert verdict_of(0, 0, 0, 0, 0, Ack.FAILED, **late)[1] is LeakClass.NONE


def test_graver_class_hides_the_lighter() -> None:
    orphan_and_misdirected = verdict_of(E, E, 0, E - 1, 1, Ack.FAILED)
    assert orphan_and_misdirected[1] is LeakClass.ORPHAN_DEBIT


def test_truth_is_never_negative() -> None:
    with pytest.raises(ValueError, match="e_minor must be >= 0"):
        decompose(table_of(-1, 0, 0, 0, 0, Ack.OK))


EUR, USD = 0, 1
FX, FEE, MISMATCH = LegPurpose.EXCHANGE, LegPurpose.FEE, LegPurpose.MISMATCH
U = 2700
PAID, UNPAID, NOTHING = (E, E, E, 0, 1), (E, 0, 0, 0, 0), (0, 0, 0, 0, 0)
BOUGHT, UNBOUGHT = (U, U, U, 0, 1), (U, 0, 0, 0, 0)
TWO_LEGS = {
    # name: ack, principal (e, d, c, x, n), purpose, second leg -> class, gross leaks, status
    "converted": (Ack.OK, PAID, FX, BOUGHT, "NONE", (0, 0), "OK"),
    "conversion told failed and not done": (
        *(Ack.FAILED, UNPAID, FX, UNBOUGHT, "NONE", (0, 0), "FAILED_CLEAN"),
    ),
    "conversion rejected": (Ack.FAILED, NOTHING, FX, NOTHING, "NONE", (0, 0), "REJECTED_RIGHT"),
    "half converted, told OK": (Ack.OK, PAID, FX, UNBOUGHT, "LOST", (0, U), "LEAKED"),
    "half converted, told failed": (Ack.FAILED, PAID, FX, UNBOUGHT, "UNDER", (0, U), "LEAKED"),
    "sold but never bought": (Ack.FAILED, UNPAID, FX, BOUGHT, "UNDER", (E, 0), "LEAKED"),
    "converted twice": (
        *(Ack.OK, (E, 2 * E, 2 * E, 0, 2), FX, (U, 2 * U, 2 * U, 0, 2)),
        *("DUPLICATE", (E, U), "LEAKED"),
    ),
    "converted at a wrong rate": (Ack.OK, PAID, FX, (U, U - 9, U - 9, 0, 1), "UNDER", (0, 9), ""),
    "paid with its fee": (Ack.OK, PAID, FEE, (30, 30, 30, 0, 1), "NONE", (0, 0), "OK"),
    "paid without its fee": (Ack.OK, PAID, FEE, (30, 0, 0, 0, 0), "LOST", (0, 30), "LEAKED"),
    "failed without its fee": (Ack.FAILED, UNPAID, FEE, NOTHING, "NONE", (0, 0), "FAILED_CLEAN"),
    "T18 fee kept": (
        *(Ack.FAILED, UNPAID, FEE, (0, 30, 30, 0, 1)),
        *("INVALID_EXECUTED", (0, 30), "LEAKED"),
    ),
    "T09 booked one to one": (
        *(Ack.OK, (0, E, 0, 0, 1), MISMATCH, (0, 0, 0, E, 1)),
        *("ORPHAN_CREDIT", (E, E), "LEAKED"),
    ),
    "T08 only the credit survives": (
        *(Ack.OK, (0, 0, E, 0, 1), LegPurpose.NONE, NOTHING),
        *("ORPHAN_CREDIT", (E, 0), "LEAKED"),
    ),
    "graver on the principal leg": (
        *(Ack.OK, (E, E, 0, 0, 1), FX, (U, 3 * U, 3 * U, 0, 3)),
        *("ORPHAN_DEBIT", (E, 2 * U), "LEAKED"),
    ),
}


def two_legged(
    ack: int, principal: tuple[int, ...], purpose: int, second: tuple[int, ...]
) -> Columns:
    e, d, c, x, n = ([figure] for figure in second)
    table = table_of(*principal, ack, amount_minor=E)
    return with_second_legs(table, [purpose], e=e, d=d, c=c, x=x, n=n, currency=USD)


@pytest.mark.parametrize("name", TWO_LEGS)
def test_worked_second_leg(name: str) -> None:
    *row, leak_class, gross_minor, status = TWO_LEGS[name]
    table = two_legged(*row)
    parts = decompose(table)
    assert LeakClass(parts.leak_class[0]).name == leak_class
    assert (parts.glv_minor[0], parts.second_glv_minor[0]) == gross_minor
    assert IntentStatus(parts.status[0]).name == (status or "LEAKED")
    assert laws(table, parts, currencies=2).broken() == []


def test_a_mismatch_destroys_in_one_currency_what_it_creates_in_the_other() -> None:
    table = two_legged(Ack.OK, (0, E, 0, 0, 1), MISMATCH, (0, 0, 0, E, 1))
    principal, second = flows_of(table, decompose(table))
    assert (principal.currency[0], second.currency[0]) == (EUR, USD)
    assert (principal.parts.orphan_debit[0], principal.parts.orphan_credit[0]) == (E, 0)
    assert (second.parts.orphan_debit[0], second.parts.orphan_credit[0]) == (0, E)


def test_half_of_a_conversion_is_not_in_flight() -> None:
    table = two_legged(Ack.NONE, PAID, FX, UNBOUGHT) | {"outcome": np.array([Outcome.IN_FLIGHT])}
    assert LeakClass(decompose(table).leak_class[0]) is LeakClass.LOST


def test_only_intents_with_a_second_leg_have_its_parts() -> None:
    legs = {name: [U, U, U] for name in "edc"} | {"n": [1, 1, 1]}
    plain = intents(e=[E] * 3, d=[E] * 3, c=[E] * 3, n=[1] * 3, ack=[1] * 3)
    parts = decompose(with_second_legs(plain, [0, FX, 0], **legs))
    assert parts.second_rows.tolist() == [1]
    assert parts.second.matched.tolist() == [U]


SIZES = st.one_of(
    st.integers(-3 * E, 3 * E), st.sampled_from([0, E, -E, 2 * E]), st.integers(-(2**55), 2**55)
)
ROWS = st.tuples(SIZES.map(abs), SIZES, SIZES, SIZES, st.integers(0, 4), st.sampled_from(list(Ack)))
STATES = st.tuples(
    st.sampled_from([Outcome.OK, Outcome.TIMEOUT, Outcome.IN_FLIGHT]),
    st.integers(0, 1),
    st.sampled_from([0, E]),
    st.booleans(),
    st.sampled_from([-1, 5]),
)


SECONDS = st.tuples(
    st.sampled_from(list(LegPurpose)), SIZES.map(abs), SIZES, SIZES, SIZES, st.integers(0, 4)
)
INTENTS = st.lists(st.tuples(ROWS, STATES, SECONDS), min_size=1, max_size=60)


def random_table(rows: list[tuple[tuple[int, ...], ...]]) -> Columns:
    firsts, states, seconds = zip(*rows, strict=True)
    e, d, c, x, n, ack = (list(side) for side in zip(*firsts, strict=True))
    table = intents(e=e, d=d, c=c, x=x, n=n, ack=ack)
    names = ("outcome", "currency", "open_hold_minor", "hold_overdue", "deadline_ns")
    for name, side in zip(names, zip(*states, strict=True), strict=True):
        table[name] = np.array(side, table[name].dtype)
    purpose, e, d, c, x, n = (list(side) for side in zip(*seconds, strict=True))
    table = with_second_legs(table, purpose, e=e, d=d, c=c, x=x, n=n)
    table["second_currency"][:] = 2 - table["currency"]
    return table


@given(INTENTS)
def test_laws_leave_no_residual(rows: list) -> None:
    table = random_table(rows)
    parts = decompose(table)
    assert laws(table, parts, currencies=3).broken() == []
    assert np.array_equal(parts.matched, parts.flow_minor)
    assert np.array_equal(parts.second.matched, parts.second.flow_minor)


@given(INTENTS)
def test_no_leak_means_the_money_is_right(rows: list) -> None:
    parts = decompose(random_table(rows))
    quiet = parts.leak_class == LeakClass.NONE
    assert not np.any(parts.glv_minor[quiet] | parts.second_glv_minor[quiet])
    assert np.array_equal(quiet, parts.status != IntentStatus.LEAKED)


@given(INTENTS)
def test_the_class_is_the_gravest_over_both_legs(rows: list) -> None:
    table = random_table(rows)
    alone = decompose(table | {"second_purpose": np.zeros(len(rows), np.int8)}).leak_class
    together = decompose(table).leak_class
    money = (alone != LeakClass.NONE) & (alone <= LeakClass.LOST)
    assert np.all(together[money] <= alone[money])
    assert np.all(together[money] != LeakClass.NONE)


def test_laws_name_what_is_broken() -> None:
    table = intents(e=[E, E], d=[E, E], c=[E, E], n=[1, 1], ack=[1, 1])
    table["currency"][1] = 1
    parts = decompose(table)
    table["d_minor"][1] += 3
    assert laws(table, parts, currencies=2).broken() == [("L1", 1, 3), ("L3", 1, -3)]


def test_a_row_without_status_breaks_the_count() -> None:
    table = intents(e=[E], d=[E], c=[E], n=[1], ack=[1])
    parts = decompose(table)
    parts.status[0] = -1
    residuals: LawResiduals = laws(table, parts, currencies=1)
    assert residuals.broken() == [("L5", 0, 1)]
