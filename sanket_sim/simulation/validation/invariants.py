"""Row 26: what holds exactly in every run, and where a policy or a fault must vanish.

Every figure is a number of nanoseconds, requests or bytes, and must be 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sanket_sim.bank.description import Balancing, Bank, Discipline, Effect, Service, Step, StepKind
from sanket_sim.bank.laws import Constant
from sanket_sim.bank.policies import Policy, Retry, RetryKind
from sanket_sim.core.outcomes import Outcome
from sanket_sim.network import Command, CommandKind, Direction
from sanket_sim.simulation.validation.rig import (
    Record,
    call,
    compute,
    drive,
    layers,
    poisson_customers,
)
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.stations import EXPONENTIAL
from sanket_sim.simulation.validation.trial import UNIT_NS, Trial
from sanket_sim.trace.batch import Columns

CUSTOMERS, RATE = 300, 1.2
STOP_NS = 200 * UNIT_NS
"""When the books are compared: customers still come and many are inside."""
NETWORK = Constant(UNIT_NS // 20)
COMMIT = Step(StepKind.COMMIT, effect=Effect.TRANSFER)
CODES = frozenset({Outcome.TIMEOUT, Outcome.UNAVAILABLE})
GRPC = Retry(RetryKind.GRPC, 3, UNIT_NS, 4 * UNIT_NS, codes=CODES)
TABLES = ("transactions", "hops", "postings", "gauges")
SERVICES = ("front", "middle", "ledger")


def _busy_bank(trial: Trial, retry: Retry = GRPC, balancing: Balancing = Balancing.SHARED) -> Bank:
    """Three services so busy that time-outs, retries and abandoned work are common."""
    law = trial.metered(EXPONENTIAL.law)
    services = [
        Service("front", 1, 12, balancing=balancing),
        Service("middle", 1, 6, balancing=balancing, discipline=Discipline.LIFO),
        Service("ledger", 1, 2, balancing=balancing),
    ]
    steps = [(compute(law), call(1)), (compute(law), call(2)), (compute(law), COMMIT)]
    policies = [Policy(timeout_ns=patience * UNIT_NS, retry=retry) for patience in (10, 6, 3)]
    return layers(services, steps, policies, NETWORK)


def _simulate_books(trial: Trial) -> Sample:
    """Compare what the engine counted for itself with what its trace says."""
    rows = poisson_customers(trial.draws, RATE, CUSTOMERS)
    rows = rows[rows["created_ns"] < STOP_NS]
    until_ns = STOP_NS + 1  # so that the gauges at the stop are read
    record = drive(
        _busy_bank(trial), rows, trial.seed, until_ns=until_ns, gauge_interval_ns=STOP_NS
    )
    hops, ended = record.table("hops"), record.table("transactions")
    lines = [_lines_misremembered(hops, service) for service in range(len(SERVICES))]
    return Sample(
        (
            int(record.table("gauges")["busy_ns"].sum()) - _held_ns(hops),
            sum(lines),
            len(rows) - _ends(ended),
            int(ended["attempts"].sum()) - len(hops["hop_id"]),
        )
    )


def _held_ns(hops: Columns) -> int:
    """Return how long workers were held by anybody until the stop."""
    begun = hops["begun_ns"] >= 0
    ends = np.where(hops["ended_ns"] < 0, STOP_NS, hops["ended_ns"])[begun]
    return int((np.minimum(ends, STOP_NS) - hops["begun_ns"][begun]).sum())


def _lines_misremembered(hops: Columns, service: int) -> int:
    """Count arrivals whose line, as the engine saw it, is not what others' begins leave of it."""
    here = (hops["service"] == service) & (hops["queued_ns"] >= 0)
    queued, begun = hops["queued_ns"][here], hops["begun_ns"][here]
    came_before = np.searchsorted(np.sort(queued), queued, side="left")
    had_begun = np.searchsorted(np.sort(begun[begun >= 0]), queued, side="right")
    waiting = came_before - (had_begun - (begun == queued))
    return int((waiting != hops["queue_length"][here]).sum())


