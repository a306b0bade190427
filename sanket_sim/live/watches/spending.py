"""Spending: energy and carbon, held against the run's own calm."""

from __future__ import annotations

import math
from typing import Final

from sanket_sim.live.frames import State
from sanket_sim.live.meters import figures
from sanket_sim.live.meters.instruments import Instruments
from sanket_sim.live.meters.tiles import ELEVATED, RUNAWAY
from sanket_sim.live.watches.alarm_book import AlarmBook, Latch, Measure, Notice
from sanket_sim.trace.batch import TraceBatch

TOPIC: Final = "ENERGY"
CLEAR = 1.05
"""Carbon is well again below this multiple of the calm's (chosen)."""
ON_S, OFF_S = 10.0, 15.0
"""How long it must be elevated, and well, before anybody is told (chosen)."""
_RULE = (
    f"Raised when a good payment costs {ELEVATED:g} times the carbon of the run's own calm for "
    f"{ON_S:.0f} s, chance set aside; a warning from {RUNAWAY:g} times; over when it is below "
    f"{CLEAR:g} times for {OFF_S:.0f} s."
)


class CarbonWatch:
    """Tells when a good payment costs more carbon than it did in the calm."""

    def __init__(self, book: AlarmBook, now: Instruments) -> None:
        self._book, self._now = book, now
        self._latch = Latch(ON_S, OFF_S)
        self._worst = 0.0

    def watch(self, batch: TraceBatch) -> None:
        """Judge the window."""
        now, ratio = self._now, self._now.carbon_ratio
        if now.over or now.calm_carbon_mg is None:
            self._end(batch.end_ns)
            return
        # Power without a single good payment is dearer than any, but for a bank of which nobody
        # wants anything.
        wanted = now.window.tally.ended or now.unserved
        dearest = math.inf if wanted else 0.0
        surely = dearest if ratio is None else ratio * (1 - now.carbon_chance)
        bad, well = surely > ELEVATED, not wanted if ratio is None else ratio < CLEAR
        if not self._latch.step(batch.end_ns, bad=bad, well=well):
            self._end(batch.end_ns)
        elif bad:
            self._tell(ratio, surely, batch.end_ns)

    def close(self, now_ns: int) -> None:
        """End what is open: nothing is spent any more."""
        self._end(now_ns)

    def _tell(self, ratio: float | None, surely: float, now_ns: int) -> None:
        self._worst = max(self._worst, ratio or 0.0)
        severity: State = "warn" if surely > RUNAWAY else "ok"
        title, detail = "Carbon intensity elevated", self._said(ratio)
        measure = Measure("carbon per good payment, to the calm's", "ratio", ratio, ELEVATED)
        notice = Notice(TOPIC, "carbon", severity, title, detail, measure=measure, rule=_RULE)
        self._book.tell(notice, now_ns)

    def _said(self, ratio: float | None) -> str:
        watts, value = figures.power(self._now.power_w), self._now.carbon_mg
        if ratio is None or value is None:
            return f"no good payment, and yet {watts}"
        mass = " ".join(figures.carbon(value))
        return f"{figures.change(ratio)} CO₂e per good payment ({mass}) · {watts}"

    def _end(self, now_ns: int) -> None:
        worst = figures.change(self._worst)
        if self._book.end(TOPIC, "carbon", now_ns, f"up to {worst} CO₂e per good payment"):
            self._worst = 0.0
