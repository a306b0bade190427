"""Rows 13 to 16: what retries do to success and load, and the budgets that hold them back."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.bank.description import Service
from sanket_sim.bank.laws import Constant
from sanket_sim.bank.policies import Budget, BudgetKind, Policy, Retry, RetryKind
from sanket_sim.core.outcomes import Outcome
from sanket_sim.network import Command, CommandKind
from sanket_sim.simulation.validation import formulas
from sanket_sim.simulation.validation.rig import (
    Record,
    call,
    compute,
    drive,
    evenly_spaced_customers,
    layers,
)
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.trial import UNIT_NS, Trial

OK = int(Outcome.OK)
SPACING_NS = 100 * UNIT_NS
"""Calls come one by one, each long after the one before."""
PAUSE_NS = UNIT_NS
UNLIMITED = Budget()


def retrying(attempts: int, budget: Budget = UNLIMITED) -> Policy:
    """Repeat failed attempts after a fixed pause, as far as the budget goes."""
    codes = frozenset({Outcome.UNAVAILABLE})
    retry = Retry(RetryKind.FIXED, attempts, PAUSE_NS, PAUSE_NS, codes=codes)
    return Policy(timeout_ns=0, retry=retry, budget=budget)


def failing(target: str, probability: float) -> Command:
    """Let each attempt at a service fail on its own with the given probability."""
    return Command(
        0, CommandKind.ABORT, 0, target, probability=probability, code=Outcome.UNAVAILABLE
    )


@dataclass(frozen=True, slots=True)
class Flaky:
    """A service whose attempts fail independently, and a caller who retries."""

    failure: float
    policy: Policy
    calls: int

    def record(self, trial: Trial) -> Record:
        """Carry out one run."""
        law = trial.metered(Constant(UNIT_NS))
        bank = layers([Service("desk", 1, 1)], [(compute(law),)], [self.policy])
        customers = evenly_spaced_customers(SPACING_NS, self.calls)
        return drive(bank, customers, trial.seed, [failing("desk", self.failure)])

    def __call__(self, trial: Trial) -> Sample:
        """Measure the share of calls that succeed and the attempts per call."""
        ended = self.record(trial).table("transactions")
        return Sample(((ended["outcome"] == OK).mean(), ended["attempts"].mean()))


def _independent(failure: float, attempts: int) -> Experiment:
    quantities = (
        Quantity("success", formulas.retry_success(failure, attempts)),
        Quantity("attempts", formulas.retry_attempts(failure, attempts)),
    )
    name = f"i.i.d. failure {failure:g}, {attempts} attempts"
    simulate = Flaky(failure, retrying(attempts), 1_000)
    return Experiment(13, name, quantities, 20, simulate, quick=True)


LAYERS, ATTEMPTS = 5, 3


def _simulate_amplification(trial: Trial) -> Sample:
    """Five services in a chain, each retrying; the last one is dead."""
    law = trial.metered(Constant(UNIT_NS))
    services = [Service(f"layer{i}", 1, 10) for i in range(LAYERS)]
    steps = [(compute(law), call(i + 1)) for i in range(LAYERS - 1)]
    bank = layers(services, [*steps, (compute(law),)], [retrying(ATTEMPTS)] * LAYERS)
    bottom = services[-1].name
    record = drive(bank, evenly_spaced_customers(SPACING_NS, 1), trial.seed, [failing(bottom, 1.0)])
    return Sample((int((record.table("hops")["service"] == LAYERS - 1).sum()),))


def _amplification() -> Experiment:
    quantity = Quantity("calls at the bottom", float(ATTEMPTS**LAYERS))
    name = f"{LAYERS} layers x {ATTEMPTS} attempts"
    return Experiment(14, name, (quantity,), 20, _simulate_amplification, quick=True)


AWS = Budget(BudgetKind.AWS, capacity=500, deposit=1, cost=14)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts the attempts of a flaky service's caller."""

    flaky: Flaky

    def __call__(self, trial: Trial) -> Sample:
        """Carry out one run."""
        return Sample((len(self.flaky.record(trial).table("hops")["hop_id"]),))


def _quota(calls: int) -> Experiment:
    expected = formulas.quota_attempts(calls, 3, int(AWS.capacity), int(AWS.cost))
    simulate = Attempts(Flaky(1.0, retrying(3, AWS), calls))
    name = f"AWS quota, {calls} failing calls"
    return Experiment(15, name, (Quantity("attempts", expected),), 20, simulate, quick=True)


BUCKET = Budget(BudgetKind.TOKEN, capacity=100, deposit=0.1, cost=1)
THROTTLE = Budget(BudgetKind.GRPC, capacity=10, deposit=0.1, cost=1)


def _bucket(failure: float, calls: int) -> Experiment:
    """Make retries scarce; calls succeed as often as attempts do, for a success ends its call."""
    load = formulas.scarce_bucket_load(failure, BUCKET.deposit, BUCKET.capacity, calls)
    quantities = (Quantity("success", (1.0 - failure) * load), Quantity("load", load))
    simulate = Flaky(failure, retrying(3, BUCKET), calls)
    name = f"Brooker bucket, failure {failure:g}"
    return Experiment(16, name, quantities, 20, simulate, quick=True)


def _throttle(failure: float, calls: int) -> Experiment:
    success, load = formulas.throttled_calls(failure, 4, calls)
    quantities = (Quantity("success", success), Quantity("load", load))
    simulate = Flaky(failure, retrying(4, THROTTLE), calls)
    name = f"gRPC throttle, failure {failure:g}"
    return Experiment(16, name, quantities, 20, simulate, quick=True)


EXPERIMENTS = (
    _independent(0.1, 3),
    _independent(0.3, 3),
    _independent(1.0, 3),
    _amplification(),
    _quota(18),
    _quota(100),
    _bucket(0.5, 4_000),
    _bucket(0.9, 15_000),
    _throttle(0.1, 4_000),
    _throttle(0.2, 4_000),
)
