import numpy as np
import pytest
from laundering import DAY_NS, HOUR_NS, UNIT, campaigns, endings, laundered, refused, rich_bank

SLACK_NS = HOUR_NS // 2


@pytest.fixture(scope="module")
def crude():
    return laundered("smurfing", count=25, sophistication=0.2, days=4)


@pytest.fixture(scope="module")
def patient():
    return laundered("smurfing", count=25, sophistication=0.8, days=8)


def stages(rows):
    return [rows[rows.stage == stage] for stage in ("deposit", "forward", "out")]


def test_four_to_fifteen_people_pay_in_one_to_four_small_amounts(crude):
    crowds, visits = [], []
    for rows in campaigns(crude[0]):
        deposits, _, _ = stages(rows)
        each = deposits.groupby("customer_id").size()
        crowds.append(len(each))
        visits += each.tolist()
        assert deposits.intended_minor.between(500 * UNIT, 3_000 * UNIT).all()
        assert np.ptp(deposits.created_ns) <= 2 * HOUR_NS
    assert 4 <= min(crowds) <= 5
    assert 13 <= max(crowds) <= 15
    assert set(visits) == {1, 2, 3, 4}


def test_everybody_keeps_three_to_ten_percent_and_sends_the_rest_within_hours(crude):
    for rows in campaigns(crude[0]):
        deposits, forwards, _ = stages(rows)
        assert forwards.creditor_account.nunique() == 1
        assert len(forwards) == deposits.customer_id.nunique()
        for sent in forwards.itertuples():
            mine = deposits[deposits.customer_id == sent.customer_id]
            assert set(sent.parents) == set(mine.index)
            assert 0.90 <= sent.intended_minor / mine.intended_minor.sum() <= 0.97
            waited_ns = sent.created_ns - mine.created_ns.max()
            assert HOUR_NS <= waited_ns <= 6 * HOUR_NS + SLACK_NS


def test_the_collector_wires_out_most_of_what_has_come(crude):
    for rows in campaigns(crude[0]):
        _, forwards, out = stages(rows)
        assert len(out) == 1
        assert out.customer_id.iloc[0] == forwards.creditor_account.iloc[0]
        assert set(out.parents.iloc[0]) == set(forwards.index)
        assert 0.85 <= out.intended_minor.sum() / forwards.intended_minor.sum() <= 0.95
        assert out.created_ns.min() > forwards.created_ns.max()
    assert set(endings(crude[1])) == {"complete"}


def test_the_sophisticated_stagger_days_but_each_still_comes_within_two_hours(patient):
    spans_ns = []
    for rows in campaigns(patient[0]):
        deposits, _, _ = stages(rows)
        spans_ns.append(np.ptp(deposits.created_ns))
        assert deposits.groupby("customer_id").created_ns.agg(np.ptp).max() <= 2 * HOUR_NS
    assert np.median(spans_ns) > DAY_NS
    assert max(spans_ns) <= 3 * DAY_NS + 2 * HOUR_NS


def test_hops_and_roles_lead_from_the_smurfs_to_the_collector(crude):
    truth = crude[0]
    assert dict(zip(truth.stage, truth.hop, strict=True)) == {"deposit": 0, "forward": 1, "out": 2}
    assert set(truth[truth.stage == "out"].role) == {"collector"}
    assert set(truth[truth.stage != "out"].role) == {"smurf"}


def test_a_burnt_smurf_drops_out_and_the_second_warns_them_all():
    victims = {}

    def rule(row, _submission):
        if not row["is_fraud"]:
            return {}
        burnt = victims.setdefault(int(row["campaign_id"]), set())
        if len(burnt) < 2:
            burnt.add(int(row["customer_id"]))
        return refused() if int(row["customer_id"]) in burnt else {}

    truth, till = laundered("smurfing", rule, count=6, smurfs=12, sophistication=0.9, days=8)
    for number, rows in truth.groupby("campaign_id"):
        deposits, forwards, _ = stages(rows)
        assert deposits.customer_id.nunique() < 12
        assert not set(forwards.customer_id) & victims[number]
        paid = set(deposits.customer_id) - victims[number]
        assert set(forwards.customer_id) == paid
    assert set(endings(till)) == {"stopped"}


def test_a_limit_of_the_bank_cuts_the_wire_in_parts():
    small = rich_bank(payment_limit_minor=400_000)
    truth, _ = laundered("smurfing", smurfs=10, town_bank=small, days=8)
    _, forwards, out = stages(truth)
    assert len(out) > 1
    assert out.intended_minor.max() <= 380_000
    assert 0.85 <= out.intended_minor.sum() / forwards.intended_minor.sum() <= 0.95


def test_clubs_do_the_same_in_their_own_measure():
    truth, _ = laundered("smurfing", count=5, twins=2, days=20)
    clubs = truth[truth.twin == "club dues"]
    fraud = truth[truth.twin == ""]
    assert len(clubs) > 1.5 * len(fraud)
    assert (clubs.tainted_share == 0).all()
    assert set(clubs.role) == {"member", "treasurer"}
    assert set(clubs.stage) == set(fraud.stage)
