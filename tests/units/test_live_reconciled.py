"""The ledger lines of a payment's story: what was debited is not what was credited."""

from types import SimpleNamespace

import pytest

from sanket_sim.live.inspection.payment import _leaked, _reconciled


def flows(expected, debited, credited, astray=0):
    return SimpleNamespace(
        e_minor=expected,
        d_minor=debited,
        c_minor=credited,
        x_minor=astray,
        open_hold_minor=3,
        n_posted=2,
    )


def test_debits_stand_with_debits_and_credits_with_credits():
    line = _reconciled("payment", "EUR", flows(500, 700, 400, 50), 300)
    assert (line.expected_minor, line.debited_minor, line.credited_minor) == (500, 700, 400)
    assert (line.astray_minor, line.held_minor, line.journals, line.leak_minor) == (50, 3, 2, 300)


@pytest.mark.parametrize(
    ("moved", "balanced"),
    [
        (flows(500, 500, 500), True),
        (flows(500, 1000, 1000), False),
        (flows(500, 500, 400), False),
        (flows(500, 500, 500, 500), False),
    ],
)
def test_books_balance_only_where_what_was_meant_has_moved_to_whom_it_was_meant(moved, balanced):
    assert _reconciled("payment", "EUR", moved, 0).balanced == balanced


def test_each_leg_leaks_in_its_own_currency():
    story = SimpleNamespace(
        verdict=SimpleNamespace(glv_minor=700),
        currency="EUR",
        second=SimpleNamespace(glv_minor=300, currency="JPY"),
    )
    assert _leaked(story) == "7.00 EUR and 300 JPY"
