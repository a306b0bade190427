"""The ledger by itself: what it does with one intent, step by step, whoever asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from banks import OPENING_MINOR, S, accounts, chain, commit, intents

from sanket_sim.bank.description import Bank, Controls, Party, Service
from sanket_sim.core.outcomes import Ack, Decline, LegPurpose, Mishap
from sanket_sim.network.holds import Holds
from sanket_sim.network.ledger import DONE, Ledger
from sanket_sim.network.loop import Loop
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import Intent
from sanket_sim.network.rules import money
from sanket_sim.network.stand_in import StandIn
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.vocabulary import Vocabularies

DESK, NOW_NS, TTL_NS = 0, 5 * S, 60 * S
AMOUNT = 2500
WORLD, ANNE, BOB, SHUT, SUSPENSE, LATER_SUSPENSE = range(6)
FEE = {
    "second_purpose": LegPurpose.FEE, "second_currency": 0, "second_debtor": ANNE,
    "second_creditor": WORLD, "second_amount_minor": 20,
}  # fmt: skip


def bank(**off: bool) -> Bank:
    return chain(
        Service("ledger", replicas=1, workers=1),
        steps=[(commit(),)],
        controls=Controls(**off),
        hold_ttl_ns=TTL_NS,
    )


def ledger_of(the_bank: Bank) -> Ledger:
    chart = accounts(6)
    closed, party = np.zeros(6, bool), chart.party.copy()
    closed[SHUT], party[[SUSPENSE, LATER_SUSPENSE]] = True, Party.SUSPENSE
    chart = replace(chart, closed=closed, party=party)
    return Ledger(the_bank, chart, Recorder(the_bank, Vocabularies()))


def intent(**columns: Any) -> Intent:
    """A payment of 25.00 from Anne to Bob."""
    return Intent(intents(0, **columns)[0].tolist(), True, 0, 0)


def postings(ledger: Ledger) -> Columns:
    return ledger.recorder.batch(NOW_NS).postings


def available(ledger: Ledger, account: int = ANNE) -> int:
    return ledger.store.available_minor(account)


@pytest.mark.parametrize("act", ["transfer", "debit"])
def test_what_has_not_settled_is_refused_by_the_ledger_too(act):
    waiting = intent(mishap=int(Mishap.UNSETTLED))
    ledger = ledger_of(bank())
    assert getattr(ledger, act)(waiting, DESK, NOW_NS) == Decline.NOT_SETTLED
    assert waiting.n_posted == 0


def test_credits_complete_their_debits_in_the_order_in_which_those_were_made():
    ledger, payment = ledger_of(bank()), intent()
    for act in (ledger.debit, ledger.debit, ledger.credit, ledger.credit):
        assert act(payment, DESK, NOW_NS) == DONE
    assert postings(ledger)["transfer_id"].tolist() == [1, 2, 1, 2]
    assert payment.n_posted == 2


def test_a_hold_reserves_a_linked_fee_and_its_capture_releases_both():
    ledger, payment = ledger_of(bank()), intent(**FEE)
    assert ledger.hold(payment, DESK, NOW_NS) == DONE
    assert (payment.hold_minor, available(ledger)) == (AMOUNT + 20, OPENING_MINOR - AMOUNT - 20)
    assert ledger.capture(payment, DESK, NOW_NS) == DONE
    assert (payment.hold_minor, available(ledger)) == (0, OPENING_MINOR - AMOUNT - 20)
    assert payment.tx_id not in ledger.open_holds


def test_a_hold_without_its_fee_leaves_the_fee_to_be_charged_alone():
    ledger, payment = ledger_of(bank(linked_fee=False)), intent(**FEE)
    assert ledger.hold(payment, DESK, NOW_NS) == DONE
    assert payment.hold_minor == AMOUNT


def test_what_was_stood_in_for_is_not_held_again():
    ledger, payment = ledger_of(bank(stand_in_limit=False)), intent()
    payment.stood_in = True
    assert ledger.hold(payment, DESK, NOW_NS) == DONE
    assert (payment.hold_minor, available(ledger)) == (0, OPENING_MINOR)


def test_a_second_hold_puts_its_intent_at_the_end_of_those_that_lapse():
    ledger, first, second = ledger_of(bank()), intent(tx_id=1), intent(tx_id=2)
    for step, one in enumerate((first, second, first)):
        assert ledger.hold(one, DESK, step * S) == DONE
    assert list(ledger.open_holds) == [2, 1]


def test_the_latest_hold_is_given_back_first():
    ledger, payment = ledger_of(bank(linked_fee=True)), intent(**FEE)
    assert ledger.hold(payment, DESK, NOW_NS) == DONE
    payment.amount_minor = 100
    assert ledger.hold(payment, DESK, NOW_NS) == DONE
    assert ledger.void(payment, DESK, NOW_NS) == DONE
    assert payment.hold_minor == AMOUNT + 20
    assert payment.tx_id in ledger.open_holds, "the other still lapses"


def test_a_void_leaves_its_mark_only_where_there_never_was_a_hold():
    ledger, early, late = ledger_of(bank()), intent(tx_id=1), intent(tx_id=2)
    assert ledger.void(early, DESK, NOW_NS) == Decline.PENDING_TRANSFER_NOT_FOUND
    assert ledger.hold(early, DESK, NOW_NS) == Decline.ALREADY_REVERSED
    assert ledger.hold(late, DESK, NOW_NS) == DONE
    assert ledger.capture(late, DESK, NOW_NS) == DONE
    assert ledger.void(late, DESK, NOW_NS) == Decline.PENDING_TRANSFER_ALREADY_POSTED
    assert (early.tombstone, late.tombstone) == (True, False)


def test_a_hold_says_how_it_ended_to_whoever_comes_later():
    ledger, voided, lapsed = ledger_of(bank()), intent(tx_id=1), intent(tx_id=2)
    for one in (voided, lapsed):
        assert ledger.hold(one, DESK, NOW_NS) == DONE
    assert ledger.void(voided, DESK, NOW_NS) == DONE
    ledger.expire(lapsed, NOW_NS + TTL_NS)
    assert ledger.capture(voided, DESK, NOW_NS) == Decline.PENDING_TRANSFER_ALREADY_VOIDED
    assert ledger.capture(lapsed, DESK, NOW_NS) == Decline.PENDING_TRANSFER_EXPIRED


@pytest.mark.parametrize("end", ["expire", "reverse"])
def test_every_hold_of_an_intent_ends_with_it(end):
    ledger, payment = ledger_of(bank()), intent()
    for _ in range(2):
        assert ledger.hold(payment, DESK, NOW_NS) == DONE
    if end == "expire":
        ledger.expire(payment, NOW_NS + TTL_NS)
    else:
        assert ledger.reverse(payment, DESK, NOW_NS) == DONE
    assert (payment.hold_minor, available(ledger), payment.holds) == (0, OPENING_MINOR, [])


def test_a_wish_lapses_with_a_hold_that_was_not_presented_in_time_and_with_no_other():
    ledger = ledger_of(bank())
    late, lost = intent(tx_id=1, mishap=int(Mishap.CAPTURE_LATE)), intent(tx_id=2)
    for one in (late, lost):
        one.ack = int(Ack.OK)
        assert ledger.hold(one, DESK, NOW_NS) == DONE
        ledger.expire(one, NOW_NS + TTL_NS)
    assert (late.e_minor, late.ack, late.decline) == (
        0, Ack.FAILED, Decline.PENDING_TRANSFER_EXPIRED
    )  # fmt: skip
    assert (lost.e_minor, lost.ack) == (AMOUNT, Ack.OK)


def test_a_late_capture_is_unwanted_even_where_its_hold_was_kept():
    ledger = ledger_of(bank(hold_timeout=False))
    late = intent(mishap=int(Mishap.CAPTURE_LATE))
    assert ledger.hold(late, DESK, NOW_NS) == DONE
    assert ledger.capture(late, DESK, NOW_NS + TTL_NS) == DONE
    assert (late.e_minor, late.d_minor) == (0, AMOUNT)


def test_a_fee_of_its_own_needs_funds():
    ledger, poor = ledger_of(bank(linked_fee=False)), intent(**FEE)
    ledger.store.balance[ANNE] = 19
    assert ledger.fee(poor, DESK, NOW_NS) == Decline.EXCEEDS_CREDITS
    assert poor.second_n_posted == 0


def test_a_fee_of_its_own_is_not_taken_from_a_blocked_account():
    ledger, payment = ledger_of(bank(linked_fee=False)), intent(**FEE)
    ledger.store.frozen[ANNE] = True
    assert ledger.fee(payment, DESK, NOW_NS) == Decline.ACCOUNT_FROZEN
    assert payment.second_n_posted == 0


def test_a_linked_fee_is_not_charged_by_itself():
    ledger, payment = ledger_of(bank()), intent(**FEE)
    assert ledger.fee(payment, DESK, NOW_NS) == DONE
    assert payment.second_n_posted == 0


def test_a_reversal_takes_back_what_reached_somebody_else_and_the_fee():
    ledger = ledger_of(bank())
    astray = intent(creditor_account=SUSPENSE, **FEE)
    assert ledger.transfer(astray, DESK, NOW_NS) == DONE
    assert astray.x_minor == AMOUNT
    assert ledger.reverse(astray, DESK, NOW_NS) == DONE
    assert (astray.d_minor, astray.x_minor, astray.second_d_minor) == (0, 0, 0)
    assert ledger.balances_minor().tolist() == [OPENING_MINOR] * 6


def test_a_credit_astray_without_a_debit_is_taken_back_too():
    ledger = ledger_of(bank(settle_before_credit=False))
    astray = intent(creditor_account=SUSPENSE, mishap=int(Mishap.UNSETTLED))
    assert ledger.transfer(astray, DESK, NOW_NS) == DONE
    assert (astray.d_minor, astray.x_minor) == (0, AMOUNT)
    assert ledger.reverse(astray, DESK, NOW_NS) == DONE
    assert available(ledger, SUSPENSE) == OPENING_MINOR


def test_money_for_a_closed_account_waits_in_the_first_suspense_account():
    ledger, payment = ledger_of(bank(account_status=False)), intent(creditor_account=SHUT)
    assert ledger.transfer(payment, DESK, NOW_NS) == DONE
    assert available(ledger, SUSPENSE) == OPENING_MINOR + AMOUNT


def test_an_advice_is_refused_once_its_payment_was_reversed():
    ledger, advised = ledger_of(bank(stand_in_limit=False)), intent()
    advised.stood_in = True
    assert ledger.reverse(advised, DESK, NOW_NS) == DONE
    assert ledger.capture(advised, DESK, NOW_NS) == Decline.PENDING_TRANSFER_NOT_FOUND


def test_an_advice_is_posted_without_funds_and_the_oracle_knows_it():
    ledger, advised = ledger_of(bank(stand_in_limit=False)), intent()
    ledger.store.balance[ANNE] = 100
    advised.stood_in = True
    assert ledger.capture(advised, DESK, NOW_NS) == DONE
    assert (available(ledger), advised.verdict) == (100 - AMOUNT, money.REJECT)


@pytest.mark.parametrize(
    ("wanted", "verdict"), [(AMOUNT, money.APPLY), (OPENING_MINOR + 1, money.REJECT)]
)
def test_a_no_for_want_of_funds_is_judged_by_what_was_wanted(wanted, verdict):
    ledger, misread = ledger_of(bank()), intent(amount_minor=10 * OPENING_MINOR, e_minor=wanted)
    assert ledger.check_funds(misread, NOW_NS) == Decline.EXCEEDS_CREDITS
    assert misread.verdict == verdict


def test_a_refund_is_judged_by_what_is_left_of_its_capture():
    refunding = replace(
        bank(), routes=(bank().routes[0], replace(bank().routes[0], reverses="transfer"))
    )
    ledger, named = ledger_of(refunding), {"mishap": int(Mishap.REFERRED), "mishap_value": 77}
    unknown = intent(kind=1, **named)
    assert ledger.transfer(unknown, DESK, NOW_NS) == Decline.NOT_CAPTURED
    assert ledger.transfer(intent(**named), DESK, NOW_NS) == DONE
    exact, beyond = (intent(kind=1, **named) for _ in range(2))
    assert ledger.transfer(exact, DESK, NOW_NS) == DONE
    assert ledger.transfer(beyond, DESK, NOW_NS) == Decline.REFUND_EXCEEDS_CAPTURE
    assert (exact.verdict, beyond.verdict) == (money.APPLY, money.REJECT)


def test_a_reversed_payment_is_refused_when_it_comes_after_all():
    ledger, cancelled = ledger_of(bank()), intent()
    assert ledger.reverse(cancelled, DESK, NOW_NS) == DONE
    assert ledger.transfer(cancelled, DESK, NOW_NS) == Decline.ALREADY_REVERSED


def clocked() -> Bank:
    return replace(bank(), routes=(replace(bank().routes[0], clock_ns=S),))


def told(ack: Ack, submissions: int, posted: int = 0) -> Intent:
    """A payment whose payer has heard one answer."""
    heard = intent()
    heard.ack, heard.answers, heard.submissions = int(ack), 1, submissions
    heard.n_posted = posted
    return heard


@pytest.mark.parametrize(
    ("heard", "reason", "left"),
    [
        (told(Ack.OK, 1), Decline.NONE, AMOUNT),
        (told(Ack.FAILED, 1), Decline.CREDITOR_TIMEOUT, 0),
        (told(Ack.FAILED, 2), Decline.CREDITOR_TIMEOUT, AMOUNT),
        (told(Ack.FAILED, 1, posted=1), Decline.CREDITOR_TIMEOUT, AMOUNT),
        (told(Ack.UNKNOWN, 1), Decline.CREDITOR_TIMEOUT, AMOUNT),
    ],
)
def test_the_clock_ends_the_wish_of_whoever_was_told_of_failure(heard, reason, left):
    assert ledger_of(clocked()).transfer(heard, DESK, 2 * S) == reason
    assert heard.e_minor == left


def test_the_clock_itself_is_in_time():
    ledger = ledger_of(clocked())
    assert ledger.transfer(intent(), DESK, S) == DONE
    assert ledger.transfer(intent(), DESK, S + 1) == Decline.CREDITOR_TIMEOUT


def test_the_oracle_no_longer_judges_what_has_a_hold():
    ledger, blind = ledger_of(bank(serialised_funds=False)), intent()
    ledger.store.balance[ANNE] = 0
    assert ledger.hold(blind, DESK, NOW_NS) == DONE
    ledger.store.balance[ANNE] = OPENING_MINOR
    assert ledger.hold(blind, DESK, NOW_NS) == DONE
    assert blind.verdict == money.REJECT


@pytest.mark.parametrize(("funds", "verdict"), [(119, money.REJECT), (120, money.APPLY)])
def test_the_oracle_asks_whether_what_was_wanted_is_covered_with_its_fee(funds, verdict):
    ledger, misread = ledger_of(bank()), intent(amount_minor=10 * AMOUNT, e_minor=100, **FEE)
    ledger.store.balance[ANNE] = funds
    assert ledger.transfer(misread, DESK, NOW_NS) == Decline.EXCEEDS_CREDITS
    assert misread.verdict == verdict


def test_without_the_cap_a_refund_too_many_is_posted_and_known_to_be_wrong():
    routes = (bank().routes[0], replace(bank().routes[0], reverses="transfer"))
    ledger = ledger_of(replace(bank(refund_cap=False), routes=routes))
    unfounded = intent(kind=1, mishap=int(Mishap.REFERRED), mishap_value=77)
    assert ledger.transfer(unfounded, DESK, NOW_NS) == DONE
    assert unfounded.verdict == money.REJECT


@pytest.mark.parametrize("account", [ANNE, BOB])
def test_both_accounts_must_be_kept_in_the_currency(account):
    ledger = ledger_of(bank())
    ledger.store.currency[account] = 1
    refused = Decline.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER
    assert ledger.transfer(intent(), DESK, NOW_NS) == refused


def test_nothing_is_no_amount():
    ledger = ledger_of(bank())
    assert ledger.transfer(intent(amount_minor=0), DESK, NOW_NS) == Decline.AMOUNT_MUST_BE_POSITIVE


def stand_in_of(ledger: Ledger, limit_minor: int = AMOUNT) -> StandIn:
    the_bank = replace(bank(), controls=ledger.controls, stand_in_limit_minor=limit_minor)
    return StandIn(the_bank, Holds(Loop(), ledger), ledger.recorder)


def test_stand_in_approves_up_to_its_limit_and_sets_the_amount_aside():
    ledger, within, beyond = ledger_of(bank()), intent(), intent(amount_minor=AMOUNT + 1)
    assert stand_in_of(ledger).decide(within, DESK, NOW_NS) == DONE
    assert stand_in_of(ledger).decide(beyond, DESK, NOW_NS) == Decline.STAND_IN_LIMIT
    assert (within.stood_in, beyond.stood_in) == (True, False)
    assert available(ledger) == OPENING_MINOR - AMOUNT


def test_stand_in_declines_for_want_of_funds_and_the_oracle_agrees():
    ledger, poor = ledger_of(bank()), intent()
    ledger.store.balance[ANNE] = AMOUNT - 1
    assert stand_in_of(ledger).decide(poor, DESK, NOW_NS) == Decline.EXCEEDS_CREDITS
    assert poor.verdict == money.REJECT


@pytest.mark.parametrize("limited", [True, False])
def test_stand_in_refuses_what_was_reversed_and_approves_again_what_it_knows(limited):
    ledger, reversed_, captured = ledger_of(bank(stand_in_limit=limited)), intent(), intent()
    assert ledger.reverse(reversed_, DESK, NOW_NS) == DONE
    assert stand_in_of(ledger).decide(reversed_, DESK, NOW_NS) == Decline.ALREADY_REVERSED
    captured.captured_minor = AMOUNT
    assert stand_in_of(ledger).decide(captured, DESK, NOW_NS) == DONE
    assert captured.hold_minor == 0


@pytest.mark.parametrize("hold_timeout", [True, False])
def test_a_hold_lapses_at_its_timeout_and_its_intent_hears_of_it(hold_timeout):
    ledger, loop, first, second = ledger_of(bank(hold_timeout=hold_timeout)), Loop(), *two()
    holds, heard = Holds(loop, ledger), []
    holds.lapsed = lambda lapsed: heard.append((lapsed.tx_id, loop.now_ns))
    assert holds.hold(first, DESK, 0) == DONE
    loop.run_until(S)
    assert holds.hold(second, DESK, S) == DONE
    assert [holds.lapses_before(TTL_NS + more) for more in (0, 1)] == [False, True]
    loop.run_until(TTL_NS)
    assert (heard, holds.waits(first), holds.overdue(first)) == ([], True, True)
    assert not holds.overdue(second)
    loop.run_until(2 * TTL_NS)
    assert heard == [(1, TTL_NS), (2, TTL_NS + S)]
    assert (first.hold_minor == 0) == hold_timeout
    assert holds.overdue(first) != hold_timeout


def test_a_hold_without_an_end_is_overdue_from_the_start():
    ledger, endless = ledger_of(replace(bank(), hold_ttl_ns=0)), intent()
    holds = Holds(Loop(), ledger)
    assert not holds.overdue(endless)
    assert holds.hold(endless, DESK, 0) == DONE
    assert holds.overdue(endless)


def two() -> tuple[Intent, Intent]:
    return intent(tx_id=1), intent(tx_id=2)
