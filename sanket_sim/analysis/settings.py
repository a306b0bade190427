"""What an experiment asks of its analysis: objectives, a steady state, the report's options."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sanket_sim.core.settings import AmountMinor, PositiveDurationNs, Settings
from sanket_sim.core.units import NS_PER_MS, NS_PER_S

ProbeMetric = Literal[
    "leak_rate_count",
    "failure_rate",
    "availability",
    "latency_p50_s",
    "latency_p95_s",
    "latency_p99_s",
    "goodput_per_s",
]
"""What a steady-state probe can watch; each is measured anew in every window."""


class SloSettings(Settings):
    """Service level objectives, as ``[slo]`` in an experiment.

    Examples
    --------
    >>> SloSettings.model_validate({"availability": 0.99, "latency_p99": "800ms"}).latency_p99
    800000000
    """

    availability: Annotated[float, Field(gt=0, lt=1)] = 0.999
    """Share of offered transactions that must end well; also the target that recovery means."""
    latency_p99: PositiveDurationNs = NS_PER_S
    """Objective for the 99th percentile of end-to-end latency."""
    apdex: PositiveDurationNs = NS_PER_S
    """Time within which a customer is satisfied (T of Apdex); tolerating up to four times it."""
    apdex_card: PositiveDurationNs = 300 * NS_PER_MS
    """The same for card authorisations, which somebody waits for at a till."""


class ProbeSettings(Settings):
    """One steady-state hypothesis: a metric that must stay within a tolerance."""

    metric: ProbeMetric
    """What is watched."""
    window: PositiveDurationNs = 60 * NS_PER_S
    """The metric is measured in windows of this length."""
    tolerance: Annotated[tuple[float, float], Field(strict=False)]
    """Lowest and highest value that still count as steady."""

    @model_validator(mode="after")
    def _tolerance_is_a_range(self) -> Self:
        low, high = self.tolerance
        if low > high:
            raise ValueError(f"tolerance must be [low, high] with low <= high, is [{low}, {high}]")
        return self


class SteadyStateSettings(Settings):
    """What "well" means for this experiment, as ``[steady_state]``."""

    probe: Annotated[tuple[ProbeSettings, ...], Field(strict=False)] = ()
    """The hypotheses; the run's verdict is the worst of theirs."""


class ReportSettings(Settings):
    """Options of the report, as ``[report]``."""

    grid: Annotated[str, Field(min_length=3, max_length=3)] = "DEU"
    """ISO 3166 alpha-3 code of the electricity grid (``"WLD"``: the world)."""
    high_energy_latency: PositiveDurationNs = 5 * NS_PER_S
    """Hops at least this long count as high-energy events, as in the SANKET audit."""
    false_positive_cost_minor: AmountMinor = 1_000
    """What declining an honest payment costs the bank, in minor units of its first currency. An
    assumption of ours: one call to the service desk of about ten minutes at 60 an hour; vendors
    name 8 to 18 dollars a call. Custom lost for good is not in it."""
    step_up_cost_minor: AmountMinor = 20
    """What asking an honest customer for a second factor costs. An assumption of ours: a text
    message and now and then a question."""
    review_minute_cost_minor: AmountMinor = 100
    """What a minute of an analyst costs. An assumption of ours: 60 an hour, all included."""
