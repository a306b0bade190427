"""Inverse distribution functions: numbers in, whole ticks out.

Pure scalar arithmetic in the subset that a compiler takes (numbers, tuples, `math`), so that every
engine calls the very same functions. A tick is one nanosecond for durations and one minor unit for
amounts; the functions do not care which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

TICKS_MAX = 4611686018427387904
"""2**62: where a heavy tail is cut, so that the sum of two draws still fits an int64."""


def whole_ticks(x: float) -> int:
    """Round half up to a whole tick, cut at `TICKS_MAX`.

    Examples
    --------
    >>> whole_ticks(2.5), whole_ticks(1e300) == TICKS_MAX
    (3, True)
    """
    if x >= 4.6e18:
        return TICKS_MAX
    return int(x + 0.5)


def exponential_ns(mean: float, u: float) -> int:
    """Exponential law by inversion.

    Examples
    --------
    >>> exponential_ns(1e6, 0.5)
    693147
    """
    return whole_ticks(-mean * math.log1p(-u))


def lognormal_ns(mu: float, sigma: float, u: float) -> int:
    """Lognormal law: `mu` and `sigma` are those of the logarithm of ticks.

    Examples
    --------
    >>> lognormal_ns(math.log(4e6), 0.5, 0.5)
    4000000
    """
    x = mu + sigma * normal_quantile(u)
    if x > 43.0:
        return TICKS_MAX
    return whole_ticks(math.exp(x))


def weibull_ns(scale: float, inverse_shape: float, u: float) -> int:
    """Weibull law by inversion; `inverse_shape` is 1 / shape."""
    return whole_ticks(scale * (-math.log1p(-u)) ** inverse_shape)


def pareto_ns(minimum: float, inverse_alpha: float, u: float) -> int:
    """Pareto law of the first kind by inversion; `inverse_alpha` is 1 / alpha < 1."""
    return whole_ticks(minimum * (1.0 - u) ** -inverse_alpha)


def uniform_ns(low: float, high: float, u: float) -> int:
    """Uniform law between `low` and `high`."""
    return whole_ticks(low + (high - low) * u)


def bracket(points: Sequence[float], x: float) -> int:
    """Return the greatest i with points[i] <= x, within [0, len(points) - 2].

    Examples
    --------
    >>> bracket((0.0, 0.5, 1.0), 0.7), bracket((0.0, 0.5, 1.0), -1.0), bracket((0.0, 1.0), 2.0)
    (1, 0, 0)
    """
    low, high = 0, len(points) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if points[middle] <= x:
            low = middle
        else:
            high = middle
    return low


def table_ns(shares: Sequence[float], ticks: Sequence[float], u: float) -> int:
    """Piecewise linear quantile table: `ticks[i]` is the quantile at `shares[i]`.

    Examples
    --------
    >>> table_ns((0.0, 0.5, 1.0), (10.0, 20.0, 100.0), 0.75)
    60
    """
    i = bracket(shares, u)
    part = (u - shares[i]) / (shares[i + 1] - shares[i])
    return whole_ticks(ticks[i] + part * (ticks[i + 1] - ticks[i]))


def gamma_ns(
    scale: float, step: float, lower: Sequence[float], upper: Sequence[float], u: float
) -> int:
    """Gamma law from a table of standard quantiles q(u), fine in both tails.

    Parameters
    ----------
    scale : float
        Ticks per unit of the standard law.
    step : float
        Distance of the table's rows in -log(2u) (lower half) and -log(2(1-u)) (upper half).
    lower : sequence of float
        log q at u = exp(-i step)/2, linear in log u as u goes to 0.
    upper : sequence of float
        q at 1 - u = exp(-i step)/2, linear in -log(1-u) as u goes to 1.
    u : float
    """
    if u < 0.5:
        return whole_ticks(scale * math.exp(_interpolated(lower, -math.log(2.0 * u) / step)))
    return whole_ticks(scale * _interpolated(upper, -math.log(2.0 * (1.0 - u)) / step))


def _interpolated(rows: Sequence[float], at: float) -> float:
    i = min(max(int(at), 0), len(rows) - 2)
    return rows[i] + (at - i) * (rows[i + 1] - rows[i])


def mixture_part(ends: Sequence[float], u: float) -> tuple[int, float]:
    """Spend one uniform number twice: choose a part, and stretch what is left to (0, 1).

    Parameters
    ----------
    ends : sequence of float
        0, then the cumulated weights, up to 1.
    u : float

    Returns
    -------
    part : int
    rest : float
        Uniform in (0, 1) given the part.

    Examples
    --------
    >>> mixture_part((0.0, 0.75, 1.0), 0.875)
    (1, 0.5)
    """
    i = bracket(ends, u)
    rest = (u - ends[i]) / (ends[i + 1] - ends[i])
    return i, min(max(rest, 5e-17), 1.0 - 1.2e-16)


def normal_quantile(p: float) -> float:
    """Inverse of the standard normal distribution function, about 16 digits.

    References
    ----------
    Wichura, M. J. (1988), Algorithm AS 241: The Percentage Points of the Normal Distribution,
    Applied Statistics 37, 477-484 (PPND16).

    Examples
    --------
    >>> normal_quantile(0.5), round(normal_quantile(0.975), 12)
    (0.0, 1.95996398454)
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _centre(0.180625 - q * q)
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    z = _shoulder(r - 1.6) if r <= 5.0 else _tail(r - 5.0)
    return -z if q < 0.0 else z


def _centre(r: float) -> float:
    top = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
    top = (top * r + 6.7265770927008700853e4) * r + 4.5921953931549871457e4
    top = (top * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3
    top = (top * r + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
    low = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
    low = (low * r + 3.9307895800092710610e4) * r + 2.1213794301586595867e4
    low = (low * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2
    return top / ((low * r + 4.2313330701600911252e1) * r + 1.0)


def _shoulder(r: float) -> float:
    top = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
    top = (top * r + 2.41780725177450611770e-1) * r + 1.27045825245236838258e0
    top = (top * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0
    top = (top * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
    low = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
    low = (low * r + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1
    low = (low * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0
    return top / ((low * r + 2.05319162663775882187e0) * r + 1.0)


def _tail(r: float) -> float:
    top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    top = (top * r + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2
    top = (top * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0
    top = (top * r + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
    low = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
    low = (low * r + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4
    low = (low * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1
    return top / ((low * r + 5.99832206555887937690e-1) * r + 1.0)
