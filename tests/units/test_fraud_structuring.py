import numpy as np
import pytest
from laundering import (
    DAY_NS,
    HOUR_NS,
    UNIT,
    campaigns,
    endings,
    laundered,
    refused,
    rich_bank,
    unheard,
)
from small_city import FRAUD_ROUTES

from sanket_sim.core.outcomes import Decline
from sanket_sim.fraud.structuring import amounting_to

THRESHOLD = 10_000 * UNIT
DEPOSIT = [route.name for route in FRAUD_ROUTES].index("cash_deposit")


@pytest.fixture(scope="module")
def done():
    return laundered("structuring", count=40)


def test_deposits_stay_just_under_the_threshold_and_half_of_them_are_round(done):
    deposits = done[0][done[0].stage == "deposit"]
    share = deposits.intended_minor / THRESHOLD
    assert share.between(0.75, 0.99).all()
    assert share.mean() == pytest.approx(0.879, abs=0.015)
    round_ones = (deposits.intended_minor % (100 * UNIT) == 0).mean()
    assert 0.4 < round_ones < 0.6


def test_a_hoard_has_three_deposits_at_least_and_is_never_above_five_thresholds(done):
    for rows in campaigns(done[0]):
        deposits = rows[rows.stage == "deposit"]
        assert 3 <= len(deposits) <= 20
        assert 1.5 <= deposits.intended_minor.sum() / THRESHOLD <= 5
        assert HOUR_NS <= np.ptp(deposits.created_ns) <= 7 * DAY_NS


def test_deposits_amount_to_what_there_was_to_bring_where_three_can():
    for goal in np.linspace(2.26, 4.99, 40):
        shares = amounting_to(goal, [0.9, 0.93, 0.85, 0.95, 0.91, 0.88][: max(3, round(goal + 1))])
        assert sum(shares) == pytest.approx(goal, abs=1e-9 if not 2.97 < goal < 3.0 else 0.02)
        assert all(0.75 - 1e-9 <= share <= 0.99 + 1e-9 for share in shares)


def test_totals_are_spread_like_the_design_has_them(done):
    totals = np.array(
        [
            rows[rows.stage == "deposit"].intended_minor.sum() / THRESHOLD
            for rows in campaigns(done[0])
        ]
    )
    assert totals.mean() == pytest.approx(3.43, abs=4.5 * 0.85 / np.sqrt(len(totals)))
    assert totals.max() > 4.5
    assert totals.min() < 2.6


def test_one_to_three_accounts_hold_it_and_each_sends_most_of_it_to_the_same(done):
    widths = set()
    for rows in campaigns(done[0]):
        deposits, sent = rows[rows.stage == "deposit"], rows[rows.stage == "consolidation"]
        widths.add(deposits.customer_id.nunique())
        assert set(sent.customer_id) == set(deposits.customer_id)
        assert sent.customer_id.is_unique
        assert sent.creditor_account.nunique() == 1
        for transfer in sent.itertuples():
            mine = deposits[deposits.customer_id == transfer.customer_id]
            assert set(transfer.parents) == set(mine.index)
            assert 0.9 <= transfer.intended_minor / mine.intended_minor.sum() <= 0.99
            assert transfer.created_ns > mine.created_ns.max() + 2 * HOUR_NS
    assert widths == {1, 2, 3}


def test_the_crude_are_quicker_and_run_from_branch_to_branch():
    crude, _ = laundered("structuring", count=15, accounts=1, sophistication=0.0)
    patient, _ = laundered("structuring", count=15, accounts=1, sophistication=1.0)
    spans = [
        np.array([np.ptp(rows[rows.stage == "deposit"].created_ns) for rows in campaigns(some)])
        for some in (crude, patient)
    ]
    assert spans[0].max() <= 12 * HOUR_NS
    assert spans[1].min() >= DAY_NS
    spread = [
        np.mean([rows[rows.stage == "deposit"].place.nunique() for rows in campaigns(some)])
        for some in (crude, patient)
    ]
    assert spread[0] > spread[1] + 0.4


def test_a_burnt_account_is_left_for_another_and_what_has_arrived_still_goes_out():
    burnt = {}

    def rule(row, _submission):
        if row["is_fraud"] and row["kind"] == DEPOSIT:
            first = burnt.setdefault(int(row["campaign_id"]), int(row["customer_id"]))
            return refused() if row["customer_id"] == first else {}
        return {}

    truth, till = laundered("structuring", rule, count=10, accounts=3)
    for rows in campaigns(truth):
        assert (rows[rows.stage == "deposit again"].customer_id != rows.customer_id.iloc[0]).all()
        assert (rows.stage == "deposit again").any()
        assert rows.customer_id.iloc[0] not in set(rows[rows.stage == "consolidation"].customer_id)
        assert (rows.stage == "consolidation").any()
    assert set(endings(till)) == {"complete"}


def test_who_has_one_account_only_gives_up_when_it_is_refused():
    truth, till = laundered("structuring", lambda *_: refused(), accounts=1)
    assert set(truth.stage) == {"deposit"}
    assert len(truth) == 1
    assert endings(till) == ["stopped"]


def test_an_outage_is_waited_out_and_the_tries_are_named_as_such():
    def down_at_first(row, _submission):
        return unheard() if row["created_ns"] < HOUR_NS // 2 else {}

    truth, till = laundered("structuring", down_at_first, sophistication=0.8)
    again = truth[truth.stage == "deposit again"]
    first = truth[truth.stage == "deposit"].iloc[0]
    assert len(again) >= 1
    assert (again.intended_minor == first.intended_minor).all()
    assert endings(till) == ["complete"]


def test_a_limit_of_the_bank_cuts_the_transfer_in_parts():
    small = rich_bank(payment_limit_minor=1_000_000)
    truth, _ = laundered("structuring", count=8, accounts=1, town_bank=small)
    sent = truth[truth.stage == "consolidation"]
    assert sent.intended_minor.max() <= 950_000
    assert (sent.groupby("campaign_id").size() > 1).all()


def test_the_threshold_is_a_setting():
    truth, _ = laundered("structuring", threshold=3_000)
    deposits = truth[truth.stage == "deposit"]
    assert deposits.intended_minor.between(2_250 * UNIT, 2_970 * UNIT).all()


def test_an_empty_account_is_tried_again_but_not_for_ever():
    truth, till = laundered(
        "structuring",
        lambda row, _: {} if row["kind"] == DEPOSIT else refused(Decline.EXCEEDS_CREDITS),
        accounts=1,
    )
    assert (truth.stage == "consolidation again").sum() == 3
    assert endings(till) == ["stopped"]


def test_shop_owners_bring_bags_that_know_no_threshold_and_pay_a_supplier():
    truth, _ = laundered("structuring", count=12, twins=3)
    twins = truth[truth.twin == "cash takings"]
    bags = twins[twins.stage == "deposit"].intended_minor / THRESHOLD
    assert (bags > 1).mean() > 0.05
    assert (bags < 0.75).any()
    assert set(twins.stage) == {"deposit", "payment"}
    assert (twins.tainted_share == 0).all()
