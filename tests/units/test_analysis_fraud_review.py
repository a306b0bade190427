"""Alerts, how long they wait for an analyst, and what comes of them."""

from __future__ import annotations

import pytest
from fraud_trace import MINUTE, SHOP, Payment, S, Told, takeover, write

from sanket_sim.analysis.detection import FraudFinding, measure_fraud


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> FraudFinding:
    told = Told([Payment(MINUTE, 150, SHOP, 1_000).declined()])
    _, _, caught = takeover(told, 0, MINUTE)
    told.decisions = [
        (MINUTE, "fraud", "decline", 1, "score"),
        (4 * MINUTE, "analyst", "take_up", 1, "decline"),
        (10 * MINUTE, "analyst", "clear", 1, "decline"),
        (13 * MINUTE, "fraud", "decline", caught, "score"),
        (14 * MINUTE, "analyst", "take_up", caught, "decline"),
        (18 * MINUTE, "analyst", "confirm", caught, "decline"),
        # Monitoring comes upon the same payment, and somebody is still at it at the end.
        (30 * MINUTE, "aml", "alert", caught, "pass_through"),
        (35 * MINUTE, "analyst", "take_up", caught, "aml:pass_through"),
    ]
    settings = "[report]\nreview_minute_cost_minor = 200\n"
    told.settings = settings
    return measure_fraud(write(tmp_path_factory.mktemp("review"), told))


def test_alerts_wait_from_their_being_raised(found: FraudFinding) -> None:
    reviews = found.reviews
    assert reviews.wait_p50_s.n == 3
    assert reviews.wait_p50_s.value == pytest.approx(180, rel=0.02)


def test_verdicts_stand_under_what_the_payment_truly_was(found: FraudFinding) -> None:
    reviews = found.reviews
    assert (reviews.reviews, reviews.unfinished) == (2, 1)
    assert reviews.confirmed.value == 0.5
    assert reviews.by_typology["account_takeover"].confirmed.value == 1
    assert reviews.by_typology["honest"].confirmed.value == 0


def test_monitoring_is_counted_by_pattern(found: FraudFinding) -> None:
    assert found.reviews.by_pattern == {"pass_through": 1}


def test_minutes_of_analysts_cost_what_the_report_says(found: FraudFinding) -> None:
    assert found.reviews.handling_s == 10 * 60
    assert found.cost.review_minor == {"EUR": 10 * 200}


def test_what_was_raised_in_the_warm_up_does_not_count(tmp_path) -> None:
    told = Told(settings='warmup = "5m"\n')
    told.add(Payment(MINUTE, 150, SHOP, 1_000).declined(), Payment(6 * MINUTE, 150, SHOP, 1_000))
    told.decisions = [
        (MINUTE, "fraud", "decline", 1, "score"),
        (4 * MINUTE, "analyst", "take_up", 1, "decline"),
        (6 * MINUTE, "analyst", "confirm", 1, "decline"),
        (7 * MINUTE, "aml", "alert", 2, "collector"),
        (7 * MINUTE + S, "analyst", "take_up", 2, "aml:collector"),
        (8 * MINUTE, "analyst", "clear", 2, "aml:collector"),
        (9 * MINUTE, "aml", "alert", 2, "distributor"),
    ]
    reviews = measure_fraud(write(tmp_path, told)).reviews
    assert (reviews.reviews, reviews.confirmed.value) == (1, 0)
    assert (reviews.monitoring_alerts, reviews.waiting, reviews.handling_s) == (2, 1, 59)
