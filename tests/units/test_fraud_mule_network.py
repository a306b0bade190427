"""Mule networks: who feeds them, who is recruited, what comes in and what goes on."""

import numpy as np
import pytest
from small_city import FRAUD_ROUTES, Till, approve, bank, city, in_words

from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.bank.places import ABROAD
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import HOUR_NS, MINUTE_NS, NS_PER_S
from sanket_sim.fraud import FraudSettings
from sanket_sim.fraud.mule_network import DWELL
from sanket_sim.trace import schema

HOUR_S = 3600
FLOOR = {"minimum": "1m"}


def story(rule=approve, twins=0, customers=600, **more):
    entry = {"typology": "mule_network", "name": "it", "at": "1m", "pace": 0.02} | more
    crew = FraudSettings.model_validate({"campaign": [entry]}).campaign
    town = city(customers, 0.001, 12 * HOUR_S, 5, crew, FLOOR, bank=bank(FRAUD_ROUTES), twins=twins)
    till = Till(town, rule, NS_PER_S).run(12 * HOUR_S * NS_PER_S, 60 * NS_PER_S)
    truth = in_words(till.record().truth, schema.TRUTH, town.vocabularies).set_index("tx_id")
    rows = till.intents()
    columns = ("kind", "customer_id", "debtor_account", "creditor_account", "device", "place")
    for column in columns:
        truth[column] = rows[column][truth.index.to_numpy()]
    truth["kind"] = [FRAUD_ROUTES[kind].name for kind in truth.kind]
    return town, truth


@pytest.mark.parametrize("fed_by", ["takeover", "scam", "smurfs"])
@pytest.mark.parametrize("grade", [0.0, 0.7])
def test_thousands_come_in_and_nearly_all_goes_on(fed_by, grade):
    town, truth = story(fed_by=fed_by, sophistication=grade)
    assert town.fraudsters[0].ending == COMPLETE
    feed = truth[truth.stage == "feed"]
    per_mule = feed.groupby("creditor_account").intended_minor.sum()
    assert per_mule.between(200_000, 1_500_000).all()
    moved = truth[truth.parent_tx_ids != ""]
    for parents, children in moved.groupby("parent_tx_ids"):
        came = truth.loc[[int(one) for one in parents.split(",")]]
        assert 0.92 <= children.intended_minor.sum() / came.executed_minor.sum() <= 0.98


def test_a_network_has_five_to_twenty_mules_and_a_sum_goes_through_as_many_as_its_depth():
    for depth in (2, 5):
        _, truth = story(depth=depth)
        mules = set(truth[truth.role == "mule"].customer_id)
        assert 5 <= len(mules) <= 20
        assert set(truth[truth.stage == "exit"].hop) == {depth}


def test_the_sources_leave_their_own_marks():
    _, scam = story(fed_by="scam")
    _, crude = story(fed_by="takeover", sophistication=0.0)
    _, able = story(fed_by="takeover", sophistication=0.9)
    _, cash = story(fed_by="smurfs")
    feeds = [one[one.stage == "feed"] for one in (scam, crude, able, cash)]
    assert set(feeds[3].kind) == {"cash_deposit"}
    assert all(set(feed.kind) == {"transfer"} for feed in feeds[:3])
    assert set(feeds[1].place) == {ABROAD}
    assert set(feeds[2].place) != {ABROAD}
    assert not set(feeds[0].device) & set(feeds[1].device)


def test_six_of_ten_mules_are_young_and_the_others_hardly_used_their_accounts():
    town, truth = story(mules=60, customers=4000, fed_by="scam", depth=2)
    people = town.population
    numbers = people.number(np.array(sorted(set(truth[truth.role == "mule"].customer_id))))
    names = [segment.name for segment in people.preset.segment]
    young = people.segment[numbers] == names.index("student")
    assert 0.4 < young.mean() < 0.8
    assert (people.activity[numbers][~young] < 0.45).all()


def test_a_suspected_victim_is_left_alone_and_the_network_gives_up():
    def rule(row, _submission):
        said = {"outcome": Outcome.APP_ERROR, "ack": Ack.FAILED}
        return said | {"decline_reason": Decline.SUSPECTED_FRAUD} if row["is_fraud"] else {}

    town, truth = story(rule, fed_by="smurfs", pace=0.5)
    assert town.fraudsters[0].ending == STOPPED
    assert set(truth.stage) == {"feed"}
    calm = story(fed_by="smurfs", pace=0.5)[1]
    assert len(truth) < (calm.stage == "feed").sum()


def test_its_twins_are_relatives_who_put_money_together():
    town, truth = story(twins=3, fed_by="scam")
    assert {twin.TWIN for twin in town.twins} == {"shared purchase"}
    honest = truth[truth.twin != ""]
    assert (honest.tainted_share == 0).all()
    per_friend = honest[honest.stage == "feed"].groupby(["campaign_id", "creditor_account"])
    assert per_friend.intended_minor.sum().between(200_000, 1_500_000).all()


def test_twins_are_at_least_five_to_one_for_every_campaign():
    for number in range(12):
        _, truth = story(twins=5, name=f"number {number}", sophistication=0.5)
        assert (truth.twin != "").sum() >= 5 * (truth.twin == "").sum()


def test_what_is_left_of_the_dwell_law_has_the_median_and_the_tail_of_the_design():
    assert DWELL.wait_ns(0.5) == pytest.approx(45 * MINUTE_NS, rel=0.001)
    assert DWELL.wait_ns(0.95) == pytest.approx(24 * HOUR_NS, rel=0.001)
    assert (DWELL.low_ns, DWELL.high_ns) == (2 * MINUTE_NS, 72 * HOUR_NS)
