"""Between columns in memory and Parquet: types, words for codes, nulls, encodings.

The bytes of a part depend on its rows alone: dictionaries hold the words that occur in it, in
alphabetical order, so neither the numbering of codes nor the batches that brought them show.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sanket_sim.core.errors import TraceError
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.schema import Column
from sanket_sim.trace.vocabulary import Vocabularies, Vocabulary

_UNITS = {"_ns": "ns since the start of the run", "_minor": "minor units", "_w": "W"}
_SPANS = {"cpu_ns": "ns of one vCPU", "busy_ns": "ns of one worker"}
_ZSTD_LEVEL = 3


@cache
def arrow_schema(name: str) -> pa.Schema:
    """Return the Parquet schema of table `name`, with units and `schema_version` as metadata."""
    fields = [_field(column) for column in schema.TABLES[name]]
    return pa.schema(fields, {"schema_version": str(schema.SCHEMA_VERSION), "table": name})


def encode(name: str, table: Columns, vocabularies: Vocabularies) -> bytes:
    """Write one table as a whole Parquet file, sorted by its keys, in memory.

    Raises
    ------
    TraceError
        If a column that must have a value holds a code without a word.
    """
    columns = schema.TABLES[name]
    order = np.lexsort([table[key] for key in reversed(schema.SORT_KEYS[name])])
    arrays = [_to_arrow(table[column.name][order], column, vocabularies) for column in columns]
    return _parquet_bytes(pa.Table.from_arrays(arrays, schema=arrow_schema(name)))


def decode(table: pa.Table, columns: tuple[Column, ...], vocabularies: Vocabularies) -> Columns:
    """Turn an Arrow table back into numpy columns: words become codes, nulls become -1."""
    return {
        column.name: _to_numpy(table.column(column.name).combine_chunks(), column, vocabularies)
        for column in columns
    }


def _field(column: Column) -> pa.Field:
    value = pa.from_numpy_dtype(np.dtype(column.dtype))
    kind = pa.dictionary(pa.int32(), pa.string()) if column.vocabulary else value
    unit = _SPANS.get(column.name) or next(
        (unit for suffix, unit in _UNITS.items() if column.name.endswith(suffix)), None
    )
    return pa.field(column.name, kind, column.nullable, {"unit": unit} if unit else None)


def _to_arrow(values: NDArray[Any], column: Column, vocabularies: Vocabularies) -> pa.Array:
    missing = values == -1 if column.nullable else None
    if not column.vocabulary:
        return pa.array(values, mask=missing)
    codes, place = np.unique(values, return_inverse=True)
    known = [int(code) for code in codes if code >= 0]
    if len(known) < len(codes) and not column.nullable:
        raise TraceError(f"column {column.name} must hold a word, holds code {int(codes[0])}")
    words = [_word(vocabularies[column.vocabulary], code, column) for code in known]
    ranked = sorted(set(words))
    rank = {word: index for index, word in enumerate(ranked)}
    index_of = np.array([0] * (len(codes) - len(known)) + [rank[w] for w in words], np.int32)
    indices = pa.array(index_of[place] if len(place) else index_of, mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(ranked, pa.string()))


def _word(vocabulary: Vocabulary, code: int, column: Column) -> str:
    if code >= len(vocabulary.words):
        raise TraceError(f"column {column.name}: code {code} has no word in {column.vocabulary!r}")
    return vocabulary.words[code]


def _parquet_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    integers = [field.name for field in table.schema if field.type == pa.int64()]
    others = [field.name for field in table.schema if field.name not in integers]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        use_dictionary=others,
        column_encoding=dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
        row_group_size=max(table.num_rows, 1),
    )
    return bytes(sink.getvalue())


def _to_numpy(array: pa.Array, column: Column, vocabularies: Vocabularies) -> NDArray[Any]:
    if column.vocabulary:
        return _codes(array, column, vocabularies[column.vocabulary])
    if array.null_count:
        array = array.fill_null(-1)
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values.astype(column.dtype, copy=False)


def _codes(array: pa.DictionaryArray, column: Column, vocabulary: Vocabulary) -> NDArray[Any]:
    codes = [vocabulary.code(word) for word in array.dictionary.to_pylist()]
    place: NDArray[np.int32] = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.take(np.array([*codes, -1], np.dtype(column.dtype)), place)
