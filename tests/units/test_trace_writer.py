"""The writer: bytes depend on rows alone; a full disk leaves nothing half-written."""

import itertools
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanket_sim.core.errors import TraceError
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.files import write_atomically
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

WORDS = ["zeta", "alpha", "mid"]


def vocabularies(order=(0, 1, 2)):
    made = Vocabularies()
    for columns in schema.TABLES.values():
        for column in columns:
            if column.vocabulary not in {"", *schema.FIXED_VOCABULARIES}:
                for place in order:
                    made[column.vocabulary].code(WORDS[place])
    return made


def column_values(column, rows, generator):
    low = -1 if column.nullable else 0
    if column.vocabulary:
        words = schema.FIXED_VOCABULARIES.get(column.vocabulary, WORDS)
        return generator.integers(low, min(len(words), 3), rows).astype(column.dtype)
    return generator.integers(low, 2 if column.dtype == "?" else 90, rows).astype(column.dtype)


def random_table(name, rows, seed=0):
    generator = np.random.default_rng(seed)
    return {c.name: column_values(c, rows, generator) for c in schema.TABLES[name]}


def sliced(table, begin, end):
    return {name: values[begin:end] for name, values in table.items()}


def write(folder, batches, rows_per_part=10, words=None):
    writer = TraceWriter(folder, words or vocabularies(), rows_per_part)
    for batch in batches:
        writer.write(batch)
    writer.close()
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.parquet")}


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 57), max_size=6), rows_per_part=st.integers(1, 70))
def test_bytes_do_not_depend_on_how_rows_were_batched(tmp_path_factory, cuts, rows_per_part):
    table = random_table("hops", 57)
    edges = [0, *sorted(cuts), 57]
    split = [TraceBatch(hops=sliced(table, a, b)) for a, b in itertools.pairwise(edges)]
    whole = write(tmp_path_factory.mktemp("whole"), [TraceBatch(hops=table)], rows_per_part)
    assert write(tmp_path_factory.mktemp("split"), split, rows_per_part) == whole


def test_bytes_do_not_depend_on_the_numbering_of_words(tmp_path):
    table = random_table("postings", 40)
    renumbered = dict(table)
    new_code = np.array([2, 0, 1])
    for name in ("currency", "service"):
        renumbered[name] = new_code[table[name]].astype("i2")
    one = write(tmp_path / "one", [TraceBatch(postings=table)])
    two = write(tmp_path / "two", [TraceBatch(postings=renumbered)], words=vocabularies((1, 2, 0)))
    assert one == two


def test_parts_end_exactly_where_the_row_count_says(tmp_path):
    writer = TraceWriter(tmp_path, vocabularies(), rows_per_part=8)
    for seed in range(5):
        writer.write(TraceBatch(gauges=random_table("gauges", 5, seed)))
    writer.close()
    gauges = [part for part in writer.finished if part.path.startswith("gauges")]
    assert [(part.path, part.rows) for part in gauges] == [
        ("gauges/part-00000.parquet", 8),
        ("gauges/part-00001.parquet", 8),
        ("gauges/part-00002.parquet", 8),
        ("gauges/part-00003.parquet", 1),
    ]


@pytest.mark.parametrize("name", schema.TABLES)
def test_every_table_comes_back_as_it_was_written(tmp_path, name):
    table = random_table(name, 60, seed=3)
    write(tmp_path, [TraceBatch(**{name: table})], rows_per_part=60)
    order = np.lexsort([table[key] for key in reversed(schema.SORT_KEYS[name])])
    trace = Trace(tmp_path)
    read = trace.columns(name)
    for column in schema.TABLES[name]:
        wanted, found = table[column.name][order], read[column.name]
        assert found.dtype == np.dtype(column.dtype)
        if column.vocabulary and column.vocabulary not in schema.FIXED_VOCABULARIES:
            words = np.array([*trace.words(column.vocabulary), None], object)
            assert words[found].tolist() == [*np.array([*WORDS, None], object)[wanted]]
        else:
            np.testing.assert_array_equal(found, wanted)


def test_dropped_tables_are_not_written(tmp_path):
    writer = TraceWriter(tmp_path, vocabularies(), tables=("transactions",))
    writer.write(TraceBatch(hops=random_table("hops", 9)))
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["transactions"]


def test_a_code_without_a_word_is_named(tmp_path):
    table = random_table("hops", 3)
    table["service"][:] = 9
    with pytest.raises(TraceError, match="column service: code 9 has no word"):
        write(tmp_path, [TraceBatch(hops=table)])


def test_a_missing_word_in_a_column_that_must_have_one_is_named(tmp_path):
    table = random_table("hops", 3)
    table["caller"][1] = -1
    with pytest.raises(TraceError, match="caller must hold a word"):
        write(tmp_path, [TraceBatch(hops=table)])


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount a tmpfs")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_a_clear_error_and_leaves_nothing_half_written(small_disk):
    table = random_table("hops", 20_000)
    with pytest.raises(TraceError, match=r"the disk is full .* --out"):
        write(small_disk, [TraceBatch(hops=table)], rows_per_part=1_000)
    left = [path for path in small_disk.rglob("*") if path.is_file()]
    assert left
    assert {path.suffix for path in left} == {".parquet"}
    assert Trace(small_disk).table("hops").num_rows == 1_000 * len(left)


def test_a_failed_write_keeps_the_old_file(tmp_path):
    target = tmp_path / "manifest.json"
    write_atomically(target, b"old")
    (tmp_path / "manifest.json.partial").mkdir()
    with pytest.raises(TraceError, match="cannot be written"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"


def test_rows_that_wait_are_those_that_are_not_on_the_disk(tmp_path):
    table = random_table("hops", 27)
    writer = TraceWriter(tmp_path, vocabularies(), rows_per_part=10)
    for begin, end in ((0, 4), (4, 23), (23, 27)):
        writer.write(TraceBatch(hops=sliced(table, begin, end)))
        waiting = writer.waiting("hops")
        assert waiting["tx_id"].tolist() == table["tx_id"][end // 10 * 10 : end].tolist()
    writer.close()
    assert len(writer.waiting("hops")["tx_id"]) == 0


def test_memory_of_a_writer_does_not_grow_with_rows(tmp_path):
    writer = TraceWriter(tmp_path, vocabularies(), rows_per_part=100)
    buffers = {id(buffer) for buffer in writer._buffers.values()}
    for seed in range(10):
        writer.write(TraceBatch(hops=random_table("hops", 250, seed)))
        assert all(buffer.rows < 100 for buffer in writer._buffers.values())
    assert {id(buffer) for buffer in writer._buffers.values()} == buffers
    assert len(list(Path(tmp_path, "hops").iterdir())) == 25
