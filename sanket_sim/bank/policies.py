"""What a caller does around a call: time-outs, retries, budgets, breakers, bulkheads, fallbacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from sanket_sim.core.outcomes import Outcome


class RetryKind(IntEnum):
    """Whose law gives the delay before the next attempt."""

    NONE = 0
    GRPC = 1
    ENVOY = 2
    AWS = 3
    FIXED = 4
    BACKOFF = 5


class Jitter(IntEnum):
    """How a back-off delay is blurred (AWS architecture blog)."""

    NONE = 0
    FULL = 1
    EQUAL = 2
    DECORRELATED = 3


@dataclass(frozen=True, slots=True)
class Retry:
    """When and how soon a failed attempt is repeated; one attempt means no retry."""

    kind: RetryKind = RetryKind.NONE
    attempts: int = 1
    initial_ns: int = 0
    max_ns: int = 0
    multiplier: float = 2.0
    jitter: Jitter = Jitter.NONE
    codes: frozenset[Outcome] = frozenset()


class BudgetKind(IntEnum):
    """Which accountant may forbid a retry."""

    NONE = 0
    GRPC = 1
    FINAGLE = 2
    TOKEN = 3
    AWS = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """A retry budget, kept per edge."""

    kind: BudgetKind = BudgetKind.NONE
    capacity: float = 0.0
    """Most tokens (grpc 10, token 100, aws 500)."""
    deposit: float = 0.0
    """What a success adds (grpc .1, token .1, aws 1); for finagle the share of calls (.2)."""
    cost: float = 1.0
    """What a retry (grpc: a failure) takes (aws 14)."""
    floor_per_s: float = 0.0
    """Finagle: retries per second always allowed."""
    ttl_ns: int = 10_000_000_000
    """Finagle: how long a deposit lives."""


class BreakerKind(IntEnum):
    """What a breaker's window counts."""

    NONE = 0
    COUNT_WINDOW = 1
    TIME_WINDOW = 2


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit breaker, kept per edge (resilience4j and Hystrix)."""

    kind: BreakerKind = BreakerKind.NONE
    window_calls: int = 100
    window_ns: int = 10_000_000_000
    minimum_calls: int = 100
    failure_share: float = 0.5
    open_ns: int = 60_000_000_000
    half_open_calls: int = 10
    slow_ns: int = 0
    """Calls at least this long are slow; 0: slowness does not count."""
    slow_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Bulkhead:
    """Most calls at once on an edge; `calls` 0 means none set."""

    calls: int = 0
    wait_ns: int = 0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A token bucket in front of an edge; `rate_per_s` 0 means none set."""

    rate_per_s: float = 0.0
    burst: float = 1.0


class Fallback(IntEnum):
    """What a caller does when a call has failed for good."""

    NONE = 0
    STATIC = 1
    """Go on without the answer."""
    APPROVE = 2
    """Fail-open: take the missing decision as a yes."""
    DECLINE = 3
    """Fail-closed: take it as a business no."""
    STAND_IN = 4
    """Let the caller's own stand-in processing decide, up to its limit."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a caller does around a call (page 2); the default does nothing but time out."""

    timeout_ns: int = 1_000_000_000
    """Per attempt; 0: waits for ever."""
    deadline_ns: int = 0
    """For the whole call, retries included; 0: none."""
    propagate_deadline: bool = False
    cancel_on_timeout: bool = False
    retry: Retry = Retry()
    budget: Budget = Budget()
    breaker: Breaker = Breaker()
    bulkhead: Bulkhead = Bulkhead()
    rate_limit: RateLimit = RateLimit()
    fallback: Fallback = Fallback.NONE


NO_POLICY = Policy()
"""A time-out, and nothing else."""


def with_setting(record: Any, path: str, value: Any) -> Any:
    """Return a policy, or a part of one, with one of its settings replaced.

    Parameters
    ----------
    record : Policy or a part of it
        Stays as it is.
    path : str
        Field names with dots between them.
    value : object
        As the field keeps it.

    Examples
    --------
    >>> with_setting(NO_POLICY, "retry.attempts", 5).retry.attempts
    5
    """
    field, _, rest = path.partition(".")
    new = with_setting(getattr(record, field), rest, value) if rest else value
    return replace(record, **{field: new})
