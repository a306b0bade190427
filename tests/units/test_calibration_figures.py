"""Histories, the figures taken of them, distances between laws, and the ledger of plans."""

from datetime import datetime

import numpy as np
import pytest

from sanket_sim.actors.intents import Wish, table_of
from sanket_sim.bank.model import load_bank
from sanket_sim.calibration.generated import Sample, generate, post
from sanket_sim.calibration.histories import (
    OPERATIONS,
    Histories,
    code,
    month_number,
    sorted_entries,
)
from sanket_sim.calibration.reference import GRID, distance, measure, read_reference, share_below

BANK, _ = load_bank("savings_bank")
DAY_NS = 86_400 * 10**9


def day(text):
    return int(np.datetime64(text, "D").astype(int))


def histories(rows, accounts=1, first="1993-01", end="1993-05", opening=0):
    account, when, operation, amount = zip(*rows, strict=True)
    nothing = np.zeros(accounts, dtype=np.int64)
    entries = sorted_entries(
        np.array(account),
        np.array([day(text) for text in when]),
        np.array([code(name) for name in operation], dtype=np.int8),
        np.array(amount),
    )
    months = (np.full(accounts, month_number(text)) for text in (first, end))
    return Histories(entries, nothing + opening, *months, nothing)


ROWS = [
    (0, "1993-01-05", "pension", 1000),
    (0, "1993-01-20", "cash_withdrawal", 400),
    (0, "1993-02-05", "pension", 1000),
    (0, "1993-02-20", "cash_withdrawal", 1200),
    (0, "1993-03-05", "pension", 1000),
    (0, "1993-03-06", "cash_withdrawal", 1500),
    (0, "1993-03-06", "cash_credit", 200),
    (0, "1993-04-05", "pension", 1000),
]


def test_month_ends_carry_the_balance_on():
    ends = histories(ROWS, opening=100).month_ends()
    assert ends.tolist() == [[100, 700, 500, 200, 1200]]
    assert histories(ROWS, end="1993-07").month_ends()[0, -1] == 1100


def test_figures_of_an_account_that_can_be_counted_by_hand():
    figures = measure(histories(ROWS, opening=100), "by hand")
    pension, cash = figures.operation["pension"], figures.operation["cash_withdrawal"]
    assert (figures.accounts, figures.account_months) == (1, 4)
    assert (pension.per_month, cash.per_month) == (1.0, 0.75)
    assert (pension.share, cash.share) == (0.5, 0.375)
    assert set(figures.income_minor) == {1050}
    assert cash.of_income[0] == pytest.approx(400 / 1050, abs=1e-4)
    assert cash.of_income[-1] == pytest.approx(1500 / 1050, abs=1e-4)
    assert figures.decline10_share == 0.5
    assert figures.negative_share == 0.0


def test_a_day_below_zero_counts_its_month():
    assert measure(histories(ROWS, opening=-300), "x").negative_share == 0.25


def test_accounts_that_are_hardly_watched_are_left_out():
    young = histories([*ROWS, (1, "1993-04-02", "pension", 7)], accounts=2)
    young.first_month[1] = month_number("1993-04")
    assert measure(young, "x").accounts == 1


def test_a_law_is_at_no_distance_from_itself_and_at_its_shift_from_others():
    law = tuple(GRID.tolist())
    even = (np.arange(2000) + 0.5) / 2000
    assert distance(even, law) < 0.001
    assert distance(even * 0.9, law) == pytest.approx(0.1, abs=0.001)
    assert distance(even + 5, law) == 1.0


def test_atoms_of_a_law_count_where_they_are():
    law = tuple(np.where(GRID < 0.5, 1.0, 2.0))
    halves = np.array([1.0, 2.0] * 50)
    assert distance(halves, law) < 0.03
    assert distance(np.full(100, 2.0), law) == pytest.approx(0.5, abs=0.03)
    at_one = share_below(law, np.array([1.0]), equal=True) - share_below(
        law, np.array([1.0]), equal=False
    )
    assert at_one[0] == pytest.approx(0.475, abs=0.03)


def wish(when_d, route, amount, customer=10):
    kind = BANK.route_index(route)
    return Wish(created_ns=when_d * DAY_NS, kind=kind, customer_id=customer, amount_minor=amount)


def test_what_a_balance_does_not_cover_is_not_posted():
    wishes = [
        wish(0, "cash_withdrawal", 60),
        wish(1, "cash_withdrawal", 60),
        wish(2, "pension", 30),
        wish(3, "cash_withdrawal", 60),
        wish(40, "household", 10),
    ]
    posted = post(
        BANK,
        np.array([10]),
        np.array([100]),
        table_of(wishes),
        datetime.fromisoformat("1993-07-01"),
        np.array([month_number("1993-07")]),
    )
    told = [(OPERATIONS[row["operation"]], row["amount_minor"]) for row in posted.entries]
    withdrawal = ("cash_withdrawal", 60)
    assert told == [withdrawal, ("pension", 30), withdrawal, ("household", 10)]
    assert posted.refused.tolist() == [1]
    assert posted.month_ends().tolist() == [[100, 10, 0]]


def test_generated_people_are_watched_as_the_records_accounts_are():
    watched = {"1993-07": 25, "1993-08": 50, "1993-09": 100, "1993-10": 100, "1993-11": 100}
    made = generate(BANK, Sample(customers=400), watched)
    share = {name: count / 400 for name, count in made.accounts_watched().items()}
    assert share["1993-07"] == pytest.approx(0.25, abs=0.07)
    assert share["1993-08"] == pytest.approx(0.5, abs=0.08)
    assert share["1993-11"] == 1.0
    again = generate(BANK, Sample(customers=400), watched)
    assert np.array_equal(again.entries, made.entries)


@pytest.mark.parametrize("name", ["everybody", "borrowers"])
def test_the_figures_in_the_project_are_whole(name):
    figures = read_reference(name)
    assert sum(one.share for one in figures.operation.values()) == pytest.approx(1.0, abs=1e-4)
    for one in figures.operation.values():
        assert len(one.of_income) == len(one.amounts_minor) == len(GRID)
        assert list(one.amounts_minor) == sorted(one.amounts_minor)
