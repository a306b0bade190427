"""The service inspector: how one service fares, what it owes its callers, what can befall it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sanket_sim.bank.description import Edge
from sanket_sim.core.outcomes import Outcome
from sanket_sim.live.frames import Changed, Disturbance, ServiceNow
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.inspection.policies import policy_in_words
from sanket_sim.live.picture import Picture
from sanket_sim.live.services.bottlenecks import Bottleneck
from sanket_sim.live.services.breakers import Change
from sanket_sim.live.services.hop_counts import Attempts
from sanket_sim.live.services.latencies import quantiles_ms
from sanket_sim.live.services.leaking_operations import Leaking
from sanket_sim.live.services.service_map import SHARES
from sanket_sim.live.services.service_past import Past
from sanket_sim.live.wording import failure_in_words


@dataclass(frozen=True, slots=True)
class Percentiles:
    """How long callers waited [ms]; None where nobody did."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How often attempts ended in one way.

    Parameters
    ----------
    outcome, words : str
    lately, since_start : int
        In the window, and in all.
    """

    outcome: str
    words: str
    lately: int
    since_start: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Attempts upon a service."""

    attempts: int
    retries: int
    timeouts: int
    failed: int


@dataclass(frozen=True, slots=True)
class EdgePolicy:
    """What is agreed on one edge, and how its breaker stands.

    Parameters
    ----------
    edge : str
    incoming : bool
        Whether it leads to the service; else from it.
    policy : tuple of str
        In words, as it is in force now.
    breaker : str
        Its state, empty without one.
    """

    edge: str
    incoming: bool
    policy: tuple[str, ...]
    breaker: str


@dataclass(frozen=True, slots=True)
class ServiceDetail:
    """Everything about one service.

    Parameters
    ----------
    now : ServiceNow
        As on the map.
    window, since_start : Percentiles
    lately, total : Totals
        In the window, and since the start.
    endings : tuple of Ending
        Most frequent first.
    replica_utilisation : tuple of float
        Of each replica, at the last reading.
    workers, queue_cap : int
        Of one replica; and of a queue, -1: no cap.
    edges : tuple of EdgePolicy
    breaker_log : tuple of Change
        On the edges to it, newest first.
    leaking : tuple of Leaking
        Where the leaks that it is to blame for have come from since the warm-up, most first.
    in_force : tuple of Changed
        What is otherwise now than the bank has it: of the service and its edges, and controls.
    faults : tuple of Disturbance
        Upon it and its edges, past, present and planned.
    past : Past
    rank : int
        Its place among the bottlenecks, from 1; 0: it is none. When customers have stopped
        arriving, 1 for the one that the tile names, if any leaked.
    bottlenecks : tuple of Bottleneck
        Of the window.
    """

    now: ServiceNow
    window: Percentiles
    since_start: Percentiles
    lately: Totals
    total: Totals
    endings: tuple[Ending, ...]
    replica_utilisation: tuple[float, ...]
    workers: int
    queue_cap: int
    edges: tuple[EdgePolicy, ...]
    breaker_log: tuple[Change, ...]
    leaking: tuple[Leaking, ...]
    in_force: tuple[Changed, ...]
    faults: tuple[Disturbance, ...]
    past: Past
    rank: int
    bottlenecks: tuple[Bottleneck, ...]


def inspect_service(picture: Picture, key: str) -> ServiceDetail:
    """Return everything about one service.

    Raises
    ------
    Missing
        If the bank has no such service.
    """
    bank, services = picture.in_force.bank, picture.services
    names = [service.name for service in bank.services]
    if key not in names:
        raise Missing(f"service {key}")
    place = names.index(key)
    lately, ever = services.hops.of_services(), services.hops.of_services(since_start=True)
    bottlenecks = services.bottlenecks()
    return ServiceDetail(
        now=services.service(place),
        window=Percentiles(*quantiles_ms(services.hops.waits(), SHARES)[place]),
        since_start=Percentiles(
            *quantiles_ms(services.hops.waits(since_start=True), SHARES)[place]
        ),
        lately=_totals(lately, place),
        total=_totals(ever, place),
        endings=tuple(_endings(lately, ever, place)),
        replica_utilisation=tuple(services.stations.shares(place)),
        workers=bank.services[place].workers,
        queue_cap=bank.services[place].queue_cap,
        edges=tuple(_edges(picture, place)),
        breaker_log=tuple(services.breakers.log(services.edges_to(place))),
        leaking=tuple(picture.leaking.of(place)),
        in_force=tuple(one for one in picture.in_force.changes if _concerns(one, key)),
        faults=tuple(one for one in picture.timeline.disturbances if _upon(one, key)),
        past=services.past.of(place),
        rank=_rank(picture, key, bottlenecks),
        bottlenecks=bottlenecks,
    )


def _rank(picture: Picture, key: str, bottlenecks: Sequence[Bottleneck]) -> int:
    now = picture.meters.now
    if now.over:
        return int(now.audited and now.bottleneck == key)
    names = [one.name for one in bottlenecks]
    return names.index(key) + 1 if key in names else 0


def _totals(attempts: Attempts, place: int) -> Totals:
    columns = attempts.total, attempts.retries, attempts.timed_out, attempts.failed
    return Totals(*(int(column[place]) for column in columns))


def _endings(lately: Attempts, ever: Attempts, place: int) -> Iterator[Ending]:
    counts = ever.ends[place]
    for code in np.argsort(-counts, kind="stable").tolist():
        if counts[code]:
            name = Outcome(code).name
            recent = int(lately.ends[place, code])
            yield Ending(name, failure_in_words(name), recent, int(counts[code]))


def _edges(picture: Picture, place: int) -> Iterator[EdgePolicy]:
    """Yield the edges to a service, then those from it."""
    bank = picture.in_force.bank
    for edge in bank.edges:
        if bank.operations[edge.operation].service == place:
            yield edge_policy(picture, edge, incoming=True)
    for edge in bank.edges:
        if edge.caller == place:
            yield edge_policy(picture, edge, incoming=False)


def edge_policy(picture: Picture, edge: Edge, *, incoming: bool) -> EdgePolicy:
    """Return what is agreed on an edge, and how its breaker stands."""
    words, breaker = policy_in_words(edge.policy), picture.services.breakers.state(edge.name)
    return EdgePolicy(edge.name, incoming, words, breaker)


def _concerns(change: Changed, service: str) -> bool:
    """Say whether a change is one of a service, of an edge of it, or of the bank's controls."""
    return not change.target or touches(change.target, service)


def _upon(disturbance: Disturbance, service: str) -> bool:
    """Say whether a disturbance strikes a service, one of its operations, or an edge of it."""
    return touches(disturbance.target, service)


def touches(target: str, service: str) -> bool:
    """Say whether a target is a service, one of its operations, or an edge of it."""
    ends = target.split("->")
    return service in (end.partition(".")[0] for end in ends)
