"""How busy a run will be, by route: the demand by weights, the files, and the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from sanket_sim.actors.demand import Demand, demand_of
from sanket_sim.actors.plans import MONTH_NS, Plans
from sanket_sim.actors.presets import read_preset
from sanket_sim.bank.description import Bank
from sanket_sim.bank.graph import rates_by_route
from sanket_sim.core.units import NS_PER_S
from sanket_sim.simulation.experiment import Experiment

_PEAK_SAMPLES = 400


@dataclass(frozen=True, slots=True)
class ExpectedLoad:
    """What customers are expected to ask for, templates spread evenly over the month.

    Parameters
    ----------
    mean_per_s, peak_per_s : float
        Intents of the whole city [1/s], files not counted.
    mean_by_route, peak_by_route : mapping
        Route -> transactions [1/s], those of files included.
    plans : Plans
    """

    mean_per_s: float
    peak_per_s: float
    mean_by_route: Mapping[str, float]
    peak_by_route: Mapping[str, float]
    plans: Plans

    @classmethod
    def of(cls, asked: Experiment, bank: Bank) -> Self:
        """Work out what an experiment asks of its bank."""
        customers = asked.population.customers
        plans = Plans.of(asked.population, asked.demand, bank)
        by_template = {
            route: customers * monthly * NS_PER_S / MONTH_NS
            for route, monthly in plans.per_month.items()
        }
        mean_per_s, peak_per_s = _demand_per_s(asked)
        templates_per_s = sum(by_template.values())
        chosen = _chosen_by_weight(bank, plans)
        return cls(
            mean_per_s + templates_per_s,
            peak_per_s + templates_per_s,
            _together(rates_by_route(chosen, mean_per_s), by_template),
            _together(rates_by_route(chosen, peak_per_s), by_template),
            plans,
        )


def _demand_per_s(asked: Experiment) -> tuple[float, float]:
    """Return mean and peak of the city's demand by weights, load faults included."""
    surges = [surge for fault in asked.fault for surge in fault.surges(asked.duration)]
    customers, preset = asked.population.customers, read_preset(asked.population.preset)
    demand = demand_of(asked.demand, customers, asked.start, asked.duration, surges, preset)
    mean_per_s = demand.expected * customers / (asked.duration / NS_PER_S)
    return mean_per_s, customers * max(_sampled(demand, asked.duration))


def _sampled(demand: Demand, duration_ns: int) -> Iterator[float]:
    """Yield the mean intensity of one customer in equal slices of the run [1/s]."""
    edges_ns = [duration_ns * place // _PEAK_SAMPLES for place in range(_PEAK_SAMPLES + 1)]
    hazards = [demand.hazard_at(edge_ns) for edge_ns in edges_ns]
    for place in range(_PEAK_SAMPLES):
        length_s = (edges_ns[place + 1] - edges_ns[place]) / NS_PER_S
        yield (hazards[place + 1] - hazards[place]) / max(length_s, 1e-9)


def _chosen_by_weight(bank: Bank, plans: Plans) -> Bank:
    """Return the bank whose weights are those of routes that templates do not replace."""
    replaced = plans.replaced(bank)
    if all(kind in replaced for kind, route in enumerate(bank.routes) if route.weight > 0):
        return bank
    routes = (
        replace(route, weight=0.0) if kind in replaced else route
        for kind, route in enumerate(bank.routes)
    )
    return replace(bank, routes=tuple(routes))


def _together(one: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    return {route: rate + more.get(route, 0.0) for route, rate in one.items()}
