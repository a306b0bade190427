"""The answers that the product computes from formulas are those of the design's own table."""

import json
import os
from pathlib import Path

import pytest

from sanket_sim.simulation.validation.examination import EXPERIMENTS

DEFAULT = Path(__file__).parents[3] / "shared" / "data"
FILE = Path(os.environ.get("SANKET_DATA", DEFAULT)) / "validation" / "expected_values.json"
WHERE = {
    ("M/M/1 at 0.8", "W"): ("mm1_rho0.8", "W"),
    ("M/M/1 at 0.8", "Wq"): ("mm1_rho0.8", "Wq"),
    ("M/M/1 at 0.8", "P(wait)"): ("mm1_rho0.8", "P_wait"),
    ("M/M/1 at 0.8", "p95"): ("mm1_rho0.8", "p95"),
    ("M/M/1 at 0.8", "p99"): ("mm1_rho0.8", "p99"),
    ("M/M/4 at 3.2", "Erlang C"): ("mmc_c4_lam3.2", "erlangC"),
    ("M/M/4 at 3.2", "W"): ("mmc_c4_lam3.2", "W"),
    ("M/M/2 at 1.6", "Erlang C"): ("mmc_c2_lam1.6", "erlangC"),
    ("M/M/2 at 1.6", "W"): ("mmc_c2_lam1.6", "W"),
    ("Erlang B 10/8, exponential", "P(blocked)"): ("erlangB_c10_a8.0", "block"),
    ("Erlang B 20/15, constant", "P(blocked)"): ("erlangB_c20_a15.0", "block"),
    ("M/M/1/5 at 0.9", "P(blocked)"): ("mm1k_K5_rho0.9", "p_block"),
    ("M/M/2/10 at 1.8", "P(blocked)"): ("mm2k_K10_lam1.8", "p_block"),
    ("M/G/1 at 0.7, constant", "Wq"): ("mg1_det_rho0.7", "Wq"),
    ("M/G/1 at 0.7, Erlang-2", "Wq"): ("mg1_erlang2_rho0.7", "Wq"),
    ("M/G/1 at 0.7, lognormal cv2 = 4", "Wq"): ("mg1_lognormal_cv2_rho0.7", "Wq"),
    ("M/M/1 priority 0.3/0.5", "Wq urgent"): ("mm1_priority_nonpreempt", "Wq_high"),
    ("M/M/1 priority 0.3/0.5", "Wq ordinary"): ("mm1_priority_nonpreempt", "Wq_low"),
    ("Jackson network of 4", "response"): ("jackson4", "response"),
    **{("Jackson network of 4", f"L at {i}"): ("jackson4", "L", i) for i in range(4)},
    ("M/M/1 + D at 0.9, patience 5, cancel", "P(leaves)"): ("mm1_D_lam0.9_tau5", "P_timeout"),
    ("M/M/1 + D at 0.8, patience 10, deadline", "P(leaves)"): ("mm1_D_lam0.8_tau10", "P_timeout"),
    ("M/M/1 at 0.8, client time-out 10", "P(time-out)"): (
        "mm1_timeout_nocancel_rho0.8_tau10",
        "P",
    ),
    ("i.i.d. failure 0.1, 3 attempts", "success"): ("retry_p0.1_m3", "success"),
    ("i.i.d. failure 0.3, 3 attempts", "attempts"): ("retry_p0.3_m3", "attempts"),
    ("i.i.d. failure 1, 3 attempts", "attempts"): ("retry_p1.0_m3", "attempts"),
    ("5 layers x 3 attempts", "calls at the bottom"): ("retry_chain_depth5_m3", "db_calls"),
    ("AWS quota, 18 failing calls", "attempts"): ("aws_standard_all_fail", "n18", "calls_cost14"),
    ("AWS quota, 100 failing calls", "attempts"): ("aws_standard_all_fail", "n100", "calls_cost14"),
    ("resilience4j breaker, dead backend", "cycle (s)"): (
        "cb_resilience4j_default_all_fail_10rps",
        "cycle_s",
    ),
    ("breaker demonstration", "opens at (s)"): ("misim_cb_demo", "open_at"),
    ("breaker demonstration", "succeeded"): ("misim_cb_demo", "success"),
    ("breaker demonstration", "failed"): ("misim_cb_demo", "fail"),
    ("fan-out of 100", "mean longest"): ("fanout", "100", "mean_max_exp"),
    ("fan-out of 100", "share slow"): ("fanout", "100", "frac_slow"),
}


@pytest.fixture(scope="module")
def table():
    if not FILE.exists():
        pytest.skip(f"the design's table is not on this machine ({FILE})")
    return json.loads(FILE.read_text())


@pytest.mark.parametrize(("ours", "theirs"), WHERE.items(), ids=lambda key: "-".join(map(str, key)))
def test_expected_values_are_those_of_the_design(ours, theirs, table):
    experiment, quantity = ours
    [found] = [
        q.expected
        for e in EXPERIMENTS
        if e.name == experiment
        for q in e.quantities
        if q.name == quantity
    ]
    for key in theirs:
        table = table[key]
    assert found == pytest.approx(table, rel=1e-9)


def test_every_row_of_the_first_issue_is_there():
    rows = {*range(1, 9), *range(11, 19), 20, 23, 24, 26, 27}
    assert {experiment.number for experiment in EXPERIMENTS} == rows
