"""How fast simulated time may pass on the wall, and how fast it does."""

from __future__ import annotations

from collections import deque

from sanket_sim.core.clock import wall_s
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.flying.orders import SPEED_MAX

SLICES_PER_S = 8
"""Slices of simulated time per second of wall time, so that pictures follow one another smoothly
and an order never waits long for the tick that is under way."""
_SLICE_NS_MIN = 10_000_000
_LATE_S = 0.5
"""Who is later than this does not catch up: the machine is slower than the speed asked for."""
_SEEN_S = 2.0
"""Over how much of the wall the speed reached is taken."""
_APART_S = 0.02
"""Least time between two instants that are remembered, so that few are."""
_MEMORY = 0.8
"""Weight of what was known of the machine against its last tick."""


FLIGHT_S = 360.0
"""How long a flight should last on the wall if nobody names a speed (chosen)."""


def speed_for(duration_ns: int) -> float:
    """Choose a speed at which a run can be watched: `FLIGHT_S` of wall, yet no slower than life.

    Examples
    --------
    >>> day_ns = 86_400 * NS_PER_S
    >>> [speed_for(span_ns) for span_ns in (180 * NS_PER_S, day_ns, 31 * day_ns, 900 * day_ns)]
    [1.0, 240.0, 7400.0, 10000.0]
    """
    wanted = float(f"{duration_ns / NS_PER_S / FLIGHT_S:.2g}")
    return min(max(wanted, 1.0), SPEED_MAX)


class Pace:
    """Keeps a run from going faster than it was asked to, and its ticks short on the wall.

    Parameters
    ----------
    speed : float
        Simulated seconds per second of wall time.

    Examples
    --------
    >>> Pace(1.0).slice_ns, Pace(600.0).slice_ns
    (125000000, 75000000000)
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._seen: deque[tuple[float, int]] = deque()
        self._able = float("inf")
        self.start(0)

    @property
    def slice_ns(self) -> int:
        """Longest tick that takes an eighth of a second at this speed, and on this machine."""
        speed = min(self.speed, self._able)
        return max(int(speed * NS_PER_S / SLICES_PER_S), _SLICE_NS_MIN)

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
        self._begun_s, self._begun_ns = self._anchor_s, now_ns
        self._seen.clear()

    def set_speed(self, speed: float, now_ns: int) -> None:
        """Go on at another speed from here."""
        self.speed = speed
        self.start(now_ns)

    def begin(self, now_ns: int) -> None:
        """Note that a tick begins after all waiting."""
        self._begun_s, self._begun_ns = wall_s(), now_ns

    def note(self, now_ns: int) -> None:
        """Note how far the run has come."""
        now_s = wall_s()
        self._learn(now_s, now_ns)
        if self._seen and now_s - self._seen[-1][0] < _APART_S:
            return
        self._seen.append((now_s, now_ns))
        while now_s - self._seen[0][0] > _SEEN_S:
            self._seen.popleft()

    def _learn(self, now_s: float, now_ns: int) -> None:
        """Learn from a tick how much simulated time the machine carries out in a second."""
        passed_ns = now_ns - self._begun_ns
        if passed_ns <= 0:
            return
        able = passed_ns / NS_PER_S / max(now_s - self._begun_s, 1e-6)
        known = self._able < float("inf")
        self._able = _MEMORY * self._able + (1 - _MEMORY) * able if known else able
        self._begun_s, self._begun_ns = now_s, now_ns

    def ahead_s(self, now_ns: int) -> float:
        """Return how long the run must wait not to be too fast [s]."""
        ahead_s = (now_ns - self._anchor_ns) / NS_PER_S / self.speed
        ahead_s -= wall_s() - self._anchor_s
        if ahead_s < -_LATE_S:
            self._anchor_s, self._anchor_ns = wall_s(), now_ns
        return ahead_s
