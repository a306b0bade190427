from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sanket_sim.analysis.statistics import (
    BUCKETS,
    QuantileSketch,
    binomial_tail,
    holm,
    poisson,
    sketch_rows,
    t_interval,
    wilson,
    wilson_high,
    worst_of_k_by_chance,
    z_for,
)
from sanket_sim.core.draws import Draws


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 10), (201, 2305), (787, 10_000), (50, 50)])
def test_wilson_agrees_with_scipy(k: int, n: int) -> None:
    found, reference = wilson(k, n), stats.binomtest(k, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=1e-12)


def test_wilson_high_is_the_upper_end_of_many() -> None:
    k, n = np.array([0, 3, 10, 0]), np.array([10, 10, 10, 0])
    expected = [wilson(int(a), int(b)).high for a, b in zip(k[:3], n[:3], strict=True)]
    assert wilson_high(k, n).tolist() == pytest.approx([*expected, 1.0])


def test_the_seed_audit_is_worth_what_the_design_says() -> None:
    score = wilson(201, 2305).scaled(-100, offset=100)
    assert (round(score.value, 2), round(score.low, 1), round(score.high, 1)) == (91.28, 90.1, 92.4)
    chance = worst_of_k_by_chance(binomial_tail(201, 2305, 787 / 10_000), 4)
    assert 0.15 < chance < 0.3


def test_t_interval_agrees_with_scipy() -> None:
    sample = [3.1, 2.9, 3.4, 3.0, 2.7]
    low, high = stats.t.interval(0.95, 4, np.mean(sample), stats.sem(sample))
    found = t_interval(sample)
    assert (found.value, found.low, found.high) == pytest.approx((np.mean(sample), low, high))


def test_one_replication_has_no_interval() -> None:
    assert math.isnan(t_interval([3.0]).low)


def test_holm_never_reverses_an_order() -> None:
    adjusted = holm({"a": 0.01, "b": 0.02, "c": 0.021, "d": 0.9})
    assert list(adjusted.values()) == pytest.approx([0.04, 0.06, 0.06, 0.9])


def test_poisson_interval_covers_its_rate() -> None:
    counts = stats.poisson.ppf(Draws(1, "poisson").uniform(np.arange(4000)), 7.0).astype(int)
    found = [poisson(int(count), 1.0) for count in counts]
    covered = sum(one.low <= 7.0 <= one.high for one in found) / len(found)
    assert 0.94 < covered < 0.99


def test_bonferroni_widens() -> None:
    assert z_for(10) == pytest.approx(stats.norm.ppf(1 - 0.0025))


@pytest.mark.parametrize("q", [0.0, 0.5, 0.9, 0.99, 0.999, 1.0])
def test_sketch_is_within_one_percent(q: float) -> None:
    u = Draws(3, "sketch").uniform(np.arange(20_000))
    values_ns = np.exp(10 + 12 * u).astype(np.int64)
    sketch = QuantileSketch()
    sketch.add(values_ns)
    exact = np.sort(values_ns)[int(q * (len(values_ns) - 1))] * 1e-9
    assert sketch.quantile_s(q) == pytest.approx(exact, rel=0.0101)


def test_sketches_merge_to_the_sketch_of_all() -> None:
    values_ns = np.arange(1, 5000) * 1000
    whole, left, right = QuantileSketch(), QuantileSketch(), QuantileSketch()
    whole.add(values_ns)
    left.add(values_ns[:1234])
    right.add(values_ns[1234:])
    assert np.array_equal(left.merge(right).counts, whole.counts)


def test_sketch_rows_keep_groups_apart() -> None:
    groups, values_ns = np.array([0, 2, 2]), np.array([5, 7_000, 9_000_000_000])
    rows = sketch_rows(groups, values_ns, 3)
    assert rows.shape == (3, BUCKETS)
    assert rows.sum(axis=1).tolist() == [1, 0, 2]


def test_an_empty_sketch_knows_nothing() -> None:
    assert not QuantileSketch().quantile(0.5).known


def test_quantile_interval_covers_the_true_quantile() -> None:
    hits = 0
    for trial in range(200):
        sketch = QuantileSketch()
        u = Draws(5, "coverage").uniform(trial, np.arange(400))
        sketch.add((-np.log(u) * 1e9).astype(np.int64))
        found = sketch.quantile(0.9)
        hits += found.low / 1.01 <= math.log(10) <= found.high * 1.01
    assert hits >= 180


@pytest.mark.parametrize("q", [0.5, 0.95, 0.999])
def test_a_quantile_lies_between_the_order_statistics_of_its_interval(q: float) -> None:
    sketch = QuantileSketch()
    sketch.add(np.arange(1, 10_001) * 1_000_000)
    found, half = sketch.quantile(q), 1.96 * math.sqrt(10_000 * q * (1 - q))
    assert found.low == pytest.approx((10_000 * q - half) * 1e-3, rel=0.0101)
    assert found.high == pytest.approx((10_000 * q + half) * 1e-3, rel=0.0101)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("q", [0.001, 0.5, 0.9, 0.99, 0.999])
def test_a_quantile_of_few_lies_inside_its_own_interval(n: int, q: float) -> None:
    sketch = QuantileSketch()
    sketch.add(np.geomspace(4e8, 6e10, n).astype(np.int64))
    found = sketch.quantile(q)
    assert found.low <= found.value <= found.high
