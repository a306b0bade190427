"""One attempt, exactly (design page 2): every instant of it, on hand-made banks."""

from dataclasses import replace

import pytest
from banks import MS, S, call, chain, commit, compute, drive, intents, parallel, publish

from sanket_sim.bank.description import Balancing, Controls, Discipline, Service
from sanket_sim.bank.policies import (
    Breaker,
    BreakerKind,
    Bulkhead,
    Fallback,
    Policy,
    RateLimit,
    Retry,
    RetryKind,
)
from sanket_sim.core.outcomes import Ack, Decline, FraudDecision, Outcome
from sanket_sim.network import Command
from sanket_sim.network.protocol import CommandKind

DESK = Service("desk", replicas=1, workers=1)
TELLER = Service("teller", replicas=1, workers=1)
RETRIED = frozenset({Outcome.TIMEOUT, Outcome.REJECTED, Outcome.UNAVAILABLE})


def fixed_retry(attempts, delay_ns):
    return Retry(RetryKind.FIXED, attempts, delay_ns, delay_ns, codes=RETRIED)


def outcomes(result):
    return [Outcome(code).name for code in result.hops["outcome"]]


def test_every_instant_of_a_hop_is_on_record():
    bank = chain(DESK, steps=[(compute(10 * MS),)], delay_ns=2 * MS)
    hops = drive(bank, intents(0, 5 * MS)).hops
    assert hops["sent_ns"].tolist() == [0, 5 * MS]
    assert hops["queued_ns"].tolist() == [2 * MS, 7 * MS]
    assert hops["begun_ns"].tolist() == [2 * MS, 12 * MS]
    assert hops["ended_ns"].tolist() == [12 * MS, 22 * MS]
    assert hops["received_ns"].tolist() == [14 * MS, 24 * MS]


@pytest.mark.parametrize(("timeout_ns", "name"), [(10 * MS, "OK"), (10 * MS - 1, "TIMEOUT")])
def test_an_answer_exactly_at_the_timeout_is_a_success(timeout_ns, name):
    bank = chain(DESK, steps=[(compute(10 * MS),)], policies=[Policy(timeout_ns=timeout_ns)])
    assert outcomes(drive(bank, intents(0))) == [name]


def test_abandoned_work_commits_all_the_same_and_its_answer_is_late():
    bank = chain(DESK, steps=[(compute(20 * MS), commit())], policies=[Policy(timeout_ns=5 * MS)])
    result = drive(bank, intents(0))
    hop = {name: column[0] for name, column in result.hops.items()}
    transaction = {name: column[0] for name, column in result.transactions.items()}
    assert (hop["outcome"], hop["committed"], hop["late"]) == (Outcome.TIMEOUT, True, True)
    assert transaction["ack"] == Ack.FAILED
    assert transaction["d_minor"] == transaction["c_minor"] == transaction["e_minor"] == 2500


def test_cancelled_work_stops_before_its_commit_and_frees_the_worker():
    policy = Policy(timeout_ns=5 * MS, cancel_on_timeout=True)
    bank = chain(DESK, steps=[(compute(20 * MS), commit())], policies=[policy], delay_ns=MS)
    result = drive(bank, intents(0))
    assert result.hops["ended_ns"].tolist() == [6 * MS]
    assert result.hops["committed"].tolist() == [False]
    assert result.transactions["n_posted"].tolist() == [0]


def test_cancellation_reaches_nested_calls_but_not_past_a_commit():
    cancel = Policy(timeout_ns=5 * MS, cancel_on_timeout=True)
    patient = Policy(timeout_ns=0, cancel_on_timeout=True)
    steps = [(compute(MS), call(1)), (compute(20 * MS), commit())]
    result = drive(chain(DESK, TELLER, steps=steps, policies=[cancel, patient]), intents(0))
    assert outcomes(result) == ["TIMEOUT", "CANCELLED"]
    assert result.hops["ended_ns"].tolist() == [5 * MS, 5 * MS]
    steps = [(compute(MS), call(1)), (compute(MS), commit(), compute(20 * MS))]
    result = drive(chain(DESK, TELLER, steps=steps, policies=[cancel, patient]), intents(0))
    assert result.hops["ended_ns"].tolist() == [5 * MS, 22 * MS]
    assert result.transactions["n_posted"].tolist() == [1]


