"""Counts of intents: what may be taken in can be given back."""

import numpy as np
from live_scene import ticks_of
from synthetic_trace import NAMES, Plan

from sanket_sim.analysis.intents import judge_wishes
from sanket_sim.live.meters.tally import Shape, Tally, tally_of
from sanket_sim.live.reading.judge import Judge
from sanket_sim.trace.batch import TraceBatch

SHAPE = Shape(len(NAMES), 2)
PLAN = Plan(duration_s=20, warmup_s=0, fault=None, duplicates=0.2, converted=0.2)
ARRAYS = ("counts", "roots", "glv_minor", "latency")


def test_what_was_taken_in_and_given_back_leaves_nothing():
    seconds = [tally_of(judge_wishes(one.transactions), SHAPE) for one in ticks_of(PLAN)]
    whole = Tally.empty(SHAPE)
    for tally in seconds:
        whole.add(tally)
    taken = {name: getattr(whole, name).copy() for name in ARRAYS}
    assert all(counted.any() for counted in taken.values())
    for tally in seconds:
        whole.remove(tally)
    for name in ARRAYS:
        assert not getattr(whole, name).any(), name


def test_a_batch_is_judged_once_and_blamed_before():
    first, second, *_ = ticks_of(PLAN)
    judge = Judge(lambda batch: np.full(len(batch.transactions["tx_id"]), 2))
    seen = judge.of(first)
    assert judge.of(first) is seen
    assert seen.columns["root_service"].tolist() == [2] * len(seen.good)
    assert judge.of(second).columns["tx_id"].tolist() == second.transactions["tx_id"].tolist()
    assert judge.of(TraceBatch(1)) is None
