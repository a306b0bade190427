"""The service level so far, window by window, and what the findings would say of it now."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sanket_sim.analysis.intents import Judgement
from sanket_sim.analysis.recovery import (
    BurnAlert,
    Recovery,
    ServiceLevel,
    burn_alerts,
    burn_scale,
    first_alert_s,
    recovery_of,
)
from sanket_sim.analysis.timeline import Timeline
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, rows_in


@dataclass(frozen=True, slots=True)
class ResilienceSoFar:
    """Part of `analysis.resilience.ResilienceFinding`, under the same names, as of now.

    Intents count once they have ended; at the planned end of the run all is as in the findings.

    Parameters
    ----------
    sli : float or None
        Good intents of all offered; None of none.
    target : float
    recovery : Recovery
    t_detect_s, burn_window_scale : float
    burn : tuple of BurnAlert
    """

    sli: float | None
    target: float
    recovery: Recovery
    t_detect_s: float
    burn_window_scale: float
    burn: tuple[BurnAlert, ...]


class LevelSoFar:
    """Counts good and offered intents by the window in which they were born.

    Parameters
    ----------
    scene : Scene
    """

    def __init__(self, scene: Scene) -> None:
        asked = scene.experiment
        self._until_ns, self._slo = asked.duration, asked.slo.availability
        self._windows = windows = Timeline.covering(asked.duration)
        self._first = -(-asked.warmup // windows.width_ns)
        self._counts = np.zeros((2, windows.count), np.int64)
        self._afterwards = np.zeros(2, np.int64)
        self._spans: list[tuple[int, int]] = []
        self.take_faults(scene.faults)

    def take_faults(self, faults: Columns) -> None:
        """Take up faults that are planned, or have been commanded; not those always on."""
        if not rows_in(faults):
            return
        for begin_ns, end_ns in zip(
            *(faults[k].tolist() for k in ("begin_ns", "end_ns")), strict=True
        ):
            until_ns = end_ns if end_ns >= begin_ns else self._until_ns
            if begin_ns > 0 or until_ns < self._until_ns:
                self._spans.append((begin_ns, min(until_ns, self._until_ns)))

    def take(self, judgement: Judgement) -> None:
        """Count intents that have ended."""
        created_ns = judgement.columns["created_ns"]
        late = created_ns > self._until_ns
        windows = self._windows.window_of(created_ns)
        for row, counted in enumerate((~late, judgement.good & ~late)):
            self._counts[row] += np.bincount(windows[counted], minlength=self._windows.count)
        self._afterwards += np.count_nonzero(late), np.count_nonzero(judgement.good & late)

    def resilience(self, now_ns: int) -> ResilienceSoFar | None:
        """Return how service has fared; None while nothing is measured yet."""
        level = self._level(now_ns)
        if not len(level.offered):
            return None
        offered, good = (self._counts[:, self._first :].sum(axis=1) + self._afterwards).tolist()
        begin_s, clear_s = self._struck_s(now_ns)
        after_s = level.start_s if math.isnan(begin_s) else begin_s
        measured_s = (self._windows.count - self._first) * self._windows.width_s
        burn = burn_alerts(level, self._slo, after_s, measured_s)
        return ResilienceSoFar(
            sli=good / offered if offered else None,
            target=self._slo,
            recovery=recovery_of(level, begin_s, clear_s, self._slo),
            t_detect_s=first_alert_s(burn),
            burn_window_scale=burn_scale(measured_s),
            burn=burn,
        )

    def _level(self, now_ns: int) -> ServiceLevel:
        """Return the windows that have begun, without the warm-up."""
        begun = min(-(-now_ns // self._windows.width_ns), self._windows.count)
        offered, good = self._counts[:, self._first : max(begun, self._first)]
        width_s = self._windows.width_s
        return ServiceLevel(self._first * width_s, width_s, offered, good)

    def _struck_s(self, now_ns: int) -> tuple[float, float]:
        """Return when the first fault struck, and when the last so far is or will be over [s]."""
        struck = [span for span in self._spans if span[0] <= now_ns]
        if not struck:
            return math.nan, math.nan
        begin_ns, end_ns = min(one for one, _ in struck), max(end for _, end in struck)
        return begin_ns / NS_PER_S, max(begin_ns, end_ns) / NS_PER_S
