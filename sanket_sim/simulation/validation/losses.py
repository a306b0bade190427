"""Rows 3 and 4: customers who are turned away."""

from __future__ import annotations

import numpy as np

from sanket_sim.bank.policies import Bulkhead, Policy
from sanket_sim.core.outcomes import Outcome
from sanket_sim.simulation.validation import formulas
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.stations import (
    CONSTANT,
    EXPONENTIAL,
    LOGNORMAL_CV2_4,
    ServiceTime,
    Station,
    Visits,
    Watching,
)

BULKHEAD_FULL = int(Outcome.BULKHEAD_FULL)
REJECTED = int(Outcome.REJECTED)


def _read_blocked(station: Station, visits: Visits) -> Sample:
    outcome = visits.column("outcome")
    blocked = (outcome == BULKHEAD_FULL) | (outcome == REJECTED)
    extra_gap = visits.gap - 1.0 / station.rate
    controls = (
        float(np.nanmean(visits.drawn)) - 1.0,
        float(extra_gap.mean()),
        float((blocked * extra_gap).mean()),
    )
    return Sample((float(blocked.mean()),), controls)


def _bulkhead(
    servers: int, load: float, law: str, service: ServiceTime, customers: int
) -> Experiment:
    """Erlang's loss system: the gate on the edge has as many places as the service has workers."""
    station = Station(
        load,
        servers,
        service,
        customers=customers,
        policy=Policy(timeout_ns=0, bulkhead=Bulkhead(servers)),
    )
    quantity = Quantity("P(blocked)", formulas.erlang_b(servers, load))
    name = f"Erlang B {servers}/{load:g}, {law}"
    watching = Watching(station, _read_blocked)
    return Experiment(3, name, (quantity,), 30, watching, quick=servers == 10)


def _finite_line(servers: int, places: int, load: float, customers: int) -> Experiment:
    station = Station(load, servers, customers=customers, waiting_max=places - servers)
    quantity = Quantity("P(blocked)", formulas.mmck_blocking(servers, places, load))
    name = f"M/M/{servers}/{places} at {load}"
    watching = Watching(station, _read_blocked)
    return Experiment(4, name, (quantity,), 30, watching, quick=servers == 1)


EXPERIMENTS = (
    _bulkhead(10, 8.0, "exponential", EXPONENTIAL, 10_000),
    _bulkhead(10, 8.0, "lognormal cv2 = 4", LOGNORMAL_CV2_4, 10_000),
    _bulkhead(20, 15.0, "exponential", EXPONENTIAL, 25_000),
    _bulkhead(20, 15.0, "constant", CONSTANT, 40_000),
    _finite_line(1, 5, 0.9, 10_000),
    _finite_line(2, 10, 1.8, 32_000),
)
