"""Which templates a run follows, and what is wrong with them on its bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sanket_sim.actors.demand import Demand
from sanket_sim.actors.presets import PresetSettings, read_preset
from sanket_sim.actors.settings import DemandSettings, PopulationSettings
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.bank.description import CORRECTION, Bank, Party, Route
from sanket_sim.core.settings import nearest
from sanket_sim.core.toml_text import KeyPath
from sanket_sim.core.units import NS_PER_S

MONTH_NS = 365 * 86_400 * NS_PER_S // 12
"""A mean month."""

Misfit = tuple[KeyPath, str]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Plans:
    """What people of a run pay month by month, and by which calendar.

    Parameters
    ----------
    templates : tuple of TemplateSettings
        On routes that the bank has, each of another name.
    holidays : frozenset of date
    """

    templates: tuple[TemplateSettings, ...] = ()
    holidays: frozenset[date] = frozenset()
    per_month: Mapping[str, float] = field(default_factory=dict)
    """Route -> how many payments they come to for a mean customer in a mean month, about."""

    @classmethod
    def of(cls, population: PopulationSettings, demand: DemandSettings, bank: Bank) -> Plans:
        """Return the experiment's templates and, with demand by the model, the preset's.

        Those that are optional and have no route at this bank are left out.
        """
        has = {route.name for route in bank.routes}
        templates = (one for _, one in _asked(population, demand))
        able = tuple(one for one in templates if one.route in has or not one.optional)
        preset = read_preset(population.preset)
        per_month = dict.fromkeys((one.route for one in able), 0.0)
        for one in able:
            per_month[one.route] += one.expected_per_month() * _eligible(one, preset)
        return cls(able, frozenset(demand.holidays), per_month)

    def beside(self, demand: Demand) -> Demand:
        """Return a demand with what templates bring on top of it, spread evenly."""
        each_per_s = sum(self.per_month.values()) * NS_PER_S / MONTH_NS
        return Demand(demand.edges_ns, demand.after + each_per_s, demand.before + each_per_s)

    def replaced(self, bank: Bank) -> frozenset[int]:
        """Return the routes that people do not choose by their weights, as templates have them."""
        names = {one.route for one in self.templates if one.replaces}
        return frozenset(kind for kind, route in enumerate(bank.routes) if route.name in names)


def misfits(population: PopulationSettings, demand: DemandSettings, bank: Bank) -> Iterator[Misfit]:
    """Yield what is wrong with a run's templates on a bank: key path and message."""
    preset = read_preset(population.preset)
    yield from _twice(population)
    yield from _more_than_all(population, demand, preset)
    for keys, template in _asked(population, demand):
        for key, message in _faults_of(template, preset, bank):
            if keys[-1] == "preset":
                yield keys, f'preset {population.preset}, template "{template.name}": {message}'
            else:
                yield (*keys, key), message


def _asked(
    population: PopulationSettings, demand: DemandSettings
) -> Iterator[tuple[KeyPath, TemplateSettings]]:
    """Yield every template of a run with the place where it is asked for."""
    written = {template.name for template in population.template}
    if demand.rate == "model":
        for template in read_preset(population.preset).template:
            if template.name not in written:
                yield ("population", "preset"), template
    for place, template in enumerate(population.template):
        yield ("population", "template", place), template


def _eligible(template: TemplateSettings, preset: PresetSettings) -> float:
    """Return the share of customers in the segments that may have a template."""
    chosen = [one.share for one in preset.segment if one.name in template.segments]
    return sum(chosen) / sum(one.share for one in preset.segment) if template.segments else 1.0


def _twice(population: PopulationSettings) -> Iterator[Misfit]:
    names = [template.name for template in population.template]
    for place, name in enumerate(names):
        if name in names[:place]:
            where = ("population", "template", place, "name")
            yield where, f'"{name}" is given twice; names are unique'


def _more_than_all(
    population: PopulationSettings, demand: DemandSettings, preset: PresetSettings
) -> Iterator[Misfit]:
    """Find groups of which some people would have to have more than one."""
    taken: dict[tuple[str, str], float] = {}
    for keys, template in _asked(population, demand):
        for segment in template.segments or [one.name for one in preset.segment]:
            group = (template.one_of, segment)
            taken[group] = taken.get(group, 0.0) + template.share
            if template.one_of and taken[group] > 1.0 + _ROUNDING:
                said = f'the shares of one_of = "{template.one_of}" among "{segment}"'
                yield (*keys, "share"), f"{said} come to {taken[group]:g}; at most 1"
                break


def _faults_of(
    template: TemplateSettings, preset: PresetSettings, bank: Bank
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with one template: key and message."""
    segments = [one.name for one in preset.segment]
    for name in template.segments:
        if name not in segments:
            yield "segments", f'unknown segment "{name}"; {nearest(name, segments)}'
    for name in template.channels:
        if name not in bank.channels:
            said = f'model {bank.name} has no channel "{name}"'
            yield "channels", f"{said}; {nearest(name, bank.channels)}"
    route = next((one for one in bank.routes if one.name == template.route), None)
    if route is None:
        if not template.optional:
            said = f'model {bank.name} has no route "{template.route}"'
            known = nearest(template.route, [one.name for one in bank.routes])
            yield "route", f"{said}; {known}; or say optional = true"
    elif fault := _wrong_route(template, route):
        yield "route", fault
    elif fault := _wrong_payee(template, route, bank):
        yield "payee", fault


def _wrong_route(template: TemplateSettings, route: Route) -> str:
    """Say why people cannot take a route, or not for this; empty: they can."""
    if route.name == CORRECTION or route.batch is not None:
        return f'"{route.name}" is not for people to take; choose another route'
    sums = template.amount or template.of_income or template.of_rest or template.round_to
    if not route.moves_money and sums:
        return f'"{route.name}" moves no money; leave out amount, of_income and round_to'
    return ""


def _wrong_payee(template: TemplateSettings, route: Route, bank: Bank) -> str:
    """Say why a template cannot pay whom it wants to pay; empty: it can."""
    people = (Party.CUSTOMER, Party.CUSTOMER)
    able = {
        "usual": ((route.debtor, route.creditor),),
        "same": (people, (Party.CUSTOMER, Party.MERCHANT)),
    }.get(template.payee, (people,))
    at_home = route.currency == bank.currencies[0] and not route.converts_to
    if (route.debtor, route.creditor) in able and (at_home or template.payee == "usual"):
        return ""
    shops = " or a shop" if template.payee == "same" else ""
    return (
        f'"{template.payee}" needs a route from a customer to a customer{shops}, '
        f"in {bank.currencies[0]}"
    )
