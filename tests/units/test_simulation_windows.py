"""Single runs are compared window by window: the figures of each are those of the frame."""

import numpy as np
import pytest
from synthetic_trace import Plan, S, write_run

from sanket_sim.simulation.compare import windowed


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
    assert found["glv_minor_per_window"][1] == frame.glv_minor.sum()
    latency_s = (frame.completed_ns - frame.created_ns).mean() * 1e-9
    assert found["latency_mean_s"][1] == pytest.approx(latency_s)
