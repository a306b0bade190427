"""What is counted of the intents that end: the same judgement as the findings', batch by batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.intents import Judgement
from sanket_sim.analysis.statistics import BUCKETS, QuantileSketch, bucket_of
from sanket_sim.core.outcomes import LeakClass

Counts = NDArray[np.int64]


class Count(IntEnum):
    """Places in `Tally.counts`."""

    SUBMITTED = 0
    OPEN = 1
    """Still in flight when the run ended; none of these while it goes on."""
    GOOD = 2
    FAILED = 3
    LEAKED = 4
    PAYMENTS = 5
    """Intents with an amount."""
    GOOD_PAYMENTS = 6


class Shape(NamedTuple):
    """How many services and currencies a bank has."""

    services: int
    currencies: int


@dataclass(slots=True)
class Tally:
    """Counts that add up: of a batch, a window, a run.

    Parameters
    ----------
    counts : int64 array, shape (len(Count),)
    roots : int64 array, shape (len(LeakClass), services + 1)
        Leaked intents by class and by the service to blame; the last column is of those for whom
        none is.
    glv_minor : int64 array, shape (len(LeakClass), services + 1, currencies)
        Gross leak by class, service and currency, both legs [minor units].
    told_minor : int64 array, shape (currencies,)
        What leaked intents moved, or were to, that leaked no money: every unit is where it belongs,
        and the customer was told otherwise, or too late [minor units].
    latency : int64 array, shape (BUCKETS,)
        `QuantileSketch` of the time from wish to answer.

    Examples
    --------
    >>> both = Tally.empty(Shape(3, 1)).add(Tally.empty(Shape(3, 1)))
    >>> both.ended, both.share(Count.LEAKED)
    (0, None)
    """

    counts: Counts
    roots: Counts
    glv_minor: Counts
    told_minor: Counts
    latency: Counts

    @classmethod
    def empty(cls, shape: Shape) -> Self:
        """Count nothing yet."""
        return cls(
            np.zeros(len(Count), np.int64),
            np.zeros((len(LeakClass), shape.services + 1), np.int64),
            np.zeros((len(LeakClass), shape.services + 1, shape.currencies), np.int64),
            np.zeros(shape.currencies, np.int64),
            np.zeros(BUCKETS, np.int64),
        )

    def add(self, other: Tally) -> Self:
        """Take in what another has counted."""
        self.counts += other.counts
        self.roots += other.roots
        self.glv_minor += other.glv_minor
        self.told_minor += other.told_minor
        self.latency += other.latency
        return self

    def remove(self, other: Tally) -> Self:
        """Give back what another has counted, and this one has taken in."""
        self.counts -= other.counts
        self.roots -= other.roots
        self.glv_minor -= other.glv_minor
        self.told_minor -= other.told_minor
        self.latency -= other.latency
        return self

    def __getitem__(self, count: Count) -> int:
        return int(self.counts[count])

    @property
    def ended(self) -> int:
        """Intents that have ended; what the end of the run has left open has not."""
        return self[Count.SUBMITTED] - self[Count.OPEN]

    def share(self, count: Count) -> float | None:
        """Return a count as a share of the intents submitted; None of none.

        An intent is counted with its end, so of a window that is a share of those that ended in it:
        what is in flight has not failed yet. What the end of the run leaves open has been submitted
        in vain, and counts below the line, as it does in the findings.
        """
        submitted = self[Count.SUBMITTED]
        return self[count] / submitted if submitted else None

    @property
    def leaks(self) -> Counts:
        """Leaked intents by class, shape (len(LeakClass),)."""
        by_class: Counts = self.roots.sum(axis=1)
        return by_class

    @property
    def leaks_by_service(self) -> Counts:
        """The same by the service to blame, shape (services + 1,)."""
        by_service: Counts = self.roots.sum(axis=0)
        return by_service

    def quantile_ms(self, q: float) -> float | None:
        """Return the `q`-quantile of latency [ms], within 1 %; None if nobody was answered."""
        (quantile_ms,) = self.quantiles_ms(q)
        return quantile_ms

    def quantiles_ms(self, *shares: float) -> list[float | None]:
        """Return several quantiles of latency, as `quantile_ms` does one."""
        found = QuantileSketch(self.latency).quantiles_s(shares)
        return [None if math.isnan(one) else one * 1e3 for one in found]


def tally_of(judgement: Judgement | None, shape: Shape) -> Tally:
    """Count intents.

    Parameters
    ----------
    judgement : Judgement or None
        Among its columns the `root_service`, the one to blame; None: there are no intents.
    shape : Shape
    """
    tally = Tally.empty(shape)
    if judgement is not None:
        _count_ends(tally, judgement)
        _count_leaks(tally, judgement)
        tally.latency += np.bincount(bucket_of(judgement.latencies_ns), minlength=BUCKETS)
    return tally


def _count_ends(tally: Tally, judgement: Judgement) -> None:
    moves = judgement.columns["amount_minor"] != 0
    ends = {
        Count.OPEN: judgement.open,
        Count.GOOD: judgement.good,
        Count.FAILED: judgement.failed,
        Count.LEAKED: judgement.leaked,
        Count.PAYMENTS: moves,
        Count.GOOD_PAYMENTS: moves & judgement.good,
    }
    tally.counts[Count.SUBMITTED] = len(moves)
    for count, which in ends.items():
        tally.counts[count] = np.count_nonzero(which)


def _count_leaks(tally: Tally, judgement: Judgement) -> None:
    if not tally[Count.LEAKED]:
        return
    # -1, the code of nobody, is the last column.
    classes, roots = judgement.parts.leak_class, judgement.columns["root_service"]
    np.add.at(tally.roots, (classes[judgement.leaked], roots[judgement.leaked]), 1)
    told = judgement.leaked.copy()
    for loss in judgement.losses():
        cells = classes[loss.rows], roots[loss.rows], loss.currency
        np.add.at(tally.glv_minor, cells, loss.glv_minor)
        told[loss.rows[loss.glv_minor != 0]] = False
    columns = judgement.columns
    np.add.at(tally.told_minor, columns["currency"][told], columns["amount_minor"][told])
