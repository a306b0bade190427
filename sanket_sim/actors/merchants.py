"""Shops: what they sell, when they are open, and how much one leaves there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS, HOUR_NS

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

CATEGORIES = ("groceries", "restaurant", "transport", "fuel", "fashion", "electronics", "health",
              "leisure", "services", "online")  # fmt: skip
ONLINE = CATEGORIES.index("online")

_SHARES = np.array([0.22, 0.18, 0.08, 0.06, 0.10, 0.06, 0.08, 0.07, 0.07, 0.08])
_DEAR = np.array([-0.3, -0.3, -1.5, 0.5, 0.7, 1.6, -0.1, 0.1, 0.6, 0.4])
"""How dear each category is, before it is scaled to mean 0 and variance 1 over the shops."""
_OPENS_H = np.array([7.0, 10.0, 0.0, 0.0, 9.0, 9.0, 8.0, 10.0, 8.0, 0.0])
_CLOSES_H = np.array([22.0, 24.0, 24.0, 24.0, 20.0, 20.0, 20.0, 24.0, 18.0, 24.0])
_SUNDAYS = np.array([True, True, True, True, False, False, False, True, False, True])
_CATEGORY_WEIGHT = 0.8
"""How much of a shop's ticket its category says, on the normal scale."""
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Merchants:
    """Shops as columns, indexed by merchant number; each by its own draws.

    Parameters
    ----------
    category : int8 array
        Index into `CATEGORIES`. Merchant 0 sells online, so that one shop is always open.
    opens_h, closes_h : float64 array [h]
        Local time; 0 to 24 is always.
    sundays : bool array
        Whether it opens on Sundays.
    ticket : float64 array
        How large its payments are, on the normal scale; over all shops about standard normal.
    always : int64 array
        Merchant numbers of those that never close.
    """

    category: NDArray[np.int8]
    opens_h: Floats
    closes_h: Floats
    sundays: NDArray[np.bool_]
    ticket: Floats
    always: Numbers

    @classmethod
    def open_shops(cls, count: int, draws: Draws) -> Merchants:
        """Draw every shop by its number.

        Examples
        --------
        >>> few, many = (Merchants.open_shops(n, Draws(1)) for n in (3, 5))
        >>> bool((few.ticket == many.ticket[:3]).all()), few.always[0].item()
        (True, 0)
        """
        number = np.arange(count, dtype=np.int64)
        u = draws.child("category").uniform(number)
        category = np.searchsorted(np.cumsum(_SHARES)[:-1], u, side="right")
        category[0] = ONLINE
        later_h = np.floor(3.0 * draws.child("hours").uniform(number)) - 1.0
        round_the_clock = (_OPENS_H[category] == 0.0) & (_CLOSES_H[category] == 24.0)
        later_h[round_the_clock] = 0.0
        own = ndtri(draws.child("ticket").uniform(number))
        return cls(
            category=category.astype(np.int8),
            opens_h=_OPENS_H[category] + later_h,
            closes_h=np.minimum(_CLOSES_H[category] + later_h, 24.0),
            sundays=_SUNDAYS[category],
            ticket=_CATEGORY_WEIGHT * _scores()[category] + np.sqrt(1 - _CATEGORY_WEIGHT**2) * own,
            always=np.flatnonzero(round_the_clock),
        )

    def __len__(self) -> int:
        return len(self.category)

    def are_open(self, merchant: Numbers, at_ns: Numbers, start: datetime) -> NDArray[np.bool_]:
        """Say which shops are open at instants since `start`."""
        hour, weekday = clock(at_ns, start)
        in_hours = (hour >= self.opens_h[merchant]) & (hour < self.closes_h[merchant])
        open_now: NDArray[np.bool_] = in_hours & ((weekday != _SUNDAY) | self.sundays[merchant])
        return open_now


def clock(at_ns: Numbers, start: datetime) -> tuple[Floats, Numbers]:
    """Return local hours of day and weekdays (Monday 0) of instants since `start`.

    Examples
    --------
    >>> hour, weekday = clock(np.array([0, DAY_NS]), datetime.fromisoformat("2026-11-22T06:30"))
    >>> hour.tolist(), weekday.tolist()
    ([6.5, 6.5], [6, 0])
    """
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    local_ns = at_ns + (start - midnight) // timedelta(microseconds=1) * 1000
    return local_ns % DAY_NS / HOUR_NS, (local_ns // DAY_NS + start.weekday()) % 7


def _scores() -> Floats:
    centred = _DEAR - np.average(_DEAR, weights=_SHARES)
    scores: Floats = centred / np.sqrt(np.average(centred**2, weights=_SHARES))
    return scores
