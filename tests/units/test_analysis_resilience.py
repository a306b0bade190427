from __future__ import annotations

import pytest
from synthetic_trace import Plan, write_run

from sanket_sim.analysis.resilience import measure_resilience
from sanket_sim.analysis.run_folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    plan = Plan(fault=(20, 30), struck=0.9, duplicates=0.01, fraud=0.05)
    return write_run(tmp_path_factory.mktemp("resilience"), plan, rows_per_part=3000)


@pytest.fixture(scope="module")
def hops(run: RunFolder):
    late = run.trace.frame("transactions").query("created_ns >= @run.start_ns").tx_id
    frame = run.trace.frame("hops")
    return frame[frame.tx_id.isin(late) & (frame.service == "payment")]


def test_retries_and_visits_are_those_of_the_frame(run: RunFolder, hops) -> None:
    payment = measure_resilience(run).by_service["payment"]
    assert payment.visited == hops.tx_id.nunique()
    assert payment.attempts_per_visit == pytest.approx(len(hops) / hops.tx_id.nunique())
    assert payment.retry_share == pytest.approx((hops.attempt > 1).mean())
    assert payment.retry_share > 0


def test_time_down_and_time_up_are_all_the_time(run: RunFolder) -> None:
    payment = measure_resilience(run).by_service["payment"]
    assert payment.episodes >= 1
    assert payment.mttr_s * payment.episodes == pytest.approx(10.0, abs=3.0)
    measured_s = (run.arrivals_end_ns - run.start_ns) * 1e-9
    assert payment.episodes * (payment.mttr_s + payment.mtbf_s) == pytest.approx(measured_s)


def test_harm_touches_whoever_failed_or_leaked_but_no_fraudster_who_was_caught(
    run: RunFolder,
) -> None:
    frame = run.trace.frame("transactions").query("created_ns >= @run.start_ns")
    caught = frame.is_fraud & (frame.decline_reason == "suspected_fraud")
    harmed = frame[((frame.ack == "failed") & ~caught) | (frame.leak_class != "NONE")]
    radius = measure_resilience(run).blast_radius
    assert (harmed.leak_class == "NONE").any()
    assert (harmed.leak_class != "NONE").any()
    assert radius.customers.n == frame.customer_id.nunique()
    share = harmed.customer_id.nunique() / frame.customer_id.nunique()
    assert radius.customers.value == pytest.approx(share)
    assert radius.value == pytest.approx(harmed.amount_minor.sum() / frame.amount_minor.sum())
