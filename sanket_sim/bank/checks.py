"""What a model must mean, beyond what each table must hold: every fault at once, at its key."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from sanket_sim.bank.money_checks import (
    Finding,
    entries,
    money_astray,
    unknown_currencies,
    wrong_conversions,
    wrong_corrections,
    wrong_money,
    wrong_rates,
)
from sanket_sim.bank.settings import ModelSettings, OperationSettings, RouteSettings
from sanket_sim.bank.step_settings import AnyStep, StepSettings
from sanket_sim.core.settings import nearest
from sanket_sim.core.toml_text import KeyPath

CALLS_MAX = 10_000
"""Most calls that one transaction may make of the bank, every branch taken."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One place where an operation asks another."""

    path: KeyPath
    caller: str
    operation: str
    target: str


def step_places(steps: Iterable[AnyStep], at: KeyPath) -> Iterator[tuple[KeyPath, StepSettings]]:
    """Walk every step that is a table, nested ones after the step that holds them."""
    for place, step in enumerate(steps):
        if isinstance(step, StepSettings):
            yield (*at, place), step
            yield from step_places(step.steps or (), (*at, place, "steps"))


class Checks:
    """The questions that are asked of a model before it is compiled.

    Parameters
    ----------
    model : ModelSettings
    """

    def __init__(self, model: ModelSettings) -> None:
        self.model = model

    def findings(self) -> list[Finding]:
        """Return everything wrong; what follows from a wrong name is not asked any further."""
        named = [*self._wrong_names(), *self._wrong_targets(), *self._wrong_edges()]
        found = [*named, *self._wrong_routes(), *self._wrong_rules(), *self._wrong_money()]
        if named:
            return found
        if cycles := list(self._cycles()):
            return [*found, *cycles]
        astray = money_astray(self.model, self._reached)
        return [*found, *self._too_many_calls(), *self._wrong_stand_ins(), *astray]

    @cached_property
    def operations(self) -> dict[str, OperationSettings]:
        """Every operation as ``service.operation``."""
        return {
            f"{service}.{name}": operation
            for service, table in self.model.service.items()
            for name, operation in table.operation.items()
        }

    @cached_property
    def asked(self) -> list[Asked]:
        """Every call and message of every operation."""
        return [
            Asked(path, caller, f"{caller}.{name}", target)
            for caller, table in self.model.service.items()
            for name, operation in table.operation.items()
            for path, step in step_places(
                operation.steps, ("service", caller, "operation", name, "steps")
            )
            for target in step.targets
        ]

    @cached_property
    def edges(self) -> set[str]:
        """Every way that is taken, as ``caller->service.operation``."""
        inner = {f"{asked.caller}->{asked.target}" for asked in self.asked}
        return inner | {f"client->{target}" for _, target in entries(self.model)}

    def _wrong_names(self) -> Iterator[Finding]:
        if "client" in self.model.service:
            yield ("service", "client"), '"client" is the customer\'s device; take another name'

    def _wrong_targets(self) -> Iterator[Finding]:
        for asked in self.asked:
            if asked.target not in self.operations:
                yield asked.path, self._unknown(asked.target)
        for path, target in entries(self.model):
            if target not in self.operations:
                yield path, self._unknown(target)

    def _unknown(self, target: str) -> str:
        service = target.partition(".")[0]
        if service not in self.model.service:
            return f'unknown service "{service}"; {nearest(service, self.model.service)}'
        own = [name for name in self.operations if name.startswith(f"{service}.")]
        return f'unknown operation "{target}"; {nearest(target, own)}'

    def _wrong_edges(self) -> Iterator[Finding]:
        known = {"*", *self.edges, *(edge.rpartition(".")[0] for edge in self.edges)}
        for name in self.model.edge:
            if name not in known:
                yield ("edge", name), f"nobody goes this way; {nearest(name, known)}"

    def _wrong_rules(self) -> Iterator[Finding]:
        service, power = self.model.fraud_service, self.model.power
        if service.step_up_at > service.decline_at:
            yield ("fraud_service", "step_up_at"), "must be <= decline_at"
        if service.review_at > service.step_up_at:
            yield ("fraud_service", "review_at"), "must be <= step_up_at"
        if power.idle_w_per_vcpu > power.max_w_per_vcpu:
            yield ("power", "idle_w_per_vcpu"), "must be <= max_w_per_vcpu"
        for key in ("channels", "currencies"):
            words = getattr(self.model, key)
            if len(set(words)) < len(words):
                yield (key,), "names one thing twice"

    def _wrong_money(self) -> Iterator[Finding]:
        for question in (unknown_currencies, wrong_rates, wrong_corrections):
            yield from question(self.model)

    def _wrong_routes(self) -> Iterator[Finding]:
        routes = self.model.route
        if not sum(route.weight for route in routes.values()) > 0:
            yield ("route",), "every weight is 0; expected at least one route with weight > 0"
        for name, route in routes.items():
            found = (
                self._wrong_route(route),
                wrong_money(route),
                wrong_conversions(route, self.model),
            )
            for path, message in chain(*found):
                yield ("route", name, *path), message

    def _wrong_route(self, route: RouteSettings) -> Iterator[Finding]:
        for channel in route.channels:
            if channel not in self.model.channels:
                known = nearest(channel, self.model.channels)
                yield ("channels", channel), f"unknown channel; {known}"
        if route.channels and not sum(route.channels.values()) > 0:
            yield ("channels",), "every share is 0; expected at least one > 0"
        if route.reverses and route.reverses not in self.model.route:
            known = nearest(route.reverses, self.model.route)
            yield ("reverses",), f'unknown route "{route.reverses}"; {known}'

    @cached_property
    def _outgoing(self) -> Mapping[str, list[Asked]]:
        outgoing: dict[str, list[Asked]] = {name: [] for name in self.operations}
        for asked in self.asked:
            outgoing[asked.operation].append(asked)
        return outgoing

    def _cycles(self) -> Iterator[Finding]:
        """Find calls that come back to where they started, messages included."""
        done: set[str] = set()
        for start in self.operations:
            if start not in done:
                yield from self._cycles_from(start, done)

    def _cycles_from(self, start: str, done: set[str]) -> Iterator[Finding]:
        trail = [start]
        waiting = [iter(self._outgoing[start])]
        while waiting:
            asked = next(waiting[-1], None)
            if asked is None:
                waiting.pop()
                done.add(trail.pop())
            elif asked.target in trail:
                cycle = [*trail[trail.index(asked.target) :], asked.target]
                yield asked.path, f"calls go round without end: {' -> '.join(cycle)}"
            elif asked.target not in done:
                trail.append(asked.target)
                waiting.append(iter(self._outgoing[asked.target]))

    @cached_property
    def _callees_first(self) -> list[str]:
        order: dict[str, None] = {}
        waiting = [(name, False) for name in self.operations]
        while waiting:
            name, ready = waiting.pop()
            if ready:
                order.setdefault(name)
            elif name not in order:
                waiting.append((name, True))
                waiting.extend((asked.target, False) for asked in self._outgoing[name])
        return list(order)

    def _too_many_calls(self) -> Iterator[Finding]:
        calls: dict[str, int] = {}
        for name in self._callees_first:
            calls[name] = sum(1 + calls[asked.target] for asked in self._outgoing[name])
        for path, target in entries(self.model):
            if calls[target] >= CALLS_MAX:
                message = f"one transaction could make {calls[target] + 1:,} calls"
                yield path, f"{message}; at most {CALLS_MAX:,} are allowed"

    @cached_property
    def _own(self) -> Mapping[str, set[str]]:
        """Every operation -> the words of its own commits and checks."""
        own: dict[str, set[str]] = {name: set() for name in self.operations}
        for name, operation in self.operations.items():
            for _, step in step_places(operation.steps, ()):
                own[name].update(filter(None, (step.commit, step.check)))
        return own

    @cached_property
    def _reached(self) -> Mapping[str, Mapping[str, str]]:
        """Every operation -> what it and all below it commit or check -> the one that does."""
        reached: dict[str, dict[str, str]] = {}
        for name in self._callees_first:
            below = ChainMap(*(reached[asked.target] for asked in self._outgoing[name]))
            reached[name] = {**below, **dict.fromkeys(self._own[name], name)}
        return reached

    def _wrong_stand_ins(self) -> Iterator[Finding]:
        """Find edges whose stand-in would have to approve something else than a hold."""
        for edge in sorted(self.edges):
            target = edge.partition("->")[2]
            names = (edge, edge.rpartition(".")[0], "*")
            tables = ((name, self.model.edge[name]) for name in names if name in self.model.edge)
            name, fallback = next(((n, t.fallback) for n, t in tables if t.fallback), ("", "none"))
            if fallback == "stand_in" and "hold" not in self._own[target]:
                message = f"stand-in processing approves holds alone, and {target} commits none"
                yield ("edge", name, "fallback"), f"{message}; name the operation that does"
