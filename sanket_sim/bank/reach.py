"""Which effects on money a request can have, down the whole tree of calls and messages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sanket_sim.bank.description import Bank, Effect, Step, StepKind

ASKING = (StepKind.CALL, StepKind.PUBLISH)
DECIDING = (StepKind.COMMIT, StepKind.CHECK)


class Reach:
    """What each operation of a bank does to money, by itself and through those that it asks.

    Parameters
    ----------
    bank : Bank
        Its calls may go round in circles, as in a queueing network with feedback.

    Examples
    --------
    >>> from sanket_sim.bank import load_bank
    >>> bank, _ = load_bank("worker_pool")
    >>> [[effect.name for effect in effects] for effects in Reach(bank).below]
    [['TRANSFER']]
    """

    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    @cached_property
    def own(self) -> list[frozenset[Effect]]:
        """Effects of each operation's own rows."""
        return [
            frozenset(step.effect for step in operation.steps if step.kind in DECIDING)
            for operation in self.bank.operations
        ]

    @cached_property
    def below(self) -> list[frozenset[Effect]]:
        """Effects of each operation and of everything that it asks, messages included."""
        return [self._gathered(operation) for operation in range(len(self.bank.operations))]

    def of_route(self, route: int) -> frozenset[Effect]:
        """Return the effects that a transaction of a kind can have."""
        return self.below[self.bank.edges[self.bank.routes[route].edge].operation]

    def by_message(self, route: int) -> frozenset[Effect]:
        """Return the effects that come about behind a message, after the customer was answered."""
        found: set[Effect] = set()
        for step in self.steps_of_route(route):
            if step.kind == StepKind.PUBLISH:
                found |= self.below[self.bank.edges[step.target].operation]
        return frozenset(found)

    def steps_of_route(self, route: int) -> Iterator[Step]:
        """Yield every row of every operation that a transaction of a kind can come to."""
        return self._steps_below(self.bank.edges[self.bank.routes[route].edge].operation)

    def _gathered(self, operation: int) -> frozenset[Effect]:
        return frozenset().union(*(self.own[asked] for asked in self._visited(operation)))

    def _visited(self, operation: int) -> list[int]:
        """Return an operation and all that it asks, each once, however the calls go round."""
        seen = {operation: None}
        waiting = [operation]
        while waiting:
            for asked in self._asked(waiting.pop()):
                if asked not in seen:
                    seen[asked] = None
                    waiting.append(asked)
        return list(seen)

    def _asked(self, operation: int) -> Iterator[int]:
        for step in self.bank.operations[operation].steps:
            if step.kind in ASKING:
                yield self.bank.edges[step.target].operation

    def _steps_below(self, operation: int) -> Iterator[Step]:
        for visited in self._visited(operation):
            yield from self.bank.operations[visited].steps
