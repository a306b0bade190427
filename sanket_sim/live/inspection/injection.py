"""What can be done to a service: every registered fault that strikes it, and how to write it."""

from __future__ import annotations

import inspect as inspecting
from dataclasses import dataclass
from functools import cache
from typing import Any

from sanket_sim.bank.description import Bank
from sanket_sim.faults import Fault, faults
from sanket_sim.faults.fault import TargetedFault
from sanket_sim.faults.targets import TargetKind, callee_of, names_of


@dataclass(frozen=True, slots=True)
class Injectable:
    """A fault that can strike a service.

    Parameters
    ----------
    kind, summary : str
    targets : tuple of str
        The service, its operations, and the edges to it, as far as the fault accepts them.
    settings : tuple of Setting
    example : dict
        A table that `Give` takes as it is.
    """

    kind: str
    summary: str
    targets: tuple[str, ...]
    settings: tuple[Setting, ...]
    example: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a fault's table.

    Parameters
    ----------
    name, says : str
    kind : str
        ``duration``, ``number``, ``share``, ``switch``, ``choice``, ``table`` or ``text``.
    default, example : object
        None: there is none.
    choices : tuple of str
    required : bool
    """

    name: str
    says: str
    kind: str
    default: Any
    example: Any
    choices: tuple[str, ...]
    required: bool


_LEFT_OUT = ("at", "kind", "target")
"""A command acts when it is given; the other two are asked for by themselves."""


def injectable(bank: Bank, service: str) -> tuple[Injectable, ...]:
    """Return every fault that can strike a service, in the order of their names."""
    edge = next((name for name in _targets(bank, service, TargetKind.EDGE)), "")
    found = []
    for kind, part in faults.items():
        if not issubclass(part, TargetedFault):
            continue
        targets = tuple(name for one in part.TARGETS for name in _targets(bank, service, one))
        example = _example(part) | {"target": _named(str(part.EXAMPLE["target"]), service, edge)}
        if targets:
            found.append(Injectable(kind, _summary(part), targets, _settings(part), example))
    return tuple(found)


def _targets(bank: Bank, service: str, kind: TargetKind) -> list[str]:
    names = names_of(bank, kind)
    place = bank.service_index(service)
    return [name for name in names if callee_of(bank, name) == place]


def _example(part: type[Fault]) -> dict[str, Any]:
    return {key: value for key, value in part.EXAMPLE.items() if key != "at"}


def _named(place: str, service: str, edge: str) -> str:
    """Fill in what an example leaves open."""
    return place.replace("{service}", service).replace("{edge}", edge or service)


def _summary(part: type[Fault]) -> str:
    return (inspecting.getdoc(part) or "").split("\n\n")[0].replace("\n", " ")


@cache
def _settings(part: type[Fault]) -> tuple[Setting, ...]:
    schema = part.model_json_schema()
    required = schema.get("required", [])
    return tuple(
        Setting(
            name=name,
            says=str(entry.get("description", "")),
            kind=_kind(name, entry),
            default=entry.get("default"),
            example=part.EXAMPLE.get(name),
            choices=_choices(entry),
            required=name in required,
        )
        for name, entry in schema["properties"].items()
        if name not in _LEFT_OUT
    )


_DURATIONS = ("for", "repeat", "add", "jitter")
"""Written as text with a unit; a schema cannot tell them from any other text."""


def _kind(name: str, entry: dict[str, Any]) -> str:
    """Say how a setting is written, from its schema."""
    if name in _DURATIONS:
        return "duration"
    if _choices(entry):
        return "choice"
    types = [one.get("type") for one in (entry, *entry.get("anyOf", ())) if "type" in one]
    kinds = {"boolean": "switch", "object": "table", "number": "number", "integer": "number"}
    kind = "text" if "string" in types else kinds.get(str(types[0]), "text")
    return "share" if kind == "number" and entry.get("maximum") == 1 else kind


def _choices(entry: dict[str, Any]) -> tuple[str, ...]:
    offered = [entry, *entry.get("anyOf", ())]
    return tuple(str(choice) for one in offered for choice in one.get("enum", ()))
