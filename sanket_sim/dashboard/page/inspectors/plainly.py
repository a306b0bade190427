"""Whatever has no block of its own yet, shown plainly: numbers by the units in their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sanket_sim.core.money import format_minor
from sanket_sim.dashboard.page.inspectors.sheet import Block, Cell, Fact, Facts, Table, Text
from sanket_sim.dashboard.page.wording import millis, rate, share, span, words

ROWS_MAX = 12
_SUFFIXES = ("_minor", "_share", "_per_s", "_ms", "_ns", "_w", "_j", "_mg")


def value_in_words(key: str, value: Any, currency: str = "") -> str:
    """Write a value by the unit that its name ends with.

    Examples
    --------
    >>> value_in_words("p99_ms", 12.5), value_in_words("error_share", 0.5)
    ('12 ms', '50.00 %')
    >>> value_in_words("lost_minor", 500, "EUR"), value_in_words("found", True)
    ('5.00 EUR', 'yes')
    """
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return words(value)
    return _number(key, value, currency)


def _number(key: str, value: float, currency: str) -> str:
    if key.endswith("_minor") and currency:
        return format_minor(int(value), currency)
    if key.endswith("_share") or key == "utilisation":
        return share(value)
    if key.endswith("_per_s"):
        return rate(value)
    if key.endswith("_ms"):
        return millis(value)
    if key.endswith("_ns"):
        return span(value)
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return f"{text} W" if key.endswith("_w") else text


def label_of(key: str) -> str:
    """Write a name without its unit.

    Examples
    --------
    >>> label_of("timeout_share"), label_of("stopped_minor")
    ('timeout', 'stopped')
    """
    for suffix in _SUFFIXES:
        key = key.removesuffix(suffix)
    return words(key)


def facts_of(body: Mapping[str, Any], left_out: frozenset[str] = frozenset()) -> tuple[Fact, ...]:
    """Return every plain value as a fact."""
    currency = str(body.get("currency", ""))
    return tuple(
        Fact(label_of(key), value_in_words(key, value, currency))
        for key, value in body.items()
        if key not in left_out and not isinstance(value, list | dict)
    )


def blocks_of(body: Mapping[str, Any], left_out: frozenset[str] = frozenset()) -> Iterator[Block]:
    """Yield blocks for all that is there and not left out."""
    yield Facts("", facts_of(body, left_out))
    currency = str(body.get("currency", ""))
    for key, value in body.items():
        if key in left_out:
            continue
        if isinstance(value, dict):
            yield Facts(label_of(key), facts_of({"currency": currency, **value}, _CURRENCY))
        elif isinstance(value, list) and value:
            yield _listed(label_of(key), value, currency)


_CURRENCY = frozenset({"currency"})


def _listed(title: str, values: list[Any], currency: str) -> Block:
    rows = [value for value in values if isinstance(value, dict)]
    if len(rows) != len(values):
        return Text(title, tuple(map(str, values[:ROWS_MAX])))
    return table_of(title, rows, currency)


def table_of(title: str, rows: list[dict[str, Any]], currency: str = "") -> Table:
    """Lay records under the names of their plain fields."""
    first = rows[0] if rows else {}
    keys = [key for key, value in first.items() if not isinstance(value, list | dict)]
    cells = tuple(
        tuple(
            Cell(value_in_words(key, row.get(key), str(row.get("currency", currency))))
            for key in keys
        )
        for row in rows[:ROWS_MAX]
    )
    numeric = tuple(isinstance(first[key], int | float) for key in keys)
    return Table(title, tuple(map(label_of, keys)), cells, numeric)


def _cells(row: Mapping[str, Any], keys: list[str], currency: str) -> tuple[Cell, ...]:
    own = str(row.get("currency", currency))
    return tuple(Cell(value_in_words(key, row.get(key), own)) for key in keys)
