"""Breaks are found by whoever can see them, nothing honest is flagged, corrections put it right."""

import numpy as np
import pytest
from banks import S
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_days import (
    ANNE,
    BOB,
    CARD,
    CARL,
    CLOSED,
    DOLLAR_SUSPENSE,
    DOLLARS,
    FEE,
    FEES,
    LOGIN,
    NOSTRO,
    OPENING_MINOR,
    REFUND,
    SHOP,
    SUSPENSE,
    Day,
    bank,
    every,
    watch,
)

from sanket_sim.core.outcomes import Ack, Mishap, Phase

INTRADAY, END_OF_DAY, COMPLAINT = (
    "reconciliation:intraday",
    "reconciliation:end_of_day",
    "complaint",
)
HOUR = every(10, 3600)
TTL_NS = 20 * 60 * S


def duplicate(day):
    order = day.pay(10, ends=False)
    day.book(order, 11, (ANNE, -2500), (BOB, 2500))


def missing(day):
    day.tell(day.order(10), 11)


def orphan_debit(day):
    order = day.order(10)
    day.book(order, 11, (ANNE, -2500))
    day.tell(order, 12, Ack.FAILED)


def short_by_a_cent(day):
    order = day.order(10, amount_minor=10_000)
    day.book(order, 11, (ANNE, -10_000), (BOB, 3333), (BOB, 3333), (BOB, 3333))
    day.tell(order, 12)


def unsettled_credit(day):
    order = day.order(10, NOSTRO, BOB)
    day.book(order, 11, (BOB, 2500))
    day.tell(order, 12)


def to_himself(day):
    order = day.order(10, ANNE, ANNE)
    day.book(order, 11, (ANNE, 2500))
    day.tell(order, 12)


def ghost(day):
    order = day.order(10)
    day.tell(order, 11, Ack.FAILED)
    day.book(order, 20, (ANNE, -2500), (BOB, 2500))


def wrapped(day):
    order = day.order(10, NOSTRO, SHOP, amount_minor=3_000_000_000)
    day.book(order, 11, (NOSTRO, 1_294_967_296), (SHOP, -1_294_967_296))
    day.tell(order, 12)


def captured_too_much(day):
    order = day.order(10, ANNE, SHOP, kind=CARD)
    day.book(order, 11, (ANNE, -2500), (SHOP, 2500), phase=Phase.PENDING)
    day.tell(order, 11.5)
    day.book(order, 15, (ANNE, -3000), (SHOP, 3000))


def captured_late(day):
    order = day.order(10, ANNE, SHOP, kind=CARD)
    day.book(order, 11, (ANNE, -2500), (SHOP, 2500), phase=Phase.PENDING)
    day.tell(order, 12)
    day.book(order, 1215, (ANNE, -2500), (SHOP, 2500))


def credited_to_suspense(day):
    order = day.order(10, ANNE, CLOSED)
    day.book(order, 11, (ANNE, -2500), (SUSPENSE, 2500))
    day.tell(order, 12)


def cancelled_before(day):
    order = day.order(10, mishap=int(Mishap.REVERSED), mishap_value=4 * S)
    day.book(order, 14, (ANNE, -2500), (BOB, 2500))
    day.tell(order, 15)


def refunded_beyond(day):
    said = {"mishap": int(Mishap.REFERRED), "mishap_value": 77}
    day.pay(10, debtor=ANNE, creditor=SHOP, kind=CARD, **said)
    day.pay(40, debtor=SHOP, creditor=ANNE, kind=REFUND, **said)
    day.pay(80, debtor=SHOP, creditor=ANNE, kind=REFUND, **said)


FOUND_DURING_THE_DAY = [
    (duplicate, "duplicate", [(BOB, ANNE, 2500)]),
    (missing, "missing", [(ANNE, BOB, 2500)]),
    (orphan_debit, "orphan_debit", [(SUSPENSE, ANNE, 2500)]),
    (short_by_a_cent, "orphan_debit", [(SUSPENSE, BOB, 1)]),
    (unsettled_credit, "orphan_credit", [(BOB, SUSPENSE, 2500)]),
    (to_himself, "orphan_credit", [(ANNE, SUSPENSE, 2500)]),
    (ghost, "timing", [(BOB, ANNE, 2500)]),
    (wrapped, "amount", [(NOSTRO, SHOP, 4_294_967_296)]),
    (captured_too_much, "amount", [(SHOP, ANNE, 500)]),
    (captured_late, "invalid", [(SHOP, ANNE, 2500)]),
    (credited_to_suspense, "invalid", [(SUSPENSE, ANNE, 2500)]),
    (cancelled_before, "invalid", [(BOB, ANNE, 2500)]),
    (refunded_beyond, "invalid", [(ANNE, SHOP, 2500)]),
]


