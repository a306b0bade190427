"""Calm: the time in which nothing is known to disturb the run, which all else is held against."""

from __future__ import annotations

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import WINDOW_S
from sanket_sim.live.scene import Scene
from sanket_sim.live.window import Stretch
from sanket_sim.trace.batch import Columns, rows_in

_TRAP = "trap:"
CALM_S_MIN = 10.0
"""Shorter calms are no yardstick (chosen: some hundred payments at the rates of the presets)."""
_AFTERWARDS_NS = WINDOW_S * NS_PER_S
"""How long a disturbance is taken to be felt after its end."""


class Calm:
    """Adds up what happens after the warm-up, while no fault is on and none has just been.

    Traps do not count: they lie in wait for single payments all the time. Nor do faults that are on
    for the whole run, which `analysis.run_folder` takes for part of the bank.

    Parameters
    ----------
    scene : Scene
    sum_ : Stretch
        Empty; takes up what the calm has brought.
    """

    def __init__(self, scene: Scene, sum_: Stretch) -> None:
        self._words = scene.words
        self._duration_ns, self._warm_ns = scene.experiment.duration, scene.experiment.warmup
        self._windows: list[tuple[int, int]] = []
        self.seen = sum_
        self.span_s = 0.0
        self.take(scene.faults)

    def take(self, faults: Columns) -> None:
        """Take up faults that are planned, or have been commanded."""
        if not rows_in(faults):
            return
        kinds = self._words["fault_kind"].words
        for kind, begin_ns, end_ns in zip(
            *(faults[name].tolist() for name in ("kind", "begin_ns", "end_ns")), strict=True
        ):
            whole = begin_ns <= 0 and end_ns >= self._duration_ns
            if not whole and not kinds[kind].startswith(_TRAP):
                until_ns = end_ns if end_ns >= begin_ns else self._duration_ns
                self._windows.append((begin_ns, until_ns))

    def add(self, newest: Stretch) -> None:
        """Take in a batch, if it was calm."""
        if self._warm_ns <= newest.begin_ns and newest.end_ns <= self._duration_ns:
            if self.disturbed(newest.begin_ns, newest.end_ns):
                return
            self.span_s += newest.span_s
            self.seen.join(newest)

    def disturbed(self, begin_ns: int, end_ns: int) -> bool:
        """Say whether a fault is on in [begin, end), or has been shortly before."""
        return any(
            begin < end_ns and begin_ns < end + _AFTERWARDS_NS for begin, end in self._windows
        )

    @property
    def known(self) -> bool:
        """Whether there has been calm enough to compare with."""
        return self.span_s >= CALM_S_MIN
