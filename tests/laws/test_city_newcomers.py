"""One more customer, template or campaign moves nobody else's draws."""

from datetime import datetime

import numpy as np
import pytest
from small_city import bank, city, flat, money_bank

from sanket_sim.actors import City, PopulationSettings
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.population import Population
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

START = datetime.fromisoformat("2026-11-23T07:45")
SEVERAL = tuple(
    TemplateSettings.model_validate(entry)
    for entry in (
        {"name": "rent", "route": "transfer", "day": [22, 25], "payee": "same", "share": 0.5},
        {"name": "put_by", "route": "transfer", "day": 23, "payee": "to_savings", "steady": 0.9},
        {"name": "wages", "route": "salary", "day": 23, "one_of": "pay", "share": 0.6},
        {"name": "pension", "route": "salary", "day": 23, "one_of": "pay", "share": 0.3},
        {"name": "coffee", "route": "card_payment", "per_month": 90, "fano": 1.5,
         "weekdays": [1, 2, 1, 1, 1, 3, 3]},
        {"name": "look", "route": "login", "per_month": 60, "channels": {"web": 1.0}},
    )
)  # fmt: skip
MORNING_NS = 6 * 3600 * NS_PER_S
COLUMNS = ("activity", "affluence", "segment", "region", "income_minor", "opening_minor", "model")


def town(customers, merchants=40, campaigns=(), at=None):
    each = flat(0.2 * 150, 60, 150)  # the same intensity a head, however many heads
    settings = PopulationSettings(customers=customers, merchants=merchants)
    return City(at or bank(), settings, each, 7, campaigns)


def morning(customers, templates, per_customer=1e-12):
    """Return what templates bring from a quarter to eight on, beside some demand."""
    demand = flat(per_customer * customers, 6 * 3600, customers)
    settings = PopulationSettings(customers=customers, merchants=40)
    town = City(bank(), settings, demand, 7, start=START, plans=Plans(tuple(templates)))
    return town, town.plan(0, MORNING_NS).intents


def by_name(intents):
    return {int(row["draw_key"]): row for row in intents}


@pytest.mark.parametrize("more", [151, 400])
def test_newcomers_change_nobody(more):
    few, many = (Population.settle(PopulationSettings(customers=n), Draws(5)) for n in (150, more))
    for column in COLUMNS:
        assert np.array_equal(getattr(few, column), getattr(many, column)[:150])
    who, u = np.arange(150), Draws(6).uniform(np.arange(150))
    assert np.array_equal(few.favourite(who, u), many.favourite(who, u))


def test_a_newcomer_leaves_times_amounts_and_shops_of_others_alone():
    before = town(150).plan(0, 60 * NS_PER_S).intents
    after = by_name(town(151).plan(0, 60 * NS_PER_S).intents)
    moved = 0
    for key, row in by_name(before).items():
        same = after[key]
        for column in before.dtype.names:
            if column not in ("creditor_account", "right_creditor"):
                assert row[column] == same[column], column
        moved += row["creditor_account"] != same["creditor_account"]
    assert moved <= 0.05 * len(before), "a newcomer is the new payee of a few, no more"


@pytest.mark.parametrize("customers", [150, 151, 164])
def test_a_newcomer_leaves_wallets_conversions_and_fees_of_others_alone(customers):
    before = town(customers, at=money_bank())
    after = town(customers + 1, at=money_bank())
    newcomer = after.population.account[customers]
    rows = before.plan(0, 60 * NS_PER_S).intents
    others = by_name(after.plan(0, 60 * NS_PER_S).intents)
    moved = 0
    for key, row in by_name(rows).items():
        same = others[key]
        if newcomer == same["customer_id"]:
            moved += 1  # a new holder takes his fair share of what is for holders
            continue
        payees = ("creditor_account", "right_creditor", "second_creditor")
        for column in set(rows.dtype.names) - set(payees):
            assert row[column] == same[column], column
        moved += any(row[column] != same[column] for column in payees)
    assert moved <= 0.05 * len(rows)


