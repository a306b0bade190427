"""Circuit breakers: when a caller stops asking, and when it dares again."""

from __future__ import annotations

CLOSED, OPEN, HALF_OPEN = range(3)


def trips(
    calls: int,
    failures: int,
    slow: int,
    minimum_calls: int,
    failure_share: float,
    slow_share: float,
    counts_slow: bool,
) -> bool:
    """Say whether a window of results opens the breaker.

    Examples
    --------
    >>> trips(99, 99, 0, 100, 0.5, 1.0, False), trips(100, 50, 0, 100, 0.5, 1.0, False)
    (False, True)

    References
    ----------
    resilience4j ``CircuitBreakerConfig``: at least ``minimumNumberOfCalls``, share >= threshold.
    """
    if calls < minimum_calls or calls == 0:
        return False
    if failures >= failure_share * calls:
        return True
    return counts_slow and slow >= slow_share * calls


def after_probe(
    results: int,
    failures: int,
    slow: int,
    permitted: int,
    failure_share: float,
    slow_share: float,
    counts_slow: bool,
) -> int:
    """Return the state once `results` of the `permitted` half-open calls are in.

    Examples
    --------
    >>> after_probe(9, 9, 0, 10, 0.5, 1.0, False) == HALF_OPEN
    True
    >>> after_probe(10, 4, 0, 10, 0.5, 1.0, False) == CLOSED
    True
    """
    if results < permitted:
        return HALF_OPEN
    tripped = trips(results, failures, slow, 1, failure_share, slow_share, counts_slow)
    return OPEN if tripped else CLOSED


def admits(
    state: int, now_ns: int, opened_ns: int, open_ns: int, begun: int, permitted: int
) -> int:
    """Return the state in which a call may go now, or -1 if the breaker refuses it.

    `begun` counts the half-open calls already let through.

    Examples
    --------
    >>> admits(OPEN, 59, 0, 60, 0, 10), admits(OPEN, 60, 0, 60, 0, 10) == HALF_OPEN
    (-1, True)
    """
    if state == CLOSED:
        return CLOSED
    if state == OPEN:
        return HALF_OPEN if now_ns - opened_ns >= open_ns else -1
    return HALF_OPEN if begun < permitted else -1
