"""Counts of the last seconds: a ring of buckets, one a second of simulated time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.units import NS_PER_S

Whole = NDArray[np.int64]


def second_of(time_ns: int) -> int:
    """Return the second whose end an instant has reached: a whole second belongs to the one before.

    Examples
    --------
    >>> second_of(1), second_of(1_000_000_000), second_of(1_000_000_001)
    (0, 0, 1)
    """
    return max(time_ns - 1, 0) // NS_PER_S


class SecondRing:
    """Counts by cell over the last seconds; what is older is forgotten.

    Parameters
    ----------
    shape : tuple of int
        Of one second's cells.
    seconds : int
        How many seconds are kept, the one under way included.

    Examples
    --------
    >>> ring = SecondRing((2,), seconds=3)
    >>> for second in range(5):
    ...     ring.advance(second)
    ...     ring.add(np.array([second]), np.array([second % 2]))
    >>> ring.last(2).tolist(), ring.last(99).tolist()
    ([1, 1], [2, 1])
    """

    def __init__(self, shape: tuple[int, ...], seconds: int) -> None:
        self.seconds = seconds
        self.newest = 0
        self._cells = int(np.prod(shape))
        self._counts = np.zeros((seconds, *shape), np.int64)
        self._sum = np.zeros(shape, np.int64)

    def advance(self, second: int) -> None:
        """Let time go on to a second; those that it passes begin at nothing."""
        passed = min(second - self.newest, self.seconds)
        for step in range(passed):
            forgotten = self._counts[(second - step) % self.seconds]
            self._sum -= forgotten
            forgotten[...] = 0
        self.newest = max(second, self.newest)

    def add(self, seconds: Whole, cells: Whole, weights: Whole | None = None) -> None:
        """Count rows, each in a cell of its second; a second that is forgotten counts as oldest."""
        if not len(cells):
            return
        oldest = max(self.newest - self.seconds + 1, 0)
        # What the end of a run leaves open comes when no second follows: it counts in the last.
        first = min(max(int(seconds.min()), oldest), self.newest)
        within = np.clip(seconds, first, self.newest) - first
        span = int(within.max()) + 1
        sums = np.bincount(within * self._cells + cells, weights, minlength=span * self._cells)
        shaped = sums.astype(np.int64, copy=False).reshape(span, *self._sum.shape)
        for step in range(span):
            self._counts[(first + step) % self.seconds] += shaped[step]
            self._sum += shaped[step]

    def last(self, seconds: int) -> Whole:
        """Sum the last seconds, the one under way included."""
        if seconds >= self.seconds:
            return self._sum.copy()
        return np.asarray(self.series(seconds).sum(axis=0))

    def series(self, seconds: int) -> Whole:
        """Return the last seconds one by one, oldest first; none from before the start."""
        count = min(seconds, self.seconds, self.newest + 1)
        places = np.arange(self.newest - count + 1, self.newest + 1) % self.seconds
        return np.asarray(self._counts[places])


def span_s(now_ns: int, seconds: int) -> float:
    """Return how long a window of whole seconds and the one under way is in truth [s].

    Examples
    --------
    >>> span_s(2_500_000_000, 15), span_s(60_000_000_000, 15), span_s(60_250_000_000, 15)
    (2.5, 15.0, 14.25)
    """
    begin = max(second_of(now_ns) - seconds + 1, 0)
    return max(now_ns / NS_PER_S - begin, 1e-9)
