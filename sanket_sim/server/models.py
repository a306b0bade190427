"""What the API takes and gives, beyond the frames of a flight, which it gives as they are."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from sanket_sim.core.settings import Settings
from sanket_sim.live.flying.orders import SPEED_MAX, SPEED_MIN
from sanket_sim.live.frames import FlightState, Point, RunStatus, State, Tile

INT64_MAX = 2**63 - 1
Speed = Annotated[float, Field(ge=SPEED_MIN, le=SPEED_MAX, allow_inf_nan=False)]
"""Simulated seconds per second of wall time."""
_DURATION = r"^(?![0.]+[a-z])[0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h)$"
"""More than nothing, and never more than the clock can hold."""

_SIGNATURE = r"^[^\x00-\x1f\x7f]{1,60}$"


def _length(text: str) -> str:
    if re.fullmatch(_DURATION, text):
        return text
    raise ValueError(
        f'expected simulated time with its unit, "500ms", "1s" or "2.5m", not "{text}"'
    )


def _signature(text: str) -> str:
    if re.fullmatch(_SIGNATURE, text):
        return text
    raise ValueError('expected a name of 1 to 60 characters that can be printed, such as "Ada"')


class Asked(Settings):
    """A body that somebody sends: strict, and no key that is not known."""

    model_config = ConfigDict(populate_by_name=False)


class StartRequest(Asked):
    """Which experiment to fly, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"experiment": "retry_storm", "seed": 3, "speed": 60, "play": True}]
        }
    )

    experiment: Annotated[str, Field(min_length=1, max_length=200)]
    """Its name, one of `GET /api/experiments`."""
    seed: Annotated[int, Field(ge=0, le=INT64_MAX)] | None = None
    """Instead of the experiment's own."""
    overrides: Annotated[dict[str, Any], Field(max_length=100)] = Field(default_factory=dict)
    """Dotted key -> value, as ``--set`` takes them: ``{"population.customers": 2000}``."""
    speed: Speed | None = None
    """Simulated seconds per second of wall time; without it, the run is to last about six minutes
    (1 to 10,000)."""
    play: bool = False
    """Begin at once; otherwise the run waits at its start."""


class StepRequest(Asked):
    """How far to step."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"for": "1s"}]})

    length: Annotated[
        str,
        AfterValidator(_length),
        WithJsonSchema({"type": "string", "pattern": _DURATION}),
        Field(alias="for"),
    ] = "1s"
    """Simulated time, with its unit: ``"500ms"``, ``"1s"``, ``"2.5m"``."""


class SpeedRequest(Asked):
    """How fast to go on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"speed": 600}]})

    speed: Speed
    """Simulated seconds per second of wall time; the machine may reach less."""


class CommandRequest(Asked):
    """A fault to strike or a trap to lay, now."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["fault"]}, {"required": ["trap"]}],
            "examples": [
                {"fault": {"kind": "pause", "target": "pool", "for": "10s"}, "by": "operator"},
            ],
        }
    )

    fault: dict[str, Any] = Field(default_factory=dict)
    """A ``[[fault]]`` table without its `at`; `GET /api/commands/kinds` has the schemas."""
    trap: dict[str, Any] = Field(default_factory=dict)
    """A ``[[trap]]`` table without its `at`."""
    by: Annotated[
        str, AfterValidator(_signature), WithJsonSchema({"type": "string", "pattern": _SIGNATURE})
    ] = "operator"
    """Who gives it: it is recorded with the command."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if len(self.model_fields_set & {"fault", "trap"}) != 1:
            raise ValueError("give either a `fault` or a `trap` table")
        return self

    @property
    def is_trap(self) -> bool:
        """Whether a trap is to be laid."""
        return "trap" in self.model_fields_set

    @property
    def table(self) -> dict[str, Any]:
        """The table that was given."""
        return self.trap if self.is_trap else self.fault


class Health(BaseModel):
    """Whether the server lives, and what it flies."""

    alive: Literal[True] = True
    version: str
    """Of Sanket."""
    state: FlightState
    """Of the run."""
    clients: int
    """Open WebSockets."""


class Commanded(BaseModel):
    """A command that was taken."""

    at_ns: int
    """When it acts: now [ns of simulated time]."""
    kind: str
    by: str


class GivenCommand(BaseModel):
    """One command of the run's record."""

    at: str
    """When it was given, as a duration since the start of the run."""
    at_ns: int
    by: str
    fault: dict[str, Any] | None = None
    trap: dict[str, Any] | None = None


class GivenCommands(BaseModel):
    """Every command on the run's record, in the order in which they were given."""

    commands: list[GivenCommand]


class CommandKind(BaseModel):
    """One kind of fault or trap."""

    kind: str
    summary: str
    table_schema: dict[str, Any]
    """JSON Schema of its table, without `at`."""
    example: dict[str, Any]


class CommandKinds(BaseModel):
    """Everything that can be commanded."""

    faults: list[CommandKind]
    traps: list[CommandKind]


class ShelfEntry(BaseModel):
    """An experiment, or a model."""

    name: str
    question: str
    expect: str
    path: str
    """Where it lies, as people call it."""


class Shelf(BaseModel):
    """Everything that can be flown, and the banks behind."""

    experiments: list[ShelfEntry]
    models: list[ShelfEntry]


class ExperimentText(BaseModel):
    """One experiment: as it was written, and as it will run."""

    name: str
    question: str
    expect: str
    path: str
    toml: str
    """The file."""
    resolved: str
    """The same with every default explicit, as TOML."""


class ServiceGlance(BaseModel):
    """One service in a line."""

    name: str
    state: State
    rate_per_s: float
    p99_ms: float | None
    utilisation: float
    queue: int
    error_share: float
    leak_share: float


class Glance(BaseModel):
    """The run at a glance."""

    run: RunStatus
    tiles: list[Tile]
    point: Point | None
    """The newest of the charts."""
    services: list[ServiceGlance]
    stretch: str
    """What rates and shares of services are of: ``"last 15 s"``, or ``"whole run"``."""


class Points(BaseModel):
    """Points of the charts."""

    run_id: int
    points: list[Point]
