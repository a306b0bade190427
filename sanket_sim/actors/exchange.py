"""What the bank's money is worth in its other money: exact rates between currencies by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank
from sanket_sim.core.money import convert_minors

HOME = 0
"""The bank's first currency, in which every customer has a current account."""


class Exchange:
    """The bank's currencies and what they cost one another.

    Parameters
    ----------
    currencies : sequence of str
        The first is the bank's own.
    rates : mapping
        Currency -> units of it for one unit of the bank's own.

    Examples
    --------
    >>> desk = Exchange(("EUR", "JPY", "USD"), {"JPY": Fraction(160), "USD": Fraction("1.1")})
    >>> desk.converted_minor(np.array([1_000, 1]), 0, 1).tolist()
    [1600, 2]
    >>> desk.rate(2, 1), desk.trades(1)
    (Fraction(1600, 11), True)
    """

    def __init__(
        self, currencies: Sequence[str] = ("EUR",), rates: Mapping[str, Fraction] | None = None
    ) -> None:
        self.currencies = tuple(currencies)
        self._units = {**(rates or {}), self.currencies[HOME]: Fraction(1)}

    @classmethod
    def of(cls, bank: Bank) -> Self:
        """Take a bank's currencies and rates."""
        return cls(bank.currencies, bank.rates)

    def trades(self, currency: int) -> bool:
        """Say whether the bank has a rate for a currency."""
        return self.currencies[currency] in self._units

    def rate(self, of: int, to: int) -> Fraction:
        """Return units of one currency for one unit of another.

        Raises
        ------
        ValueError
            If the bank has no rate for one of them.
        """
        for currency in (of, to):
            if not self.trades(currency):
                raise ValueError(f"rates: the bank has none for {self.currencies[currency]}")
        return self._units[self.currencies[to]] / self._units[self.currencies[of]]

    def converted_minor(
        self, amounts_minor: NDArray[np.int64], of: int, to: int
    ) -> NDArray[np.int64]:
        """Return amounts of one currency in another, each in its own minor units, half to even."""
        names = self.currencies[of], self.currencies[to]
        return convert_minors(amounts_minor, self.rate(of, to), *names)
