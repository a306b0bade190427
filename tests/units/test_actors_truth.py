"""The ground truth that goes on record: of whom, of which payments, and how it all ended."""

import numpy as np
from laundering import HOUR_NS, laundered, refused
from small_city import in_words

from sanket_sim.trace import schema

START_NS = HOUR_NS // 6


def told(till, table):
    columns = getattr(schema, table.upper())
    return in_words(getattr(till.record(), table), columns, till.city.vocabularies)


def test_what_actors_do_is_on_record_and_only_fraud_is_labelled():
    truth, till = laundered("smurfing", twins=2)
    rows = till.intents()
    labelled = rows["tx_id"][rows["is_fraud"]].tolist()
    assert sorted(truth.index[truth.twin == ""]) == labelled
    assert (truth.twin != "").sum() > 20
    assert len(truth) < len(rows), "everybody else has no place in it"


def test_intended_is_what_was_wanted_and_executed_what_came_of_it():
    def refuse_wires(row, _submission):
        return refused() if row["creditor_account"] == wires else {}

    truth, till = laundered("smurfing")
    wires = truth.creditor_account[truth.stage == "out"].iloc[0]
    truth, till = laundered("smurfing", refuse_wires)
    wanted = till.intents()["e_minor"][truth.index.to_numpy()]
    assert truth.intended_minor.tolist() == wanted.tolist()
    out = truth.stage.str.startswith("out")
    assert (truth.executed_minor[out] == 0).all()
    assert set(truth.outcome[out]) == {"APP_ERROR"}
    assert (truth.executed_minor[~out] == truth.intended_minor[~out]).all()


def test_the_same_parents_are_written_in_the_same_way():
    truth, _ = laundered("smurfing")
    assert max(map(len, truth.parents)) > 1
    assert all(list(ids) == sorted(ids) for ids in truth.parents)


def test_a_campaign_ends_once_or_is_cut_by_the_run():
    _, whole = laundered("smurfing")
    (ended,) = told(whole, "campaigns").to_dict("records")
    last_ns = whole.intents()["created_ns"][whole.intents()["is_fraud"]].max()
    assert (ended["end"], ended["begun_ns"]) == ("complete", START_NS)
    assert last_ns < ended["ended_ns"] < last_ns + HOUR_NS
    _, short = laundered("smurfing", days=1, pace=3)
    (cut,) = told(short, "campaigns").to_dict("records")
    assert (cut["end"], cut["ended_ns"]) == ("cut", -1)


def test_a_campaign_that_lasts_so_long_does_nothing_afterwards():
    truth, _ = laundered("smurfing", lasts="3h", sophistication=0.2)
    assert len(truth) > 0
    assert truth.created_ns.max() < START_NS + 3 * HOUR_NS


def test_specifications_stand_beside_their_campaign():
    _, till = laundered("smurfing", count=2)
    stated = told(till, "specifications")
    assert set(stated.campaign_id) == {0, 1}
    assert np.isfinite(stated.high).all()
    assert (stated.low <= stated.high).all()
