"""When a service on the map is amber and when it is red."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sanket_sim.live.frames import State

UTILISATION = (0.80, 0.95)
"""Above four fifths of all workers the wait in line grows steeply (M/M/c)."""
LATENCY = (0.75, 1.0)
"""Of the objective for a whole payment, which one service alone should not use up."""
ERROR_SHARE = (0.05, 0.20)
LEAK_SHARE = (0.005, 0.02)
QUEUE_OF_CAP = (0.5, 0.9)
QUEUE_PER_WORKER = (2.0, 10.0)
"""Where the queue has no cap: how many stand in line for each worker."""
_RANK: dict[State, int] = {"idle": 0, "ok": 1, "warn": 2, "critical": 3}


@dataclass(frozen=True, slots=True)
class Symptoms:
    """What a service's state is judged by.

    Parameters
    ----------
    attempts : int
        Upon it in the window.
    utilisation, error_share, leak_share : float
    p99_share : float
        Its 99th percentile as a share of the objective for a whole payment.
    queue, queue_cap, workers : int
        `queue_cap` -1: none.
    up, replicas : int
    breaker : str
        The worst on the ways to it.
    """

    attempts: int
    utilisation: float
    p99_share: float
    error_share: float
    leak_share: float
    queue: int
    queue_cap: int
    workers: int
    up: int
    replicas: int
    breaker: str


def state_of(seen: Symptoms) -> State:
    """Return the worst that any symptom says; idle where nothing is asked and nothing is wrong.

    Examples
    --------
    >>> calm = Symptoms(90, 0.4, 0.2, 0.0, 0.0, 0, 100, 8, 2, 2, "closed")
    >>> from dataclasses import replace
    >>> state_of(calm), state_of(replace(calm, up=1)), state_of(replace(calm, breaker="open"))
    ('ok', 'warn', 'critical')
    """
    return max(_states(seen), key=_RANK.__getitem__)


def _states(seen: Symptoms) -> Iterator[State]:
    yield "ok" if seen.attempts else "idle"
    yield _beyond(seen.utilisation, UTILISATION)
    yield _beyond(seen.p99_share, LATENCY)
    yield _beyond(seen.error_share, ERROR_SHARE)
    yield _beyond(seen.leak_share, LEAK_SHARE)
    if seen.queue_cap >= 0:
        yield _beyond(seen.queue / max(seen.queue_cap, 1), QUEUE_OF_CAP)
    else:
        yield _beyond(seen.queue / max(seen.workers, 1), QUEUE_PER_WORKER)
    if seen.up < seen.replicas:
        yield "warn" if seen.up else "critical"
    if seen.breaker in ("open", "half_open"):
        yield "critical" if seen.breaker == "open" else "warn"


def _beyond(value: float, thresholds: tuple[float, float]) -> State:
    """Say which of two thresholds a value has reached."""
    warn, critical = thresholds
    if value >= critical:
        return "critical"
    return "warn" if value >= warn else "idle"
