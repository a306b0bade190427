"""What a caller does around a call, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from sanket_sim.bank.policies import (
    Breaker,
    BreakerKind,
    BudgetKind,
    Fallback,
    Jitter,
    Policy,
    Retry,
    RetryKind,
)
from sanket_sim.core.units import format_duration
from sanket_sim.live.wording import failure_in_words

_FALLBACKS = {
    Fallback.STATIC: "goes on without the answer if the call fails",
    Fallback.APPROVE: "takes a missing decision for a yes (fail-open)",
    Fallback.DECLINE: "takes a missing decision for a no (fail-closed)",
    Fallback.STAND_IN: "decides by stand-in processing if the call fails",
}


def policy_in_words(policy: Policy) -> tuple[str, ...]:
    """Say what a caller does around a call.

    Examples
    --------
    >>> policy_in_words(Policy(timeout_ns=800_000_000, fallback=Fallback.APPROVE))
    ('waits 800ms', 'no retry', 'takes a missing decision for a yes (fail-open)')
    """
    return tuple(_said(policy))


def _said(policy: Policy) -> Iterator[str]:
    waits = f"waits {format_duration(policy.timeout_ns)}" if policy.timeout_ns else "waits for ever"
    yield waits + (", then cancels the work" if policy.cancel_on_timeout else "")
    if policy.deadline_ns:
        yield f"{format_duration(policy.deadline_ns)} for all attempts together"
    if policy.propagate_deadline:
        yield "hands its deadline on"
    yield _retries(policy.retry)
    if policy.budget.kind != BudgetKind.NONE:
        yield f"retry budget as in {policy.budget.kind.name.lower()}"
    if policy.breaker.kind != BreakerKind.NONE:
        yield _breaker(policy.breaker)
    if policy.bulkhead.calls:
        yield f"at most {policy.bulkhead.calls} calls at once"
    if policy.rate_limit.rate_per_s > 0:
        yield f"at most {policy.rate_limit.rate_per_s:g} calls a second"
    if policy.fallback != Fallback.NONE:
        yield _FALLBACKS[policy.fallback]


def _retries(retry: Retry) -> str:
    if retry.kind == RetryKind.NONE or retry.attempts <= 1:
        return "no retry"
    jitter = "" if retry.jitter == Jitter.NONE else f", {retry.jitter.name.lower()} jitter"
    first = format_duration(retry.initial_ns)
    upon = ", ".join(sorted(failure_in_words(code.name) for code in retry.codes))
    return f"up to {retry.attempts} attempts, first after {first}{jitter}" + (
        f", upon: {upon}" if upon else ""
    )


def _breaker(breaker: Breaker) -> str:
    if breaker.kind == BreakerKind.COUNT_WINDOW:
        window = f"{breaker.window_calls} calls"
    else:
        window = format_duration(breaker.window_ns)
    opened = format_duration(breaker.open_ns)
    return f"breaker opens for {opened} at {breaker.failure_share:.0%} failures in {window}"
