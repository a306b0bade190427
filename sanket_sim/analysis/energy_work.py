"""What the services' work was for, and what waiting cost: one pass over the hops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.edges import GIVEN_UP, per_edge
from sanket_sim.analysis.intents import Fate, fate_of, fates_by_id
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.trees import inherit, whole_trees
from sanket_sim.bank.description import Power, Service, WaitMode
from sanket_sim.core.outcomes import Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.batch import Columns, places_of

J_PER_KWH = 3.6e6
USES = ("useful", "retried", "abandoned", "failed", "leaked", "open")
"""What work was for: for a good intent; for an attempt of one that came to nothing; for a caller
that no longer waited; for an intent that failed, or leaked, or was still open at the end."""
USEFUL, RETRIED, ABANDONED, FAILED, LEAKED, OPEN = range(len(USES))
WASTED = (RETRIED, ABANDONED, FAILED, LEAKED)
_ANSWERED = (Outcome.OK, Outcome.APP_ERROR, Outcome.FALLBACK)

_COLUMNS = (
    "tx_id",
    "hop_id",
    "parent_hop_id",
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
    "cpu_ns",
    "queue_length",
)


@dataclass(slots=True)
class Work:
    """Work by use and service.

    Parameters
    ----------
    cpu_s : float64 array, shape (uses, services)
        CPU demand of the hops.
    network_j, spin_j : float64 arrays, shape (uses,)
        Energy of messages, and of waiting by spinning, PUE included.
    waiting_j : float64 array, shape (services,)
        What waiting occupied by the service's `wait_mode`, spinning left out: its share of power
        that the replicas draw anyway.
    spinning_j : float64 array, shape (services,)
        What spinning drew on top.
    slow_hops : int
        Hops over the high-energy threshold.
    """

    cpu_s: NDArray[np.float64]
    network_j: NDArray[np.float64]
    spin_j: NDArray[np.float64]
    waiting_j: NDArray[np.float64]
    spinning_j: NDArray[np.float64]
    slow_hops: int = 0

    def bounded_waiting_j(self, ready_j: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what waiting cost each service [J], given what its replicas draw when idle.

        A line too long for the replicas' memory does not make them draw more than they have.
        """
        return np.asarray(np.minimum(self.waiting_j, ready_j) + self.spinning_j)


def memory_wait_w(service: Service, power: Power) -> float:
    """Return what one waiting request draws by the memory it holds [W].

    Examples
    --------
    Five seconds with 8 MB held:

    >>> from sanket_sim.bank.description import Service, Power
    >>> round(5 * memory_wait_w(Service("a", 1, 1, state_mb=8.0), Power()), 3)
    0.018
    """
    return power.pue * power.memory_w_per_gb * service.state_mb / 1000


def slot_wait_w(service: Service, power: Power) -> float:
    """Return what one held worker draws of an idle replica [W].

    Examples
    --------
    Five seconds of one of 64 workers on 2 vCPU and 4 GB:

    >>> round(5 * slot_wait_w(Service("a", 1, 64, vcpus=2.0, memory_gb=4.0), Power()), 2)
    0.27
    """
    idle_w = service.vcpus * power.idle_w_per_vcpu + service.memory_gb * power.memory_w_per_gb
    return power.pue * idle_w / service.workers


def spin_wait_w(power: Power) -> float:
    """Return what one vCPU draws for spinning [W].

    Examples
    --------
    >>> round(5 * spin_wait_w(Power()), 1)
    15.7
    """
    return power.pue * (power.max_w_per_vcpu - power.idle_w_per_vcpu)


def account_work(run: RunFolder) -> Work:
    """Account the hops of a run by use."""
    fates, services = fates_by_id(run), len(run.services)
    work = Work(
        cpu_s=np.zeros((len(USES), services)),
        network_j=np.zeros(len(USES)),
        spin_j=np.zeros(len(USES)),
        waiting_j=np.zeros(services),
        spinning_j=np.zeros(services),
    )
    for hops in whole_trees(run, _COLUMNS):
        uses = uses_of(hops, fate_of(fates, hops["tx_id"]))
        _add(run, work, hops, uses)
    return work


