"""Configuration: TOML in, frozen settings out, or every problem at once in the user's words."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.settings import Settings, nearest
from sanket_sim.core.toml_text import KeyPath, join_path, key_lines, split_path, write_toml

AnySettings = TypeVar("AnySettings", bound=Settings)

BYTES_MAX = 10_000_000
_PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")
_WORDS = {
    "missing": "is missing",
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be <= {le}",
    "finite_number": "must be a finite number",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "model_type": "must be a table",
    "model_attributes_type": "must be an object of JSON",
    "dict_type": "must be a table",
    "tuple_type": "must be an array",
    "list_type": "must be an array",
    "too_short": "must not be empty: give at least {min_length} item",
    "too_long": "must have at most {max_length} items",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "datetime_type": "must be a datetime without quotes, such as 2026-11-27T08:00:00",
}
_COMPLETE = {"missing", "unknown_key"}
_SAMPLES = {
    "name": 'name = "my_experiment"',
    "model": 'model = "retail_bank"',
    "start": "start = 2026-11-27T08:00:00",
    "duration": 'duration = "8m"',
    "at": 'at = "2m"',
    "for": 'for = "30s"',
    "add": 'add = "200ms"',
    "probability": "probability = 0.001, a share from 0 to 1",
    "factor": "factor = 2.0",
    "target": 'target = "payment"',
    "typology": 'typology = "card_testing"',
}
"""Keys that people forget -> how each is written."""


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file as read: its tables, and where its keys stand.

    Parameters
    ----------
    source : str
        How errors call it: the file's path as the user gave it.
    table : dict
    lines : mapping
        Key path -> line; empty for a table that never was a file.
    overridden : frozenset of KeyPath
        What overrides have put in; no line of the file is to blame for it.
    samples : mapping
        Key -> how it is written, for keys that people forget or give another type.
    """

    source: str
    table: dict[str, Any]
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    overridden: frozenset[KeyPath] = frozenset()
    samples: Mapping[str, str] = field(default_factory=_SAMPLES.copy)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a problem at a key path, with the line of the nearest key that has one."""
        ends = range(len(path), 0, -1)
        words = tuple(map(str, path))
        if any(words[:end] in self.overridden for end in ends):
            return Problem(join_path(path), message, overridden=True)
        line = next((self.lines[path[:end]] for end in ends if path[:end] in self.lines), None)
        return Problem(join_path(path), message, line)


def read_toml(path: Path | str) -> Document:
    """Read a TOML file.

    Raises
    ------
    InputError
        If there is no such file, or it is a directory, empty, binary, not UTF-8, or not TOML.
    """
    source = str(path)
    text = _read_text(source, Path(path))
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise InputError(source, [Problem("", "is nested too deeply")]) from None
    except ValueError as error:
        raise InputError(source, [_syntax_problem(str(error))]) from None
    if not table:
        raise InputError(source, [Problem("", "is empty; expected TOML with at least one key")])
    return Document(source, table, key_lines(text.replace("\r\n", "\n")))


def _read_text(source: str, path: Path) -> str:
    try:
        if path.is_dir():
            raise _refusal(source, "is a directory; name a .toml file")
        with path.open("rb") as file:  # a device never ends: read no more than is judged
            content = file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        raise _refusal(source, "no such file; check the path and its spelling") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refusal(source, f"cannot be read: {reason}") from None
    if len(content) > BYTES_MAX:
        raise _refusal(source, f"is larger than {BYTES_MAX:,} bytes; expected a TOML file")
    if b"\0" in content:
        raise _refusal(source, "is a binary file; expected TOML text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what = Problem("", "is not UTF-8 text; save the file in UTF-8", line)
        raise InputError(source, [what]) from None


def _refusal(source: str, message: str) -> InputError:
    return InputError(source, [Problem("", message)])


def _syntax_problem(message: str) -> Problem:
    match = _PLACE.search(message)
    line = int(match[1]) if match and match[1] else None
    hint = "keys are written as in: retries = 3, text in quotes, tables as [like.this]"
    return Problem("", f"is not TOML: {_PLACE.sub('', message)}; {hint}", line)


def parse_override(text: str) -> tuple[str, Any]:
    """Split ``a.b.c=value``; the value is read as TOML, else it is taken as text.

    Raises
    ------
    InputError
        If there is no ``=``.

    Examples
    --------
    >>> parse_override("services.payment.replicas=5"), parse_override("demand.rate=90/s")
    (('services.payment.replicas', 5), ('demand.rate', '90/s'))
    """
    path, sign, value = text.partition("=")
    if not sign:
        raise _refusal(text, "expected key=value, as in services.payment.replicas=5")
    try:
        table = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        return path.strip(), value.strip()
    return path.strip(), table["value"] if len(table) == 1 else value.strip()


def override(
    document: Document, overrides: Mapping[str, Any] | Iterable[tuple[str, Any]]
) -> Document:
    """Return the document with values replaced or added at dotted paths.

    Parameters
    ----------
    document : Document
        Stays as it is.
    overrides : mapping or pairs
        ``fault.0.probability`` names an element of an array; tables that are missing are made,
        and the settings class judges whether their keys exist.

    Raises
    ------
    InputError
        If a path leads through something that is no table, or to an element that is not there.

    Examples
    --------
    >>> override(Document("x.toml", {"fault": [{"p": 1}]}), {"fault.0.p": 0, "slo.q": 2}).table
    {'fault': [{'p': 0}], 'slo': {'q': 2}}
    """
    pairs = tuple(overrides.items() if isinstance(overrides, Mapping) else overrides)
    table = copy.deepcopy(document.table)
    problems = []
    for path, value in pairs:
        try:
            _place(table, split_path(path), value)
        except ValueError as error:
            problems.append(Problem(path, str(error)))
    if problems:
        raise InputError("override", problems)
    put_in = {split_path(path) for path, _ in pairs}
    return replace(document, table=table, overridden=document.overridden | put_in)


def _place(table: Any, keys: tuple[str, ...], value: Any) -> None:
    for depth, key in enumerate(keys):
        place = _step(table, keys[:depth], key)
        if depth == len(keys) - 1:
            table[place] = value
        elif isinstance(table, dict):
            table = table.setdefault(place, {})
        else:
            table = table[place]


def _step(table: Any, before: tuple[str, ...], key: str) -> str | int:
    if isinstance(table, dict):
        return key
    where = join_path(before)
    if not isinstance(table, list):
        raise ValueError(f"{where} is {show(table)}, not a table: it has no key {show(key)}")  # noqa: TRY004  user input
    if not key.isdecimal():
        raise ValueError(f"{where} is an array: expected a place 0, 1, ... not {show(key)}")
    if int(key) >= len(table):
        raise ValueError(f"{where} has {len(table)} elements, the first is 0: there is no {key}")
    return int(key)


def load_settings(
    path: Path | str,
    kind: type[AnySettings],
    overrides: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
) -> AnySettings:
    """Read a TOML file into settings, overrides applied first.

    Parameters
    ----------
    path : Path or str
    kind : type
        A `Settings` class.
    overrides : mapping or pairs
        Dotted key path -> value.

    Raises
    ------
    InputError
        If anything is wrong, with every problem found.
    """
    return validate(override(read_toml(path), overrides), kind)


def validate(document: Document, kind: type[AnySettings]) -> AnySettings:
    """Turn a document into settings.

    Raises
    ------
    InputError
        If the settings class refuses it, with every problem found.

    Examples
    --------
    >>> class Slo(Settings):
    ...     availability: float
    >>> validate(Document("slo.toml", {"availabilty": 0.9}), Slo)
    Traceback (most recent call last):
    sanket_sim.core.errors.InputError: slo.toml: 2 problems
      availability: is missing; give it a value
      availabilty: unknown key; did you mean "availability"? known: availability
    """
    try:
        return kind.model_validate(document.table)
    except ValidationError as error:
        raise InputError(document.source, problems_of(error, document)) from None


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """Say every error of a validation in the user's words, at the user's keys."""
    return problems_in(error.errors(include_url=False), document)


def problems_in(details: Iterable[ErrorDetails], document: Document) -> list[Problem]:
    """Say what pydantic found as `problems_of` does, whoever has asked it."""
    return [_problem(detail, document) for detail in details]


def _problem(detail: ErrorDetails, document: Document) -> Problem:
    path, value = _locate(detail, document.table)
    message = _wording(detail, value) + _brackets(detail, path, value)
    return document.problem(path, message + _example(detail, document.samples))


def _brackets(detail: ErrorDetails, path: KeyPath, value: Any) -> str:
    """Say how the array is written that was written as a table."""
    if detail["type"] not in ("tuple_type", "list_type") or not isinstance(value, dict):
        return ""
    return f": write [[{join_path(tuple(key for key in path if isinstance(key, str)))}]]"


def _example(detail: ErrorDetails, samples: Mapping[str, str]) -> str:
    """Show how it is written to whoever left it out, or gave something of another type."""
    keys, kind = detail["loc"], detail["type"]
    sample = samples.get(str(keys[-1])) if keys else None
    if kind == "missing":
        return f"; give it, as in {sample}" if sample else "; give it a value"
    return f", as in {sample}" if sample and kind.endswith("_type") else ""


def _locate(detail: ErrorDetails, table: Any) -> tuple[KeyPath, Any]:
    """Keep what the user wrote of a location: validators add steps that no file has."""
    path: KeyPath = ()
    for key in detail["loc"]:
        known = isinstance(table, dict) and key in table
        placed = isinstance(table, list | tuple) and isinstance(key, int) and key < len(table)
        if known or placed:
            path, table = (*path, key), table[key]
    if detail["type"] == "missing":
        path = (*path, detail["loc"][-1])
    return path, table


def _wording(detail: ErrorDetails, value: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    text = _WORDS[kind].format(**context) if kind in _WORDS else _plain(detail["msg"])
    if kind in _COMPLETE or isinstance(value, dict):
        return text
    if kind == "literal_error" and isinstance(value, str):
        known = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return f"is {show(value)}; {nearest(value, known)}"
    told = re.search(rf"(?<![\w.]){re.escape(show(value))}(?![\w.])", text)
    return text if told else f"{text}, is {show(value)}"


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ").replace("Input should be", "must be")
    return re.sub(r"^Input should", "should", message)


def show(value: Any) -> str:
    """Write a value as TOML would, cut to a length that fits a message.

    Examples
    --------
    >>> show("a"), show(True), show({"a": 1}), show([1, 2])
    ('"a"', 'true', 'a table', 'an array of 2')
    """
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"an array of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a number of more than 30 digits"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def dump_settings(settings: Settings) -> str:
    """Write settings as TOML with every default explicit and every unit beside its number.

    Reading the text back gives equal settings.
    """
    return write_toml(settings.model_dump(by_alias=True, exclude_none=True))
