"""Time under faults, deadlines and admission."""

from __future__ import annotations


def service_time_ns(drawn_ns: int, extra_ns: int, speed: float) -> int:
    """Return how long a worker is held: the drawn time and a fault's extra, at the replica's speed.

    Examples
    --------
    >>> service_time_ns(1000, 0, 1.0), service_time_ns(1000, 500, 0.5)
    (1000, 2500)
    """
    if speed == 1.0:
        return drawn_ns + extra_ns
    return int(drawn_ns / speed) + extra_ns


def strikes(probability: float, u: float) -> bool:
    """Say whether a fault of this probability hits; 0 never, 1 always."""
    return u < probability


def child_deadline_ns(own_ns: int, parent_ns: int, network_ns: int) -> int:
    """Return the instant by which a nested call must be done; 0 means no deadline.

    Examples
    --------
    >>> child_deadline_ns(0, 900, 100), child_deadline_ns(700, 900, 100), child_deadline_ns(0, 0, 5)
    (800, 700, 0)
    """
    if parent_ns == 0:
        return own_ns
    inherited_ns = parent_ns - network_ns
    return inherited_ns if own_ns == 0 or inherited_ns < own_ns else own_ns


def patience_ns(timeout_ns: int, deadline_ns: int, now_ns: int) -> int:
    """Return how long the caller waits for this attempt; 0: for ever.

    Examples
    --------
    >>> patience_ns(1000, 0, 50), patience_ns(1000, 500, 50), patience_ns(0, 0, 50)
    (1000, 450, 0)
    """
    if deadline_ns == 0:
        return timeout_ns
    left_ns = max(1, deadline_ns - now_ns)
    return left_ns if timeout_ns == 0 or left_ns < timeout_ns else timeout_ns


def admits(waiting: int, queue_cap: int) -> bool:
    """Say whether a queue takes one more; cap -1 is no cap.

    Examples
    --------
    >>> admits(5, 5), admits(4, 5), admits(10**6, -1)
    (False, True, True)
    """
    return queue_cap < 0 or waiting < queue_cap


def refilled(tokens: float, burst: float, rate_per_s: float, elapsed_ns: int) -> float:
    """Return a token bucket's content after `elapsed_ns`.

    Examples
    --------
    >>> refilled(0.0, 5.0, 2.0, 1_000_000_000)
    2.0
    """
    return min(burst, tokens + rate_per_s * elapsed_ns * 1e-9)


def poll_epoch(now_ns: int, poll_ns: int) -> int:
    """Return the number of the last poll at or before now.

    Examples
    --------
    >>> poll_epoch(250, 100)
    2
    """
    return now_ns // poll_ns
