from __future__ import annotations

import pytest
from synthetic_trace import Plan, write_run

from sanket_sim.analysis.resilience import measure_resilience
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import intent_series
from sanket_sim.analysis.traffic import measure_traffic


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


def test_corrections_are_the_banks_own_work_and_no_demand(tmp_path) -> None:
    run = write_run(tmp_path, Plan(duplicates=0.05, found=0.8, righted=0.9))
    frame = run.trace.frame("transactions").query("created_ns >= @run.start_ns")
    own = frame.original_tx_id >= 0
    traffic, level = measure_traffic(run), measure_resilience(run)
    assert traffic.corrections == own.sum() > 0
    assert traffic.submitted == (~own).sum() == level.sli.n
    assert "correction" not in traffic.by_kind
    hops = run.trace.frame("hops")
    assert level.attempts == hops.tx_id.isin(frame[~own].tx_id).sum()


def test_what_is_born_after_the_arrivals_is_in_no_window(tmp_path) -> None:
    run = write_run(tmp_path, Plan())
    run.arrivals_end_ns = run.arrivals_end_ns // 2
    frame = run.trace.frame("transactions")
    frame = frame[~(frame.original_tx_id >= 0)]
    late = (frame.created_ns > run.arrivals_end_ns).sum()
    series = intent_series(run)
    assert series.afterwards[0] == late > 0
    assert series.offered.sum() == len(frame) - late
    width_ns = series.fine.width_ns
    last = frame.created_ns.between(run.arrivals_end_ns - width_ns, run.arrivals_end_ns)
    assert series.offered[-1] <= last.sum() + 1
    assert measure_resilience(run).sli.n <= len(frame)
