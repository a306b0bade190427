"""When customers act: everyone's next arrival, drawn ahead in blocks, independent of ticks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.demand import Demand, Floats, Surge, Times
from sanket_sim.actors.habits import Habits
from sanket_sim.actors.intents import in_order
from sanket_sim.actors.population import Numbers
from sanket_sim.core.draws import Draws
from sanket_sim.trace.arrivals import no_intents

_BLOCK_INTENTS = 16_384


class Traffic:
    """The honest stream: one non-homogeneous Poisson process per customer.

    Customer c acts for the n-th time when the city's cumulative intensity reaches the sum of his
    first n exponentials, keyed (c, n), over his activity. `next_ns` holds that instant for
    everyone; a block of the future is drawn by one vector comparison and as many rounds as the
    busiest customer acts, and handed out tick by tick.

    Parameters
    ----------
    demand : Demand
    habits : Habits
    draws : Draws
    """

    def __init__(self, demand: Demand, habits: Habits, draws: Draws) -> None:
        self.demand, self.habits = demand, habits
        self._patience = draws.child("arrival")
        self._customer = np.arange(len(habits.population), dtype=np.int64)
        self._ordinal = np.zeros(len(self._customer), dtype=np.int64)
        self._hazard = np.zeros(len(self._customer))
        self.next_ns = np.empty(len(self._customer), dtype=np.int64)
        self._look_ahead(self._customer)
        self._drawn_ns = self._handed_ns = 0
        self._ready = no_intents()
        self._drawn: list[tuple[Numbers, Numbers, Floats, Times]] = []

    def until(self, end_ns: int) -> NDArray[np.void]:
        """Hand out every intent created before `end_ns` that was not handed out yet."""
        while self._drawn_ns < min(end_ns, self.demand.end_ns):
            self._draw_block()
        self._handed_ns = max(self._handed_ns, end_ns)
        count = int(np.searchsorted(self._ready["created_ns"], end_ns, side="left"))
        due, self._ready = self._ready[:count], self._ready[count:]
        return due

    def surge(self, surges: Sequence[Surge]) -> None:
        """Let demand be multiplied in windows that begin now or later.

        What was handed out stays; who was drawn ahead is drawn again from where he stood, by the
        same exponentials.
        """
        self.demand = self.demand.with_surges(surges)
        for customer, ordinal, hazard, at_ns in reversed(self._drawn):
            ahead = at_ns >= self._handed_ns
            self._ordinal[customer[ahead]] = ordinal[ahead]
            self._hazard[customer[ahead]] = hazard[ahead]
        self._drawn.clear()
        self.next_ns = np.maximum(self.demand.instant_ns(self._hazard), self._handed_ns)
        self._ready, self._drawn_ns = no_intents(), self._handed_ns

    def _draw_block(self) -> None:
        hazard = self.demand.hazard_at(self._drawn_ns) + _BLOCK_INTENTS / len(self._customer)
        block_end_ns = int(self.demand.instant_ns(np.array([hazard]))[0])
        self._drawn_ns = max(self._drawn_ns + 1, min(block_end_ns, self.demand.end_ns))
        acting = np.flatnonzero(self.next_ns < self._drawn_ns)
        rounds: list[tuple[Numbers, Numbers, Floats, Times]] = []
        while len(acting):
            stood = self._ordinal[acting], self._hazard[acting], self.next_ns[acting]
            rounds.append((acting, *stood))
            self._ordinal[acting] += 1
            self._look_ahead(acting)
            acting = acting[self.next_ns[acting] < self._drawn_ns]
        # What earlier blocks brought has been handed out before anything can ask for it again.
        self._drawn = rounds
        if rounds:
            customer, ordinal, _, at_ns = map(np.concatenate, zip(*rounds, strict=True))
            self._ready = in_order([self._ready, self.habits.intents(customer, ordinal, at_ns)])

    def _look_ahead(self, customer: Numbers) -> None:
        """Draw the next arrival of each of these customers."""
        exponential = -np.log(self._patience.uniform(customer, self._ordinal[customer]))
        self._hazard[customer] += exponential / self.habits.population.activity[customer]
        self.next_ns[customer] = self.demand.instant_ns(self._hazard[customer])
