"""What users write for a law: one strict table per law, for durations or for amounts.

Each table is generic in its quantity: ``ExponentialParameters[DurationNs]`` takes ``"4ms"``,
``ExponentialParameters[AmountMinor]`` takes whole minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from sanket_sim.core.settings import AmountMinor, DurationNs, Settings, Several, nearest

if TYPE_CHECKING:
    from sanket_sim.bank.laws import ContinuousLaw

Quantity = TypeVar("Quantity")
Cv = Annotated[float, Field(ge=0, le=100)]
"""Coefficient of variation: standard deviation over mean."""


class LawParameters(Settings, Generic[Quantity]):
    """Parameters of a law as written; `build` makes the law."""

    law: str
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """Tables of durations that are right; the contract suite builds and checks each."""

    def build(self) -> ContinuousLaw:
        """Return the law that these parameters describe."""
        from sanket_sim.bank.laws import laws  # noqa: PLC0415  laws are built from parameters

        return laws[self.law].from_parameters(self)


def _want(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


class ConstantParameters(LawParameters[Quantity], Generic[Quantity]):
    """Always the same; a bare ``"4ms"`` means this."""

    law: Literal["constant"] = "constant"
    value: Quantity
    examples = ({"law": "constant", "value": "4ms"}, {"law": "constant", "value": "0s"})


class ExponentialParameters(LawParameters[Quantity], Generic[Quantity]):
    """Memoryless."""

    law: Literal["exponential"] = "exponential"
    mean: Quantity
    examples = ({"law": "exponential", "mean": "4ms"},)


class LognormalParameters(LawParameters[Quantity], Generic[Quantity]):
    """Lognormal, by median and p99 or by mean and coefficient of variation."""

    law: Literal["lognormal"] = "lognormal"
    median: Annotated[Quantity, Field(gt=0)] | None = None
    p99: Annotated[Quantity, Field(gt=0)] | None = None
    mean: Annotated[Quantity, Field(gt=0)] | None = None
    cv: Cv | None = None
    examples = (
        {"law": "lognormal", "median": "4ms", "p99": "20ms"},
        {"law": "lognormal", "mean": "10ms", "cv": 0.8},
    )

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        given = tuple(k for k in ("median", "p99", "mean", "cv") if getattr(self, k) is not None)
        pair = given in {("median", "p99"), ("mean", "cv")}
        _want(pair, "expected either median and p99, or mean and cv")
        if self.median is not None and self.p99 is not None:
            ordered: bool = self.p99 >= self.median  # type: ignore[operator]  # quantities are integers
            _want(ordered, "expected p99 >= median")
        return self


class GammaParameters(LawParameters[Quantity], Generic[Quantity]):
    """Gamma, by mean and shape (a whole shape k is Erlang-k) or by mean and cv."""

    law: Literal["gamma"] = "gamma"
    mean: Quantity
    shape: Annotated[float, Field(ge=0.01, le=1e6)] | None = None
    cv: Annotated[float, Field(ge=0.001, le=10)] | None = None
    examples = (
        {"law": "gamma", "mean": "10ms", "shape": 2},
        {"law": "gamma", "mean": "10ms", "cv": 1.6},
        {"law": "gamma", "mean": "1s", "shape": 40},
    )

    @model_validator(mode="after")
    def _one_spread(self) -> Self:
        _want((self.shape is None) != (self.cv is None), "expected either shape or cv")
        return self


class WeibullParameters(LawParameters[Quantity], Generic[Quantity]):
    """Weibull, by shape and either mean or scale."""

    law: Literal["weibull"] = "weibull"
    shape: Annotated[float, Field(ge=0.1, le=100)]
    mean: Quantity | None = None
    scale: Quantity | None = None
    examples = (
        {"law": "weibull", "shape": 1.5, "mean": "10ms"},
        {"law": "weibull", "shape": 0.8, "scale": "10ms"},
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        _want((self.mean is None) != (self.scale is None), "expected either mean or scale")
        return self


class ParetoParameters(LawParameters[Quantity], Generic[Quantity]):
    """Pareto with a finite mean, by alpha > 1 and either mean or minimum."""

    law: Literal["pareto"] = "pareto"
    alpha: Annotated[float, Field(gt=1, le=1000)]
    mean: Quantity | None = None
    minimum: Quantity | None = None
    examples = (
        {"law": "pareto", "alpha": 5.5, "mean": "10ms"},
        {"law": "pareto", "alpha": 1.8, "minimum": "1ms"},
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        _want((self.mean is None) != (self.minimum is None), "expected either mean or minimum")
        return self


class UniformParameters(LawParameters[Quantity], Generic[Quantity]):
    """Anything between two bounds alike."""

    law: Literal["uniform"] = "uniform"
    low: Quantity
    high: Quantity
    examples = ({"law": "uniform", "low": "0s", "high": "10ms"},)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        ordered: bool = self.low <= self.high  # type: ignore[operator]  # quantities are integers
        _want(ordered, "expected low <= high")
        return self


class EmpiricalParameters(LawParameters[Quantity], Generic[Quantity]):
    """A quantile table, straight between its points: ``[[0, "1ms"], [0.5, "4ms"], [1, "9ms"]]``."""

    law: Literal["empirical"] = "empirical"
    quantiles: Several[Annotated[tuple[float, Quantity], Field(strict=False)]]
    examples = (
        {"law": "empirical", "quantiles": [[0, "1ms"], [0.5, "4ms"], [0.99, "20ms"], [1, "50ms"]]},
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        shares = [share for share, _ in self.quantiles]
        ends = len(shares) >= 2 and (shares[0], shares[-1]) == (0, 1)
        _want(ends, "expected at least two points, the first at 0 and the last at 1")
        ticks = [quantity for _, quantity in self.quantiles]
        rising = all(a < b for a, b in pairwise(shares))
        level = all(a <= b for a, b in pairwise(ticks))  # type: ignore[operator]  # integers
        _want(rising and level, "expected rising shares and quantities that never fall")
        return self


class WrittenLaw:
    """Marks a field whose table names its law: ``Annotated[LawParameters[Q], WrittenLaw()]``."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        # An open generic has no quantity yet, and is never validated against.
        (quantity,) = source.__pydantic_generic_metadata__["args"] or (Any,)
        return core_schema.no_info_plain_validator_function(
            lambda value: read_law(value, quantity),
            serialization=core_schema.plain_serializer_function_ser_schema(_write_law),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        names = {"enum": list(_known_laws())}
        table = {"type": "object", "required": ["law"], "properties": {"law": names}}
        return {"anyOf": [{"type": ["string", "integer"]}, table], "description": "a law"}


def read_law(value: Any, quantity: Any) -> LawParameters[Any]:
    """Read a law as written: a table that names its law, or a bare quantity for a constant.

    Parameters
    ----------
    value : object
        What TOML gave.
    quantity : type
        `DurationNs` or `AmountMinor`: what the law's quantities are.

    Raises
    ------
    ValueError
        If the law is not named or unknown, or its parameters are wrong (a `ValidationError`).
    """
    if isinstance(value, LawParameters):
        return value
    if not isinstance(value, dict):
        return ConstantParameters[quantity].model_validate({"value": value})
    known = _known_laws()
    name = value.get("law")
    if not isinstance(name, str):
        raise ValueError(f'expected the key "law" with a name; {nearest("", known)}')  # noqa: TRY004  pydantic reports ValueError
    if name not in known:
        raise ValueError(f'unknown law "{name}"; {nearest(name, known)}')
    chosen: type[LawParameters[Any]] = known[name].parameters[quantity]
    return chosen.model_validate(value)


def _known_laws() -> dict[str, Any]:
    from sanket_sim.bank.laws import laws  # noqa: PLC0415  laws are built from parameters

    return dict(laws.items())


def _write_law(law: LawParameters[Any]) -> Any:
    table = law.model_dump(exclude_none=True)
    return table["value"] if isinstance(law, ConstantParameters) else table


class MixtureParameters(LawParameters[Quantity], Generic[Quantity]):
    """One of several laws, by weight: ``laws = ["5ms", {law = ...}], weights = [0.9, 0.1]``."""

    law: Literal["mixture"] = "mixture"
    laws: Several[Annotated[LawParameters[Quantity], WrittenLaw()]]
    weights: Several[Annotated[float, Field(ge=0)]]
    examples = (
        {
            "law": "mixture",
            "laws": [{"law": "exponential", "mean": "5ms"}, "100ms"],
            "weights": [0.9, 0.1],
        },
    )

    @model_validator(mode="after")
    def _weighted(self) -> Self:
        _want(len(self.laws) == len(self.weights), "expected as many weights as laws")
        _want(sum(self.weights) > 0, "expected at least one weight > 0")
        return self


TimeLaw = Annotated[LawParameters[DurationNs], WrittenLaw()]
"""A settings field that holds a law of durations."""

AmountLaw = Annotated[LawParameters[AmountMinor], WrittenLaw()]
"""A settings field that holds a law of amounts in whole minor units."""
