"""Circuit breakers as they stand, and how they came to it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sanket_sim.bank.description import Bank
from sanket_sim.bank.policies import BreakerKind

LOG_MAX = 20
"""How many changes are remembered of each edge."""
WORSE = ("", "closed", "half_open", "open")
"""States from the best to the worst; the first: there is no breaker."""


@dataclass(frozen=True, slots=True)
class Change:
    """A breaker went over to another state."""

    at_ns: int
    edge: str
    state: str


class BreakerBoard:
    """The state of the breaker of every edge that has one."""

    def __init__(self, bank: Bank) -> None:
        self._states = {
            edge.name: "closed" if edge.policy.breaker.kind != BreakerKind.NONE else ""
            for edge in bank.edges
        }
        self._log: dict[str, deque[Change]] = {name: deque(maxlen=LOG_MAX) for name in self._states}

    def change(self, at_ns: int, edge: str, state: str) -> None:
        """Note that a breaker has changed; one that was pushed onto an edge appears."""
        self._states[edge] = state
        self._log[edge].append(Change(at_ns, edge, state))

    def state(self, edge: str) -> str:
        """Return the state of one edge's breaker; empty if it has none."""
        return self._states[edge]

    def worst(self, edges: list[str]) -> str:
        """Return the worst state of some edges."""
        return max((self._states[edge] for edge in edges), key=WORSE.index, default="")

    def log(self, edges: list[str]) -> list[Change]:
        """Return the last changes of some edges, newest first."""
        changes = [change for edge in edges for change in self._log[edge]]
        return sorted(changes, key=lambda change: change.at_ns, reverse=True)[:LOG_MAX]
