import numpy as np
import pytest
from small_city import ROUTES, Till, city

from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

HOUR_NS = 3600 * NS_PER_S
CARD = [route.name for route in ROUTES].index("card_payment")


def committed(rule=None, until_h=4, seed=11, twins=0, tick_s=60, **more):
    entry = {"typology": "velocity_attack", "at": "1m"} | more
    campaigns = FraudSettings.model_validate({"campaign": [entry]}).campaign
    town = city(800, 1e-5, until_h * 3600, seed, campaigns, {"minimum": f"{tick_s}s"}, twins=twins)
    return Till(town, rule, NS_PER_S // 5).run(until_h * HOUR_NS, tick_s * NS_PER_S)


def fraud_of(till):
    rows = till.intents()
    return rows[rows["is_fraud"]]


def refuse(_row, _submission):
    return {
        "outcome": Outcome.APP_ERROR,
        "ack": Ack.FAILED,
        "decline_reason": Decline.EXCEEDS_CREDITS,
    }


def down(_row, _submission):
    return {"outcome": Outcome.UNAVAILABLE, "ack": Ack.FAILED}


@pytest.fixture(scope="module")
def spree():
    return fraud_of(committed(payments=80, sophistication=0.2, until_h=1))


def test_one_card_is_used_everywhere_within_minutes(spree):
    assert len(spree) == 80
    assert set(spree["kind"].tolist()) == {CARD}
    assert len(np.unique(spree["customer_id"])) == 1
    assert len(np.unique(spree["creditor_account"])) > 15
    assert 60 <= np.ptp(spree["created_ns"]) / NS_PER_S <= 600


def test_fifty_payments_take_five_minutes_at_most(spree):
    windows_ns = spree["created_ns"][49:] - spree["created_ns"][:-49]
    assert windows_ns.min() <= 300 * NS_PER_S


def test_the_crude_take_fifty_to_five_hundred_and_the_rest_the_victims_tickets(spree):
    assert spree["amount_minor"].min() >= 5_000
    assert spree["amount_minor"].max() <= 50_000
    fine = fraud_of(committed(payments=80, sophistication=0.6, until_h=1))
    assert fine["amount_minor"].max() < 9_000, "the dearest ticket of this bank"
    assert np.median(fine["amount_minor"]) < 5_000


def test_by_default_there_are_twenty_to_a_hundred():
    sizes = [len(fraud_of(committed(until_h=1, seed=seed))) for seed in range(8)]
    assert min(sizes) >= 20
    assert max(sizes) <= 100
    assert len(set(sizes)) > 3


def test_three_refusals_in_a_row_stop_it_with_all_further_cards():
    rows = fraud_of(committed(refuse, payments=50, cards=4, until_h=1, tick_s=2))
    assert 3 <= len(rows) <= 10, "what was under way before he heard of the third"
    assert len(np.unique(rows["customer_id"])) == 1


def test_timeouts_do_not_stop_it():
    assert len(fraud_of(committed(down, payments=50, until_h=1))) == 50


def test_cards_are_used_one_after_the_other():
    rows = fraud_of(committed(payments=20, cards=3, until_h=6))
    starts = [rows["created_ns"][rows["customer_id"] == who].min() for who in
              np.unique(rows["customer_id"])]  # fmt: skip
    assert (np.diff(sorted(starts)) >= 600 * NS_PER_S).all()


def test_a_family_spends_a_day_where_a_thief_spends_minutes():
    till = committed(payments=40, twins=1, until_h=24, tick_s=600)
    rows = till.intents()[till.record().truth["tx_id"]]
    family = rows[~rows["is_fraud"]]
    assert len(family) == 46
    assert 1.5 * HOUR_NS < np.ptp(family["created_ns"]) < 8 * HOUR_NS
