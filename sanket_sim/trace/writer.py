"""The writer of a trace: batches in, whole part files out, memory bounded by one part a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in
from sanket_sim.trace.files import sha256_of, write_atomically
from sanket_sim.trace.parquet import encode
from sanket_sim.trace.vocabulary import Vocabularies

ROWS_PER_PART = 131_072


def part_path(name: str, number: int) -> str:
    """Return where a part of a table lies in the run's folder.

    Examples
    --------
    >>> part_path("hops", 3)
    'hops/part-00003.parquet'
    """
    return f"{name}/part-{number:05d}.parquet"


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """One part file that is whole on the disk.

    Parameters
    ----------
    path : str
        Relative to the run's folder, for example ``hops/part-00003.parquet``.
    rows : int
    sha256 : str
    """

    path: str
    rows: int
    sha256: str


class PartBuffer:
    """The rows of one table that wait for their part to be full."""

    def __init__(self, name: str, rows_max: int) -> None:
        self.name = name
        self.rows_max = rows_max
        self.rows = 0
        self.parts = 0
        self.parts_whole = 0
        self._columns = {
            column.name: np.empty(rows_max, column.dtype) for column in schema.TABLES[name]
        }

    @property
    def full(self) -> bool:
        """Whether the part must be written before another row fits."""
        return self.rows == self.rows_max

    def take(self, table: Columns, begin: int) -> int:
        """Copy rows of `table` from row `begin` on until full; return the first row left over."""
        end = min(rows_in(table), begin + self.rows_max - self.rows)
        here = slice(self.rows, self.rows + end - begin)
        for name, column in self._columns.items():
            column[here] = table[name][begin:end]
        self.rows = here.stop
        return end

    @property
    def waiting(self) -> Columns:
        """The rows that wait, in the order of writing; a view that lives until `take`."""
        return {name: column[: self.rows] for name, column in self._columns.items()}

    def drain(self) -> Columns:
        """Return the waiting rows and start the next part; the view lives until `take`."""
        drained, self.rows = self.waiting, 0
        self.parts += 1
        return drained


class TraceWriter:
    """Writes batches as `<folder>/<table>/part-00000.parquet` and so on.

    A part ends where its row count says, never where a batch, a tick or a clock does, so the same
    rows give the same bytes however they were batched.

    Parameters
    ----------
    folder : Path
        The run's folder.
    vocabularies : Vocabularies
        Words behind the codes of every batch.
    rows_per_part : int
    tables : tuple of str
        Which tables to write; the others are dropped (``--trace transactions``).
    on_part : callable, optional
        Told of every finished part (the manifest keeps the list).

    Raises
    ------
    TraceError
        From `write` and `close`, when the disk is full or a code has no word.
    """

    def __init__(
        self,
        folder: Path,
        vocabularies: Vocabularies,
        rows_per_part: int = ROWS_PER_PART,
        tables: tuple[str, ...] = tuple(schema.TABLES),
        on_part: Callable[[FinishedPart], None] | None = None,
    ) -> None:
        assert rows_per_part > 0, "a part holds at least one row"
        self.folder = Path(folder)
        self.vocabularies = vocabularies
        self.finished: list[FinishedPart] = []
        self._on_part = on_part
        self._buffers = {name: PartBuffer(name, rows_per_part) for name in tables}

    def write(self, batch: TraceBatch) -> None:
        """Append the rows of a batch; every part that this fills is on the disk on return."""
        for name, table in batch.tables().items():
            if name in self._buffers:
                self._append(self._buffers[name], table)

    def waiting(self, name: str) -> Columns:
        """Return the rows of a table that are not on the disk yet; a view, not to be changed.

        Parameters
        ----------
        name : str
            Of a table that is written.
        """
        return self._buffers[name].waiting

    def parts(self, name: str) -> int:
        """Return how many parts of a table are whole on the disk."""
        return self._buffers[name].parts_whole

    def close(self) -> None:
        """Write what still waits; a table without any row gets one empty part."""
        for buffer in self._buffers.values():
            if buffer.rows or not buffer.parts:
                self._finish(buffer)

    def _append(self, buffer: PartBuffer, table: Columns) -> None:
        begin, rows = 0, rows_in(table)
        while begin < rows:
            begin = buffer.take(table, begin)
            if buffer.full:
                self._finish(buffer)

    def _finish(self, buffer: PartBuffer) -> None:
        path = part_path(buffer.name, buffer.parts)
        rows = buffer.rows
        content = encode(buffer.name, buffer.drain(), self.vocabularies)
        write_atomically(self.folder / path, content)
        buffer.parts_whole = buffer.parts
        part = FinishedPart(path, rows, sha256_of(content))
        self.finished.append(part)
        if self._on_part:
            self._on_part(part)
