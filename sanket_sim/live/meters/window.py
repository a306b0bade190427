"""A sliding window over the newest batches."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import WINDOW_S
from sanket_sim.live.meters.tally import Shape, Tally

_SLICE_NS = NS_PER_S
"""Shorter batches are put together, so that a slowed run needs no more memory."""


@dataclass(slots=True)
class Stretch:
    """What was counted in [begin, end)."""

    begin_ns: int
    end_ns: int
    tally: Tally
    energy_j: float = 0.0
    carbon_mg: float = 0.0

    @property
    def span_s(self) -> float:
        """How long it lasted."""
        return (self.end_ns - self.begin_ns) / NS_PER_S

    def join(self, later: Stretch) -> None:
        """Take in what was counted right after."""
        self.end_ns = later.end_ns
        self.tally.add(later.tally)
        self.energy_j += later.energy_j
        self.carbon_mg += later.carbon_mg


class Window:
    """The sums of the last `WINDOW_S` seconds; of the newest batch alone if that is longer.

    Parameters
    ----------
    shape : Shape
    length_s : float
    """

    def __init__(self, shape: Shape, length_s: float = WINDOW_S) -> None:
        self._shape = shape
        self._length_ns = int(length_s * NS_PER_S)
        self._slices: deque[Stretch] = deque()
        self.tally = Tally.empty(shape)

    def add(self, newest: Stretch) -> None:
        """Take in a batch's counts; let go of what has become too old."""
        self.tally.add(newest.tally)
        last = self._slices[-1] if self._slices else None
        if last is not None and newest.end_ns - last.begin_ns <= _SLICE_NS:
            last.join(newest)
        else:
            self._slices.append(newest)
        while len(self._slices) > 1 and self._slices[0].end_ns <= newest.end_ns - self._length_ns:
            self.tally.remove(self._slices.popleft().tally)

    def halves(self) -> tuple[Tally, Tally]:
        """Return the sums of the older and of the newer half."""
        older, newer = (Tally.empty(self._shape) for _ in range(2))
        middle = len(self._slices) // 2
        for place, one in enumerate(self._slices):
            (older if place < middle else newer).add(one.tally)
        return older, newer

    @property
    def span_s(self) -> float:
        """How long the window really is; shorter at the beginning of a run."""
        if not self._slices:
            return 0.0
        return (self._slices[-1].end_ns - self._slices[0].begin_ns) / NS_PER_S

    @property
    def energy_j(self) -> float:
        """Energy drawn in the window."""
        return sum(one.energy_j for one in self._slices)

    @property
    def carbon_mg(self) -> float:
        """Carbon emitted in the window, the hardware's share included [mg CO2e]."""
        return sum(one.carbon_mg for one in self._slices)

    def rate_per_s(self, count: int) -> float:
        """Return how often something happened each second."""
        return count / self.span_s if self.span_s else 0.0
