"""What the desks before the ledger refuse, exactly."""

from dataclasses import replace

import numpy as np
import pytest
from banks import (
    MS,
    OPENING_MINOR,
    S,
    accounts,
    call,
    chain,
    check,
    commit,
    compute,
    drive,
    intents,
)

from sanket_sim.bank.description import Effect, Party, Service
from sanket_sim.bank.fraud_service import FraudRule, FraudService, read_condition
from sanket_sim.bank.policies import Fallback, Policy, Retry, RetryKind
from sanket_sim.core.outcomes import Decline, FraudDecision, Outcome
from sanket_sim.network import Command, CommandKind, SimPyEngine
from sanket_sim.trace.arrivals import BLOCK_DTYPE, Arrivals
from sanket_sim.trace.vocabulary import Vocabularies

LIMIT_MINOR = 5000
GIVEN = 3


def checked(effect, owner=None, **columns):
    """Send one payment through one check and no further; returns its transaction."""
    desk = Service("desk", replicas=1, workers=1)
    bank = chain(desk, steps=[(check(effect),)], payment_limit_minor=LIMIT_MINOR)
    chart = accounts()
    if owner is not None:
        chart = replace(chart, owner=np.array(owner))
    transactions = drive(bank, intents(0, **columns), chart=chart).transactions
    return {name: column[0] for name, column in transactions.items()}


@pytest.mark.parametrize(
    ("amount", "wanted", "reason", "expected"),
    [
        (LIMIT_MINOR, LIMIT_MINOR, Decline.NONE, LIMIT_MINOR),
        (LIMIT_MINOR + 1, LIMIT_MINOR + 1, Decline.LIMIT_EXCEEDED, 0),
        (LIMIT_MINOR + 1, 100, Decline.LIMIT_EXCEEDED, 100),
    ],
)
def test_beyond_the_limit_is_refused_and_right_if_that_much_was_wanted(
    amount, wanted, reason, expected
):
    found = checked(Effect.CHECK_LIMIT, amount_minor=amount, e_minor=wanted)
    assert (found["decline_reason"], found["e_minor"]) == (reason, expected)


@pytest.mark.parametrize(
    ("owners", "reason"),
    [((7, 7), Decline.NONE), ((7, 8), Decline.PAYEE_MISMATCH), ((-1, -1), Decline.PAYEE_MISMATCH)],
)
def test_another_account_will_do_only_if_it_is_the_same_persons(owners, reason):
    found = checked(Effect.CHECK_PAYEE, owner=(0, 1, *owners), creditor_account=GIVEN)
    assert found["decline_reason"] == reason
    assert checked(Effect.CHECK_PAYEE, owner=(0, 1, *owners))["decline_reason"] == Decline.NONE


def test_the_door_itself_refuses_what_is_no_amount():
    found = checked(Effect.CHECK_AMOUNT, amount_minor=-1, e_minor=0)
    assert found["decline_reason"] == Decline.AMOUNT_MUST_BE_POSITIVE


PAYER, APPLIED_FOR = 1, 3
FREEZE = [Command(1 * S, CommandKind.FREEZE, account=PAYER)]
POST = (commit(),)
SUSPECTS_ALL = FraudService(
    rules=(FraudRule("all", (read_condition("hour >= 0"),), 1.0),), decline_at=1.0
)
HOLD_AND_CAPTURE = (commit(Effect.HOLD), compute(3 * S), commit(Effect.CAPTURE))


def ledger_run(rows, commands=(), steps=POST, chart=None):
    bank = chain(Service("ledger", replicas=1, workers=9), steps=[steps])
    return drive(bank, rows, commands, chart=chart)


def told(outcome):
    found = outcome.transactions
    return list(zip(found["decline_reason"].tolist(), found["e_minor"].tolist(), strict=True))


def test_nothing_leaves_a_blocked_account_until_it_is_opened_again():
    thaw = Command(5 * S, CommandKind.THAW, account=PAYER)
    outcome = ledger_run(intents(0, 2 * S, 6 * S), [*FREEZE, thaw])
    assert told(outcome) == [(0, 2500), (Decline.ACCOUNT_FROZEN, 0), (0, 2500)]
    assert outcome.engine.balances_minor()[PAYER] == OPENING_MINOR - 2 * 2500


def test_a_blocked_account_still_takes_money_in():
    outcome = ledger_run(
        intents(2 * S, debtor_account=2, right_debtor=2, creditor_account=PAYER), FREEZE
    )
    assert outcome.engine.balances_minor()[PAYER] == OPENING_MINOR + 2500


def test_what_was_held_before_the_block_is_captured_and_nothing_is_held_after():
    outcome = ledger_run(intents(0, 2 * S), FREEZE, HOLD_AND_CAPTURE)
    assert told(outcome) == [(0, 2500), (Decline.ACCOUNT_FROZEN, 0)]
    assert outcome.engine.balances_minor()[PAYER] == OPENING_MINOR - 2500


