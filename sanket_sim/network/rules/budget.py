"""Retry budgets: who may still retry when everything fails."""

from __future__ import annotations

NONE, GRPC, FINAGLE, TOKEN, AWS = range(5)


def may_retry(kind: int, tokens: float, capacity: float, cost: float) -> bool:
    """Say whether the budget lets one more retry go.

    grpc: only while tokens > capacity / 2; token and aws: while the cost is there; finagle: while
    the balance holds one.

    Examples
    --------
    >>> may_retry(GRPC, 5.0, 10.0, 1.0), may_retry(AWS, 14.0, 500.0, 14.0)
    (False, True)

    References
    ----------
    gRPC A6; botocore ``StandardRetryQuota``; Finagle ``RetryBudget``; Brooker 2022.
    """
    if kind == NONE:
        return True
    if kind == GRPC:
        return tokens > 0.5 * capacity
    return tokens >= cost


def after_failure(kind: int, tokens: float, cost: float) -> float:
    """Return the tokens after an attempt that may be retried; only gRPC counts failures at all."""
    return max(0.0, tokens - cost) if kind == GRPC else tokens


def after_retry(kind: int, tokens: float, cost: float) -> float:
    """Return the tokens once a retry has been let go; gRPC has already paid at the failure."""
    return tokens if kind in (NONE, GRPC) else tokens - cost


def after_success(
    kind: int, tokens: float, capacity: float, deposit: float, cost: float, retried: bool
) -> float:
    """Return the tokens after a success; aws gives a retry's cost back, else adds the deposit.

    Examples
    --------
    >>> after_success(AWS, 400.0, 500.0, 1.0, 14.0, True)
    414.0
    """
    if kind == NONE:
        return tokens
    gain = cost if kind == AWS and retried else deposit
    return min(capacity, tokens + gain)
