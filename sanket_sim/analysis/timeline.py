"""Simulated time cut into equal windows, few enough that no run is too long to keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.units import NS_PER_S

_NICE_WIDTHS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400)
FINE_WINDOWS_MAX = 600
COARSE_WINDOWS_MAX = 120


@dataclass(frozen=True, slots=True)
class Timeline:
    """Windows of `width_ns` from the start of the run to its end.

    Examples
    --------
    >>> Timeline.covering(480 * NS_PER_S, 120)
    Timeline(width_ns=5000000000, count=96)
    """

    width_ns: int
    count: int

    @classmethod
    def covering(cls, end_ns: int, windows_max: int = FINE_WINDOWS_MAX) -> Timeline:
        """Return the finest timeline of round windows that covers [0, end_ns)."""
        wanted_s = max(end_ns, 1) / (windows_max * NS_PER_S)
        nice = [width for width in _NICE_WIDTHS_S if width >= wanted_s]
        days = -(-int(wanted_s + 1) // 86_400)
        width_ns = (nice[0] if nice else 86_400 * days) * NS_PER_S
        return cls(width_ns, max(1, -(-end_ns // width_ns)))

    @property
    def end_ns(self) -> int:
        """End of the last window."""
        return self.width_ns * self.count

    @property
    def width_s(self) -> float:
        """Length of a window."""
        return self.width_ns / NS_PER_S

    def window_of(self, times_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the window of each instant; what lies outside falls into the first or last."""
        return np.clip(times_ns // self.width_ns, 0, self.count - 1)

    def starts_s(self) -> NDArray[np.float64]:
        """Return where each window begins [s]."""
        return np.arange(self.count, dtype=np.float64) * self.width_s
