"""Leaks by the service to blame: the heat of the map."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank
from sanket_sim.core.money import exponent_of
from sanket_sim.live.frames import WINDOW_S
from sanket_sim.live.services.second_ring import SecondRing, Whole
from sanket_sim.trace.batch import Columns, rows_in

LAST_KEPT = 200


class LeakHeat:
    """Folds payments that have ended into leaks by service.

    Attributes
    ----------
    leaked, value_minor : int64 arrays, shape (services + 1,)
        Since the start: leaks, and their gross value in the bank's first currency, at its own
        rates; the last place is for leaks that no service is to blame for.
    ended : int
        Intents that have ended since the start.
    """

    def __init__(self, bank: Bank) -> None:
        self._size = len(bank.services) + 1
        self.leaked = np.zeros(self._size, np.int64)
        self.value_minor = np.zeros(self._size, np.int64)
        self.ended = 0
        self._window = SecondRing((self._size + 1,), WINDOW_S)
        self._last: list[deque[int]] = [deque(maxlen=LAST_KEPT) for _ in range(self._size)]
        self._rates = _first_currency_per_unit(bank)

    def observe(self, ended: Columns, roots: Whole, second: int, *, timed: bool = True) -> None:
        """Take in the payments of a tick; `roots` are their services to blame, -1 for none.

        Those that the end of a run leaves open took no time (`timed` false): no window has them.
        """
        self._window.advance(second)
        if not rows_in(ended):
            return
        leaked = np.flatnonzero(ended["leak_class"] > 0)
        places = np.where(roots[leaked] >= 0, roots[leaked], self._size - 1)
        if timed:
            cells = np.concatenate([places, np.full(rows_in(ended), self._size)])
            self._window.add(np.full(len(cells), second), cells)
        self.ended += rows_in(ended)
        self.leaked += np.bincount(places, minlength=self._size)
        np.add.at(self.value_minor, places, self.worth_minor(ended)[leaked])
        for place, tx_id in zip(places.tolist(), ended["tx_id"][leaked].tolist(), strict=True):
            self._last[place].append(tx_id)

    def last_of(self, place: int) -> list[int]:
        """Return the last payments that a service leaked, `LAST_KEPT` at most."""
        return list(self._last[place])

    def shares(self, *, since_start: bool = False) -> NDArray[np.float64]:
        """Leaks of each service as a share of the intents that ended; in the window, or ever."""
        if since_start:
            return np.asarray(self.leaked / max(self.ended, 1))
        counts = self._window.last(WINDOW_S)
        return np.asarray(counts[: self._size] / max(int(counts[-1]), 1))

    def worth_minor(self, ended: Columns) -> Whole:
        """Return the gross leak of each payment over both legs, in the first currency."""
        second = np.where(ended["second_currency"] >= 0, ended["second_currency"], 0)
        lost = ended["glv_minor"] * self._rates[ended["currency"]]
        lost += ended["second_glv_minor"] * self._rates[second]
        return np.asarray(np.rint(lost).astype(np.int64))


def _first_currency_per_unit(bank: Bank) -> NDArray[np.float64]:
    """Return minor units of the first currency for one minor unit of each currency."""
    first = bank.currencies[0]
    return np.array(
        [
            float(
                Fraction(10 ** exponent_of(first), 10 ** exponent_of(name))
                / bank.rates.get(name, Fraction(1))
            )
            for name in bank.currencies
        ]
    )
