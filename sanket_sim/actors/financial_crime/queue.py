"""Alerts that wait for an analyst: first come, first served, by people with office hours."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime

from sanket_sim.actors.back_office.office import ns_until
from sanket_sim.actors.financial_crime.settings import FinancialCrimeSettings
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS, NS_PER_S


@dataclass(frozen=True, slots=True, order=True)
class Alert:
    """Something suspicious about an account.

    Parameters
    ----------
    raised_ns : int
    account : int
    tx_id : int
        The payment that raised it (of several, the last).
    reason : str
    score : float
    """

    raised_ns: int
    account: int
    tx_id: int
    reason: str
    score: float


@dataclass(frozen=True, slots=True)
class Review:
    """An alert that an analyst takes up at `begun_ns` and has judged at `ended_ns`."""

    alert: Alert
    begun_ns: int
    ended_ns: int
    ordinal: int
    """How many alerts about the account were looked into before."""


class ReviewQueue:
    """A queue with as many servers as there are analysts.

    While an account waits for its review, further alerts about it join the first. Nothing depends
    on when the queue is told of an alert, only on when it was raised.

    Parameters
    ----------
    settings : FinancialCrimeSettings
    start : datetime
        Local time at instant 0.
    draws : Draws

    Examples
    --------
    >>> one = FinancialCrimeSettings.model_validate(
    ...     {"analysts": 1, "handling": {"law": "constant", "value": "10m"}})
    >>> queue = ReviewQueue(one, datetime(2026, 11, 27, 8), Draws(1))
    >>> first = queue.take(Alert(0, 90, 1, "score", 0.9))
    >>> second = queue.take(Alert(60_000_000_000, 91, 2, "score", 0.7))
    >>> [review.ended_ns // 60_000_000_000 for review in (first, second)]
    [10, 20]
    """

    def __init__(self, settings: FinancialCrimeSettings, start: datetime, draws: Draws) -> None:
        self.settings = settings
        self._law = settings.handling.build()
        self._draws = draws.child("handling")
        self._free_ns = [0] * settings.analysts
        self._waits_until_ns: dict[int, int] = {}
        self._ordinals: dict[int, int] = {}
        self._opens_ns = self._closes_ns = 0
        if settings.opens is not None and settings.closes is not None:
            self._opens_ns = ns_until(start, settings.opens) - DAY_NS
            length = datetime.combine(start, settings.closes) - datetime.combine(
                start, settings.opens
            )
            self._closes_ns = self._opens_ns + round(length.total_seconds()) * NS_PER_S

    def take(self, alert: Alert) -> Review | None:
        """Let an alert join the queue; None if nobody works, or the account waits already."""
        waits = self._waits_until_ns.get(alert.account, -1) > alert.raised_ns
        if waits or not self._free_ns:
            return None
        ordinal = self._ordinals.get(alert.account, 0)
        self._ordinals[alert.account] = ordinal + 1
        begun_ns = self._open_at(max(alert.raised_ns, self._free_ns[0]))
        ended_ns = begun_ns + self._handling_ns(alert.account, ordinal)
        heapq.heapreplace(self._free_ns, ended_ns)
        self._waits_until_ns[alert.account] = ended_ns
        return Review(alert, begun_ns, ended_ns, ordinal)

    def _handling_ns(self, account: int, ordinal: int) -> int:
        u = float(self._draws.uniform(account, ordinal))
        return max(self.settings.minimum, self._law.ns(u))

    def _open_at(self, at_ns: int) -> int:
        """Return the first instant from `at_ns` on at which the office is open."""
        if self._opens_ns == self._closes_ns:
            return at_ns
        into_ns = (at_ns - self._opens_ns) % DAY_NS
        shut = into_ns >= self._closes_ns - self._opens_ns
        return at_ns + DAY_NS - into_ns if shut else at_ns
