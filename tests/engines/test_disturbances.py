"""Faults, crashes and pushed configuration, as the network suffers them."""

from dataclasses import replace

import numpy as np
import pytest
from banks import (
    MS,
    Fixed,
    Memoryless,
    S,
    call,
    chain,
    check,
    commit,
    compute,
    drive,
    intents,
    publish,
)

from sanket_sim.bank.description import (
    Balancing,
    Controls,
    Dedup,
    DedupScope,
    Effect,
    Service,
    Step,
    StepKind,
)
from sanket_sim.bank.policies import Policy, Retry, RetryKind
from sanket_sim.core.outcomes import Ack, Decline, Mishap, Outcome, Phase
from sanket_sim.network import Command, CommandKind, Direction

DESK = Service("desk", replicas=1, workers=1, reset_delay_ns=MS)
TELLER = Service("teller", replicas=1, workers=1, reset_delay_ns=MS)
RETRIED = frozenset({Outcome.TIMEOUT, Outcome.CONNECTION_RESET, Outcome.UNAVAILABLE})
PATIENT = Policy(timeout_ns=0)


def outcomes(result):
    return [Outcome(code).name for code in result.hops["outcome"]]


def begin(kind, at_ns, **options):
    return Command(at_ns, kind, fault_id=0, target=options.pop("target", "desk"), **options)


def end(at_ns):
    return Command(at_ns, CommandKind.END, fault_id=0)


def test_latency_adds_time_inside_its_window_alone():
    bank = chain(replace(DESK, workers=9), steps=[(compute(MS),)], policies=[PATIENT])
    commands = [begin(CommandKind.LATENCY, 10 * MS, add=Fixed(5 * MS)), end(20 * MS)]
    result = drive(bank, intents(0, 10 * MS - 1, 10 * MS + 1, 19 * MS, 21 * MS), commands)
    spent = result.hops["ended_ns"] - result.hops["begun_ns"]
    assert spent.tolist() == [MS, MS, 6 * MS, 6 * MS, MS]
    assert result.hops["fault_id"].tolist() == [-1, -1, 0, 0, -1]


def test_latency_strikes_its_share():
    bank = chain(replace(DESK, workers=9), steps=[(compute(MS),)], policies=[PATIENT])
    commands = [begin(CommandKind.LATENCY, 0, add=Fixed(MS), probability=0.3)]
    result = drive(bank, intents(*range(1, 4000 * MS, 2 * MS)), commands)
    struck = result.hops["fault_id"] == 0
    assert abs(struck.mean() - 0.3) < 4.5 * np.sqrt(0.3 * 0.7 / len(struck))


@pytest.mark.parametrize("direction", list(Direction))
def test_a_lost_message_leaves_the_caller_to_its_timeout(direction):
    bank = chain(DESK, steps=[(compute(MS), commit())], policies=[Policy(timeout_ns=50 * MS)])
    commands = [begin(CommandKind.LOSS, 0, target="client->desk", direction=direction)]
    result = drive(bank, intents(1), commands)
    assert outcomes(result) == ["TIMEOUT"]
    assert result.hops["committed"].tolist() == [direction == Direction.RESPONSE]
    assert (result.hops["queued_ns"][0] >= 0) == (direction == Direction.RESPONSE)


@pytest.mark.parametrize("kind", [CommandKind.LOSS, CommandKind.ABORT])
def test_a_request_stopped_on_the_way_does_not_weigh_on_its_replica(kind):
    desk = replace(DESK, replicas=2, balancing=Balancing.FULL_SCAN)
    bank = chain(desk, steps=[(compute(MS),)], policies=[Policy(timeout_ns=5 * MS)])
    commands = [begin(kind, 0, target="client->desk"), end(10 * MS)]
    hops = drive(bank, intents(1, 20 * MS, 40 * MS), commands).hops
    assert hops["replica"].tolist() == [0, 0, 0]


def test_answers_are_lost_at_a_service_whatever_happens_on_the_edge():
    commands = [
        Command(0, CommandKind.LATENCY, 1, "client->desk", add=Fixed(MS)),
        begin(CommandKind.LOSS, 0, direction=Direction.RESPONSE),
    ]
    result = drive(chain(DESK, steps=[(compute(MS),)]), intents(1), commands)
    assert outcomes(result) == ["TIMEOUT"]


