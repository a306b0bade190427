"""Percentiles of what goes by: counts in buckets whose widths grow with the value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PER_DECADE = 32
"""Buckets for a factor of ten: two neighbours are 7.5 % apart."""
_LEAST_MS, _DECADES = 0.01, 8
BUCKETS = PER_DECADE * _DECADES
"""From 10 us to 1000 s; what lies beyond counts in the outermost."""


def bucket_of(spans_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bucket of each span.

    Examples
    --------
    >>> bucket_of(np.array([0, 10_000, 100_000_000, 2**62])).tolist()
    [0, 0, 128, 255]
    """
    spans_ms = np.maximum(spans_ns * 1e-6, _LEAST_MS)
    places = (np.log10(spans_ms / _LEAST_MS) * PER_DECADE).astype(np.int64)
    return np.asarray(np.minimum(places, BUCKETS - 1))


def quantiles_ms(
    counts: NDArray[np.int64], shares: tuple[float, ...]
) -> list[tuple[float | None, ...]]:
    """Return quantiles of each row of counts; within a bucket they lie evenly on its log scale.

    Parameters
    ----------
    counts : int64 array, shape (rows, BUCKETS)
    shares : tuple of float
        In (0, 1).

    Returns
    -------
    list of tuple
        A row each; None where nothing was counted. Wrong by at most one bucket's width, 7.5 %.

    Examples
    --------
    >>> spans = np.concatenate([np.full(98, 20_000_000), np.full(2, 900_000_000)])
    >>> row = np.bincount(bucket_of(spans), minlength=BUCKETS)
    >>> [round(ms) for ms in quantiles_ms(row[None], (0.5, 0.99))[0]]
    [20, 898]
    """
    upto = np.cumsum(counts, axis=1)
    ranks = np.array(shares) * upto[:, -1:]
    places = np.array([np.searchsorted(*row) for row in zip(upto, ranks, strict=True)])
    here = np.take_along_axis(counts, places, axis=1)
    before = np.take_along_axis(upto, places, axis=1) - here
    inside = (ranks - before) / np.maximum(here, 1)
    exponents = ((places + inside) / PER_DECADE).tolist()
    return [
        tuple(_LEAST_MS * 10**exponent if some else None for exponent in row)
        for row, some in zip(exponents, upto[:, -1].tolist(), strict=True)
    ]
