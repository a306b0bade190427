"""The base of everything that is read from TOML: strict, frozen, with units in the values."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from sanket_sim.core.units import format_duration, parse_duration_ns, parse_rate_per_s


class Settings(BaseModel):
    """A table of TOML: unknown keys are errors, values are final, NaN is refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, strict=True, use_attribute_docstrings=True
    )


def _duration(value: Any) -> Any:
    if isinstance(value, str):
        return parse_duration_ns(value)
    raise ValueError('expected a duration with a unit, such as "250ms" or "2h"')


def _rate(value: Any) -> Any:
    if isinstance(value, str):
        return parse_rate_per_s(value)
    raise ValueError('expected a rate with its unit, such as "120/s"')


DurationNs = Annotated[
    int,
    BeforeValidator(_duration, json_schema_input_type=str),
    Field(ge=0),
    PlainSerializer(format_duration, return_type=str),
]
"""A duration >= 0, written with a unit, kept in nanoseconds."""

PositiveDurationNs = Annotated[
    int,
    BeforeValidator(_duration, json_schema_input_type=str),
    Field(gt=0),
    PlainSerializer(format_duration, return_type=str),
]
"""A duration > 0, written with a unit, kept in nanoseconds."""

RatePerS = Annotated[
    float,
    BeforeValidator(_rate, json_schema_input_type=str),
    Field(ge=0),
    PlainSerializer(lambda rate: f"{rate!r}/s", return_type=str),
]
"""A rate, written as "120/s", kept per second."""

Share = Annotated[float, Field(ge=0, le=1, strict=False)]
"""A probability or share in [0, 1]; a whole number will do."""
