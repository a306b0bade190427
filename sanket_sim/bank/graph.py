"""The bank as a graph: who asks whom, how often, and how busy that keeps each service.

The formulas are those of an open network in which nothing fails and nothing is retried.

- A route's *visits* of an operation: walk its table of steps; a step below ``maybe`` counts with
  its probability, each branch of ``parallel`` counts once, a message counts as a call.
- *Service time* of an operation: the means of its compute rows.
- *Response time*: service time plus, for each nested call, twice the edge's mean delay and the
  callee's response time; of parallel branches the slowest (``any``: the fastest, a quorum of k:
  the k-th). Waiting in queues is left out, so this is what an idle bank needs.
- *Hold time*: how long a request keeps its worker: the response time where workers are held
  during nested calls (blocking), else the service time.
- Offered load [erlangs] = sum over operations of rate * hold time;
  utilisation = offered load / (replicas * workers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sanket_sim.bank.description import Bank, Operation, Route, Step, StepKind

if TYPE_CHECKING:
    import networkx as nx

CLIENT = "client"


class Workload:
    """What a given demand asks of each operation, edge and service.

    Parameters
    ----------
    bank : Bank
    rate_per_s : mapping or float
        Transactions per second by route; a number is the whole demand, shared by weight, and
        files of payments come on top of it.

    Examples
    --------
    >>> from sanket_sim.bank import load_bank
    >>> bank, _ = load_bank("worker_pool")
    >>> work = Workload(bank, 60.0)
    >>> round(work.utilisation[bank.service_index("pool")], 9)
    0.6
    """

    def __init__(self, bank: Bank, rate_per_s: Mapping[str, float] | float) -> None:
        self.bank = bank
        self.rate_per_s = rates_by_route(bank, rate_per_s)

    @cached_property
    def edge_rates_per_s(self) -> list[float]:
        """Calls per second along each edge, in the order of `Bank.edges`."""
        rates = [0.0] * len(self.bank.edges)
        for route in self.bank.routes:
            self._flow(route.edge, self.rate_per_s[route.name], rates)
        return rates

    def _flow(self, edge: int, rate_per_s: float, rates: list[float]) -> None:
        if rate_per_s == 0:
            return
        rates[edge] += rate_per_s
        for step, share in visits(self.bank.operations[self.bank.edges[edge].operation]):
            self._flow(step.target, rate_per_s * share, rates)

    @cached_property
    def operation_rates_per_s(self) -> list[float]:
        """Calls per second of each operation, in the order of `Bank.operations`."""
        rates = [0.0] * len(self.bank.operations)
        for edge, rate_per_s in zip(self.bank.edges, self.edge_rates_per_s, strict=True):
            rates[edge.operation] += rate_per_s
        return rates

    @cached_property
    def rates_per_s(self) -> list[float]:
        """Calls per second of each service."""
        return self._by_service(self.operation_rates_per_s)

    @cached_property
    def erlangs(self) -> list[float]:
        """Offered load of each service: how many workers it would keep busy."""
        holds_s = hold_times_s(self.bank)
        rates = self.operation_rates_per_s
        return self._by_service([r * h for r, h in zip(rates, holds_s, strict=True)])

    @cached_property
    def utilisation(self) -> list[float]:
        """Offered load of each service over its workers; 1 and more cannot last."""
        services = zip(self.erlangs, self.bank.services, strict=True)
        return [load / (service.replicas * service.workers) for load, service in services]

    @cached_property
    def cpu_utilisation(self) -> list[float]:
        """CPU demand of each service over its vCPUs."""
        operations = zip(self.operation_rates_per_s, self.bank.operations, strict=True)
        demand = self._by_service([rate * op.cpu_ns * 1e-9 for rate, op in operations])
        services = zip(demand, self.bank.services, strict=True)
        return [busy / (service.replicas * service.vcpus) for busy, service in services]

    @property
    def hops_per_transaction(self) -> float:
        """Mean number of calls that a transaction makes, its first included."""
        total = sum(self.rate_per_s.values())
        return sum(self.edge_rates_per_s) / total if total else 0.0

    def _by_service(self, by_operation: list[float]) -> list[float]:
        sums = [0.0] * len(self.bank.services)
        for operation, value in zip(self.bank.operations, by_operation, strict=True):
            sums[operation.service] += value
        return sums


def rates_by_route(bank: Bank, rate_per_s: Mapping[str, float] | float) -> dict[str, float]:
    """Return transactions per second of every route; those not named have none.

    Files come on top of a demand that is one number, at their mean rate.
    """
    if isinstance(rate_per_s, Mapping):
        return {route.name: rate_per_s.get(route.name, 0.0) for route in bank.routes}
    total = sum(route.weight for route in bank.routes)
    return {
        route.name: rate_per_s * route.weight / total + _files_per_s(route) for route in bank.routes
    }


def _files_per_s(route: Route) -> float:
    return route.batch.size / (route.batch.every_ns * 1e-9) if route.batch else 0.0


def visits(operation: Operation) -> Iterator[tuple[Step, float]]:
    """Yield every call and message of an operation with its expected number."""
    skipped: list[tuple[int, float]] = []
    share = 1.0
    for place, step in enumerate(operation.steps):
        while skipped and skipped[-1][0] <= place:
            share = skipped.pop()[1]
        if step.kind == StepKind.MAYBE:
            skipped.append((place + 1 + step.count, share))
            share *= step.probability
        elif step.kind in (StepKind.CALL, StepKind.PUBLISH):
            yield step, share


def service_time_s(operation: Operation) -> float:
    """Return the mean time that an operation computes [s]."""
    return _expected_s(operation, [])


def hold_times_s(bank: Bank) -> list[float]:
    """Return the mean time that each operation keeps a worker [s], queues left out."""
    responses: list[float | None] = [None] * len(bank.operations)
    for index in range(len(bank.operations)):
        _response_s(bank, index, responses)
    return [
        response if bank.services[operation.service].blocking else service_time_s(operation)
        for operation, response in zip(bank.operations, responses, strict=True)
        if response is not None
    ]


def _response_s(bank: Bank, index: int, known: list[float | None]) -> float:
    found = known[index]
    if found is None:
        nested = bank.operations[index]
        calls = [_call_s(bank, step, known) for step in nested.steps]
        found = known[index] = _expected_s(nested, calls)
    return found


def _call_s(bank: Bank, step: Step, known: list[float | None]) -> float:
    if step.kind != StepKind.CALL:
        return 0.0
    edge = bank.edges[step.target]
    delay_s = edge.delay.mean_s if edge.delay is not None else 0.0
    return 2 * delay_s + _response_s(bank, edge.operation, known)


def _expected_s(operation: Operation, calls_s: list[float]) -> float:
    """Add up an operation's rows; without `calls_s` nested calls take no time."""
    total_s, share, place = 0.0, 1.0, 0
    ends: list[tuple[int, float]] = []
    while place < len(operation.steps):
        while ends and ends[-1][0] <= place:
            share = ends.pop()[1]
        step = operation.steps[place]
        if step.kind == StepKind.MAYBE:
            ends.append((place + 1 + step.count, share))
            share *= step.probability
        elif step.kind == StepKind.PARALLEL and calls_s:
            branches = sorted(calls_s[place + 1 : place + 1 + step.count])
            total_s += share * branches[step.need - 1]
        elif step.kind == StepKind.COMPUTE and step.law is not None:
            total_s += share * step.law.mean_s
        elif step.kind == StepKind.CALL and calls_s:
            total_s += share * calls_s[place]
        place += 1 + (step.count if step.kind == StepKind.PARALLEL else 0)
    return total_s


