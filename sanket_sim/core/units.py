"""Durations and rates as people write them, integers and numbers as the engines keep them."""

from __future__ import annotations

import math
import re
from datetime import datetime, time

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
MINUTE_NS = 60 * NS_PER_S
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS

_NS_PER_UNIT = {
    "ns": 1,
    "us": NS_PER_US,
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "m": MINUTE_NS,
    "h": HOUR_NS,
    "d": DAY_NS,
}
_QUANTITY = re.compile(r"\s*([+-]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([a-zA-Z]+)\s*")
_RATE = re.compile(r"\s*([+-]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*/\s*(s|m|h|d)\s*")

DURATION_NS_MAX = 2**62
"""Longest time the clock can hold (146 years); sums of two still fit an int64."""


def parse_duration_ns(text: str) -> int:
    """Read a duration with its unit.

    Parameters
    ----------
    text : str
        A number and one of ``ns us ms s m h d``; several may follow one another (``"1m30s"``).

    Returns
    -------
    int
        Whole nanoseconds, rounded to nearest. May be negative: ranges are the caller's rule.

    Raises
    ------
    ValueError
        If there is no number, no unit, an unknown unit, or more than 146 years.

    Examples
    --------
    >>> parse_duration_ns("250ms"), parse_duration_ns("1m30s")
    (250000000, 90000000000)
    """
    position, total_ns = 0, 0.0
    while match := _QUANTITY.match(text, position):
        number, unit = match.groups()
        if unit not in _NS_PER_UNIT:
            raise ValueError(f'unknown unit "{unit}" in "{text}"; use ns, us, ms, s, m, h or d')
        total_ns += float(number) * _NS_PER_UNIT[unit]
        position = match.end()
    if position == 0 or position != len(text):
        raise ValueError(f'expected a duration with a unit, such as "250ms" or "2h", not "{text}"')
    if not math.isfinite(total_ns) or abs(total_ns) > DURATION_NS_MAX:
        raise ValueError(f'"{text}" is longer than the clock can hold (146 years)')
    return round(total_ns)


def parse_rate_per_s(text: str) -> float:
    """Read a rate such as ``"120/s"`` or ``"6_000/h"`` as events per second.

    Examples
    --------
    >>> parse_rate_per_s("120/s"), parse_rate_per_s("90/m")
    (120.0, 1.5)
    """
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f'expected a rate with its unit, such as "120/s", not "{text}"')
    number, unit = match.groups()
    rate_per_s = float(number) * NS_PER_S / _NS_PER_UNIT[unit]
    if not math.isfinite(rate_per_s):
        raise ValueError(f'"{text}" is not a finite rate')
    return rate_per_s


def format_duration(duration_ns: int) -> str:
    """Write a duration so that `parse_duration_ns` reads back the same nanoseconds.

    Examples
    --------
    >>> format_duration(90_000_000_000), format_duration(250_000_000), format_duration(0)
    ('90s', '250ms', '0s')
    >>> format_duration(7_200_000_000_000), format_duration(600_000_000_000)
    ('2h', '10m')
    """
    if duration_ns == 0:
        return "0s"
    for unit in ("d", "h", "m", "s", "ms", "us", "ns"):
        count, rest = divmod(duration_ns, _NS_PER_UNIT[unit])
        if rest == 0 and (abs(count) >= 2 or unit in ("s", "ms", "us", "ns")):
            return f"{count}{unit}"
    raise AssertionError("every integer is a whole number of nanoseconds")


def since_midnight_ns(local: datetime) -> int:
    """Return how long ago midnight was, by the clock on the wall [ns].

    Examples
    --------
    >>> since_midnight_ns(datetime(2026, 11, 27, 8, 30)) == parse_duration_ns("8h 30m")
    True
    """
    return round((local - datetime.combine(local, time())).total_seconds()) * NS_PER_S
