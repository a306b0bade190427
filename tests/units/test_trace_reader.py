"""The reader: partial runs, other schemas, streams, and the manifest."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sanket_sim.core.errors import TraceError
from sanket_sim.core.outcomes import Leg, Outcome
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch, columns_of
from sanket_sim.trace.manifest import Manifest, load_manifest
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter


def postings(services, words):
    return columns_of(
        [
            (
                number,
                7,
                number,
                Leg.PRINCIPAL,
                1,
                100,
                words["currency"].code("EUR"),
                1,
                number,
                code,
            )
            for number, code in enumerate(words["service"].code(name) for name in services)
        ],
        schema.POSTINGS,
    )


@pytest.fixture
def run(tmp_path):
    words = Vocabularies()
    writer = TraceWriter(tmp_path, words, rows_per_part=2)
    writer.write(TraceBatch(postings=postings(["ledger", "core", "core", "ledger"], words)))
    return tmp_path


def test_a_killed_run_is_read_as_far_as_it_came(run):
    (run / "postings" / "part-00002.parquet.partial").write_bytes(b"half a part")
    trace = Trace(run)
    assert trace.table("postings").num_rows == 4
    assert trace.table("hops").num_rows == 0
    assert trace.columns("transactions", ["outcome"])["outcome"].dtype == np.int8
    assert trace.frame("gauges").empty
    assert trace.scan("postings").count_rows() == 4
    assert trace.scan("decisions").count_rows() == 0


def test_codes_keep_their_meaning_from_part_to_part(run):
    trace = Trace(run)
    words = [
        [trace.words("service")[code] for code in batch["service"]]
        for batch in trace.batches("postings", ["service"])
    ]
    assert words == [["ledger", "core"], ["core", "ledger"]]
    assert trace.frame("postings")["service"].tolist() == ["ledger", "core", "core", "ledger"]


def test_fixed_words_have_the_codes_of_their_enums(tmp_path):
    words = Vocabularies()
    table = {column.name: np.zeros(3, column.dtype) for column in schema.HOPS}
    for name in ("caller", "service", "operation"):
        words[name].code("x")
    table["outcome"][:] = [Outcome.TIMEOUT, Outcome.OK, Outcome.IN_FLIGHT]
    writer = TraceWriter(tmp_path, words)
    writer.write(TraceBatch(hops=table))
    writer.close()
    read = Trace(tmp_path).columns("hops", ["outcome"])["outcome"]
    assert read.tolist() == [Outcome.TIMEOUT, Outcome.OK, Outcome.IN_FLIGHT]


def test_only_asked_columns_are_read(run):
    assert list(Trace(run).columns("postings", ["posted_ns", "tx_id"])) == ["posted_ns", "tx_id"]


def test_a_newer_schema_is_refused(run):
    path = run / "postings" / "part-00000.parquet"
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"schema_version": "99"}), path)
    with pytest.raises(TraceError, match="schema 99"):
        Trace(run).table("postings")


def test_a_spoilt_part_is_named(run):
    (run / "postings" / "part-00001.parquet").write_bytes(b"not parquet")
    with pytest.raises(TraceError, match="part-00001"):
        Trace(run).table("postings")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda trace: trace.table("hopps"), "no table 'hopps'"),
        (lambda trace: trace.columns("hops", ["sevice"]), "no column 'sevice'"),
    ],
)
def test_unknown_names_are_told_with_the_known_ones(run, ask, message):
    with pytest.raises(TraceError, match=message):
        ask(Trace(run))


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(TraceError, match="no such run folder"):
        Trace(tmp_path / "absent")


def test_units_and_version_stand_in_the_metadata(run):
    written = pq.read_schema(run / "postings" / "part-00000.parquet")
    assert written.metadata[b"schema_version"] == str(schema.SCHEMA_VERSION).encode()
    assert written.field("amount_minor").metadata == {b"unit": b"minor units"}
    assert pa.types.is_dictionary(written.field("phase").type)


def test_a_manifest_comes_back_as_saved_and_lists_other_files(tmp_path):
    (tmp_path / "report.md").write_text("hello")
    manifest = Manifest(name="peak", seed=3).with_file("hops/part-00000.parquet", "ab", 5)
    manifest.with_files_of(tmp_path).save(tmp_path)
    read = load_manifest(tmp_path)
    assert not read.complete
    assert read.files["hops/part-00000.parquet"].rows == 5
    assert set(read.files) == {"hops/part-00000.parquet", "report.md"}


def test_a_manifest_that_does_not_say_who_interrupted_a_run_can_be_read(tmp_path):
    Manifest(name="peak", seed=3).save(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('  "interrupted_by": "",\n', ""))
    assert "interrupted_by" not in path.read_text()
    assert load_manifest(tmp_path).interrupted_by == ""


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff"])
def test_what_is_no_manifest_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(TraceError, match="manifest"):
        load_manifest(tmp_path)


@pytest.mark.parametrize("wanted", [[0], [3, 5], [99], []])
def test_rows_with_a_number_are_found_in_every_part(tmp_path, wanted):
    """Parts are passed by on the word of their extremes: nothing may be missed for it."""
    ids = np.array([0, 3, 1, 3, 9, 5, 7, -1, -1, 3])
    rows = {column.name: np.zeros(len(ids), column.dtype) for column in schema.DECISIONS}
    rows |= {"tx_id": ids, "time_ns": np.arange(len(ids))}
    words = Vocabularies()
    for column in schema.DECISIONS:
        if column.vocabulary:
            words[column.vocabulary].code("some")
    writer = TraceWriter(tmp_path, words, rows_per_part=3)
    writer.write(TraceBatch(decisions=rows))
    writer.close()
    trace = Trace(tmp_path)
    assert len(trace.parts("decisions")) == 4
    found = trace.rows_with("decisions", "tx_id", wanted)
    assert found["time_ns"].tolist() == np.flatnonzero(np.isin(ids, wanted)).tolist()
