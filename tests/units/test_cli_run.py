"""The real command line, end to end: files, reruns, signals, exit statuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flown import PATIENCE_S, hold_up

from sanket_sim.__main__ import main
from sanket_sim.core.errors import ConservationError
from sanket_sim.simulation.run import Run
from sanket_sim.trace.manifest import load_manifest
from sanket_sim.trace.reader import Trace

PROBE = """# Question: does a small day end well?
# Expect: yes.
name = "probe"
model = "retail_bank"
seed = 5
start = 2026-11-27T08:00:00
duration = "20s"
warmup = "2s"
drain = "30s"
[population]
customers = 60
[demand]
rate = "15/s"
[fraud]
rate = 0.01
[[fault]]
kind = "latency"
target = "payment"
at = "5s"
for = "5s"
add = "3s"
probability = 0.3
[services.payment]
replicas = 3
[[steady_state.probe]]
metric = "failure_rate"
window = "5s"
tolerance = [0.9, 1.0]
"""

BUSY = ('demand.rate="400/s"', "population.customers=2000")
"""Soon fills a part of the trace, long before the end of an hour."""


@pytest.fixture
def probe(tmp_path):
    file = tmp_path / "probe.toml"
    file.write_text(PROBE)
    return file


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    file = folder / "probe.toml"
    file.write_text(PROBE)
    assert main(["run", str(file), "--quiet", "--out", str(folder / "results")]) == 0
    return folder / "results" / "probe-s5"


def parquet(folder: Path):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_a_run_leaves_everything_that_page_5_promises(finished):
    names = {path.name for path in finished.iterdir()}
    assert names >= {
        "manifest.json", "experiment.toml", "model.toml", "transactions", "hops", "postings",
        "faults", "decisions", "gauges", "agents", "findings.json", "report.html", "report.md",
        "plots",
    }  # fmt: skip
    manifest = load_manifest(finished)
    assert manifest.complete
    assert (manifest.seed, manifest.engine) == (5, "simpy")
    on_disk = {str(p.relative_to(finished)) for p in finished.rglob("*") if p.is_file()}
    assert set(manifest.files) == on_disk - {"manifest.json"}
    assert Trace(finished).table("transactions").num_rows > 200


def test_the_saved_experiment_gives_the_same_bytes(finished, tmp_path):
    saved = finished / "experiment.toml"
    assert saved.read_text().startswith("# Question: does a small day end well?\n")
    assert main(["run", str(saved), "--quiet", "--out", str(tmp_path)]) == 0
    assert parquet(tmp_path / "probe-s5") == parquet(finished)
    assert (tmp_path / "probe-s5" / "experiment.toml").read_text() == saved.read_text()
    assert (tmp_path / "probe-s5" / "model.toml").read_text() == (
        finished / "model.toml"
    ).read_text()


@pytest.mark.parametrize("tick", ["100ms", "350ms"])
def test_any_tick_gives_the_same_bytes(finished, tmp_path, tick):
    file = finished / "experiment.toml"
    words = ["run", str(file), "--quiet", "--out", str(tmp_path), "--set", f"tick={tick}"]
    assert main(words) == 0
    assert parquet(tmp_path / "probe-s5") == parquet(finished)


def test_another_seed_gives_other_bytes(finished, probe, tmp_path):
    main(["run", str(probe), "--quiet", "--out", str(tmp_path), "--seed", "6"])
    assert parquet(tmp_path / "probe-s6") != parquet(finished)


def test_findings_alone_are_printed_on_request(probe, tmp_path, capsys):
    assert main(["run", str(probe), "--json", "--out", str(tmp_path), "--trace", "none"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert said.err == ""
    assert list(found) == [
        "run", "traffic", "latency", "leakage", "controls", "resilience", "energy", "fraud",
        "conservation", "executive", "verdict",
    ]  # fmt: skip
    assert found["run"]["complete"]
    assert found["conservation"]["holds"]
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_summary_and_plain_progress_are_shown(probe, tmp_path, capsys):
    assert main(["run", str(probe), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr()
    for words in ("Executive", "critical bottleneck", "laws of money", "report.html"):
        assert words in said.out
    assert len(said.err.splitlines()) == 10
    assert "0:20 of 0:20 simulated" in said.err.splitlines()[-1]


def test_a_verdict_that_deviates_exits_4_when_asked(probe, tmp_path):
    words = ["run", str(probe), "--quiet", "--out", str(tmp_path)]
    assert main([*words, "--verdict"]) == 4


@pytest.mark.slow
def test_replications_are_pooled_and_compared(probe, tmp_path, capsys):
    words = ["run", str(probe), "--quiet", "--out", str(tmp_path), "--seeds", "1..2"]
    assert main(words) == 0
    assert main([*words, "--set", "services.payment.replicas=6"]) == 0
    one, two = tmp_path / "probe-s1..2", tmp_path / "probe-s1..2-2"
    pooled = json.loads((one / "replications.json").read_text())
    assert pooled["headlines"]["traffic.submitted"]["n"] == 2
    assert load_manifest(one / "probe-s1").complete
    capsys.readouterr()
    assert main(["compare", str(one), str(two), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    same = next(d for d in made["differences"] if d["metric"] == "traffic.submitted")
    assert same["change"]["value"] == 0


def test_two_single_runs_are_compared_window_by_window(finished, tmp_path, capsys):
    file = finished / "experiment.toml"
    words = ["run", str(file), "--quiet", "--out", str(tmp_path)]
    assert main([*words, "--set", "fault.0.probability=0.0"]) == 0
    assert main(["compare", str(finished), str(tmp_path / "probe-s5"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    changes = {one["metric"]: one["change"]["value"] for one in made["differences"]}
    assert changes["offered_per_window"] == pytest.approx(0, abs=0.2)
    assert changes["latency_mean_s"] < 0
    assert main(["compare", str(finished), str(tmp_path / "probe-s5")]) == 0
    assert "the same seed" in capsys.readouterr().out.replace("\n", " ")


def test_no_figure_is_cut_on_a_terminal_of_80_columns(finished, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    folder = str(finished)
    assert main(["report", folder]) == 0
    shown = capsys.readouterr().out
    services = next(line for line in shown.splitlines() if line.startswith("on the slowest"))
    assert services.rstrip().endswith("leaked")
    assert main(["compare", folder, folder]) == 0
    assert "…" not in shown + capsys.readouterr().out


def test_a_report_is_written_again_from_the_trace(probe, tmp_path):
    main(["run", str(probe), "--quiet", "--out", str(tmp_path)])
    folder = tmp_path / "probe-s5"
    before = (folder / "findings.json").read_bytes()
    for name in ("findings.json", "report.html"):
        (folder / name).unlink()
    assert main(["report", str(folder)]) == 0
    assert (folder / "findings.json").read_bytes() == before
    assert (folder / "report.html").exists()


def test_a_broken_law_exits_3_and_names_it(probe, tmp_path, capsys, monkeypatch):
    from sanket_sim.network.engine import SimPyEngine

    honest = SimPyEngine.balances_minor

    def forged(engine):
        balances = honest(engine).copy()
        balances[7] += engine.loop.now_ns > 3_000_000_000
        return balances

    monkeypatch.setattr(SimPyEngine, "balances_minor", forged)
    assert main(["run", str(probe), "--quiet", "--out", str(tmp_path)]) == 3
    assert "conservation law L4 failed: residual 1 " in capsys.readouterr().err
    manifest = load_manifest(tmp_path / "probe-s5")
    assert not manifest.complete
    assert "L4" in manifest.reason
    assert ConservationError.exit_status == 3


def start(probe, out, *sets):
    """Start a run that would take minutes."""
    command = [sys.executable, "-m", "sanket_sim", "run", str(probe), "--out", str(out)]
    sets = [word for one in ("duration=1h", 'demand.rate="60/s"', *sets) for word in ("--set", one)]
    return subprocess.Popen(
        [*command, *sets], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(path, process):
    end = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"{path} never came"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_an_interrupted_run_keeps_partial_findings(probe, tmp_path, number):
    folder = tmp_path / "out" / "probe-s5"
    process = start(probe, tmp_path / "out", *BUSY)
    wait_for(folder / "hops" / "part-00000.parquet", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "PARTIAL RUN" in out
    manifest = load_manifest(folder)
    assert not manifest.complete
    assert manifest.reason.startswith(f"interrupted by {number.name} at ")
    assert (manifest.interrupted_by, Run(folder).interrupted) == (number.name, True)
    found = json.loads((folder / "findings.json").read_text())
    assert not found["run"]["complete"]
    assert Trace(folder).table("transactions").num_rows > 0


def test_a_signal_during_the_report_leaves_no_run_that_calls_itself_complete(probe, tmp_path):
    folder = tmp_path / "out" / "probe-s5"
    process = start(probe, tmp_path / "out", "duration=20s")
    wait_for(folder / "experiment.toml", process)
    hold_up(folder / "report.html")
    wait_for(folder / "report.md", process)
    assert load_manifest(folder).complete, "the trace is; what it means is being written"
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    manifest = load_manifest(folder)
    assert not manifest.complete
    assert manifest.reason == "interrupted by SIGTERM"
    assert (manifest.interrupted_by, Run(folder).interrupted) == ("SIGTERM", True)
    assert not (folder / "report.html").exists()


def test_a_killed_run_leaves_finished_parts_readable(probe, tmp_path):
    folder = tmp_path / "out" / "probe-s5"
    process = start(probe, tmp_path / "out", *BUSY)
    wait_for(folder / "hops" / "part-00000.parquet", process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    manifest = load_manifest(folder)
    assert not manifest.complete
    assert not Run(folder).interrupted, "nobody has asked it to end"
    hops = Trace(folder).columns("hops", ["sent_ns"])["sent_ns"]
    assert len(hops) % 131_072 == 0
    assert len(hops) > 0


def test_a_full_disk_is_a_clear_error(probe, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    out = tmp_path / "small"
    out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(out)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount a tmpfs")
    try:
        command = [sys.executable, "-m", "sanket_sim", "run", str(probe), "--out", str(out)]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        assert said.returncode == 1
        assert "the disk is full" in said.stderr
        assert "Traceback" not in said.stderr
        assert not list(out.rglob("*.partial"))
        assert not load_manifest(out / "probe-s5").complete
    finally:
        subprocess.run(["umount", str(out)], check=True)


def test_a_run_that_kept_no_hops_cannot_be_reported_again(probe, tmp_path, capsys):
    words = ["run", str(probe), "--quiet", "--out", str(tmp_path), "--trace", "transactions"]
    assert main(words) == 0
    before = (tmp_path / "probe-s5" / "findings.json").read_bytes()
    assert main(["report", str(tmp_path / "probe-s5")]) == 2
    assert "kept no hops" in capsys.readouterr().err
    assert (tmp_path / "probe-s5" / "findings.json").read_bytes() == before
