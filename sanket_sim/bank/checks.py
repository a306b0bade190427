"""What a model must mean, beyond what each table must hold: every fault at once, at its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sanket_sim.bank.settings import ModelSettings, OperationSettings, RouteSettings
from sanket_sim.bank.step_settings import AnyStep, StepSettings
from sanket_sim.core.settings import nearest
from sanket_sim.core.toml_text import KeyPath

CALLS_MAX = 10_000
"""Most calls that one transaction may make of the bank, every branch taken."""

Finding = tuple[KeyPath, str]


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
        found = [*named, *self._wrong_routes(), *self._wrong_rules()]
        if named:
            return found
        if cycles := list(self._cycles()):
            return [*found, *cycles]
        return [*found, *self._too_many_calls(), *self._money_astray()]

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
        return inner | {f"client->{route.entry}" for route in self.model.route.values()}

    def _wrong_names(self) -> Iterator[Finding]:
        if "client" in self.model.service:
            yield ("service", "client"), '"client" is the customer\'s device; take another name'

    def _wrong_targets(self) -> Iterator[Finding]:
        for asked in self.asked:
            if asked.target not in self.operations:
                yield asked.path, self._unknown(asked.target)
        for name, route in self.model.route.items():
            if route.entry not in self.operations:
                yield ("route", name, "entry"), self._unknown(route.entry)

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
        rules, power = self.model.fraud_rules, self.model.power
        if rules.step_up_at > rules.decline_at:
            yield ("fraud_rules", "step_up_at"), "must be <= decline_at"
        if power.idle_w_per_vcpu > power.max_w_per_vcpu:
            yield ("power", "idle_w_per_vcpu"), "must be <= max_w_per_vcpu"
        for key in ("channels", "currencies"):
            words = getattr(self.model, key)
            if len(set(words)) < len(words):
                yield (key,), "names one thing twice"

    def _wrong_routes(self) -> Iterator[Finding]:
        routes = self.model.route
        if not sum(route.weight for route in routes.values()) > 0:
            yield ("route",), "every weight is 0; expected at least one route with weight > 0"
        for name, route in routes.items():
            for path, message in self._wrong_route(route):
                yield ("route", name, *path), message

    def _wrong_route(self, route: RouteSettings) -> Iterator[Finding]:
        for channel in route.channels:
            if channel not in self.model.channels:
                known = nearest(channel, self.model.channels)
                yield ("channels", channel), f"unknown channel; {known}"
        if route.channels and not sum(route.channels.values()) > 0:
            yield ("channels",), "every share is 0; expected at least one > 0"
        if route.currency is not None and route.currency not in self.model.currencies:
            known = nearest(route.currency, self.model.currencies)
            yield ("currency",), f'unknown currency "{route.currency}"; {known}'
        if route.reverses and route.reverses not in self.model.route:
            known = nearest(route.reverses, self.model.route)
            yield ("reverses",), f'unknown route "{route.reverses}"; {known}'
        for party in ("debtor", "creditor"):
            if (route.amount is not None) != (getattr(route, party) != "none"):
                yield (party,), "a route has debtor, creditor and amount, or none of them"

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
        for name, route in self.model.route.items():
            if calls[route.entry] >= CALLS_MAX:
                message = f"one transaction could make {calls[route.entry] + 1:,} calls"
                yield ("route", name, "entry"), f"{message}; at most {CALLS_MAX:,} are allowed"

    def _money_astray(self) -> Iterator[Finding]:
        commits: dict[str, str] = {}
        for name in self._callees_first:
            service, _, operation = name.partition(".")
            steps = step_places(self.model.service[service].operation[operation].steps, ())
            if any(step.commit for _, step in steps):
                commits[name] = name
            else:
                below = (asked.target for asked in self._outgoing[name])
                commits[name] = next((commits[target] for target in below if commits[target]), "")
        for name, route in self.model.route.items():
            reached = commits[route.entry]
            if route.amount is None and reached:
                yield ("route", name, "entry"), f"moves no money, but {reached} commits"
            if route.amount is not None and not reached:
                yield ("route", name, "entry"), "moves money, but no commit is ever reached"
