"""Energy and carbon of a run, as the Software Carbon Intensity of one good payment.

References
----------
ISO/IEC 21031:2024, Software Carbon Intensity: ``SCI = (E * I + M) per R``. Boundary: the services'
replicas and the network between them; R is one good payment, so that leakage and failure make it
dearer. Devices, offices, and payment schemes outside the bank are not in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.energy_work import J_PER_KWH, USES, WASTED, Work, account_work
from sanket_sim.analysis.grid import grid
from sanket_sim.analysis.intents import judged
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import gauge_series, tick_ns
from sanket_sim.analysis.statistics import Estimate, wilson
from sanket_sim.bank.description import Power
from sanket_sim.bank.power import dynamic_share
from sanket_sim.core.units import NS_PER_S

HEADROOM = 0.7
"""Utilisation up to which a service is taken to be provisioned as it should be."""
EXPECTED_MG = (0.05, 50.0)
"""Compute of one payment, in mg of CO2e, between which a result is believable."""


@dataclass(frozen=True, slots=True)
class ServiceEnergy:
    """The energy of one service, building overhead (PUE) included.

    Parameters
    ----------
    idle_j, memory_j, dynamic_j : float
        For being switched on, for its memory, and for computing.
    waiting_j : float
        What its requests cost while they only waited (part of the above; spinning adds to it).
    wasted_j : float
        Computing for retried, abandoned, failed and leaked work (part of `dynamic_j`).
    over_provisioned_j : float
        Idle and memory energy of replicas beyond what the busiest ten seconds needed.
    replicas_needed : int
    """

    energy_j: float
    idle_j: float
    memory_j: float
    dynamic_j: float
    waiting_j: float
    wasted_j: float
    over_provisioned_j: float
    replicas: int
    replicas_needed: int


@dataclass(frozen=True, slots=True)
class EnergyFinding:
    """Energy and carbon.

    Parameters
    ----------
    sci_mg : Estimate
        Carbon of one good payment [mg CO2e]; the interval is that of the share of good payments.
    per_payment_j : Estimate
        Energy of one good payment [J].
    good_payments : int
        R: good intents that moved money or were to.
    energy_j : float
        ``idle + memory + dynamic + spin + network``.
    by_use_j : dict
        All energy by what it was for: useful, retried, abandoned, failed, leaked, open, and idle
        (capacity nobody used). The parts add up to `energy_j`.
    waiting_j, wasted_j, over_provisioned_j : float
        The three terms that nobody else shows; they overlap with the parts above.
    operational_gco2e, embodied_gco2e : float
    high_energy_events : int
        Hops over the latency threshold, as a SANKET audit counts them.
    believable : bool
        Whether `sci_mg` lies within what compute alone can cost; if not, distrust the model.
    """

    sci_mg: Estimate
    per_payment_j: Estimate
    good_payments: int
    energy_j: float
    idle_j: float
    memory_j: float
    dynamic_j: float
    spin_j: float
    network_j: float
    by_use_j: dict[str, float]
    waiting_j: float
    wasted_j: float
    over_provisioned_j: float
    operational_gco2e: float
    embodied_gco2e: float
    high_energy_events: int
    believable: bool
    by_service: dict[str, ServiceEnergy]
    grid: str
    grid_year: int
    grid_gco2e_per_kwh: float
    pue: float


@dataclass(frozen=True, slots=True)
class Draw:
    """What the replicas of each service drew, PUE included [J]; arrays of shape (services,)."""

    idle_j: NDArray[np.float64]
    memory_j: NDArray[np.float64]
    dynamic_j: NDArray[np.float64]
    replica_s: NDArray[np.float64]
    utilisation: NDArray[np.float64]


def dynamic_shares(utilisation: NDArray[np.float64], curve: str) -> NDArray[np.float64]:
    """Return f(u) of many utilisations; exact, because both curves have corners at tenths only.

    Examples
    --------
    >>> dynamic_shares(np.array([0.0, 0.2, 1.0, 3.0]), "teads").round(4).tolist()
    [0.0, 0.3417, 1.0, 1.0]
    """
    return np.interp(utilisation, *_corners(curve))


@cache
def _corners(curve: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = np.linspace(0.0, 1.0, 11)
    return corners, np.array([dynamic_share(float(u), curve) for u in corners])


def draw_of(run: RunFolder) -> Draw:
    """Integrate power over the gauges of the measured part of a run."""
    services, power = run.bank.services, run.bank.power
    vcpus = np.array([service.vcpus for service in services])
    memory_gb = np.array([service.memory_gb for service in services])
    tick_s = tick_ns(run) / NS_PER_S
    readings, used, shares = (np.zeros(len(services)) for _ in range(3))
    for batch in run.gauges(("service", "cpu_ns")):
        place = batch["service"].astype(np.int64)
        u = np.minimum(batch["cpu_ns"] / (vcpus[place] * tick_s * NS_PER_S), 1.0)
        readings += np.bincount(place, minlength=len(services))
        used += np.bincount(place, u, len(services))
        shares += np.bincount(place, dynamic_shares(u, power.curve), len(services))
    overhead_s = power.pue * tick_s
    return Draw(
        idle_j=overhead_s * readings * vcpus * power.idle_w_per_vcpu,
        memory_j=overhead_s * readings * memory_gb * power.memory_w_per_gb,
        dynamic_j=overhead_s * shares * vcpus * (power.max_w_per_vcpu - power.idle_w_per_vcpu),
        replica_s=readings * tick_s,
        utilisation=used / np.maximum(readings, 1),
    )


@analysers.register("energy")
def measure_energy(run: RunFolder) -> EnergyFinding:
    """Measure energy, its waste, and the carbon of one good payment."""
    draw, work = draw_of(run), account_work(run)
    by_use = attribute(draw, work)
    energy_j = math.fsum(by_use.values())
    services = _by_service(run, draw, work)
    mix, power = grid(run.experiment.report.grid), run.bank.power
    operational_g = energy_j / J_PER_KWH * mix.ci_gco2e_per_kwh
    embodied_g = embodied_gco2e(run, draw, power)
    good, payments = _payments(run)
    sci_mg = _per_good(1000 * (operational_g + embodied_g), good, payments)
    return EnergyFinding(
        sci_mg=sci_mg,
        per_payment_j=_per_good(energy_j, good, payments),
        good_payments=good,
        energy_j=energy_j,
        idle_j=float(draw.idle_j.sum()),
        memory_j=float(draw.memory_j.sum()),
        dynamic_j=float(draw.dynamic_j.sum()),
        spin_j=float(work.spin_j.sum()),
        network_j=float(work.network_j.sum()),
        by_use_j=by_use,
        waiting_j=math.fsum(one.waiting_j for one in services.values()),
        wasted_j=math.fsum(one.wasted_j for one in services.values()),
        over_provisioned_j=math.fsum(one.over_provisioned_j for one in services.values()),
        operational_gco2e=operational_g,
        embodied_gco2e=embodied_g,
        high_energy_events=work.slow_hops,
        believable=not sci_mg.known or EXPECTED_MG[0] <= sci_mg.value <= EXPECTED_MG[1],
        by_service=services,
        grid=mix.iso3,
        grid_year=mix.year,
        grid_gco2e_per_kwh=mix.ci_gco2e_per_kwh,
        pue=power.pue,
    )


def embodied_gco2e(run: RunFolder, draw: Draw, power: Power) -> float:
    """Return the share of the hardware's making that falls on the run [g CO2e]."""
    vcpus = np.array([service.vcpus for service in run.bank.services])
    return float((vcpus * draw.replica_s).sum() / 3600 * power.embodied_g_per_vcpu_h)


