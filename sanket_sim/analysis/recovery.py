"""The resilience triangle: how deep service fell, for how long, and whether it came back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.statistics import wilson_high, z_for
from sanket_sim.core.units import NS_PER_S

SUSTAIN_S = 300.0
"""How long service must stay on target before it counts as recovered."""
WATCHED_S_MIN = 30.0
"""A return to target seen for less than this, at the very end of a run, is not called recovery."""
SLI_WINDOW_S = 10.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """Times in seconds since the start of the run; NaN where there is nothing to tell.

    Parameters
    ----------
    loss_percent_s : float
        Bruneau's loss: the integral of 100 - Q over [t_fault, t_end] [percent seconds].
    resilience_area_percent : float
        ``100 - loss / (t_end - t_fault)``.
    depth_percent : float
        Deepest fall of Q over any window.
    t_recover_s : float
        Start of the sustained return to the target; `t_fault_s` if service never left it; NaN if
        it never came back.
    sustained_s : float
        How long the return was watched: 300 s, or to the end of the run if that came sooner.

    References
    ----------
    M. Bruneau et al., "A framework to quantitatively assess and enhance the seismic resilience of
    communities", Earthquake Spectra 19 (2003).
    """

    t_fault_s: float
    t_clear_s: float
    t_degraded_s: float
    t_recover_s: float
    sustained_s: float
    time_to_recover_s: float
    after_effect_s: float
    loss_percent_s: float
    resilience_area_percent: float
    depth_percent: float
    degraded: bool
    recovered: bool


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Good and offered intents in equal windows of the measured time.

    Parameters
    ----------
    start_s, width_s : float
        Start of the first window and length of each.
    offered, good : int64 arrays, shape (windows,)
    """

    start_s: float
    width_s: float
    offered: NDArray[np.int64]
    good: NDArray[np.int64]

    def pooled(self, wanted_s: float) -> ServiceLevel:
        """Return the same in windows of about `wanted_s` (the last may be shorter)."""
        size = max(1, round(wanted_s / self.width_s))
        edges = np.arange(0, len(self.offered), size)
        if not len(edges):
            return self
        return ServiceLevel(
            self.start_s,
            self.width_s * size,
            np.add.reduceat(self.offered, edges),
            np.add.reduceat(self.good, edges),
        )

    @property
    def q_percent(self) -> NDArray[np.float64]:
        """Q in each window; 100 where nothing was offered (nobody was let down)."""
        return 100.0 * np.where(self.offered > 0, self.good / np.maximum(self.offered, 1), 1.0)

    def below(self, target: float) -> NDArray[np.bool_]:
        """Say where service was below `target` by more than chance.

        By Wilson's interval, at 95 % for all windows together, so that one unlucky payment in a
        quiet window is not taken for an outage.
        """
        high = wilson_high(self.good, self.offered, z_for(len(self.offered)))
        return (high < target) & (self.offered > 0)

    def window_at(self, t_s: float) -> int:
        """Return the window that holds the instant `t_s`, the first or last for one outside."""
        place = int((t_s - self.start_s) // self.width_s)
        return min(max(place, 0), max(len(self.offered) - 1, 0))

    def time_s(self, window: int) -> float:
        """Return where a window begins [s]."""
        return self.start_s + window * self.width_s


def recovery_of(level: ServiceLevel, t_fault_s: float, t_clear_s: float, target: float) -> Recovery:
    """Follow the service level through a disturbance.

    Parameters
    ----------
    level : ServiceLevel
        In windows as fine as there are.
    t_fault_s, t_clear_s : float
        When the first fault struck and the last one ended; NaN without any fault: then the whole
        measured time is looked at.
    target : float
        Share of good intents that means "well".

    Examples
    --------
    Ten windows of 10 s, two of them half lost, watched to the end of the run:

    >>> good = np.array([100, 100, 50, 50, 100, 100, 100, 100, 100, 100])
    >>> level = ServiceLevel(0.0, 10.0, np.full(10, 100), good)
    >>> found = recovery_of(level, 20.0, 40.0, 0.999)
    >>> found.t_recover_s, found.time_to_recover_s, found.after_effect_s, found.loss_percent_s
    (40.0, 20.0, 0.0, 1000.0)
    """
    windows = level.pooled(SLI_WINDOW_S)
    begin = windows.window_at(level.start_s if math.isnan(t_fault_s) else t_fault_s)
    below = windows.below(target)
    down = np.flatnonzero(below[begin:]) + begin
    degraded = bool(len(down))
    back = _sustained_return(below, int(down[0]), windows.width_s) if degraded else begin
    watched_s = min(SUSTAIN_S, (len(below) - back) * windows.width_s)
    recovered = not degraded or watched_s >= min(WATCHED_S_MIN, SUSTAIN_S)
    t_recover_s = _recover_time(windows, t_fault_s, back, degraded=degraded, recovered=recovered)
    loss, seconds = _loss(windows, begin, back if degraded else begin)
    return Recovery(
        t_fault_s=t_fault_s,
        t_clear_s=t_clear_s,
        t_degraded_s=windows.time_s(int(down[0])) if degraded else math.nan,
        t_recover_s=t_recover_s,
        sustained_s=watched_s,
        time_to_recover_s=t_recover_s - t_fault_s,
        after_effect_s=_after_effect(t_recover_s - t_clear_s),
        loss_percent_s=loss,
        resilience_area_percent=100.0 - loss / seconds if seconds else 100.0,
        depth_percent=float((100.0 - windows.q_percent[begin:]).max(initial=0.0)),
        degraded=degraded,
        recovered=recovered,
    )


def _recover_time(
    windows: ServiceLevel, t_fault_s: float, back: int, *, degraded: bool, recovered: bool
) -> float:
    if not degraded:
        return t_fault_s
    return windows.time_s(back) if recovered else math.nan


def _after_effect(late_s: float) -> float:
    return late_s if math.isnan(late_s) else max(0.0, late_s)


def _sustained_return(below: NDArray[np.bool_], first: int, width_s: float) -> int:
    """Return the first window from which no window is below for `SUSTAIN_S`, or to the end."""
    need = max(1, round(SUSTAIN_S / width_s))
    for window in range(first, len(below)):
        if not below[window : window + need].any():
            return window
    return len(below)


def _loss(windows: ServiceLevel, begin: int, back: int) -> tuple[float, float]:
    lost = float((100.0 - windows.q_percent[begin:back]).sum() * windows.width_s)
    return lost, max(0, back - begin) * windows.width_s


@dataclass(frozen=True, slots=True)
class BurnAlert:
    """One rule of multi-window burn-rate alerting, as it fared in this run.

    Parameters
    ----------
    rule : str
        The rule's windows as the SRE workbook writes them.
    threshold : float
        Burn rate above which both windows alert.
    long_window_s, short_window_s : float
        The windows used, scaled when the run is shorter than three days.
    burn_max : float
        Highest burn rate of the long window.
    first_alert_s : float
        When both windows first exceeded the threshold; NaN: never.
    alerting_share : float
        Share of the measured time during which the rule alerted.
    """

    rule: str
    threshold: float
    long_window_s: float
    short_window_s: float
    burn_max: float
    first_alert_s: float
    alerting_share: float


BURN_RULES = (
    ("page 1h & 5m", 14.4, 3600.0, 300.0),
    ("page 6h & 30m", 6.0, 21_600.0, 1800.0),
    ("ticket 3d & 6h", 1.0, 259_200.0, 21_600.0),
)
"""Name, burn rate, and the long and the short window in which it must be exceeded [s]."""
LONGEST_WINDOW_S = 259_200.0


def burn_scale(measured_s: float) -> float:
    """Return by how much alert windows shrink so that the longest fits the run (1: not at all)."""
    return min(1.0, measured_s / LONGEST_WINDOW_S)


def burn_alerts(
    level: ServiceLevel, slo: float, after_s: float, measured_s: float | None = None
) -> tuple[BurnAlert, ...]:
    """Run the three burn-rate rules of the SRE workbook over a run.

    Parameters
    ----------
    level : ServiceLevel
        In windows as fine as there are.
    slo : float
        Objective for the share of good intents.
    after_s : float
        Alerts before this instant do not count as first (the fault has not struck yet).
    measured_s : float, optional
        How long the whole run is measured, if `level` is only the beginning of it: alert windows
        are those of the whole.

    References
    ----------
    Google, "The Site Reliability Workbook" (2018), chapter 5, table 5-8.
    """
    scale = burn_scale(measured_s or len(level.offered) * level.width_s)
    return tuple(
        _alert(level, slo, after_s, rule, threshold, long_s * scale, short_s * scale)
        for rule, threshold, long_s, short_s in BURN_RULES
    )


def first_alert_s(burn: tuple[BurnAlert, ...]) -> float:
    """Return when the first of the rules alerted: the time of detection; NaN if none did."""
    told_s = [alert.first_alert_s for alert in burn if not math.isnan(alert.first_alert_s)]
    return min(told_s, default=math.nan)


def _alert(
    level: ServiceLevel,
    slo: float,
    after_s: float,
    rule: str,
    threshold: float,
    long_s: float,
    short_s: float,
) -> BurnAlert:
    sizes = [max(1, round(span_s / level.width_s)) for span_s in (long_s, short_s)]
    burns = [_burn_rate(level, size, slo) for size in sizes]
    alerting = (burns[0] > threshold) & (burns[1] > threshold)
    times_s = level.start_s + (np.arange(len(alerting)) + 1) * level.width_s
    first = times_s[alerting & (times_s > after_s)]
    return BurnAlert(
        rule=rule,
        threshold=threshold,
        long_window_s=sizes[0] * level.width_s,
        short_window_s=sizes[1] * level.width_s,
        burn_max=float(burns[0].max(initial=0.0)),
        first_alert_s=float(first[0]) if len(first) else math.nan,
        alerting_share=float(alerting.mean()) if len(alerting) else 0.0,
    )


def _burn_rate(level: ServiceLevel, size: int, slo: float) -> NDArray[np.float64]:
    """Return the burn rate over the last `size` windows, at the end of each window."""
    offered, bad = _trailing(level.offered, size), _trailing(level.offered - level.good, size)
    return bad / np.maximum(offered, 1) / (1 - slo)


def _trailing(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    total = np.concatenate([[0], np.cumsum(counts)])
    ends = np.arange(1, len(total))
    return np.asarray(total[ends] - total[np.maximum(ends - size, 0)])


def seconds(instant_ns: int) -> float:
    """Return an instant in seconds."""
    return instant_ns / NS_PER_S
