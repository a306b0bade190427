"""The gates of an edge (bulkhead, breaker) and how calls wait at them, pass and give way."""

from dataclasses import replace

import numpy as np
from banks import MS, S, call, chain, compute, drive, intents

from sanket_sim.bank.description import Service
from sanket_sim.bank.policies import Breaker, BreakerKind, Bulkhead, Policy
from sanket_sim.core.outcomes import Outcome
from sanket_sim.network import Command, CommandKind

DESK = Service("desk", replicas=1, workers=9, reset_delay_ns=MS)
TELLER = Service("teller", replicas=1, workers=9, reset_delay_ns=MS)
ONE_PROBE = Breaker(BreakerKind.COUNT_WINDOW, 2, 0, 2, 0.5, 100 * MS, 1)


def outcomes(hops):
    return [Outcome(code).name for code in hops["outcome"]]


def test_the_timeout_runs_while_a_call_waits_at_the_bulkhead():
    policy = Policy(timeout_ns=30 * MS, bulkhead=Bulkhead(1, 100 * MS))
    hops = drive(chain(DESK, steps=[(compute(20 * MS),)], policies=[policy]), intents(0, 1)).hops
    assert outcomes(hops) == ["OK", "TIMEOUT"]
    assert hops["begun_ns"][1] == 20 * MS


def test_a_call_whose_time_is_up_at_the_bulkhead_is_never_sent():
    policy = Policy(timeout_ns=0, deadline_ns=10 * MS, bulkhead=Bulkhead(1, 100 * MS))
    hops = drive(chain(DESK, steps=[(compute(20 * MS),)], policies=[policy]), intents(0, 0)).hops
    assert outcomes(hops) == ["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]
    assert hops["queued_ns"].tolist() == [0, -1]


def test_a_long_line_at_the_bulkhead_fails_without_a_deep_stack():
    policy = Policy(timeout_ns=0, bulkhead=Bulkhead(1, 10 * S))
    bank = chain(DESK, steps=[(compute(100 * MS),)], policies=[policy])
    crash = Command(50 * MS, CommandKind.CRASH, 0, "desk", duration_ns=S)
    hops = drive(bank, intents(*range(2000)), [crash]).hops
    assert outcomes(hops).count("NO_INSTANCE") == 1999


def test_a_bulkhead_that_is_taken_away_lets_everybody_in_and_leaves_no_debt():
    policy = Policy(timeout_ns=0, bulkhead=Bulkhead(1, S))
    commands = [
        Command(2 * MS, CommandKind.CONFIG, 0, "client->desk", settings={"bulkhead.calls": 0}),
        Command(50 * MS, CommandKind.END, 0),
    ]
    bank = chain(DESK, steps=[(compute(10 * MS),)], policies=[policy])
    result = drive(bank, intents(0, MS, 60 * MS), commands)
    assert outcomes(result.hops) == ["OK", "OK", "OK"]
    assert result.hops["begun_ns"].tolist() == [0, 2 * MS, 60 * MS]
    assert result.engine.edges[0].active == 0


def test_a_push_that_leaves_the_breaker_alone_does_not_close_it():
    policy = Policy(timeout_ns=MS, breaker=ONE_PROBE)
    push = Command(20 * MS, CommandKind.CONFIG, 0, "client->desk", settings={"timeout_ns": S})
    bank = chain(DESK, steps=[(compute(5 * MS),)], policies=[policy])
    hops = drive(bank, intents(0, 0, 50 * MS), [push]).hops
    assert outcomes(hops) == ["TIMEOUT", "TIMEOUT", "CIRCUIT_OPEN"]


def test_a_probe_that_is_cancelled_makes_room_for_another():
    policies = [
        Policy(timeout_ns=20 * MS, cancel_on_timeout=True),
        Policy(timeout_ns=60 * MS, breaker=ONE_PROBE),
    ]
    commands = [
        Command(0, CommandKind.ABORT, 0, "teller"),
        Command(50 * MS, CommandKind.END, 0),
        Command(150 * MS, CommandKind.SLOW, 1, "teller", speed=0.01),
        Command(300 * MS, CommandKind.END, 1),
    ]
    bank = chain(DESK, TELLER, steps=[(call(1),), (compute(MS),)], policies=policies)
    hops = drive(bank, intents(1, 1, 200 * MS, 600 * MS), commands).hops
    inner = outcomes({"outcome": hops["outcome"][hops["service"] == 1]})
    assert inner == ["UNAVAILABLE", "UNAVAILABLE", "CANCELLED", "OK"]


def test_pushes_that_overlap_are_taken_back_one_by_one():
    commands = [
        Command(MS, CommandKind.CONFIG, 0, "desk", settings={"workers": 4}),
        Command(2 * MS, CommandKind.CONFIG, 1, "desk", settings={"workers": 8}),
        Command(20 * MS, CommandKind.END, 0),
        Command(40 * MS, CommandKind.END, 1),
    ]
    bank = chain(replace(DESK, workers=1), steps=[(compute(MS),)])
    instants = (10 * MS, 30 * MS, 50 * MS)
    begun_ns = drive(bank, intents(*np.repeat(instants, 9)), commands).hops["begun_ns"].tolist()
    assert [begun_ns.count(instant) for instant in instants] == [8, 8, 1]
