"""Payments are looked up outside the run, which is asked for nothing but what is not written."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import onlooker
import pytest

from sanket_sim.bank.description import CORRECTION
from sanket_sim.core.errors import TraceError
from sanket_sim.live.inspection.reading_room import ReadingRoom, tell_unwritten
from sanket_sim.live.naming import Names
from sanket_sim.live.reading.from_outside import Recollection, TraceFromOutside
from sanket_sim.live.reading.unwritten import Unwritten, in_words, unwritten_of, where_named
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

ROWS_PER_PART = 4


@pytest.fixture(scope="module")
def storm():
    return onlooker.storm()


@pytest.fixture(scope="module")
def bank(storm):
    return storm[0].cockpit.resolved.bank


@pytest.fixture(scope="module")
def mended():
    """Have a day on which the back office takes back what was posted twice."""
    hasty = {"intraday": "5s", "grace": "1s", "approval": "1s"}
    hasty["investigation"] = {"law": "constant", "value": "1s"}
    settings = {
        "warmup": "0s",
        "trap": [{"kind": "duplicate_submit", "probability": 0.2}],
        "demand.rate": "20/s",
        "population.customers": 500,
        "controls.idempotency_key": False,
        "reconciliation": hasty,
    }
    return onlooker.fly("peak_load", "25s", settings)


def decided(*times_ns):
    """Return decisions about payment 7, in a word each."""
    table = {one.name: np.zeros(len(times_ns), one.dtype) for one in schema.TABLES["decisions"]}
    return table | {"time_ns": np.array(times_ns), "tx_id": np.full(len(times_ns), 7)}


@pytest.fixture
def writer(tmp_path):
    words = Vocabularies()
    for name in ("actor", "decision", "subject", "reason"):
        words[name].code(f"a {name}")
    return TraceWriter(tmp_path, words, ROWS_PER_PART)


def put_down(writer, *times_ns):
    writer.write(TraceBatch(end_ns=1, decisions=decided(*times_ns)))


def told(writer, *tx_ids):
    return Unwritten(writer.folder, *unwritten_of(writer, tx_ids), {}, 0, 0)


def read(seen, kept):
    rows = TraceFromOutside(seen, kept).rows_with("decisions", "tx_id", [7])
    return rows["time_ns"].tolist()


def test_a_row_is_read_once_whatever_has_been_written_since_the_run_spoke(writer, bank):
    kept = Recollection(bank)
    put_down(writer, 0, 1, 2, 3, 4, 5)
    before = told(writer, 7)
    assert before.rows["decisions"]["time_ns"].tolist() == [4, 5]
    put_down(writer, 6, 7, 8)
    assert len(Trace(writer.folder).parts("decisions")) == 2
    assert read(before, kept) == [0, 1, 2, 3, 4, 5]
    assert read(told(writer, 7), kept) == [*range(9)]


def test_words_that_only_the_run_knows_arrive_as_such(writer, bank):
    put_down(writer, 0)
    trace = TraceFromOutside(told(writer, 7), Recollection(bank))
    rows = trace.rows_with("decisions", "tx_id", [7])
    assert trace.words("reason")[rows["reason"][0]] == "a reason"


def test_what_a_part_holds_is_read_once(writer, bank):
    put_down(writer, *range(ROWS_PER_PART))
    kept, seen = Recollection(bank), told(writer, 7)
    first = read(seen, kept)
    with patch.object(Trace, "_read", side_effect=AssertionError("read again")):
        assert read(seen, kept) == first == [0, 1, 2, 3]


def test_a_part_that_could_not_be_written_is_not_told_of(writer):
    put_down(writer, 0)
    full = patch("sanket_sim.trace.writer.write_atomically", side_effect=OSError("disk full"))
    with full, pytest.raises(OSError, match="disk full"):
        put_down(writer, 1, 2, 3)
    assert writer.parts("decisions") == 0


def test_the_run_reads_no_file_for_a_story(storm):
    look, _ = storm
    with patch.object(Trace, "_read", side_effect=AssertionError("the run reads")):
        seen = tell_unwritten(look.picture, (0,), 0)
    assert seen.parts["hops"] > 0


def test_agents_cross_once(storm):
    look, _ = storm
    room, asked = ReadingRoom(look.cockpit.resolved.bank), []

    def ask(tx_ids, agents_from):
        asked.append(agents_from)
        return tell_unwritten(look.picture, tx_ids, agents_from)

    first, again = room.story("0", ask), room.story("0", ask)
    assert asked == [0, look.picture.names.known]
    assert first == again
    assert first.debtor.name == look.picture.names.account(first.debtor.account_id)


def test_names_of_agents_who_come_later_are_learnt(storm):
    look, _ = storm
    room, whole = ReadingRoom(look.cockpit.resolved.bank), look.picture.names.table
    few = {name: column[:5] for name, column in whole.items()}

    def ask_early(tx_ids, agents_from):
        with patch.object(look.picture, "names", Names(look.cockpit.words, few)):
            return tell_unwritten(look.picture, tx_ids, agents_from)

    room.story("0", ask_early)
    late = room.story("0", lambda *asked: tell_unwritten(look.picture, *asked))
    assert late == look.story("0")


def test_a_correction_is_told_with_a_payment_that_only_the_run_knows(mended):
    """The one may be on the disk while the other still waits: then the run is asked for both."""
    look, run = mended
    table = run.trace.columns("transactions")
    kinds = np.array(run.trace.words("kind"))[table["kind"]]
    number = str(table["tx_id"][kinds == CORRECTION][0])
    asked = []

    def ask(tx_ids, agents_from):
        asked.append(tx_ids)
        seen = tell_unwritten(look.picture, tx_ids, agents_from)
        rows = where_named(table, ("tx_id",), tx_ids)
        rows = in_words("transactions", rows, run.trace.vocabularies)
        unwritten = {**seen.rows, "transactions": rows}
        return replace(seen, parts={**seen.parts, "transactions": 0}, rows=unwritten)

    story = ReadingRoom(look.cockpit.resolved.bank).story(number, ask)
    assert [len(one) for one in asked] == [1, 2]
    assert story.verdict == look.story(number).verdict
    assert any("puts right payment" in sentence for sentence in story.verdict)


def test_a_part_that_cannot_be_read_is_said(writer, bank):
    put_down(writer, *range(ROWS_PER_PART), 4)
    seen = told(writer, 7)
    (writer.folder / "decisions/part-00000.parquet").write_bytes(b"torn")
    with pytest.raises(TraceError, match="cannot be read"):
        read(seen, Recollection(bank))