def test_hazards_do_not_depend_on_how_many_share_a_rate():
    few, many = city(customers=100, rate_per_s=10.0), city(customers=200, rate_per_s=20.0)
    assert np.array_equal(few.traffic.next_ns, many.traffic.next_ns[:100])


def test_a_campaign_leaves_honest_traffic_alone():
    entry = {"typology": "card_testing", "cards": 30, "at": "1s"}
    campaigns = FraudSettings.model_validate({"campaign": [entry]}).campaign
    quiet = town(150).plan(0, 60 * NS_PER_S).intents
    attacked = town(150, campaigns=campaigns).plan(0, 60 * NS_PER_S).intents
    assert len(attacked) > len(quiet)
    assert attacked[attacked["campaign_id"] < 0].tobytes() == quiet.tobytes()


@pytest.mark.parametrize("customers", [400, 401, 433])
def test_a_newcomer_leaves_the_templates_of_others_alone(customers):
    _, rows = morning(customers, SEVERAL)
    after, many = morning(customers + 1, SEVERAL)
    others = by_name(many)
    assert set(rows["kind"].tolist()) == {0, 1, 2, 5}
    moved = 0
    for key, row in by_name(rows).items():
        same = others.pop(key)
        for column in set(rows.dtype.names) - {"creditor_account", "right_creditor"}:
            assert row[column] == same[column], column
        moved += row["creditor_account"] != same["creditor_account"]
    assert moved <= 0.05 * len(rows)
    newcomer = int(after.population.account[customers])
    assert {int(row["customer_id"]) for row in others.values()} <= {newcomer}


@pytest.mark.parametrize("place", [0, 1, 3, 4, 5])
def test_one_more_template_leaves_all_others_and_the_demand_alone(place):
    _, fewer = morning(300, SEVERAL[:place] + SEVERAL[place + 1 :], 1e-4)
    _, rows = morning(300, SEVERAL, 1e-4)
    assert len(rows) > len(fewer)
    assert rows[np.isin(rows["draw_key"], fewer["draw_key"])].tobytes() == fewer.tobytes()


def test_the_first_of_a_group_moves_only_the_rest_of_its_group():
    _, fewer = morning(300, SEVERAL[:2] + SEVERAL[3:], 1e-4)
    _, rows = morning(300, SEVERAL, 1e-4)
    pay = bank().route_index("salary")
    others = fewer[fewer["kind"] != pay]
    assert rows[np.isin(rows["draw_key"], others["draw_key"])].tobytes() == others.tobytes()
    assert not np.isin(fewer["draw_key"][fewer["kind"] == pay], rows["draw_key"]).all()


def test_a_template_that_replaces_a_route_takes_the_place_of_its_demand():
    _, usual = morning(300, (), 1e-3)
    alone = SEVERAL[2].model_copy(update={"replaces": True, "share": 0.0})
    _, fewer = morning(300, [alone], 1e-3)
    pay = bank().route_index("salary")
    assert (usual["kind"] == pay).sum() > 20
    assert not (fewer["kind"] == pay).any()
    assert np.array_equal(usual["draw_key"], fewer["draw_key"])


def test_a_campaign_leaves_templates_alone():
    entry = {"typology": "card_testing", "cards": 30, "at": "1s"}
    campaigns = FraudSettings.model_validate({"campaign": [entry]}).campaign
    each, settings = flat(10.0, 600, 150), PopulationSettings(customers=150, merchants=40)
    plans = Plans(SEVERAL)
    quiet, attacked = (
        City(bank(), settings, each, 7, those, start=START, plans=plans)
        .plan(0, 600 * NS_PER_S)
        .intents
        for those in ((), campaigns)
    )
    assert len(attacked) > len(quiet)
    assert attacked[attacked["campaign_id"] < 0].tobytes() == quiet.tobytes()
