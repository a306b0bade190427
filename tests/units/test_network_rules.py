"""The rules of the network at the edges where one more or one less changes the answer."""

import pytest

from sanket_sim.core.outcomes import FraudDecision
from sanket_sim.network.rules.backoff import (
    BACKOFF,
    DECORRELATED,
    ENVOY,
    EQUAL,
    FULL,
    NO_JITTER,
    retry_delay_ns,
)
from sanket_sim.network.rules.fraud import combined, decide, faded, fires


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


@pytest.mark.parametrize(("value", "fired"), [(4.9, False), (5.0, True), (7.0, True), (7.1, False)])
def test_a_rule_fires_up_to_and_with_the_ends_of_its_ranges(value, fired):
    assert fires((0.0, value, 1.0), (1, 2), (5.0, 1.0), (7.0, 1.0)) is fired


def test_a_rule_needs_all_its_conditions():
    assert not fires((6.0, 0.0), (0, 1), (5.0, 1.0), (7.0, 1.0))


def test_the_score_grows_with_either_witness_and_never_beyond_one():
    scores = [combined(*pair) for pair in [(0.3, 0.2), (0.4, 0.2), (0.4, 0.9), (2.0, 0.9)]]
    assert scores == sorted(scores)
    assert scores[0] == pytest.approx(0.44)
    assert scores[-1] == 1.0


def test_a_fading_count_is_blind_to_how_time_is_cut():
    assert faded(faded(3.0, 40, 100), 60, 100) == pytest.approx(faded(3.0, 100, 100))
