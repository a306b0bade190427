"""What of a payment only its run knows: the rows that are not on the disk yet.

Words stand where a trace has codes, so that any process can read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

NAMED_IN: Mapping[str, tuple[str, ...]] = {
    "transactions": ("tx_id", "original_tx_id"),
    "hops": ("tx_id",),
    "postings": ("tx_id",),
    "decisions": ("tx_id",),
    "assessments": ("tx_id",),
    "faults": (),
}
"""Tables that a payment's story is told from, and their columns in which a payment is named. Of
one that names none, every row matters."""


@dataclass(frozen=True, slots=True)
class Unwritten:
    """What a run knew of some payments at one instant between two ticks, and the disk did not.

    Parameters
    ----------
    folder : Path
        The run's.
    parts : mapping
        How many parts of each table were whole on the disk by then: what follows them is in `rows`.
    rows : mapping
        Of each table, in words.
    agents : Columns
        Agents from row `agents_from` on, in words.
    agents_from : int
    newest_tx_id : int
        The greatest number among the payments that have ended.
    """

    folder: Path
    parts: Mapping[str, int]
    rows: Mapping[str, Columns]
    agents: Columns
    agents_from: int
    newest_tx_id: int


def unwritten_of(
    writer: TraceWriter, tx_ids: Sequence[int]
) -> tuple[dict[str, int], dict[str, Columns]]:
    """Return how many parts each table has, and the rows of some payments that wait for theirs."""
    rows = {name: _waiting(writer, name, tx_ids) for name in NAMED_IN}
    return {name: writer.parts(name) for name in NAMED_IN}, rows


def _waiting(writer: TraceWriter, name: str, tx_ids: Sequence[int]) -> Columns:
    waiting = writer.waiting(name)
    if NAMED_IN[name]:
        waiting = where_named(waiting, NAMED_IN[name], tx_ids)
    return in_words(name, waiting, writer.vocabularies)


def where_named(rows: Columns, columns: Iterable[str], numbers: Sequence[int]) -> Columns:
    """Return the rows in which one of some columns holds one of some numbers."""
    found = [rows[column] == number for column in columns for number in numbers]
    keep = np.flatnonzero(np.logical_or.reduce(found))
    return {name: values[keep] for name, values in rows.items()}


def in_words(table: str, rows: Columns, words: Vocabularies) -> Columns:
    """Put words in the place of codes, None for none.

    Examples
    --------
    >>> rows = {"role": np.array([1, -1]), "agent_id": np.array([4, 5])}
    >>> words = Vocabularies()
    >>> [words["role"].code(word) for word in ("customer", "mule")]
    [0, 1]
    >>> spelt = in_words("agents", rows, words)
    >>> spelt["role"].tolist(), spelt["agent_id"].tolist()
    (['mule', None], [4, 5])
    """
    spelt = dict(rows)
    for name, vocabulary in _coded(table, rows):
        known = np.array([*words[vocabulary].words, None], object)
        spelt[name] = known[rows[name]]
    return spelt


def in_codes(table: str, spelt: Columns, words: Vocabularies) -> Columns:
    """Put codes in the place of words, -1 for none; what is met for the first time gets the next.

    Examples
    --------
    >>> spelt = {"role": np.array(["mule", None, "mule"], object)}
    >>> in_codes("agents", spelt, Vocabularies())["role"].tolist()
    [0, -1, 0]
    """
    rows = dict(spelt)
    dtypes = {column.name: column.dtype for column in schema.TABLES[table]}
    for name, vocabulary in _coded(table, spelt):
        rows[name] = _codes(spelt[name], words[vocabulary].code, dtypes[name])
    return rows


def _codes(spelt: NDArray[Any], code: Any, dtype: str) -> NDArray[Any]:
    return np.array([-1 if word is None else code(word) for word in spelt.tolist()], dtype)


def _coded(table: str, rows: Columns) -> list[tuple[str, str]]:
    """Return the columns that hold codes, each with its vocabulary."""
    columns = schema.TABLES[table]
    return [(one.name, one.vocabulary) for one in columns if one.vocabulary and one.name in rows]
