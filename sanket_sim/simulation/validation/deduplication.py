"""Row 27: a duplicate meets a service that remembers what it has done, but each replica alone.

Bank of Anthos looks its cache of transaction ids up when a request comes and fills it after the
posting, in each replica for itself. A duplicate that comes at once after the answer, and is sent to
one of R replicas at random, passes unless it meets the same one: (R - 1) / R.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sanket_sim.bank.description import (
    Balancing,
    Bank,
    Dedup,
    DedupScope,
    Effect,
    Service,
    Step,
    StepKind,
)
from sanket_sim.bank.laws import Constant
from sanket_sim.core.units import HOUR_NS
from sanket_sim.simulation.validation.rig import (
    PATIENT,
    compute,
    drive,
    evenly_spaced_customers,
    layers,
)
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.trial import UNIT_NS, Trial

BANK_OF_ANTHOS = Dedup(DedupScope.REPLICA, HOUR_NS, atomic=False)
TIGHT = Dedup(DedupScope.GLOBAL, HOUR_NS, atomic=True)


@dataclass(frozen=True, slots=True)
class Twice:
    """Customers whose app submits the same payment twice."""

    replicas: int
    dedup: Dedup
    gap_ns: int
    customers: int

    def __call__(self, trial: Trial) -> Sample:
        """Measure the share of payments that were posted twice."""
        rows = evenly_spaced_customers(10 * UNIT_NS, self.customers)
        rows["copies"] = 2
        rows["copy_gap_ns"] = self.gap_ns
        posted = drive(self._bank(trial), rows, trial.seed).table("transactions")["n_posted"]
        return Sample(((posted == 2).mean(),))

    def _bank(self, trial: Trial) -> Bank:
        ledger = Service("ledger", self.replicas, 1, balancing=Balancing.RANDOM)
        steps = (
            compute(trial.metered(Constant(UNIT_NS))),
            Step(StepKind.COMMIT, effect=Effect.TRANSFER),
        )
        bank = layers([ledger], [steps], [PATIENT])
        return replace(bank, operations=(replace(bank.operations[0], dedup=self.dedup),))


AFTER_THE_ANSWER_NS, AT_THE_SAME_TIME_NS = 2 * UNIT_NS, UNIT_NS // 2


def _remembering_alone(replicas: int, customers: int) -> Experiment:
    quantity = Quantity("P(duplicate passes)", (replicas - 1) / replicas)
    name = f"dedup per replica, {replicas} of them"
    simulate = Twice(replicas, BANK_OF_ANTHOS, AFTER_THE_ANSWER_NS, customers)
    return Experiment(27, name, (quantity,), 20, simulate, quick=True)


def _remembering_together() -> Experiment:
    """Even a duplicate that comes while the first is being worked on finds its match."""
    quantity = Quantity("P(duplicate passes)", 0.0)
    simulate = Twice(4, TIGHT, AT_THE_SAME_TIME_NS, 300)
    return Experiment(27, "dedup global and atomic", (quantity,), 20, simulate, quick=True)


EXPERIMENTS = (
    _remembering_alone(1, 300),
    _remembering_alone(2, 1_500),
    _remembering_alone(3, 700),
    _remembering_alone(4, 500),
    _remembering_together(),
)
