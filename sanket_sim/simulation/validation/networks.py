"""Rows 8 and 20: customers who go from station to station, and calls that go out side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank, Edge, Operation, Route, Service, Step, StepKind
from sanket_sim.bank.laws import Exponential
from sanket_sim.simulation.validation import formulas
from sanket_sim.simulation.validation.controls import Floats
from sanket_sim.simulation.validation.rig import (
    PATIENT,
    call,
    compute,
    drive,
    layers,
    poisson_customers,
    publish,
)
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.stations import EXPONENTIAL, drawn_by_customer
from sanket_sim.simulation.validation.trial import UNIT_NS, MeteredLaw, Trial
from sanket_sim.trace.batch import Columns

ARRIVAL_RATE = 5.0
ROUTING = (
    (0.0, 0.8, 0.2, 0.0),
    (0.0, 0.0, 0.5, 0.5),
    (0.0, 0.0, 0.0, 1.0),
    (0.0, 0.1, 0.0, 0.0),
)
SERVICE_RATES = (8.0, 3.0, 4.0, 2.5)
SERVERS = (1, 2, 2, 3)
"""An open network of four stations, entered at the first; rates are per unit of time."""
STATIONS = range(4)
WAYS = [(a, b) for a in STATIONS for b in STATIONS if ROUTING[a][b] > 0.0]
WARMUP, CUSTOMERS, COOLDOWN = 400, 12_000, 100
"""Customers who find the network filling, those who count, those who keep it filled behind them."""


def _onward(choices: list[tuple[float, int]]) -> tuple[Step, ...]:
    """Hand the customer on along one of several edges, or let it leave.

    Publishing ends the visit, and frees its server, before the next visit begins, as Jackson's
    theorem has it (a call would hold the server); and it may go in circles. A `MAYBE` of
    probability 0 always skips: it jumps over the branches that were not taken.

    Parameters
    ----------
    choices : list of (share, edge)
        Of those who come to this point.
    """
    (share, edge), *others = choices
    if not others:
        return (Step(StepKind.MAYBE, probability=share, count=1), publish(edge))
    rest = _onward([(other / (1.0 - share), onto) for other, onto in others])
    jump = Step(StepKind.MAYBE, probability=0.0, count=len(rest))
    return (Step(StepKind.MAYBE, probability=share, count=2), publish(edge), jump, *rest)


def _jackson_bank(laws: list[MeteredLaw]) -> Bank:
    entry = Edge("client->0.visit", -1, 0, PATIENT)
    ways = [Edge(f"{a}->{b}.visit", a, b, PATIENT) for a, b in WAYS]
    operations = [
        Operation(
            "visit",
            station,
            (
                compute(laws[station]),
                *_onward([(ROUTING[a][b], 1 + i) for i, (a, b) in enumerate(WAYS) if a == station]),
            ),
            0,
        )
        for station in STATIONS
    ]
    services = [Service(str(station), 1, SERVERS[station]) for station in STATIONS]
    routes = (Route("visit", 0),)
    return Bank("Jackson", tuple(services), tuple(operations), (entry, *ways), routes)


def _simulate_jackson(trial: Trial) -> Sample:
    laws = [trial.metered(Exponential(UNIT_NS / rate)) for rate in SERVICE_RATES]
    rows = poisson_customers(trial.draws, ARRIVAL_RATE, WARMUP + CUSTOMERS + COOLDOWN)
    record = drive(_jackson_bank(laws), rows, trial.seed)
    hops = record.sorted_table("hops", "tx_id")
    created = rows["created_ns"]
    window = (int(created[WARMUP]), int(created[WARMUP + CUSTOMERS]))
    visits = [_StationVisits(hops, station, laws[station]) for station in STATIONS]
    numbers = [station.number_present(*window) for station in visits]
    response = (_departures(hops, len(rows)) - created)[WARMUP : WARMUP + CUSTOMERS]
    gap = float(np.diff(created).mean()) / UNIT_NS - 1.0 / ARRIVAL_RATE
    luck = [figure for station in visits for figure in station.luck(len(rows))]
    return Sample((float(response.mean()) / UNIT_NS, *numbers), (gap, *luck))


def _departures(hops: Columns, customers: int) -> NDArray[np.int64]:
    """Return when each customer's last visit ended [ns]."""
    departures = np.zeros(customers, np.int64)
    np.maximum.at(departures, hops["tx_id"], hops["ended_ns"])
    return departures


