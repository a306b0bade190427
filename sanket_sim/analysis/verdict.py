"""Whether the steady state that the experiment claims did hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import IntentSeries, intent_series
from sanket_sim.analysis.settings import ProbeMetric, ProbeSettings
from sanket_sim.analysis.statistics import Estimate, poisson, wilson, z_for
from sanket_sim.core.units import NS_PER_S

_QUANTILES = {"latency_p50_s": 0.5, "latency_p95_s": 0.95, "latency_p99_s": 0.99}


class Verdict(StrEnum):
    """What can be said about a hypothesis."""

    PASS = "PASS"  # noqa: S105  # a verdict, no password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class ProbeVerdict:
    """How one probe fared.

    Parameters
    ----------
    windows, deviated : int
        Windows looked at, and those whose interval lies wholly outside the tolerance (at a
        confidence of 95 % over all windows together).
    first_deviation_s : float
        Start of the first such window; NaN: none.
    worst : Estimate
        The window furthest outside, or nearest to the edge.
    pooled : Estimate
        The metric over the whole measured time.
    """

    metric: str
    window_s: float
    low: float
    high: float
    verdict: Verdict
    windows: int
    deviated: int
    first_deviation_s: float
    worst: Estimate
    pooled: Estimate


@dataclass(frozen=True, slots=True)
class VerdictFinding:
    """The worst verdict of all probes; INCONCLUSIVE when nothing was claimed or measured."""

    verdict: Verdict
    probes: tuple[ProbeVerdict, ...]


@analysers.register("verdict")
def measure_verdict(run: RunFolder) -> VerdictFinding:
    """Hold the run against its steady-state probes.

    A probe fails if any window deviates by more than chance; it passes if none does and the
    interval over the whole run lies inside the tolerance; else the run was too short to tell.
    """
    series = intent_series(run)
    probes = tuple(_probe(run, series, probe) for probe in run.experiment.steady_state.probe)
    verdicts = {probe.verdict for probe in probes}
    if Verdict.FAIL in verdicts:
        return VerdictFinding(Verdict.FAIL, probes)
    return VerdictFinding(
        Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.INCONCLUSIVE, probes
    )


def _probe(run: RunFolder, series: IntentSeries, probe: ProbeSettings) -> ProbeVerdict:
    low, high = probe.tolerance
    edges = _edges_ns(run, probe.window)
    z = z_for(len(edges) - 1)
    windows = [_metric(series, probe.metric, begin, end, z) for begin, end in pairwise(edges)]
    known = [window for window in windows if window.known]
    pooled = _metric(series, probe.metric, edges[0], edges[-1], z_for(1))
    out = [place for place, one in enumerate(windows) if one.high < low or one.low > high]
    return ProbeVerdict(
        metric=probe.metric,
        window_s=probe.window / NS_PER_S,
        low=low,
        high=high,
        verdict=_judge(pooled, low, high, deviated=bool(out)),
        windows=len(known),
        deviated=len(out),
        first_deviation_s=edges[out[0]] / NS_PER_S if out else np.nan,
        worst=max(known, key=lambda one: max(low - one.value, one.value - high), default=pooled),
        pooled=pooled,
    )


def _judge(pooled: Estimate, low: float, high: float, *, deviated: bool) -> Verdict:
    if deviated:
        return Verdict.FAIL
    inside = low <= pooled.low and pooled.high <= high
    return Verdict.PASS if inside else Verdict.INCONCLUSIVE


def _edges_ns(run: RunFolder, window_ns: int) -> list[int]:
    """Cut the measured time into whole windows; what is left over joins the last."""
    count = max(1, (run.arrivals_end_ns - run.start_ns) // window_ns)
    edges = [run.start_ns + place * window_ns for place in range(count)]
    return [*edges, max(run.arrivals_end_ns, edges[-1] + 1)]


def _metric(
    series: IntentSeries, metric: ProbeMetric, begin_ns: int, end_ns: int, z: float
) -> Estimate:
    if metric in _QUANTILES:
        width = series.coarse.width_ns
        sketch = series.sketch(begin_ns // width, -(-end_ns // width))
        return sketch.quantile(_QUANTILES[metric], z)
    width = series.fine.width_ns
    here = slice(begin_ns // width, -(-end_ns // width))
    offered, good = int(series.offered[here].sum()), int(series.good[here].sum())
    leaked = int(series.leaked[:, here].sum())
    if metric == "goodput_per_s":
        return poisson(good, (end_ns - begin_ns) / NS_PER_S, z)
    successes = {"leak_rate_count": leaked, "failure_rate": offered - good, "availability": good}
    return wilson(successes[metric], offered, z)
