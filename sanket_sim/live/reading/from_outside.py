"""A run that goes on, as another process reads it: from its folder, and what the run told it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.bank.description import Bank
from sanket_sim.live.reading.unwritten import Unwritten, in_codes, where_named
from sanket_sim.trace.batch import Columns, joined
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import part_path

FOUND_MAX = 2048
"""Parts times payments of which it is remembered what the one holds of the other."""


class Recollection:
    """What a reader keeps from one look to the next: parts never change once they are whole.

    Parameters
    ----------
    bank : Bank
        Its services take their codes before any other word is met.
    """

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.words = Vocabularies()
        for service in bank.services:
            self.words["service"].code(service.name)
        self.extremes: dict[tuple[Path, str], tuple[int, int]] = {}
        self._found: dict[tuple[Path, str, tuple[int, ...]], pa.Table | None] = {}

    def found(self, path: Path, column: str, numbers: Sequence[int]) -> tuple[pa.Table | None, ...]:
        """Return what a part was found to hold, as the only element; nothing if it is not known."""
        key = (path, column, tuple(numbers))
        return (self._found[key],) if key in self._found else ()

    def remember(
        self, path: Path, column: str, numbers: Sequence[int], rows: pa.Table | None
    ) -> None:
        """Keep what a part holds; what was kept first is forgotten."""
        while len(self._found) >= FOUND_MAX:
            del self._found[next(iter(self._found))]
        self._found[path, column, tuple(numbers)] = rows


class TraceFromOutside(Trace):
    """The trace as it was at one instant: its whole parts, and after them the rows that waited.

    A part that has been finished since is passed by, for its rows are among those that waited.
    """

    def __init__(self, seen: Unwritten, kept: Recollection) -> None:
        super().__init__(seen.folder)
        self.vocabularies, self._extremes = kept.words, kept.extremes
        self._seen, self._kept = seen, kept

    def parts(self, name: str) -> list[Path]:
        """Return the parts that were whole by then."""
        return [self.folder / part_path(name, number) for number in range(self._seen.parts[name])]

    def columns(self, name: str, names: Sequence[str] | None = None) -> Columns:
        """Read columns, also of rows that waited."""
        written = super().columns(name, names)
        return joined(written, in_codes(name, self._seen.rows[name], self.vocabularies))

    def rows_with(self, name: str, column: str, numbers: Sequence[int]) -> Columns:
        """Return rows, also of those that waited."""
        waited = where_named(self._seen.rows[name], (column,), numbers)
        written = super().rows_with(name, column, numbers)
        return joined(written, in_codes(name, waited, self.vocabularies))

    def _rows_in(
        self, path: Path, wanted: list[str], column: str, numbers: Sequence[int]
    ) -> pa.Table | None:
        for known in self._kept.found(path, column, numbers):
            return known
        rows = super()._rows_in(path, wanted, column, numbers)
        self._kept.remember(path, column, numbers, rows)
        return rows


class RunFromOutside(RunFolder):
    """A run that goes on, as analysers read one, at one instant."""

    def __init__(self, seen: Unwritten, kept: Recollection) -> None:
        super().__init__(seen.folder, kept.bank)
        self.trace = TraceFromOutside(seen, kept)
