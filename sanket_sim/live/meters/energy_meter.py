"""Energy and carbon while they are spent: the formulas of `analysis.energy`, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.energy import dynamic_shares
from sanket_sim.analysis.energy_work import J_PER_KWH, spin_wait_w
from sanket_sim.analysis.grid import Grid, grid
from sanket_sim.bank.description import Service, WaitMode
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.meters.measured import MeasuredIds
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in

Reals = NDArray[np.float64]


@dataclass(slots=True)
class Spent:
    """Energy and carbon since some instant.

    Parameters
    ----------
    energy_j : float
        Building overhead (PUE) included.
    embodied_g : float
        The share of the hardware's making [g CO2e].
    """

    energy_j: float = 0.0
    embodied_g: float = 0.0

    def operational_g(self, mix: Grid) -> float:
        """Return what was emitted on a grid for the energy alone [g CO2e]."""
        return self.energy_j / J_PER_KWH * mix.ci_gco2e_per_kwh

    def carbon_mg(self, mix: Grid) -> float:
        """Return what was emitted on a grid [mg CO2e]."""
        return 1000.0 * (self.operational_g(mix) + self.embodied_g)


class EnergyMeter:
    """Adds up what replicas, the network and spinning have drawn.

    `known` says whether gauges have been read at all; `power_w` is the sum of the newest ones,
    before the building's overhead; `measured` is what the findings count: readings after the
    warm-up while customers arrive, and the hops of measured intents.
    """

    def __init__(self, scene: Scene, ids: MeasuredIds) -> None:
        asked = scene.experiment
        self.grid = grid(asked.report.grid)
        self.power_w = 0.0
        self.known = False
        self._begin_ns, self._end_ns = asked.warmup, asked.duration
        self._interval_s = asked.gauges / NS_PER_S
        self._replicas = _Replicas(scene)
        self._hops = _HopEnergy(scene, ids)
        self._drawn = Spent()
        self._rate_j, self._rate_g = 0.0, 0.0

    def read(self, batch: TraceBatch, span_s: float) -> Spent:
        """Take in a batch; return what was spent while it lasted, warm or not.

        Gauges may be read more seldom than batches end: in between, the last readings hold.
        """
        gauges = batch.gauges
        if rows_in(gauges):
            self._take(gauges)
        network_j = self._hops.read(batch)
        return Spent(self._rate_j * span_s + network_j, self._rate_g * span_s)

    @property
    def measured(self) -> Spent:
        """What the findings of the run count, as of now."""
        return Spent(self._drawn.energy_j + self._hops.measured_j, self._drawn.embodied_g)

    def _take(self, gauges: Columns) -> None:
        times_ns = gauges["time_ns"]
        drawn_j, embodied_g = self._replicas.draw(gauges, self._interval_s)
        counted = (times_ns > self._begin_ns) & (times_ns <= self._end_ns)
        self._drawn.energy_j += float(drawn_j[counted].sum())
        self._drawn.embodied_g += float(embodied_g[counted].sum())
        self.known = True
        newest = times_ns == times_ns[-1]
        self.power_w = float(gauges["power_w"][newest].sum())
        read_s = len(np.unique(times_ns)) * self._interval_s
        self._rate_j = float(drawn_j.sum()) / read_s
        self._rate_g = float(embodied_g.sum()) / read_s


class _Replicas:
    """What one reading of a replica's gauges means in energy."""

    def __init__(self, scene: Scene) -> None:
        services, self._power = scene.bank.services, scene.bank.power
        self._vcpus = np.array([service.vcpus for service in services], np.float64)
        self._memory_gb = np.array([service.memory_gb for service in services], np.float64)

    def draw(self, gauges: Columns, interval_s: float) -> tuple[Reals, Reals]:
        """Return energy [J] and embodied carbon [g CO2e] of each reading."""
        power, service = self._power, gauges["service"]
        vcpus = self._vcpus[service]
        utilisation = np.minimum(gauges["cpu_ns"] / (vcpus * interval_s * NS_PER_S), 1.0)
        range_w = power.max_w_per_vcpu - power.idle_w_per_vcpu
        per_vcpu_w = power.idle_w_per_vcpu + range_w * dynamic_shares(utilisation, power.curve)
        watts = vcpus * per_vcpu_w + self._memory_gb[service] * power.memory_w_per_gb
        embodied_g = vcpus * interval_s / 3600 * power.embodied_g_per_vcpu_h
        return power.pue * interval_s * watts, embodied_g