def test_an_abort_answers_at_once_with_its_code():
    bank = chain(DESK, steps=[(compute(MS),)], policies=[PATIENT], delay_ns=MS)
    result = drive(bank, intents(1), [begin(CommandKind.ABORT, 0, code=Outcome.UNAVAILABLE)])
    assert outcomes(result) == ["UNAVAILABLE"]
    assert result.hops["received_ns"].tolist() == [2 * MS + 1]
    assert result.hops["begun_ns"].tolist() == [-1]


def test_a_crash_resets_what_runs_and_waits_and_keeps_what_is_committed():
    steps = [(compute(5 * MS), commit(), compute(10 * MS))]
    bank = chain(replace(DESK, startup_ns=20 * MS), steps=steps, policies=[PATIENT])
    crash = begin(CommandKind.CRASH, 8 * MS, duration_ns=30 * MS)
    result = drive(bank, intents(0, MS, 10 * MS, 60 * MS), [crash])
    assert outcomes(result) == ["CONNECTION_RESET", "CONNECTION_RESET", "NO_INSTANCE", "OK"]
    assert result.hops["received_ns"].tolist()[:2] == [9 * MS, 9 * MS]
    assert result.transactions["n_posted"].tolist() == [1, 0, 0, 1]
    assert result.transactions["ack"].tolist()[0] == Ack.FAILED


def test_a_silent_crash_is_noticed_by_timeouts_alone():
    bank = chain(DESK, steps=[(compute(S),)], policies=[Policy(timeout_ns=50 * MS)])
    result = drive(bank, intents(0), [begin(CommandKind.CRASH, MS, silent=True)])
    assert outcomes(result) == ["TIMEOUT"]
    assert result.hops["ended_ns"].tolist() == [MS]


def test_a_crash_of_one_replica_spares_the_other_and_the_shared_line():
    desk = replace(DESK, replicas=2)
    bank = chain(desk, steps=[(compute(10 * MS),)], policies=[PATIENT])
    crash = begin(CommandKind.CRASH, MS, replicas=(0,))
    assert outcomes(drive(bank, intents(0, 0, 0), [crash])) == ["CONNECTION_RESET", "OK", "OK"]


def test_restart_brings_a_replica_back():
    bank = chain(DESK, steps=[(compute(MS),)], policies=[PATIENT])
    commands = [begin(CommandKind.CRASH, 0), begin(CommandKind.RESTART, 10 * MS)]
    assert outcomes(drive(bank, intents(5 * MS, 15 * MS), commands)) == ["NO_INSTANCE", "OK"]


def test_a_crash_during_another_lasts_to_the_later_end():
    bank = chain(DESK, steps=[(compute(MS),)], policies=[PATIENT])
    long = Command(20 * MS, CommandKind.CRASH, 1, "desk", duration_ns=80 * MS)
    commands = [begin(CommandKind.CRASH, 0, duration_ns=50 * MS), long]
    result = drive(bank, intents(60 * MS, 101 * MS), commands)
    assert outcomes(result) == ["NO_INSTANCE", "OK"]


def test_a_pause_during_another_lasts_to_the_later_end():
    bank = chain(DESK, steps=[(compute(10 * MS),)], policies=[PATIENT])
    commands = [
        begin(CommandKind.PAUSE, 4 * MS, duration_ns=50 * MS),
        Command(24 * MS, CommandKind.PAUSE, 1, "desk", duration_ns=80 * MS),
        Command(30 * MS, CommandKind.PAUSE, 2, "desk", duration_ns=MS),
    ]
    result = drive(bank, intents(0, 60 * MS), commands)
    assert result.hops["ended_ns"].tolist() == [110 * MS, 120 * MS]


def test_a_slow_replica_takes_longer_until_it_recovers():
    bank = chain(DESK, steps=[(compute(MS),)], policies=[PATIENT])
    commands = [begin(CommandKind.SLOW, 0, speed=0.2), end(50 * MS)]
    result = drive(bank, intents(MS, 60 * MS), commands)
    assert (result.hops["ended_ns"] - result.hops["begun_ns"]).tolist() == [5 * MS, MS]