def service_graph(bank: Bank, rate_per_s: Mapping[str, float] | float) -> nx.DiGraph[str]:
    """Return the graph of services under a demand.

    Parameters
    ----------
    bank : Bank
    rate_per_s : mapping or float
        Transactions per second by route; a number is the whole demand, shared by weight.

    Returns
    -------
    networkx.DiGraph
        Nodes are service names and ``"client"``, with attributes x, y, label, rate_per_s,
        erlangs, utilisation, cpu_utilisation; edges carry rate_per_s and the operations asked.

    Examples
    --------
    >>> from sanket_sim.bank import load_bank
    >>> graph = service_graph(load_bank("worker_pool")[0], 60.0)
    >>> graph.edges["client", "pool"]
    {'rate_per_s': 60.0, 'operations': ('pay',)}
    """
    import networkx as nx  # noqa: PLC0415  keeps --help fast

    work = Workload(bank, rate_per_s)
    graph: nx.DiGraph[str] = nx.DiGraph(name=bank.name)
    left = min(service.x for service in bank.services) - 1
    graph.add_node(CLIENT, x=left, y=0.0, label="Customers")
    for index, service in enumerate(bank.services):
        graph.add_node(
            service.name,
            x=service.x,
            y=service.y,
            label=service.label,
            rate_per_s=work.rates_per_s[index],
            erlangs=work.erlangs[index],
            utilisation=work.utilisation[index],
            cpu_utilisation=work.cpu_utilisation[index],
        )
    _add_ways(graph, work)
    return graph


def _add_ways(graph: nx.DiGraph[str], work: Workload) -> None:
    bank = work.bank
    for edge, rate_per_s in zip(bank.edges, work.edge_rates_per_s, strict=True):
        operation = bank.operations[edge.operation]
        caller = bank.services[edge.caller].name if edge.caller >= 0 else CLIENT
        callee = bank.services[operation.service].name
        if not graph.has_edge(caller, callee):
            graph.add_edge(caller, callee, rate_per_s=0.0, operations=())
        way = graph.edges[caller, callee]
        way["rate_per_s"] += rate_per_s
        way["operations"] = (*way["operations"], operation.name)
