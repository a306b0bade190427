"""A single station of queueing theory: the bank that is one, and what its customers saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Discipline, Service, Step
from sanket_sim.bank.laws import ContinuousLaw, time_law
from sanket_sim.bank.policies import Policy
from sanket_sim.simulation.validation.controls import Bools, Floats, Moments
from sanket_sim.simulation.validation.rig import (
    PATIENT,
    compute,
    drive,
    layers,
    poisson_customers,
)
from sanket_sim.simulation.validation.rule import Sample
from sanket_sim.simulation.validation.trial import UNIT_NS, MeteredLaw, Trial
from sanket_sim.trace.batch import Columns


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """A service law of mean 1 unit, with the moments that theory asks for."""

    law: ContinuousLaw
    moments: Moments


_MEAN = f"{UNIT_NS}ns"
EXPONENTIAL = ServiceTime(time_law({"law": "exponential", "mean": _MEAN}), Moments(1, 2, 6))
CONSTANT = ServiceTime(time_law(_MEAN), Moments(1, 1, 1))
ERLANG_2 = ServiceTime(time_law({"law": "gamma", "mean": _MEAN, "shape": 2}), Moments(1, 1.5, 3))
LOGNORMAL_CV2_4 = ServiceTime(
    time_law({"law": "lognormal", "mean": _MEAN, "cv": 2.0}), Moments(1, 5, 125)
)


@dataclass(frozen=True, slots=True)
class Station:
    """What stands at the rig, and how long it is watched.

    Parameters
    ----------
    rate : float
        Poisson arrivals per unit service time.
    servers : int
    service : ServiceTime
    customers : int
        Observed per run, after `warmup` others who find the transient from the empty start.
    waiting_max : int
        Most customers in line; -1: no limit.
    policy : Policy
        Of the customers' edge.
    before : tuple of Step
        Done on the worker before the service.
    """

    rate: float
    servers: int = 1
    service: ServiceTime = EXPONENTIAL
    customers: int = 25_000
    warmup: int = 1_000
    waiting_max: int = -1
    discipline: Discipline = Discipline.FIFO
    policy: Policy = PATIENT
    before: tuple[Step, ...] = ()

    def watch(self, trial: Trial) -> Visits:
        """Carry out one run."""
        law = trial.metered(self.service.law)
        desk = Service(
            "desk", 1, self.servers, queue_cap=self.waiting_max, discipline=self.discipline
        )
        bank = layers([desk], [(*self.before, compute(law))], [self.policy])
        rows = poisson_customers(trial.draws, self.rate, self.warmup + self.customers + 1)
        record = drive(bank, rows, trial.seed)
        hops = record.sorted_table("hops", "tx_id")
        return Visits(hops, drawn_by_customer(hops, law, self.policy.deadline_ns), self.warmup)


def drawn_by_customer(hops: Columns, law: MeteredLaw, deadline_ns: int = 0) -> Floats:
    """Return each customer's drawn service time, nan for those who were not served.

    The law is asked in the order of beginning; a request that has expired when its turn comes
    begins and ends at once, without asking.
    """
    begun = hops["begun_ns"]
    asked = begun >= 0
    if deadline_ns:
        asked &= begun - hops["sent_ns"] < deadline_ns
    customers = np.flatnonzero(asked)
    drawn = np.full(len(begun), np.nan)
    drawn[customers[np.argsort(begun[customers], kind="stable")]] = law.drawn()
    return drawn


class Visits:
    """What the customers of a run saw, in order of arrival [unit service times].

    The last customer is left out: no gap follows.
    """

    def __init__(self, hops: Columns, drawn: Floats, warmup: int) -> None:
        self._seen = slice(warmup, len(drawn) - 1)
        self._hops = hops
        self.drawn = drawn[self._seen]
        self.gap = (np.diff(hops["sent_ns"]) / UNIT_NS)[warmup:]

    def column(self, name: str) -> NDArray[np.int64]:
        """Return a column of the hops."""
        column: NDArray[np.int64] = self._hops[name][self._seen]
        return column

    def _between(self, early: str, late: str) -> Floats:
        span: Floats = (self.column(late) - self.column(early)) / UNIT_NS
        return span

    @property
    def served(self) -> Bools:
        """Whether the desk has worked for the customer."""
        return ~np.isnan(self.drawn)

    @property
    def wait(self) -> Floats:
        """Time in line; only for the served."""
        return self._between("queued_ns", "begun_ns")

    @property
    def sojourn(self) -> Floats:
        """Time from arrival to departure; only for the served."""
        return self._between("queued_ns", "ended_ns")

    @property
    def service(self) -> Floats:
        """Time that a worker was held."""
        return self._between("begun_ns", "ended_ns")


@dataclass(frozen=True, slots=True)
class Watching:
    """Turns a station and a reading of its visits into the `simulate` of an experiment."""

    station: Station
    read: Callable[[Station, Visits], Sample]

    def __call__(self, trial: Trial) -> Sample:
        """Carry out one run and read it."""
        return self.read(self.station, self.station.watch(trial))
