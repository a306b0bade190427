"""What a table that somebody sends may hold: what TOML can say, and the engines can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sanket_sim.core.toml_text import split_path
from sanket_sim.server.models import INT64_MAX

DEPTH_MAX = 6
TEXT_MAX = 1_000
_NAMING_FILES = {"model", "preset"}
"""Keys whose value may be a path: over the network only names are taken."""


def untold(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what no experiment's table could hold.

    Examples
    --------
    >>> untold({"kind": "pause", "for": None})
    [('for', 'is null, which TOML has not: leave the key out')]
    """
    return list(_strange(table, ""))


def barred(overrides: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what may be set in a file, and not over the network: code, and files by their path.

    Examples
    --------
    >>> barred({"plugins": ["/tmp/mine.py"]})
    [('plugins', 'is code: it can be named in an experiment file alone')]
    >>> barred({"population": {"preset": "../../x.toml"}})
    [('population.preset', 'is a path: over the network only names are taken')]
    """
    return [found for keys, value in _leaves(overrides) for found in _barred_leaf(keys, value)]


def dated(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Read `start`, the one key of an experiment for which JSON has no value of its own.

    Examples
    --------
    >>> dated({"start": "2026-11-27T08:00:00"})
    {'start': datetime.datetime(2026, 11, 27, 8, 0)}
    """
    table = dict(overrides)
    if isinstance(start := table.get("start"), str):
        try:
            table["start"] = datetime.fromisoformat(start)
        except ValueError:
            return table
    return table


def _strange(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if path.count(".") >= DEPTH_MAX:
        yield path, f"is nested too deeply: {DEPTH_MAX} levels will do"
    elif isinstance(value, (dict, list)):
        for key, inner in _members(value):
            yield from _strange_key(key, path)
            yield from _strange(inner, f"{path}.{key}" if path else str(key))
    elif said := _strange_leaf(value):
        yield path, said


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    return iter(value.items() if isinstance(value, dict) else enumerate(value))


def _strange_key(key: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(key, str) and (said := _strange_leaf(key)):
        yield path, f"has a key that {said}"


def _strange_leaf(value: Any) -> str:
    if value is None:
        return "is null, which TOML has not: leave the key out"
    if isinstance(value, int) and abs(value) > INT64_MAX:
        return "is larger than 64 bits can hold"
    if isinstance(value, str):
        return _strange_text(value)
    return ""


def _strange_text(text: str) -> str:
    if len(text) > TEXT_MAX:
        return f"is longer than {TEXT_MAX:,} characters"
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "holds half a surrogate pair, which is no text"
    return "holds a NUL" if "\0" in text else ""


def _leaves(table: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(table, dict):
        yield keys, table
        return
    for key, inner in table.items():
        yield from _leaves(inner, (*keys, *_split(key)))


def _split(key: str) -> tuple[str, ...]:
    try:
        return split_path(key)
    except ValueError:
        return (key,)


def _barred_leaf(keys: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    path = ".".join(keys)
    if keys and keys[0] == "plugins":
        yield path, "is code: it can be named in an experiment file alone"
    elif keys and keys[-1] in _NAMING_FILES and isinstance(value, str) and set("/\\") & set(value):
        yield path, "is a path: over the network only names are taken"
