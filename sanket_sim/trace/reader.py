"""The reader of a trace: whole or killed runs alike, as Arrow, numpy or pandas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

        Part files keep their extremes, so most are not read for a few running numbers.
        """
        import pyarrow.dataset as ds  # noqa: PLC0415  # only who looks for single rows needs it

        if not self.parts(name):
            return schema.empty(schema.TABLES[name])
        found = self.scan(name).to_table(filter=ds.field(column).isin(list(numbers)))
        return decode(found.unify_dictionaries(), schema.TABLES[name], self.vocabularies)

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


def _no_rows(name: str, columns: list[str]) -> pa.Table:
    whole = arrow_schema(name)
    return pa.schema([whole.field(column) for column in columns]).empty_table()