class _StationVisits:
    """All visits to one station."""

    def __init__(self, hops: Columns, station: int, law: MeteredLaw) -> None:
        self._station = station
        self._hops = {name: column[hops["service"] == station] for name, column in hops.items()}
        self._extra: Floats = drawn_by_customer(self._hops, law) - 1.0 / SERVICE_RATES[station]

    def number_present(self, begin_ns: int, end_ns: int) -> float:
        """Return the mean number at the station over a window of time."""
        came = np.clip(self._hops["queued_ns"], begin_ns, end_ns)
        left = np.clip(self._hops["ended_ns"], begin_ns, end_ns)
        return float((left - came).sum()) / (end_ns - begin_ns)

    def luck(self, customers: int) -> tuple[float, float, float]:
        """Return figures of mean 0: visits, services drawn, and those weighted with the wait."""
        wait = (self._hops["begun_ns"] - self._hops["queued_ns"]) / UNIT_NS
        expected = FLOWS[self._station] / ARRIVAL_RATE
        return (
            len(wait) / customers - expected,
            float(self._extra.sum()) / customers,
            float((self._extra * wait).sum()) / customers,
        )


FLOWS, NUMBERS = formulas.jackson((ARRIVAL_RATE, 0.0, 0.0, 0.0), ROUTING, SERVICE_RATES, SERVERS)


def _jackson() -> Experiment:
    quantities = (
        Quantity("response", float(NUMBERS.sum()) / ARRIVAL_RATE),
        *(Quantity(f"L at {station}", float(NUMBERS[station])) for station in STATIONS),
    )
    return Experiment(8, "Jackson network of 4", quantities, 48, _simulate_jackson)


@dataclass(frozen=True, slots=True)
class FanOut:
    """A request that needs all of `branches` parallel calls of exponential length.

    Its response is the longest of them; it is slow if any branch exceeds its own 99th percentile.
    """

    branches: int
    customers: int

    def __call__(self, trial: Trial) -> Sample:
        """Carry out one run."""
        law = trial.metered(EXPONENTIAL.law)
        rows = poisson_customers(trial.draws, 1.0, self.customers)
        record = drive(self._bank(law), rows, trial.seed)
        roots = record.sorted_table("transactions", "tx_id")
        response = (roots["completed_ns"] - roots["created_ns"]) / UNIT_NS
        slow_beyond = formulas.mm1_quantile(0.99, 0.0)
        drawn = law.drawn()
        luck = (drawn.mean() - 1.0, (drawn > slow_beyond).mean() - 0.01)
        values = (response.mean(), (response > slow_beyond).mean())
        return Sample(values, tuple(map(float, luck)))

    def _bank(self, law: MeteredLaw) -> Bank:
        """Nobody waits: there is a worker for every call."""
        spread = Step(StepKind.PARALLEL, count=self.branches, need=self.branches)
        calls = [call(1, place) for place in range(self.branches)]
        services = [Service("front", 1, self.customers), Service("leaf", 1, 10**9)]
        return layers(services, [(spread, *calls), (compute(law),)], [PATIENT, PATIENT])


def _fan_out(branches: int, customers: int) -> Experiment:
    quantities = (
        Quantity("mean longest", formulas.harmonic(branches)),
        Quantity("share slow", 1.0 - 0.99**branches),
    )
    simulate = FanOut(branches, customers)
    quick = branches < 100
    return Experiment(20, f"fan-out of {branches}", quantities, 20, simulate, quick=quick)


EXPERIMENTS = (_jackson(), _fan_out(2, 3_000), _fan_out(10, 1_500), _fan_out(100, 350))
