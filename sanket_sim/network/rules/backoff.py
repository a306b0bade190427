"""How long a caller waits before it tries again."""

from __future__ import annotations

NONE, GRPC, ENVOY, AWS, FIXED, BACKOFF = range(6)
NO_JITTER, FULL, EQUAL, DECORRELATED = range(4)


def capped_ns(raw_ns: float, max_ns: int) -> int:
    """Return whole nanoseconds, at most `max_ns`; compared before it is cut, for an int64's sake.

    Examples
    --------
    >>> capped_ns(12.7, 100), capped_ns(1e30, 100)
    (12, 100)
    """
    return max_ns if raw_ns > max_ns else int(raw_ns)


def exponential_ns(initial_ns: int, max_ns: int, multiplier: float, retry: int) -> int:
    """Return the unblurred delay before the `retry`-th retry (1, 2, ...), capped at `max_ns`.

    Examples
    --------
    >>> [exponential_ns(100, 1000, 2.0, n) for n in (1, 2, 5)]
    [100, 200, 1000]
    """
    return capped_ns(initial_ns * multiplier ** min(retry - 1, 62), max_ns)


def jittered_ns(
    delay_ns: int, previous_ns: int, initial_ns: int, max_ns: int, jitter: int, u: float
) -> int:
    """Blur a delay: full U(0, v), equal v/2 + U(0, v/2), decorrelated min(cap, U(base, 3 prev)).

    References
    ----------
    Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    if jitter == FULL:
        return int(delay_ns * u)
    if jitter == EQUAL:
        return int(delay_ns * (0.5 + 0.5 * u))
    if jitter == DECORRELATED:
        spread_ns = 3 * max(previous_ns, initial_ns) - initial_ns
        return min(max_ns, int(initial_ns + spread_ns * u))
    return delay_ns


def retry_delay_ns(
    kind: int,
    retry: int,
    initial_ns: int,
    max_ns: int,
    multiplier: float,
    jitter: int,
    previous_ns: int,
    u: float,
) -> int:
    """Return the delay before the `retry`-th retry under a named stack's law.

    Parameters
    ----------
    kind : int
        `RetryKind`: grpc U(0, min(initial mult^(n-1), max)); envoy U[0, (2^n - 1) base) capped;
        aws U(0, 1) min(base 2^i, cap) with i = n - 1, as botocore counts; fixed; back-off with a
        chosen jitter.
    retry : int
        1 for the first retry.
    previous_ns : int
        Delay before the previous retry (decorrelated jitter), 0 at first: then the base counts.
    u : float
        A keyed uniform draw.

    Examples
    --------
    >>> retry_delay_ns(GRPC, 2, 100, 1000, 2.0, NO_JITTER, 0, 0.5)
    100
    >>> retry_delay_ns(FIXED, 3, 500, 500, 1.0, NO_JITTER, 0, 0.5)
    500
    >>> [retry_delay_ns(AWS, n, 50, 20_000, 2.0, NO_JITTER, 0, 0.5) for n in (1, 2, 3)]
    [25, 50, 100]
    >>> retry_delay_ns(BACKOFF, 1, 100, 1000, 2.0, DECORRELATED, 0, 0.5)
    200

    References
    ----------
    gRPC proposal A6; Envoy router ``x-envoy-max-retries``; botocore standard retry mode.
    """
    if kind == GRPC:
        return int(u * exponential_ns(initial_ns, max_ns, multiplier, retry))
    if kind == ENVOY:
        return capped_ns(u * (2.0 ** min(retry, 62) - 1.0) * initial_ns, max_ns)
    if kind == AWS:
        return int(u * exponential_ns(initial_ns, max_ns, 2.0, retry))
    if kind == FIXED:
        return initial_ns
    delay_ns = exponential_ns(initial_ns, max_ns, multiplier, retry)
    return jittered_ns(delay_ns, previous_ns, initial_ns, max_ns, jitter, u)
