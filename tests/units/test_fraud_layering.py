"""Layering: shapes of webs, money that has come before it goes, and what launderers learn."""

import numpy as np
import pytest
from small_city import FRAUD_ROUTES, Till, approve, bank, city, in_words

from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings
from sanket_sim.fraud.layering.webs import SHAPES, Tie, lanes_of, weave
from sanket_sim.trace import schema

HOUR_S = 3600
FLOOR = {"minimum": "1m"}
CASH_OR_INBOUND = {"cash_deposit", "inbound"}


def declined(reason):
    return {"outcome": Outcome.APP_ERROR, "ack": Ack.FAILED, "decline_reason": reason}


def story(rule=approve, twins=0, **more):
    """Return the till and the truth of one campaign, told in words."""
    entry = {"typology": "layering", "name": "it", "at": "1m", "pace": 0.05} | more
    crew = FraudSettings.model_validate({"campaign": [entry]}).campaign
    town = city(400, 0.001, 12 * HOUR_S, 3, crew, FLOOR, bank=bank(FRAUD_ROUTES), twins=twins)
    till = Till(town, rule, NS_PER_S).run(12 * HOUR_S * NS_PER_S, 60 * NS_PER_S)
    truth = in_words(till.record().truth, schema.TRUTH, town.vocabularies).set_index("tx_id")
    rows = till.intents()
    for column in ("kind", "debtor_account", "creditor_account", "created_ns"):
        truth[column] = rows[column][truth.index.to_numpy()]
    truth["kind"] = [FRAUD_ROUTES[kind].name for kind in truth.kind]
    return town, truth


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hops", [3, 4, 10])
def test_every_web_has_its_hops_and_no_dead_end(shape, hops):
    web = weave(shape, hops, 3)
    assert web.hops == hops
    for layer in range(hops + 1):
        for place in range(len(web.layers[layer])):
            assert bool(web.ties_from(layer, place)) == (layer < hops)
            assert bool(web.ties_into(layer, place)) == (layer > 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_pays_himself_in_a_web(shape):
    web = weave(shape, 5, 4)
    for layer, ties in enumerate(web.ties):
        for tie in ties:
            assert web.layers[layer][tie.source] != web.layers[layer + 1][tie.target]


def test_shapes_are_what_they_are_called():
    assert weave("cycle", 4, 2).layers[0] == weave("cycle", 4, 2).layers[-1]
    assert len(set(weave("chain", 4, 2).layers)) == 5
    assert [len(layer) for layer in weave("scatter_gather", 4, 3).layers] == [1, 3, 3, 3, 1]
    assert [len(layer) for layer in weave("gather_scatter", 4, 3).layers] == [3, 3, 1, 3, 3]
    assert len(weave("stack", 3, 2).ties[0]) == 4
    assert weave("bipartite", 3, 2).layers[0] == weave("bipartite", 3, 2).layers[2]
    assert lanes_of(3, 2).ties == ((Tie(0, 0), Tie(1, 1)),) * 2


@pytest.mark.parametrize("shape", SHAPES)
def test_money_moves_on_after_it_has_come_and_less_than_came(shape):
    town, truth = story(shape=shape)
    assert town.fraudsters[0].ending == COMPLETE
    moved = truth[truth.parent_tx_ids != ""]
    assert set(moved.stage) == {"layer", "exit"}
    for parents, children in moved.groupby("parent_tx_ids"):
        came = truth.loc[[int(one) for one in parents.split(",")]]
        assert set(came.creditor_account) == set(children.debtor_account)
        assert children.created_ns.min() >= came.created_ns.max() + NS_PER_S
        share = children.intended_minor.sum() / came.executed_minor.sum()
        assert 0.90 <= share <= 0.99


def test_it_comes_in_and_leaves_by_the_bank_s_doors_and_is_covered_on_the_way():
    _, truth = story(shape="chain", hops=5)
    by_stage = truth.groupby("stage")
    assert set(by_stage.get_group("placement").kind) <= CASH_OR_INBOUND
    assert set(by_stage.get_group("exit").kind) == {"instant"}
    assert by_stage.get_group("layer").hop.tolist() == [1, 2, 3, 4, 5]
    cover = by_stage.get_group("cover")
    assert set(cover.role) == {"cover"}
    assert (cover.tainted_share == 0).all()
    dark = truth[truth.stage != "cover"]
    assert (dark.tainted_share == 1).all()
    assert set(dark.debtor_account[dark.stage != "placement"]) <= set(cover.debtor_account)


def test_the_patient_wait_for_days():
    _, quick = story(shape="chain", hops=3, sophistication=0.6)
    _, slow = story(shape="chain", hops=3, sophistication=0.9)
    assert np.ptp(slow[slow.stage != "cover"].created_ns) > 5 * np.ptp(
        quick[quick.stage != "cover"].created_ns
    )


def test_an_account_that_is_suspected_is_used_no_more():
    def rule(row, _submission):
        transfer = row["is_fraud"] and FRAUD_ROUTES[row["kind"]].name == "transfer"
        return declined(Decline.SUSPECTED_FRAUD) if transfer else {}

    town, truth = story(rule, shape="scatter_gather", hops=3)
    assert town.fraudsters[0].ending == STOPPED
    assert not (truth.stage == "reroute").any()
    assert "exit" not in set(truth.stage)


def test_a_payee_who_cannot_be_paid_is_replaced():
    refused = []

    def rule(row, _submission):
        first = not refused and FRAUD_ROUTES[row["kind"]].name == "transfer" and row["is_fraud"]
        if not first:
            return {}
        refused.append(int(row["creditor_account"]))
        return declined(Decline.CREDIT_ACCOUNT_ALREADY_CLOSED)

    town, truth = story(rule, shape="chain", hops=3)
    again = truth[truth.stage == "reroute"]
    assert len(again) == 1
    assert again.creditor_account.iloc[0] != refused[0]
    assert town.fraudsters[0].ending == COMPLETE


def test_want_of_funds_halves_and_silence_repeats():
    def short(row, _submission):
        big = row["is_fraud"] and FRAUD_ROUTES[row["kind"]].name == "instant"
        return declined(Decline.EXCEEDS_CREDITS) if big else {}

    def silent(row, _submission):
        out = row["is_fraud"] and FRAUD_ROUTES[row["kind"]].name == "instant"
        return {"outcome": Outcome.TIMEOUT, "ack": Ack.UNKNOWN} if out else {}

    for rule, factor in ((short, 0.5), (silent, 1.0)):
        _, truth = story(rule, shape="chain", hops=3)
        tries = truth[truth.kind == "instant"].intended_minor.tolist()
        assert len(tries) == 3
        assert tries[1] == pytest.approx(tries[0] * factor, abs=1)


def test_twins_are_named_for_what_they_do_and_keep_more():
    town, truth = story(twins=5, shape="cycle")
    assert {twin.TWIN for twin in town.twins} == {"roommates' cycle"}
    honest = truth[truth.twin != ""]
    assert set(honest.role) == {"friend", "cover"}
    assert (honest.tainted_share == 0).all()
