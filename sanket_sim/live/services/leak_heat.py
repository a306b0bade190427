"""Leaks by the service to blame: the heat of the map, from the counts behind tiles and alerts."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank
from sanket_sim.core.money import exponent_of
from sanket_sim.live.services.second_ring import Whole
from sanket_sim.trace.batch import Columns


class Counted(Protocol):
    """What is counted of leaks, for the whole deck; `meters.instruments.Instruments` is it."""

    @property
    def over(self) -> bool:
        """Whether customers have stopped arriving."""
        ...

    @property
    def leaked(self) -> Whole:
        """Leaks since the warm-up by the service to blame, shape (services,)."""
        ...

    @property
    def lost_minor(self) -> Whole:
        """Their gross value, shape (services, currencies) [minor units]."""
        ...

    @property
    def leak_shares(self) -> NDArray[np.float64]:
        """Leaks of what is shown now as shares of its intents, shape (services,)."""
        ...


class LeakHeat:
    """Reads the leaks of each service off what the tiles are read from: it counts nothing itself.

    Parameters
    ----------
    bank : Bank
    now : Counted
    """

    def __init__(self, bank: Bank, now: Counted) -> None:
        self._now = now
        self._rates = _first_currency_per_unit(bank)

    @property
    def leaked(self) -> Whole:
        """Leaks by service since the warm-up, as the findings count them."""
        return self._now.leaked

    @property
    def value_minor(self) -> Whole:
        """And their gross value in the bank's first currency, at its own rates."""
        lost = self._now.lost_minor @ self._rates
        return np.asarray(np.rint(lost).astype(np.int64))

    @property
    def shares(self) -> NDArray[np.float64]:
        """Leaks by service as shares of the intents of the window; at the end, of all submitted."""
        return self._now.leak_shares

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
