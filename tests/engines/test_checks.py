"""What the desks before the ledger refuse, exactly."""

from dataclasses import replace

import numpy as np
import pytest
from banks import accounts, chain, check, drive, intents

from sanket_sim.bank.description import Effect, Service
from sanket_sim.core.outcomes import Decline

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
