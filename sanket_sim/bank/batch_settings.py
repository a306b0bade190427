"""Files of payments as users write them: how often, how many, until what time of day."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from sanket_sim.bank.description import FIVE_PM_NS, BatchRun
from sanket_sim.core.settings import PositiveDurationNs, RatePerS, Settings
from sanket_sim.core.units import MINUTE_NS, NS_PER_S, format_duration

_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def _time_of_day(value: Any) -> int:
    match = _TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a time of day in quotes, such as "17:00"')
    return (int(match[1]) * 60 + int(match[2])) * MINUTE_NS


def _write_time_of_day(time_ns: int) -> str:
    hours, minutes = divmod(time_ns // MINUTE_NS, 60)
    return f"{hours:02d}:{minutes:02d}"


TimeOfDayNs = Annotated[
    int,
    BeforeValidator(_time_of_day, json_schema_input_type=str),
    PlainSerializer(_write_time_of_day, return_type=str),
]
"""A time of day, written as "17:00", kept in nanoseconds since midnight."""


class BatchSettings(Settings):
    """When a route's payments come as a file of many, as ``batch`` of a route."""

    every: PositiveDurationNs
    """Time from one run to the next."""
    size: Annotated[int, Field(ge=1, le=1_000_000)]
    """Payments in a file."""
    rate: Annotated[RatePerS, Field(gt=0)]
    """How fast the payments of a file are released."""
    cut_off: TimeOfDayNs = FIVE_PM_NS
    """Local time after which a file belongs to the next business date."""

    @model_validator(mode="after")
    def _ends_before_the_next(self) -> Self:
        if self.size * NS_PER_S > self.rate * self.every:
            gap = format_duration(self.every)
            raise ValueError(f"{self.size} payments at {self.rate:g}/s take longer than {gap}")
        return self

    def build(self) -> BatchRun:
        """Return the engine's form."""
        return BatchRun(self.every, self.size, self.rate, self.cut_off)
