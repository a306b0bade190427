"""Replicas, queues, busy workers and power of every service, as the gauges show them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank
from sanket_sim.core.outcomes import ReplicaState
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import WINDOW_S, Replica
from sanket_sim.live.services.second_ring import SecondRing, Whole
from sanket_sim.trace.batch import Columns, rows_in

_UP = int(ReplicaState.UP)
_BUSY, _THERE = 0, 1


class Stations:
    """Folds gauges, and what befalls replicas between two of them."""

    def __init__(self, bank: Bank) -> None:
        self._services = bank.services
        self._places = {service.name: place for place, service in enumerate(bank.services)}
        size, most = len(bank.services), max(service.replicas for service in bank.services)
        self._workers = np.array([service.workers for service in bank.services])
        self._count = np.array([service.replicas for service in bank.services])
        self.state = np.full((size, most), _UP, np.int64)
        self._busy = np.zeros((size, most), np.int64)
        self.queue = np.zeros(size, np.int64)
        self.read_ns = -1
        self.power_w: NDArray[np.float64] = np.zeros(size)
        self._replica_share = np.zeros((size, most))
        self._work = SecondRing((2, size), WINDOW_S)
        self._work_ever = np.zeros((2, size), np.int64)

    def observe(self, gauges: Columns, second: int) -> None:
        """Take the gauges of a tick in; the newest reading is how things stand."""
        self._work.advance(second)
        if not rows_in(gauges):
            return
        self._sum_work(gauges)
        self.read_ns = int(gauges["time_ns"].max())
        newest = gauges["time_ns"] == self.read_ns
        self._read({name: column[newest] for name, column in gauges.items()})

    def befall(self, at_ns: int, replica: str, state: str) -> None:
        """Note a change of a replica's state since the last reading: ``payment-0`` is ``down``."""
        if at_ns < self.read_ns:
            return
        service, _, number = replica.rpartition("-")
        self.state[self._places[service], int(number)] = ReplicaState[state.upper()]

    @property
    def utilisation(self) -> NDArray[np.float64]:
        """Busy workers as a share of those of replicas that were up, over the window."""
        return self._utilisation(self._work.last(WINDOW_S))

    @property
    def utilisation_ever(self) -> NDArray[np.float64]:
        """The same since the start of the run."""
        return self._utilisation(self._work_ever)

    @staticmethod
    def _utilisation(work: Whole) -> NDArray[np.float64]:
        busy_ns, there_ns = work
        return np.asarray(np.minimum(busy_ns / np.maximum(there_ns, 1), 1.0))

    def up(self, place: int) -> int:
        """Count the replicas of a service that are up."""
        return int((self.state[place, : self._count[place]] == _UP).sum())

    def replicas(self, place: int) -> tuple[Replica, ...]:
        """Return the replicas of a service as they stand."""
        service = self._services[place]
        return tuple(
            Replica(ReplicaState(state).name, busy, service.workers)
            for state, busy in zip(
                self.state[place, : service.replicas].tolist(),
                self._busy[place, : service.replicas].tolist(),
                strict=True,
            )
        )

    def shares(self, place: int) -> list[float]:
        """Return how busy each replica of a service was at the last reading, a share each."""
        return [float(one) for one in self._replica_share[place, : self._count[place]]]

    def _sum_work(self, gauges: Columns) -> None:
        services, seconds = gauges["service"].astype(np.int64), _seconds(gauges["time_ns"])
        there = (gauges["state"] == _UP) | (gauges["busy_ns"] > 0)
        size = len(self._services)
        self._work.add(seconds, _BUSY * size + services, gauges["busy_ns"])
        workers_ns = self._workers[services] * NS_PER_S * there
        self._work.add(seconds, _THERE * size + services, workers_ns)
        np.add.at(self._work_ever[_BUSY], services, gauges["busy_ns"])
        np.add.at(self._work_ever[_THERE], services, workers_ns)

    def _read(self, gauges: Columns) -> None:
        services, replicas = gauges["service"].astype(np.int64), gauges["replica"]
        size = len(self._services)
        self.state[services, replicas] = gauges["state"]
        self._busy[services, replicas] = gauges["busy"]
        share = gauges["busy_ns"] / (self._workers[services] * NS_PER_S)
        self._replica_share[services, replicas] = np.minimum(share, 1.0)
        self.queue = np.bincount(services, gauges["queue_length"], size).astype(np.int64)
        self.power_w = np.bincount(services, gauges["power_w"], size).astype(np.float64)


def _seconds(times_ns: Whole) -> Whole:
    return np.maximum(times_ns - 1, 0) // NS_PER_S
