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
        Calls must not go round in circles; the model's checks see to that.

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
        found: dict[int, frozenset[Effect]] = {}
        for operation in range(len(self.bank.operations)):
            self._gather(operation, found)
        return [found[operation] for operation in range(len(found))]

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

    def _gather(self, operation: int, found: dict[int, frozenset[Effect]]) -> frozenset[Effect]:
        if operation not in found:
            effects = set(self.own[operation])
            for asked in self._asked(operation):
                effects |= self._gather(asked, found)
            found[operation] = frozenset(effects)
        return found[operation]

    def _asked(self, operation: int) -> Iterator[int]:
        for step in self.bank.operations[operation].steps:
            if step.kind in ASKING:
                yield self.bank.edges[step.target].operation

    def _steps_below(self, operation: int) -> Iterator[Step]:
        for step in self.bank.operations[operation].steps:
            yield step
            if step.kind in ASKING:
                yield from self._steps_below(self.bank.edges[step.target].operation)
