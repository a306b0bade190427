"""Policies of the bank's edges and the knobs of its services, as a form shows and changes them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from itertools import pairwise
from typing import Any, cast

from sanket_sim.bank.description import Bank, Controls
from sanket_sim.core.units import format_duration
from sanket_sim.dashboard.page.deeds import Entry, FieldKind, read_entry, sentence
from sanket_sim.faults.targets import TargetKind, names_of

_OF_A_SERVICE = ("workers", "queue_cap")
_THE_TRAP = re.compile(r" \(T\d+\)")


def targets_of(bank: Bank) -> list[str]:
    """Return what has settings that can be changed: services, then edges."""
    return [name for kind in (TargetKind.SERVICE, TargetKind.EDGE) for name in names_of(bank, kind)]


def settings_of(bank: Bank, target: str) -> list[Entry]:
    """Return every setting of an edge or a service, as this bank has it."""
    if "->" not in target:
        service = next((one for one in bank.services if one.name == target), None)
        names = _OF_A_SERVICE if service is not None else ()
        return [_number(name, getattr(service, name)) for name in names]
    edges = (one for one in bank.edges if target in (one.name, _pair(one.name)))
    edge = next(edges, None)
    return [] if edge is None else list(_flat(edge.policy))


@cache
def control_hints() -> dict[str, str]:
    """Return what each control does, as its docstring says: without the trap's number."""
    module = ast.parse(inspect.cleandoc(inspect.getsource(Controls)))
    body = cast(ast.ClassDef, module.body[0]).body
    return {
        setting.target.id: _THE_TRAP.sub("", sentence(str(said.value.value)))
        for setting, said in pairwise(body)
        if isinstance(setting, ast.AnnAssign)
        and isinstance(setting.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
    }


def changes_of(typed: Mapping[str, str], known: list[Entry]) -> dict[str, Any]:
    """Return the settings that somebody changed, as a ``config`` fault takes them."""
    offered = {entry.key: entry for entry in known}
    return {
        key: _read(value, offered[key])
        for key, value in typed.items()
        if key in offered and value not in ("", offered[key].value)
    }


def _flat(record: Any, prefix: str = "") -> Iterator[Entry]:
    for field in fields(record):
        value = getattr(record, field.name)
        path = prefix + field.name.removesuffix("_ns")
        if is_dataclass(value):
            yield from _flat(value, f"{path}.")
        elif not isinstance(value, frozenset):
            yield _setting(path, value, is_duration=field.name.endswith("_ns"))


def _setting(path: str, value: Any, *, is_duration: bool) -> Entry:
    if isinstance(value, IntEnum):
        words = tuple(member.name.lower() for member in type(value))
        return _named(path, "choice", value.name.lower(), words)
    if isinstance(value, bool):
        return _named(path, "choice", str(value).lower(), ("true", "false"))
    return _named(path, "text", format_duration(value)) if is_duration else _number(path, value)


def _number(path: str, value: float) -> Entry:
    return _named(path, "number", f"{value:g}")


def _named(path: str, kind: FieldKind, value: str, options: tuple[str, ...] = ()) -> Entry:
    return Entry(path, path.replace("_", " ").replace(".", " · "), "", kind, value, value, options)


def _read(text: str, entry: Entry) -> Any:
    if entry.options == ("true", "false"):
        return text == "true"
    value = read_entry(text, entry.kind)
    whole = isinstance(value, int) and "." in str(entry.value)
    return float(value) if whole else value


def _pair(edge_name: str) -> str:
    """Return ``a->b`` of ``a->b.operation``."""
    caller, arrow, callee = edge_name.partition("->")
    return f"{caller}{arrow}{callee.partition('.')[0]}"
