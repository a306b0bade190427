"""How fast simulated time may pass on the wall, and how fast it does."""

from __future__ import annotations

from collections import deque

from sanket_sim.core.clock import wall_s
from sanket_sim.core.units import NS_PER_S

SLICES_PER_S = 10
"""Slices of simulated time per second of wall time, while the machine keeps up."""
_SLICE_NS_MIN = 10_000_000
_LATE_S = 0.5
"""Who is later than this does not catch up: the machine is slower than the speed asked for."""
_SEEN_S = 2.0
"""Over how much of the wall the speed reached is taken."""


class Pace:
    """Keeps a run from going faster than it was asked to.

    Parameters
    ----------
    speed : float
        Simulated seconds per second of wall time.

    Examples
    --------
    >>> Pace(1.0).slice_ns, Pace(600.0).slice_ns
    (100000000, 60000000000)
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._seen: deque[tuple[float, int]] = deque()
        self.start(0)

    @property
    def slice_ns(self) -> int:
        """Longest tick at this speed, so that a slow flight still moves smoothly."""
        return max(int(self.speed * NS_PER_S / SLICES_PER_S), _SLICE_NS_MIN)

    @property
    def reached(self) -> float:
        """Simulated seconds per second of wall time over the last two."""
        if len(self._seen) < 2:
            return 0.0
        (first_s, first_ns), (last_s, last_ns) = self._seen[0], self._seen[-1]
        return (last_ns - first_ns) / NS_PER_S / max(last_s - first_s, 1e-9)

    def start(self, now_ns: int) -> None:
        """Count from here."""
        self._anchor_s, self._anchor_ns = wall_s(), now_ns
        self._seen.clear()

    def set_speed(self, speed: float, now_ns: int) -> None:
        """Go on at another speed from here."""
        self.speed = speed
        self.start(now_ns)

    def note(self, now_ns: int) -> None:
        """Note how far the run has come."""
        now_s = wall_s()
        self._seen.append((now_s, now_ns))
        while now_s - self._seen[0][0] > _SEEN_S:
            self._seen.popleft()

    def ahead_s(self, now_ns: int) -> float:
        """Return how long the run must wait not to be too fast [s]."""
        ahead_s = (now_ns - self._anchor_ns) / NS_PER_S / self.speed
        ahead_s -= wall_s() - self._anchor_s
        if ahead_s < -_LATE_S:
            self._anchor_s, self._anchor_ns = wall_s(), now_ns
        return ahead_s
