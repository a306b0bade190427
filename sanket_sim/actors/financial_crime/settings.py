"""What an experiment says about analysts and monitoring, as ``[financial_crime]``."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Self

from pydantic import Field, model_validator

from sanket_sim.actors.back_office.settings import TimeOfDay
from sanket_sim.bank.law_parameters import TimeLaw, read_law
from sanket_sim.core.settings import (
    AmountMinor,
    DurationNs,
    PositiveDurationNs,
    Settings,
    Share,
)
from sanket_sim.core.units import HOUR_NS, MINUTE_NS


class MonitoringSettings(Settings):
    """How the bank looks for laundering, as ``[financial_crime.monitoring]``.

    The patterns are those of public typology catalogues (FATF; design page 7); their thresholds
    are chosen, not measured.
    """

    enabled: bool = True
    at: TimeOfDay = time(23, 0)
    """When the day is looked through."""
    every: PositiveDurationNs | None = None
    """Look this often instead of once a day: for experiments that tell days in minutes."""
    window: PositiveDurationNs = 24 * HOUR_NS
    """How far back payments are looked at."""
    lag: DurationNs = 5 * MINUTE_NS
    """Payments posted more recently than this are left for the next time."""
    threshold: AmountMinor = 1_000_000
    """The amount from which cash must be reported; smaller deposits just below it are counted."""
    deposits: Annotated[int, Field(ge=2, le=1000)] = 3
    """So many deposits within a quarter below the threshold are structuring."""
    payers: Annotated[int, Field(ge=2, le=1000)] = 5
    """So many people paying in, and the money gone again, are a collector; so many paid by one
    who had just been paid are a distributor."""
    pass_through: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Share of what came in that has gone out again for an account to be a mere passage."""
    pass_through_minor: AmountMinor = 200_000
    """Passages of less are nobody's concern."""


class FinancialCrimeSettings(Settings):
    """Who looks at what the fraud service finds suspicious, and how fast.

    Examples
    --------
    >>> asked = FinancialCrimeSettings.model_validate({"opens": "08:00", "closes": "18:00"})
    >>> asked.analysts, asked.opens
    (3, datetime.time(8, 0))
    """

    analysts: Annotated[int, Field(ge=0, le=10_000)] = 3
    """People who look into alerts; 0: nobody does."""
    opens: TimeOfDay | None = None
    """When they begin; with `closes`, alerts of the night wait for the morning."""
    closes: TimeOfDay | None = None
    handling: TimeLaw = read_law({"law": "lognormal", "median": "8m", "p99": "45m"}, DurationNs)
    """How long an analyst works on one alert; chosen, not measured."""
    minimum: PositiveDurationNs = MINUTE_NS
    """No alert takes less; a tick must not be longer."""
    finds: Share = 0.9
    """Probability that an analyst sees fraud for what it is."""
    mistakes: Share = 0.03
    """Probability that an analyst takes an honest customer for a fraudster."""
    freeze: bool = True
    """Whether a confirmed alert blocks the account."""
    redress: PositiveDurationNs = 24 * HOUR_NS
    """After so long the owner of a blocked account has proved who he is, and may use it again."""
    monitoring: MonitoringSettings = MonitoringSettings()

    @model_validator(mode="after")
    def _hours_are_whole(self) -> Self:
        if (self.opens is None) != (self.closes is None):
            raise ValueError("opens and closes belong together: give both, or neither")
        if self.opens is not None and self.closes is not None and self.opens >= self.closes:
            raise ValueError("opens must be before closes, on the same day")
        return self
