"""The caller's side of an edge: its gates (limiter, bulkhead, breaker) and its retry budget."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from sanket_sim.bank.description import Bank, Edge, Effect
from sanket_sim.bank.policies import (
    Breaker,
    BreakerKind,
    Budget,
    BudgetKind,
    Policy,
    RateLimit,
    RetryKind,
)
from sanket_sim.bank.reach import Reach
from sanket_sim.network.loop import Occurrence
from sanket_sim.network.rules import breaker as breaker_rules
from sanket_sim.network.rules import budget as budget_rules
from sanket_sim.network.rules import timing

if TYPE_CHECKING:
    from sanket_sim.network.rows import FaultEffect

POSTS = frozenset({Effect.TRANSFER, Effect.DEBIT})
"""Commits that move money which nothing has reserved."""
FIRST_MOVES = POSTS | {Effect.HOLD}
STATE_NAMES = ("closed", "open", "half_open")


class RetryBudget:
    """Tokens that retries cost, by the rules of `rules.budget`."""

    __slots__ = ("events", "policy", "tokens")

    def __init__(self, policy: Budget) -> None:
        self.policy = policy
        self.tokens = policy.capacity
        self.events: deque[tuple[int, float]] = deque()
        if policy.kind == BudgetKind.FINAGLE:
            self.tokens = policy.floor_per_s * policy.ttl_ns * 1e-9

    def take(self, now_ns: int) -> bool:
        """Pay for one retry if the budget allows it."""
        policy = self.policy
        self._expire(now_ns)
        if not budget_rules.may_retry(policy.kind, self.tokens, policy.capacity, policy.cost):
            return False
        if policy.kind == BudgetKind.FINAGLE:
            self._enter(now_ns, -policy.cost)
        else:
            self.tokens = budget_rules.after_retry(policy.kind, self.tokens, policy.cost)
        return True

    def see_call(self, now_ns: int) -> None:
        """Take note of a first attempt; Finagle earns by calls."""
        if self.policy.kind == BudgetKind.FINAGLE:
            self._expire(now_ns)
            self._enter(now_ns, self.policy.deposit)

    def see_failure(self) -> None:
        """Take note of an attempt that failed with a code that may be retried (gRPC A6)."""
        policy = self.policy
        self.tokens = budget_rules.after_failure(policy.kind, self.tokens, policy.cost)

    def see_success(self, retried: bool) -> None:
        """Take note of a success, of a first attempt or of a retry."""
        policy = self.policy
        if policy.kind != BudgetKind.FINAGLE:
            self.tokens = budget_rules.after_success(
                policy.kind, self.tokens, policy.capacity, policy.deposit, policy.cost, retried
            )

    def _enter(self, now_ns: int, tokens: float) -> None:
        self.tokens += tokens
        self.events.append((now_ns, tokens))

    def _expire(self, now_ns: int) -> None:
        oldest_ns = now_ns - self.policy.ttl_ns
        while self.events and self.events[0][0] < oldest_ns:
            self.tokens -= self.events.popleft()[1]


class BreakerRow:
    """A circuit breaker at run time: its window of results and its state."""

    __slots__ = (
        "begun",
        "era",
        "failures",
        "opened_ns",
        "policy",
        "results",
        "slow",
        "state",
        "window",
    )

    def __init__(self, policy: Breaker) -> None:
        self.policy = policy
        self.opened_ns = 0
        self.era = 0
        self._enter(breaker_rules.CLOSED)

    def _enter(self, state: int) -> None:
        """Begin a new era: earlier calls no longer count, whatever becomes of them."""
        self.state = state
        self.era += 1
        self.window: deque[tuple[int, bool, bool]] = deque()
        self.results = self.failures = self.slow = self.begun = 0

    def admit(self, now_ns: int) -> int:
        """Return the ticket (the era) of a call that may go now, 0 if it may not.

        May turn an open breaker half-open.
        """
        policy = self.policy
        state = breaker_rules.admits(
            self.state, now_ns, self.opened_ns, policy.open_ns, self.begun, policy.half_open_calls
        )
        if state < 0:
            return 0
        if state != self.state:
            self._enter(state)
        self.begun += state == breaker_rules.HALF_OPEN
        return self.era

    def forget(self, ticket: int) -> None:
        """Give the place of a call back that was cancelled: another may probe instead."""
        if ticket == self.era and self.state == breaker_rules.HALF_OPEN:
            self.begun -= 1

    def see(self, now_ns: int, failed: bool, slow: bool, ticket: int) -> None:
        """Take note of a result; results of calls from an earlier era do not count."""
        if ticket != self.era:
            return
        self.results += 1
        self.failures += failed
        self.slow += slow
        if self.state == breaker_rules.HALF_OPEN:
            self._judge_probes(now_ns)
        else:
            self.window.append((now_ns, failed, slow))
            self._slide(now_ns)
            self._judge_window(now_ns)

    def _slide(self, now_ns: int) -> None:
        policy, window = self.policy, self.window
        if policy.kind == BreakerKind.COUNT_WINDOW:
            while len(window) > policy.window_calls:
                self._forget(window.popleft())
        else:
            while window and window[0][0] <= now_ns - policy.window_ns:
                self._forget(window.popleft())

    def _forget(self, entry: tuple[int, bool, bool]) -> None:
        self.results -= 1
        self.failures -= entry[1]
        self.slow -= entry[2]

    def _judge_window(self, now_ns: int) -> None:
        policy = self.policy
        if breaker_rules.trips(
            self.results,
            self.failures,
            self.slow,
            policy.minimum_calls,
            policy.failure_share,
            policy.slow_share,
            policy.slow_ns > 0,
        ):
            self._open(now_ns)

    def _judge_probes(self, now_ns: int) -> None:
        policy = self.policy
        state = breaker_rules.after_probe(
            self.results,
            self.failures,
            self.slow,
            policy.half_open_calls,
            policy.failure_share,
            policy.slow_share,
            policy.slow_ns > 0,
        )
        if state == breaker_rules.OPEN:
            self._open(now_ns)
        elif state == breaker_rules.CLOSED:
            self._enter(state)

    def _open(self, now_ns: int) -> None:
        self._enter(breaker_rules.OPEN)
        self.opened_ns = now_ns


class TimeoutLane(Occurrence):
    """Attempts in the order in which their caller's patience ends.

    One policy gives all attempts the same time, so whoever was sent first expires first, and one
    occurrence serves them all: most have been answered when it comes by.
    """

    __slots__ = ("armed", "expiries")

    def __init__(self) -> None:
        self.expiries: deque[tuple[int, Any]] = deque()
        self.armed = False


class EdgeRow:
    """An edge at run time: the policy in force, resolved to plain fields, and its state."""

    __slots__ = (
        "active",
        "admitting",
        "breaker",
        "budget",
        "bulkhead_line",
        "callee",
        "caller",
        "cancel",
        "captures_below",
        "codes",
        "decides_fraud",
        "delay_law",
        "delay_ns",
        "description",
        "faults",
        "gated",
        "holds",
        "index",
        "lane",
        "limit_seen_ns",
        "limit_tokens",
        "moves_money",
        "operation",
        "operation_index",
        "policy",
        "posts",
        "posts_below",
        "propagates",
        "pushes",
        "retries",
        "timeout_ns",
        "undoes",
    )

    def __init__(self, index: int, edge: Edge, bank: Bank, reach: Reach) -> None:
        self.index = index
        self.description = edge
        self.caller = edge.caller
        self.operation_index = edge.operation
        self.operation = bank.operations[edge.operation]
        self.callee = self.operation.service
        own, below = reach.own[edge.operation], reach.below[edge.operation]
        self.decides_fraud = Effect.CHECK_FRAUD in own
        self.undoes = any(step.undo >= 0 for step in self.operation.steps)
        self.posts = not own.isdisjoint(FIRST_MOVES)
        self.holds = Effect.HOLD in own
        self.posts_below = not below.isdisjoint(POSTS)
        self.captures_below = Effect.CAPTURE in below
        self.moves_money = self.posts_below or self.captures_below
        self.delay_law = None if _is_constant(edge.delay) else edge.delay
        self.delay_ns = edge.delay.ns(0.5) if edge.delay and self.delay_law is None else 0
        self.faults: list[FaultEffect] = []
        self.active = 0
        self.admitting = False
        self.bulkhead_line: deque[Any] = deque()
        self.pushes: dict[int, dict[str, Any]] = {}
        self.budget: RetryBudget | None = None
        self.breaker: BreakerRow | None = None
        self.limit_tokens, self.limit_seen_ns = edge.policy.rate_limit.burst, 0
        self.policy = Policy()
        self.set_policy(edge.policy)

    def set_policy(self, policy: Policy) -> None:
        """Put a policy in force; the state of what changes with it starts afresh."""
        before, self.policy = self.policy, policy
        self.timeout_ns = policy.timeout_ns
        self.lane = TimeoutLane()
        self.cancel = policy.cancel_on_timeout
        self.propagates = policy.propagate_deadline
        self.retries = policy.retry.kind != RetryKind.NONE and policy.retry.attempts > 1
        self.codes = frozenset(int(code) for code in policy.retry.codes)
        if policy.budget != before.budget:
            self.budget = RetryBudget(policy.budget) if policy.budget.kind else None
        if policy.breaker != before.breaker:
            self.breaker = BreakerRow(policy.breaker) if policy.breaker.kind else None
        if policy.rate_limit != before.rate_limit:
            self.limit_tokens, self.limit_seen_ns = policy.rate_limit.burst, 0
        self.gated = bool(
            policy.rate_limit.rate_per_s > 0 or policy.bulkhead.calls > 0 or self.breaker
        )

    def within_rate(self, now_ns: int) -> bool:
        """Take a token of the rate limiter if there is one (or no limiter at all)."""
        limit: RateLimit = self.policy.rate_limit
        if limit.rate_per_s <= 0:
            return True
        self.limit_tokens = timing.refilled(
            self.limit_tokens, limit.burst, limit.rate_per_s, now_ns - self.limit_seen_ns
        )
        self.limit_seen_ns = now_ns
        if self.limit_tokens < 1.0:
            return False
        self.limit_tokens -= 1.0
        return True

    @property
    def has_room(self) -> bool:
        """Whether the bulkhead, if there is one, lets one more call through."""
        calls = self.policy.bulkhead.calls
        return calls == 0 or self.active < calls


def _is_constant(law: Any) -> bool:
    return law is None or (law.variance_s2 == 0.0 and law.ns(0.1) == law.ns(0.9))
