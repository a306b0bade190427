"""Latency, queues and utilisation; Little's law as a check on the trace itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.edges import waited_until_ns
from sanket_sim.analysis.intents import judged
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import gauge_series
from sanket_sim.analysis.statistics import BUCKETS, Estimate, QuantileSketch, sketch_rows
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.batch import Columns


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A distribution of durations [s]; quantiles are within 1 %."""

    n: int
    p50_s: Estimate
    p90_s: Estimate
    p95_s: Estimate
    p99_s: Estimate
    p999_s: Estimate


@dataclass(frozen=True, slots=True)
class ServiceLatency:
    """How one service kept its callers waiting.

    Parameters
    ----------
    total : Percentiles
        From sending to hearing the answer or giving up, as callers see it.
    wait, service : Percentiles
        In the queue; held by a worker, nested calls included.
    network_s_mean, wait_s_mean, service_s_mean : float
    utilisation : float
        Mean share of workers busy.
    cpu_utilisation : float
        Mean share of vCPUs computing.
    queue_length_mean, queue_length_max : float
        By the gauges.
    in_system_mean : float
        Little's L, by an event sweep over the hops.
    arrival_rate_per_s, sojourn_s_mean : float
        Little's lambda and W.
    little_residual_ns : int
        Integral of the number in system minus the sum of the sojourn times: 0, or the trace is
        wrong.
    """

    total: Percentiles
    wait: Percentiles
    service: Percentiles
    network_s_mean: float
    wait_s_mean: float
    service_s_mean: float
    utilisation: float
    cpu_utilisation: float
    queue_length_mean: float
    queue_length_max: float
    in_system_mean: float
    arrival_rate_per_s: float
    sojourn_s_mean: float
    little_residual_ns: int


@dataclass(frozen=True, slots=True)
class LatencyFinding:
    """End-to-end latency, by kind and by service."""

    end_to_end: Percentiles
    by_kind: dict[str, Percentiles]
    by_service: dict[str, ServiceLatency]
    apdex: Estimate
    slo_p99_met: bool

    @property
    def little_residual_ns(self) -> int:
        """The largest residual of Little's law over the services."""
        return max((abs(one.little_residual_ns) for one in self.by_service.values()), default=0)


def percentiles(counts: NDArray[np.int64]) -> Percentiles:
    """Read the customary percentiles off the counts of a sketch."""
    sketch = QuantileSketch(counts)
    return Percentiles(sketch.n, *(sketch.quantile(q) for q in (0.5, 0.9, 0.95, 0.99, 0.999)))


@dataclass(slots=True)
class Sojourns:
    """Two independent accounts of the time requests spend in one service.

    `add` sums sojourn times request by request and, apart from that, sweeps over the arrivals and
    departures as events and integrates the number in system. Integrals over parts of a trace add
    up to the integral over the whole, so that no more than one part need be in memory.

    Examples
    --------
    >>> sojourns = Sojourns()
    >>> sojourns.add(np.array([0, 1, 5]), np.array([4, 2, 9]))
    >>> sojourns.summed_ns, sojourns.swept_ns, sojourns.requests
    (9, 9, 3)
    """

    requests: int = 0
    summed_ns: int = 0
    swept_ns: int = 0

    def add(self, arrived_ns: NDArray[np.int64], left_ns: NDArray[np.int64]) -> None:
        """Take in requests with the instants of their arrival and departure."""
        self.requests += len(arrived_ns)
        self.summed_ns += int((left_ns - arrived_ns).sum())
        events_ns = np.concatenate([arrived_ns, left_ns])
        order = np.argsort(events_ns, kind="stable")
        steps = np.ones(len(events_ns), np.int64)
        steps[len(arrived_ns) :] = -1
        in_system = np.cumsum(steps[order])[:-1]
        self.swept_ns += int((in_system * np.diff(events_ns[order])).sum())


_HOPS = (
    "caller",
    "service",
    "operation",
    "sent_ns",
    "queued_ns",
    "begun_ns",
    "ended_ns",
    "received_ns",
    "outcome",
    "late",
)


class _ServiceSums:
    """Sketches, sums and sojourns of all services, filled hop by hop."""

    def __init__(self, run: RunFolder) -> None:
        self.run, self.end_ns = run, run.end_ns
        self.services = services = len(run.services)
        self.total, self.wait, self.work = (
            np.zeros((services, BUCKETS), np.int64) for _ in range(3)
        )
        self.spent_ns = {name: np.zeros(services) for name in ("network", "wait", "work")}
        self.heard = np.zeros(services)
        self.sojourns = [Sojourns() for _ in range(services)]

    def add(self, hops: Columns) -> None:
        service = hops["service"].astype(np.int64)
        left_ns = np.where(hops["ended_ns"] >= 0, hops["ended_ns"], self.end_ns)
        begun_ns = np.where(hops["begun_ns"] >= 0, hops["begun_ns"], left_ns)
        queued = hops["queued_ns"] >= 0
        until_ns = waited_until_ns(self.run, hops)
        heard = until_ns >= 0
        total_ns = until_ns - hops["sent_ns"]
        wait_ns, work_ns = begun_ns - hops["queued_ns"], left_ns - begun_ns
        self.total += sketch_rows(service[heard], total_ns[heard], self.services)
        self.wait += sketch_rows(service[queued], wait_ns[queued], self.services)
        self.work += sketch_rows(service[queued], work_ns[queued], self.services)
        self._add_means(hops, service, total_ns, wait_ns, work_ns)
        for place in range(self.services):
            here = queued & (service == place)
            self.sojourns[place].add(hops["queued_ns"][here], left_ns[here])

    def _add_means(
        self,
        hops: Columns,
        service: NDArray[np.int64],
        total_ns: NDArray[np.int64],
        wait_ns: NDArray[np.int64],
        work_ns: NDArray[np.int64],
    ) -> None:
        """Split the time of the hops whose whole exchange went through in order."""
        whole = (hops["ended_ns"] >= 0) & (hops["queued_ns"] >= 0) & ~hops["late"]
        whole &= hops["received_ns"] >= hops["ended_ns"]
        network_ns = total_ns - wait_ns - work_ns
        parts = {"network": network_ns, "wait": wait_ns, "work": work_ns}
        for name, spent_ns in parts.items():
            self.spent_ns[name] += np.bincount(service[whole], spent_ns[whole], self.services)
        self.heard += np.bincount(service[whole], minlength=self.services)

    def mean_s(self, name: str, place: int) -> float:
        heard = self.heard[place]
        return float(self.spent_ns[name][place] / heard / NS_PER_S) if heard else math.nan