@pytest.mark.parametrize(("blocking", "second_begins_ns"), [(True, 11 * MS), (False, MS)])
def test_a_blocking_service_keeps_its_worker_during_nested_calls(blocking, second_begins_ns):
    steps = [(compute(MS), call(1)), (compute(10 * MS),)]
    bank = chain(replace(DESK, blocking=blocking), replace(TELLER, workers=2), steps=steps)
    hops = drive(bank, intents(0, 0)).hops
    assert hops["begun_ns"][hops["service"] == 0].tolist() == [0, second_begins_ns]


def test_a_full_queue_rejects():
    bank = chain(replace(DESK, queue_cap=1), steps=[(compute(10 * MS),)])
    assert outcomes(drive(bank, intents(0, 1, 2))) == ["OK", "OK", "REJECTED"]


def test_lifo_serves_the_newest_first():
    bank = chain(replace(DESK, discipline=Discipline.LIFO), steps=[(compute(10 * MS),)])
    assert drive(bank, intents(0, 1, 2)).hops["begun_ns"].tolist() == [0, 20 * MS, 10 * MS]


def test_a_bulkhead_refuses_and_one_that_waits_lets_in_when_there_is_room():
    steps = [(compute(10 * MS),)]
    strict = chain(DESK, steps=steps, policies=[Policy(bulkhead=Bulkhead(1))])
    assert outcomes(drive(strict, intents(0, 1))) == ["OK", "BULKHEAD_FULL"]
    patient = chain(DESK, steps=steps, policies=[Policy(bulkhead=Bulkhead(1, 15 * MS))])
    result = drive(patient, intents(0, 1, 2))
    assert outcomes(result) == ["OK", "OK", "BULKHEAD_FULL"]
    assert result.hops["begun_ns"].tolist() == [0, 10 * MS, -1]


def test_a_rate_limiter_takes_no_time():
    bank = chain(DESK, steps=[(compute(MS),)], policies=[Policy(rate_limit=RateLimit(1.0, 1.0))])
    result = drive(bank, intents(0, 10 * MS, S + 20 * MS))
    assert outcomes(result) == ["OK", "RATE_LIMITED", "OK"]
    assert result.hops["received_ns"][1] == 10 * MS


def test_an_open_breaker_keeps_calls_from_the_callee():
    breaker = Breaker(BreakerKind.COUNT_WINDOW, 2, 0, 2, 0.5, S, 1)
    policy = Policy(timeout_ns=MS, breaker=breaker)
    bank = chain(replace(DESK, workers=9), steps=[(compute(20 * MS),)], policies=[policy])
    result = drive(bank, intents(0, 2 * MS, 4 * MS, 6 * MS, 2 * S, 2 * S + 2 * MS))
    assert outcomes(result) == [
        "TIMEOUT", "TIMEOUT", "CIRCUIT_OPEN", "CIRCUIT_OPEN", "TIMEOUT", "CIRCUIT_OPEN",
    ]  # fmt: skip
    assert result.hops["queued_ns"][2] == -1


def test_retries_wait_their_delay_and_prefer_replicas_not_tried():
    service = Service("desk", replicas=3, workers=1, balancing=Balancing.ROUND_ROBIN)
    policy = Policy(timeout_ns=5 * MS, retry=fixed_retry(3, 10 * MS))
    result = drive(chain(service, steps=[(compute(S),)], policies=[policy]), intents(0))
    assert result.hops["sent_ns"].tolist() == [0, 15 * MS, 30 * MS]
    assert sorted(result.hops["replica"].tolist()) == [0, 1, 2]
    assert result.transactions["attempts"].tolist() == [3]


