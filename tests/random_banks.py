"""Random small banks in which money can go every way there is, and payments to send in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from banks import MS, Fixed, Memoryless, S, call, check, commit, compute, publish
from hypothesis import strategies as st

from sanket_sim.bank.description import (
    Accounts,
    Balancing,
    Bank,
    BatchRun,
    Controls,
    Dedup,
    DedupScope,
    Edge,
    Effect,
    Operation,
    Party,
    Route,
    Service,
    Step,
)
from sanket_sim.bank.policies import Fallback, Policy, Retry, RetryKind
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import LegPurpose, Outcome
from sanket_sim.faults import faults, traps
from sanket_sim.trace.arrivals import INTENT_DTYPE

CURRENCIES = ("EUR", "USD", "JPY")
CUSTOMERS = 8
FRONT, LEDGER = range(2)
RETRIED = frozenset({Outcome.TIMEOUT, Outcome.CONNECTION_RESET, Outcome.UNAVAILABLE})


def chart() -> Accounts:
    """Eight customers in euro, one in each other currency, worlds, a closed account, suspense."""
    rows = [(Party.CUSTOMER, 0, 30_000)] * CUSTOMERS
    rows += [(Party.CUSTOMER, code, 30_000) for code in (1, 2)]
    for party in (Party.OTHER_BANK, Party.EXCHANGE, Party.FEES, Party.SUSPENSE):
        rows += [(party, code, 0) for code in range(3)]
    rows += [(Party.NONE, 0, 0)]
    party, currency, opening = (np.array(column) for column in zip(*rows, strict=True))
    customer = party == Party.CUSTOMER
    closed = np.zeros(len(rows), bool)
    closed[-1] = True
    return Accounts(
        opening.astype(np.int64),
        currency.astype(np.int16),
        customer,
        np.full(len(rows), 2500),
        party.astype(np.int8),
        np.where(customer, np.arange(len(rows)), -1),
        closed,
    )


CHART = chart()


def world(party: Party, currency: int) -> int:
    return int(np.flatnonzero((CHART.party == party) & (CHART.currency == currency))[0])


@dataclass(frozen=True)
class Way:
    """How a route moves money: the front's steps, by the names of the ledger's operations."""

    name: str
    steps: tuple[tuple[str, str], ...]
    """(verb, ledger operation), in order; the undo of a hold is a void."""


WAYS = (
    Way("direct", (("call", "post"),)),
    Way("event", (("publish", "post"),)),
    Way("card", (("call", "hold"), ("publish", "capture"))),
    Way("saga", (("saga", "hold"), ("call", "capture"))),
)
LEDGER_STEPS: dict[str, tuple[Effect, ...]] = {
    "post": (Effect.TRANSFER,),
    "hold": (Effect.FEE, Effect.HOLD),
    "capture": (Effect.CAPTURE,),
    "void": (Effect.VOID,),
    "reverse": (Effect.REVERSE,),
    "status": (Effect.CHECK_STATUS,),
}
OPERATIONS = tuple(LEDGER_STEPS)
CHECKS = (
    Effect.CHECK_AMOUNT,
    Effect.CHECK_FUNDS,
    Effect.CHECK_LIMIT,
    Effect.CHECK_PAYEE,
    Effect.CHECK_SETTLEMENT,
)
service_times = st.one_of(
    st.integers(1, 30).map(lambda ms: Fixed(ms * MS)),
    st.integers(1, 30).map(lambda ms: Memoryless(ms * MS)),
)
policies = st.builds(
    Policy,
    timeout_ns=st.integers(20, 400).map(lambda ms: ms * MS),
    retry=st.builds(
        Retry,
        st.just(RetryKind.FIXED),
        st.integers(1, 3),
        st.just(30 * MS),
        st.just(30 * MS),
        codes=st.just(RETRIED),
    ),
)
dedups = st.builds(
    Dedup, st.sampled_from(DedupScope), ttl_ns=st.just(3600 * S), atomic=st.booleans()
)
controls = st.builds(Controls, **{field.name: st.booleans() for field in fields(Controls)})


@st.composite
def services(draw: Any, name: str) -> Service:
    return Service(
        name,
        replicas=draw(st.integers(1, 3)),
        workers=draw(st.integers(1, 3)),
        balancing=draw(st.sampled_from([Balancing.SHARED, Balancing.ROUND_ROBIN])),
        blocking=draw(st.booleans()),
        reset_delay_ns=MS,
    )


@st.composite
def banks(draw: Any, *, sound: bool = False) -> Bank:
    """Draw a bank with one route for every way of moving money.

    A sound one has every control on, remembers keys as a ledger should, and gives a hold more time
    than any capture needs.
    """
    linked = sound or draw(st.booleans())
    memory = st.just(Dedup(DedupScope.GLOBAL, 3600 * S)) if sound else dedups
    lasting = [0, 60 * S] if sound else [0, 2 * S, 60 * S]
    inner = [draw(policies) for _ in OPERATIONS]
    stands_in = draw(st.booleans())
    if stands_in:
        inner[1] = replace(inner[1], fallback=Fallback.STAND_IN)
    switches = Controls() if sound else draw(controls)
    operations, edges = [], []
    for name, effects in LEDGER_STEPS.items():
        steps = _ledger_steps(effects, linked, draw(service_times))
        operations.append(Operation(name, LEDGER, steps, MS, draw(memory)))
    ways = len(operations)
    for way in WAYS:
        checks = draw(st.lists(st.sampled_from(CHECKS), max_size=3, unique=True))
        steps = (compute(draw(service_times)), *map(check, checks), *_front_steps(way))
        operations.append(Operation(way.name, FRONT, steps, MS))
    for place, name in enumerate(OPERATIONS):
        edges.append(Edge(f"front->ledger.{name}", FRONT, place, inner[place]))
    first = len(edges)
    for place, way in enumerate(WAYS):
        edges.append(Edge(f"client->front.{way.name}", -1, ways + place, draw(policies)))
    reverse, status = len(edges), len(edges) + 1
    edges.append(Edge("client->ledger.reverse", -1, OPERATIONS.index("reverse"), draw(policies)))
    edges.append(Edge("client->ledger.status", -1, OPERATIONS.index("status"), draw(policies)))
    clock_ns = draw(st.sampled_from([0, 300 * MS, 2 * S]))
    routes = tuple(
        Route(
            way.name,
            first + place,
            debtor=Party.CUSTOMER,
            creditor=Party.CUSTOMER,
            amount_minor=Fixed(2500),
            clock_ns=clock_ns,
            reversal_edge=reverse,
            status_edge=draw(st.sampled_from([-1, status])),
            batch=BatchRun(S, 5, 5.0) if way.name == "event" else None,
        )
        for place, way in enumerate(WAYS)
    )
    refund = replace(routes[0], name="refund", reverses="card", batch=None)
    return Bank(
        "random",
        (draw(services("front")), draw(services("ledger"))),
        tuple(operations),
        tuple(edges),
        (*routes, refund),
        controls=switches,
        currencies=CURRENCIES,
        balance_poll_ns=draw(st.sampled_from([0, S])),
        hold_ttl_ns=draw(st.sampled_from(lasting)),
    )


def _ledger_steps(effects: tuple[Effect, ...], linked: bool, time: Any) -> tuple[Step, ...]:
    if effects == (Effect.CHECK_STATUS,):
        return (compute(time), check(Effect.CHECK_STATUS))
    if effects == (Effect.TRANSFER,) and not linked:
        return (compute(time), commit(Effect.DEBIT), compute(MS), commit(Effect.CREDIT))
    return (compute(time), *map(commit, effects))


def _front_steps(way: Way) -> tuple[Step, ...]:
    verbs = {
        "call": call,
        "publish": publish,
        "saga": lambda edge: replace(call(edge), undo=OPERATIONS.index("void")),
    }
    return tuple(verbs[verb](OPERATIONS.index(name)) for verb, name in way.steps)


@st.composite
def payments(draw: Any) -> np.ndarray:
    """Draw sixty payments over every way: plain, converted, with a fee, in a foreign currency."""
    count, seed = 60, draw(st.integers(0, 2**20))
    draws = Draws(seed, "random payments")
    number = np.arange(count)
    u = {name: draws.child(name).uniform(number) for name in ("way", "leg", "payer", "payee")}
    rows = np.zeros(count, INTENT_DTYPE)
    rows["tx_id"], rows["draw_key"] = number, draws.key(number)
    rows["created_ns"] = number * draw(st.integers(20, 200)) * MS
    rows["kind"] = (u["way"] * len(WAYS)).astype(int)
    rows["copies"] = 1
    rows["campaign_id"] = rows["original_tx_id"] = -1
    rows["second_currency"] = rows["second_debtor"] = rows["second_creditor"] = -1
    rows["batch_id"] = np.where(rows["kind"] == 1, 1 + number // 20, 0)
    payer = (u["payer"] * CUSTOMERS).astype(int)
    payee = (payer + 1 + (u["payee"] * (CUSTOMERS - 1)).astype(int)) % CUSTOMERS
    rows["debtor_account"], rows["creditor_account"] = payer, payee
    rows["amount_minor"] = 100 + (draws.child("amount").uniform(number) * 9_000).astype(int)
    _add_legs(rows, u["leg"])
    rows["e_minor"] = rows["amount_minor"]
    rows["right_debtor"], rows["right_creditor"] = rows["debtor_account"], rows["creditor_account"]
    rows["may_retry"] = draws.child("retry").uniform(number) < 0.5
    return rows


def _add_legs(rows: np.ndarray, u: np.ndarray) -> None:
    """Let a fifth convert to dollars, a fifth pay a fee, and a tenth pay in yen."""
    fx, fee, yen = u < 0.2, (u >= 0.2) & (u < 0.4), u >= 0.9
    rows["creditor_account"][fx] = world(Party.EXCHANGE, 0)
    rows["second_purpose"][fx], rows["second_currency"][fx] = LegPurpose.EXCHANGE, 1
    rows["second_debtor"][fx] = world(Party.EXCHANGE, 1)
    rows["second_creditor"][fx] = world(Party.OTHER_BANK, 1)
    rows["second_amount_minor"][fx] = rows["amount_minor"][fx] * 108 // 100
    rows["second_purpose"][fee], rows["second_currency"][fee] = LegPurpose.FEE, 0
    rows["second_debtor"][fee] = rows["debtor_account"][fee]
    rows["second_creditor"][fee] = world(Party.FEES, 0)
    rows["second_amount_minor"][fee] = 20
    rows["debtor_account"][yen], rows["currency"][yen] = CUSTOMERS + 1, 2
    rows["creditor_account"][yen] = world(Party.OTHER_BANK, 2)


fault_tables = st.sampled_from(
    [
        {"kind": "latency", "add": "90ms", "jitter": "60ms", "probability": 0.5},
        {"kind": "loss", "direction": "response", "probability": 0.4},
        {"kind": "loss", "direction": "request", "probability": 0.4},
        {"kind": "abort", "probability": 0.4},
        {"kind": "crash", "replicas": "one"},
        {"kind": "crash", "silent": True},
        {"kind": "slow", "speed": 0.1, "replicas": "50%"},
        {"kind": "pause"},
        {"kind": "config", "set": {"workers": 1}},
    ]
)


def struck(tables: Sequence[dict[str, Any]]) -> list[Any]:
    """Read fault tables, all of them on the ledger for two seconds."""
    window = {"target": "ledger", "at": "1s", "for": "2s"}
    return [faults[table["kind"]].model_validate(table | window) for table in tables]


def laid(kinds: Sequence[str], bank: Bank) -> list[Any]:
    """Read traps by kind; those that this bank gives nothing to work on are left out."""
    found = [traps[kind].model_validate({"kind": kind, "probability": 0.5}) for kind in kinds]
    return [trap for trap in found if not trap.problems(bank)]
