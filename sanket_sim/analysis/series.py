"""What happened window by window: the lines behind Q(t), the verdict and the plots.

Series cover the whole run, its warm-up too, so that a plot can show it; findings begin later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.intents import JUDGED, Judgement, judge_wishes
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import BUCKETS, QuantileSketch, sketch_rows
from sanket_sim.analysis.timeline import Timeline
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.batch import Columns

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class IntentSeries:
    """Intents by the window they were born in; corrections, the bank's own work, are left out.

    Parameters
    ----------
    fine, coarse : Timeline
    offered, good, failed : int64 arrays, shape (fine.count,)
    leaked : int64 array, shape (len(LeakClass), fine.count)
        Leaked intents by class.
    latency : int64 array, shape (coarse.count, BUCKETS)
        Sketches of end-to-end latency.
    afterwards : int64 array, shape (2,)
        Intents born when arrivals had ended, in no window, and the good ones among them.
    """

    fine: Timeline
    coarse: Timeline
    offered: Counts
    good: Counts
    failed: Counts
    leaked: Counts
    latency: Counts
    afterwards: Counts

    def sketch(self, first: int, last: int) -> QuantileSketch:
        """Return the latency sketch of the coarse windows [first, last)."""
        return QuantileSketch(self.latency[first:last].sum(axis=0))

    def percentiles_s(self, q: float) -> NDArray[np.float64]:
        """Return the `q`-quantile of latency in each coarse window [s]; NaN in empty ones."""
        rows = [QuantileSketch(row).quantile_s(q) for row in self.latency]
        return np.array(rows, np.float64)


@dataclass(frozen=True, slots=True)
class GaugeSeries:
    """What the services' gauges showed, by fine window.

    Parameters
    ----------
    busy : float64 array, shape (services, windows)
        Mean share of a service's workers that were busy.
    cpu : float64 array, shape (services, windows)
        Mean share of its vCPUs that computed.
    queue : float64 array, shape (services, windows)
        Mean number of waiting requests, all replicas together.
    """

    busy: NDArray[np.float64]
    cpu: NDArray[np.float64]
    queue: NDArray[np.float64]


@lru_cache(maxsize=2)
def intent_series(run: RunFolder) -> IntentSeries:
    """Count intents window by window; one pass over the transactions."""
    fine, coarse = run.fine, run.coarse
    series = IntentSeries(
        fine=fine,
        coarse=coarse,
        offered=np.zeros(fine.count, np.int64),
        good=np.zeros(fine.count, np.int64),
        failed=np.zeros(fine.count, np.int64),
        leaked=np.zeros((len(LeakClass), fine.count), np.int64),
        latency=np.zeros((coarse.count, BUCKETS), np.int64),
        afterwards=np.zeros(2, np.int64),
    )
    for batch in run.trace.batches("transactions", (*JUDGED, "created_ns")):
        late = batch["created_ns"] > run.arrivals_end_ns
        _add(series, judge_wishes({name: column[~late] for name, column in batch.items()}))
        if late.any():
            after = judge_wishes({name: column[late] for name, column in batch.items()})
            series.afterwards[:] += len(after.good), int(after.good.sum())
    return series


def _add(series: IntentSeries, judgement: Judgement) -> None:
    created_ns = judgement.columns["created_ns"]
    windows, count = series.fine.window_of(created_ns), series.fine.count
    series.offered[:] += np.bincount(windows, minlength=count)
    series.good[:] += np.bincount(windows[judgement.good], minlength=count)
    series.failed[:] += np.bincount(windows[judgement.failed], minlength=count)
    leaked = judgement.leaked
    cells = judgement.parts.leak_class[leaked].astype(np.int64) * count + windows[leaked]
    series.leaked[:] += np.bincount(cells, minlength=series.leaked.size).reshape(-1, count)
    answered = judgement.columns["completed_ns"] >= 0
    coarse = series.coarse.window_of(created_ns[answered])
    series.latency[:] += sketch_rows(coarse, judgement.latencies_ns, series.coarse.count)


_GAUGES = ("time_ns", "service", "replica", "busy_ns", "cpu_ns", "queue_length")


@lru_cache(maxsize=2)
def gauge_series(run: RunFolder) -> GaugeSeries:
    """Average the gauges window by window; one pass over them."""
    shape = (len(run.services), run.fine.count)
    sums = {name: np.zeros(shape) for name in _GAUGES[3:]}
    ticks = np.zeros(run.fine.count)
    for batch in run.trace.batches("gauges", _GAUGES):
        inside = batch["time_ns"] <= run.arrivals_end_ns
        _add_gauges({name: column[inside] for name, column in batch.items()}, run, sums, ticks)
    span_ns = np.maximum(ticks, 1) * tick_ns(run)
    services = run.bank.services
    workers = np.array([[service.replicas * service.workers] for service in services])
    vcpus = np.array([[service.replicas * service.vcpus] for service in services])
    return GaugeSeries(
        busy=sums["busy_ns"] / (workers * span_ns),
        cpu=sums["cpu_ns"] / (vcpus * span_ns),
        queue=sums["queue_length"] / np.maximum(ticks, 1),
    )


def _add_gauges(
    batch: Columns,
    run: RunFolder,
    sums: dict[str, NDArray[np.float64]],
    ticks: NDArray[np.float64],
) -> None:
    # A gauge read at t tells about the interval that ends at t.
    windows = run.fine.window_of(batch["time_ns"] - 1)
    cells = batch["service"].astype(np.int64) * run.fine.count + windows
    for name, total in sums.items():
        total[:] += np.bincount(cells, batch[name], total.size).reshape(total.shape)
    # One replica stands for a reading of all: the rows of a reading may lie in two parts.
    first = (batch["service"] == 0) & (batch["replica"] == 0)
    ticks += np.bincount(windows[first], minlength=run.fine.count)


@lru_cache(maxsize=2)
def tick_ns(run: RunFolder) -> int:
    """Return the interval between two readings of the gauges."""
    for batch in run.trace.batches("gauges", ("time_ns",)):
        times_ns = np.unique(batch["time_ns"])
        if len(times_ns) > 1:
            return int(np.diff(times_ns).min())
    return NS_PER_S