def test_overlapping_slowdowns_multiply_and_recover_one_by_one():
    bank = chain(DESK, steps=[(compute(MS),)], policies=[PATIENT])
    second = Command(10 * MS, CommandKind.SLOW, 1, "desk", speed=0.5)
    commands = [
        begin(CommandKind.SLOW, 0, speed=0.2),
        second,
        end(50 * MS),
        Command(90 * MS, CommandKind.END, 1),
    ]
    hops = drive(bank, intents(MS, 20 * MS, 60 * MS, 100 * MS), commands).hops
    assert (hops["ended_ns"] - hops["begun_ns"]).tolist() == [5 * MS, 10 * MS, 2 * MS, MS]


def test_a_pause_stops_all_workers_and_delays_what_they_compute():
    bank = chain(DESK, steps=[(compute(10 * MS),)], policies=[PATIENT])
    pause = begin(CommandKind.PAUSE, 4 * MS, duration_ns=100 * MS)
    result = drive(bank, intents(0, 5 * MS), [pause])
    assert result.hops["ended_ns"].tolist() == [110 * MS, 120 * MS]


def test_an_answer_that_arrives_during_a_pause_is_taken_up_after_it():
    steps = [(compute(MS), call(1)), (compute(10 * MS),)]
    bank = chain(DESK, TELLER, steps=steps, policies=[PATIENT, PATIENT])
    pause = begin(CommandKind.PAUSE, 4 * MS, duration_ns=100 * MS)
    assert drive(bank, intents(0), [pause]).hops["ended_ns"].tolist() == [104 * MS, 11 * MS]


def test_a_pause_delays_what_computes_and_not_what_waits_for_a_worker():
    steps = [(compute(10 * MS), call(1), compute(10 * MS)), (compute(5 * MS),)]
    desk, teller = replace(DESK, blocking=False), replace(TELLER, workers=9)
    bank = chain(desk, teller, steps=steps, policies=[PATIENT, PATIENT])
    pause = begin(CommandKind.PAUSE, 17 * MS, duration_ns=100 * MS)
    hops = drive(bank, intents(0, 0), [pause]).hops
    # The second computes from 10 to 20 ms, the first waits for its worker from 15 ms on.
    assert hops["ended_ns"][hops["service"] == 0].tolist() == [130 * MS, 140 * MS]


def test_a_message_outlives_the_crash_of_its_sender():
    again = Policy(timeout_ns=20 * MS, retry=Retry(RetryKind.FIXED, 3, MS, MS, codes=RETRIED))
    steps = [(compute(MS), publish(1), compute(S)), (compute(MS),)]
    bank = chain(DESK, TELLER, steps=steps, policies=[Policy(), again])
    commands = [
        Command(0, CommandKind.LOSS, 1, "desk->teller"),
        begin(CommandKind.CRASH, 10 * MS),
        Command(15 * MS, CommandKind.END, 1),
    ]
    hops = drive(bank, intents(0), commands).hops
    assert [Outcome(o).name for o in hops["outcome"][hops["service"] == 1]] == ["TIMEOUT", "OK"]


def test_a_config_push_changes_a_policy_and_is_taken_back():
    bank = chain(replace(DESK, workers=9), steps=[(compute(10 * MS),)])
    commands = [
        begin(CommandKind.CONFIG, 5, target="client->desk", settings={"timeout_ns": MS}),
        end(50 * MS),
    ]
    result = drive(bank, intents(0, 20 * MS, 60 * MS), commands)
    assert outcomes(result) == ["OK", "TIMEOUT", "OK"]


def test_a_config_push_gives_a_service_more_workers():
    bank = chain(DESK, steps=[(compute(10 * MS),)])
    push = begin(CommandKind.CONFIG, 5 * MS, settings={"workers": 2})
    assert drive(bank, intents(0, 0), [push]).hops["begun_ns"].tolist() == [0, 5 * MS]


def server_dedup(scope, atomic):
    return Dedup(scope, ttl_ns=3600 * S, atomic=atomic)


def posting_bank(dedup, **controls):
    bank = chain(
        replace(TELLER, replicas=2, workers=4, balancing=Balancing.ROUND_ROBIN),
        steps=[(compute(10 * MS), commit(), compute(MS))],
        controls=Controls(**controls),
    )
    return replace(bank, operations=(replace(bank.operations[0], dedup=dedup),))


