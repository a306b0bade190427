"""Network: breakers, replicas and queues of services."""

from __future__ import annotations

from typing import Final

import numpy as np

from sanket_sim.bank.description import Balancing, Bank, Service
from sanket_sim.bank.health import QUEUE_OF_CAP, QUEUE_PER_WORKER
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import State
from sanket_sim.live.meters import figures
from sanket_sim.live.reading.decisions import Decision, told_by
from sanket_sim.live.scene import Scene
from sanket_sim.live.watches.alarm_book import AlarmBook, Latch, Measure, Notice
from sanket_sim.trace.batch import TraceBatch, rows_in

ON_S, OFF_S = 2.0, 10.0
"""How long a queue must be long, and short again, before anybody is told (chosen)."""
_BREAKER_RULE = "Raised when a breaker on the way opens; over when all of them are closed again."
_REPLICA_RULE = "Raised when a replica is not up; critical when none is; over when all are up."
_QUEUE_RULE = (
    f"Raised when the queue is long for {ON_S:.0f} s: {100 * QUEUE_OF_CAP[0]:.0f} % of its room, "
    f"or {QUEUE_PER_WORKER[0]:g} for each worker where it has no cap; critical from "
    f"{100 * QUEUE_OF_CAP[1]:.0f} %, or {QUEUE_PER_WORKER[1]:g} for each; over when it is below "
    f"half of that length for {OFF_S:.0f} s."
)
_CLOSED = "closed"
_WORST = ("open", "half_open", _CLOSED)


class BreakerWatch:
    """One alert for each way between two services on which a breaker is not closed."""

    TOPIC: Final = "BREAKER"
    WAY = " → "
    """Stands between the two services in the key of an alert."""

    def __init__(self, book: AlarmBook, scene: Scene) -> None:
        self._book, self._bank, self._words = book, scene.bank, scene.words
        self._edges = {edge.name: edge for edge in scene.bank.edges}
        self._states: dict[str, dict[str, str]] = {}

    def watch(self, batch: TraceBatch) -> None:
        """Follow the breakers."""
        for change in told_by(batch.decisions, self._words, "breaker"):
            if change.subject in self._edges:
                self._follow(change)

    def _follow(self, change: Decision) -> None:
        caller, callee = _ends(self._bank, change.subject)
        way = f"{caller}{self.WAY}{callee}"
        states = self._states.setdefault(way, {})
        states[change.subject] = change.said
        worst = min(states.values(), key=_WORST.index)
        if worst == _CLOSED:
            self._book.end(self.TOPIC, way, change.time_ns, f"{way} · closed again")
            return
        breaker = self._edges[change.subject].policy.breaker
        opened = worst == "open"
        span = figures.span(breaker.open_ns / NS_PER_S)
        detail = (
            f"half-open probe in {span}"
            if opened
            else f"half-open, {breaker.half_open_calls} calls let through"
        )
        # What it has come to stands in the detail: an alert begins with its opening.
        title = "Circuit breaker opened"
        severity: State = "critical" if opened else "warn"
        said = f"{way} · {detail}"
        notice = Notice(
            self.TOPIC, way, severity, title, said, "service", callee, rule=_BREAKER_RULE
        )
        self._book.tell(notice, change.time_ns)


def _ends(bank: Bank, name: str) -> tuple[str, str]:
    """Return who calls whom along an edge."""
    edge = next(edge for edge in bank.edges if edge.name == name)
    callee = bank.services[bank.operations[edge.operation].service].name
    return bank.services[edge.caller].name if edge.caller >= 0 else "client", callee


