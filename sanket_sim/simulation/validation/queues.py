"""Rows 1, 2, 5, 6, 7: queues without limit, and the order in which they are served."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sanket_sim.bank.description import Bank, Discipline, Route, Service
from sanket_sim.simulation.validation import formulas
from sanket_sim.simulation.validation.controls import Bools, Floats, fifo_waits, queue_controls
from sanket_sim.simulation.validation.rig import (
    PATIENT,
    compute,
    drive,
    layers,
    poisson_customers,
)
from sanket_sim.simulation.validation.rule import Experiment, Quantity, Sample
from sanket_sim.simulation.validation.stations import (
    CONSTANT,
    ERLANG_2,
    LOGNORMAL_CV2_4,
    ServiceTime,
    Station,
    Visits,
    Watching,
    drawn_by_customer,
)
from sanket_sim.simulation.validation.trial import MeteredLaw, Trial


def _luck(station: Station, visits: Visits, wait: Floats) -> tuple[float, ...]:
    return queue_controls(
        wait, visits.drawn, visits.gap, station.service.moments, station.rate, station.servers
    )


def _read_line(station: Station, visits: Visits) -> Sample:
    """Mean time in system, mean wait, share who wait, p95 and p99 in system, service held."""
    wait, sojourn = visits.wait, visits.sojourn
    p95, p99 = np.quantile(sojourn, (0.95, 0.99))
    held = visits.service.mean()
    values = (sojourn.mean(), wait.mean(), (wait > 0).mean(), p95, p99, held)
    return Sample(values, _luck(station, visits, wait))


def _single_server() -> Experiment:
    rho = 0.8
    quantities = (
        Quantity("W", 1.0 / (1.0 - rho)),
        Quantity("Wq", rho / (1.0 - rho)),
        Quantity("P(wait)", rho),
        Quantity("p95", formulas.mm1_quantile(0.95, rho)),
        Quantity("p99", formulas.mm1_quantile(0.99, rho)),
        Quantity("mean service", 1.0, plain=True),
    )
    watching = Watching(Station(rho, customers=25_000), _read_line)
    return Experiment(1, "M/M/1 at 0.8", quantities, 48, watching)


def _read_several(station: Station, visits: Visits) -> Sample:
    wait = visits.wait
    values = ((wait > 0).mean(), wait.mean(), visits.sojourn.mean())
    return Sample(values, _luck(station, visits, wait))


def _several_servers(servers: int, load: float) -> Experiment:
    quantities = (
        Quantity("Erlang C", formulas.erlang_c(servers, load)),
        Quantity("Wq", formulas.mmc_wait(servers, load)),
        Quantity("W", 1.0 + formulas.mmc_wait(servers, load)),
    )
    watching = Watching(Station(load, servers, customers=15_000), _read_several)
    return Experiment(2, f"M/M/{servers} at {load}", quantities, 30, watching)


def _read_wait(station: Station, visits: Visits) -> Sample:
    wait = visits.wait
    return Sample((wait.mean(),), _luck(station, visits, wait))


def _general_service(law: str, service: ServiceTime, customers: int) -> Experiment:
    rate = 0.7
    quantity = Quantity("Wq", formulas.mg1_wait(rate, service.moments.second))
    watching = Watching(Station(rate, service=service, customers=customers), _read_wait)
    return Experiment(5, f"M/G/1 at 0.7, {law}", (quantity,), 30, watching, quick=True)


def _read_fifo(station: Station, visits: Visits) -> Sample:
    wait = visits.wait
    return Sample((wait.mean(), (wait**2).mean()), _luck(station, visits, wait))


def _read_lifo(station: Station, visits: Visits) -> Sample:
    """Compare with the same customers in a first-come-first-served line, whose moments we know."""
    wait = visits.wait
    companion = fifo_waits(visits.drawn, visits.gap)
    moments = station.service.moments
    known = (
        companion.mean() - formulas.mg1_wait(station.rate, moments.second),
        (companion**2).mean()
        - formulas.mg1_wait_squared(station.rate, moments.second, moments.third),
    )
    return Sample((wait.mean(), (wait**2).mean()), (*known, *_luck(station, visits, companion)))


def _orders_of_service() -> tuple[Experiment, Experiment]:
    rate = 0.5
    wait = formulas.mg1_wait(rate, 2.0)
    squared = formulas.mg1_wait_squared(rate, 2.0, 6.0)
    first = Station(rate, customers=10_000)
    last = replace(first, discipline=Discipline.LIFO, customers=25_000)
    fifo = (Quantity("Wq", wait), Quantity("E Wq^2", squared))
    lifo = (Quantity("Wq", wait), Quantity("E Wq^2", squared / (1.0 - rate)))
    return (
        Experiment(7, "M/M/1 at 0.5, FIFO", fifo, 30, Watching(first, _read_fifo), quick=True),
        Experiment(7, "M/M/1 at 0.5, LIFO", lifo, 48, Watching(last, _read_lifo)),
    )


PRIORITY_RATES = (0.3, 0.5)


def _two_classes(law: MeteredLaw) -> Bank:
    """One desk; route 0 is served before route 1."""
    desk = Service("desk", 1, 1, discipline=Discipline.PRIORITY)
    routes = (Route("urgent", 0, priority=0), Route("ordinary", 0, priority=1))
    return replace(layers([desk], [(compute(law),)], [PATIENT]), routes=routes)


def _simulate_priority(trial: Trial) -> Sample:
    station = Station(sum(PRIORITY_RATES), customers=20_000)
    law = trial.metered(station.service.law)
    rows = poisson_customers(trial.draws, station.rate, station.warmup + station.customers + 1)
    classes = trial.draws.child("class").uniform(rows["tx_id"])
    rows["kind"] = classes >= PRIORITY_RATES[0] / station.rate
    hops = drive(_two_classes(law), rows, trial.seed).sorted_table("hops", "tx_id")
    visits = Visits(hops, drawn_by_customer(hops, law), station.warmup)
    return _read_classes(station, visits, rows["kind"][station.warmup : -1] == 0)


def _read_classes(station: Station, visits: Visits, urgent: Bools) -> Sample:
    wait = visits.wait
    companion = fifo_waits(visits.drawn, visits.gap)
    known = (
        companion.mean() - formulas.mg1_wait(station.rate, 2.0),
        urgent.mean() - PRIORITY_RATES[0] / station.rate,
        (companion * (urgent - PRIORITY_RATES[0] / station.rate)).mean(),
    )
    values = (wait[urgent].mean(), wait[~urgent].mean())
    return Sample(values, (*known, *_luck(station, visits, companion)))


def _priority() -> Experiment:
    urgent, ordinary = formulas.priority_waits(PRIORITY_RATES, 2.0)
    quantities = (Quantity("Wq urgent", urgent), Quantity("Wq ordinary", ordinary))
    return Experiment(6, "M/M/1 priority 0.3/0.5", quantities, 40, _simulate_priority)


EXPERIMENTS = (
    _single_server(),
    _several_servers(4, 3.2),
    _several_servers(2, 1.6),
    _general_service("constant", CONSTANT, 5_000),
    _general_service("Erlang-2", ERLANG_2, 8_000),
    _general_service("lognormal cv2 = 4", LOGNORMAL_CV2_4, 20_000),
    _priority(),
    *_orders_of_service(),
)
