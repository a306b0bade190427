"""The service map."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.live.frames.standing import State


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a service: ``UP``, ``DOWN``, ``PAUSED``, ``STARTING``, ... and its load."""

    state: str
    busy: int
    workers: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The state of each figure of a service, judged where it is counted: pages only show it."""

    utilisation: State = "idle"
    latency: State = "idle"
    errors: State = "idle"
    retries: State = "idle"
    timeouts: State = "idle"
    leaks: State = "idle"
    queue: State = "idle"


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """One service on the map.

    Parameters
    ----------
    name, label : str
    x, y : float
        Grid coordinates: columns from the left, rows from the top.
    state : State
    replicas : tuple of Replica
    rate_per_s : float
        Attempts answered.
    p50_ms, p95_ms, p99_ms : float or None
        Of the time its callers waited for it.
    utilisation : float
        Busy workers as a share of all.
    queue : int
    error_share, retry_share, timeout_share : float
        Of the attempts upon it.
    leak_share : float
        Leaks whose root it is, as a share of the intents that ended in the window: the heat. When
        customers have stopped arriving, of all that were submitted since the warm-up.
    leaked : int
        Such leaks since the warm-up, as the findings count them.
    leak_minor : int
        And its gross value, in the bank's first currency.
    breaker : str
        The worst of the breakers on edges to it: ``closed``, ``half_open`` or ``open``; "" none.
    power_w : float
    judged : Judged
    """

    name: str
    label: str
    x: float
    y: float
    state: State
    replicas: tuple[Replica, ...]
    rate_per_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    utilisation: float
    queue: int
    error_share: float
    retry_share: float
    timeout_share: float
    leak_share: float
    leaked: int
    leak_minor: int
    breaker: str
    power_w: float
    judged: Judged = Judged()


@dataclass(frozen=True, slots=True)
class EdgeNow:
    """All calls from one service to another (``client`` is the customers' devices).

    `state` is that of its errors, idle where nothing is called.
    """

    caller: str
    callee: str
    rate_per_s: float
    error_share: float
    retry_share: float
    breaker: str
    state: State = "idle"
