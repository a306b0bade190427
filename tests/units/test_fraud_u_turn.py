import numpy as np
import pytest
from laundering import DAY_NS, HOUR_NS, UNIT, campaigns, endings, laundered, refused


@pytest.fixture(scope="module")
def done():
    return laundered("u_turn", count=40, sophistication=0.7)


def test_money_passes_from_hand_to_hand_and_comes_back_to_where_it_began(done):
    hands = set()
    for rows in campaigns(done[0]):
        assert (rows.creditor_account.iloc[:-1].to_numpy() == rows.customer_id.iloc[1:]).all()
        assert rows.creditor_account.iloc[-1] == rows.customer_id.iloc[0]
        assert rows.customer_id.is_unique
        assert rows.hop.tolist() == list(range(len(rows)))
        hands.add(len(rows) - 1)
    assert hands == {2, 3, 4, 5}


def test_three_to_fifteen_thousand_go_out_and_seven_to_nine_tenths_come_back(done):
    out = [rows.intended_minor.iloc[0] for rows in campaigns(done[0])]
    back = [rows.intended_minor.iloc[-1] for rows in campaigns(done[0])]
    assert 3_000 * UNIT <= min(out) < 5_000 * UNIT
    assert 9_000 * UNIT < max(out) <= 15_000 * UNIT
    shares = np.array(back) / np.array(out)
    assert 0.7 <= shares.min() < 0.75
    assert 0.85 < shares.max() <= 0.9


def test_nobody_passes_on_what_he_has_not_received(done):
    for rows in campaigns(done[0]):
        assert (np.diff(rows.intended_minor) <= 0).all()
        assert [parents[0] for parents in rows.parents.iloc[1:]] == rows.index[:-1].tolist()
        assert (np.diff(rows.created_ns) >= 12 * HOUR_NS).all()
        assert np.ptp(rows.created_ns) >= DAY_NS


def test_whoever_sends_it_out_has_it(done):
    people = done[1].city.population
    for rows in campaigns(done[0]):
        owner = people.number(rows.customer_id.to_numpy()[:1])[0]
        assert people.opening_minor[owner] >= rows.intended_minor.iloc[0]


def test_the_crude_are_quicker():
    spans_ns = [
        np.mean([np.ptp(rows.created_ns) for rows in campaigns(truth)])
        for truth, _ in (
            laundered("u_turn", count=20, sophistication=grade) for grade in (0.0, 1.0)
        )
    ]
    assert spans_ns[1] > 1.4 * spans_ns[0]


def test_a_refused_hand_keeps_the_money():
    def rule(row, _submission):
        seen.setdefault(int(row["campaign_id"]), []).append(int(row["tx_id"]))
        return refused() if len(seen[int(row["campaign_id"])]) == 3 else {}

    seen = {}
    truth, till = laundered("u_turn", rule, hands=4)
    assert len(truth) == 3
    assert endings(till) == ["stopped"]


def test_friends_lend_on_in_the_same_way():
    truth, _ = laundered("u_turn", count=8, twins=2)
    friends = truth[truth.twin == "loan among friends"]
    assert set(friends.role) == {"lender", "friend"}
    assert (friends.tainted_share == 0).all()
    assert friends.intended_minor.between(1_300 * UNIT, 16_000 * UNIT).all()
