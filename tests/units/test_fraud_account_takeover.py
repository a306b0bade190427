import numpy as np
import pytest
from small_city import ROUTES, Till, bank, city

from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

HOUR_NS = 3600 * NS_PER_S
KIND = {route.name: kind for kind, route in enumerate(ROUTES)}
BALANCE = 123_457


def committed(rule=None, victims=60, until_h=110, routes=ROUTES, till_too=False, **more):
    entry = {"typology": "account_takeover", "at": "1m", "victims": victims} | more
    campaigns = FraudSettings.model_validate({"campaign": [entry]}).campaign
    town = city(3000, 0.0001, until_h * 3600, 3, campaigns, {"minimum": "2m"}, bank=bank(routes))
    till = Till(town, rule or told, delay_ns=NS_PER_S).run(until_h * HOUR_NS, 120 * NS_PER_S)
    if till_too:
        return till
    rows = till.intents()
    return rows[rows["is_fraud"]], town


def told(_row, _submission):
    return {"balance_minor": BALANCE}


def by_victim(rows):
    return [rows[rows["customer_id"] == who] for who in np.unique(rows["customer_id"])]


def of(rows, name):
    return rows[rows["kind"] == KIND[name]]


@pytest.fixture(scope="module")
def done():
    return committed(sophistication=0.5)


def homes(town, rows):
    return town.habits.devices.home[town.population.number(rows["customer_id"])]


def devices_of(town, rows):
    number = town.population.number(rows["customer_id"])
    return town.habits.devices.enrolled(number)


def test_every_takeover_begins_with_a_login_from_another_device(done):
    rows, town = done
    assert not (rows["device"] == devices_of(town, rows)).any()
    for victim in by_victim(rows):
        assert victim["kind"][0] == KIND["login"]
        assert len(np.unique(victim["device"])) == 1


def test_the_crude_come_from_abroad_and_the_rest_from_regions_like_anybody(done):
    crude, _ = committed(sophistication=0.2, victims=20)
    assert (crude["place"] == 0).all()
    logins = of(done[0], "login")
    assert (logins["place"] == 0).mean() < 0.1
    assert (logins["place"] != homes(done[1], logins)).mean() > 0.1


def test_whoever_has_the_code_can_prove_to_be_the_victim(done):
    for victim in by_victim(done[0]):
        assert victim["proves"].all() == (len(victim) > 1)


def test_three_in_ten_fail_at_the_one_time_code(done):
    stopped = sum(len(rows) == 1 for rows in by_victim(done[0]))
    assert 8 <= stopped <= 30


def test_drains_take_most_of_the_told_balance_and_never_all(done):
    drained = []
    for rows in by_victim(done[0]):
        heard, transfers = of(rows, "balance_enquiry"), of(rows, "transfer")
        assert len(heard) <= 2
        if len(heard) and len(transfers):
            assert len(transfers) <= 10
            drained.append(transfers["amount_minor"].sum() / BALANCE)
    assert len(drained) > 15
    assert max(drained) < 0.98
    assert np.median(drained) > 0.69


def test_a_drain_is_sized_by_the_enquiry_alone(done):
    richer, _ = committed(lambda *_: {"balance_minor": 10 * BALANCE}, sophistication=0.5)
    for rows, more in zip(by_victim(done[0]), by_victim(richer), strict=True):
        poor, rich = of(rows, "transfer")["amount_minor"], of(more, "transfer")["amount_minor"]
        if len(of(rows, "balance_enquiry")):
            assert np.allclose(rich, 10 * poor, atol=10)
        else:
            assert np.array_equal(rich, poor), "a guess knows nothing of the balance"


def test_an_empty_account_is_left_alone():
    rows, _ = committed(lambda *_: {"balance_minor": 0}, sophistication=0.5)
    for victim in by_victim(rows):
        if len(of(victim, "balance_enquiry")):
            assert len(of(victim, "transfer")) == 0


def test_the_crude_share_few_mules_and_the_sophisticated_recruit_new_ones(done):
    crude, town = committed(sophistication=0.0)
    sent = of(crude, "transfer")
    mules = town.population.first_customer + town.population.mules
    assert np.isin(sent["creditor_account"], mules).all()
    fresh = of(done[0], "transfer")
    assert len(np.unique(fresh["creditor_account"])) > 0.9 * len(by_victim(fresh))
    numbers = town.population.number(fresh["creditor_account"])
    assert all(town.is_mule(number) for number in numbers.tolist())


def test_each_victim_pays_one_mule(done):
    for rows in by_victim(of(done[0], "transfer")):
        assert len(np.unique(rows["creditor_account"])) == 1


