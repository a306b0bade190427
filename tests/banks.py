"""Small hand-made banks and a driver, for tests that must know every nanosecond."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sanket_sim.bank.description import (
    Accounts,
    Bank,
    Edge,
    Effect,
    Law,
    Operation,
    Party,
    Route,
    Service,
    Step,
    StepKind,
)
from sanket_sim.bank.policies import Policy
from sanket_sim.core.draws import word_of
from sanket_sim.network import Command, SimPyEngine
from sanket_sim.trace.arrivals import INTENT_DTYPE, Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies

MS = 1_000_000
S = 1_000_000_000
OPENING_MINOR = 100_000


@dataclass(frozen=True)
class Fixed:
    """Always the same duration."""

    value_ns: int
    variance_s2: float = 0.0

    @property
    def mean_s(self) -> float:
        return self.value_ns * 1e-9

    def ns(self, _u: float) -> int:
        return self.value_ns


@dataclass(frozen=True)
class Memoryless:
    """Exponential."""

    mean_ns: int

    @property
    def mean_s(self) -> float:
        return self.mean_ns * 1e-9

    @property
    def variance_s2(self) -> float:
        return self.mean_s**2

    def ns(self, u: float) -> int:
        return int(-self.mean_ns * math.log1p(-u))


def compute(law: Law | int) -> Step:
    return Step(StepKind.COMPUTE, law=Fixed(law) if isinstance(law, int) else law)


def call(edge: int) -> Step:
    return Step(StepKind.CALL, target=edge, word=word_of(f"call {edge}"))


def publish(edge: int) -> Step:
    return Step(StepKind.PUBLISH, target=edge, word=word_of(f"publish {edge}"))


def parallel(need: int, *edges: int) -> tuple[Step, ...]:
    return (Step(StepKind.PARALLEL, count=len(edges), need=need), *map(call, edges))


def commit(effect: Effect = Effect.TRANSFER) -> Step:
    return Step(StepKind.COMMIT, effect=effect)


def check(effect: Effect) -> Step:
    return Step(StepKind.CHECK, effect=effect)


def chain(
    *services: Service,
    steps: Sequence[tuple[Step, ...]],
    policies: Sequence[Policy] | None = None,
    delay_ns: int = 0,
    **bank: Any,
) -> Bank:
    """Services that each offer one operation; edge i leads to service i, from client or i - 1."""
    policies = policies or [Policy()] * len(services)
    operations = tuple(Operation("op", index, row, cpu_ns=MS) for index, row in enumerate(steps))
    edges = tuple(
        Edge(
            f"{services[index - 1].name if index else 'client'}->{service.name}.op",
            index - 1,
            index,
            policies[index],
            Fixed(delay_ns) if delay_ns else None,
        )
        for index, service in enumerate(services)
    )
    route = Route(
        "transfer", 0, debtor=Party.CUSTOMER, creditor=Party.CUSTOMER, amount_minor=Fixed(2500)
    )
    return Bank("test", services, operations, edges, (route,), **bank)


def accounts(count: int = 4, opening_minor: int = OPENING_MINOR) -> Accounts:
    zeros = np.zeros(count, np.int64)
    guarded = np.ones(count, bool)
    guarded[0] = False
    return Accounts(
        zeros + opening_minor,
        zeros.astype(np.int16),
        guarded,
        zeros + 2500,
        zeros.astype(np.int8),
        np.arange(count),
    )


def intents(*created_ns: int, **columns: Any) -> np.ndarray:
    """Payments of 25.00 from account 1 to account 2 at the given instants."""
    rows = np.zeros(len(created_ns), INTENT_DTYPE)
    rows["created_ns"] = created_ns
    rows["tx_id"] = rows["draw_key"] = np.arange(len(rows))
    rows["debtor_account"] = rows["right_debtor"] = 1
    rows["creditor_account"] = rows["right_creditor"] = 2
    rows["amount_minor"] = rows["e_minor"] = 2500
    rows["copies"] = 1
    rows["campaign_id"] = rows["original_tx_id"] = rows["second_currency"] = -1
    rows["second_debtor"] = rows["second_creditor"] = -1
    for name, value in columns.items():
        rows[name] = value
    return rows


@dataclass
class Outcome:
    """What a driven engine brought, all batches together."""

    engine: SimPyEngine
    batches: list[TraceBatch] = field(default_factory=list)

    def table(self, name: str) -> Columns:
        parts = [getattr(batch, name) for batch in self.batches]
        return {column: np.concatenate([p[column] for p in parts]) for column in parts[0]}

    @property
    def hops(self) -> Columns:
        table = self.table("hops")
        order = np.argsort(table["hop_id"])
        return {name: column[order] for name, column in table.items()}

    @property
    def transactions(self) -> Columns:
        table = self.table("transactions")
        order = np.argsort(table["tx_id"])
        return {name: column[order] for name, column in table.items()}


def drive(
    bank: Bank,
    rows: np.ndarray,
    commands: Sequence[Command] = (),
    *,
    tick_ns: int = S,
    until_ns: int = 60 * S,
    seed: int = 1,
    chart: Accounts | None = None,
) -> Outcome:
    """Run a bank until it is idle, at the latest at `until_ns`."""
    engine = SimPyEngine(bank, chart or accounts(), seed, Vocabularies())
    outcome = Outcome(engine)
    for command in commands:
        engine.apply(command)
    now_ns = given = 0
    while now_ns < until_ns and (given < len(rows) or not engine.idle):
        now_ns += tick_ns
        upto = int(np.searchsorted(rows["created_ns"], now_ns))
        outcome.batches.append(engine.advance(now_ns, Arrivals(intents=rows[given:upto])))
        given = upto
    outcome.batches.append(engine.close())
    return outcome
