"""Percentiles of how long callers wait, of several services at once."""

from __future__ import annotations

import math

from sanket_sim.analysis.statistics import row_quantiles_s
from sanket_sim.live.services.second_ring import Whole


def quantiles_ms(counts: Whole, shares: tuple[float, ...]) -> list[tuple[float | None, ...]]:
    """Return quantiles of each row of counts, by the sketch of tiles and findings: within 1 %.

    Parameters
    ----------
    counts : int64 array, shape (rows, BUCKETS)
        See `QuantileSketch`.
    shares : tuple of float

    Returns
    -------
    list of tuple
        A row each; None where nothing was counted.
    """
    return [
        tuple(None if math.isnan(one) else one * 1e3 for one in row)
        for row in row_quantiles_s(counts, shares)
    ]
