"""The base of everything that is read from TOML: strict, frozen, with units in the values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from sanket_sim.core.units import format_duration, parse_duration_ns, parse_rate_per_s

T = TypeVar("T")
_BUILT_IN_ERRORS = frozenset(get_args(ErrorType))


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name comes nearest, in whatever case, and which are known.

    Examples
    --------
    >>> nearest("timout", ["retry", "timeout"])
    'did you mean "timeout"? known: retry, timeout'
    >>> nearest("leaks", ["LEAKAGE"])
    'did you mean "LEAKAGE"? known: LEAKAGE'
    >>> nearest("zzz", ["retry"])
    'known: retry'
    """
    choices = sorted(known)
    as_asked = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(name.lower(), as_asked, n=1)
    hint = f'did you mean "{as_asked[near[0]]}"? ' if near else ""
    return f"{hint}known: {', '.join(choices) or 'none'}"


class Settings(BaseModel):
    """A table of TOML: unknown keys are errors, values are final, NaN is refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        strict=True,
        use_attribute_docstrings=True,
        populate_by_name=True,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_nearest_key(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            details = [cls._explain(detail) for detail in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, details) from None

    @classmethod
    def _explain(cls, detail: ErrorDetails) -> InitErrorDetails:
        kind, where = detail["type"], detail["loc"]
        if kind == "extra_forbidden" and len(where) == 1:
            keys = [field.alias or name for name, field in cls.model_fields.items()]
            message = f"unknown key; {nearest(str(where[0]), keys)}"
            kind = "unknown_key"
        else:
            message = detail["msg"]
        context = detail.get("ctx", {})
        if kind in _BUILT_IN_ERRORS:
            return InitErrorDetails(type=kind, loc=where, input=detail["input"], ctx=context)
        custom = PydanticCustomError(kind, "{message}", {"message": message})
        return InitErrorDetails(type=custom, loc=where, input=detail["input"])


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

AmountMinor = Annotated[int, Field(ge=0, le=10**15)]
"""A whole number of minor units, at most ten trillion of the major unit."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A probability or share in [0, 1]; a whole number will do."""

Several = Annotated[tuple[T, ...], Field(strict=False)]
"""A TOML array, kept as a tuple: ``Several[int]``."""
