import numpy as np
import pytest
from laundering import DAY_NS, HOUR_NS, UNIT, campaigns, endings, laundered, refused
from small_city import FRAUD_ROUTES

DEPOSIT = [route.name for route in FRAUD_ROUTES].index("cash_deposit")


@pytest.fixture(scope="module")
def done():
    return laundered("front_business", count=25)


def test_a_firm_pays_in_five_to_fifteen_thousand_three_to_eight_times(done):
    cycles = set()
    for rows in campaigns(done[0]):
        deposits = rows[rows.stage == "deposit"]
        cycles.add(len(deposits))
        assert deposits.customer_id.nunique() == 1
        assert deposits.intended_minor.between(5_000 * UNIT, 15_000 * UNIT).all()
        gaps_ns = np.diff(deposits.created_ns)
        assert gaps_ns.min() >= 12 * HOUR_NS
        assert gaps_ns.max() <= 48 * HOUR_NS
    assert cycles == {3, 4, 5, 6, 7, 8}
    assert set(endings(done[1])) == {"complete"}


def test_cycles_take_days_to_weeks(done):
    spans = np.array([np.ptp(rows.created_ns) for rows in campaigns(done[0])]) / DAY_NS
    assert spans.min() >= 1
    assert 7 < spans.max() <= 16


def test_each_cycle_pays_one_of_a_few_suppliers_from_what_it_took(done):
    for rows in campaigns(done[0]):
        paid = rows[rows.stage == "payment"]
        assert 1 <= paid.creditor_account.nunique() <= 3
        for payment in paid.itertuples():
            (parent,) = payment.parents
            assert 0.6 <= payment.intended_minor / rows.intended_minor[parent] <= 0.95
            assert payment.created_ns - rows.created_ns[parent] >= 2 * HOUR_NS
            assert payment.tainted_share == rows.tainted_share[parent]


def test_some_of_it_is_honest_trade(done):
    taint = done[0][done[0].stage == "deposit"].tainted_share
    assert taint.between(0.5, 0.95).all()
    assert taint.nunique() > 20


def test_the_second_suspicion_ends_the_business():
    truth, till = laundered("front_business", lambda *_: refused(), cycles=8)
    assert truth.stage.tolist() == ["deposit", "deposit"]
    assert endings(till) == ["stopped"]


def test_one_suspicion_costs_one_cycle():
    def rule(row, _submission):
        if row["is_fraud"] and row["kind"] == DEPOSIT:
            seen.append(int(row["tx_id"]))
            return refused() if len(seen) == 2 else {}
        return {}

    seen = []
    truth, till = laundered("front_business", rule, cycles=4)
    assert (truth.stage == "deposit").sum() == 4
    assert (truth.stage == "payment").sum() == 3
    assert endings(till) == ["stopped"]


def test_firms_that_sell_things_do_as_much_business():
    truth, _ = laundered("front_business", count=5, twins=2)
    trade = truth[truth.twin == "cash trade"]
    takings = trade[trade.stage == "deposit"].intended_minor
    assert (trade.tainted_share == 0).all()
    assert len(trade) > 2 * (truth.twin == "").sum()
    assert takings.between(4_000 * UNIT, 17_000 * UNIT).all()
