"""Counts of intents: what may be taken in can be given back, and what counts as missed fraud."""

import numpy as np
import pytest
from live_scene import ticks_of
from synthetic_trace import NAMES, Plan, S

from sanket_sim.core.outcomes import FraudDecision
from sanket_sim.live.meters.tally import Count, Shape, Tally, tally_of

SHAPE = Shape(len(NAMES), 2)
PLAN = Plan(duration_s=20, warmup_s=0, fault=None, duplicates=0.2, converted=0.2)
ARRAYS = ("counts", "roots", "glv_minor", "latency")


def batch():
    return next(ticks_of(PLAN, 100 * S))


def test_what_was_taken_in_and_given_back_leaves_nothing():
    seconds = [tally_of(one.transactions, one.truth, SHAPE) for one in ticks_of(PLAN)]
    whole = Tally.empty(SHAPE)
    for tally in seconds:
        whole.add(tally)
    taken = {name: getattr(whole, name).copy() for name in ARRAYS}
    assert all(counted.any() for counted in taken.values())
    for tally in seconds:
        whole.remove(tally)
    for name in ARRAYS:
        assert not getattr(whole, name).any(), name


@pytest.mark.parametrize(("amount_minor", "missed"), [(0, 0), (1, 1)])
def test_fraud_is_missed_only_if_there_was_money_in_it(amount_minor, missed):
    one = batch()
    rows = {name: column.copy() for name, column in one.transactions.items()}
    rows["is_fraud"][:] = False
    rows["is_fraud"][7], rows["fraud_decision"][7] = True, FraudDecision.APPROVE
    rows["amount_minor"][7] = amount_minor
    tally = tally_of(rows, one.truth, SHAPE)
    assert (tally[Count.MISSED], tally[Count.CAUGHT]) == (missed, 0)
    assert np.count_nonzero(rows["is_fraud"]) == 1