def blocks(*rows):
    """(at_s, freeze or thaw, by_bank) -> commands about the payer's account."""
    return [
        Command(at_s * S, CommandKind[kind], account=PAYER, by_bank=by_bank)
        for at_s, kind, by_bank in rows
    ]


BANK, OWNER = True, False
BOTH = (1, "FREEZE", OWNER), (1, "FREEZE", BANK)
BANK_TWICE = (1, "FREEZE", BANK), (2, "FREEZE", BANK)
OPEN_AT_6 = {
    "the bank does not undo the owner": [*BOTH, (3, "THAW", BANK), (5, "THAW", OWNER)],
    "the owner does not undo the bank": [*BOTH, (3, "THAW", OWNER), (5, "THAW", BANK)],
    "the later of two blocks counts": [*BANK_TWICE, (3, "THAW", BANK), (5, "THAW", BANK)],
    "there is nothing to undo before": [(0, "THAW", BANK), (1, "FREEZE", BANK), (5, "THAW", BANK)],
}


@pytest.mark.parametrize("case", OPEN_AT_6)
def test_an_account_is_open_when_no_block_is_left(case):
    found = ledger_run(intents(2 * S, 4 * S, 6 * S), blocks(*OPEN_AT_6[case])).transactions
    refused = [Decline.ACCOUNT_FROZEN] * 2
    assert found["decline_reason"].tolist() == [*refused, Decline.NONE]


@pytest.mark.parametrize(
    ("by", "columns", "expected"),
    [
        ((BANK,), {}, 2500),
        ((BANK,), {"is_fraud": True}, 0),
        ((BANK,), {"amount_minor": 2 * OPENING_MINOR, "e_minor": 2 * OPENING_MINOR}, 0),
        ((OWNER,), {}, 0),
        ((BANK, OWNER), {}, 0),
    ],
)
def test_the_bank_is_wrong_to_block_the_honest_who_have_the_money(by, columns, expected):
    outcome = ledger_run(intents(2 * S, **columns), blocks(*((1, "FREEZE", who) for who in by)))
    assert told(outcome) == [(Decline.ACCOUNT_FROZEN, expected)]


def test_blocks_that_customers_ask_for_are_on_record_with_the_account():

    words = Vocabularies()
    bank = chain(Service("ledger", replicas=1, workers=1), steps=[(commit(),)])
    engine = SimPyEngine(bank, accounts(), 1, words)
    blocks = np.array([(PAYER, S, True, False), (PAYER, S, True, True)], BLOCK_DTYPE)
    decisions = engine.advance(2 * S, Arrivals(blocks=blocks)).decisions
    assert words["decision"].words[decisions["decision"][0]] == "freeze"
    assert [words["reason"].words[code] for code in decisions["reason"]] == ["owner", "bank"]
    assert words["subject"].words[decisions["subject"][0]] == f"account {PAYER}"
    assert (decisions["tx_id"][0], decisions["time_ns"][0]) == (-1, S)


def applied_for():
    closed = np.zeros(4, bool)
    closed[APPLIED_FOR] = True
    return replace(accounts(), closed=closed)


@pytest.mark.parametrize(("proves", "reason"), [(True, 0), (False, Decline.IDENTITY_NOT_VERIFIED)])
def test_an_account_opens_for_who_can_prove_who_he_is(proves, reason):
    desk = Service("desk", replicas=1, workers=1)
    steps = (check(Effect.CHECK_IDENTITY), commit(Effect.OPEN_ACCOUNT))
    bank = chain(desk, steps=[steps])
    bank = replace(bank, routes=(replace(bank.routes[0], amount_minor=None),))
    rows = intents(0, debtor_account=APPLIED_FOR, proves=proves)
    outcome = drive(bank, rows, chart=applied_for())
    assert outcome.transactions["decline_reason"][0] == reason
    assert outcome.engine.ledger.store.closed[APPLIED_FOR] != proves


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"debtor_account": APPLIED_FOR}, Decline.DEBIT_ACCOUNT_ALREADY_CLOSED),
        (
            {"creditor_account": APPLIED_FOR, "right_creditor": APPLIED_FOR},
            Decline.CREDIT_ACCOUNT_ALREADY_CLOSED,
        ),
    ],
)
def test_nothing_moves_from_or_to_an_account_that_is_not_open(columns, reason):
    outcome = ledger_run(intents(0, **columns), chart=applied_for())
    assert told(outcome) == [(reason, 0)]


def without_the_check(fallback, **columns):
    """Send a payment whose fraud check cannot be reached; the words of the run come with it."""

    services = Service("bank", 1, 1), Service("fraud", 1, 1)
    steps = [(call(1), commit()), (check(Effect.CHECK_FRAUD),)]
    bank = chain(*services, steps=steps, policies=[Policy(), Policy(fallback=fallback)])
    words = Vocabularies()
    engine = SimPyEngine(bank, accounts(), 1, words)
    engine.apply(Command(0, CommandKind.ABORT, target="fraud", code=Outcome.UNAVAILABLE))
    batch = engine.advance(2 * S, Arrivals(intents=intents(MS, **columns)))
    said = [
        (words["actor"].words[actor], words["decision"].words[decision], tx_id)
        for actor, decision, tx_id in zip(
            *(batch.decisions[name] for name in ("actor", "decision", "tx_id")), strict=True
        )
    ]
    return {name: column[0] for name, column in batch.transactions.items()}, said