@pytest.mark.parametrize("balancing", [Balancing.LEAST_REQUEST, Balancing.FULL_SCAN])
def test_whoever_looks_at_two_replicas_takes_the_one_with_less_to_do(balancing):
    service = Service("desk", replicas=2, workers=1, balancing=balancing)
    bank = chain(service, steps=[(compute(10 * MS),)])
    result = drive(bank, intents(*[20 * MS * (n // 2) + n % 2 for n in range(20)]))
    assert (result.hops["replica"][0::2] != result.hops["replica"][1::2]).all()
    assert result.hops["queue_length"].tolist() == [0] * 20


def test_a_business_no_is_not_retried():
    bank = chain(DESK, steps=[(compute(MS), commit())], policies=[Policy(retry=fixed_retry(3, 0))])
    result = drive(bank, intents(0, amount_minor=10**9))
    assert outcomes(result) == ["APP_ERROR"]


def test_a_deadline_spans_all_attempts_and_binds_nested_calls():
    outer = Policy(timeout_ns=8 * MS, deadline_ns=20 * MS, retry=fixed_retry(9, MS))
    bank = chain(DESK, steps=[(compute(S),)], policies=[outer])
    result = drive(bank, intents(0))
    assert outcomes(result) == ["TIMEOUT", "TIMEOUT", "DEADLINE_EXCEEDED"]
    inner = Policy(timeout_ns=0, propagate_deadline=True)
    steps = [(compute(MS), call(1)), (compute(S),)]
    bank = chain(replace(DESK, workers=9), TELLER, steps=steps, policies=[outer, inner])
    hops = drive(bank, intents(0)).hops
    assert Outcome(hops["outcome"][1]).name == "DEADLINE_EXCEEDED"


def test_a_request_past_its_propagated_deadline_is_dropped_at_the_head_of_the_queue():
    policy = Policy(timeout_ns=0, deadline_ns=15 * MS, propagate_deadline=True)
    bank = chain(DESK, steps=[(compute(10 * MS), commit())], policies=[policy])
    result = drive(bank, intents(0, 0, 0))
    assert result.hops["ended_ns"].tolist() == [10 * MS, 20 * MS, 20 * MS]
    assert result.hops["committed"].tolist() == [True, True, False]


@pytest.mark.parametrize(("need", "ended_ns"), [(3, 30 * MS), (2, 20 * MS), (1, 10 * MS)])
def test_a_parallel_step_goes_on_when_enough_branches_have_answered(need, ended_ns):
    leaves = [Service(f"leaf{n}", 1, 1) for n in range(3)]
    bank = chain(DESK, *leaves, steps=[(), *[(compute((n + 1) * 10 * MS),) for n in range(3)]])
    root = replace(bank.operations[0], steps=parallel(need, 1, 2, 3))
    bank = replace(bank, operations=(root, *bank.operations[1:]))
    assert drive(bank, intents(0)).hops["ended_ns"][0] == ended_ns


def test_a_parallel_step_fails_as_soon_as_it_cannot_succeed():
    leaves = [Service("slow", 1, 1), Service("hasty", 1, 1)]
    policies = [Policy(timeout_ns=0), Policy(timeout_ns=0), Policy(timeout_ns=5 * MS)]
    bank = chain(DESK, *leaves, steps=[(), (compute(S),), (compute(S),)], policies=policies)
    root = replace(bank.operations[0], steps=parallel(2, 1, 2))
    bank = replace(bank, operations=(root, *bank.operations[1:]))
    result = drive(bank, intents(0))
    assert outcomes(result) == ["UNAVAILABLE", "OK", "TIMEOUT"]
    assert result.hops["ended_ns"][0] == 5 * MS


def test_a_published_message_is_delivered_again_until_it_is_taken():
    policy = Policy(timeout_ns=5 * MS, retry=fixed_retry(5, 10 * MS))
    steps = [(compute(MS), publish(1)), (compute(8 * MS), commit())]
    controls = Controls(outbox=False)
    bank = chain(DESK, TELLER, steps=steps, policies=[Policy(), policy], controls=controls)
    result = drive(bank, intents(0))
    assert outcomes(result)[0] == "OK"
    assert result.transactions["completed_ns"].tolist() == [MS]
    assert result.transactions["n_posted"].tolist() == [5], "no inbox: each delivery posts"


def test_an_outbox_relays_a_message_longer_than_its_broker_tries():
    policy = Policy(timeout_ns=50 * MS, retry=fixed_retry(3, 10 * MS))
    bank = chain(
        DESK,
        TELLER,
        steps=[(compute(MS), publish(1)), (compute(8 * MS), commit())],
        policies=[Policy(), policy],
    )
    away = Command(0, CommandKind.ABORT, 0, TELLER.name)
    back = Command(5 * S, CommandKind.END, 0)
    result = drive(bank, intents(0), [away, back])
    assert result.transactions["n_posted"].tolist() == [1]
    assert result.transactions["posted_ns"][0] > 5 * S


@pytest.mark.parametrize(
    ("fallback", "ack"),
    [(Fallback.NONE, Ack.FAILED), (Fallback.APPROVE, Ack.OK), (Fallback.DECLINE, Ack.FAILED)],
)
def test_a_fallback_decides_when_a_call_has_failed_for_good(fallback, ack):
    policy = Policy(timeout_ns=5 * MS, fallback=fallback)
    steps = [(compute(MS), call(1), commit()), (compute(S),)]
    result = drive(chain(DESK, TELLER, steps=steps, policies=[Policy(), policy]), intents(0))
    assert result.transactions["ack"].tolist() == [ack]
    assert result.transactions["n_posted"].tolist() == [int(ack == Ack.OK)]


def test_a_customer_hears_the_reason_of_a_caller_that_fails_closed():
    steps = [(compute(MS), call(1), commit()), (compute(S),)]
    policies = [Policy(), Policy(timeout_ns=5 * MS, fallback=Fallback.DECLINE)]
    result = drive(chain(DESK, TELLER, steps=steps, policies=policies), intents(0))
    assert result.transactions["decline_reason"].tolist() == [Decline.CHECK_FAILED]
    assert result.transactions["fraud_decision"].tolist() == [FraudDecision.NONE]


def test_a_reason_that_nobody_heard_is_not_told():
    steps = [(compute(20 * MS), commit())]
    bank = chain(DESK, steps=steps, policies=[Policy(timeout_ns=5 * MS)])
    result = drive(bank, intents(0, amount_minor=10**9, e_minor=10**9))
    assert result.transactions["outcome"].tolist() == [Outcome.TIMEOUT]
    assert result.transactions["decline_reason"].tolist() == [Decline.NONE]


def test_an_answer_after_the_end_of_the_run_is_in_flight():
    bank = chain(DESK, steps=[(compute(9 * S),)], policies=[Policy(timeout_ns=0)])
    result = drive(bank, intents(0), until_ns=2 * S)
    assert outcomes(result) == ["IN_FLIGHT"]
    assert result.transactions["outcome"].tolist() == [Outcome.IN_FLIGHT]


def test_a_long_line_of_requests_past_their_deadline_is_dropped_without_a_deep_stack():
    policy = Policy(timeout_ns=0, deadline_ns=50 * MS, propagate_deadline=True)
    bank = chain(DESK, steps=[(compute(100 * MS),)], policies=[policy])
    result = drive(bank, intents(*range(2000)))
    assert set(outcomes(result)) == {"DEADLINE_EXCEEDED"}
    assert set(result.hops["ended_ns"].tolist()) == {100 * MS}
