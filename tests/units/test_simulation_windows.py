"""Single runs are compared window by window: the figures of each are those of the frame."""

import io

import numpy as np
import pytest
from rich.console import Console
from synthetic_trace import Plan, S, bank, write_run

from sanket_sim.analysis.findings import FINDINGS_NAME, measure
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.console.tables import show_comparison
from sanket_sim.console.wording import money
from sanket_sim.simulation import compare as comparing
from sanket_sim.simulation.compare import compare, windowed


def test_headlines_of_a_window_are_those_of_its_intents(tmp_path):
    run = write_run(tmp_path, Plan(struck=0.9, duplicates=0.02, warmup_s=0))
    found = windowed(run, np.array([0, 20 * S, 40 * S]))
    frame = run.trace.frame("transactions").query("20_000_000_000 <= created_ns < 40_000_000_000")
    caught = frame.is_fraud & (frame.decline_reason == "suspected_fraud")
    leaked = frame.leak_class != "NONE"
    failed = (frame.ack == "failed") & ~caught & ~leaked
    assert min(leaked.sum(), failed.sum(), caught.sum()) > 0
    assert found["offered_per_window"][1] == len(frame)
    assert found["leak_rate_count"][1] == pytest.approx(leaked.mean())
    assert found["failure_rate"][1] == pytest.approx((leaked | failed).mean())
    assert found["availability"][1] == pytest.approx(1 - (leaked | failed).mean())
    assert found["leakage.by_currency.EUR.glv_minor"][1] == frame.glv_minor.sum() > 0
    assert found["leakage.by_class.DUPLICATE.leaked"][1] == (frame.leak_class == "DUPLICATE").sum()
    latency_s = (frame.completed_ns - frame.created_ns).mean() * 1e-9
    assert found["latency_mean_s"][1] == pytest.approx(latency_s)


def test_each_currency_is_summed_by_itself_over_both_legs(tmp_path):
    """The duplicates of euro to yen lose both; a sum of cents and yen would mean nothing."""
    run = write_run(tmp_path, Plan(duplicates=0.05, converted=0.5, warmup_s=0))
    frame = run.trace.frame("transactions")
    found = windowed(run, np.array([0, 30 * S, 60 * S]))
    lost = {name: column.sum() for name, column in found.items() if "by_currency" in name}
    assert lost == {
        "leakage.by_currency.EUR.glv_minor": frame.glv_minor.sum(),
        "leakage.by_currency.JPY.glv_minor": frame.second_glv_minor.sum(),
    }
    assert min(lost.values()) > 0


@pytest.fixture
def synthetic(monkeypatch):
    """The bank of synthetic traces has no model file; runs are opened with it in hand."""
    monkeypatch.setattr(comparing, "_open", lambda folder: RunFolder(folder, bank()))


@pytest.mark.usefixtures("synthetic")
def test_a_comparison_says_what_was_set_differently_and_warns_of_a_partial_run(tmp_path):
    whole = write_run(tmp_path / "whole", Plan(duplicates=0.05, converted=0.5, warmup_s=0))
    cut = write_run(tmp_path / "cut", Plan(duplicates=0.0, warmup_s=0, complete=False))
    text = (cut.path / "experiment.toml").read_text("utf-8")
    (cut.path / "experiment.toml").write_text(f"{text}\n[controls]\ninbox = false\n")
    made = compare(whole.path, cut.path)
    assert [str(one) for one in made.settings] == ["controls.inbox not set -> false"]
    (warning,) = made.warnings
    assert "partial run" in warning
    euro = next(one for one in made.differences if one.metric.endswith("EUR.glv_minor"))
    assert (euro.currency, euro.other) == ("EUR", 0)
    assert euro.base == whole.trace.frame("transactions").glv_minor.sum() == -euro.change.value
    console = Console(width=100, record=True, file=io.StringIO())
    show_comparison(made, console)
    said = console.export_text()
    assert "Warning:" in said
    assert "controls.inbox not set -> false" in said
    assert money(round(euro.base), "EUR").removesuffix(" EUR") in said
    assert "gross leak, JPY" in said


@pytest.mark.usefixtures("synthetic")
def test_what_was_put_right_is_compared_where_both_runs_have_findings(tmp_path):
    plans = {"base": Plan(found=0.8, righted=0.5), "other": Plan(found=0.8, righted=0.0)}
    runs = {name: write_run(tmp_path / name, plan) for name, plan in plans.items()}
    metric = "controls.overall.recovered.minor.EUR"
    write_findings(runs["base"])
    assert metric not in {
        one.metric for one in compare(*(run.path for run in runs.values())).differences
    }
    back_minor = write_findings(runs["base"]).controls.overall.recovered.minor["EUR"]
    write_findings(runs["other"])
    made = compare(*(run.path for run in runs.values()))
    (back,) = [one for one in made.differences if one.metric == metric]
    assert (back.base, back.other, back.currency) == (back_minor, 0, "EUR")
    assert back_minor > 0
    assert not made.settings


def write_findings(run):
    found = measure(run)
    (run.path / FINDINGS_NAME).write_text(found.to_json())
    return found