def uses_of(hops: Columns, fates: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the use (index into `USES`) of each hop, given the fate of its intent.

    What is done below an abandoned or retried hop is as vain as the hop itself.
    """
    order = np.argsort(hops["hop_id"], kind="stable")
    parent = places_of(hops["hop_id"][order], hops["parent_hop_id"][order])
    given_up = hops["late"] | np.isin(hops["outcome"], GIVEN_UP)
    in_vain = ~np.isin(hops["outcome"], _ANSWERED)
    abandoned, retried = np.empty_like(given_up), np.empty_like(given_up)
    abandoned[order] = inherit(parent, given_up[order])
    retried[order] = inherit(parent, in_vain[order])
    cases = [
        (fates == Fate.LEAKED, LEAKED),
        (fates == Fate.FAILED, FAILED),
        ((fates == Fate.OPEN) | (fates == Fate.UNKNOWN), OPEN),
        (abandoned, ABANDONED),
        (retried, RETRIED),
    ]
    masks, codes = zip(*cases, strict=True)
    return np.asarray(np.select(masks, codes, USEFUL), np.int64)


def _add(run: RunFolder, work: Work, hops: Columns, uses: NDArray[np.int64]) -> None:
    service = hops["service"].astype(np.int64)
    services = len(run.services)
    cells = uses * services + service
    cpu_s = np.bincount(cells, hops["cpu_ns"] / NS_PER_S, work.cpu_s.size)
    work.cpu_s[:] += cpu_s.reshape(work.cpu_s.shape)
    work.network_j[:] += np.bincount(uses, _message_j(run, hops), len(USES))
    waiting_j, spin_j = _waiting_j(run, hops, service)
    work.waiting_j[:] += np.bincount(service, waiting_j, services)
    work.spinning_j[:] += np.bincount(service, spin_j, services)
    work.spin_j[:] += np.bincount(uses, spin_j, len(USES))
    spent_ns = np.maximum(hops["received_ns"], hops["ended_ns"]) - hops["sent_ns"]
    work.slow_hops += int((spent_ns >= run.experiment.report.high_energy_latency).sum())


def _waiting_j(
    run: RunFolder, hops: Columns, service: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the waiting of each hop occupied, and what its spinning drew on top [J]."""
    power, services = run.bank.power, run.bank.services
    left_ns = np.where(hops["ended_ns"] >= 0, hops["ended_ns"], run.end_ns)
    there = hops["queued_ns"] >= 0
    waited_s = np.where(there, left_ns - hops["queued_ns"] - hops["cpu_ns"], 0) / NS_PER_S
    begun = there & (hops["begun_ns"] >= 0)
    held_s = np.where(begun, left_ns - hops["begun_ns"] - hops["cpu_ns"], 0) / NS_PER_S
    held_s = np.maximum(held_s, 0.0)
    # A held worker costs others something only when somebody queues for it.
    limited = hops["queue_length"] > 0
    threads = np.array([one.wait_mode == WaitMode.THREAD for one in services])[service]
    spins = np.array([one.wait_mode == WaitMode.SPIN for one in services])[service]
    memory_w = np.array([memory_wait_w(one, power) for one in services])[service]
    slot_w = np.array([slot_wait_w(one, power) for one in services])[service]
    spin_j = np.where(spins, spin_wait_w(power) * held_s, 0.0)
    slot_j = np.where(threads & limited, slot_w * held_s, 0.0)
    return memory_w * np.maximum(waited_s, 0.0) + slot_j, spin_j


def _message_j(run: RunFolder, hops: Columns) -> NDArray[np.float64]:
    """Return the network energy of each hop's request and response [J]."""
    gb = per_edge(run, hops, [edge.message_kb / 1e6 for edge in run.bank.edges])
    return np.asarray(gb * run.bank.power.network_kwh_per_gb * J_PER_KWH * run.bank.power.pue)