@pytest.mark.parametrize("is_fraud", [False, True])
def test_a_check_that_fails_open_lets_everything_pass_and_says_so(is_fraud):
    found, said = without_the_check(Fallback.APPROVE, is_fraud=is_fraud)
    assert (found["fraud_decision"], found["d_minor"]) == (FraudDecision.UNCHECKED, 2500)
    assert ("fraud_fallback", "approve", 0) in said


@pytest.mark.parametrize(("is_fraud", "expected"), [(False, 2500), (True, 0)])
def test_a_check_that_fails_closed_refuses_everybody_and_is_right_about_fraud(is_fraud, expected):
    found, said = without_the_check(Fallback.DECLINE, is_fraud=is_fraud)
    assert (found["fraud_decision"], found["d_minor"]) == (FraudDecision.CLOSED, 0)
    assert (found["decline_reason"], found["e_minor"]) == (Decline.SUSPECTED_FRAUD, expected)
    assert ("fraud_fallback", "decline", 0) in said


@pytest.mark.parametrize("answer_ms", [5, 15, 25])
def test_what_is_said_too_late_does_not_turn_a_refusal_without_a_check_into_a_judgement(answer_ms):
    services = Service("bank", 1, 1), Service("fraud", 1, 9)
    desk = compute(answer_ms * MS), check(Effect.CHECK_FRAUD), compute(30 * MS)
    retry = Retry(RetryKind.FIXED, attempts=2, codes=frozenset({Outcome.TIMEOUT}))
    patience = Policy(timeout_ns=10 * MS, retry=retry, fallback=Fallback.DECLINE)
    bank = chain(*services, steps=[(call(1), commit()), desk], policies=[Policy(), patience])
    found = drive(bank, intents(0)).transactions
    assert found["fraud_decision"].tolist() == [FraudDecision.CLOSED]
    assert found["decline_reason"].tolist() == [Decline.SUSPECTED_FRAUD]


def test_what_was_refused_unchecked_is_judged_when_it_is_tried_again():
    services = Service("bank", 1, 1), Service("fraud", 1, 1)
    steps = [(call(1), commit()), (check(Effect.CHECK_FRAUD),)]
    policies = [Policy(), Policy(fallback=Fallback.DECLINE)]
    bank = chain(*services, steps=steps, policies=policies)
    engine = SimPyEngine(bank, accounts(), 1, Vocabularies())
    engine.apply(Command(0, CommandKind.CRASH, fault_id=0, target="fraud", duration_ns=S))
    engine.advance(
        2 * S, Arrivals(intents=intents(MS, may_retry=True, copies=2, copy_gap_ns=3 * S))
    )
    found = engine.advance(9 * S, Arrivals()).transactions
    assert (found["fraud_decision"].tolist(), found["n_posted"].tolist()) == (
        [FraudDecision.APPROVE],
        [1],
    )


def test_what_went_on_unchecked_and_came_to_nothing_is_judged_when_it_is_tried_again():
    services = Service("bank", 1, 1), Service("fraud", 1, 1)
    steps = [(call(1), commit()), (check(Effect.CHECK_FRAUD),)]
    policies = [Policy(), Policy(fallback=Fallback.APPROVE)]
    bank = chain(*services, steps=steps, policies=policies, fraud_service=SUSPECTS_ALL)
    engine = SimPyEngine(bank, accounts(), 1, Vocabularies())
    engine.apply(Command(0, CommandKind.CRASH, fault_id=0, target="fraud", duration_ns=S))
    poor = intents(MS, amount_minor=2 * OPENING_MINOR, may_retry=True, copies=2, copy_gap_ns=3 * S)
    engine.advance(2 * S, Arrivals(intents=poor))
    found = engine.advance(9 * S, Arrivals()).transactions
    assert found["fraud_decision"].tolist() == [FraudDecision.DECLINE]


def test_the_desk_hears_of_credits_and_refusals_where_there_is_a_check():
    desk = Service("bank", replicas=1, workers=1)
    bank = chain(desk, steps=[(check(Effect.CHECK_FRAUD), commit())])
    chart = replace(accounts(), party=np.full(4, Party.CUSTOMER, np.int8))
    rows = intents(0, MS, 2 * MS, amount_minor=[2500, 2500, OPENING_MINOR])
    view = drive(bank, rows, chart=chart).engine.effects.desk.view
    payer, payee = view.history(1, 2 * MS), view.history(2, 2 * MS)
    assert payee.in_24h == pytest.approx(5000)
    assert payer.declines_1h == pytest.approx(1)
    assert (list(payee.payers.met), list(payer.payees.met)) == ([1], [2])
