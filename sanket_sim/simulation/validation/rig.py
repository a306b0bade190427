"""The rig: drives an engine with a hand-made bank and a stream of customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import (
    Accounts,
    Bank,
    Edge,
    Law,
    Operation,
    Route,
    Service,
    Step,
    StepKind,
)
from sanket_sim.bank.laws import Constant
from sanket_sim.bank.policies import Policy
from sanket_sim.core.draws import Draws, word_of
from sanket_sim.core.units import NS_PER_S
from sanket_sim.network import Command, Engine, SimPyEngine
from sanket_sim.simulation.validation.trial import UNIT_NS
from sanket_sim.trace.arrivals import INTENT_DTYPE, Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies

PATIENT = Policy(timeout_ns=0)
"""A caller that waits for ever."""
CUSTOMERS_PER_CHUNK = 2_000
"""How many arrivals the engine is given at a time; keeps its heap, and the run, small."""
OPENING_MINOR = 10**15


def compute(law: Law) -> Step:
    """Hold a worker for `law`."""
    return Step(StepKind.COMPUTE, law=law)


def call(edge: int, place: int = 0) -> Step:
    """Call along `edge`; `place` tells apart calls that one operation makes along one edge."""
    return Step(StepKind.CALL, target=edge, word=word_of(f"call {edge} at {place}"))


def publish(edge: int) -> Step:
    """Hand the customer on along `edge` without waiting for an answer."""
    return Step(StepKind.PUBLISH, target=edge, word=word_of(f"publish {edge}"))


def layers(
    services: Sequence[Service],
    steps: Sequence[tuple[Step, ...]],
    policies: Sequence[Policy],
    delay: Law | None = None,
) -> Bank:
    """Build a bank whose edge i leads from service i - 1 (or the client) to service i.

    Each service has one operation with the given steps; `layers` with one service is the single
    station of queueing theory.
    """
    names = ["client", *[service.name for service in services]]
    return Bank(
        "validation",
        tuple(services),
        tuple(Operation("serve", index, row, 0) for index, row in enumerate(steps)),
        tuple(
            Edge(f"{names[i]}->{names[i + 1]}.serve", i - 1, i, policy, delay)
            for i, policy in enumerate(policies)
        ),
        (Route("visit", 0, amount_minor=Constant(1)),),
    )


def customers_at(created_ns: NDArray[np.int64]) -> NDArray[np.void]:
    """Return one intent per instant; at a commit each moves one minor unit."""
    rows = np.zeros(len(created_ns), INTENT_DTYPE)
    rows["tx_id"] = rows["draw_key"] = np.arange(len(rows))
    rows["created_ns"] = created_ns
    rows["debtor_account"] = rows["right_debtor"] = 1
    rows["amount_minor"] = rows["e_minor"] = 1
    rows["campaign_id"] = -1
    rows["copies"] = 1
    return rows


def poisson_customers(draws: Draws, rate: float, count: int) -> NDArray[np.void]:
    """Return a Poisson stream of `count` customers, `rate` per unit of time."""
    gaps = -np.log(draws.child("gap").uniform(np.arange(count))) / rate
    return customers_at((np.cumsum(gaps) * UNIT_NS).astype(np.int64))


def evenly_spaced_customers(interval_ns: int, count: int) -> NDArray[np.void]:
    """Return `count` customers, the first after one interval."""
    return customers_at(interval_ns * np.arange(1, count + 1, dtype=np.int64))


@dataclass(slots=True)
class Record:
    """What a run left behind, all batches together."""

    batches: list[TraceBatch] = field(default_factory=list)

    def table(self, name: str) -> Columns:
        """Return the rows of a table of the trace, in the order in which they were written."""
        parts: list[Columns] = [getattr(batch, name) for batch in self.batches]
        return {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}

    def sorted_table(self, name: str, key: str) -> Columns:
        """Return the rows of a table, sorted by one column."""
        table = self.table(name)
        order = np.argsort(table[key], kind="stable")
        return {column: values[order] for column, values in table.items()}


def drive(
    bank: Bank,
    customers: NDArray[np.void],
    seed: int,
    commands: Sequence[Command] = (),
    until_ns: int = 0,
    gauge_interval_ns: int = NS_PER_S,
) -> Record:
    """Carry customers through a bank.

    Parameters
    ----------
    until_ns : int
        When the run ends [ns], whoever may still be inside; 0: when everybody has left.
    gauge_interval_ns : int
        How often the engine reads its gauges.
    """
    engine = SimPyEngine(bank, _accounts(), seed, Vocabularies(), gauge_interval_ns)
    for command in commands:
        engine.apply(command)
    record = Record()
    for first in range(0, len(customers), CUSTOMERS_PER_CHUNK):
        chunk = customers[first : first + CUSTOMERS_PER_CHUNK]
        end_ns = int(chunk["created_ns"][-1]) + 1
        record.batches.append(engine.advance(end_ns, Arrivals(intents=chunk)))
    _run_out(engine, record, until_ns)
    record.batches.append(engine.close())
    return record


def _run_out(engine: Engine, record: Record, until_ns: int) -> None:
    now_ns = record.batches[-1].end_ns if record.batches else 0
    if until_ns:
        record.batches.append(engine.advance(until_ns, Arrivals()))
        return
    while not engine.idle:
        now_ns += 100 * UNIT_NS
        record.batches.append(engine.advance(now_ns, Arrivals()))


def _accounts() -> Accounts:
    """Return the world's account (0) and one rich customer's (1)."""
    none = np.zeros(2, np.int64)
    return Accounts(
        none + OPENING_MINOR,
        none.astype(np.int16),
        none.astype(np.bool_),
        none + 1,
        none.astype(np.int8),
        none,
    )
