"""Comparing runs: pairing, intervals, leaves; pooling and the grid of a sweep."""

import json
import math

import numpy as np
import pytest

import sanket_sim as sk
from sanket_sim.core.errors import InputError
from sanket_sim.simulation.compare import compare, leaves, pairwise_change
from sanket_sim.simulation.replicate import ReplicationError, pool, replicate
from sanket_sim.simulation.run import Options
from sanket_sim.simulation.sweep import settings_of

PROBE = """
name = "probe"
model = "worker_pool"
start = 2026-11-27T08:00:00
duration = "10s"
drain = "20s"
[population]
customers = 40
[demand]
rate = "20/s"
"""


@pytest.fixture
def probe(tmp_path):
    file = tmp_path / "probe.toml"
    file.write_text(PROBE)
    return file


def replicated(folder, values):
    """Lay down the findings of several seeds by hand."""
    runs = {}
    for seed, value in values.items():
        run = folder / f"probe-s{seed}"
        run.mkdir(parents=True)
        findings = {"run": {"seed": seed}, "leakage": {"rate": {"value": value, "n": 9}}}
        (run / "findings.json").write_text(json.dumps(findings))
        runs[seed] = run.name
    (folder / "replications.json").write_text(json.dumps({"runs": runs}))
    return folder


def test_replications_are_paired_by_seed(tmp_path):
    base = replicated(tmp_path / "a", {1: 10.0, 2: 20.0, 3: 30.0})
    other = replicated(tmp_path / "b", {3: 31.1, 2: 21.0, 1: 10.9, 9: 500.0})
    [only] = compare(base, other).differences
    assert only.metric == "leakage.rate"
    assert only.change.n == 3
    assert only.change.value == pytest.approx(1.0)
    assert only.significant, "the seeds share their chance, so a small change shows"


def test_too_few_common_seeds_are_refused(tmp_path):
    base = replicated(tmp_path / "a", {1: 1.0, 2: 2.0})
    other = replicated(tmp_path / "b", {2: 1.0, 3: 2.0})
    with pytest.raises(InputError, match="only 1 seeds in common"):
        compare(base, other)


def test_a_run_is_not_compared_with_a_folder_of_runs(tmp_path, probe):
    base = replicated(tmp_path / "a", {1: 1.0, 2: 2.0})
    run = sk.run(probe, out=tmp_path, report=False)
    with pytest.raises(InputError, match="like with like"):
        compare(base, run.folder)


def test_what_is_no_run_is_named(tmp_path):
    with pytest.raises(InputError, match="no run here"):
        compare(tmp_path, tmp_path)


def test_a_missing_side_does_not_count_as_zero():
    base = np.array([1.0, math.nan, 3.0, 4.0])
    change = pairwise_change(base, np.array([2.0, 9.0, math.nan, 6.0]))
    assert (change.n, change.value) == (2, 1.5)


def test_leaves_leave_out_words_and_keep_counts():
    found = leaves({"a": {"n": 3, "name": "x", "ok": True, "list": [1]}, "b": None, "c": 1.5})
    assert found == {"a.n": 3.0, "c": 1.5}


def test_pooling_keeps_what_only_some_runs_measured():
    pooled = pool([{"a": 1.0}, {"a": 3.0, "b": 5.0}])
    assert (pooled["a"].value, pooled["a"].n) == (2.0, 2)
    assert (pooled["b"].value, pooled["b"].n) == (5.0, 1)


def test_a_grid_is_every_combination():
    grid = {"a": [1, 2], "b": ["x", "y"]}
    assert [dict(setting) for setting in settings_of(grid)] == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_a_sweep_runs_every_point_under_the_same_seeds(tmp_path, probe):
    made = sk.sweep(
        probe, {"services.pool.workers": [2, 10]}, seeds=[1, 2], options=Options(out=tmp_path)
    )
    frame = made.frame()
    assert frame["services.pool.workers"].tolist() == [2, 2, 10, 10]
    assert frame["seed"].tolist() == [1, 2, 1, 2]
    submitted = frame["traffic.submitted"].tolist()
    assert submitted[:2] == submitted[2:], "both points see the same customers"
    assert made.change("latency.end_to_end.p50_s", point=1).value < 0
    assert made.points[0].estimate("traffic.submitted").n == 2
    assert len(list(tmp_path.glob("probe-sweep/point-*/probe-s*/manifest.json"))) == 4


def test_a_sweep_with_a_wrong_point_writes_nothing(tmp_path, probe):
    with pytest.raises(InputError, match=r"services\.pool\.workers"):
        sk.sweep(probe, {"services.pool.workers": [2, 0]}, options=Options(out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_error_in_a_worker_process_keeps_its_exit_status(tmp_path, probe):
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ReplicationError, match="cannot be created") as failed:
        replicate(probe, [1, 2], options=_UnderAFile(out=out))
    assert failed.value.exit_status == 2


class _UnderAFile(Options):
    """Sends the runs to where no folder can be."""

    def inside(self, folder):
        blocked = folder / "blocked"
        blocked.write_text("a file")
        return Options(out=blocked, report=False)


def test_the_python_api_of_page_5(tmp_path, probe):
    run = sk.run(probe, seed=7, overrides={"services.pool.workers": 5}, out=tmp_path, report=False)
    assert run.folder.name == "probe-s7"
    assert run.complete
    assert 0 <= run.findings.leakage.rate_count.value <= 1
    assert len(run.transactions()) == run.findings.traffic.submitted
    assert run.scan("hops").count_rows() == len(run.hops())
    assert sk.load(run.folder).manifest == run.manifest