@pytest.mark.parametrize(("happens", "kind", "remedies"), FOUND_DURING_THE_DAY)
def test_the_banks_own_books_tell(happens, kind, remedies):
    day = Day()
    happens(day)
    found = watch(day, HOUR, bank(hold_ttl_ns=TTL_NS))
    wrong = len(day.intents) - 1
    assert found.breaks == [(INTRADAY, kind, wrong)]
    assert found.remedies == remedies
    assert [row[4] for row in found.corrections] == [wrong]


def overdraft(day):
    day.pay(10, debtor=CARL, creditor=BOB, amount_minor=OPENING_MINOR)
    day.pay(20, debtor=CARL, creditor=BOB)


def reserved_beyond(day):
    """The first hold takes it all; the second, granted on a stale balance, is the one too many."""
    orders = [day.order(at, CARL, SHOP, kind=CARD, amount_minor=OPENING_MINOR) for at in (10, 11)]
    for order, at in zip(orders, (12, 13), strict=True):
        legs = (CARL, -OPENING_MINOR), (SHOP, OPENING_MINOR)
        day.book(order, at, *legs, phase=Phase.PENDING)
        day.tell(order, at + 0.5)
        day.book(order, 30 - at, *legs)


def fee_kept(day):
    leg = {"second_purpose": FEE, "second_debtor": ANNE, "second_creditor": FEES}
    order = day.order(10, second_amount_minor=150, second_currency=0, **leg)
    day.book(order, 11, (ANNE, -150), (FEES, 150), leg=1)
    day.tell(order, 12, Ack.FAILED)


def run_twice(day):
    order = day.pay(10, ends=False, batch_id=3)
    day.book(order, 600, (ANNE, -2500), (BOB, 2500))


def misread_by_a_shop(day):
    said = int(Mishap.WRONG_EXPONENT)
    order = day.order(10, ANNE, SHOP, amount_minor=100, mishap=said)
    day.book(order, 11, (ANNE, -10_000), (SHOP, 10_000))
    day.tell(order, 12)


def claim_lost(day):
    order = day.order(10, ANNE, SHOP, kind=CARD)
    day.book(order, 11, (ANNE, -2500), (SHOP, 2500), phase=Phase.PENDING)
    day.tell(order, 12)
    day.book(order, 1211, (ANNE, -2500), (SHOP, 2500), phase=Phase.EXPIRED)


FOUND_AT_ITS_END = [
    (overdraft, "invalid", [(BOB, CARL, 2500)]),
    (reserved_beyond, "invalid", [(SHOP, CARL, OPENING_MINOR)]),
    (fee_kept, "invalid", [(FEES, ANNE, 150)]),
    (run_twice, "duplicate", [(BOB, ANNE, 2500)]),
    (misread_by_a_shop, "amount", [(SHOP, ANNE, 9900)]),
    (claim_lost, "missing", [(ANNE, SHOP, 2500)]),
]


@pytest.mark.parametrize(("happens", "kind", "remedies"), FOUND_AT_ITS_END)
def test_statements_and_totals_tell_at_the_end_of_the_day(happens, kind, remedies):
    day = Day()
    happens(day)
    found = watch(day, HOUR, bank(hold_ttl_ns=TTL_NS), end_of_day="08:45", complaints=0.0)
    assert found.breaks == [(END_OF_DAY, kind, len(day.intents) - 1)]
    assert [row[0] for row in found.decisions if row[2] == "break"] == [45 * 60.0]
    assert found.remedies == remedies


def stale_alias(day):
    order = day.order(10, ANNE, CARL, right_creditor=BOB)
    day.book(order, 11, (ANNE, -2500), (CARL, 2500))
    day.tell(order, 12)


def backwards(day):
    order = day.order(10, amount_minor=-2500, e_minor=0)
    day.book(order, 11, (ANNE, 2500), (BOB, -2500))
    day.tell(order, 12)


