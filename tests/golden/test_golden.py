"""Small experiments whose every hop is known by heart.

A change of these numbers is a change of results: bless it with ``SANKET_BLESS=1 pytest
tests/golden`` and a CHANGELOG line tagged [RESULTS].
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

import sanket_sim

GOLDEN = Path(__file__).with_name("golden.json")
ASKED = {
    "peak_load": ("100s", {"fault.0.at": "40s", "fault.0.for": "30s", "warmup": "10s"}),
    "retry_storm": ("90s", {"fault.0.at": "30s"}),
    "anthos_timeout": ("150s", {"fault.0.for": "60s"}),
}
TIMES = ("tx_id", "hop_id", "sent_ns", "queued_ns", "begun_ns", "ended_ns", "received_ns")


def measured(name, folder):
    duration, overrides = ASKED[name]
    run = sanket_sim.run(name, overrides=overrides, duration=duration, out=folder, report=False)
    digest = hashlib.sha256()
    hops = run.trace.columns("hops", TIMES)
    order = np.argsort(hops["hop_id"])
    for column in TIMES:
        # Microseconds: another processor's logarithm may move an arrival by one nanosecond.
        digest.update(np.ascontiguousarray(hops[column][order] // 1000, dtype=np.int64).tobytes())
    leakage = run.findings.leakage
    return {
        "hops": len(order),
        "hops_sha256": digest.hexdigest(),
        "leaked": leakage.leaked,
        "served": round(run.findings.resilience.sli.value, 6),
    }


@pytest.mark.parametrize("name", ASKED)
def test_results_have_not_changed(name, tmp_path):
    found = measured(name, tmp_path)
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    if os.environ.get("SANKET_BLESS"):
        GOLDEN.write_text(json.dumps({**golden, name: found}, indent=2, sort_keys=True) + "\n")
    else:
        assert found == golden[name]
