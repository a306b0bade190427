"""Steps of an operation as users write them: ``"compute"`` or a table with one verb."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    model_validator,
)
from pydantic_core import core_schema

from sanket_sim.bank.law_parameters import TimeLaw
from sanket_sim.core.settings import Settings, Several, Share

Target = Annotated[str, Field(pattern=r"^[^.\s]+\.[^.\s]+$")]
"""An operation of a service: ``ledger.post``."""

CommitName = Literal[
    "transfer", "debit", "credit", "hold", "capture", "void", "fee", "reverse", "open"
]
CheckName = Literal[
    "amount", "funds", "limit", "fraud", "read", "payee", "settlement", "status", "identity"
]
VERBS = ("compute", "call", "parallel", "maybe", "publish", "commit", "check")


def _join(value: Any) -> Any:
    if value in ("all", "any") or (type(value) is int and value >= 1):
        return value
    raise ValueError('expected "all", "any" or a whole number >= 1')


class WrittenStep:
    """Marks a field that holds a step: a table, or the bare word ``"compute"``."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: read_step(value),  # noqa: PLW0108  bound late: steps hold steps
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda step: write_step(step)  # noqa: PLW0108  bound late: steps hold steps
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        verbs = [{"required": [verb]} for verb in VERBS]
        table = {"type": "object", "oneOf": verbs}
        return {"anyOf": [{"const": "compute"}, table], "description": "a step"}


class StepSettings(Settings):
    """One step: exactly one verb, with what belongs to it."""

    compute: TimeLaw | None = None
    """Hold a worker for a time of its own; the bare word means the operation's `time`."""
    call: Target | None = None
    undo: Target | None = None
    """Asked if the operation fails after `call` was made: what takes it back (a saga's step)."""
    parallel: Annotated[Several[Target], Field(min_length=1, max_length=1000)] | None = None
    join: Annotated[Literal["all", "any"] | int, PlainValidator(_join)] | None = None
    """How many branches must be OK before the operation goes on; all by default."""
    maybe: Share | None = None
    """Probability that `steps` are taken."""
    steps: Several[Annotated[Any, WrittenStep()]] | None = None
    publish: Target | None = None
    commit: CommitName | None = None
    check: CheckName | None = None

    @model_validator(mode="after")
    def _one_verb(self) -> Self:
        verbs = [verb for verb in VERBS if getattr(self, verb) is not None]
        if len(verbs) != 1:
            found = " and ".join(verbs) or "none"
            raise ValueError(f"expected exactly one of {', '.join(VERBS)}; found {found}")
        if self.join is not None and self.parallel is None:
            raise ValueError("join belongs to parallel")
        if self.undo is not None and self.call is None:
            raise ValueError("undo belongs to call")
        if (self.steps is not None) != (self.maybe is not None):
            raise ValueError("maybe and steps belong together")
        if isinstance(self.join, int) and self.parallel and self.join > len(self.parallel):
            raise ValueError(f"join {self.join} is more than the {len(self.parallel)} branches")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """Operations that this step itself may ask, nested steps left out."""
        return (*filter(None, (self.call, self.undo, self.publish)), *(self.parallel or ()))


AnyStep = StepSettings | Literal["compute"]
Step = Annotated[AnyStep, WrittenStep()]


def read_step(value: Any) -> AnyStep:
    """Read a step as written.

    Raises
    ------
    ValueError
        If it is neither ``"compute"`` nor a right table.
    """
    if value == "compute":
        return "compute"
    if isinstance(value, StepSettings):
        return value
    if not isinstance(value, dict):
        raise ValueError(f'expected "compute" or a table with one of {", ".join(VERBS)}')  # noqa: TRY004  pydantic reports ValueError
    return StepSettings.model_validate(value)


def write_step(step: AnyStep) -> Any:
    """Write a step as it is read."""
    return step if isinstance(step, str) else step.model_dump(exclude_none=True)