def misread_between_customers(day):
    order = day.order(10, amount_minor=123_456, mishap=int(Mishap.FOREIGN_NOTATION))
    day.book(order, 11, (ANNE, -123), (BOB, 123))
    day.tell(order, 12)


CONSISTENT_IN_ALL_BOOKS = [
    (stale_alias, "missing", [(CARL, BOB, 2500)]),
    (backwards, "invalid", [(ANNE, BOB, 2500)]),
    (misread_between_customers, "amount", [(ANNE, BOB, 123_333)]),
]


@pytest.mark.parametrize(("happens", "kind", "remedies"), CONSISTENT_IN_ALL_BOOKS)
def test_what_all_books_agree_on_is_told_by_the_customer_alone(happens, kind, remedies):
    day = Day()
    happens(day)
    found = watch(day, HOUR)
    assert found.breaks == [(COMPLAINT, kind, 0)]
    assert found.remedies == remedies
    assert watch(day, HOUR, complaints=0.0).breaks == []


def test_a_payment_booked_one_to_one_in_another_currency_is_two_orphans():
    day = Day()
    order = day.order(10, ANNE, DOLLARS)
    day.book(order, 11, (ANNE, -2500))
    day.book(order, 11, (DOLLARS, 2500), leg=1)
    day.tell(order, 12)
    found = watch(day, HOUR)
    assert found.breaks == [(INTRADAY, "orphan_debit", 0), (INTRADAY, "orphan_credit", 0)]
    assert found.remedies == [(SUSPENSE, ANNE, 2500), (DOLLARS, DOLLAR_SUSPENSE, 2500)]
    ends = [row[3] for row in found.decisions if row[2] == "trial_balance"]
    assert ends == ["EUR", "USD"]


def test_a_hold_past_its_time_is_told_and_one_within_is_not():
    day = Day()
    for at in (10, 3000):
        order = day.order(at, ANNE, SHOP, kind=CARD)
        day.book(order, at + 1, (ANNE, -2500), (SHOP, 2500), phase=Phase.PENDING)
        day.tell(order, at + 2)
    found = watch(day, HOUR, bank(hold_ttl_ns=TTL_NS))
    assert found.breaks == [(INTRADAY, "stuck_hold", 0)]
    assert found.remedies == []


def honest(day):
    for at in range(5, 3500, 45):
        day.pay(at, amount_minor=100)
    day.pay(50, ack=Ack.FAILED)
    day.pay(60, kind=LOGIN)
    day.pay(70, debtor=NOSTRO, creditor=BOB, amount_minor=5_000_000)
    captured = day.order(80, ANNE, SHOP, kind=CARD)
    day.book(captured, 81, (ANNE, -2500), (SHOP, 2500), phase=Phase.PENDING)
    day.tell(captured, 82)
    day.book(captured, 400, (ANNE, -2500), (SHOP, 2500))
    given_back = day.order(90, ANNE, SHOP, kind=CARD, mishap=int(Mishap.REVERSED), mishap_value=S)
    day.book(given_back, 91, (ANNE, -2500), (SHOP, 2500), phase=Phase.PENDING)
    day.tell(given_back, 92)
    day.book(given_back, 93, (ANNE, -2500), (SHOP, 2500), phase=Phase.VOIDED)
    retried = day.order(100)
    day.tell(retried, 101, Ack.FAILED)
    day.book(retried, 108, (ANNE, -2500), (BOB, 2500))
    day.tell(retried, 109)
    leg = {"second_purpose": FEE, "second_debtor": ANNE, "second_creditor": FEES}
    charged = day.order(130, second_amount_minor=150, second_currency=0, **leg)
    day.book(charged, 131, (ANNE, -2500), (BOB, 2500))
    day.book(charged, 131, (ANNE, -150), (FEES, 150), leg=1)
    day.tell(charged, 132)


def test_nothing_honest_is_flagged():
    day = Day()
    honest(day)
    found = watch(day, HOUR, bank(hold_ttl_ns=TTL_NS), end_of_day="08:30")
    assert found.decisions == []


def test_what_is_late_but_right_is_noted_and_left_alone():
    day = Day()
    order = day.order(10)
    day.book(order, 30, (ANNE, -2500), (BOB, 2500))
    day.tell(order, 31)
    found = watch(day, HOUR)
    assert found.breaks == [(INTRADAY, "timing", 0)]
    assert [row[2] for row in found.decisions] == ["break"]


