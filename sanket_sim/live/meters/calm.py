"""The calm before the first fault, which all that follows is held against."""

from __future__ import annotations

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.meters.tally import Shape, Tally
from sanket_sim.live.meters.window import Stretch
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, rows_in
from sanket_sim.trace.schema import TRAP_MARK

CALM_S_MIN = 10.0
"""Shorter calms are no yardstick (chosen: some hundred payments at the rates of the presets)."""


class Calm:
    """Adds up what happens between the warm-up and the first fault, planned or commanded.

    What comes after a fault is no yardstick, even when it is over: a retry storm outlives it.
    Traps do not end the calm: they lie in wait for single payments all the time. Nor do faults that
    are on for the whole run, which `analysis.run_folder` takes for part of the bank.

    Parameters
    ----------
    scene : Scene
    shape : Shape
    """

    def __init__(self, scene: Scene, shape: Shape) -> None:
        asked, self._words = scene.experiment, scene.words
        self._begin_ns, self._end_ns = asked.warmup, asked.duration
        self._duration_ns = asked.duration
        self.seen = Stretch(0, 0, Tally.empty(shape))
        self.span_s = 0.0
        self.take(scene.faults)

    def take(self, faults: Columns) -> None:
        """Take up faults that are planned, or have been commanded."""
        if not rows_in(faults):
            return
        kinds = self._words["fault_kind"].words
        rows = (faults[name].tolist() for name in ("kind", "begin_ns", "end_ns"))
        for kind, begin_ns, end_ns in zip(*rows, strict=True):
            whole = begin_ns <= 0 and (end_ns < begin_ns or end_ns >= self._duration_ns)
            if not whole and not kinds[kind].startswith(TRAP_MARK):
                self._end_ns = min(self._end_ns, begin_ns)

    def add(self, newest: Stretch) -> None:
        """Take in a batch, if it was calm."""
        if self._begin_ns <= newest.begin_ns and newest.end_ns <= self._end_ns:
            self.span_s += newest.span_s
            self.seen.join(newest)

    def goes_on(self, now_ns: int) -> bool:
        """Say whether there is calm still to come, and enough of it in all to compare with."""
        enough = self._end_ns - self._begin_ns >= CALM_S_MIN * NS_PER_S
        return enough and now_ns < self._end_ns

    @property
    def known(self) -> bool:
        """Whether there has been calm enough to compare with."""
        return self.span_s >= CALM_S_MIN
