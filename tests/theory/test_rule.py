"""The rule itself: what it accepts, what it rejects, what it admits not to know."""

import numpy as np
import pytest

from sanket_sim.simulation.validation.controls import Moments, fifo_waits, queue_controls
from sanket_sim.simulation.validation.rule import (
    Experiment,
    Quantity,
    Sample,
    controlled_mean,
    judge,
)
from sanket_sim.simulation.validation.stations import EXPONENTIAL
from sanket_sim.simulation.validation.trial import UNIT_NS, MeteredLaw


def row_of(expected, values, controls=None):
    quantities = (Quantity("q", expected),)
    experiment = Experiment(0, "test", quantities, 20, lambda _: Sample(()))
    controls = controls if controls is not None else [()] * len(values)
    samples = [Sample((value,), control) for value, control in zip(values, controls, strict=True)]
    return judge(experiment, samples)[0]


def scattered(mean, spread, runs=20):
    """Values of exactly this mean and, as the rule estimates it, this standard error."""
    signs = np.tile([1.0, -1.0], runs // 2)
    return mean + signs * spread * np.sqrt(runs - 1)


@pytest.mark.parametrize(
    ("mean", "verdict"),
    [(1.0, "pass"), (1.0 + 4.4 * 0.005, "pass"), (1.0 + 4.6 * 0.005, "FAIL"), (0.95, "FAIL")],
)
def test_a_mean_may_lie_four_and_a_half_standard_errors_off(mean, verdict):
    row = row_of(1.0, scattered(mean, 0.005))
    assert row.standard_error == pytest.approx(0.005)
    assert row.verdict == verdict


def test_a_row_that_could_not_see_five_percent_does_not_pass():
    row = row_of(1.0, scattered(1.0, 0.012))
    assert (row.agrees, row.rejects_5pct, row.passed, row.verdict) == (
        True,
        False,
        False,
        "too weak",
    )


def test_an_exact_figure_must_be_met_exactly():
    assert row_of(135.0, [135.0] * 20).passed
    assert row_of(135.0, [136.0] * 20).verdict == "FAIL"
    assert row_of(0.0, [0.0] * 20).passed
    assert row_of(0.0, [0.0] * 19 + [100.0]).verdict != "pass"


def test_controls_take_luck_away_and_leave_faults_in():
    luck = np.sin(np.arange(20.0))[:, None]
    noise = 0.001 * np.cos(7.0 * np.arange(20.0))
    honest, _ = controlled_mean(1.0 + 3.0 * luck[:, 0] + noise, luck)
    faulty, error = controlled_mean(1.1 + 3.0 * luck[:, 0] + noise, luck)
    assert faulty - honest == pytest.approx(0.1)
    assert error < 0.001


def test_a_control_that_never_varies_changes_nothing():
    values = scattered(2.0, 0.01)
    assert controlled_mean(values, np.zeros((20, 3))) == controlled_mean(values, np.empty((20, 0)))


def test_a_slow_simulator_is_not_excused_by_its_meter():
    exact, slow = MeteredLaw(EXPONENTIAL.law), MeteredLaw(EXPONENTIAL.law, 1.05)
    assert slow.ns(0.5) == round(1.05 * exact.ns(0.5))
    assert slow.drawn_ns == exact.drawn_ns
    assert slow.mean_s == pytest.approx(1.05 * UNIT_NS * 1e-9)


def test_the_controls_of_a_queue_have_mean_zero():
    rng = np.random.default_rng(7)  # a reference outside the product, on purpose
    rows = []
    for _ in range(200):
        service, gap = rng.exponential(1.0, 2_000), rng.exponential(2.0, 2_000)
        wait = fifo_waits(service, gap)
        rows.append(queue_controls(wait, service, gap, Moments(1, 2, 6), 0.5))
    means, errors = np.mean(rows, axis=0), np.std(rows, axis=0) / np.sqrt(200)
    assert np.all(np.abs(means) < 4.5 * errors)