@pytest.mark.parametrize(
    ("scope", "atomic", "gap_ns", "posted"),
    [
        (DedupScope.NONE, True, MS, 2),
        (DedupScope.GLOBAL, True, MS, 1),
        (DedupScope.GLOBAL, False, MS, 2),
        (DedupScope.GLOBAL, False, 50 * MS, 1),
        (DedupScope.REPLICA, True, 50 * MS, 2),
    ],
)
def test_an_impatient_thumb_posts_twice_unless_the_server_remembers(scope, atomic, gap_ns, posted):
    bank = posting_bank(server_dedup(scope, atomic))
    result = drive(bank, intents(0, copies=2, copy_gap_ns=gap_ns))
    assert result.transactions["n_posted"].tolist() == [posted]
    assert result.transactions["ack"].tolist() == [Ack.OK]


def test_without_the_clients_key_the_server_cannot_know():
    bank = posting_bank(server_dedup(DedupScope.GLOBAL, True), idempotency_key=False)
    result = drive(bank, intents(0, copies=3, copy_gap_ns=MS))
    assert result.transactions["d_minor"].tolist() == [7500]


def test_a_key_is_forgotten_after_its_time():
    dedup = Dedup(DedupScope.GLOBAL, ttl_ns=20 * MS, atomic=True)
    result = drive(posting_bank(dedup), intents(0, copies=2, copy_gap_ns=50 * MS))
    assert result.transactions["n_posted"].tolist() == [2]


def test_a_key_that_was_forgotten_is_remembered_anew():
    dedup = Dedup(DedupScope.GLOBAL, ttl_ns=20 * MS, atomic=True)
    result = drive(posting_bank(dedup), intents(0, copies=5, copy_gap_ns=15 * MS))
    assert result.transactions["n_posted"].tolist() == [2]


LEGS = (compute(MS), commit(Effect.DEBIT), compute(MS), commit(Effect.CREDIT))


def test_a_crash_between_the_legs_orphans_the_debit_unless_they_are_linked():
    retry = Policy(retry=Retry(RetryKind.FIXED, 3, 2 * S, 2 * S, codes=RETRIED))
    dedup = server_dedup(DedupScope.GLOBAL, True)
    for steps, moved in ((LEGS, (2500, 0)), ((compute(MS), commit()), (2500, 2500))):
        bank = chain(TELLER, steps=[steps], policies=[retry])
        bank = replace(bank, operations=(replace(bank.operations[0], dedup=dedup),))
        result = drive(bank, intents(0, mishap=Mishap.CRASH_BETWEEN_LEGS))
        transaction = result.transactions
        assert (transaction["d_minor"][0], transaction["c_minor"][0]) == moved
        assert outcomes(result) == ["CONNECTION_RESET", "OK"]


def spending_bank(serialised):
    steps = [(Step(StepKind.CHECK, effect=Effect.CHECK_FUNDS), compute(10 * MS), commit())]
    return chain(
        replace(TELLER, workers=2), steps=steps, controls=Controls(serialised_funds=serialised)
    )


@pytest.mark.parametrize("serialised", [True, False])
def test_two_spends_race_past_a_balance_check_unless_funds_are_serialised(serialised):
    rows = intents(0, MS, amount_minor=75_000, e_minor=75_000)
    result = drive(spending_bank(serialised), rows)
    transaction = result.transactions
    assert transaction["e_minor"].tolist() == [75_000, 0]
    assert transaction["d_minor"].tolist() == [75_000, 0 if serialised else 75_000]
    reasons = [Decline.NONE, Decline.EXCEEDS_CREDITS if serialised else Decline.NONE]
    assert transaction["decline_reason"].tolist() == reasons


def test_a_polled_balance_lets_a_later_spend_pass_until_the_next_poll():
    bank = replace(spending_bank(serialised=False), balance_poll_ns=100 * MS)
    rows = intents(110 * MS, 130 * MS, 210 * MS, amount_minor=75_000, e_minor=75_000)
    assert drive(bank, rows).transactions["d_minor"].tolist() == [75_000, 75_000, 0]


def test_a_decline_on_a_stale_balance_is_no_right_rejection():
    bank = replace(spending_bank(serialised=True), balance_poll_ns=100 * MS)
    rows = intents(110 * MS, 150 * MS, amount_minor=75_000, e_minor=75_000)
    rows["debtor_account"][0] = rows["right_debtor"][0] = 3
    rows["creditor_account"][0] = rows["right_creditor"][0] = 1
    rows["amount_minor"][1] = rows["e_minor"][1] = 150_000
    transaction = drive(bank, rows).transactions
    assert transaction["d_minor"].tolist() == [75_000, 0]
    assert transaction["e_minor"].tolist() == [75_000, 150_000]


