"""What an account does over what is usual for it: the same wherever life has another pace."""

import numpy as np
import pytest
from banks import S, intents
from test_network_fraud_view import ANNE, BOB, CARL, OUTSIDE, SHOP, TYPICAL, Watch

from sanket_sim.core.units import DAY_NS, HOUR_NS, MINUTE_NS
from sanket_sim.network.fraud_memory import AVERAGE_WEIGHT, Traffic
from sanket_sim.network.fraud_view import GAPS_MOST
from sanket_sim.network.rows import Intent

RELATIVE = ("payments_5m_to_usual", "payments_1h_to_usual", "since_last_to_usual")
PEOPLE = (ANNE, BOB, CARL)


def lived(gap_ns, payments=40):
    """A watch on three people who all paid once in every gap; and the time."""
    watch = Watch()
    for turn in range(payments):
        for person in PEOPLE:
            watch.ask(turn * gap_ns, debtor_account=person, creditor_account=OUTSIDE)
    return watch, payments * gap_ns


@pytest.mark.parametrize("gap_ns", [20 * S, MINUTE_NS, HOUR_NS, 8 * HOUR_NS])
def test_an_ordinary_payment_is_ordinary_at_any_pace(gap_ns):
    watch, now_ns = lived(gap_ns)
    seen = watch.ask(now_ns, debtor_account=ANNE)
    assert seen["since_last_to_usual"] == pytest.approx(1.0, rel=0.05)
    for name in RELATIVE[:2]:
        assert 0.5 < seen[name] < 1.3, name


@pytest.mark.parametrize("gap_ns", [MINUTE_NS, 8 * HOUR_NS])
def test_a_burst_stands_out_at_any_pace(gap_ns):
    watch, now_ns = lived(gap_ns)
    burst = [watch.ask(now_ns + n * S, debtor_account=ANNE) for n in range(20)]
    calm = watch.ask(now_ns, debtor_account=BOB)
    assert burst[-1]["payments_5m_to_usual"] > 3.0 * calm["payments_5m_to_usual"]
    assert burst[-1]["since_last_to_usual"] < 0.05


def test_who_always_pays_often_does_nothing_unusual_by_it():
    watch = Watch()
    for turn in range(100):
        busy = watch.ask(turn * MINUTE_NS, debtor_account=ANNE)
    rare = watch.ask(100 * MINUTE_NS, debtor_account=BOB)
    assert busy["since_last_to_usual"] > 0.7
    assert rare["payments_5m"] < busy["payments_5m"] / 3
    assert busy["payments_5m_to_usual"] < 1.5


def test_silence_is_silence_whether_of_a_day_or_of_a_week():
    watch, now_ns = lived(MINUTE_NS)
    assert watch.ask(now_ns + DAY_NS)["since_last_to_usual"] == GAPS_MOST
    assert Watch().ask()["since_last_to_usual"] == GAPS_MOST


def test_sums_are_measured_by_what_usually_comes_together():
    watch, now_ns = lived(HOUR_NS)
    usual = watch.ask(now_ns, debtor_account=ANNE, amount_minor=TYPICAL)
    twice = watch.ask(now_ns, debtor_account=BOB, amount_minor=20 * TYPICAL)
    expected = 1.0 + 24.0 * usual["since_last_to_usual"]
    assert usual["amount_24h_to_usual"] == pytest.approx(
        usual["amount_24h_to_typical"] / expected, rel=0.05
    )
    assert twice["amount_24h_to_usual"] > 1.5 * usual["amount_24h_to_usual"]


def test_what_a_shop_refuses_is_measured_by_what_it_sells():
    watch = Watch()
    for turn in range(10):
        watch.ask(debtor_account=BOB, creditor_account=SHOP)
        if turn < 3:
            refused = intents(0, debtor_account=BOB, creditor_account=SHOP)
            watch.view.decline(Intent(refused[0].tolist(), True, 0, 0), 0)
    assert watch.ask(creditor_account=SHOP)["merchant_declines_share_1h"] == pytest.approx(3 / 11)
    assert watch.ask(creditor_account=OUTSIDE)["merchant_declines_share_1h"] == 0


def test_a_stranger_is_taken_for_average_and_known_by_and_by():
    traffic = Traffic(accounts=100)
    traffic.payments = 100_000 - 1
    traffic.watched(DAY_NS)
    assert traffic.usual_gap_ns(0, 0) == pytest.approx(traffic.gap_ns)
    gaps = [traffic.usual_gap_ns(n, n * MINUTE_NS) for n in (0, 8, 80, 8_000)]
    assert (np.diff(gaps) < 0).all()
    assert gaps[1] == pytest.approx((traffic.gap_ns + MINUTE_NS) / 2)
    assert gaps[-1] == pytest.approx(MINUTE_NS, rel=2 * AVERAGE_WEIGHT / 100)