def test_what_is_young_is_left_alone_until_nothing_is_on_its_way():
    day = Day()
    day.tell(day.order(3580), 3585)
    found = watch(day, HOUR)
    assert [row[:4] for row in found.decisions] == [(3600.0, END_OF_DAY, "break", "missing")]


def test_a_break_that_heals_is_cleared_and_not_corrected():
    day = Day()
    order = day.order(10)
    day.tell(order, 11)
    day.book(order, 350, (ANNE, -2500), (BOB, 2500))
    found = watch(day, HOUR, investigation="10m")
    assert [row[2:4] for row in found.decisions][:1] == [("break", "missing")]
    assert ("cleared", "missing") in [row[2:4] for row in found.decisions]
    assert found.remedies == []


def test_a_correction_leaves_after_investigation_and_approval():
    day = Day()
    duplicate(day)
    found = watch(day, HOUR, intraday="2m", approval="90s", investigation="4m")
    assert [row[0] for row in found.decisions] == [120.0, 360.0]
    assert [row[0] for row in found.corrections] == [450.0]


def test_the_share_that_is_given_back_is_the_settings():
    day = Day()
    for at in range(400):
        order = day.pay(10 + at, ends=False, debtor=SHOP)
        day.book(order, 11 + at, (SHOP, -2500), (BOB, 2500))
    found = watch(day, HOUR, recovery=0.79)
    verdicts = [row[2] for row in found.decisions if row[2] in ("correction", "write_off")]
    assert len(verdicts) == 400
    assert len(found.remedies) == verdicts.count("correction")
    assert abs(len(found.remedies) / 400 - 0.79) < 4.5 * np.sqrt(0.79 * 0.21 / 400)


def test_a_bank_without_the_route_only_puts_corrections_on_record():
    day = Day()
    duplicate(day)
    found = watch(day, HOUR, bank(correction=False))
    assert [row[2] for row in found.decisions] == ["break", "correction"]
    assert found.remedies == []


def test_matched_orders_are_forgotten():
    day = Day()
    for at in range(10, 3500, 10):
        day.pay(at, amount_minor=100)
    found = watch(day, HOUR)
    assert len(found.office.book.rows) == 0
    assert found.office.book.balances_minor.tolist()[BOB] == OPENING_MINOR + 100 * 349


@pytest.mark.parametrize("asked", [True, False])
def test_a_run_that_is_asked_to_waits_for_corrections_that_can_still_leave(asked: bool):
    day = Day()
    duplicate(day)
    office = watch(day, every(10, 330), await_corrections=asked).office
    assert office.waits(11 * 60 * S) == asked
    assert not office.waits(9 * 60 * S)


ALL = [row[0] for row in FOUND_DURING_THE_DAY + FOUND_AT_ITS_END + CONSISTENT_IN_ALL_BOOKS]


def busy():
    day = Day()
    honest(day)
    for happens in ALL:
        happens(day)
    return day


TICKS = st.lists(st.integers(1, 59), max_size=120).map(
    lambda lengths: np.cumsum([*lengths, 1]).tolist()
)


@settings(deadline=None, max_examples=8)
@given(TICKS, st.sampled_from([1, 7, 30, 60]))
def test_how_batches_are_cut_changes_no_decision_and_no_correction(cuts, rest):
    day, asked = busy(), {"end_of_day": "08:50", "grace": "7s", "intraday": "97s"}
    whole = watch(day, every(60, 3600), bank(hold_ttl_ns=TTL_NS), **asked)
    ends = [end for end in cuts if end < 3600]
    ends += [*range(ends[-1] + rest, 3600, rest), 3600]
    sliced = watch(day, [end * S for end in ends], bank(hold_ttl_ns=TTL_NS), **asked)
    assert sliced.decisions == whole.decisions
    assert sliced.corrections == whole.corrections
    assert len(whole.corrections) > len(ALL) / 2


def test_reconciliation_is_blind_to_the_truth():
    day, liars = busy(), busy()
    for row in liars.intents:
        row["e_minor"], row["right_debtor"], row["right_creditor"] = 1, CARL, SHOP
        row["trap"], row["is_fraud"] = 3, True
    asked = {"complaints": 0.0, "end_of_day": "08:50"}
    told, lied = (watch(one, HOUR, bank(hold_ttl_ns=TTL_NS), **asked) for one in (day, liars))
    assert told.decisions == lied.decisions
    assert told.corrections == lied.corrections
