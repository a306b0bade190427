"""Rows 23 and 24: the retry storm that outlives its cause, and what helps against it.

Ten workers serve 100 requests a second, first come first served. For ten seconds nothing is served.
Whoever hears nothing for a second tries again at once, and the server never learns that an old
attempt is no longer wanted. With m attempts the offered load stays m times the demand as long as
nobody is answered in time, so a demand above capacity / m never recovers.

Figures are shares of the customers who came in the last minute of five; those who came so late that
they could still be answered after the end do not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Discipline, Service
from sanket_sim.bank.laws import Exponential
from sanket_sim.bank.policies import Budget, BudgetKind, Jitter, Policy, Retry, RetryKind
from sanket_sim.core.outcomes import Outcome
from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.network import Command, CommandKind
from sanket_sim.simulation.validation.controls import Bools
from sanket_sim.simulation.validation.retries import THROTTLE, UNLIMITED
from sanket_sim.simulation.validation.rig import compute, drive, layers, poisson_customers
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.trial import UNIT_NS, Trial

OK = int(Outcome.OK)
WORKERS = 10
SERVICE_NS = 100 * NS_PER_MS
TIMEOUT_NS = NS_PER_S
OUTAGE = Command(60 * NS_PER_S, CommandKind.PAUSE, 0, "desk", duration_ns=10 * NS_PER_S)
END_S, LAST_S = 300, 60
CODES = frozenset({Outcome.TIMEOUT, Outcome.REJECTED})
FULL_JITTER = Retry(
    RetryKind.BACKOFF, 3, 100 * NS_PER_MS, 2 * NS_PER_S, jitter=Jitter.FULL, codes=CODES
)
TEN_PERCENT = Budget(BudgetKind.FINAGLE, deposit=0.1)


@dataclass(frozen=True, slots=True)
class Storm:
    """A demand, a way to retry, and a desk that was out of order for ten seconds."""

    per_s: float
    retry: Retry
    budget: Budget = UNLIMITED
    discipline: Discipline = Discipline.FIFO
    waiting_max: int = -1

    def __call__(self, trial: Trial) -> Sample:
        """Measure the share answered and the attempts per customer in the last minute."""
        law = trial.metered(Exponential(SERVICE_NS))
        policy = Policy(timeout_ns=TIMEOUT_NS, retry=self.retry, budget=self.budget)
        desk = Service("desk", 1, WORKERS, queue_cap=self.waiting_max, discipline=self.discipline)
        bank = layers([desk], [(compute(law),)], [policy])
        rate = self.per_s * UNIT_NS / NS_PER_S
        rows = poisson_customers(trial.draws, rate, int(self.per_s * END_S * 1.1))
        rows = rows[rows["created_ns"] < END_S * NS_PER_S]
        record = drive(bank, rows, trial.seed, [OUTAGE], until_ns=END_S * NS_PER_S)
        ended = record.table("transactions")
        late = self._late(ended["created_ns"])
        return Sample(((ended["outcome"][late] == OK).mean(), ended["attempts"][late].mean()))

    def _late(self, created_ns: NDArray[np.int64]) -> Bools:
        """Mark the customers of the last minute who have had the time for all their attempts."""
        retry = self.retry
        patience_ns = retry.attempts * TIMEOUT_NS + (retry.attempts - 1) * retry.max_ns
        first_ns, last_ns = (END_S - LAST_S) * NS_PER_S, END_S * NS_PER_S - patience_ns
        return (created_ns >= first_ns) & (created_ns < last_ns)


def _at_once(attempts: int) -> Retry:
    return Retry(RetryKind.FIXED, attempts, codes=CODES)


def _storm(per_s: int, attempts: int, answered: float) -> Experiment:
    quantities = [Quantity("answered", answered)]
    if answered == 0.0:
        quantities.append(Quantity("attempts each", float(attempts)))
    name = f"retry storm, {per_s}/s, {attempts} attempts"
    simulate = Storm(per_s, _at_once(attempts))
    return Experiment(23, name, tuple(quantities), 20, simulate)


def _mitigation(name: str, answered: float, simulate: Storm) -> Experiment:
    quantities = (Quantity("answered", answered),)
    return Experiment(24, f"retry storm, 60/s, {name}", quantities, 20, simulate)


THRICE = _at_once(3)
EXPERIMENTS = (
    _storm(46, 2, 1.0),
    _storm(50, 2, 0.0),
    _storm(30, 3, 1.0),
    _storm(34, 3, 0.0),
    _storm(22, 4, 1.0),
    _storm(26, 4, 0.0),
    _storm(60, 3, 0.0),
    _mitigation("full jitter 0.1-2 s", 0.0, Storm(60, FULL_JITTER)),
    _mitigation("10 % retry budget", 1.0, Storm(60, THRICE, TEN_PERCENT)),
    _mitigation("gRPC throttle", 1.0, Storm(60, THRICE, THROTTLE)),
    _mitigation("LIFO", 1.0, Storm(60, THRICE, discipline=Discipline.LIFO)),
    _mitigation("line of at most 50", 1.0, Storm(60, THRICE, waiting_max=50)),
    _mitigation("line of at most 100", 1.0, Storm(60, THRICE, waiting_max=100)),
    _mitigation("line of at most 200", 0.0, Storm(60, THRICE, waiting_max=200)),
)
