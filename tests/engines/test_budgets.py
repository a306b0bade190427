"""Retry budgets: how many retries each stack lets go when everything, or something, fails."""

from dataclasses import replace

import numpy as np
import pytest
from banks import MS, S, chain, compute, drive, intents

from sanket_sim.bank.description import Service
from sanket_sim.bank.policies import (
    Breaker,
    BreakerKind,
    Budget,
    BudgetKind,
    Policy,
    Retry,
    RetryKind,
)
from sanket_sim.core.outcomes import Outcome
from sanket_sim.network import Command, CommandKind

DESK = Service("desk", replicas=1, workers=99)
AGAIN = Retry(RetryKind.FIXED, 2, MS, MS, codes=frozenset({Outcome.UNAVAILABLE}))
GRPC = Budget(BudgetKind.GRPC, 10, 0.1)
TOKEN = Budget(BudgetKind.TOKEN, 100, 0.1)
AWS = Budget(BudgetKind.AWS, 500, 1, 14)
FINAGLE = Budget(BudgetKind.FINAGLE, 0, 0.2, 1, 10)


def retries(budget, count, gap_ns, code=Outcome.UNAVAILABLE):
    """Retries among `count` calls that all fail with `code`."""
    bank = chain(DESK, steps=[(compute(MS),)], policies=[Policy(retry=AGAIN, budget=budget)])
    abort = Command(0, CommandKind.ABORT, 0, "desk", code=code)
    hops = drive(bank, intents(*(1 + gap_ns * np.arange(count))), [abort]).hops
    return int((hops["attempt"] > 1).sum())


@pytest.mark.parametrize(
    ("budget", "count", "expected"),
    [
        # Tokens fall by one a failure, retries included: 9, 8 | 7, 6 | 5: no more.
        (GRPC, 50, 2),
        (TOKEN, 150, 100),
        (AWS, 150, 500 // 14),
        # Ten a second for ten seconds, and a fifth of 150 calls.
        (FINAGLE, 150, 100 + 150 // 5),
    ],
)
def test_a_budget_runs_out_when_everything_fails(budget, count, expected):
    assert retries(budget, count, 2 * MS) == expected


def test_finagle_earns_anew_as_the_window_moves_on():
    assert retries(FINAGLE, 300, 100 * MS) == 300


def test_grpc_counts_failures_that_may_be_retried_and_no_others():
    policy = Policy(timeout_ns=5 * MS, retry=AGAIN, budget=GRPC)
    bank = chain(DESK, steps=[(compute(10 * MS),)], policies=[policy])
    abort = Command(900 * MS, CommandKind.ABORT, 0, "desk")
    hops = drive(bank, intents(*range(0, 800 * MS, 20 * MS), S), [abort]).hops
    assert hops["attempt"].tolist()[-1] == 2


def test_a_breaker_of_the_hystrix_kind_forgets_after_its_window_and_probes_after_its_sleep():
    breaker = Breaker(BreakerKind.TIME_WINDOW, 0, S, 4, 0.5, 5 * S, 1)
    bank = chain(DESK, steps=[(compute(MS),)], policies=[Policy(breaker=breaker)])
    commands = [Command(0, CommandKind.ABORT, 0, "desk"), Command(2500 * MS, CommandKind.END, 0)]
    slowly = [1, 400 * MS, 800 * MS, 1200 * MS]
    then = [1201 * MS, 1202 * MS, 6 * S, 6202 * MS, 6203 * MS]
    hops = drive(bank, intents(*slowly, *then), commands).hops
    told = [Outcome(code).name for code in hops["outcome"]]
    # At 1200 ms the first has left the window: the fifth failure is the fourth inside it.
    assert told == ["UNAVAILABLE"] * 5 + ["CIRCUIT_OPEN"] * 2 + ["OK"] * 2


def test_a_budget_that_allows_no_retry_differs_from_no_retry_in_nothing():
    policies = [Policy(), Policy(budget=GRPC), Policy(retry=replace(AGAIN, attempts=1))]
    hops = [
        drive(chain(DESK, steps=[(compute(MS),)], policies=[policy]), intents(0, 1)).hops
        for policy in policies
    ]
    assert all(hops[0][name].tolist() == other[name].tolist() for other in hops for name in other)
