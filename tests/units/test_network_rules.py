"""The rules of the network at the edges where one more or one less changes the answer."""

import pytest

from sanket_sim.core.outcomes import FraudDecision, Signal
from sanket_sim.network.rules.backoff import (
    BACKOFF,
    DECORRELATED,
    ENVOY,
    EQUAL,
    FULL,
    NO_JITTER,
    retry_delay_ns,
)
from sanket_sim.network.rules.fraud import decide, score

POINTS = {
    "velocity_limit": 5,
    "velocity_points": 0.45,
    "amount_ratio": 4.0,
    "amount_points": 0.3,
    "new_device_points": 0.35,
    "new_payee_points": 0.15,
    "foreign_points": 0.2,
}


def points(recent=1, amount_minor=1000, signals=0):
    return score(
        recent=recent, amount_minor=amount_minor, typical_minor=1000, signals=signals, **POINTS
    )


def test_envoy_draws_below_a_base_that_doubles_and_loses_one_each_time():
    delays = [retry_delay_ns(ENVOY, n, 1000, 10_000, 2.0, NO_JITTER, 0, 0.5) for n in (1, 2, 3, 9)]
    assert delays == [500, 1500, 3500, 10_000]


@pytest.mark.parametrize(
    ("jitter", "previous_ns", "expected"),
    [(NO_JITTER, 0, 400), (FULL, 0, 100), (EQUAL, 0, 250), (DECORRELATED, 300, 300)],
)
def test_jitter_blurs_the_third_delay_its_own_way(jitter, previous_ns, expected):
    # Unblurred 100 * 2**2; a quarter of the way: U(0, v), v/2 + U(0, v/2), U(base, 3 previous).
    delay_ns = retry_delay_ns(BACKOFF, 3, 100, 1000, 2.0, jitter, previous_ns, 0.25)
    assert delay_ns == expected


def test_points_are_given_beyond_a_limit_and_not_at_it():
    assert [points(recent=n) for n in (5, 6)] == [0.0, 0.45]
    assert [points(amount_minor=minor) for minor in (4000, 4001)] == [0.0, 0.3]


@pytest.mark.parametrize(
    ("signal", "expected"),
    [(Signal.NEW_DEVICE, 0.35), (Signal.NEW_PAYEE, 0.15), (Signal.FOREIGN, 0.2)],
)
def test_each_signal_has_its_own_points(signal, expected):
    assert points(signals=signal) == expected


@pytest.mark.parametrize(
    ("found", "decision"),
    [
        (0.599, FraudDecision.APPROVE),
        (0.6, FraudDecision.STEP_UP),
        (0.799, FraudDecision.STEP_UP),
        (0.8, FraudDecision.DECLINE),
    ],
)
def test_a_score_at_a_threshold_has_reached_it(found, decision):
    assert decide(found, 0.6, 0.8) == decision
