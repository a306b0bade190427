"""Config: a setting is changed in the middle of the day ("rapidly deployed config")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import IntEnum
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

from pydantic import BeforeValidator, Field

from sanket_sim.bank.description import Bank
from sanket_sim.bank.policies import Policy
from sanket_sim.core.errors import Problem
from sanket_sim.core.settings import nearest
from sanket_sim.core.units import parse_duration_ns
from sanket_sim.faults.fault import TargetedFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.faults.targets import TargetKind
from sanket_sim.network.protocol import Command, CommandKind

Value = bool | int | float | str
_SERVICE_SETTINGS: Mapping[str, type] = {"workers": int, "queue_cap": int}
_LEAST: Mapping[str, float] = {
    "queue_cap": -1,
    "attempts": 1,
    "multiplier": 1,
    "window_calls": 1,
    "minimum_calls": 1,
    "half_open_calls": 1,
    "burst": 1,
}
"""Least value of a number; of any other setting 0."""
_SHARES = ("failure_share", "slow_share")


def _flat(value: Any) -> Any:
    """Read tables inside tables as dotted paths, which is how TOML reads bare dotted keys."""
    if not isinstance(value, dict):
        return value
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        deeper = _flat(inner)
        if isinstance(deeper, dict):
            flat |= {f"{key}.{path}": leaf for path, leaf in deeper.items()}
        else:
            flat[key] = inner
    return flat


@faults.register("config")
class Config(TargetedFault):
    """Policies of an edge, or workers and queue of a service, are something else for a while.

    Without `for` the change stays.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "config",
        "target": "{edge}",
        "at": "2s",
        "for": "3s",
        "set": {"timeout": "10ms", "retry.attempts": 2},
    }
    TARGETS: ClassVar[tuple[TargetKind, ...]] = (TargetKind.SERVICE, TargetKind.EDGE)
    COMMAND: ClassVar[CommandKind] = CommandKind.CONFIG

    kind: Literal["config"]
    changes: Annotated[dict[str, Value], BeforeValidator(_flat), Field(alias="set", min_length=1)]
    """Key path -> new value: of an edge ``timeout``, ``retry.attempts``, ``breaker.kind``, ...;
    of a service ``workers`` and ``queue_cap``."""

    def problems(self, bank: Bank) -> list[Problem]:
        """Say which target or setting does not exist, or cannot take its value."""
        found = super().problems(bank)
        for path, value in self.changes.items():
            try:
                self._parsed(path, value)
            except ValueError as error:
                found.append(Problem(f"set.{path}", str(error)))
        return found

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Push the new settings."""
        settings = dict(self._parsed(path, value) for path, value in self.changes.items())
        return replace(super().beginning(bank, fault_id, window), settings=settings)

    def _parsed(self, path: str, value: Value) -> tuple[str, Value]:
        if "->" in self.target:
            return policy_setting(Policy, path, value)
        if path not in _SERVICE_SETTINGS:
            raise ValueError(f'unknown setting "{path}"; {nearest(path, _SERVICE_SETTINGS)}')
        return path, _within(path, _typed(_SERVICE_SETTINGS[path], value))


def policy_setting(record: type, path: str, value: Value) -> tuple[str, Value]:
    """Turn a setting as people write it into the field of a policy and the engine's value.

    Raises
    ------
    ValueError
        If there is no such setting, naming the nearest, or if it cannot take the value.

    Examples
    --------
    >>> policy_setting(Policy, "timeout", "250ms")
    ('timeout_ns', 250000000)
    >>> policy_setting(Policy, "retry.kind", "aws")
    ('retry.kind', <RetryKind.AWS: 3>)
    >>> policy_setting(Policy, "retry.attempt", 2)
    Traceback (most recent call last):
    ValueError: unknown setting "attempt"; did you mean "attempts"? known: attempts, codes, ...
    """
    name, _, rest = path.partition(".")
    field = _field_called(record, name)
    wanted = get_type_hints(record)[field]
    if not is_dataclass(wanted):
        if rest:
            raise ValueError(f'"{name}" has nothing inside, not even "{rest}"')
        return field, _within(field, _typed(wanted, value, duration=field.endswith("_ns")))
    if not rest:
        raise ValueError(f'"{name}" is a group of settings; name one of them, as in "{name}.kind"')
    assert isinstance(wanted, type)
    inner, parsed = policy_setting(wanted, rest, value)
    return f"{field}.{inner}", parsed


def _field_called(record: type, name: str) -> str:
    known = {field.name.removesuffix("_ns"): field.name for field in fields(record)}
    if name not in known:
        raise ValueError(f'unknown setting "{name}"; {nearest(name, known)}')
    return known[name]


def _typed(wanted: Any, value: Value, *, duration: bool = False) -> Value:
    if duration:
        return _duration_ns(value)
    if not isinstance(wanted, type):
        raise ValueError("this setting cannot be pushed in mid-run")  # noqa: TRY004  pydantic reports ValueError
    if issubclass(wanted, IntEnum):
        return _member(wanted, value)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ValueError(f"expected a value of type {wanted.__name__}, not {value!r}")
    return value


def _within(name: str, value: Value) -> Value:
    if isinstance(value, str):
        return value
    if not value >= _LEAST.get(name, 0):
        raise ValueError(f"must be >= {_LEAST.get(name, 0)}, is {value}")
    if name in _SHARES and value > 1:
        raise ValueError(f"is a share, at most 1, not {value}")
    return value


def _duration_ns(value: Value) -> int:
    duration_ns = parse_duration_ns(value) if isinstance(value, str) else -1
    if duration_ns < 0:
        raise ValueError(f'expected a duration >= 0 with a unit, such as "250ms", not {value!r}')
    return duration_ns


def _member(enum: type[IntEnum], value: Value) -> int:
    words = {member.name.lower(): member for member in enum}
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError(f"expected one of {', '.join(words)}, not {value!r}")
    return words[value.lower()]
