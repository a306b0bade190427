"""From tables to the frozen bank: names become indices, presets numbers, steps flat rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sanket_sim.bank import description as d
from sanket_sim.bank import policies
from sanket_sim.bank.fraud_model import FraudModel
from sanket_sim.bank.policy_settings import STACKS
from sanket_sim.bank.settings import (
    DedupSettings,
    EdgeSettings,
    ModelSettings,
    OperationSettings,
    RouteSettings,
    ServiceSettings,
)
from sanket_sim.bank.step_settings import AnyStep, StepSettings
from sanket_sim.core.draws import word_of

_COMMITS = {
    **{effect.name.lower(): effect for effect in d.Effect},
    "open": d.Effect.OPEN_ACCOUNT,
}
_CHECKS = {
    "amount": d.Effect.CHECK_AMOUNT,
    "funds": d.Effect.CHECK_FUNDS,
    "limit": d.Effect.CHECK_LIMIT,
    "fraud": d.Effect.CHECK_FRAUD,
    "read": d.Effect.READ_BALANCE,
    "payee": d.Effect.CHECK_PAYEE,
    "settlement": d.Effect.CHECK_SETTLEMENT,
    "status": d.Effect.CHECK_STATUS,
    "identity": d.Effect.CHECK_IDENTITY,
}

_OF_STACKS = {key for stack in STACKS.values() for key in stack}
"""What naming a stack settles: where it says nothing, nothing is inherited either."""


def compile_bank(
    model: ModelSettings, fraud_model: FraudModel | None = None, fraud_model_file: str = ""
) -> d.Bank:
    """Return the frozen bank that a model describes.

    Parameters
    ----------
    model : ModelSettings
        One that `checks.Checks` finds nothing wrong with.
    fraud_model : FraudModel, optional
        What the fraud service's `model` names, and the file where it was read.
    fraud_model_file : str
    """
    compiler = _Compiler(model)
    service = model.fraud_service.build(fraud_model, fraud_model_file)
    return replace(compiler.bank(), fraud_service=service)


class _Compiler:
    """Numbers what the model names, and compiles each table once."""

    def __init__(self, model: ModelSettings) -> None:
        self.model = model
        self.services = {name: index for index, name in enumerate(model.service)}
        self.tables = [
            (service, name, operation)
            for service, table in model.service.items()
            for name, operation in table.operation.items()
        ]
        self.operations = {
            f"{service}.{name}": index for index, (service, name, _) in enumerate(self.tables)
        }
        self.edges: dict[str, d.Edge] = {}
        self.indices: dict[str, int] = {}

    def bank(self) -> d.Bank:
        model = self.model
        routes = tuple(self._route(name, route) for name, route in model.route.items())
        operations = tuple(self._operation(*table) for table in self.tables)
        return d.Bank(
            name=model.name,
            services=tuple(_service(name, table) for name, table in model.service.items()),
            operations=operations,
            edges=tuple(self.edges.values()),
            routes=routes,
            controls=d.Controls(**model.controls.model_dump()),
            power=d.Power(**model.power.model_dump()),
            balance_poll_ns=model.accounts.balance_poll,
            payment_limit_minor=model.accounts.payment_limit,
            currencies=model.currencies,
            channels=model.channels,
            rates={model.currencies[0]: Fraction(1), **_fractions(model.rates)},
            hold_ttl_ns=model.accounts.hold_ttl,
            stand_in_limit_minor=model.accounts.stand_in_limit,
        )

    def edge(self, caller: str, target: str) -> int:
        """Return the index of the way from a caller to an operation; made on first use."""
        name = f"{caller}->{target}"
        if name not in self.edges:
            given = _inherited(self.model.edge, caller, target)
            self.indices[name] = len(self.edges)
            self.edges[name] = d.Edge(
                name=name,
                caller=self.services.get(caller, -1),
                operation=self.operations[target],
                policy=_policy(given),
                delay=given["delay"].build() if "delay" in given else None,
                message_kb=given.get("message_kb", 2.0),
            )
        return self.indices[name]

    def _route(self, name: str, route: RouteSettings) -> d.Route:
        return d.Route(
            name=name,
            edge=self.edge("client", route.entry),
            weight=route.weight,
            deadline_ns=route.deadline,
            debtor=d.Party[route.debtor.upper()],
            creditor=d.Party[route.creditor.upper()],
            amount_minor=None if route.amount is None else route.amount.build(),
            channels=_shares(route.channels or dict.fromkeys(self.model.channels, 1.0)),
            currency=route.currency or self.model.currencies[0],
            priority=route.priority,
            reverses=route.reverses,
            fee_minor=route.fee,
            converts_to=_shares(route.converts_to),
            clock_ns=route.clock,
            reversal_edge=self._side_entry(route.reversal),
            status_edge=self._side_entry(route.status),
            batch=None if route.batch is None else route.batch.build(),
        )

    def _side_entry(self, target: str | None) -> int:
        return -1 if target is None else self.edge("client", target)

    def _operation(self, service: str, name: str, table: OperationSettings) -> d.Operation:
        time = table.time.build()
        rows = _Rows(self, service, name, time)
        if not _computes(table.steps):
            rows.append(d.Step(d.StepKind.COMPUTE, law=time))
        rows.extend(table.steps)
        return d.Operation(
            name=name,
            service=self.services[service],
            steps=tuple(rows.rows),
            cpu_ns=round(time.mean) if table.cpu is None else table.cpu,
            dedup=_dedup(table.dedup),
        )


class _Rows:
    """The flat table of one operation while it grows.

    A row's word names its place as if nothing had been linked, so that the same draws fall to the
    same calls whether postings are atomic or not.
    """

    def __init__(self, compiler: _Compiler, service: str, operation: str, time: d.Law) -> None:
        self.compiler = compiler
        self.service, self.name = service, f"{service}.{operation}"
        self.time = time
        self.linking = compiler.model.controls.atomic_posting
        self.rows: list[d.Step] = []
        self.dropped = 0

    def append(self, row: d.Step) -> None:
        self.rows.append(row)

    def extend(self, steps: Iterable[AnyStep]) -> None:
        listed = list(steps)
        for place, step in enumerate(listed):
            if isinstance(step, str):
                self.append(d.Step(d.StepKind.COMPUTE, law=self.time))
            elif self.linking and step.commit == "debit" and _credited(listed[place:]):
                self.dropped += 1
            elif self.linking and step.commit == "credit" and _debited(listed[:place]):
                self.append(d.Step(d.StepKind.COMMIT, effect=d.Effect.TRANSFER))
            else:
                self._add(step)

    def _add(self, step: StepSettings) -> None:
        if step.maybe is not None:
            self._maybe(step.maybe, step.steps or ())
        elif step.parallel is not None:
            self._parallel(step.parallel, step.join)
        elif step.call is not None:
            self._ask(d.StepKind.CALL, step.call, step.undo)
        elif step.publish is not None:
            self._ask(d.StepKind.PUBLISH, step.publish)
        elif step.commit is not None:
            self.append(d.Step(d.StepKind.COMMIT, effect=_COMMITS[step.commit]))
        elif step.check is not None:
            self.append(d.Step(d.StepKind.CHECK, effect=_CHECKS[step.check]))
        else:
            assert step.compute is not None
            self.append(d.Step(d.StepKind.COMPUTE, law=step.compute.build()))

    def _maybe(self, probability: float, steps: Iterable[AnyStep]) -> None:
        place = len(self.rows)
        self.append(d.Step(d.StepKind.MAYBE))
        self.extend(steps)
        count = len(self.rows) - place - 1
        self.rows[place] = d.Step(d.StepKind.MAYBE, count=count, probability=probability)

    def _parallel(self, targets: tuple[str, ...], join: str | int | None) -> None:
        need = join if isinstance(join, int) else 1 if join == "any" else len(targets)
        self.append(d.Step(d.StepKind.PARALLEL, count=len(targets), need=need))
        for target in targets:
            self._ask(d.StepKind.CALL, target)

    def _ask(self, kind: d.StepKind, target: str, undo: str | None = None) -> None:
        edge = self.compiler.edge(self.service, target)
        back = -1 if undo is None else self.compiler.edge(self.service, undo)
        word = word_of(f"{self.name}#{len(self.rows) + self.dropped}->{target}")
        self.append(d.Step(kind, target=edge, word=word, undo=back))


def _computes(steps: Iterable[AnyStep]) -> bool:
    return any(
        isinstance(step, str) or step.compute is not None or _computes(step.steps or ())
        for step in steps
    )


def _credited(steps: Iterable[AnyStep]) -> bool:
    return any(isinstance(step, StepSettings) and step.commit == "credit" for step in steps)


def _debited(steps: Iterable[AnyStep]) -> bool:
    return any(isinstance(step, StepSettings) and step.commit == "debit" for step in steps)


def _service(name: str, table: ServiceSettings) -> d.Service:
    follows = "async" if table.threading == "async" else "thread"
    return d.Service(
        name=name,
        replicas=table.replicas,
        workers=table.workers,
        queue_cap=-1 if table.queue is None else table.queue,
        discipline=d.Discipline[table.discipline.upper()],
        balancing=d.Balancing[table.balancing.upper()],
        blocking=table.threading == "blocking",
        wait_mode=d.WaitMode[(table.wait_mode or follows).upper()],
        vcpus=table.cpu,
        memory_gb=table.memory,
        state_mb=table.state_mb,
        x=table.x,
        y=table.y,
        label=table.label or name,
        third_party=table.third_party,
        startup_ns=table.startup,
        reset_delay_ns=table.reset_delay,
        region=table.region,
    )


def _dedup(table: DedupSettings) -> d.Dedup:
    if table.scope == "none":
        return d.Dedup()
    return d.Dedup(d.DedupScope[table.scope.upper()], table.ttl, table.when == "atomic")


def _fractions(rates: Mapping[str, str]) -> dict[str, Fraction]:
    return {currency: Fraction(rate) for currency, rate in rates.items()}


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _inherited(tables: Mapping[str, EdgeSettings], caller: str, target: str) -> dict[str, Any]:
    """Return the keys that hold for an edge, the most specific table's last word on each."""
    service = target.partition(".")[0]
    given: dict[str, Any] = {}
    for name in ("*", f"{caller}->{service}", f"{caller}->{target}"):
        if name in tables:
            given.update(_explicit(tables[name]))
    return given


def _explicit(table: EdgeSettings) -> dict[str, Any]:
    keys = [key for key in EdgeSettings.model_fields if getattr(table, key) is not None]
    own = {key: getattr(table, key) for key in keys if key != "policy"}
    if table.policy is None:
        return own
    stack = EdgeSettings.model_validate(STACKS[table.policy])
    return {**dict.fromkeys(_OF_STACKS), **_explicit(stack), **own}


def _policy(given: Mapping[str, Any]) -> policies.Policy:
    parts = ("retry", "budget", "breaker", "bulkhead", "rate_limit")
    built = {part: given[part].build() for part in parts if given.get(part) is not None}
    return policies.Policy(
        timeout_ns=given.get("timeout", 1_000_000_000),
        deadline_ns=given.get("deadline", 0),
        propagate_deadline=bool(given.get("propagate_deadline")),
        cancel_on_timeout=given.get("on_timeout") == "cancel",
        fallback=policies.Fallback[given.get("fallback", "none").upper()],
        **built,
    )