class _HopEnergy:
    """What messages and spinning draw, for the intents that the findings count."""

    def __init__(self, scene: Scene, ids: MeasuredIds) -> None:
        self._ids = ids
        self._begin_ns = scene.experiment.warmup
        self._message_j = _message_table(scene)
        self._spin_w = spin_wait_w(scene.bank.power)
        self._spins = np.array([_spins(service) for service in scene.bank.services], np.bool_)
        self._counted_j = 0.0
        self._unsettled_j: dict[int, float] = {}

    def read(self, batch: TraceBatch) -> float:
        """Count the hops of a batch; return what all of them drew [J]."""
        self._settle()
        hops = batch.hops
        if not rows_in(hops):
            return 0.0
        joules = self._message_j[hops["caller"], hops["operation"]]
        if self._spins.any():
            joules = joules + self._spinning_j(hops, batch.end_ns)
        late = hops["sent_ns"] >= self._begin_ns
        tx_ids = hops["tx_id"]
        self._counted_j += float(joules[late & (tx_ids >= self._ids.first)].sum())
        if not self._ids.settled:
            doubtful = late & self._ids.doubtful(tx_ids)
            for tx_id, joule in zip(
                tx_ids[doubtful].tolist(), joules[doubtful].tolist(), strict=True
            ):
                self._unsettled_j[tx_id] = self._unsettled_j.get(tx_id, 0.0) + joule
        return float(joules.sum())

    @property
    def measured_j(self) -> float:
        """Of measured intents; one of whose birth nothing is known yet counts as measured."""
        return self._counted_j + sum(self._unsettled_j.values())

    def _settle(self) -> None:
        """Put what was in doubt where it belongs."""
        ids = self._ids
        known = [one for one in self._unsettled_j if not ids.last_warm < one < ids.first]
        for tx_id in known:
            joule = self._unsettled_j.pop(tx_id)
            if tx_id >= ids.first:
                self._counted_j += joule

    def _spinning_j(self, hops: Columns, now_ns: int) -> Reals:
        left_ns = np.where(hops["ended_ns"] >= 0, hops["ended_ns"], now_ns)
        begun = (hops["queued_ns"] >= 0) & (hops["begun_ns"] >= 0)
        held_ns = np.where(begun, left_ns - hops["begun_ns"] - hops["cpu_ns"], 0)
        spinning = np.where(self._spins[hops["service"]], np.maximum(held_ns, 0), 0)
        return np.asarray(self._spin_w * spinning / NS_PER_S)


def _spins(service: Service) -> bool:
    return service.wait_mode == WaitMode.SPIN


def _message_table(scene: Scene) -> Reals:
    """Return the energy of request and answer by (caller, operation), as the trace codes them."""
    bank, words = scene.bank, scene.words
    callers = {word: code for code, word in enumerate(words["caller"].words)}
    operations = {word: code for code, word in enumerate(words["operation"].words)}
    # The last row and column take the edges that no word stands for.
    table = np.zeros((len(callers) + 1, len(operations) + 1))
    for edge in bank.edges:
        operation = bank.operations[edge.operation]
        caller = "client" if edge.caller < 0 else bank.services[edge.caller].name
        called = f"{bank.services[operation.service].name}.{operation.name}"
        table[callers.get(caller, -1), operations.get(called, -1)] = edge.message_kb / 1e6
    return table * bank.power.network_kwh_per_gb * J_PER_KWH * bank.power.pue
