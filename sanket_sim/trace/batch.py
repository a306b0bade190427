"""A batch: what happened in one tick, as columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
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
    if all(column.dtype not in {"f4", "f8"} for column in columns):
        return _columns_of_integers(rows, columns)
    sides: Iterable[tuple[Any, ...]] = zip(*rows, strict=True)
    return {
        column.name: np.array(side, dtype=column.dtype)
        for column, side in zip(columns, sides, strict=True)
    }


def _columns_of_integers(rows: Sequence[tuple[Any, ...]], columns: tuple[Column, ...]) -> Columns:
    """Turn rows without fractions into columns in one sweep; twice as fast as side by side."""
    width = len(columns)
    cells = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=width * len(rows))
    table = cells.reshape(-1, width)
    return {
        column.name: table[:, place].astype(column.dtype) for place, column in enumerate(columns)
    }


def rows_in(table: Columns) -> int:
    """Count the rows of a table."""
    return len(next(iter(table.values()))) if table else 0


def sums_by_code(
    codes: NDArray[np.integer], amounts: NDArray[np.integer], size: int
) -> NDArray[np.int64]:
    """Sum integers by code, exactly: floats would lose cents beyond 2**53.

    Returns
    -------
    int64 array, shape (size,)

    Examples
    --------
    >>> sums_by_code(np.array([0, 1, 0]), np.array([2**60, 5, 1]), 2).tolist() == [2**60 + 1, 5]
    True
    """
    sums = np.zeros(size, np.int64)
    np.add.at(sums, codes, amounts)
    return sums


def places_of(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each wanted id stands among sorted `ids`, -1 for those that do not.

    Examples
    --------
    >>> places_of(np.array([3, 5, 9]), np.array([9, -1, 3])).tolist()
    [2, -1, 0]
    """
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1)


def is_code(values: NDArray[Any], code: int) -> NDArray[np.bool_]:
    """Say which values are a code: ten times sooner than compared with an IntEnum, if they are few.

    Examples
    --------
    >>> is_code(np.array([3, -1, 4]), 4).tolist()
    [False, False, True]
    """
    return np.asarray(values == int(code))


def one_of(values: NDArray[Any], codes: Collection[int]) -> NDArray[np.bool_]:
    """Say which values are one of a few codes: of a short column several times sooner than `isin`.

    Examples
    --------
    >>> one_of(np.array([3, -1, 4]), (4, 3)).tolist(), one_of(np.array([3]), ()).tolist()
    ([True, False, True], [False])
    """
    found = np.zeros(len(values), np.bool_)
    for code in codes:
        found |= is_code(values, code)
    return found


def joined(first: Columns, then: Columns) -> Columns:
    """Lay the rows of one table behind those of another with the same columns.

    Examples
    --------
    >>> joined({"n": np.array([1, 2])}, {"n": np.array([3])})
    {'n': array([1, 2, 3])}
    """
    return {name: np.concatenate([column, then[name]]) for name, column in first.items()}


def in_time(first: Columns, then: Columns) -> Columns:
    """Join two tables by their `time_ns`; at one instant the rows of `first` come first.

    Examples
    --------
    >>> rows = in_time({"time_ns": np.array([3])}, {"time_ns": np.array([1, 3])})
    >>> rows["time_ns"].tolist()
    [1, 3, 3]
    """
    table = joined(first, then)
    order = np.argsort(table["time_ns"], kind="stable")
    return {name: column[order] for name, column in table.items()}


@dataclass(slots=True)
class TraceBatch:
    """The rows of every table that one `advance` produced, and what actors may learn from it.

    `end_ns` is the instant up to which (exclusive) the batch tells the whole story.
    """

    end_ns: int = 0
    transactions: Columns = field(default_factory=partial(schema.empty, schema.TRANSACTIONS))
    hops: Columns = field(default_factory=partial(schema.empty, schema.HOPS))
    postings: Columns = field(default_factory=partial(schema.empty, schema.POSTINGS))
    faults: Columns = field(default_factory=partial(schema.empty, schema.FAULTS))
    decisions: Columns = field(default_factory=partial(schema.empty, schema.DECISIONS))
    gauges: Columns = field(default_factory=partial(schema.empty, schema.GAUGES))
    agents: Columns = field(default_factory=partial(schema.empty, schema.AGENTS))
    truth: Columns = field(default_factory=partial(schema.empty, schema.TRUTH))
    campaigns: Columns = field(default_factory=partial(schema.empty, schema.CAMPAIGNS))
    specifications: Columns = field(default_factory=partial(schema.empty, schema.SPECIFICATIONS))
    assessments: Columns = field(default_factory=partial(schema.empty, schema.ASSESSMENTS))
    answers: Columns = field(default_factory=partial(schema.empty, schema.ANSWERS))

    def tables(self) -> dict[str, Columns]:
        """Return the tables that are written to disk, by name."""
        return {name: getattr(self, name) for name in schema.TABLES}
