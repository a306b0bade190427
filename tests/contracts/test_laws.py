"""Every registered law keeps the promises of `ContinuousLaw`; a new law is checked unasked."""

import math

import numpy as np
import pytest

from sanket_sim.bank.laws import laws, time_law
from sanket_sim.core.draws import Draws

SAMPLES = 60_000
CASES = [
    pytest.param(example, id=f"{name}-{i}")
    for name, law in laws.items()
    for i, example in enumerate(law.parameters.examples)
]
EXTREMES = [2.0**-53, 1e-12, 1e-6, 0.5, 1 - 1e-6, 1 - 1e-12, 1 - 2.0**-53]


def sample(law):
    u = Draws(11, "law").uniform(np.arange(SAMPLES))
    return np.array([law.ns(x) for x in u.tolist()], dtype=float)


def test_every_law_brings_an_example():
    assert all(law.parameters.examples for _, law in laws.items())


@pytest.mark.parametrize("example", CASES)
def test_ticks_are_whole_and_not_negative_even_at_the_ends(example):
    ticks = [time_law(example).ns(u) for u in EXTREMES]
    assert all(isinstance(t, int) and 0 <= t <= 2**62 for t in ticks)


@pytest.mark.parametrize("example", CASES)
def test_the_sample_mean_agrees_and_five_percent_more_does_not(example):
    law = time_law(example)
    x = sample(law)
    error = x.std() / math.sqrt(SAMPLES)
    assert abs(x.mean() - law.mean) <= 5 * error + 0.5
    if law.mean > 0 and math.isfinite(law.variance):
        assert abs(x.mean() - 1.05 * law.mean) > 5 * error + 0.5


@pytest.mark.parametrize("example", CASES)
def test_the_sample_variance_agrees(example):
    law = time_law(example)
    if math.isinf(law.variance):
        pytest.skip("the law has no variance to agree with")
    squares = (sample(law) - law.mean) ** 2
    error = squares.std() / math.sqrt(SAMPLES)
    assert abs(squares.mean() - law.variance) <= 5 * error + 1.0


@pytest.mark.parametrize("example", CASES)
def test_ticks_rise_with_u_between_breaks(example):
    law = time_law(example)
    u = np.concatenate([np.geomspace(1e-15, 0.01, 200), np.linspace(0.01, 0.999999, 5000)])
    ticks = np.array([law.ns(x) for x in u.tolist()])
    same_part = np.diff(np.searchsorted(law.breaks, u, side="right")) == 0
    assert (np.diff(ticks)[same_part] >= 0).all()


@pytest.mark.parametrize("example", CASES)
def test_seconds_are_billions_of_ticks(example):
    law = time_law(example)
    assert law.mean_s == pytest.approx(law.mean / 1e9, rel=1e-12)
    assert law.variance_s2 == pytest.approx(law.variance / 1e18, rel=1e-12)
