"""What a service on the map is judged by, and how: symptom by symptom, and all in all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sanket_sim.bank.health import (
    ERROR_SHARE,
    LATENCY,
    LEAK_SHARE,
    QUEUE_OF_CAP,
    QUEUE_PER_WORKER,
    UTILISATION,
    worst,
)
from sanket_sim.live.frames import Judged, State


@dataclass(frozen=True, slots=True)
class Symptoms:
    """What a service's state is judged by.

    Parameters
    ----------
    attempts : int
        Upon it in the window.
    utilisation, error_share, retry_share, timeout_share, leak_share : float
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
    retry_share: float = 0.0
    timeout_share: float = 0.0


def judged(seen: Symptoms) -> Judged:
    """Judge each figure of a service by itself.

    Examples
    --------
    >>> calm = Symptoms(90, 0.4, 0.2, 0.06, 0.0, 0, 100, 8, 2, 2, "closed")
    >>> told = judged(calm)
    >>> told.errors, told.leaks
    ('warn', 'ok')
    """
    capped = seen.queue_cap >= 0
    room, limits = (seen.queue_cap, QUEUE_OF_CAP) if capped else (seen.workers, QUEUE_PER_WORKER)
    return Judged(
        utilisation=UTILISATION.judge(seen.utilisation),
        latency=LATENCY.judge(seen.p99_share),
        errors=ERROR_SHARE.judge(seen.error_share),
        retries=ERROR_SHARE.judge(seen.retry_share),
        timeouts=ERROR_SHARE.judge(seen.timeout_share),
        leaks=LEAK_SHARE.judge(seen.leak_share),
        queue=limits.judge(seen.queue / max(room, 1)),
    )


def state_of(seen: Symptoms) -> State:
    """Return the worst that any symptom says; idle where nothing is asked and nothing is wrong.

    Retries are a remedy, and time-outs are errors: neither makes a service worse by itself.

    Examples
    --------
    >>> calm = Symptoms(90, 0.4, 0.2, 0.0, 0.0, 0, 100, 8, 2, 2, "closed")
    >>> from dataclasses import replace
    >>> state_of(calm), state_of(replace(calm, up=1)), state_of(replace(calm, breaker="open"))
    ('ok', 'warn', 'critical')
    """
    said = worst(_states(seen))
    return "idle" if said == "ok" and not seen.attempts else said


def _states(seen: Symptoms) -> Iterator[State]:
    figures = judged(seen)
    yield from (figures.utilisation, figures.latency, figures.errors, figures.leaks, figures.queue)
    if seen.up < seen.replicas:
        yield "warn" if seen.up else "critical"
    if seen.breaker in ("open", "half_open"):
        yield "critical" if seen.breaker == "open" else "warn"