def _ends(ended: Columns) -> int:
    """Count transactions by how they ended, well, badly or not yet; each may end but once."""
    assert len(np.unique(ended["tx_id"])) == len(ended["tx_id"]), "a transaction ends once"
    how = np.bincount(ended["outcome"], minlength=len(Outcome))
    succeeded, in_flight = how[Outcome.OK], how[Outcome.IN_FLIGHT]
    failed = how[Outcome.APP_ERROR : Outcome.IN_FLIGHT].sum()
    return int(succeeded + failed + in_flight)


def _books() -> Experiment:
    quantities = (
        Quantity("Little: busy integral - held (ns)", 0.0),
        Quantity("lines seen - rebuilt", 0.0),
        Quantity("offered - ok - failed - in flight", 0.0),
        Quantity("attempts - hops", 0.0),
    )
    return Experiment(26, "books of a busy network", quantities, 20, _simulate_books, quick=True)


@dataclass(frozen=True, slots=True)
class Twins:
    """Runs that must not differ by a byte although something about them does."""

    records: Callable[[Trial], Sequence[Record]]

    def __call__(self, trial: Trial) -> Sample:
        """Count the bytes in which any run differs from the first."""
        first, *others = self.records(trial)
        return Sample((sum(_differing_bytes(first, other) for other in others),))


def _differing_bytes(one: Record, other: Record) -> int:
    count = 0
    for name in TABLES:
        here, there = one.table(name), other.table(name)
        for column, values in here.items():
            a, b = values.tobytes(), there[column].tobytes()
            count += abs(len(a) - len(b))
            count += sum(x != y for x, y in zip(a, b, strict=False)) if a != b else 0
    return count


def _whole_run(trial: Trial, bank: Bank, commands: Sequence[Command] = ()) -> Record:
    return drive(bank, poisson_customers(trial.draws, RATE, CUSTOMERS), trial.seed, commands)


def _with_and_without(commands: Sequence[Command]) -> Callable[[Trial], list[Record]]:
    def records(trial: Trial) -> list[Record]:
        bank = _busy_bank(trial)
        return [_whole_run(trial, bank), _whole_run(trial, bank, commands)]

    return records


def _disturbances(at_ns: int, probability: float) -> list[Command]:
    """One fault of each kind that strikes attempts, at services and on edges."""
    extra = Constant(5 * UNIT_NS)
    return [
        Command(at_ns, CommandKind.LATENCY, 0, "middle", probability=probability, add=extra),
        Command(at_ns, CommandKind.LATENCY, 1, "client->front", probability=probability, add=extra),
        Command(at_ns, CommandKind.ABORT, 2, "ledger", probability=probability),
        Command(at_ns, CommandKind.LOSS, 3, "front->middle", probability=probability),
        Command(
            at_ns,
            CommandKind.LOSS,
            4,
            "middle->ledger",
            probability=probability,
            direction=Direction.RESPONSE,
        ),
    ]


def _momentary() -> list[Command]:
    """Faults that end at the instant at which they begin."""
    at_ns = STOP_NS // 2
    begin = _disturbances(at_ns, 1.0)
    begin.append(Command(at_ns, CommandKind.SLOW, 5, "middle", speed=0.1))
    begin.append(Command(at_ns, CommandKind.CONFIG, 6, "ledger", settings={"workers": 2}))
    ends = [Command(at_ns, CommandKind.END, command.fault_id) for command in begin]
    return [*begin, *ends, Command(at_ns, CommandKind.PAUSE, 7, "front", duration_ns=0)]


def _every_balancer(trial: Trial) -> list[Record]:
    return [_whole_run(trial, _busy_bank(trial, balancing=kind)) for kind in Balancing]


def _every_retry(trial: Trial) -> list[Record]:
    once = [
        Retry(kind, 1, UNIT_NS, 4 * UNIT_NS, codes=CODES)
        for kind in RetryKind
        if kind != RetryKind.NONE
    ]
    return [_whole_run(trial, _busy_bank(trial, retry)) for retry in (Retry(), *once)]


def _twins(name: str, records: Callable[[Trial], Sequence[Record]]) -> Experiment:
    quantity = Quantity("differing bytes", 0.0)
    return Experiment(26, name, (quantity,), 20, Twins(records), quick=True)


EXPERIMENTS = (
    _books(),
    _twins("faults of probability 0", _with_and_without(_disturbances(0, 0.0))),
    _twins("faults of duration 0", _with_and_without(_momentary())),
    _twins("one replica, every balancer", _every_balancer),
    _twins("one attempt, every retry", _every_retry),
)
