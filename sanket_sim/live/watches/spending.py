"""Spending: energy and carbon, held against the run's own calm."""

from __future__ import annotations

from sanket_sim.live import figures
from sanket_sim.live.alarm_book import AlarmBook, Latch, Notice
from sanket_sim.live.frames import State
from sanket_sim.live.instruments import Instruments
from sanket_sim.live.tiles import ELEVATED, RUNAWAY
from sanket_sim.trace.batch import TraceBatch

TOPIC = "ENERGY"
CLEAR = 1.05
"""Carbon is well again below this multiple of the calm's (chosen)."""
ON_S, OFF_S = 10.0, 15.0
"""How long it must be elevated, and well, before anybody is told (chosen)."""


class CarbonWatch:
    """Tells when a good payment costs more carbon than it did in the calm."""

    def __init__(self, book: AlarmBook, now: Instruments) -> None:
        self._book, self._now = book, now
        self._latch = Latch(ON_S, OFF_S)

    def watch(self, batch: TraceBatch) -> None:
        """Judge the window."""
        value, calm = self._now.carbon_mg, self._now.calm_carbon_mg
        if self._now.over or calm is None:
            self._book.end(TOPIC, "carbon", batch.end_ns)
            return
        ratio = RUNAWAY * 2 if value is None else value / calm
        if not self._latch.step(batch.end_ns, bad=ratio > ELEVATED, well=ratio < CLEAR):
            self._book.end(TOPIC, "carbon", batch.end_ns)
            return
        severity: State = "warn" if ratio > RUNAWAY else "ok"
        self._book.tell(
            Notice(
                TOPIC, "carbon", severity, "Carbon intensity elevated", self._said(value, ratio)
            ),
            batch.end_ns,
        )

    def _said(self, value: float | None, ratio: float) -> str:
        watts = figures.power(self._now.power_w)
        if value is None:
            return f"no good payment, and yet {watts}"
        mass = " ".join(figures.carbon(value))
        return f"{figures.change(ratio)} CO₂e per good payment ({mass}) · {watts}"
