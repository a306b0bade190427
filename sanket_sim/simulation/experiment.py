"""An experiment as its TOML says it: what is asked of which bank, under which disturbances."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from sanket_sim.actors.back_office import ReconciliationSettings
from sanket_sim.actors.financial_crime import FinancialCrimeSettings
from sanket_sim.actors.onboarding import OnboardingSettings
from sanket_sim.actors.settings import DemandSettings, PopulationSettings
from sanket_sim.analysis.settings import ReportSettings, SloSettings, SteadyStateSettings
from sanket_sim.core.settings import DurationNs, PositiveDurationNs, Settings, Several
from sanket_sim.core.units import MINUTE_NS, NS_PER_S, format_duration
from sanket_sim.faults import AnyFault, AnyTrap
from sanket_sim.fraud.settings import FraudSettings
from sanket_sim.simulation.steering import OperatorCommand

TICKS_MAX = 10_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years of `start` from which any duration stays within the calendar and its 64-bit instants."""

Overrides = dict[str, Any]
"""Part of the model's tables, put over them; the model's own classes judge what is in it."""


class Experiment(Settings):
    """One question asked of one bank.

    Examples
    --------
    >>> asked = Experiment.model_validate({"name": "quiet", "model": "retail_bank",
    ...     "duration": "2m", "start": datetime(2026, 11, 27, 8)})
    >>> asked.tick, asked.seed, asked.population.customers
    (1000000000, 0, 10000)
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
    """Names the run's folder: letters, digits, `_`, `.` and `-`."""
    model: Annotated[str, Field(min_length=1)]
    """The bank: the name of one in models/, or a path to a .toml file (from this file's folder)."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Names every random number of the run."""
    start: datetime
    """Local time of the bank when the run begins, without an offset."""
    duration: PositiveDurationNs
    """How long customers arrive; then the network drains."""
    warmup: DurationNs = 0
    """How much of the beginning is left out of the findings; the trace keeps it."""
    tick: PositiveDurationNs = NS_PER_S
    """How far actors plan ahead; must not exceed their shortest reaction delay."""
    drain: DurationNs = 5 * MINUTE_NS
    """Longest time the network is given to finish what is open when arrivals have stopped."""
    gauges: PositiveDurationNs = NS_PER_S
    """How often the gauges of services are read; a long quiet run needs them seldom."""
    plugins: Several[str] = ()
    """Python files with parts of your own (typologies, faults, traps), from this file's folder."""
    population: PopulationSettings = PopulationSettings()
    demand: DemandSettings = DemandSettings()
    onboarding: OnboardingSettings = OnboardingSettings()
    """How people become customers during the run."""
    fraud: FraudSettings = FraudSettings()
    fault: Several[AnyFault] = ()
    """What strikes services and messages, and when."""
    trap: Several[AnyTrap] = ()
    """What poisons intents."""
    command: Several[OperatorCommand] = ()
    """What somebody did while it ran (`sanket-sim serve` writes these), given again."""
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    """How the bank finds what went wrong with money, and puts it right."""
    financial_crime: FinancialCrimeSettings = FinancialCrimeSettings()
    """Who looks into what the fraud service finds suspicious, and how fast."""
    services: Overrides = Field(default_factory=dict)
    """Overrides of the model's services, same keys: ``[services.payment]``."""
    edges: Overrides = Field(default_factory=dict)
    """Overrides of the model's edges: ``[edges."gateway->payment"]``."""
    routes: Overrides = Field(default_factory=dict)
    """Overrides of the model's routes: ``[routes.transfer]``."""
    controls: Overrides = Field(default_factory=dict)
    """The bank's controls against traps, switched on or off."""
    accounts: Overrides = Field(default_factory=dict)
    power: Overrides = Field(default_factory=dict)
    fraud_service: Overrides = Field(default_factory=dict)
    """How the fraud service judges: thresholds, rules, trained model."""
    slo: SloSettings = SloSettings()
    steady_state: SteadyStateSettings = SteadyStateSettings()
    report: ReportSettings = ReportSettings()

    @field_validator("start")
    @classmethod
    def _is_local(cls, start: datetime) -> datetime:
        if start.tzinfo is not None:
            raise ValueError("is the bank's local time: write it without an offset (no Z, no +01)")
        return start

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.warmup >= self.duration:
            lengths = format_duration(self.warmup), format_duration(self.duration)
            raise ValueError(
                f"warmup must be shorter than duration, is {lengths[0]} of {lengths[1]}"
            )
        if (self.duration + self.drain) // self.tick > TICKS_MAX:
            raise ValueError(
                f"(duration + drain) / tick must be at most {TICKS_MAX:,}; take a longer tick"
            )
        return self

    @model_validator(mode="after")
    def _fits_the_calendar(self) -> Self:
        if not FIRST_YEAR <= self.start.year <= LAST_YEAR:
            raise ValueError(
                f"start must lie in the years {FIRST_YEAR} to {LAST_YEAR}, is {self.start}"
            )
        return self

    @property
    def shortest_reaction_ns(self) -> int:
        """Nobody in the city acts on an answer sooner than this [ns]."""
        return self.population.patience.minimum
