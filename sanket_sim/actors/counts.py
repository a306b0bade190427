"""How often something happens, by inversion: one uniform number, one whole number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

MEAN_MAX = 600.0
"""Means are cut here: the probability of 0 must stay a number."""


def counts(mean: Floats, fano: float, u: Floats) -> Numbers:
    """Return the u-quantiles of counts with given means and variances `fano` times as large.

    Parameters
    ----------
    mean : float64 array
        At most `MEAN_MAX`; larger ones are cut.
    fano : float
        1: Poisson; above: negative binomial.
    u : float64 array

    Notes
    -----
    p(k+1) = p(k) (r + k) q / (k + 1) with q = 1 - 1/fano and r = mean/(fano - 1), so that r q is
    mean/fano; for fano = 1 that is Poisson's mean/(k + 1).

    Examples
    --------
    >>> counts(np.array([2.0, 2.0, 0.0]), 1.0, np.array([0.1, 0.9, 0.99])).tolist()
    [0, 4, 0]
    """
    mean = np.minimum(mean, MEAN_MAX)
    q, rq = 1.0 - 1.0 / fano, mean / fano
    here = np.exp(-mean if fano == 1.0 else -mean * np.log(fano) / (fano - 1.0))
    count, below = np.zeros(len(u), dtype=np.int64), here.copy()
    most = mean.max(initial=0.0)
    climbing = np.flatnonzero(u >= below)
    for k in range(int(most + 12.0 * np.sqrt(fano * most) + 40.0 * fano)):
        if not len(climbing):
            break
        here[climbing] *= (rq[climbing] + q * k) / (k + 1.0)
        below[climbing] += here[climbing]
        count[climbing] += 1
        climbing = climbing[u[climbing] >= below[climbing]]
    return count