class ReplicaWatch:
    """One alert for each service that has not all its replicas."""

    TOPIC: Final = "REPLICA"

    def __init__(self, book: AlarmBook, scene: Scene) -> None:
        self._book, self._words = book, scene.words
        self._services = {service.name: service for service in scene.bank.services}
        self._away: dict[str, dict[str, str]] = {}

    def watch(self, batch: TraceBatch) -> None:
        """Follow the replicas."""
        for change in told_by(batch.decisions, self._words, "replica"):
            name = change.subject.rpartition("-")[0]
            if name in self._services:
                self._follow(self._services[name], change)

    def _follow(self, service: Service, change: Decision) -> None:
        away = self._away.setdefault(service.name, {})
        away[change.subject] = change.said
        if change.said == "up":
            del away[change.subject]
        if not away:
            back = f"all {service.replicas} back" if service.replicas > 1 else "back"
            self._book.end(self.TOPIC, service.name, change.time_ns, back)
            return
        severity: State = "critical" if len(away) >= service.replicas else "warn"
        states = ", ".join(f"{replica} {state}" for replica, state in sorted(away.items()))
        title = f"{len(away)} of {service.replicas} replicas of {_label(service)} not up"
        if len(away) >= service.replicas:
            title = f"No replica of {_label(service)} is up"
        measure = Measure("replicas not up", "replicas", len(away), 1, service.replicas)
        name = service.name
        notice = Notice(
            self.TOPIC, name, severity, title, states, "service", name, measure, _REPLICA_RULE
        )
        self._book.tell(notice, change.time_ns)


class QueueWatch:
    """One alert for each service before which a long queue stands; judged as the map judges it."""

    TOPIC: Final = "QUEUE"

    def __init__(self, book: AlarmBook, scene: Scene) -> None:
        self._book, self._services = book, scene.bank.services
        limits = np.array([_limits(service) for service in self._services])
        self._long, self._full = limits[:, 0], limits[:, 1]
        self._latches = [Latch(ON_S, OFF_S) for _ in self._services]
        self._longest: dict[int, int] = {}

    def watch(self, batch: TraceBatch) -> None:
        """Look at the newest reading of the gauges."""
        gauges = batch.gauges
        if not rows_in(gauges):
            return
        newest = gauges["time_ns"] == gauges["time_ns"][-1]
        lengths = np.bincount(
            gauges["service"][newest], gauges["queue_length"][newest], len(self._services)
        )
        for place in np.flatnonzero(lengths >= self._long).tolist():
            self._longest.setdefault(place, 0)
        for place in sorted(self._longest):
            self._judge(place, int(lengths[place]), batch.end_ns)

    def _judge(self, place: int, length: int, now_ns: int) -> None:
        service, long = self._services[place], self._long[place]
        longest = self._longest[place] = max(self._longest[place], length)
        if self._latches[place].step(now_ns, bad=length >= long, well=length < long / 2):
            if length >= long:
                self._book.tell(self._notice(place, length), now_ns)
        elif length < long / 2:
            self._book.end(self.TOPIC, service.name, now_ns, f"up to {longest:,} waited")
            del self._longest[place]

    def _notice(self, place: int, length: int) -> Notice:
        service, full = self._services[place], length >= self._full[place]
        severity: State = "critical" if full else "warn"
        capped = service.queue_cap >= 0
        room = f"room for {_room(service):,}" if capped else f"{_hands(service)} workers"
        word = "full" if full and capped else "long"
        return Notice(
            self.TOPIC,
            service.name,
            severity,
            f"Queue {word} before {_label(service)}",
            f"{length:,} waiting, {room}",
            "service",
            service.name,
            Measure("queue", "waiting", length, self._long[place], self._full[place]),
            _QUEUE_RULE,
        )


def _limits(service: Service) -> tuple[float, float]:
    """Return from how many waiting a queue is long, and from how many it is full."""
    capped = service.queue_cap >= 0
    (long, full), unit = (
        (QUEUE_OF_CAP, _room(service)) if capped else (QUEUE_PER_WORKER, _hands(service))
    )
    return max(1.0, long * unit), max(1.0, full * unit)


def _room(service: Service) -> int:
    queues = 1 if service.balancing == Balancing.SHARED else service.replicas
    return service.queue_cap * queues


def _hands(service: Service) -> int:
    return service.workers * service.replicas


def _label(service: Service) -> str:
    return service.label or service.name
