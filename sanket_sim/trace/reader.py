"""The reader of a trace: whole or killed runs alike, as Arrow, numpy or pandas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sanket_sim.core.errors import TraceError
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.parquet import arrow_schema, decode
from sanket_sim.trace.schema import Column
from sanket_sim.trace.vocabulary import Vocabularies

if TYPE_CHECKING:
    import pandas as pd

_ANYTHING = (-(2**63), 2**63)


class Trace:
    """A run on disk, read only.

    Codes are those of `vocabularies`: for fixed vocabularies (outcome, ack, leak_class, ...) they
    equal the enums of `core.outcomes`, for the others they are numbered as words are met and stay
    the same for the life of this object. A file that was still being written is passed by.

    Parameters
    ----------
    folder : Path or str
        The run's folder, ``results/<name>-s<seed>``.

    Raises
    ------
    TraceError
        If there is no such folder, or a part was written by a newer schema or cannot be read.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.vocabularies = Vocabularies()
        self._extremes: dict[tuple[Path, str], tuple[int, int]] = {}
        if not self.folder.is_dir():
            raise TraceError(f"{self.folder}: no such run folder")

    def parts(self, name: str) -> list[Path]:
        """Return the finished part files of table `name` in order; none is no error."""
        return sorted((self.folder / name).glob("part-*.parquet"))

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a table, or some of its columns, as Arrow with one dictionary a column."""
        wanted = [column.name for column in self._columns(name, columns)]
        parts = [self._read(path, wanted) for path in self.parts(name)]
        return pa.concat_tables(parts).unify_dictionaries() if parts else _no_rows(name, wanted)

    def columns(self, name: str, names: Sequence[str] | None = None) -> Columns:
        """Read columns as numpy arrays; text as codes into `words`, nulls as -1."""
        columns = self._columns(name, names)
        return decode(self.table(name, names), columns, self.vocabularies)

    def batches(self, name: str, names: Sequence[str] | None = None) -> Iterator[Columns]:
        """Yield `columns` part by part, so that memory does not grow with the run."""
        columns = self._columns(name, names)
        for path in self.parts(name):
            read = self._read(path, [column.name for column in columns])
            yield decode(read, columns, self.vocabularies)

    def words(self, vocabulary: str) -> list[str]:
        """Return the words behind the codes of `vocabulary`, as far as they have been met."""
        return self.vocabularies[vocabulary].words

    def rows_with(self, name: str, column: str, numbers: Sequence[int]) -> Columns:
        """Return the rows of a table in which a column holds one of some numbers.

        Part files keep their extremes, so most are passed by for a few running numbers; of those
        that are left one column is read first, and the others only where it holds one.
        """
        wanted = [one.name for one in self._columns(name, None)]
        found = [self._rows_in(path, wanted, column, numbers) for path in self.parts(name)]
        tables = [_no_rows(name, wanted), *(table for table in found if table is not None)]
        whole = pa.concat_tables(tables).unify_dictionaries()
        return decode(whole, schema.TABLES[name], self.vocabularies)

    def _rows_in(
        self, path: Path, wanted: list[str], column: str, numbers: Sequence[int]
    ) -> pa.Table | None:
        """Return the rows of a part, None if it has no such one."""
        if (path, column) not in self._extremes:
            self._extremes[path, column] = _extremes_of(path, column)
        low, high = self._extremes[path, column]
        if not any(low <= number <= high for number in numbers):
            return None
        held = self._read(path, [column]).column(0).fill_null(-1).to_numpy()
        places = np.flatnonzero(np.isin(held, np.array(numbers, np.int64)))
        return self._read(path, wanted).take(places) if len(places) else None

    def scan(self, name: str) -> Any:
        """Return the table as a `pyarrow.dataset.Dataset`, for filters and other engines."""
        import pyarrow.dataset as ds  # noqa: PLC0415  # not every reader needs it: 40 ms

        paths = [str(path) for path in self.parts(name)]
        return ds.dataset(paths, schema=arrow_schema(name), format="parquet")

    def frame(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read a table as pandas; text becomes categories."""
        frame: pd.DataFrame = self.table(name, columns).to_pandas()
        return frame

    def _columns(self, name: str, names: Sequence[str] | None) -> tuple[Column, ...]:
        if name not in schema.TABLES:
            raise TraceError(f"no table {name!r}; there are {', '.join(schema.TABLES)}")
        known = {column.name: column for column in schema.TABLES[name]}
        unknown = [wanted for wanted in names or () if wanted not in known]
        if unknown:
            raise TraceError(f"{name}: no column {unknown[0]!r}; there are {', '.join(known)}")
        return schema.TABLES[name] if names is None else tuple(known[wanted] for wanted in names)

    def _read(self, path: Path, columns: list[str]) -> pa.Table:
        try:
            with pq.ParquetFile(path) as file:
                _refuse_newer(path, file.schema_arrow.metadata)
                _refuse_older(path, file.schema_arrow.names, columns)
                return file.read(columns)
        except (pa.ArrowException, OSError) as error:
            raise TraceError(f"{path}: cannot be read: {error}") from error


def _refuse_newer(path: Path, metadata: dict[bytes, bytes] | None) -> None:
    version = int((metadata or {}).get(b"schema_version", b"0"))
    if version > schema.SCHEMA_VERSION:
        raise TraceError(
            f"{path}: written with schema {version}, this program reads up to "
            f"{schema.SCHEMA_VERSION}; update sanket-sim"
        )


def _refuse_older(path: Path, names: list[str], wanted: list[str]) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        raise TraceError(
            f"{path}: has no column {missing[0]!r}; it was written before that was kept, "
            "run its experiment.toml again"
        )


def _extremes_of(path: Path, column: str) -> tuple[int, int]:
    """Return the least and the greatest number of a column of a part, as its footer keeps them."""
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return _ANYTHING  # whoever reads it says what is wrong
    if column not in metadata.schema.names:
        return _ANYTHING
    place = metadata.schema.names.index(column)
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    kept = [group.column(place).statistics for group in groups]
    known = [one for one in kept if one is not None and one.has_min_max]
    if any(one is None or (one.num_values and not one.has_min_max) for one in kept):
        return _ANYTHING
    return min((one.min for one in known), default=0), max((one.max for one in known), default=-1)


def _no_rows(name: str, columns: list[str]) -> pa.Table:
    whole = arrow_schema(name)
    return pa.schema([whole.field(column) for column in columns]).empty_table()