def test_the_drain_comes_half_an_hour_to_three_hours_after_the_login(done):
    for rows in by_victim(done[0]):
        transfers = of(rows, "transfer")
        if len(transfers):
            after_min = (transfers["created_ns"][0] - rows["created_ns"][0]) / NS_PER_S / 60
            assert 30 <= after_min <= 180
            gaps_min = np.diff(transfers["created_ns"]) / NS_PER_S / 60
            assert ((gaps_min >= 2) & (gaps_min <= 25.1)).all()


def test_the_patient_wait_a_day():
    rows, _ = committed(sophistication=0.8)
    assert len(of(rows, "transfer")) > 0
    for victim in by_victim(rows):
        sent = of(victim, "transfer")
        if len(sent):
            assert sent["created_ns"][0] - victim["created_ns"][0] >= 24 * HOUR_NS


def test_the_crude_try_small_transfers_first():
    rows, _ = committed(sophistication=0.1)
    trials = [of(victim, "transfer")["amount_minor"][:1] for victim in by_victim(rows)]
    first = np.concatenate(trials)
    assert len(first) > 10
    assert ((first >= 1_000) & (first <= 10_000)).all()


def test_victims_notice_after_half_a_day_or_so_and_block_their_accounts(done):
    till = committed(sophistication=0.5, till_too=True, until_h=220)
    blocks = np.array([(account, at) for account, at, blocked, _ in till.blocks if blocked])
    robbed = by_victim(of(done[0], "transfer"))
    assert len(blocks) == len(robbed)
    waits_h = [
        (blocks[blocks[:, 0] == rows["customer_id"][0]][0, 1] - rows["created_ns"][0]) / HOUR_NS
        for rows in robbed
    ]
    assert 8 < np.mean(waits_h) < 17
    for rows in robbed:
        blocked_ns = blocks[blocks[:, 0] == rows["customer_id"][0]][0, 1]
        assert (rows["created_ns"] < blocked_ns).all()
    opened = [account for account, _, blocked, _ in till.blocks if not blocked]
    assert sorted(opened) == sorted(blocks[:, 0].tolist())
    assert not any(by_bank for *_, by_bank in till.blocks)


def test_suspicion_stops_the_drain():
    def suspect(row, _submission):
        if row["kind"] == KIND["transfer"]:
            return {
                "outcome": Outcome.APP_ERROR,
                "ack": Ack.FAILED,
                "decline_reason": Decline.SUSPECTED_FRAUD,
            }
        return told(row, 0)

    rows, _ = committed(suspect, sophistication=0.5)
    assert 1.0 <= np.mean([len(of(v, "transfer")) for v in by_victim(rows) if len(v) > 3]) < 2.5


def test_nobody_misses_what_never_left_his_account():
    def suspect(row, _submission):
        if row["kind"] == KIND["transfer"]:
            return {
                "outcome": Outcome.APP_ERROR,
                "ack": Ack.FAILED,
                "decline_reason": Decline.SUSPECTED_FRAUD,
            }
        return told(row, 0)

    till = committed(suspect, sophistication=0.5, till_too=True, until_h=220)
    assert len(of(till.intents(), "transfer")) > 20
    assert till.blocks == []


def test_suspicion_of_a_trial_spares_the_rest():
    def suspect(row, _submission):
        if row["kind"] == KIND["transfer"]:
            return {
                "outcome": Outcome.APP_ERROR,
                "ack": Ack.FAILED,
                "decline_reason": Decline.SUSPECTED_FRAUD,
            }
        return told(row, 0)

    rows, _ = committed(suspect, sophistication=0.1, victims=20)
    sent = of(rows, "transfer")
    assert len(sent) > 5
    assert (sent["amount_minor"] <= 10_000).all(), "nothing but trials"
    assert max(len(victim) for victim in by_victim(sent)) <= 2


def test_lack_of_funds_halves_what_is_left():
    def poor(row, _submission):
        if row["kind"] == KIND["transfer"]:
            return {
                "outcome": Outcome.APP_ERROR,
                "ack": Ack.FAILED,
                "decline_reason": Decline.EXCEEDS_CREDITS,
            }
        return told(row, 0)

    freely, _ = committed(sophistication=0.5)
    halved, _ = committed(poor, sophistication=0.5)
    assert len(of(halved, "transfer")) == len(of(freely, "transfer"))
    total = of(halved, "transfer")["amount_minor"].sum()
    assert total < 0.6 * of(freely, "transfer")["amount_minor"].sum()


def test_a_broken_login_is_tried_three_times():
    def down(_row, _submission):
        return {"outcome": Outcome.UNAVAILABLE, "ack": Ack.FAILED}

    rows, _ = committed(down, sophistication=0.5, victims=5)
    assert [len(victim) for victim in by_victim(rows)] == [3] * 5


def test_a_bank_without_login_or_enquiry_is_drained_blindly():
    rows, _ = committed(routes=ROUTES[:1], sophistication=0.5, victims=20)
    assert set(rows["kind"].tolist()) == {0}
    assert len(rows) > 40
