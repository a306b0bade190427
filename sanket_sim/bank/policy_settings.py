"""Callers' policies as users write them: presets by the names of the stacks people run.

Every policy is a table with a ``preset``, or the preset's bare name; keys beside the preset
replace its numbers. Settings hold every number, so that what is written back is explicit.

References
----------
gRPC proposal A6; botocore standard retry mode; resilience4j ``RetryConfig``,
``CircuitBreakerConfig``, ``BulkheadConfig``; Envoy router; Hystrix configuration; Finagle
``RetryBudget``; M. Brooker, "Fixing retries with token buckets and circuit breakers" (2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from sanket_sim.bank import policies
from sanket_sim.core.outcomes import Outcome
from sanket_sim.core.settings import DurationNs, RatePerS, Settings, Several, Share, nearest
from sanket_sim.core.units import format_duration, parse_duration_ns

INFRASTRUCTURE_FAILURES = (
    "UNAVAILABLE",
    "TIMEOUT",
    "CONNECTION_RESET",
    "REJECTED",
    "RATE_LIMITED",
    "BULKHEAD_FULL",
    "NO_INSTANCE",
)
"""Retried unless a preset says otherwise: the callee never gave a business answer."""

Presets = Mapping[str, Mapping[str, Any]]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


def _or_none(value: Any) -> Any:
    return 0 if value == "none" else _positive(value)


def _positive(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError('expected a duration with a unit, such as "250ms", or "none"')  # noqa: TRY004  pydantic reports ValueError
    duration_ns = parse_duration_ns(value)
    if duration_ns <= 0:
        raise ValueError('must be > 0; "none" means without limit')
    return duration_ns


TimeLimitNs = Annotated[
    int,
    BeforeValidator(_or_none, json_schema_input_type=str),
    PlainSerializer(lambda ns: format_duration(ns) if ns else "none", return_type=str),
]
"""A duration > 0, or ``"none"``: kept as 0 nanoseconds."""

OutcomeName = Annotated[str, Field(json_schema_extra={"enum": [o.name for o in Outcome]})]


class Preset(Settings):
    """A policy by the name of a preset, with numbers of one's own beside it."""

    presets: ClassVar[Presets]
    """Preset -> its numbers, as TOML would say them."""
    preset: str

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, written: Any) -> Any:
        table = {"preset": written} if isinstance(written, str) else written
        if not isinstance(table, dict):
            raise ValueError(f"expected a preset or a table; {nearest('', cls.presets)}")  # noqa: TRY004  pydantic reports ValueError
        name = table.get("preset")
        if not isinstance(name, str) or name not in cls.presets:
            what = "expected the key preset" if name is None else f"unknown preset {name!r}"
            raise ValueError(f"{what}; {nearest(str(name), cls.presets)}")
        return {**cls.presets[name], **table}


class RetrySettings(Preset):
    """When and how soon a failed attempt is repeated."""

    presets: ClassVar[Presets] = {
        "none": {"attempts": 1, "codes": []},
        "grpc": {"attempts": 4, "initial": "100ms", "max": "1s", "codes": ["UNAVAILABLE"]},
        "envoy": {"attempts": 2, "initial": "25ms", "max": "250ms"},
        "aws-standard": {"attempts": 3, "initial": "50ms", "max": "20s"},
        "resilience4j": {"attempts": 3, "initial": "500ms"},
        "fixed": {"attempts": 3, "initial": "500ms"},
        "backoff": {"attempts": 3, "initial": "100ms", "max": "20s", "jitter": "full"},
    }
    _kinds: ClassVar[Mapping[str, policies.RetryKind]] = {
        "none": policies.RetryKind.NONE,
        "grpc": policies.RetryKind.GRPC,
        "envoy": policies.RetryKind.ENVOY,
        "aws-standard": policies.RetryKind.AWS,
        "resilience4j": policies.RetryKind.FIXED,
        "fixed": policies.RetryKind.FIXED,
        "backoff": policies.RetryKind.BACKOFF,
    }
    attempts: Annotated[int, Field(ge=1, le=1000)]
    """Most attempts, the first included; 1 means no retry."""
    initial: DurationNs = 0
    """Delay before the first retry, or the base of the law."""
    max: DurationNs = 0
    """Longest delay."""
    multiplier: Annotated[float, Field(ge=1, le=100)] = 2.0
    jitter: Literal["none", "full", "equal", "decorrelated"] = "none"
    codes: Several[OutcomeName] = INFRASTRUCTURE_FAILURES
    """Outcomes that are tried again."""

    @model_validator(mode="before")
    @classmethod
    def _envoy_caps_at_ten_times_its_base(cls, written: Any) -> Any:
        # Runs before `_fill_in`, on what the user wrote: pydantic takes the last validator first.
        if isinstance(written, dict) and written.get("preset") == "envoy" and "max" not in written:
            base = written.get("initial", "25ms")
            if isinstance(base, str):
                return {**written, "max": format_duration(10 * parse_duration_ns(base))}
        return written

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        unknown = [code for code in self.codes if code not in Outcome.__members__]
        if unknown:
            raise ValueError(f'unknown outcome "{unknown[0]}"; {nearest(unknown[0], _OUTCOMES)}')
        if self.preset == "grpc" and self.attempts > 5:
            raise ValueError(f"grpc makes at most 5 attempts, attempts is {self.attempts}")
        if self.jitter != "none" and self.preset != "backoff":
            raise ValueError(f'preset "{self.preset}" has its own jitter; use preset "backoff"')
        if self.preset in ("grpc", "envoy", "aws-standard", "backoff") and self.max < self.initial:
            raise ValueError("max must be >= initial")
        return self

    def build(self) -> policies.Retry:
        """Return the engine's form; one attempt is no retry at all."""
        if self.attempts == 1:
            return policies.Retry()
        return policies.Retry(
            kind=self._kinds[self.preset],
            attempts=self.attempts,
            initial_ns=self.initial,
            max_ns=self.max,
            multiplier=self.multiplier,
            jitter=policies.Jitter[self.jitter.upper()],
            codes=frozenset(Outcome[code] for code in self.codes),
        )


