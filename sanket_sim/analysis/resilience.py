"""Resilience: how well the bank served its customers through what struck it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.bottleneck import Bottleneck, find_bottleneck
from sanket_sim.analysis.critical_path import PathTime, critical_paths
from sanket_sim.analysis.intents import judged
from sanket_sim.analysis.leakage import measure_leakage
from sanket_sim.analysis.recovery import (
    BurnAlert,
    Recovery,
    ServiceLevel,
    burn_alerts,
    burn_scale,
    first_alert_s,
    recovery_of,
    seconds,
)
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import intent_series
from sanket_sim.analysis.statistics import Estimate, wilson
from sanket_sim.analysis.visits import Visits, count_visits


@dataclass(frozen=True, slots=True)
class ServiceResilience:
    """How one service fared.

    Parameters
    ----------
    availability : Estimate
        Attempts it answered, of those that asked it.
    visited : int
        Distinct intents that reached it.
    leaked : int
        Of those, leaks whose root it is.
    seed_score : Estimate
        ``100 * (1 - leaked / visited)``, the resilience score of a SANKET audit.
    attempts_per_visit : float
        Attempts for each intent that reached it; retries make it rise.
    retry_share : float
        Share of the attempts upon it that were retries.
    episodes : int
        Times it fell below the objective by more than chance.
    mttr_s, mtbf_s : float
        Mean length of those times, and mean time up between them.
    critical_path_share : float
        Its own and queue time as a share of all own and queue time on the slowest paths.
    """

    availability: Estimate
    visited: int
    leaked: int
    seed_score: Estimate
    attempts_per_visit: float
    retry_share: float
    high_latency_hops: int
    episodes: int
    mttr_s: float
    mtbf_s: float
    critical_path_share: float


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """How far the harm spread: shares of services, customers and value touched."""

    services: Estimate
    customers: Estimate
    value: float


@dataclass(frozen=True, slots=True)
class ResilienceFinding:
    """What the disturbance did to service.

    Parameters
    ----------
    sli : Estimate
        Good intents of all offered, those shed included; corrections are no demand.
    target : float
        The objective for it.
    recovery : Recovery
        The resilience triangle.
    t_detect_s : float
        First burn-rate alert after the first fault struck; NaN: none.
    burn_window_scale : float
        Factor by which the alert windows were shortened to fit the run.
    amplification : float
        Attempts in the network per intent.
    amplification_peak : float
        The same in the worst ten seconds.
    attempts : int
    """

    sli: Estimate
    target: float
    recovery: Recovery
    t_detect_s: float
    burn_window_scale: float
    burn: tuple[BurnAlert, ...]
    amplification: float
    amplification_peak: float
    attempts: int
    blast_radius: BlastRadius
    by_service: dict[str, ServiceResilience]
    bottleneck: Bottleneck


@analysers.register("resilience")
def measure_resilience(run: RunFolder) -> ResilienceFinding:
    """Measure service level, recovery, burn, amplification, blast radius and the bottleneck."""
    level, visits, paths = service_level(run), count_visits(run), critical_paths(run)
    slo = run.experiment.slo.availability
    t_fault_s, t_clear_s = fault_span_s(run)
    after_s = level.start_s if math.isnan(t_fault_s) else t_fault_s
    burn = burn_alerts(level, slo, after_s)
    services = _by_service(run, visits, paths)
    offered, good = _totals(run, level)
    return ResilienceFinding(
        sli=wilson(good, offered),
        target=slo,
        recovery=recovery_of(level, t_fault_s, t_clear_s, slo),
        t_detect_s=first_alert_s(burn),
        burn_window_scale=burn_scale(len(level.offered) * level.width_s),
        burn=burn,
        amplification=float(visits.hops.sum() / offered) if offered else math.nan,
        amplification_peak=_peak(level, visits),
        attempts=int(visits.hops.sum()),
        blast_radius=_blast_radius(run, services),
        by_service=services,
        bottleneck=find_bottleneck(run.services, visits.intents, _roots(services), paths.shares),
    )


def service_level(run: RunFolder) -> ServiceLevel:
    """Return good and offered intents in the fine windows after the warm-up."""
    series = intent_series(run)
    first = -(-run.start_ns // series.fine.width_ns)
    return ServiceLevel(
        start_s=first * series.fine.width_s,
        width_s=series.fine.width_s,
        offered=series.offered[first:],
        good=series.good[first:],
    )


def _totals(run: RunFolder, level: ServiceLevel) -> tuple[int, int]:
    """Return how many intents were offered and good, with those born after the last window."""
    offered, good = intent_series(run).afterwards.tolist()
    return offered + int(level.offered.sum()), good + int(level.good.sum())


def fault_span_s(run: RunFolder) -> tuple[float, float]:
    """Return when the first fault struck and when the last one ended [s]; NaN without faults."""
    if not run.faults:
        return math.nan, math.nan
    begin_ns = min(fault.begin_ns for fault in run.faults)
    end_ns = max(min(fault.end_ns, run.arrivals_end_ns) for fault in run.faults)
    return seconds(begin_ns), seconds(max(begin_ns, end_ns))


def _peak(level: ServiceLevel, visits: Visits) -> float:
    """Return attempts per intent in the worst window of about ten seconds."""
    first = len(visits.sent) - len(level.offered)
    attempts = ServiceLevel(level.start_s, level.width_s, level.offered, visits.sent[first:])
    pooled = attempts.pooled(10.0)
    busy = pooled.offered > 0
    return float((pooled.good[busy] / pooled.offered[busy]).max(initial=0.0))


def _by_service(run: RunFolder, visits: Visits, paths: PathTime) -> dict[str, ServiceResilience]:
    leaks = measure_leakage(run).by_service
    first = -(-run.start_ns // run.coarse.width_ns)
    shares = paths.shares
    found = {}
    for place, name in enumerate(run.services):
        asked, answered = visits.asked[place, first:], visits.answered[place, first:]
        visited, hops = int(visits.intents[place]), int(visits.hops[place])
        leaked = min(leaks[name].leaked if name in leaks else 0, visited)
        down = _episodes(run, asked, answered)
        found[name] = ServiceResilience(
            availability=wilson(int(np.minimum(answered, asked).sum()), int(asked.sum())),
            visited=visited,
            leaked=leaked,
            seed_score=wilson(leaked, visited).scaled(-100.0, offset=100.0),
            attempts_per_visit=hops / visited if visited else math.nan,
            retry_share=1 - int(visits.first_attempts[place]) / hops if hops else math.nan,
            high_latency_hops=int(visits.slow[place]),
            episodes=len(down),
            mttr_s=float(np.mean(down)) if down else math.nan,
            mtbf_s=(len(asked) * run.coarse.width_s - sum(down)) / len(down) if down else math.nan,
            critical_path_share=float(shares[place]),
        )
    return found


def _episodes(run: RunFolder, asked: NDArray[np.int64], answered: NDArray[np.int64]) -> list[float]:
    """Return how long each time below the objective lasted [s]."""
    level = ServiceLevel(0.0, run.coarse.width_s, asked, answered)
    below = level.below(run.experiment.slo.availability)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], below.astype(np.int8), [0]])))
    return [
        float(end - begin) * level.width_s for begin, end in zip(*[iter(edges)] * 2, strict=True)
    ]


def _roots(services: dict[str, ServiceResilience]) -> NDArray[np.int64]:
    return np.array([one.leaked for one in services.values()], np.int64)


def _blast_radius(run: RunFolder, services: dict[str, ServiceResilience]) -> BlastRadius:
    """Count whom the harm reached; customers are kept as a set, which the population bounds."""
    touched: set[int] = set()
    everyone: set[int] = set()
    harmed_minor = offered_minor = 0.0
    for judgement in judged(run, ["customer_id"]):
        customers, amounts = judgement.columns["customer_id"], judgement.columns["amount_minor"]
        bad = ~(judgement.good | judgement.open)
        everyone.update(customers.tolist())
        touched.update(customers[bad].tolist())
        harmed_minor += float(np.abs(amounts[bad]).sum())
        offered_minor += float(np.abs(amounts).sum())
    hit = sum(one.episodes > 0 for one in services.values())
    return BlastRadius(
        services=wilson(hit, len(services)),
        customers=wilson(len(touched), len(everyone)),
        value=harmed_minor / offered_minor if offered_minor else math.nan,
    )
