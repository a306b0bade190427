"""A batch: what happened in one tick, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.trace import schema
from sanket_sim.trace.schema import Column

Columns = dict[str, NDArray[Any]]


def columns_of(rows: Sequence[tuple[Any, ...]], columns: tuple[Column, ...]) -> Columns:
    """Turn row tuples, in the order of `columns`, into one array per column.

    Examples
    --------
    >>> columns_of([(1, 2), (3, 4)], (Column("a"), Column("b", "i2")))["b"].tolist()
    [2, 4]
    """
    if not rows:
        return schema.empty(columns)
    sides: Iterable[tuple[Any, ...]] = zip(*rows, strict=True)
    return {
        column.name: np.array(side, dtype=column.dtype)
        for column, side in zip(columns, sides, strict=True)
    }


def rows_in(table: Columns) -> int:
    """Count the rows of a table."""
    return len(next(iter(table.values()))) if table else 0


def _empty_table(name: str) -> Any:
    return field(default_factory=lambda: schema.empty(schema.TABLES[name]))


@dataclass(slots=True)
class TraceBatch:
    """The rows of every table that one `advance` produced, and what actors may learn from it.

    `end_ns` is the instant up to which (exclusive) the batch tells the whole story.
    """

    end_ns: int = 0
    transactions: Columns = _empty_table("transactions")
    hops: Columns = _empty_table("hops")
    postings: Columns = _empty_table("postings")
    faults: Columns = _empty_table("faults")
    decisions: Columns = _empty_table("decisions")
    gauges: Columns = _empty_table("gauges")
    agents: Columns = _empty_table("agents")
    answers: Columns = field(default_factory=lambda: schema.empty(schema.ANSWERS))

    def tables(self) -> dict[str, Columns]:
        """Return the tables that are written to disk, by name."""
        return {name: getattr(self, name) for name in schema.TABLES}
