import numpy as np
import pytest
from laundering import DAY_NS, HOUR_NS, UNIT, campaigns, endings, laundered, refused, rich_bank
from small_city import CURRENCIES, FRAUD_ROUTES, MONEY_ROUTES

from sanket_sim.actors.chart import world_account
from sanket_sim.bank.description import Party

THRESHOLD = 10_000 * UNIT
REMITTANCE = next(route for route in MONEY_ROUTES if route.name == "remittance")


@pytest.fixture(scope="module")
def done():
    return laundered("repeated_overseas", count=20, days=20)


def test_cash_comes_in_just_under_the_threshold(done):
    for rows in campaigns(done[0]):
        deposits = rows[rows.stage == "deposit"]
        assert 3 <= len(deposits) <= 20
        assert (deposits.intended_minor / THRESHOLD).between(0.75, 0.99).all()
        assert HOUR_NS <= np.ptp(deposits.created_ns) <= 4 * DAY_NS


def test_ten_to_thirty_transfers_of_two_to_eight_thousand_leave_the_bank(done):
    counts = []
    for rows in campaigns(done[0]):
        sent = rows[rows.stage == "abroad"]
        counts.append(len(sent))
        assert sent.intended_minor.between(2_000 * UNIT, 8_000 * UNIT).all()
        assert set(sent.creditor_account) == {world_account(Party.OTHER_BANK)}
        assert set(sent.customer_id) == set(rows[rows.stage == "deposit"].customer_id)
        assert np.diff(sent.created_ns).min() >= HOUR_NS
    assert 10 <= min(counts) < 15
    assert 25 < max(counts) <= 30
    assert set(endings(done[1])) == {"complete"}


def test_transfers_are_paid_from_the_oldest_deposits_that_are_not_spent(done):
    for rows in campaigns(done[0]):
        deposits = rows[rows.stage == "deposit"]
        sent = rows[rows.stage == "abroad"]
        ends = np.cumsum(deposits.sort_index().intended_minor.to_numpy())
        spent = np.cumsum(sent.intended_minor.to_numpy())
        ids = deposits.sort_index().index
        for parents, until, amount in zip(sent.parents, spent, sent.intended_minor, strict=True):
            first = np.searchsorted(ends, until - amount, side="right")
            last = np.searchsorted(ends, until, side="left")
            assert set(parents) == set(ids[first : last + 1])
        assert spent[-1] <= 0.98 * ends[-1]
        assert sent.created_ns.min() > deposits.created_ns.max()


def test_where_the_bank_changes_money_it_arrives_in_one_foreign_currency():
    truth, till = laundered("repeated_overseas", town_bank=rich_bank(REMITTANCE), days=20)
    sent = truth[truth.stage == "abroad"]
    assert set(sent.kind) == {len(FRAUD_ROUTES)}
    assert set(sent.creditor_account) == {world_account(Party.EXCHANGE)}
    (currency,) = set(sent.second_currency)
    assert CURRENCIES[currency] in {"USD", "JPY", "KWD"}
    assert set(sent.second_creditor) == {world_account(Party.OTHER_BANK, currency)}
    exchange = till.city.population.exchange
    paid = exchange.converted_minor(sent.intended_minor.to_numpy(), 0, currency)
    assert (sent.second_amount_minor == paid).all()


def test_two_suspicions_end_the_export():
    def rule(row, _submission):
        return refused() if row["second_currency"] > 0 else {}

    bank = rich_bank(REMITTANCE)
    truth, till = laundered("repeated_overseas", rule, town_bank=bank, days=20)
    assert (truth.stage == "abroad").sum() == 2
    assert endings(till) == ["stopped"]


def test_nothing_is_sent_of_what_never_came():
    truth, till = laundered("repeated_overseas", lambda *_: refused(), days=20)
    assert set(truth.stage) == {"deposit"}
    assert endings(till) == ["stopped"]


def test_workers_send_their_wages_home():
    truth, _ = laundered("repeated_overseas", count=4, twins=2, days=30)
    wages = truth[truth.twin == "remittances"]
    assert set(wages.role) == {"worker"}
    assert len(wages) > 1.8 * (truth.twin == "").sum()
    jobs = wages[wages.stage == "deposit"].intended_minor / THRESHOLD
    assert (jobs > 1).any()
    assert (jobs < 0.75).any()