def test_a_lost_acknowledgement_leaves_a_posted_payment_told_failed():
    bank = chain(TELLER, steps=[(compute(MS), commit())], policies=[Policy(timeout_ns=50 * MS)])
    transaction = drive(bank, intents(0, mishap=Mishap.LOSE_ACK)).transactions
    assert transaction["ack"].tolist() == [Ack.FAILED]
    assert transaction["n_posted"].tolist() == [1]


def test_holds_are_captured_once_and_voided_once():
    hold = (compute(MS), commit(Effect.HOLD), commit(Effect.CAPTURE), commit(Effect.CAPTURE))
    result = drive(chain(TELLER, steps=[hold]), intents(0))
    assert result.transactions["decline_reason"].tolist() == [
        Decline.PENDING_TRANSFER_ALREADY_POSTED
    ]
    assert result.transactions["n_posted"].tolist() == [1]
    assert sum(result.engine.pending_minor()[0]) == 0
    void = (compute(MS), commit(Effect.HOLD), commit(Effect.VOID))
    result = drive(chain(TELLER, steps=[void]), intents(0))
    assert result.transactions["d_minor"].tolist() == [0]
    assert result.engine.pending_minor()[0].tolist() == [0, 0, 0, 0]
    postings = result.table("postings")
    assert postings["phase"].tolist() == [Phase.PENDING] * 2 + [Phase.VOIDED] * 2
    assert postings["amount_minor"].tolist() == [-2500, 2500] * 2


def test_a_crashed_replica_serves_again_after_its_start_up_time():
    bank = chain(replace(TELLER, startup_ns=50 * MS), steps=[(compute(MS),)])
    crash = Command(10 * MS, CommandKind.CRASH, 0, "teller", duration_ns=20 * MS)
    result = drive(bank, intents(0, 20 * MS, 79 * MS, 81 * MS), [crash])
    assert outcomes(result) == ["OK", "NO_INSTANCE", "NO_INSTANCE", "OK"]


@pytest.mark.parametrize(("amount_minor", "moved"), [(2500, 2500), (2501, 0)])
def test_a_payment_beyond_the_limit_is_rejected_and_rightly(amount_minor, moved):
    steps = (compute(MS), check(Effect.CHECK_LIMIT), commit())
    bank = replace(chain(TELLER, steps=[steps]), payment_limit_minor=2500)
    transaction = drive(
        bank, intents(0, amount_minor=amount_minor, e_minor=amount_minor)
    ).transactions
    assert transaction["e_minor"].tolist() == transaction["d_minor"].tolist() == [moved]
    reason = Decline.NONE if moved else Decline.LIMIT_EXCEEDED
    assert transaction["decline_reason"].tolist() == [reason]


def test_a_hold_reduces_what_may_be_spent():
    bank = chain(TELLER, steps=[(compute(MS), commit(Effect.HOLD))])
    result = drive(bank, intents(0, S, amount_minor=75_000, e_minor=75_000))
    assert result.transactions["open_hold_minor"].tolist() == [75_000, 0]
    assert result.transactions["decline_reason"].tolist()[1] == Decline.EXCEEDS_CREDITS


def test_queued_calls_that_time_out_cost_the_same_each_however_many_they_are():
    def events_per_call(count):
        policy = Policy(timeout_ns=50 * MS, cancel_on_timeout=True)
        bank = chain(DESK, steps=[(compute(10 * S),)], policies=[policy])
        result = drive(bank, intents(*range(count)), until_ns=30 * S)
        assert outcomes(result).count("TIMEOUT") == count
        return next(result.engine.loop._eid) / count

    assert events_per_call(20_000) <= events_per_call(1_000)


def test_a_long_line_of_random_work_keeps_its_books():
    bank = chain(replace(DESK, workers=3), steps=[(compute(Memoryless(10 * MS)), commit())])
    result = drive(bank, intents(*range(0, 500 * MS, MS)), tick_ns=7 * MS)
    moved = result.engine.balances_minor() - 100_000
    assert moved.sum() == 0
    assert moved[2] == 2500 * result.transactions["n_posted"].sum()
