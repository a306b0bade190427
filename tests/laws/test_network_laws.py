"""Laws that hold on every bank, whatever its policies and faults; hypothesis looks for gaps."""

from dataclasses import replace

import numpy as np
import pytest
from banks import (
    MS,
    OPENING_MINOR,
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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanket_sim.bank.description import (
    Balancing,
    Bank,
    Controls,
    Dedup,
    DedupScope,
    Discipline,
    Effect,
    Service,
)
from sanket_sim.bank.policies import (
    Breaker,
    BreakerKind,
    Budget,
    BudgetKind,
    Bulkhead,
    Fallback,
    Jitter,
    Policy,
    Retry,
    RetryKind,
)
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import Mishap, Outcome
from sanket_sim.network import Command, CommandKind, Direction

INFRASTRUCTURE = frozenset(Outcome) - {Outcome.OK, Outcome.APP_ERROR, Outcome.IN_FLIGHT}

retries = st.builds(
    Retry,
    kind=st.sampled_from(list(RetryKind)),
    attempts=st.integers(1, 4),
    initial_ns=st.sampled_from([0, 5 * MS, 50 * MS]),
    max_ns=st.just(200 * MS),
    jitter=st.sampled_from(list(Jitter)),
    codes=st.just(INFRASTRUCTURE),
)
budgets = st.sampled_from(
    [
        Budget(),
        Budget(BudgetKind.GRPC, 10, 0.1, 1),
        Budget(BudgetKind.TOKEN, 100, 0.1, 1),
        Budget(BudgetKind.AWS, 500, 1, 14),
        Budget(BudgetKind.FINAGLE, 0, 0.2, 1, 10),
    ]
)
policies = st.builds(
    Policy,
    timeout_ns=st.sampled_from([20 * MS, 100 * MS, S]),
    deadline_ns=st.sampled_from([0, 150 * MS]),
    propagate_deadline=st.booleans(),
    cancel_on_timeout=st.booleans(),
    retry=retries,
    budget=budgets,
    breaker=st.sampled_from(
        [Breaker(), Breaker(BreakerKind.COUNT_WINDOW, 10, 0, 5, 0.5, 300 * MS, 2)]
    ),
    bulkhead=st.sampled_from([Bulkhead(), Bulkhead(3, 0), Bulkhead(3, 30 * MS)]),
    fallback=st.sampled_from(list(Fallback)),
)
services = st.builds(
    Service,
    name=st.just(""),
    replicas=st.integers(1, 3),
    workers=st.integers(1, 3),
    queue_cap=st.sampled_from([-1, 5]),
    discipline=st.sampled_from(list(Discipline)),
    balancing=st.sampled_from(list(Balancing)),
    blocking=st.booleans(),
)
dedups = st.builds(
    Dedup, scope=st.sampled_from(list(DedupScope)), ttl_ns=st.just(60 * S), atomic=st.booleans()
)
LEDGER_STEPS = [
    (compute(Memoryless(8 * MS)), commit()),
    (compute(Memoryless(8 * MS)), commit(Effect.DEBIT), compute(MS), commit(Effect.CREDIT)),
    (compute(MS), check(Effect.CHECK_FUNDS), compute(Memoryless(8 * MS)), commit()),
    (compute(MS), commit(Effect.HOLD), compute(Memoryless(8 * MS)), commit(Effect.CAPTURE)),
]


@st.composite
def banks(draw) -> Bank:
    rows = [
        (compute(Memoryless(3 * MS)), call(1), call(2)),
        (compute(Memoryless(5 * MS)),),
        draw(st.sampled_from(LEDGER_STEPS)),
        (compute(Memoryless(2 * MS)),),
    ]
    if draw(st.booleans()):
        rows[0] = (*rows[0], publish(3))
    bank = chain(
        *[replace(draw(services), name=f"s{n}") for n in range(4)],
        steps=rows,
        policies=[draw(policies) for _ in range(4)],
        delay_ns=draw(st.sampled_from([0, MS])),
        controls=Controls(*[draw(st.booleans()) for _ in range(5)]),
        balance_poll_ns=draw(st.sampled_from([0, 100 * MS])),
    )
    ledger = replace(bank.operations[2], dedup=draw(dedups))
    return replace(bank, operations=(*bank.operations[:2], ledger, bank.operations[3]))


@st.composite
def disturbances(draw) -> list[Command]:
    commands = []
    for fault_id in range(draw(st.integers(0, 3))):
        begin_ns, end_ns = sorted(draw(st.tuples(*[st.integers(0, 900)] * 2)))
        kind = draw(st.sampled_from([k for k in CommandKind if k < CommandKind.RESTART]))
        commands += [
            Command(
                begin_ns * MS,
                kind,
                fault_id,
                f"s{draw(st.integers(0, 3))}",
                probability=draw(st.sampled_from([0.3, 1.0])),
                add=Memoryless(30 * MS),
                direction=draw(st.sampled_from(list(Direction))),
                speed=0.3,
                duration_ns=100 * MS,
                silent=draw(st.booleans()),
            ),
            Command(end_ns * MS + 1, CommandKind.END, fault_id),
        ]
    return sorted(commands, key=lambda command: command.at_ns)


def payments(seed: int, count: int = 60) -> np.ndarray:
    draws = Draws(seed, "payments")
    gaps = -np.log(draws.uniform(np.arange(count))) * 15 * MS
    rows = intents(*np.cumsum(gaps).astype(np.int64))
    u = draws.child("traits").uniform(np.arange(count))
    rows["copies"] = 1 + (u < 0.2)
    rows["copy_gap_ns"] = 3 * MS
    rows["mishap"] = np.where(u > 0.9, Mishap.CRASH_BETWEEN_LEGS, 0)
    rows["amount_minor"] = rows["e_minor"] = (u * 6000).astype(np.int64) + 1
    rows["creditor_account"][u > 0.95] = 3
    return rows


lawful = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@lawful
@given(banks(), disturbances(), st.integers(0, 2**32))
def test_every_intent_ends_once_and_money_is_conserved(bank, commands, seed):
    rows = payments(seed)
    result = drive(bank, rows, commands, until_ns=200 * S, seed=seed)
    transactions, postings = result.transactions, result.table("postings")
    assert transactions["tx_id"].tolist() == list(range(len(rows)))
    posted = postings["phase"] == 1
    moved = result.engine.balances_minor() - OPENING_MINOR
    logged = np.zeros(4, np.int64)
    np.add.at(logged, postings["account_id"][posted], postings["amount_minor"][posted])
    assert moved.tolist() == logged.tolist()
    by_intent = transactions["c_minor"] + transactions["x_minor"] - transactions["d_minor"]
    assert by_intent.sum() == moved.sum()
    pending = result.engine.pending_minor()
    assert pending[0].sum() == pending[1].sum() == transactions["open_hold_minor"].sum()


@lawful
@given(banks(), disturbances(), st.integers(0, 2**32))
def test_every_attempt_is_told_once_and_in_order(bank, commands, seed):
    result = drive(bank, payments(seed), commands, until_ns=200 * S, seed=seed)
    hops = result.hops
    assert hops["hop_id"].tolist() == list(range(1, len(hops["hop_id"]) + 1))
    assert hops["tx_id"].shape[0] == result.transactions["attempts"].sum()
    for earlier, later in (
        ("sent_ns", "queued_ns"),
        ("queued_ns", "begun_ns"),
        ("begun_ns", "ended_ns"),
    ):
        told = hops[later] >= 0
        assert (hops[later][told] >= hops[earlier][told]).all()
    failed = (hops["outcome"] != Outcome.OK) & (hops["outcome"] != Outcome.IN_FLIGHT)
    assert ((hops["outcome"] == Outcome.OK) <= (hops["ended_ns"] >= 0)).all()
    assert (hops["late"] <= failed).all()


@lawful
@given(banks(), disturbances(), st.integers(0, 2**32))
def test_workers_are_never_oversubscribed(bank, commands, seed):
    result = drive(bank, payments(seed), commands, until_ns=200 * S, seed=seed)
    for index, service in enumerate(bank.services):
        gauges = result.table("gauges")
        assert (gauges["busy"][gauges["service"] == index] <= service.workers).all()
        busy_ns = gauges["busy_ns"][gauges["service"] == index]
        assert (busy_ns <= service.workers * S).all()
    for row in result.engine.services:
        assert all(0 <= replica.busy <= replica.workers for replica in row.replicas)


@lawful
@given(banks(), disturbances(), st.integers(0, 2**32), st.sampled_from([100 * MS, 333 * MS, 7 * S]))
def test_splitting_time_into_other_ticks_changes_nothing(bank, commands, seed, tick_ns):
    whole = drive(bank, payments(seed), commands, until_ns=63 * S, seed=seed, tick_ns=63 * S)
    split = drive(bank, payments(seed), commands, until_ns=63 * S, seed=seed, tick_ns=tick_ns)
    for name, column in whole.hops.items():
        assert column.tolist() == split.hops[name].tolist(), name


@lawful
@given(banks(), st.integers(0, 2**32))
def test_a_fault_that_never_strikes_changes_nothing(bank, seed):
    commands = [
        Command(0, CommandKind.LATENCY, 0, "s1", probability=0.0, add=Memoryless(S)),
        Command(0, CommandKind.LOSS, 1, "s0->s1", probability=0.0),
    ]
    calm = drive(bank, payments(seed), seed=seed, until_ns=200 * S)
    struck = drive(bank, payments(seed), commands, seed=seed, until_ns=200 * S)
    for name, column in calm.hops.items():
        assert column.tolist() == struck.hops[name].tolist(), name


def sojourn_two_ways(hops, service) -> tuple[int, int]:
    """Integral of the number present, and the sum of the times spent: Little says equal."""
    here = (hops["service"] == service) & (hops["queued_ns"] >= 0) & (hops["ended_ns"] >= 0)
    arrived, left = hops["queued_ns"][here], hops["ended_ns"][here]
    instants = np.concatenate([arrived, left])
    steps = np.concatenate([np.ones(len(arrived), np.int64), -np.ones(len(left), np.int64)])
    order = np.argsort(instants, kind="stable")
    present = np.cumsum(steps[order])[:-1]
    return int((present * np.diff(instants[order])).sum()), int((left - arrived).sum())


@lawful
@given(banks(), disturbances(), st.integers(0, 2**32))
def test_little_holds_exactly_at_every_service(bank, commands, seed):
    result = drive(bank, payments(seed), commands, until_ns=200 * S, seed=seed)
    for service in range(len(bank.services)):
        integral, total = sojourn_two_ways(result.hops, service)
        assert integral == total


def test_adding_a_service_does_not_move_anothers_draws():
    steps = [(compute(Memoryless(3 * MS)), call(1)), (compute(Memoryless(5 * MS)), commit())]
    pair = chain(Service("a", 1, 9), Service("b", 1, 9), steps=steps)
    lodger = chain(
        Service("a", 1, 9), Service("b", 1, 9), Service("c", 1, 9),
        steps=[(*steps[0], publish(2)), steps[1], (compute(Memoryless(MS)),)],
    )  # fmt: skip
    first, second = drive(pair, payments(7)).hops, drive(lodger, payments(7)).hops
    for service in (0, 1):
        times = [
            (h["ended_ns"] - h["begun_ns"])[(h["service"] == service) & (h["ended_ns"] >= 0)]
            for h in (first, second)
        ]
        assert times[0].tolist() == times[1].tolist()


@pytest.mark.parametrize("balancing", list(Balancing))
def test_with_one_replica_all_balancers_are_the_same(balancing):
    steps = [(compute(Memoryless(9 * MS)), commit())]
    reference = drive(chain(Service("a", 1, 2), steps=steps), payments(3)).hops
    other = drive(chain(Service("a", 1, 2, balancing=balancing), steps=steps), payments(3)).hops
    assert all(reference[name].tolist() == other[name].tolist() for name in reference)
