"""Amounts in what standing orders leave of an income, and amounts of certain months."""

from datetime import datetime

import numpy as np
import pytest
from pydantic import ValidationError

from sanket_sim.actors.city import City
from sanket_sim.actors.demand import Demand
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.settings import PopulationSettings
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.bank.description import Bank, Party, Route
from sanket_sim.bank.laws import amount_law

MONTH_NS = 31 * 86_400 * 10**9
BILL = {"name": "bill", "route": "bill", "day": 5, "of_income": [[0, 0.4], [1, 0.4]], "steady": 1}
REST = {"name": "cash", "route": "cash", "day": 9, "of_rest": [[0, 0.5], [1, 0.5]]}
PAY = {"name": "pay", "route": "pay", "day": 2, "of_income": [[0, 1], [1, 1]], "steady": 1}
AMOUNT = amount_law(1)
ROUTES = (
    Route("bill", edge=0, debtor=Party.CUSTOMER, creditor=Party.BILLER, amount_minor=AMOUNT),
    Route("cash", edge=0, debtor=Party.CUSTOMER, creditor=Party.CASH, amount_minor=AMOUNT),
    Route("pay", edge=0, debtor=Party.EMPLOYER, creditor=Party.CUSTOMER, amount_minor=AMOUNT),
)


def planned(*templates, customers=40, start="1993-12-01"):
    bank = Bank("village", (), (), (), ROUTES, channels=("branch",), currencies=("EUR",))
    idle = Demand(np.array([0, MONTH_NS]), np.zeros(1), np.zeros(1))
    plans = Plans(tuple(map(TemplateSettings.model_validate, templates)))
    city = City(
        bank,
        PopulationSettings(customers=customers),
        idle,
        seed=3,
        start=datetime.fromisoformat(start),
        plans=plans,
    )
    intents = city.plan(0, MONTH_NS).intents
    income = city.population.income_minor[city.population.number(intents["customer_id"])]
    return intents["amount_minor"] / income, intents["kind"]


def test_withdrawals_are_measured_by_what_bills_leave():
    of_income, kind = planned({**BILL, "share": 0.5}, REST)
    assert of_income[kind == 0] == pytest.approx(0.4, abs=1e-4)
    cash = of_income[kind == 1].round(3)
    assert set(cash) == {0.5, 0.3}
    assert (cash == 0.3).sum() == (kind == 0).sum()


def test_money_that_comes_in_is_no_standing_order():
    of_income, kind = planned(PAY, REST)
    assert of_income[kind == 1] == pytest.approx(0.5, abs=1e-4)


def test_something_is_left_of_any_income():
    of_income, kind = planned({**BILL, "of_income": [[0, 3], [1, 3]]}, REST)
    assert of_income[kind == 1] == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(("start", "factor"), [("1993-12-01", 1.5), ("1994-01-01", 1.0)])
def test_december_brings_a_thirteenth_salary(start, factor):
    of_income, kind = planned({**PAY, "amount_months": [1] * 11 + [1.5]}, start=start)
    assert of_income[kind == 2] == pytest.approx(factor, abs=1e-4)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"of_rest": [[0, 0.5], [1, 0.2]]}, "of_rest"),
        ({"of_rest": [[0, 0.1], [1, 0.2]], "of_income": [[0, 0.1], [1, 0.2]]}, "either"),
        ({"amount_months": [1] * 12}, "goes with amount"),
        ({"amount_months": [1] * 11, "amount": 5}, "12 weights in amount_months"),
    ],
)
def test_a_template_says_one_thing_about_amounts(wrong, said):
    with pytest.raises(ValidationError, match=said):
        TemplateSettings.model_validate({"name": "x", "route": "cash", "day": 9, **wrong})
