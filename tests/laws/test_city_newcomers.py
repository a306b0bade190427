"""One more customer, merchant or campaign moves nobody else's draws."""

import numpy as np
import pytest
from small_city import bank, city, flat, money_bank

from sanket_sim.actors import City, PopulationSettings
from sanket_sim.actors.population import Population
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

COLUMNS = ("activity", "affluence", "segment", "region", "income_minor", "opening_minor", "model")


def town(customers, merchants=40, campaigns=(), at=None):
    each = flat(0.2 * 150, 60, 150)  # the same intensity a head, however many heads
    settings = PopulationSettings(customers=customers, merchants=merchants)
    return City(at or bank(), settings, each, 7, campaigns)


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
    assert attacked[~attacked["is_fraud"]].tobytes() == quiet.tobytes()
