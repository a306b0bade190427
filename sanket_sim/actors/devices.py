"""Phones and computers, and where people are: what a channel sees of whoever makes a payment.

Nothing here says "strange": a thief's phone has an id like any other, and it is up to the bank to
remember whose phones it has seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.places import ABROAD, PLACES
from sanket_sim.core.draws import Draws

Numbers = NDArray[np.int64]

_DEVICE_BITS = 40
_SECOND_SHARE = 0.15
"""Share of what people do that they do on their second device (a tablet, the office computer)."""
_BORROWED_SHARE = 0.004
_JOURNEY_SHARE = 0.06
"""Share of what people do that they do in another region."""
_ABROAD_SHARE = 0.015


class Devices:
    """Who holds which device, and who is where; all keyed, nothing kept.

    Parameters
    ----------
    draws : Draws
    home : int8 array, shape (customers,)
        Code of the place where each customer lives.

    Examples
    --------
    >>> devices = Devices(Draws(1), np.array([3, 5], dtype=np.int8))
    >>> mine = devices.own(np.array([0, 0]), np.array([7, 8]))
    >>> len(set(mine.tolist())) <= 2, devices.strange(7) not in mine
    (True, True)
    """

    def __init__(self, draws: Draws, home: NDArray[np.int8]) -> None:
        self.draws = draws.child("device")
        self.home = home

    def enrolled(self, customer: Numbers) -> Numbers:
        """Return the devices that customers have enrolled with the bank."""
        return self._id(customer, np.zeros_like(customer))

    def own(self, customer: Numbers, key: Numbers) -> Numbers:
        """Return the devices that customers use for acts under `key`: theirs, now and then not."""
        u = self.draws.child("which").uniform(key)
        second = self._id(customer, np.ones_like(customer))
        borrowed = self._id(np.full_like(customer, -1), key)
        rest = np.where(u < 1.0 - _BORROWED_SHARE, second, borrowed)
        first = u < 1.0 - _BORROWED_SHARE - _SECOND_SHARE
        return np.where(first, self.enrolled(customer), rest)

    def place(self, customer: Numbers, key: Numbers) -> NDArray[np.int8]:
        """Return where customers are at acts under `key`: mostly at home."""
        u = self.draws.child("place").uniform(key)
        anywhere = 1 + (self.draws.child("journey").uniform(key) * (len(PLACES) - 1)).astype(int)
        away = np.where(u < _ABROAD_SHARE, ABROAD, anywhere)
        at_home = u >= _ABROAD_SHARE + _JOURNEY_SHARE
        return np.where(at_home, self.home[customer], away).astype(np.int8)

    def strange(self, *keys: int) -> int:
        """Return a device that belongs to no customer, named by `keys`."""
        return int(self.draws.child("strange").key(0, *keys)) >> (63 - _DEVICE_BITS)

    def _id(self, customer: Numbers, which: Numbers) -> Numbers:
        return self.draws.child("id").key(customer, which) >> (63 - _DEVICE_BITS)
