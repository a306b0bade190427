"""Sagas, exactly: which calls are taken back, in which order, and what nobody can take back."""

from dataclasses import replace

import numpy as np
from banks import MS, call, chain, check, commit, compute, drive, intents

from sanket_sim.bank.description import Bank, Effect, Service
from sanket_sim.bank.policies import Policy
from sanket_sim.core.outcomes import Ack, Decline, Outcome

FRONT, HOLD, VOID, BOOK, UNBOOK, JUDGE = range(6)
HOLD_STEPS = (commit(Effect.HOLD),)
LARGE = 60_000
"""More than half of what the debtor has, so that after a hold nothing more is covered."""


def undone_by(edge, undo):
    return replace(call(edge), undo=undo)


def bank(*steps, hold=HOLD_STEPS, patience_ns=1000 * MS) -> Bank:
    """A front and five services, each with one operation; edge i leads to service i."""
    rows = [steps, hold, (commit(Effect.VOID),), (compute(MS),), (compute(MS),),
            (check(Effect.CHECK_FUNDS),)]  # fmt: skip
    names = ("front", "hold", "void", "book", "unbook", "judge")
    policies = [Policy()] * len(rows)
    policies[HOLD] = Policy(timeout_ns=patience_ns)
    desks = [Service(name, replicas=1, workers=4) for name in names]
    return chain(*desks, steps=rows, policies=policies)


def asked(result):
    """Services in the order in which they were asked."""
    return result.hops["service"][np.argsort(result.hops["sent_ns"], kind="stable")].tolist()


def test_a_saga_that_fails_takes_its_calls_back_latest_first():
    saga = bank(undone_by(HOLD, VOID), undone_by(BOOK, UNBOOK), call(JUDGE))
    result = drive(saga, intents(0, amount_minor=LARGE, e_minor=LARGE))
    assert asked(result) == [FRONT, HOLD, BOOK, JUDGE, UNBOOK, VOID]
    assert result.transactions["open_hold_minor"].tolist() == [0]
    assert result.transactions["ack"].tolist() == [Ack.FAILED]
    assert result.transactions["decline_reason"].tolist() == [Decline.EXCEEDS_CREDITS]


def test_a_call_that_timed_out_may_have_succeeded_and_is_taken_back():
    late = (compute(20 * MS), commit(Effect.HOLD))
    result = drive(bank(undone_by(HOLD, VOID), hold=late, patience_ns=5 * MS), intents(0))
    assert asked(result) == [FRONT, HOLD, VOID]
    assert result.transactions["open_hold_minor"].tolist() == [0], "the mark of the void stops it"


def test_a_call_that_was_refused_has_changed_nothing_and_stays():
    result = drive(bank(undone_by(HOLD, VOID)), intents(0, amount_minor=2 * LARGE))
    assert asked(result) == [FRONT, HOLD]
    assert result.hops["outcome"].tolist() == [Outcome.APP_ERROR] * 2


def test_a_saga_that_succeeds_takes_nothing_back():
    assert asked(drive(bank(undone_by(HOLD, VOID), undone_by(BOOK, UNBOOK)), intents(0))) == [
        FRONT, HOLD, BOOK
    ]  # fmt: skip