_OUTCOMES = [outcome.name for outcome in Outcome]


class BudgetSettings(Preset):
    """Which accountant may forbid a retry."""

    presets: ClassVar[Presets] = {
        "none": {"capacity": 0.0, "deposit": 0.0},
        "grpc": {"capacity": 10.0, "deposit": 0.1},
        "finagle": {"capacity": 0.0, "deposit": 0.2, "floor": "10/s"},
        "token": {"capacity": 100.0, "deposit": 0.1},
        "aws-standard": {"capacity": 500.0, "deposit": 1.0, "cost": 14.0},
    }
    capacity: Annotated[float, Field(ge=0, le=1e9)]
    """Most tokens."""
    deposit: Annotated[float, Field(ge=0, le=1e9)]
    """What a success adds; for finagle the share of calls."""
    cost: Annotated[float, Field(gt=0, le=1e9)] = 1.0
    """What a retry takes (grpc: a failure)."""
    floor: RatePerS = 0.0
    """Finagle: retries always allowed."""
    ttl: Annotated[DurationNs, Field(gt=0)] = 10_000_000_000
    """Finagle: how long a deposit lives."""

    def build(self) -> policies.Budget:
        """Return the engine's form."""
        kind = policies.BudgetKind[self.preset.removesuffix("-standard").upper()]
        if kind is policies.BudgetKind.NONE:
            return policies.Budget()
        return policies.Budget(kind, self.capacity, self.deposit, self.cost, self.floor, self.ttl)


class BreakerSettings(Preset):
    """When a caller stops asking."""

    presets: ClassVar[Presets] = {
        "none": {"kind": "none"},
        "resilience4j": {
            "kind": "count",
            "window_calls": 100,
            "minimum_calls": 100,
            "open": "60s",
            "half_open_calls": 10,
        },
        "hystrix": {
            "kind": "time",
            "window": "10s",
            "minimum_calls": 20,
            "open": "5s",
            "half_open_calls": 1,
        },
    }
    _kinds: ClassVar[Mapping[str, policies.BreakerKind]] = {
        "none": policies.BreakerKind.NONE,
        "count": policies.BreakerKind.COUNT_WINDOW,
        "time": policies.BreakerKind.TIME_WINDOW,
    }
    kind: Literal["none", "count", "time"]
    """Whether the window holds the last `window_calls` calls or those of the last `window`."""
    window_calls: Count = 100
    window: Annotated[DurationNs, Field(gt=0)] = 10_000_000_000
    minimum_calls: Count = 100
    failure_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    open: Annotated[DurationNs, Field(gt=0)] = 60_000_000_000
    half_open_calls: Count = 10
    slow: TimeLimitNs = 0
    """Calls at least this long are slow; "none": slowness does not count."""
    slow_share: Share = 1.0

    @model_validator(mode="after")
    def _can_fill(self) -> Self:
        if self.kind == "count" and self.minimum_calls > self.window_calls:
            raise ValueError("minimum_calls must be <= window_calls, else it never opens")
        return self

    def build(self) -> policies.Breaker:
        """Return the engine's form."""
        if self.kind == "none":
            return policies.Breaker()
        return policies.Breaker(
            kind=self._kinds[self.kind],
            window_calls=self.window_calls,
            window_ns=self.window,
            minimum_calls=self.minimum_calls,
            failure_share=self.failure_share,
            open_ns=self.open,
            half_open_calls=self.half_open_calls,
            slow_ns=self.slow,
            slow_share=self.slow_share,
        )


class BulkheadSettings(Preset):
    """Most calls at once on an edge."""

    presets: ClassVar[Presets] = {"none": {"calls": 0}, "resilience4j": {"calls": 25}}
    calls: Annotated[int, Field(ge=0, le=1_000_000)]
    """0 means none set."""
    wait: DurationNs = 0
    """How long a call may wait for a place."""

    @model_validator(mode="before")
    @classmethod
    def _own_number(cls, written: Any) -> Any:
        if isinstance(written, dict) and "preset" not in written:
            return {"preset": "resilience4j", **written}
        return written

    def build(self) -> policies.Bulkhead:
        """Return the engine's form."""
        return policies.Bulkhead(self.calls, self.wait)


class RateLimitSettings(Settings):
    """A token bucket in front of an edge; a bare ``"100/s"`` is its rate."""

    rate: Annotated[RatePerS, Field(gt=0)]
    burst: Annotated[float, Field(ge=1, le=1e9)] = 1.0

    @model_validator(mode="before")
    @classmethod
    def _bare_rate(cls, written: Any) -> Any:
        return {"rate": written} if isinstance(written, str) else written

    def build(self) -> policies.RateLimit:
        """Return the engine's form."""
        return policies.RateLimit(self.rate, self.burst)


STACKS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "resilience4j": {"retry": "resilience4j", "breaker": "resilience4j"},
    "grpc": {
        "retry": "grpc",
        "budget": "grpc",
        "propagate_deadline": True,
        "on_timeout": "cancel",
    },
    "envoy": {"retry": "envoy"},
    "aws-standard": {"retry": "aws-standard", "budget": "aws-standard"},
}
"""``policy = NAME`` of an edge: what each stack brings when nobody configures it."""
