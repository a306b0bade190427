"""What an experiment will do, before it does it: load, routes, faults in time, and the loop."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sanket_sim.actors.back_office import ReconciliationSettings
from sanket_sim.actors.demand import Demand, demand_of
from sanket_sim.actors.plans import MONTH_NS, Plans
from sanket_sim.actors.presets import read_preset
from sanket_sim.bank.description import CORRECTION, Bank, StepKind
from sanket_sim.bank.graph import Workload
from sanket_sim.bank.reach import Reach
from sanket_sim.console.wording import clock, counted, percent, plain, seconds
from sanket_sim.core.units import NS_PER_S, format_duration
from sanket_sim.faults import Trap
from sanket_sim.faults.record import own_parameters
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.simulation.loop import Simulation
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.shelf import entry_of

BUSY = 0.7
"""Utilisation above which queues begin to matter; it is shown in colour."""
_PEAK_SAMPLES = 400


def explain(resolved: ResolvedExperiment, console: Console) -> None:
    """Print what an experiment asks, of whom, under which load and which disturbances."""
    asked, bank = resolved.experiment, resolved.bank
    mean_per_s, peak_per_s = _rates_per_s(asked, bank)
    _print_question(resolved, console)
    _print_frame(asked, mean_per_s, peak_per_s, console)
    console.print(_services(bank, Workload(bank, mean_per_s), Workload(bank, peak_per_s)))
    console.print(_routes(bank, mean_per_s))
    console.print(_disturbances(asked, bank))
    _print_back_office(asked, bank, console)
    _print_loop(console)


def _print_question(resolved: ResolvedExperiment, console: Console) -> None:
    entry = entry_of(resolved.source)
    console.print(Text(resolved.experiment.name, style="bold"))
    for said in (entry.question, f"Expect: {entry.expect}" if entry.expect else ""):
        if said:
            console.print(Text(said))


def _print_frame(asked: Experiment, mean_per_s: float, peak_per_s: float, console: Console) -> None:
    expected = mean_per_s * asked.duration / NS_PER_S
    end = asked.start + timedelta(seconds=asked.duration / NS_PER_S)
    plain(
        console,
        f"\n{asked.population.customers:,} customers on {asked.start:%A %d %B %Y} from "
        f"{asked.start:%H:%M:%S} to {end:%H:%M:%S} ({format_duration(asked.duration)}, the first "
        f"{format_duration(asked.warmup)} not measured), then at most "
        f"{format_duration(asked.drain)} of draining.\n"
        f"About {expected:,.0f} intents: {mean_per_s:,.1f}/s on average, {peak_per_s:,.1f}/s at "
        f"the peak; {percent(asked.fraud.rate)} fraud in the background, "
        f"{counted(len(asked.fraud.campaign), 'campaign')}; seed {asked.seed}, tick "
        f"{format_duration(asked.tick)} (nobody reacts within "
        f"{format_duration(asked.shortest_reaction_ns)}).\n",
    )


def _rates_per_s(asked: Experiment, bank: Bank) -> tuple[float, float]:
    """Return mean and peak of the city's rate, load faults included, templates spread evenly."""
    surges = [surge for fault in asked.fault for surge in fault.surges(asked.duration)]
    customers = asked.population.customers
    preset = read_preset(asked.population.preset)
    demand = demand_of(asked.demand, customers, asked.start, asked.duration, surges, preset)
    monthly = customers * Plans.of(asked.population, asked.demand, bank).per_month
    monthly_per_s = monthly / (MONTH_NS / NS_PER_S)
    mean_per_s = demand.expected * customers / (asked.duration / NS_PER_S)
    peak_per_s = customers * max(_sampled(demand, asked.duration))
    return mean_per_s + monthly_per_s, peak_per_s + monthly_per_s


