import numpy as np
from small_city import ROUTES, Till, city

from sanket_sim.bank.places import ABROAD
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

HOUR_NS = 3600 * NS_PER_S
CARD = [route.name for route in ROUTES].index("card_payment")


def committed(rule=None, until_h=100, tick_s=600, **more):
    entry = {"typology": "card_testing", "at": "1m"} | more
    campaigns = FraudSettings.model_validate({"campaign": [entry]}).campaign
    town = city(500, 0.0001, until_h * 3600, 11, campaigns, {"minimum": f"{tick_s}s"})
    till = Till(town, rule, delay_ns=NS_PER_S // 5).run(until_h * HOUR_NS, tick_s * NS_PER_S)
    rows = till.intents()
    return rows[rows["is_fraud"]], town


def suspect(_row, _submission):
    return {
        "outcome": Outcome.APP_ERROR,
        "ack": Ack.FAILED,
        "decline_reason": Decline.SUSPECTED_FRAUD,
    }


def test_the_crude_burst_tries_about_a_card_a_second_with_tiny_amounts():
    rows, _ = committed(cards=200, live=0.0, sophistication=0.2)
    assert len(rows) == 200
    assert set(rows["kind"].tolist()) == {CARD}
    assert rows["amount_minor"].max() <= 200
    gaps_s = np.diff(rows["created_ns"]) / NS_PER_S
    assert 0.7 < gaps_s.mean() < 1.4
    assert len(np.unique(rows["customer_id"])) > 120


def test_the_sophisticated_wait_and_copy_low_tickets():
    rows, town = committed(cards=30, live=0.0, sophistication=0.9)
    gaps_min = np.diff(rows["created_ns"]) / NS_PER_S / 60
    assert gaps_min.min() >= 20
    assert gaps_min.max() <= 60
    low = town.habits.amounts_minor(CARD, np.arange(504 - 4), np.full(500, 0.5))
    assert 200 < rows["amount_minor"].max() <= low.max()


def test_half_of_the_crudest_are_abroad_and_the_sophisticated_where_owners_are():
    crude, _ = committed(cards=200, live=0.0, sophistication=0.0)
    assert 0.4 < (crude["place"] == ABROAD).mean() < 0.6
    skilled, _ = committed(cards=40, live=0.0, sophistication=0.9)
    assert (skilled["place"] == ABROAD).mean() < 0.15


def test_live_cards_are_cashed_out_hours_later_below_their_p95():
    rows, town = committed(cards=100, live=1.0, sophistication=0.3)
    tests, purchases = rows[:100], rows[100:]
    after_h = (purchases["created_ns"].min() - tests["created_ns"].max()) / HOUR_NS
    assert after_h > 0.9
    owners = purchases["customer_id"] - town.population.first_customer
    p95 = town.habits.amounts_minor(CARD, owners, np.full(len(owners), 0.95))
    share = purchases["amount_minor"] / p95
    assert share.min() > 0.49
    assert share.max() < 0.91
    assert 1.6 < len(purchases) / 100 < 2.4


def test_a_quarter_of_bought_cards_survives():
    rows, _ = committed(cards=400, sophistication=0.3)
    cashed = np.unique(rows["customer_id"][400:])
    assert 60 < len(cashed) < 140


def test_a_refused_test_drops_the_card():
    rows, _ = committed(suspect, cards=100, live=1.0, sophistication=0.3)
    assert len(rows) == 100


def test_a_refused_purchase_drops_the_card():
    def refuse_large(row, _submission):
        return suspect(row, 0) if row["amount_minor"] > 200 else {}

    rows, _ = committed(refuse_large, cards=100, live=1.0, sophistication=0.3)
    freely, _ = committed(cards=100, live=1.0, sophistication=0.3)
    assert 200 <= len(rows) < len(freely), "purchases already under way, no more"


def test_suspicion_makes_him_change_shops():
    calm, _ = committed(cards=60, live=0.0, sophistication=0.2, tick_s=1, until_h=1)
    chased, _ = committed(suspect, cards=60, live=0.0, sophistication=0.2, tick_s=1, until_h=1)
    assert len(np.unique(calm["creditor_account"])) <= 3
    assert len(np.unique(chased["creditor_account"])) > 6


def test_where_nobody_decides_a_card_is_tried_once_more():
    def down(_row, _submission):
        return {"outcome": Outcome.TIMEOUT, "ack": Ack.UNKNOWN}

    rows, _ = committed(down, cards=20, live=1.0, sophistication=0.2)
    assert np.unique(rows["customer_id"], return_counts=True)[1].tolist() == [2] * 20


def test_the_slow_hurry_after_three_approvals():
    def gaps_min(rule=None):
        rows, _ = committed(rule, cards=30, live=0.0, sophistication=0.9, tick_s=60, until_h=30)
        return np.diff(rows["created_ns"]) / NS_PER_S / 60

    assert gaps_min()[3:].max() <= 40 < gaps_min(suspect)[3:].max()


def test_by_default_the_list_has_twenty_to_five_hundred_cards():
    rows, _ = committed(live=0.0, sophistication=0.2)
    assert 20 <= len(rows) <= 500