@analysers.register("latency")
def measure_latency(run: RunFolder) -> LatencyFinding:
    """Measure latency end to end and per service, queues, utilisation and Little's law."""
    sums = _ServiceSums(run)
    for hops in run.hops(_HOPS):
        sums.add(hops)
    kinds, apdex = _end_to_end(run)
    everything = percentiles(np.asarray(sum(kinds.values(), np.zeros(BUCKETS, np.int64))))
    return LatencyFinding(
        end_to_end=everything,
        by_kind={name: percentiles(counts) for name, counts in sorted(kinds.items())},
        by_service=dict(_services(run, sums)),
        apdex=apdex,
        slo_p99_met=not everything.p99_s.value > run.experiment.slo.latency_p99 / NS_PER_S,
    )


def _end_to_end(run: RunFolder) -> tuple[dict[str, NDArray[np.int64]], Estimate]:
    """Return sketches of end-to-end latency by kind, and Apdex.

    References
    ----------
    Apdex Alliance, "Application Performance Index" (2007).
    """
    rows = np.zeros((0, BUCKETS), np.int64)
    satisfied = tolerating = asked = 0
    for judgement in judged(run, ["kind"]):
        columns = judgement.columns
        answered = columns["completed_ns"] >= 0
        kind = columns["kind"][answered].astype(np.int64)
        size = max(len(rows), int(kind.max(initial=-1)) + 1)
        rows = np.pad(rows, ((0, size - len(rows)), (0, 0)))
        rows += sketch_rows(kind, judgement.latencies_ns, size)
        limit_ns = _apdex_limits_ns(run, columns)
        spent_ns = columns["completed_ns"] - columns["created_ns"]
        quick = judgement.good & (spent_ns <= limit_ns)
        satisfied += int(quick.sum())
        tolerating += int((judgement.good & ~quick & (spent_ns <= 4 * limit_ns)).sum())
        asked += int((~judgement.open).sum())
    words = run.trace.words("kind")
    kinds = {words[code]: row for code, row in enumerate(rows) if row.any()}
    return kinds, _apdex(satisfied, tolerating, asked)


def _apdex_limits_ns(run: RunFolder, columns: Columns) -> NDArray[np.int64]:
    """Return T for each intent: shorter where somebody waits at a till."""
    slo = run.experiment.slo
    words = run.trace.words("kind")
    limits = [slo.apdex_card if "card" in word else slo.apdex for word in words]
    return np.array(limits or [slo.apdex], np.int64)[columns["kind"]]


def _apdex(satisfied: int, tolerating: int, asked: int) -> Estimate:
    """Score 1, 1/2 or 0 for each customer; a normal interval of the mean of such scores."""
    if asked == 0:
        return Estimate()
    score = (satisfied + tolerating / 2) / asked
    variance = (satisfied + tolerating / 4) / asked - score * score
    half = 1.959964 * math.sqrt(max(variance, 0.0) / asked)
    return Estimate(score, max(0.0, score - half), min(1.0, score + half), asked)


def _services(run: RunFolder, sums: _ServiceSums) -> Iterator[tuple[str, ServiceLatency]]:
    gauges = gauge_series(run)
    span_ns = max(run.arrivals_end_ns - run.start_ns, 1)
    first = run.start_ns // run.fine.width_ns
    for place, name in enumerate(run.services):
        sojourns = sums.sojourns[place]
        queue = gauges.queue[place, first:]
        yield (
            name,
            ServiceLatency(
                total=percentiles(sums.total[place]),
                wait=percentiles(sums.wait[place]),
                service=percentiles(sums.work[place]),
                network_s_mean=sums.mean_s("network", place),
                wait_s_mean=sums.mean_s("wait", place),
                service_s_mean=sums.mean_s("work", place),
                utilisation=_mean(gauges.busy[place, first:]),
                cpu_utilisation=_mean(gauges.cpu[place, first:]),
                queue_length_mean=_mean(queue),
                queue_length_max=float(queue.max(initial=0.0)),
                in_system_mean=sojourns.swept_ns / span_ns,
                arrival_rate_per_s=sojourns.requests * NS_PER_S / span_ns,
                sojourn_s_mean=_sojourn_s(sojourns),
                little_residual_ns=sojourns.swept_ns - sojourns.summed_ns,
            ),
        )


def _sojourn_s(sojourns: Sojourns) -> float:
    if sojourns.requests == 0:
        return math.nan
    return sojourns.summed_ns / sojourns.requests / NS_PER_S


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else math.nan
