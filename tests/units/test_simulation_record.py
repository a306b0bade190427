"""Run folders and manifests: names, replacement, and the truth at every moment."""

import pytest

from sanket_sim.core.config import read_toml
from sanket_sim.core.errors import InputError
from sanket_sim.core.units import NS_PER_S
from sanket_sim.simulation.record import RunRecord, choose_folder, commands_in, packages
from sanket_sim.trace.files import write_atomically
from sanket_sim.trace.manifest import Manifest, load_manifest
from sanket_sim.trace.writer import FinishedPart


def test_a_second_run_of_the_same_gets_a_number(tmp_path):
    names = [choose_folder(tmp_path / "results", "peak-s1", force=False).name for _ in range(3)]
    assert names == ["peak-s1", "peak-s1-2", "peak-s1-3"]


def test_force_replaces_a_run(tmp_path):
    first = choose_folder(tmp_path, "peak-s1", force=False)
    Manifest(name="peak", seed=1).save(first)
    (first / "old.txt").write_text("old")
    again = choose_folder(tmp_path, "peak-s1", force=True)
    assert again == first
    assert list(again.iterdir()) == []


def test_force_never_removes_what_is_no_run(tmp_path):
    (tmp_path / "peak-s1").mkdir()
    (tmp_path / "peak-s1" / "thesis.doc").write_text("years of work")
    with pytest.raises(InputError, match="holds no run"):
        choose_folder(tmp_path, "peak-s1", force=True)
    assert (tmp_path / "peak-s1" / "thesis.doc").exists()


def test_a_folder_that_cannot_be_made_is_an_error_with_its_path(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(InputError, match=r"peak-s1: 1 problem\s+cannot be created.*--out"):
        choose_folder(tmp_path / "results", "peak-s1", force=False)


@pytest.fixture
def record(tmp_path):
    return RunRecord(tmp_path, Manifest(name="peak", seed=1))


def test_the_manifest_on_disk_lists_each_part_as_it_is_finished(record, tmp_path):
    record.add_part(FinishedPart("hops/part-00000.parquet", 7, "ab"))
    seen = load_manifest(tmp_path)
    assert not seen.complete
    assert seen.files["hops/part-00000.parquet"].rows == 7


def test_a_run_that_ends_well_is_complete_and_lists_every_file(record, tmp_path):
    record.keep("experiment.toml", "name = 'peak'")
    (tmp_path / "report.md").write_text("fine")
    record.reach(5)
    record.end()
    seen = load_manifest(tmp_path)
    assert (seen.complete, seen.reason, seen.simulated_ns) == (True, "", 5)
    assert set(seen.files) == {"experiment.toml", "report.md"}
    assert seen.peak_mb > 0


def test_a_run_that_fails_says_why(record, tmp_path):
    record.end("conservation law L1 failed")
    assert load_manifest(tmp_path).reason == "conservation law L1 failed"


def test_a_dropped_table_leaves_disk_and_list(record, tmp_path):
    (tmp_path / "hops").mkdir()
    (tmp_path / "hops" / "part-00000.parquet").write_text("x")
    record.add_part(FinishedPart("hops/part-00000.parquet", 7, "ab"))
    record.drop_table("hops")
    record.end()
    assert not (tmp_path / "hops").exists()
    assert load_manifest(tmp_path).files == {}


def test_packages_that_numbers_depend_on_are_named():
    assert {"python", "numpy", "simpy"} <= packages().keys()


STALL = """
[[command]]
by = "Ada"
[command.fault]
kind = "pause"
target = "a"
at = "{at}"
for = "1s"
"""


def test_commands_are_read_again_only_when_they_have_been_written_again(tmp_path, monkeypatch):
    reads = []
    monkeypatch.setattr(
        "sanket_sim.simulation.record.read_toml",
        lambda path: reads.append(path) or read_toml(path),
    )
    assert commands_in("") == commands_in(str(tmp_path)) == ()
    for count, at in enumerate(("3s", "4s"), 1):
        write_atomically(tmp_path / "experiment.toml", STALL.format(at=at).encode())
        for _ in range(3):
            [command] = commands_in(str(tmp_path))
            assert (command.by, command.at_ns) == ("Ada", int(at[0]) * NS_PER_S)
        assert len(reads) == count
