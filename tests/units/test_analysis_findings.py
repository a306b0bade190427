from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from synthetic_trace import Plan, write_run

from sanket_sim.analysis import Findings, measure
from sanket_sim.analysis.intents import judged
from sanket_sim.analysis.resilience import measure_resilience
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.verdict import Verdict, measure_verdict
from sanket_sim.core.errors import TraceError

KEYS = [
    "run",
    "traffic",
    "latency",
    "leakage",
    "controls",
    "resilience",
    "energy",
    "fraud",
    "conservation",
    "executive",
    "verdict",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("findings"), Plan(), rows_per_part=4000)


@pytest.fixture(scope="module")
def findings(run: RunFolder) -> Findings:
    return measure(run)


def probe(metric: str, window: str, low: float, high: float) -> str:
    return (
        f'[[steady_state.probe]]\nmetric = "{metric}"\nwindow = "{window}"\n'
        f"tolerance = [{low}, {high}]\n"
    )


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [value]


def test_the_blocks_are_those_of_the_design(findings: Findings) -> None:
    assert list(json.loads(findings.to_json())) == KEYS


def test_findings_come_back_from_json_unchanged(findings: Findings) -> None:
    text = findings.to_json()
    again = Findings.from_json(text)
    assert again.to_json() == text
    assert again.leakage.rate_count == findings.leakage.rate_count


def test_json_holds_no_nan(findings: Findings) -> None:
    plain = json.loads(findings.to_json(), parse_constant=pytest.fail)
    assert any(leaf is None for leaf in leaves(plain))


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"run": 3}', "no json"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(TraceError, match="not findings"):
        Findings.from_json(text)


def test_a_folder_without_a_run_is_refused(tmp_path) -> None:
    with pytest.raises(TraceError, match=r"manifest\.json"):
        measure(tmp_path)


def test_the_warm_up_is_left_out(run: RunFolder, findings: Findings) -> None:
    born_ns = run.trace.columns("transactions", ["created_ns"])["created_ns"]
    assert findings.traffic.submitted == (born_ns >= run.start_ns).sum() < len(born_ns)


def test_every_intent_ends_exactly_once(findings: Findings) -> None:
    one = findings.traffic
    ends = (one.ok, one.rejected_right, one.failed_clean, one.in_flight, one.leaked)
    assert sum(ends) == one.submitted
    assert one.leaked == findings.leakage.leaked


def test_a_fraudster_turned_away_is_no_failure(run: RunFolder) -> None:
    for judgement in judged(run):
        caught = judgement.columns["is_fraud"] & (judgement.columns["decline_reason"] != 0)
        assert judgement.good[caught].all()


def test_the_executive_block_repeats_the_audits_figures(findings: Findings) -> None:
    one = findings.executive
    assert one.stress_volume == findings.traffic.submitted
    assert one.detected_leakage.value == pytest.approx(findings.leakage.leaked)
    assert one.global_leakage_rate_percent.value == pytest.approx(
        100 * findings.leakage.rate_count.value
    )
    worst = findings.resilience.by_service[one.critical_bottleneck]
    assert one.resilience_score == worst.seed_score
    assert one.resilience_score.low < one.resilience_score.value < one.resilience_score.high
    assert one.high_energy_events.value == pytest.approx(findings.energy.high_energy_events)
    assert one.critical_bottleneck in one.worth


def test_nothing_leaked_is_said_with_what_could_be(tmp_path) -> None:
    found = measure(write_run(tmp_path, Plan(fault=None, duplicates=0.0, fraud=0.0)))
    assert found.leakage.leaked == 0
    assert "may still be up to" in found.executive.worth


def test_visits_count_intents_and_not_attempts(run: RunFolder) -> None:
    frame = run.trace.frame("hops")
    early = run.trace.frame("transactions").query("created_ns < @run.start_ns").tx_id
    frame = frame[(frame.service == "payment") & ~frame.tx_id.isin(early)]
    found = measure_resilience(run).by_service["payment"]
    assert found.visited == frame.tx_id.nunique() < len(frame)
    assert found.retry_share == pytest.approx((frame.attempt > 1).mean())
    assert found.availability.value == pytest.approx((frame.outcome == "OK").mean())


def test_a_fault_shows_in_service_and_is_recovered_from(findings: Findings) -> None:
    found = findings.resilience
    assert found.recovery.degraded
    assert found.recovery.t_fault_s == 25.0
    assert found.t_detect_s >= 25.0
    assert found.by_service["payment"].episodes == 1
    assert found.amplification_peak > found.amplification


def test_a_steady_run_passes(tmp_path) -> None:
    settings = probe("failure_rate", "10s", 0, 0.01) + probe("latency_p99_s", "10s", 0, 2)
    plan = Plan(fault=None, duplicates=0.0, fraud=0.0, settings=settings)
    assert measure_verdict(write_run(tmp_path, plan)).verdict is Verdict.PASS


def test_a_deviation_fails_and_says_when(tmp_path) -> None:
    plan = Plan(struck=0.9, settings=probe("availability", "5s", 0.99, 1))
    found = measure_verdict(write_run(tmp_path, plan))
    assert found.verdict is Verdict.FAIL
    assert found.probes[0].first_deviation_s == 25.0
    assert found.probes[0].worst.value < 0.99


def test_a_claim_finer_than_the_run_can_see_is_inconclusive(tmp_path) -> None:
    plan = Plan(fault=None, duplicates=0.0, settings=probe("leak_rate_count", "10s", 0, 1e-6))
    found = measure_verdict(write_run(tmp_path, plan))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.probes[0].pooled.value == 0.0


def test_no_claim_no_verdict(findings: Findings) -> None:
    assert findings.verdict.verdict is Verdict.INCONCLUSIVE
    assert findings.verdict.probes == ()


def test_memory_does_not_grow_with_the_run(tmp_path) -> None:
    peaks = []
    for name, seconds in (("short", 150), ("long", 1500)):
        plan = Plan(rate_per_s=8.0, duration_s=seconds)
        run = write_run(tmp_path / name, plan, rows_per_part=1000)  # both fill whole parts
        measure(run)
        tracemalloc.start()
        measure(RunFolder(run.path, run.bank))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
