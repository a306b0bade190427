"""Uncertainty: intervals, multiple comparisons, and percentiles in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval and the count of observations behind it.

    NaN stands for "not measurable" (a share of nothing); it is null in JSON.

    Examples
    --------
    >>> print(Estimate(0.25, 0.2, 0.31, 200))
    0.25 [0.2, 0.31]
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"

    @property
    def known(self) -> bool:
        """Whether there was anything to measure."""
        return not math.isnan(self.value)

    def scaled(self, factor: float, offset: float = 0.0) -> Estimate:
        """Return `offset + factor * self`, keeping low below high."""
        ends = sorted((offset + factor * self.low, offset + factor * self.high))
        return Estimate(offset + factor * self.value, ends[0], ends[1], self.n)


def wilson(successes: int, trials: int, z: float = Z95) -> Estimate:
    """Estimate a share by Wilson's score interval, which stays honest at 0 and 1.

    Parameters
    ----------
    successes, trials : int
        0 <= successes <= trials.
    z : float
        Standard normal quantile of the wanted confidence.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    J. Amer. Statist. Assoc. 22 (1927).

    Examples
    --------
    >>> print(wilson(201, 2305).scaled(-100, offset=100))
    91.28 [90.06, 92.36]
    >>> wilson(0, 0).known
    False
    """
    assert 0 <= successes <= trials, f"{successes} of {trials} is no share"
    if trials == 0:
        return Estimate()
    share, z2 = successes / trials, z * z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = (
        z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    )
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return Estimate(share, low, high, trials)


def wilson_high(
    successes: NDArray[np.int64], trials: NDArray[np.int64], z: float = Z95
) -> NDArray[np.float64]:
    """Return the upper ends of many Wilson intervals; 1 where there were no trials."""
    n = np.maximum(trials, 1).astype(np.float64)
    share = successes / n
    spread = np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    high = (share + z * z / (2 * n) + z * spread) / (1 + z * z / n)
    return np.where((trials == 0) | (successes >= trials), 1.0, high)


def ratio(numerators: float, denominators: float, squared_numerators: float, n: int) -> Estimate:
    """Estimate a ratio of sums whose denominators are taken as known, by a normal interval.

    Used for shares of value: `squared_numerators` is the sum of squares of the numerator's terms,
    so that one large leak widens the interval as it should.

    Examples
    --------
    >>> print(ratio(10.0, 1000.0, 20.0, 500))
    0.01 [0.001279, 0.01872]
    """
    if denominators == 0:
        return Estimate(n=n)
    value = numerators / denominators
    variance = max(squared_numerators - numerators * numerators / max(n, 1), 0.0)
    half = Z95 * math.sqrt(variance) / denominators
    return Estimate(value, max(0.0, value - half) if value >= 0 else value - half, value + half, n)


def poisson(count: int, exposure: float, z: float = Z95) -> Estimate:
    """Estimate a rate from a count of independent events by the square-root interval.

    Parameters
    ----------
    count : int
    exposure : float
        What the count is divided by (seconds for a rate per second, 1 for the count itself).

    Examples
    --------
    >>> print(poisson(100, 10.0))
    10 [8.136, 12.17]
    """
    if exposure <= 0:
        return Estimate()
    low = max(0.0, math.sqrt(count) - z / 2) ** 2 if count else 0.0
    high = (math.sqrt(count + 1) + z / 2) ** 2 if count else -math.log(0.025)
    return Estimate(count / exposure, low / exposure, high / exposure, count)


def z_for(comparisons: int, confidence: float = 0.95) -> float:
    """Return the normal quantile that keeps the confidence over several comparisons (Bonferroni).

    Examples
    --------
    >>> round(z_for(1), 4), round(z_for(8), 3)
    (1.96, 2.734)
    """
    from scipy.special import ndtri  # noqa: PLC0415  # scipy costs start-up time

    return float(-ndtri((1 - confidence) / 2 / max(comparisons, 1)))


def t_interval(sample: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Estimate a mean over independent replications by Student's t.

    Examples
    --------
    >>> print(t_interval([1.0, 2.0, 3.0]))
    2 [-0.4841, 4.484]
    """
    n = len(sample)
    if n == 0:
        return Estimate()
    mean = math.fsum(sample) / n
    if n == 1:
        return Estimate(mean, math.nan, math.nan, 1)
    from scipy.special import stdtrit  # noqa: PLC0415  # scipy costs start-up time

    variance = math.fsum((x - mean) ** 2 for x in sample) / (n - 1)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * math.sqrt(variance / n)
    return Estimate(mean, mean - half, mean + half, n)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust p-values of several comparisons by Holm's step-down rule.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979).

    Examples
    --------
    >>> holm({"ledger": 0.0625, "payment": 0.25, "limits": 0.125})
    {'ledger': 0.1875, 'limits': 0.25, 'payment': 0.25}
    """
    adjusted, running = {}, 0.0
    ordered = sorted(p_values.items(), key=lambda item: item[1])
    for rank, (name, p) in enumerate(ordered):
        running = max(running, min(1.0, p * (len(ordered) - rank)))
        adjusted[name] = running
    return adjusted


def binomial_tail(successes: int, trials: int, share: float) -> float:
    """Return the probability of at least `successes` in `trials` at a true `share`.

    Examples
    --------
    >>> binomial_tail(1, 2, 0.5)
    0.75
    """
    from scipy.special import bdtrc  # noqa: PLC0415  # scipy costs start-up time

    return 1.0 if successes == 0 else float(bdtrc(successes - 1, trials, share))


def worst_of_k_by_chance(p_worst: float, k: int) -> float:
    """Return how probably the worst of `k` equal things looks as bad as one with p-value `p_worst`.

    Examples
    --------
    The SANKET audit's worst service, 201 of 2,305 where 787 of 10,000 is the average of four:

    >>> round(worst_of_k_by_chance(binomial_tail(201, 2305, 0.0787), 4), 1)
    0.3
    """
    return -math.expm1(k * math.log1p(-p_worst)) if p_worst < 1 else 1.0


GAMMA = 1.02
"""Ratio of neighbouring bucket bounds: a quantile is off by at most 1 %."""
BUCKETS = 2048
_LOG_GAMMA = math.log(GAMMA)


def bucket_of(values_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the logarithmic bucket of each duration; everything below 1 ns falls in bucket 0."""
    logs = np.log(np.maximum(values_ns, 1)) / _LOG_GAMMA
    return np.minimum(np.ceil(logs).astype(np.int64) + (values_ns > 0), BUCKETS - 1)


