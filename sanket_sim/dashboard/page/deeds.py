"""What can be commanded, described for a form: every registered fault and trap by its schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sanket_sim.bank.description import Bank
from sanket_sim.dashboard.page.wording import capital
from sanket_sim.faults.description import described
from sanket_sim.faults.fault import Fault, TargetedFault, faults
from sanket_sim.faults.targets import names_of
from sanket_sim.faults.traps import Trap, traps

FieldKind = Literal["text", "number", "choice", "switch", "names", "list"]
_LEFT_OUT = ("kind", "set")
_FIRST, _LAST = ("target",), ("for", "repeat")
_UNITS = {"for": "30s", "repeat": "2m"}
"""What a duration may look like, where the example of a part has none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting of a fault or trap.

    Parameters
    ----------
    key, label, hint : str
    kind : str
        ``text``, ``number``, ``choice``, ``switch``, ``names`` (of the bank's parts) or ``list``.
    value : str or bool
        To begin with.
    example : str
        What might stand there.
    options : tuple of str
    required : bool
    """

    key: str
    label: str
    hint: str
    kind: FieldKind
    value: str | bool
    example: str
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """A fault or trap that can be commanded.

    Parameters
    ----------
    kind : str
    is_trap : bool
    says : str
        In a line.
    entries : tuple of Entry
    """

    kind: str
    is_trap: bool
    says: str
    entries: tuple[Entry, ...]


def deeds_of(bank: Bank) -> list[Deed]:
    """Return everything that can be commanded on a bank, but what has a form of its own."""
    struck = [_deed(kind, part, bank) for kind, part in faults.items() if not _sets(part)]
    return struck + [_deed(kind, part, bank) for kind, part in traps.items()]


def _sets(part: type[Fault]) -> bool:
    """Say whether a fault pushes settings: `config` and `control`."""
    return any(field.alias == "set" for field in part.model_fields.values())


def _deed(kind: str, part: type[Fault | Trap], bank: Bank) -> Deed:
    about = described(part)
    entries = [
        _entry(key, part, bank) for key in about.schema["properties"] if key not in _LEFT_OUT
    ]
    says, is_trap = plain(about.summary), issubclass(part, Trap)
    return Deed(kind, is_trap, says, tuple(sorted(entries, key=_rank)))


def _rank(entry: Entry) -> tuple[bool, bool, bool]:
    return entry.key not in _FIRST, entry.key in _LAST, not entry.required


def _entry(key: str, part: type[Fault | Trap], bank: Bank) -> Entry:
    schema = described(part).schema
    about = schema["properties"][key]
    options = _options(key, about, part, bank)
    default = about.get("default")
    kind = _field_kind(about, options, key)
    return Entry(
        key=key,
        label=key.replace("_", " "),
        hint=sentence(str(about.get("description", ""))),
        kind=kind,
        value=bool(default) if kind == "switch" else _written(default, kind),
        example=options[0] if kind == "names" else _example(key, part),
        options=options,
        required=key in schema["required"],
    )


def _options(
    key: str, about: Mapping[str, Any], part: type[Fault | Trap], bank: Bank
) -> tuple[str, ...]:
    if key == "target" and issubclass(part, TargetedFault):
        return tuple(name for kind in part.TARGETS for name in names_of(bank, kind))
    if key == "kinds":
        return tuple(route.name for route in bank.routes)
    return tuple(map(str, about.get("enum", ())))


def _field_kind(about: Mapping[str, Any], options: tuple[str, ...], key: str) -> FieldKind:
    types = types_of(about)
    if "enum" in about:
        return "choice"
    if "boolean" in types:
        return "switch"
    if "array" in types:
        return "list"
    if options and key == "target":
        return "names"
    return "text" if "string" in types else "number"


def types_of(about: Mapping[str, Any]) -> set[str]:
    """Return the JSON types that a setting may take.

    Examples
    --------
    >>> sorted(types_of({"anyOf": [{"type": "string"}, {"type": "null"}]}))
    ['null', 'string']
    """
    found: set[str] = set()
    for one in (about, *about.get("anyOf", ())):
        said = one.get("type", ())
        found |= {said} if isinstance(said, str) else set(said)
    return found


def _written(default: object, kind: FieldKind) -> str:
    """Write a default; durations are kept in nanoseconds and 0 of them means nothing."""
    if default is None or (kind == "text" and isinstance(default, int)):
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


def _example(key: str, part: type[Fault | Trap]) -> str:
    example = described(part).example.get(key, _UNITS.get(key, ""))
    return "" if isinstance(example, str) and "{" in example else str(example)


def plain(text: str) -> str:
    r"""Take the marks of documentation out of a text.

    Examples
    --------
    >>> plain('``"payment"`` or\n`ramp`')
    '"payment" or ramp'
    """
    return re.sub(r"\s+", " ", text.replace("`", ""))


def sentence(text: str) -> str:
    r"""Write a text of documentation as a sentence: what somebody is to type stays as it is.

    Examples
    --------
    >>> sentence('share of calls'), sentence('``"all"`` or a number'), sentence("`ramp` or `step`")
    ('Share of calls', '"all" or a number', 'ramp or step')
    """
    begins = text.lstrip()[:1].isalpha()
    return capital(plain(text)) if begins else plain(text)


def table_of(deed: Deed, typed: Mapping[str, str | bool]) -> dict[str, Any]:
    """Return the table of a command from what somebody typed; what is empty is left out."""
    table: dict[str, Any] = {"kind": deed.kind}
    for entry in deed.entries:
        value = typed.get(entry.key, "")
        if value in ("", False) or value == entry.value:
            continue
        table[entry.key] = value if isinstance(value, bool) else read_entry(value, entry.kind)
    return table


def read_entry(text: str, kind: FieldKind) -> Any:
    """Read what was typed as what it must be: a number where one is meant, or the text itself.

    Examples
    --------
    >>> read_entry("0.5", "number"), read_entry("5s", "text"), read_entry("2", "text")
    (0.5, '5s', 2)
    >>> read_entry("transfer, card", "list")
    ['transfer', 'card']
    """
    if kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind in ("choice", "names"):
        return text
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text.strip()
