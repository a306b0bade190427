"""A run keeps the trained model that judged in it: it can be read and repeated by itself."""

import json
import shutil

import numpy as np

import sanket_sim
from sanket_sim.bank import load_bank
from sanket_sim.trace.reader import Trace

ALWAYS = {
    "features": ["hour"],
    "trees": [
        {"feature": [0, -1, -1], "threshold": [8.5, 0, 0], "left": [1, 0, 0], "right": [2, 0, 0],
         "value": [0, -9.0, 9.0]}
    ],
}  # fmt: skip
"""Suspects everything after half past eight."""
EXPERIMENT = """name = "watched"
model = "retail_bank"
start = 2026-11-27T08:29:52
duration = "16s"
[population]
customers = 200
[demand]
rate = "10/s"
[financial_crime]
analysts = 0
[fraud_service]
model = "always.json"
rule = []
evidence = "all"
"""


def test_a_trained_model_judges_by_the_clock_on_the_wall_and_stays_with_the_run(
    tmp_path, monkeypatch
):
    source = tmp_path / "source"
    (source / "models").mkdir(parents=True)
    (source / "models" / "always.json").write_text(json.dumps(ALWAYS))
    (source / "watched.toml").write_text(EXPERIMENT)
    monkeypatch.chdir(source)
    run = sanket_sim.run(source / "watched.toml", out=tmp_path / "out", report=False)
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(source)

    table = Trace(run.folder).table("assessments", ["time_ns", "decision", "likelihood", "hour"])
    late = table["hour"].to_numpy() >= 8.5
    suspected = table["likelihood"].to_numpy() > 0.5
    assert late.any()
    assert not late.all()
    assert np.array_equal(suspected, late)
    kept = load_bank(run.folder / "model.toml")[0].fraud_service
    assert kept.model is not None
    assert kept.model_file == str(run.folder / "always.json")
    again = sanket_sim.run(run.folder / "experiment.toml", out=tmp_path / "again", report=False)
    parts = [sorted((r.folder / "assessments").glob("*.parquet")) for r in (run, again)]
    assert [p.read_bytes() for p in parts[0]] == [p.read_bytes() for p in parts[1]]
