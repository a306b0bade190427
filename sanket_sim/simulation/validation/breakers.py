"""Rows 17 and 18: circuit breakers, to the call and to the second.

Ten calls a second, the first after a tenth of a second, no chance anywhere: every run must give the
same figures exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Service
from sanket_sim.bank.laws import Constant
from sanket_sim.bank.policies import Breaker, BreakerKind, Policy
from sanket_sim.core.outcomes import Outcome
from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.network import Command, CommandKind
from sanket_sim.simulation.validation.retries import failing
from sanket_sim.simulation.validation.rig import compute, drive, evenly_spaced_customers, layers
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.trial import Trial
from sanket_sim.trace.batch import Columns

INTERVAL_NS = 100 * NS_PER_MS
OK = int(Outcome.OK)
CIRCUIT_OPEN = int(Outcome.CIRCUIT_OPEN)
NETWORK = Constant(500_000)
"""One way to the dead backend and back: the failure is known a millisecond after the call."""
RESILIENCE4J = Breaker(BreakerKind.COUNT_WINDOW)


def _simulate_defaults(trial: Trial) -> Sample:
    """Watch resilience4j's default breaker in front of a backend that always fails."""
    law = trial.metered(Constant(NS_PER_MS))
    policy = Policy(timeout_ns=0, breaker=RESILIENCE4J)
    bank = layers([Service("backend", 1, 10)], [(compute(law),)], [policy], NETWORK)
    customers = evenly_spaced_customers(INTERVAL_NS, 3_500)
    hops = drive(bank, customers, trial.seed, [failing("backend", 1.0)]).table("hops")
    return Sample(_phases(hops))


def _phases(hops: Columns) -> tuple[float, ...]:
    """Return calls until open, when the last was sent, probes per cycle, length of a cycle [s]."""
    order = np.argsort(hops["sent_ns"])
    sent_ns: NDArray[np.int64] = hops["sent_ns"][order]
    let_through = hops["outcome"][order] != CIRCUIT_OPEN
    opened = int(np.argmin(let_through))
    probes_ns = sent_ns[opened:][let_through[opened:]]
    begins = np.flatnonzero(np.diff(probes_ns, prepend=0) > INTERVAL_NS)
    cycles_s = np.diff(probes_ns[begins]) / NS_PER_S
    per_cycle = np.diff(begins)
    return (
        float(opened),
        float(sent_ns[opened - 1]) / NS_PER_S,
        float(per_cycle.mean()),
        float(cycles_s.mean()),
    )


def _defaults() -> Experiment:
    calls = float(RESILIENCE4J.window_calls)
    probes = float(RESILIENCE4J.half_open_calls)
    interval_s = INTERVAL_NS / NS_PER_S
    quantities = (
        Quantity("calls until open", calls),
        Quantity("opens at (s)", calls * interval_s),
        Quantity("probes per cycle", probes),
        Quantity("cycle (s)", RESILIENCE4J.open_ns / NS_PER_S + probes * interval_s),
    )
    name = "resilience4j breaker, dead backend"
    return Experiment(17, name, quantities, 20, _simulate_defaults, quick=True)


KILLED_S, RESTORED_S, END_S = 30, 120, 180
DEMO = Breaker(
    BreakerKind.TIME_WINDOW,
    window_ns=20 * NS_PER_S,
    minimum_calls=100,
    failure_share=0.75,
    open_ns=6 * NS_PER_S,
    half_open_calls=10,
)
"""The published demonstration gives window and threshold; it does not give how long the breaker
stays open. At 6 s with 10 probes, half-open phases begin 6.9 s apart, the last of them at 120.0 s:
its first probe still fails (a command acts after the calls of its instant), nine succeed, and the
breaker closes without refusing a call that the restored service could have answered."""


def _simulate_demo(trial: Trial) -> Sample:
    law = trial.metered(Constant(0))
    policy = Policy(timeout_ns=0, breaker=DEMO)
    bank = layers([Service("backend", 1, 10)], [(compute(law),)], [policy])
    customers = evenly_spaced_customers(INTERVAL_NS, END_S * NS_PER_S // INTERVAL_NS)
    commands = [
        Command(KILLED_S * NS_PER_S, CommandKind.CRASH, 0, "backend"),
        Command(RESTORED_S * NS_PER_S, CommandKind.RESTART, 1, "backend"),
    ]
    hops = drive(bank, customers, trial.seed, commands).table("hops")
    refused_ns = hops["sent_ns"][hops["outcome"] == CIRCUIT_OPEN]
    opened_ns = int(refused_ns.min()) - INTERVAL_NS
    succeeded = int((hops["outcome"] == OK).sum())
    return Sample((opened_ns / NS_PER_S, succeeded, len(hops["outcome"]) - succeeded))


def _demo() -> Experiment:
    """After the kill 15 s of failures make 75 % of a 20 s window; 90 s of calls fail in all."""
    per_s = NS_PER_S // INTERVAL_NS
    dead_s = RESTORED_S - KILLED_S
    quantities = (
        Quantity("opens at (s)", KILLED_S + DEMO.failure_share * DEMO.window_ns / NS_PER_S),
        Quantity("succeeded", float((END_S - dead_s) * per_s)),
        Quantity("failed", float(dead_s * per_s)),
    )
    return Experiment(18, "breaker demonstration", quantities, 20, _simulate_demo, quick=True)


EXPERIMENTS = (_defaults(), _demo())
