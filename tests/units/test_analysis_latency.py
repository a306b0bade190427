from __future__ import annotations

import numpy as np
import pytest
from synthetic_trace import Plan, write_run

from sanket_sim.analysis.latency import Sojourns, measure_latency
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.draws import Draws


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("latency"), Plan(), rows_per_part=5000)


def test_the_sweep_and_the_sum_agree_to_the_nanosecond() -> None:
    u = Draws(1, "sojourns")
    arrived_ns = (u.child("a").uniform(np.arange(5000)) * 1e12).astype(np.int64)
    left_ns = arrived_ns + (u.child("s").uniform(np.arange(5000)) * 5e10).astype(np.int64)
    sojourns = Sojourns()
    sojourns.add(arrived_ns, left_ns)
    assert sojourns.swept_ns == sojourns.summed_ns == int((left_ns - arrived_ns).sum())


def test_the_sweep_counts_simultaneous_events_once() -> None:
    sojourns = Sojourns()
    sojourns.add(np.array([0, 5, 5, 5]), np.array([5, 5, 9, 5]))
    assert (sojourns.swept_ns, sojourns.summed_ns) == (9, 9)


def test_littles_law_leaves_nothing(run: RunFolder) -> None:
    found = measure_latency(run)
    assert found.little_residual_ns == 0
    for one in found.by_service.values():
        assert one.in_system_mean == pytest.approx(one.arrival_rate_per_s * one.sojourn_s_mean)


def test_percentiles_are_within_one_percent_of_the_frame(run: RunFolder) -> None:
    frame = run.trace.frame("transactions")
    frame = frame[frame.created_ns >= run.start_ns]
    exact = (frame.completed_ns - frame.created_ns).sort_values().to_numpy() * 1e-9
    found = measure_latency(run).end_to_end
    assert found.n == len(exact)
    for q, one in ((0.5, found.p50_s), (0.95, found.p95_s), (0.999, found.p999_s)):
        assert one.value == pytest.approx(exact[int(q * (len(exact) - 1))], rel=0.0101)
        assert one.low <= one.value <= one.high


def test_the_split_adds_up(run: RunFolder) -> None:
    frame = run.trace.frame("hops")
    early = run.trace.frame("transactions").query("created_ns < @run.start_ns").tx_id
    frame = frame[(frame.service == "ledger") & ~frame.tx_id.isin(early)]
    found = measure_latency(run).by_service["ledger"]
    split_s = found.wait_s_mean + found.service_s_mean + found.network_s_mean
    assert split_s == pytest.approx((frame.received_ns - frame.sent_ns).mean() * 1e-9)
    assert found.network_s_mean == pytest.approx(1e-3)


def test_utilisation_is_the_busy_time_of_the_gauges(run: RunFolder) -> None:
    frame = run.trace.frame("gauges")
    frame = frame[(frame.service == "payment") & (frame.time_ns > run.start_ns)]
    seconds = frame.time_ns.nunique()
    expected = frame.busy_ns.sum() / (4 * 16 * seconds * 1e9)
    assert measure_latency(run).by_service["payment"].utilisation == pytest.approx(expected)


def test_a_stall_that_callers_give_up_on_breaches_the_objective(tmp_path) -> None:
    plan = Plan(fault=(10, 50), struck=0.5)
    assert not measure_latency(write_run(tmp_path, plan)).slo_p99_met


def test_apdex_of_quick_answers_is_near_one(tmp_path) -> None:
    found = measure_latency(write_run(tmp_path, Plan(fault=None, fraud=0.0, duplicates=0.0))).apdex
    assert found.value > 0.99
    assert found.low <= found.value <= found.high <= 1.0


def test_apdex_counts_half_of_those_who_waited_up_to_four_times_the_target(tmp_path) -> None:
    settings = '[slo]\napdex = "50ms"\napdex_card = "25ms"\n'
    plan = Plan(fault=None, fraud=0.0, duplicates=0.0, settings=settings)
    run = write_run(tmp_path, plan)
    frame = run.trace.frame("transactions").query("created_ns >= @run.start_ns")
    target_ns = np.where(frame.kind == "card_payment", 25_000_000, 50_000_000)
    spent_ns = (frame.completed_ns - frame.created_ns).to_numpy()
    satisfied, tolerating = spent_ns <= target_ns, spent_ns <= 4 * target_ns
    found = measure_latency(run).apdex
    assert 0.1 < satisfied.mean() < tolerating.mean() < 1.0
    assert found.value == pytest.approx((satisfied.mean() + tolerating.mean()) / 2)
