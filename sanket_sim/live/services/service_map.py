"""The map: every service and every way between two of them, as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.health import ERROR_SHARE
from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.live.frames import WINDOW_S, EdgeNow, ServiceNow
from sanket_sim.live.reading.decisions import told_by
from sanket_sim.live.scene import Scene
from sanket_sim.live.services.bottlenecks import Bottleneck, ranked
from sanket_sim.live.services.breakers import BreakerBoard
from sanket_sim.live.services.hop_counts import HopCounts
from sanket_sim.live.services.judging import Symptoms, judged, state_of
from sanket_sim.live.services.latencies import quantiles_ms
from sanket_sim.live.services.leak_heat import Counted, LeakHeat
from sanket_sim.live.services.second_ring import second_of, span_s
from sanket_sim.live.services.service_past import ServicePast
from sanket_sim.live.services.stations import Stations
from sanket_sim.trace.batch import Columns, TraceBatch

CLIENT = "client"
"""The customers' own devices, as edges and the trace call them."""
SHARES = (0.50, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What all services are drawn from, by place: of the window, or of the whole run."""

    span_s: float
    asked: Sequence[int]
    waits: Sequence[tuple[float | None, ...]]
    error_shares: Sequence[float]
    retry_shares: Sequence[float]
    timeout_shares: Sequence[float]
    utilisation: Sequence[float]
    leak_shares: Sequence[float]
    leaked: Sequence[int]
    leak_minor: Sequence[int]


class ServiceMap:
    """Folds hops, gauges, breakers and leaks into one card per service.

    Rates and shares are of the last `WINDOW_S` seconds; of the whole run when it is over, which
    `over` says. Leaks are those of the tiles.

    Parameters
    ----------
    scene : Scene
    now : Counted
        Must observe before it.
    """

    def __init__(self, scene: Scene, now: Counted) -> None:
        bank = scene.bank
        self._scene, self._now = scene, now
        self.now_ns = 0
        self.hops = HopCounts(bank)
        self.stations = Stations(bank)
        self.breakers = BreakerBoard(bank)
        self.leaks = LeakHeat(bank, now)
        self.past = ServicePast()
        self._ways = _edges_by_way(scene)
        size = len(bank.services)
        self._edges_to = [
            [name for way, names in self._ways.items() if way % size == place for name in names]
            for place in range(size)
        ]
        self._duration_ns = scene.experiment.duration

    def observe(self, batch: TraceBatch) -> None:
        """Take in hops, gauges, decisions and what has ended."""
        begin_ns, self.now_ns = self.now_ns, max(batch.end_ns, self.now_ns)
        second = second_of(self.now_ns)
        self.hops.observe(batch.hops, begin_ns, self.now_ns, second)
        self.stations.observe(batch.gauges, second)
        self._take_decisions(batch.decisions)
        if self.now_ns // NS_PER_S > begin_ns // NS_PER_S:
            self._note_past()

    def services(self) -> tuple[ServiceNow, ...]:
        """Return every service as it stands."""
        return tuple(self._drawn(range(len(self._scene.bank.services))))

    def service(self, place: int) -> ServiceNow:
        """Return one service as it stands."""
        return next(self._drawn([place]))

    def _drawn(self, places: Iterable[int]) -> Iterator[ServiceNow]:
        seen = self._seen()
        return (self._service(place, seen) for place in places)

    def _seen(self) -> _Seen:
        """Take what all services are drawn from."""
        attempts = self.hops.of_services(since_start=self.over)
        asked, total = attempts.asked.tolist(), attempts.total.tolist()
        return _Seen(
            span_s=self.span_s,
            asked=asked,
            waits=quantiles_ms(self.hops.waits(since_start=self.over), SHARES),
            error_shares=_shares(attempts.failed.tolist(), asked),
            retry_shares=_shares(attempts.retries.tolist(), total),
            timeout_shares=_shares(attempts.timed_out.tolist(), asked),
            utilisation=self._utilisation.tolist(),
            leak_shares=self.leaks.shares.tolist(),
            leaked=self.leaks.leaked.tolist(),
            leak_minor=self.leaks.value_minor.tolist(),
        )

    def edges(self) -> tuple[EdgeNow, ...]:
        """Return every way between two services that calls can take, used or not."""
        attempts, seconds = self.hops.of_ways(since_start=self.over), self.span_s
        asked, total = attempts.asked.tolist(), attempts.total.tolist()
        error_shares = _shares(attempts.failed.tolist(), asked)
        retry_shares = _shares(attempts.retries.tolist(), total)
        return tuple(
            EdgeNow(
                caller=self._name(way // self.hops.services - 1),
                callee=self._name(way % self.hops.services),
                rate_per_s=total[way] / seconds,
                error_share=error_shares[way],
                retry_share=retry_shares[way],
                breaker=self.breakers.worst(names),
                state=ERROR_SHARE.judge(error_shares[way]) if total[way] else "idle",
            )
            for way, names in self._ways.items()
        )

    @property
    def span_s(self) -> float:
        """What rates are taken over [s]: the sliding window, or all the time of arrivals."""
        if self.over:
            return max(min(self.now_ns, self._duration_ns) / NS_PER_S, 1e-9)
        return span_s(self.now_ns, WINDOW_S)

    @property
    def over(self) -> bool:
        """Whether customers have stopped arriving, so that the whole run is shown."""
        return self._now.over

    @property
    def stretch(self) -> str:
        """What rates and shares are of, in words."""
        return "whole run" if self.over else f"last {WINDOW_S} s"

    @property
    def _utilisation(self) -> NDArray[np.float64]:
        stations = self.stations
        return stations.utilisation_ever if self.over else stations.utilisation

    def edges_to(self, place: int) -> list[str]:
        """Return the names of the edges that lead to a service."""
        return self._edges_to[place]

    def bottlenecks(self) -> tuple[Bottleneck, ...]:
        """Rank the services by how much they hold payments up now, the worst first."""
        return ranked(
            self._scene.bank.services, self.stations.utilisation, self.hops.own_time_shares
        )

    def _note_past(self) -> None:
        """Note what the small charts of the service inspector show, once a second."""
        waits = quantiles_ms(self.hops.waits(), (0.99,))
        rates = self.hops.of_services().asked / span_s(self.now_ns, WINDOW_S)
        self.past.note(
            self.now_ns,
            rates.tolist(),
            [wait for (wait,) in waits],
            self.stations.queue.tolist(),
            self.stations.utilisation.tolist(),
        )

    def _name(self, place: int) -> str:
        return self._scene.bank.services[place].name if place >= 0 else CLIENT

    def _service(self, place: int, seen: _Seen) -> ServiceNow:
        service, waits = self._scene.bank.services[place], seen.waits[place]
        breaker = self.breakers.worst(self._edges_to[place])
        symptoms = self._symptoms(place, seen, breaker)
        return ServiceNow(
            name=service.name,
            label=service.label or service.name,
            x=service.x,
            y=service.y,
            state=state_of(symptoms),
            replicas=self.stations.replicas(place),
            rate_per_s=seen.asked[place] / seen.span_s,
            p50_ms=waits[0],
            p95_ms=waits[1],
            p99_ms=waits[2],
            utilisation=seen.utilisation[place],
            queue=int(self.stations.queue[place]),
            error_share=seen.error_shares[place],
            retry_share=seen.retry_shares[place],
            timeout_share=seen.timeout_shares[place],
            leak_share=seen.leak_shares[place],
            leaked=seen.leaked[place],
            leak_minor=seen.leak_minor[place],
            breaker=breaker,
            power_w=float(self.stations.power_w[place]),
            judged=judged(symptoms),
        )

    def _symptoms(self, place: int, seen: _Seen, breaker: str) -> Symptoms:
        service = self._scene.bank.services[place]
        goal_ms = self._scene.experiment.slo.latency_p99 / NS_PER_MS
        return Symptoms(
            attempts=seen.asked[place],
            utilisation=seen.utilisation[place],
            p99_share=(seen.waits[place][-1] or 0.0) / goal_ms,
            error_share=seen.error_shares[place],
            retry_share=seen.retry_shares[place],
            timeout_share=seen.timeout_shares[place],
            leak_share=seen.leak_shares[place],
            queue=int(self.stations.queue[place]),
            queue_cap=service.queue_cap,
            workers=service.workers * service.replicas,
            up=self.stations.up(place),
            replicas=service.replicas,
            breaker=breaker,
        )

    def _take_decisions(self, decisions: Columns) -> None:
        """Take up what happened to breakers and replicas."""
        told = {"breaker": self.breakers.change, "replica": self.stations.befall}
        for one in told_by(decisions, self._scene.words, *told):
            told[one.actor](one.time_ns, one.subject, one.said)


def _edges_by_way(scene: Scene) -> dict[int, list[str]]:
    """Gather the names of the edges that run from one service to another."""
    bank, ways = scene.bank, dict[int, list[str]]()
    for edge in bank.edges:
        way = (edge.caller + 1) * len(bank.services) + bank.operations[edge.operation].service
        ways.setdefault(way, []).append(edge.name)
    return ways


def _shares(parts: list[int], wholes: list[int]) -> list[float]:
    return [part / whole if whole else 0.0 for part, whole in zip(parts, wholes, strict=True)]
