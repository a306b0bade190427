"""One run of an experiment: the name of its draws, and laws that can be made wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Law
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import NS_PER_MS

UNIT_NS = NS_PER_MS
"""The mean service time of queueing theory's examples [ns]; results are given in this unit."""


class MeteredLaw:
    """A law that remembers what it was asked for, and may be slower than it says.

    What it remembers is the time that was drawn, before it is slowed down: the luck of the run,
    which controls account for, and not the simulator's fault, which they must never hide.

    Parameters
    ----------
    law : Law
    factor : float
        The engine is told `factor` times the drawn duration.
    """

    __slots__ = ("drawn_ns", "factor", "law", "mean_s", "variance_s2")

    def __init__(self, law: Law, factor: float = 1.0) -> None:
        self.law = law
        self.factor = factor
        self.mean_s = law.mean_s * factor
        self.variance_s2 = law.variance_s2 * factor**2
        self.drawn_ns: list[int] = []

    def ns(self, u: float) -> int:
        """Return the duration [ns] at probability `u` in (0, 1)."""
        time_ns = self.law.ns(u)
        self.drawn_ns.append(time_ns)
        return time_ns if self.factor == 1.0 else round(time_ns * self.factor)

    def drawn(self) -> NDArray[np.float64]:
        """Return the drawn durations [unit service times], in the order of asking."""
        return np.array(self.drawn_ns, dtype=np.float64) / UNIT_NS


@dataclass(frozen=True, slots=True)
class Trial:
    """One independent run of an experiment.

    Parameters
    ----------
    name : str
        The experiment.
    number : int
        Which of its runs.
    service_time_factor : float
        1.05 makes the simulator 5 % slower than the theory assumes; then `validate` must fail.

    Examples
    --------
    >>> [Trial("coin", 0).seed == Trial("coin", number).seed for number in (0, 1)]
    [True, False]
    """

    name: str
    number: int
    service_time_factor: float = 1.0

    @property
    def draws(self) -> Draws:
        """The family of the run's own draws (arrivals)."""
        return Draws(self.number, "validation", self.name)

    @property
    def seed(self) -> int:
        """The engine's seed."""
        return int(self.draws.child("engine").key(0))

    def metered(self, law: Law) -> MeteredLaw:
        """Return `law` as this run's services shall have it."""
        return MeteredLaw(law, self.service_time_factor)
