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
    intents,
    laws,
)
from sanket_sim.core.outcomes import Ack, LeakClass, Outcome
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
        table[name] = np.array([value], table[name].dtype)
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
    ],
)
def test_status(row: tuple[int, ...], others: dict[str, int], expected: tuple) -> None:
    status, leak_class = verdict_of(*row, **others)
    assert (status, leak_class.name) == expected


def test_a_late_refusal_is_no_leak() -> None:
    late = {"deadline_ns": 10, "completed_ns": 99, "amount_minor": E}
    assert verdict_of(0, 0, 0, 0, 0, Ack.FAILED, **late)[1] is LeakClass.NONE


def test_graver_class_hides_the_lighter() -> None:
    orphan_and_misdirected = verdict_of(E, E, 0, E - 1, 1, Ack.FAILED)
    assert orphan_and_misdirected[1] is LeakClass.ORPHAN_DEBIT


def test_truth_is_never_negative() -> None:
    with pytest.raises(ValueError, match="e_minor must be >= 0"):
        decompose(table_of(-1, 0, 0, 0, 0, Ack.OK))


SIZES = st.one_of(
    st.integers(-3 * E, 3 * E), st.sampled_from([0, E, -E, 2 * E]), st.integers(-(2**55), 2**55)
)
ROWS = st.tuples(SIZES.map(abs), SIZES, SIZES, SIZES, st.integers(0, 4), st.sampled_from(list(Ack)))
STATES = st.tuples(
    st.sampled_from([Outcome.OK, Outcome.TIMEOUT, Outcome.IN_FLIGHT]),
    st.integers(0, 1),
    st.sampled_from([0, E]),
    st.sampled_from([-1, 5]),
)


def random_table(rows: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> Columns:
    e, d, c, x, n, ack = (list(side) for side in zip(*[row for row, _ in rows], strict=True))
    table = intents(e=e, d=d, c=c, x=x, n=n, ack=ack)
    states = zip(*[state for _, state in rows], strict=True)
    for name, side in zip(
        ("outcome", "currency", "open_hold_minor", "deadline_ns"), states, strict=True
    ):
        table[name] = np.array(side, table[name].dtype)
    return table


@given(st.lists(st.tuples(ROWS, STATES), min_size=1, max_size=60))
def test_laws_leave_no_residual(rows: list) -> None:
    table = random_table(rows)
    parts = decompose(table)
    assert laws(table, parts, currencies=2).broken() == []
    assert np.array_equal(parts.matched, parts.flow_minor)


@given(st.lists(st.tuples(ROWS, STATES), min_size=1, max_size=60))
def test_no_leak_means_the_money_is_right(rows: list) -> None:
    table = random_table(rows)
    parts = decompose(table)
    quiet = parts.leak_class == LeakClass.NONE
    assert not np.any(parts.glv_minor[quiet])
    assert np.array_equal(quiet, parts.status != IntentStatus.LEAKED)


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
