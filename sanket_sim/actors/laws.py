"""Laws with hard ends, from keyed uniform numbers: what a specification bounds stays in bounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, gammaincinv, ndtr, ndtri


def truncated_lognormal(u: float, median: float, sigma: float, low: float, high: float) -> float:
    """Return the u-quantile of a lognormal law, given that it lies in [low, high].

    Parameters
    ----------
    u : float
        Uniform number in (0, 1).
    median : float
        Median of the law before it is cut.
    sigma : float
        Standard deviation of the logarithm before it is cut.
    low, high : float
        Ends, of the unit of `median`; 0 < low < high.

    Examples
    --------
    >>> truncated_lognormal(0.5, 35.0, 1.0, 2.0, 612.5)
    35.0
    >>> truncated_lognormal(1e-9, 35.0, 1.0, 2.0, 600.0) < 2.1
    True
    """
    assert 0.0 < low < high, "a range of positive numbers"
    below, above = ndtr(np.log(np.array([low, high]) / median) / sigma)
    value = median * float(np.exp(sigma * ndtri(below + u * (above - below))))
    return min(max(value, low), high)


def truncated_beta(u: float, a: float, b: float, low: float = 0.0, high: float = 1.0) -> float:
    """Return the u-quantile of a beta law of shapes `a`, `b`, given that it lies in [low, high].

    Examples
    --------
    >>> 0.75 < truncated_beta(0.001, 18.0, 2.0, 0.75, 0.99) < 0.77
    True
    >>> round(truncated_beta(0.5, 1.0, 1.0, 0.2, 0.4), 12)
    0.3
    """
    assert 0.0 <= low < high <= 1.0, "a part of [0, 1]"
    below, above = betainc(a, b, low), betainc(a, b, high)
    return min(max(float(betaincinv(a, b, below + u * (above - below))), low), high)


def dirichlet(us: Sequence[float], alpha: float) -> NDArray[np.float64]:
    """Return shares of a whole, one for each uniform number, from a symmetric Dirichlet law.

    Parameters
    ----------
    us : sequence of float
        Independent uniform numbers in (0, 1).
    alpha : float
        Concentration: the larger, the more equal the shares.

    Returns
    -------
    float64 array
        Positive shares that add up to 1.

    References
    ----------
    Devroye 1986, Non-Uniform Random Variate Generation, XI.4: independent gammas over their sum.

    Examples
    --------
    >>> dirichlet([0.3, 0.3], 2.0).tolist()
    [0.5, 0.5]
    """
    parts = np.asarray(gammaincinv(alpha, np.asarray(us, dtype=np.float64)), dtype=np.float64)
    shares: NDArray[np.float64] = parts / parts.sum()
    return shares
