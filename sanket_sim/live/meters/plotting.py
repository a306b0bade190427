"""The points of the charts: one for each stretch of simulated time, however long the run."""

from __future__ import annotations

from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import POINTS_MAX, WINDOW_S, Point
from sanket_sim.live.meters.tally import Count, Shape, Tally
from sanket_sim.live.meters.window import Stretch, Window
from sanket_sim.simulation.experiment import Experiment

OVERLAP = 4
"""Points that are sent again, should a frame have been lost on the way."""
STRAGGLERS = 20
"""Of fewer intents that end after the last has come nothing is told but their number (chosen: one
late payment alone is no leakage of 100 %)."""


def width_ns(asked: Experiment) -> int:
    """Return how much simulated time one point stands for: whole ticks, a second at least.

    Examples
    --------
    >>> from datetime import datetime
    >>> day = Experiment(name="day", model="retail_bank", duration="24h",
    ...                  start=datetime(2026, 11, 27))
    >>> width_ns(day) / NS_PER_S
    145.0
    """
    step_ns = max(asked.tick, NS_PER_S)
    wanted_ns = -(-(asked.duration + asked.drain) // POINTS_MAX)
    return -(-wanted_ns // step_ns) * step_ns


class Plotter:
    """Closes a point at the end of each stretch.

    Counts are of the stretch itself; what needs many intents to say anything (percentiles, shares,
    scores, carbon) is of the window that ends with it, if that is longer.
    """

    def __init__(self, asked: Experiment, shape: Shape) -> None:
        self.width_ns = width_ns(asked)
        self._duration_ns = asked.duration
        self.points: list[Point] = []
        self._shape = shape
        self._sent = 0
        self._bucket = self._begin(0)

    def add(self, newest: Stretch, window: Window, power_w: float, recall: float | None) -> None:
        """Take in a batch; close the point that it completes.

        What was left open at the end took no time: no stretch is to blame for it.
        """
        if newest.begin_ns == newest.end_ns:
            return
        self._bucket.join(newest)
        due_ns = (self._bucket.begin_ns // self.width_ns + 1) * self.width_ns
        if newest.end_ns >= due_ns and len(self.points) < POINTS_MAX:
            self.points.append(self._point(window, power_w, recall))
            self._bucket = self._begin(newest.end_ns)

    def newest(self) -> tuple[Point, ...]:
        """Return the points that were not asked for yet, and a few before them."""
        first, self._sent = max(0, self._sent - OVERLAP), len(self.points)
        return tuple(self.points[first:])

    def _begin(self, at_ns: int) -> Stretch:
        return Stretch(at_ns, at_ns, Tally.empty(self._shape))

    def _point(self, window: Window, power_w: float, recall: float | None) -> Point:
        here = self._bucket
        wide = self.width_ns >= WINDOW_S * NS_PER_S
        seen, carbon_mg = (here.tally, here.carbon_mg) if wide else (window.tally, window.carbon_mg)
        if here.end_ns > self._duration_ns and seen.ended < STRAGGLERS:
            seen = Tally.empty(self._shape)
        good = seen[Count.GOOD_PAYMENTS]
        q = seen.share(Count.GOOD)
        p50_ms, p95_ms, p99_ms = seen.quantiles_ms(0.5, 0.95, 0.99)
        return Point(
            index=len(self.points),
            end_ns=here.end_ns,
            completed=here.tally[Count.GOOD] / here.span_s,
            failed=(here.tally[Count.FAILED] + here.tally[Count.LEAKED]) / here.span_s,
            p50_ms=p50_ms,
            p95_ms=p95_ms,
            p99_ms=p99_ms,
            leak_share=seen.share(Count.LEAKED) or 0.0,
            leaks=leak_shares(seen),
            resilience=None if q is None else 100.0 * q,
            recall=recall,
            power_w=power_w,
            carbon_mg=carbon_mg / good if good else None,
        )


def leak_shares(seen: Tally) -> dict[str, float]:
    """Return leaked intents by class, as shares of those that ended."""
    return {
        LeakClass(code).name: int(count) / seen.ended
        for code, count in enumerate(seen.leaks.tolist())
        if count
    }
