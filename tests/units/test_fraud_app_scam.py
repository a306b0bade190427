import numpy as np
import pytest
from small_city import ROUTES, Till, city

from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

HOUR_NS = 3600 * NS_PER_S
DAY_NS = 24 * HOUR_NS
KIND = {route.name: kind for kind, route in enumerate(ROUTES)}
RICH = 100_000_000


def committed(rule=None, victims=40, until_d=60, seed=5, twins=0, **more):
    entry = {"typology": "app_scam", "at": "1m", "victims": victims} | more
    campaigns = FraudSettings.model_validate({"campaign": [entry]}).campaign
    patience = {"minimum": "20m"}
    town = city(2000, 1e-5, until_d * 86_400, seed, campaigns, patience, twins=twins)
    return Till(town, rule or rich, NS_PER_S).run(until_d * DAY_NS, 1200 * NS_PER_S)


def rich(_row, _submission):
    return {"balance_minor": RICH}


def told(till):
    """Rows of the campaign with their stage, a table per victim."""
    rows, batch = till.intents(), till.record()
    words = np.array(till.city.vocabularies["stage"].words, dtype=object)
    mine = batch.truth["campaign_id"] == 0
    of = rows[batch.truth["tx_id"][mine]]
    stage = words[batch.truth["stage"][mine]]
    order = np.argsort(of["created_ns"], kind="stable")
    of, stage = of[order], stage[order]
    return [
        (of[of["customer_id"] == who], stage[of["customer_id"] == who])
        for who in np.unique(of["customer_id"])
    ]


@pytest.fixture(scope="module")
def done():
    return committed(sophistication=0.6)


def incomes(till, rows):
    return till.city.population.income_minor[till.city.population.number(rows["customer_id"])]


def test_trust_is_bought_with_small_payments_before_the_large_ones(done):
    for rows, stage in told(done):
        income = incomes(done, rows)[0]
        trust, large = rows[stage == "trust"], rows[stage == "payment"]
        assert 1 <= len(trust) <= 3
        assert (trust["amount_minor"] >= 0.02 * income - 1).all()
        assert (trust["amount_minor"] <= 0.1 * income + 1).all()
        assert 1 <= len(large) <= 4
        assert trust["created_ns"].max() + 2 * DAY_NS <= large["created_ns"].min()
        assert 0.99 <= large["amount_minor"].sum() / income <= 6.01


def test_the_victim_pays_himself(done):
    town = done.city
    for rows, _ in told(done):
        assert rows["proves"].all()
        assert len(np.unique(rows["creditor_account"][rows["kind"] == KIND["transfer"]])) == 1
    rows = np.concatenate([rows for rows, _ in told(done)])
    number = town.population.number(rows["customer_id"])
    homes = town.habits.devices.home[number]
    assert (rows["device"] == town.habits.devices.enrolled(number)).mean() > 0.7
    assert (rows["place"] == homes).mean() > 0.85


def test_people_are_chosen_who_can_pay_one_to_six_incomes(done):
    people = done.city.population
    shares = []
    for rows, stage in told(done):
        number = int(people.number(rows["customer_id"][:1])[0])
        large_minor = int(rows["amount_minor"][stage == "payment"].sum())
        assert large_minor <= 0.9 * people.opening_minor[number]
        shares.append(large_minor / people.income_minor[number])
    assert np.mean(shares) == pytest.approx(3.5, abs=4.5 * 1.45 / np.sqrt(len(shares)))
    assert min(shares) >= 1.0
    assert np.mean(np.array(shares) > 3.5) > 0.3


def test_nobody_pays_more_than_the_look_at_the_balance_told_and_little_is_not_worth_it():
    told_minor = 400_000
    paid = []
    poor = committed(lambda *_: {"balance_minor": told_minor}, sophistication=0.6)
    for rows, stage in told(poor):
        large_minor = int(rows["amount_minor"][stage == "payment"].sum())
        assert large_minor == 0 or large_minor >= incomes(poor, rows)[0]
        paid.append(large_minor)
    assert 0 < max(paid) <= 0.98 * told_minor
    assert min(paid) == 0


def test_the_crude_hurry():
    fast, slow = (
        np.mean([np.ptp(rows["created_ns"]) for rows, _ in told(committed(sophistication=s))])
        for s in (0.1, 0.9)
    )
    assert fast < 0.75 * slow


def refusing(reason):
    def rule(row, _submission):
        if row["kind"] == KIND["transfer"]:
            return {
                "outcome": Outcome.APP_ERROR,
                "ack": Ack.FAILED,
                "decline_reason": reason,
            }
        return rich(row, 0)

    return rule


def test_a_second_suspicion_wakes_the_victim():
    for rows, _ in told(committed(refusing(Decline.SUSPECTED_FRAUD))):
        assert (rows["kind"] == KIND["transfer"]).sum() <= 3


def test_what_exceeds_the_funds_is_tried_again_by_half():
    for rows, stage in told(committed(refusing(Decline.EXCEEDS_CREDITS))):
        first = rows["amount_minor"][stage == "payment"]
        again = rows["amount_minor"][stage == "retry"]
        assert len(again) >= 1
        assert again.max() <= first.max() // 2 + 1


def test_what_nobody_decided_is_paid_once_more():
    def down(row, _submission):
        if row["kind"] == KIND["transfer"]:
            return {"outcome": Outcome.TIMEOUT, "ack": Ack.UNKNOWN}
        return rich(row, 0)

    for rows, stage in told(committed(down)):
        paid = rows["amount_minor"][stage == "payment"].tolist()
        assert rows["amount_minor"][stage == "retry"].tolist() == paid


def test_a_house_is_bought_from_one_seller_by_people_who_can_prove_who_they_are():
    till = committed(victims=5, twins=1)
    rows, truth = till.intents(), till.record().truth
    buyers = rows[truth["tx_id"][truth["campaign_id"] == 1]]
    assert not buyers["is_fraud"].any()
    for who in np.unique(buyers["customer_id"]):
        paid = buyers[(buyers["customer_id"] == who) & (buyers["kind"] == KIND["transfer"])]
        assert len(np.unique(paid["creditor_account"])) == 1
        assert 3 <= len(paid) <= 8