def attribute(draw: Draw, work: Work) -> dict[str, float]:
    """Share all energy out by what it was for.

    The dynamic part follows the demand for CPU; idle and memory follow it too, as far as the
    capacity was used, and what is left is nobody's: idle.

    Returns
    -------
    dict
        Use -> energy [J]; the values add up to the total, which is asserted.
    """
    cpu_s = work.cpu_s.sum(axis=0)
    shares = np.divide(work.cpu_s, cpu_s, where=cpu_s > 0, out=np.zeros_like(work.cpu_s))
    ready_j = draw.idle_j + draw.memory_j
    claimed_j = np.where(cpu_s > 0, draw.dynamic_j + ready_j * draw.utilisation, 0.0)
    uses_j = (shares * claimed_j).sum(axis=1) + work.network_j + work.spin_j
    idle_j = float((ready_j + draw.dynamic_j - claimed_j).sum())
    found = {use: float(joules) for use, joules in zip(USES, uses_j, strict=True)}
    found["idle"] = idle_j
    total_j = float((ready_j + draw.dynamic_j).sum() + work.network_j.sum() + work.spin_j.sum())
    assert math.isclose(math.fsum(found.values()), total_j, rel_tol=1e-9, abs_tol=1e-9), (
        "energy attributed must be the energy drawn"
    )
    return found


