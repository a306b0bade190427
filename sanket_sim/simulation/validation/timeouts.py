"""Rows 11 and 12: customers who give up waiting.

Theory's impatient customer (M/M/1 + D) gives up *in the line*: once begun, service goes to its end.
The engine has two ways to say so. With `cancel_on_timeout` a time-out strikes waiting and begun
work alike, except work past a commit, so the desk commits first and computes then. With a
propagated deadline an expired request is dropped when its turn comes and begun work goes on. Both
times the figure is the share of customers whose service never began.
"""

from __future__ import annotations

import math

import numpy as np

from sanket_sim.bank.description import Effect, Step, StepKind
from sanket_sim.bank.policies import Policy
from sanket_sim.core.outcomes import Outcome
from sanket_sim.simulation.validation import formulas
from sanket_sim.simulation.validation.controls import queue_controls
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.stations import Station, Visits, Watching
from sanket_sim.simulation.validation.trial import UNIT_NS

TIMEOUT = int(Outcome.TIMEOUT)
COMMIT = Step(StepKind.COMMIT, effect=Effect.TRANSFER)


def _read_left(station: Station, visits: Visits) -> Sample:
    served = visits.served
    values = (float(1.0 - served.mean()),)
    wait = np.where(served, visits.wait, 0.0)
    extra = np.nan_to_num(visits.drawn - 1.0)
    extra_gap = visits.gap - 1.0 / station.rate
    products = (
        extra,
        extra_gap,
        wait * extra,
        wait * extra_gap,
        wait**2 * extra,
        wait**2 * extra_gap,
        served * extra_gap,
    )
    return Sample(values, tuple(float(product.mean()) for product in products))


def _impatient(rate: float, patience: float, how: str, station: Station) -> Experiment:
    quantity = Quantity("P(leaves)", formulas.mm1_impatient_loss(rate, patience))
    name = f"M/M/1 + D at {rate}, patience {patience:g}, {how}"
    return Experiment(11, name, (quantity,), 30, Watching(station, _read_left))


def _read_abandoned(station: Station, visits: Visits) -> Sample:
    """Share of customers who time out, and the load on the server that works on regardless."""
    timed_out = float((visits.column("outcome") == TIMEOUT).mean())
    load = float(visits.service.mean() / visits.gap.mean())
    luck = queue_controls(
        visits.wait, visits.drawn, visits.gap, station.service.moments, station.rate
    )
    return Sample((timed_out, load), luck)


def _abandoned() -> Experiment:
    rate, patience = 0.8, 10.0
    policy = Policy(timeout_ns=int(patience * UNIT_NS))
    quantities = (
        Quantity("P(time-out)", math.exp(-(1.0 - rate) * patience)),
        Quantity("server load", rate, plain=True),
    )
    watching = Watching(Station(rate, policy=policy, customers=20_000), _read_abandoned)
    return Experiment(12, "M/M/1 at 0.8, client time-out 10", quantities, 40, watching)


def _cancelling(rate: float, patience: float) -> Station:
    policy = Policy(timeout_ns=int(patience * UNIT_NS), cancel_on_timeout=True)
    return Station(rate, policy=policy, before=(COMMIT,), customers=15_000)


def _expiring(rate: float, patience: float) -> Station:
    patience_ns = int(patience * UNIT_NS)
    policy = Policy(timeout_ns=0, deadline_ns=patience_ns, propagate_deadline=True)
    return Station(rate, policy=policy, customers=25_000)


EXPERIMENTS = (
    _impatient(0.9, 5.0, "cancel", _cancelling(0.9, 5.0)),
    _impatient(0.8, 10.0, "deadline", _expiring(0.8, 10.0)),
    _abandoned(),
)
