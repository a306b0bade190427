"""What an experiment says about people: how many, how often they act, how patient they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from sanket_sim.actors.presets import PresetName
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.core.settings import (
    DurationNs,
    PositiveDurationNs,
    RatePerS,
    Settings,
    Several,
    Share,
)
from sanket_sim.core.units import NS_PER_S, parse_rate_per_s

_PER_DAY = 1.5 / 86_400
_WALLETS = {"GBP": 0.03, "USD": 0.04, "JPY": 0.01, "KWD": 0.01}

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""Three capital letters."""


class PatienceSettings(Settings):
    """What people do when a payment fails, as ``[population.patience]``.

    Examples
    --------
    >>> PatienceSettings.model_validate({"retry": 0.9, "minimum": "5s"}).minimum
    5000000000
    """

    retry: Share = 0.6
    """Probability that a person tries a failed payment again."""
    retries_max: Annotated[int, Field(ge=0, le=1000)] = 2
    """Most tries after the first."""
    median: PositiveDurationNs = 20 * NS_PER_S
    """Median time between a failed answer and the next try."""
    spread: Annotated[float, Field(ge=0, le=5)] = 0.8
    """Standard deviation of the logarithm of that time."""
    minimum: PositiveDurationNs = 2 * NS_PER_S
    """Nobody reacts sooner; a tick must not be longer than this."""
    enquire: Share = 0.2
    """Probability of a balance enquiry after an answer that left the outcome in doubt."""
    complain: Share = 0.1
    """Probability of a complaint when a person gives a payment up."""
    leave: Share = 0.005
    """Probability that giving a payment up is the last thing a person does in this run."""


class PopulationSettings(Settings):
    """Who lives in the city, as ``[population]``."""

    customers: Annotated[int, Field(ge=1, le=5_000_000)] = 10_000
    """People with a current account at the bank."""
    merchants: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """Shops that customers pay; their accounts are the acquirers', outside the bank."""
    preset: PresetName = "modern"
    """Laws of income, balance, activity and habits; `modern` is not validated on real data."""
    template: Several[TemplateSettings] = ()
    """Kinds of payment that come month by month, beside those of the preset."""
    savings: Share | None = None
    """Share of customers with a savings account beside the current account; by default as the
    preset has it, segment by segment."""
    wallets: dict[Currency, Share] = Field(default_factory=_WALLETS.copy)
    """Currency -> share of customers with an account in it beside their own; matters where the
    bank has that currency."""
    closed_accounts: Annotated[int, Field(ge=0, le=100_000)] = 64
    """Closed accounts, nobody's any more, that still stand in old address books."""
    applicants: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """People without an account who may apply for one during the run."""
    mules: Share = 0.002
    """Share of customers who lend their account to fraudsters (at least one person does)."""
    patience: PatienceSettings = PatienceSettings()
    """What people do when a payment fails."""


class WaveSettings(Settings):
    """A stretch of time with more (or less) demand, as ``[[demand.wave]]``.

    Examples
    --------
    >>> wave = WaveSettings.model_validate({"at": "2m", "for": "4m", "factor": 1.5})
    >>> wave.lasts, wave.ramp
    (240000000000, 0)
    """

    at: DurationNs
    """When it begins, since the start of the run."""
    lasts: PositiveDurationNs = Field(alias="for")
    """How long it lasts."""
    factor: Annotated[float, Field(ge=0, le=1e6)]
    """What demand is multiplied by; waves that overlap multiply one another."""
    ramp: DurationNs = 0
    """Time of the climb at the beginning and of the descent at the end, inside the wave."""

    @model_validator(mode="after")
    def _ramps_fit(self) -> Self:
        if 2 * self.ramp > self.lasts:
            raise ValueError("ramp must be at most half of `for`: it climbs and descends inside")
        return self


def _rate_or_model(value: Any) -> Any:
    if value == "model":
        return value
    if isinstance(value, str):
        return parse_rate_per_s(value)
    raise ValueError('expected a rate with its unit, such as "120/s", or "model"')


DemandRate = Annotated[
    Annotated[float, Field(ge=0)] | Literal["model"],
    BeforeValidator(_rate_or_model, json_schema_input_type=str),
    PlainSerializer(lambda rate: rate if isinstance(rate, str) else f"{rate!r}/s"),
]
"""Mean rate of the whole city [per s], or "model": the daily and weekly profile."""


class DemandSettings(Settings):
    """How often people act, as ``[demand]``.

    Examples
    --------
    >>> DemandSettings.model_validate({"rate": "120/s"}).rate
    120.0
    """

    rate: DemandRate = "model"
    """A flat mean of the whole city times the waves, or "model": by hour, day and month, with the
    preset's templates."""
    per_customer: RatePerS = _PER_DAY
    """With rate = "model": a person's mean rate on an ordinary weekday."""
    holidays: Several[date] = ()
    """Days on which banks are closed, beside weekends: people do as on a Sunday, and what is due
    on a business day moves."""
    wave: Several[WaveSettings] = ()
    """Stretches of time with more or less demand; templates do not follow them."""