_UPPER = np.exp(_LOG_GAMMA * (np.arange(BUCKETS) - 1.0))
_MIDDLE = np.where(np.arange(BUCKETS) == 0, 0.0, _UPPER * 2 / (1 + GAMMA))


class QuantileSketch:
    """Counts in logarithmic buckets: quantiles of durations within 1 %, mergeable, 16 kB.

    Parameters
    ----------
    counts : int64 array, shape (..., BUCKETS), optional
        Counts to start from; taken over, not copied.

    References
    ----------
    C. Masson, J. E. Rim, H. K. Lee, "DDSketch", PVLDB 12 (2019).

    Examples
    --------
    >>> sketch = QuantileSketch()
    >>> sketch.add(np.arange(1, 1001) * 1_000_000)
    >>> bool(abs(sketch.quantile_s(0.5) / 0.5 - 1) <= 0.01)
    True
    """

    def __init__(self, counts: NDArray[np.int64] | None = None) -> None:
        self.counts = np.zeros(BUCKETS, np.int64) if counts is None else counts

    def add(self, values_ns: NDArray[np.int64]) -> None:
        """Count durations [ns]."""
        self.counts += np.bincount(bucket_of(values_ns), minlength=BUCKETS)

    def merge(self, other: QuantileSketch) -> Self:
        """Take in everything another sketch has counted."""
        self.counts += other.counts
        return self

    @property
    def n(self) -> int:
        """How many durations were counted."""
        return int(self.counts.sum())

    def rank_s(self, rank: float) -> float:
        """Return the duration [s] at a rank in [0, n - 1]; NaN if nothing was counted."""
        return _at_ranks(np.cumsum(self.counts), [rank])[0]

    def quantile_s(self, q: float) -> float:
        """Return the `q`-quantile [s], within 1 %."""
        return self.quantiles_s([q])[0]

    def quantiles_s(self, shares: Sequence[float]) -> list[float]:
        """Return several quantiles [s], each within 1 %; NaN if nothing was counted."""
        (found,) = row_quantiles_s(self.counts[np.newaxis], shares)
        return found

    def quantile(self, q: float, z: float = Z95) -> Estimate:
        """Estimate the `q`-quantile with the distribution-free interval from order statistics.

        Of a few durations the extreme quantiles have no such interval; it is widened to hold the
        estimate itself.
        """
        n = self.n
        rank, half = q * (n - 1), z * math.sqrt(n * q * (1 - q))
        low, high = min(rank, max(0.0, n * q - half)), max(rank, min(n - 1.0, n * q + half))
        return Estimate(self.quantile_s(q), self.rank_s(low), self.rank_s(high), n)


def _at_ranks(upto: NDArray[np.int64], ranks: Sequence[float]) -> list[float]:
    """Return the durations [s] at some ranks of what is counted up to each bucket."""
    if not upto[-1]:
        return [math.nan] * len(ranks)
    places = np.minimum(np.searchsorted(upto, ranks, side="right"), BUCKETS - 1)
    return [middle_ns * 1e-9 for middle_ns in _MIDDLE[places].tolist()]


def row_quantiles_s(counts: NDArray[np.int64], shares: Sequence[float]) -> list[list[float]]:
    """Return quantiles of each of some sketches [s], as `QuantileSketch` does of one.

    Parameters
    ----------
    counts : int64 array, shape (rows, BUCKETS)
    shares : sequence of float
        In [0, 1].

    Examples
    --------
    >>> spans = np.concatenate([np.full(98, 20_000_000), np.full(2, 900_000_000)])
    >>> rows = sketch_rows(np.zeros(100, np.int64), spans, 2)
    >>> [[f"{found:.2g}" for found in row] for row in row_quantiles_s(rows, (0.5, 0.99))]
    [['0.02', '0.91'], ['nan', 'nan']]
    """
    upto = np.cumsum(counts, axis=1)
    return [
        _at_ranks(row, [q * (last - 1) for q in shares])
        for row, last in zip(upto, upto[:, -1].tolist(), strict=True)
    ]


def sketch_rows(
    groups: NDArray[np.int64], values_ns: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Count durations by group.

    Returns
    -------
    int64 array, shape (count, BUCKETS)
        One row of bucket counts for each group in [0, count).
    """
    cells = groups * BUCKETS + bucket_of(values_ns)
    return np.bincount(cells, minlength=count * BUCKETS).reshape(count, BUCKETS)
