"""Counts of intents: what may be taken in can be given back."""

from live_scene import ticks_of
from synthetic_trace import NAMES, Plan

from sanket_sim.live.meters.tally import Shape, Tally, tally_of

SHAPE = Shape(len(NAMES), 2)
PLAN = Plan(duration_s=20, warmup_s=0, fault=None, duplicates=0.2, converted=0.2)
ARRAYS = ("counts", "roots", "glv_minor", "latency")


def test_what_was_taken_in_and_given_back_leaves_nothing():
    seconds = [tally_of(one.transactions, SHAPE) for one in ticks_of(PLAN)]
    whole = Tally.empty(SHAPE)
    for tally in seconds:
        whole.add(tally)
    taken = {name: getattr(whole, name).copy() for name in ARRAYS}
    assert all(counted.any() for counted in taken.values())
    for tally in seconds:
        whole.remove(tally)
    for name in ARRAYS:
        assert not getattr(whole, name).any(), name
