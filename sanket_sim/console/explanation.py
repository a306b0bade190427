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
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.presets import label_of
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.bank.description import CORRECTION, Bank, StepKind
from sanket_sim.bank.graph import Workload
from sanket_sim.bank.reach import Reach
from sanket_sim.console.expected_load import ExpectedLoad
from sanket_sim.console.planned_fraud import campaign_rows, watch
from sanket_sim.console.wording import clock, counted, percent, plain, seconds
from sanket_sim.core.units import NS_PER_S, format_duration
from sanket_sim.faults import Fault, Trap
from sanket_sim.faults.record import own_parameters
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.simulation.loop import Simulation
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.shelf import entry_of

BUSY = 0.7
"""Utilisation above which queues begin to matter; it is shown in colour."""


def explain(resolved: ResolvedExperiment, console: Console) -> None:
    """Print what an experiment asks, of whom, under which load and which disturbances."""
    asked, bank = resolved.experiment, resolved.bank
    load = ExpectedLoad.of(asked, bank)
    mean, peak = Workload(bank, load.mean_by_route), Workload(bank, load.peak_by_route)
    _print_question(resolved, console)
    _print_frame(asked, load, console)
    console.print(_services(bank, mean, peak))
    console.print(_routes(bank, mean))
    console.print(_templates(asked, load.plans))
    console.print(_disturbances(asked, bank))
    if asked.fraud.campaign:
        console.print(_campaigns(asked, bank))
    _print_back_office(asked, bank, console)
    _print_loop(console)


def _print_question(resolved: ResolvedExperiment, console: Console) -> None:
    entry = entry_of(resolved.source)
    console.print(Text(resolved.experiment.name, style="bold"))
    for said in (entry.question, f"Expect: {entry.expect}" if entry.expect else ""):
        if said:
            console.print(Text(said))


def _print_frame(asked: Experiment, load: ExpectedLoad, console: Console) -> None:
    expected = load.mean_per_s * asked.duration / NS_PER_S
    end = asked.start + timedelta(seconds=asked.duration / NS_PER_S)
    plain(
        console,
        f"\n{asked.population.customers:,} customers on {asked.start:%A %d %B %Y} from "
        f"{asked.start:%H:%M:%S} to {end:%H:%M:%S} ({format_duration(asked.duration)}, the first "
        f"{format_duration(asked.warmup)} not measured), then at most "
        f"{format_duration(asked.drain)} of draining.\n"
        f"About {expected:,.0f} intents: {load.mean_per_s:,.1f}/s on average, "
        f"{load.peak_per_s:,.1f}/s at the peak; "
        f"{percent(asked.fraud.rate)} fraud in the background, "
        f"{counted(len(asked.fraud.campaign), 'campaign')}; seed {asked.seed}, tick "
        f"{format_duration(asked.tick)} (nobody reacts within "
        f"{format_duration(asked.shortest_reaction_ns)}).\n",
    )


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


def _routes(bank: Bank, mean: Workload) -> Table:
    shares = mean.rate_per_s
    table = _table("\nRoutes", ("route", "visits, from the first"), ("per s", "deadline", "calls"))
    for place, route in enumerate(bank.routes):
        alone = Workload(bank, {bank.routes[place].name: 1.0})
        deadline = seconds(route.deadline_ns / NS_PER_S) if route.deadline_ns else "none"
        visited = " > ".join(dict.fromkeys(_visited(bank, route.edge)))
        calls = f"{alone.hops_per_transaction:.1f}"
        table.add_row(route.name, visited, f"{shares[route.name]:,.2f}", deadline, calls)
    return table


def _templates(asked: Experiment, plans: Plans) -> Table:
    title = f"\nMonth by month, people of preset {label_of(asked.population.preset)}"
    table = _table(title, ("template", "route", "of whom", "when"), ("share",))
    for one in plans.templates:
        whom = ", ".join(one.segments) or "everybody"
        table.add_row(one.name, one.route, whom, _rhythm(one), percent(one.share))
    if not table.row_count:
        table.add_row("nothing", "", "", "", "")
    return table


def _rhythm(template: TemplateSettings) -> str:
    """Say when a template's payments come."""
    if template.per_month is not None:
        return f"{template.per_month:g} times a month"
    day = template.day
    on = f"day {day[0]} to {day[1]}" if isinstance(day, tuple) else f"day {day}"
    on = day.replace("_", " ") if isinstance(day, str) else on
    return on if template.shift == "none" else f"{on}, or the {template.shift} business day"


def _visited(bank: Bank, edge: int) -> Iterator[str]:
    operation = bank.operations[bank.edges[edge].operation]
    yield bank.services[operation.service].name
    for step in operation.steps:
        if step.kind in (StepKind.CALL, StepKind.PUBLISH):
            yield from _visited(bank, step.target)


def _disturbances(asked: Experiment, bank: Bank) -> Table:
    table = _table("\nWhat goes wrong", ("", "where", "from", "to", "how"), ("share",))
    for fault in asked.fault:
        _add_fault(table, fault, asked.duration)
    for trap in asked.trap:
        _add_trap(table, trap, asked.duration, bank)
    for command in asked.command:
        by = f", by {command.by}"
        if command.fault is not None:
            _add_fault(table, command.fault, asked.duration, by)
        if command.trap is not None:
            _add_trap(table, command.trap, asked.duration, bank, by)
    if not table.row_count:
        table.add_row("nothing", "", "", "", "", "")
    return table


def _add_fault(table: Table, fault: Fault, until_ns: int, by: str = "") -> None:
    for begin_ns, end_ns in fault.windows(until_ns):
        where, how = fault.place or "everywhere", _spelt(own_parameters(fault))
        span = clock(begin_ns), clock(end_ns)
        table.add_row(fault.kind + by, where, *span, how, percent(fault.share))


def _add_trap(table: Table, trap: Trap, until_ns: int, bank: Bank, by: str = "") -> None:
    begin_ns, end_ns = trap.window(until_ns)
    where, how = ", ".join(_struck(trap, bank)) or "nobody", _caught(trap, bank)
    span = clock(begin_ns), clock(end_ns)
    table.add_row(f"{trap.CODE} {trap.kind}{by}", where, *span, how, percent(trap.probability))


def _campaigns(asked: Experiment, bank: Bank) -> Table:
    words = ("", "typology", "from", "twins", "its own keys")
    table = _table("\nCampaigns of fraud", words, ("S", "pace"))
    for row in campaign_rows(asked, bank):
        table.add_row(*row)
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
    """Say which controls are off, who looks out for fraud, and how reconciliation is not usual."""
    off = [one.name for one in fields(bank.controls) if not getattr(bank.controls, one.name)]
    plain(console, f"\nControls that are off: {', '.join(off) or 'none'}.")
    plain(console, watch(bank, asked.financial_crime))
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
