"""Shares and rates as people read them: the same on a terminal, on a tile and in a drawer."""

from __future__ import annotations

import math

_DECIMALS_MOST = 6


def percent(share: float) -> str:
    """Write a share of one in percent, the finer the nearer it is to nothing or to all.

    What is not quite nothing or all does not look like it, down to a millionth of a percent: of the
    smaller of the share and what it lacks two digits are told.

    Examples
    --------
    >>> percent(0.912), percent(0.0462), percent(0.00031), percent(0), percent(1.0)
    ('91.2', '4.62', '0.031', '0', '100')
    >>> percent(0.9987), percent(0.9999)
    ('99.87', '99.990')
    """
    value = 100 * share
    if value in (0, 100):
        return f"{value:.0f}"
    # Binary fractions: what 0.99 lacks is a little more than a hundredth.
    distance = max(round(min(abs(value), abs(100 - value)), 9), 10.0**-_DECIMALS_MOST)
    least = 2 if abs(value) < 10 or distance < 1 else 1
    decimals = max(least, 1 - math.floor(math.log10(distance)))
    return f"{value:.{min(decimals, _DECIMALS_MOST)}f}"


def rate(per_s: float) -> str:
    """Write how often something happens, in two digits or whole.

    Examples
    --------
    >>> rate(1330.4), rate(4.26), rate(0.254), rate(0)
    ('1,330', '4.3', '0.25', '0')
    """
    if per_s >= 10 or per_s == 0:
        return f"{per_s:,.0f}"
    return f"{per_s:.1f}" if per_s >= 1 else f"{per_s:.2g}"