def _by_service(run: RunFolder, draw: Draw, work: Work) -> dict[str, ServiceEnergy]:
    needed = replicas_needed(run)
    waiting_j = work.bounded_waiting_j(draw.idle_j + draw.memory_j)
    cpu_s = work.cpu_s.sum(axis=0)
    wasted_s = work.cpu_s[list(WASTED)].sum(axis=0)
    found = {}
    for place, service in enumerate(run.bank.services):
        idle_j, memory_j = float(draw.idle_j[place]), float(draw.memory_j[place])
        dynamic_j = float(draw.dynamic_j[place])
        surplus = max(0, service.replicas - needed[place]) / service.replicas
        wasted = float(wasted_s[place] / cpu_s[place]) if cpu_s[place] else 0.0
        found[service.name] = ServiceEnergy(
            energy_j=idle_j + memory_j + dynamic_j,
            idle_j=idle_j,
            memory_j=memory_j,
            dynamic_j=dynamic_j,
            waiting_j=float(waiting_j[place]),
            wasted_j=dynamic_j * wasted,
            over_provisioned_j=(idle_j + memory_j) * surplus,
            replicas=service.replicas,
            replicas_needed=needed[place],
        )
    return found


def replicas_needed(run: RunFolder) -> list[int]:
    """Return how many replicas the busiest ten seconds of each service needed at 70 % use."""
    gauges, width_s = gauge_series(run), run.fine.width_s
    first = run.start_ns // run.fine.width_ns
    busy = np.maximum(gauges.busy, gauges.cpu)[:, first:]
    size = max(1, round(10.0 / width_s))
    edges = np.arange(0, busy.shape[1], size)
    if not len(edges):
        return [service.replicas for service in run.bank.services]
    spans = np.diff(np.append(edges, busy.shape[1]))
    peaks = (np.add.reduceat(busy, edges, axis=1) / spans).max(axis=1)
    return [
        max(1, math.ceil(round(service.replicas * float(peak) / HEADROOM, 9)))
        for service, peak in zip(run.bank.services, peaks, strict=True)
    ]


def _payments(run: RunFolder) -> tuple[int, int]:
    """Count good payments and all payments: intents with an amount."""
    good = payments = 0
    for judgement in judged(run):
        moves = judgement.columns["amount_minor"] != 0
        payments += int(moves.sum())
        good += int((moves & judgement.good).sum())
    return good, payments


def _per_good(total: float, good: int, payments: int) -> Estimate:
    """Divide by the good payments; how many of all were good is what is uncertain."""
    share = wilson(good, payments)
    if good == 0:
        return Estimate(n=payments)
    per_payment = total / payments
    return Estimate(total / good, per_payment / share.high, per_payment / share.low, good)