def _sampled(demand: Demand, duration_ns: int) -> Iterator[float]:
    """Yield the mean intensity of one customer in equal slices of the run [1/s]."""
    edges_ns = [duration_ns * place // _PEAK_SAMPLES for place in range(_PEAK_SAMPLES + 1)]
    hazards = [demand.hazard_at(edge_ns) for edge_ns in edges_ns]
    for place in range(_PEAK_SAMPLES):
        length_s = (edges_ns[place + 1] - edges_ns[place]) / NS_PER_S
        yield (hazards[place + 1] - hazards[place]) / max(length_s, 1e-9)


def _table(title: str, words: tuple[str, ...], figures: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for word in words:
        table.add_column(word, header_style="dim")
    for figure in figures:
        table.add_column(figure, header_style="dim", justify="right", no_wrap=True)
    return table


def _services(bank: Bank, mean: Workload, peak: Workload) -> Table:
    """Show the offered load of an open network in which nothing fails."""
    figures = ("replicas", "workers", "calls/s", "erlangs", "busy", "busy at peak", "cpu at peak")
    table = _table("Services under the expected load", ("service",), figures)
    for place, service in enumerate(bank.services):
        table.add_row(
            service.name,
            f"{service.replicas}",
            f"{service.workers}",
            f"{mean.rates_per_s[place]:,.1f}",
            f"{mean.erlangs[place]:,.2f}",
            _load(mean.utilisation[place]),
            _load(peak.utilisation[place]),
            _load(peak.cpu_utilisation[place]),
        )
    return table


def _load(utilisation: float) -> Text:
    style = "bold red" if utilisation >= 1 else "yellow" if utilisation > BUSY else ""
    return Text(percent(utilisation), style=style)


def _routes(bank: Bank, mean_per_s: float) -> Table:
    shares = Workload(bank, mean_per_s).rate_per_s
    table = _table("\nRoutes", ("route", "visits, from the first"), ("per s", "deadline", "calls"))
    for place, route in enumerate(bank.routes):
        alone = Workload(bank, {bank.routes[place].name: 1.0})
        deadline = seconds(route.deadline_ns / NS_PER_S) if route.deadline_ns else "none"
        visited = " > ".join(dict.fromkeys(_visited(bank, route.edge)))
        calls = f"{alone.hops_per_transaction:.1f}"
        table.add_row(route.name, visited, f"{shares[route.name]:,.2f}", deadline, calls)
    return table


def _visited(bank: Bank, edge: int) -> Iterator[str]:
    operation = bank.operations[bank.edges[edge].operation]
    yield bank.services[operation.service].name
    for step in operation.steps:
        if step.kind in (StepKind.CALL, StepKind.PUBLISH):
            yield from _visited(bank, step.target)


def _disturbances(asked: Experiment, bank: Bank) -> Table:
    table = _table("\nWhat goes wrong", ("", "where", "from", "to", "how"), ("share",))
    for fault in asked.fault:
        for begin_ns, end_ns in fault.windows(asked.duration):
            where = fault.place or "everywhere"
            span = clock(begin_ns), clock(end_ns)
            table.add_row(
                fault.kind, where, *span, _spelt(own_parameters(fault)), percent(fault.share)
            )
    for trap in asked.trap:
        begin_ns, end_ns = trap.window(asked.duration)
        span = clock(begin_ns), clock(end_ns)
        where, control = ", ".join(_struck(trap, bank)) or "nobody", _caught(trap, bank)
        table.add_row(f"{trap.CODE} {trap.kind}", where, *span, control, percent(trap.probability))
    for campaign in asked.fraud.campaign:
        span = clock(campaign.at), clock(campaign.at + campaign.lasts) if campaign.lasts else "end"
        how = f"sophistication {campaign.sophistication:g}"
        table.add_row(campaign.typology, "customers", *span, how, f"x {campaign.intensity:g}")
    if not table.row_count:
        table.add_row("nothing", "", "", "", "", "")
    return table


def _struck(trap: Trap, bank: Bank) -> list[str]:
    """Return the routes that a trap strikes and that somebody takes."""
    routes = [bank.routes[route] for route in trap.routes(Reach(bank))]
    taken = [route for route in routes if route.weight > 0 or route.batch is not None]
    return [route.name for route in taken if route.name != CORRECTION]


def _caught(trap: Trap, bank: Bank) -> str:
    if not trap.CONTROL:
        return "no control catches it: it will leak"
    if getattr(bank.controls, trap.CONTROL, False):
        return f"caught by {trap.CONTROL}"
    return f"{trap.CONTROL} is OFF: it will leak"


def _print_back_office(asked: Experiment, bank: Bank, console: Console) -> None:
    """Say which controls are off, and what reconciliation does otherwise than by default."""
    off = [one.name for one in fields(bank.controls) if not getattr(bank.controls, one.name)]
    plain(console, f"\nControls that are off: {', '.join(off) or 'none'}.")
    usual = ReconciliationSettings().model_dump()
    asks = asked.reconciliation.model_dump()
    own = {key: value for key, value in asks.items() if value != usual[key]}
    if own:
        said = ", ".join(f"{key} {_short(value)}" for key, value in own.items())
        plain(console, f"Reconciliation, where it is not the default: {said}.")


def _short(value: object) -> str:
    """Write a setting in one line; a law is its parameters, one after the other."""
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part is not None)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _print_loop(console: Console) -> None:
    """Show the loop as it stands in the code: it is short enough."""
    source = inspect.getsource(Simulation.run)
    body = source.partition('"""')[2].partition('"""')[2]
    console.print(Text("\nThe loop", style="bold"))
    plain(console, inspect.cleandoc(body))


def _spelt(parameters: str) -> str:
    """Turn a fault's parameters into words."""
    return ", ".join(f"{key} {value}" for key, value in json.loads(parameters or "{}").items())
