"""Durations and rates as people write them, integers and numbers as the engines keep them."""

from __future__ import annotations

import math
import re
from datetime import datetime, time
from decimal import Decimal

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

_COUNT_READ_AT_ONCE = 10_000
"""From here on nobody sees how long it is: ``"140685230717ns"``."""

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
    position, total_ns = 0, Decimal()
    while match := _QUANTITY.match(text, position):
        number, unit = match.groups()
        if unit not in _NS_PER_UNIT:
            raise ValueError(f'unknown unit "{unit}" in "{text}"; use ns, us, ms, s, m, h or d')
        if not math.isfinite(float(number)):
            raise ValueError(_beyond_the_clock(text))
        total_ns += Decimal(number) * _NS_PER_UNIT[unit]
        position = match.end()
    if position == 0 or position != len(text):
        raise ValueError(f'expected a duration with a unit, such as "250ms" or "2h", not "{text}"')
    if abs(total_ns) > DURATION_NS_MAX:
        raise ValueError(_beyond_the_clock(text))
    return round(total_ns)


def _beyond_the_clock(text: str) -> str:
    return f'"{text}" is longer than the clock can hold (146 years)'


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
    >>> format_duration(140_685_230_717)
    '2m20.685230717s'
    """
    if duration_ns == 0:
        return "0s"
    for unit in ("d", "h", "m", "s", "ms", "us", "ns"):
        count, rest = divmod(duration_ns, _NS_PER_UNIT[unit])
        if rest == 0 and (abs(count) >= 2 or unit in ("s", "ms", "us", "ns")):
            long = abs(count) >= _COUNT_READ_AT_ONCE
            return _in_parts(duration_ns) if long else f"{count}{unit}"
    raise AssertionError("every integer is a whole number of nanoseconds")


def _in_parts(duration_ns: int) -> str:
    """Write days, hours, minutes and seconds one after another."""
    rest_ns, parts = abs(duration_ns), []
    for unit in ("d", "h", "m"):
        count, rest_ns = divmod(rest_ns, _NS_PER_UNIT[unit])
        parts.append(f"{count}{unit}" if count else "")
    whole, fraction_ns = divmod(rest_ns, NS_PER_S)
    seconds = f"{whole}.{fraction_ns:09}".rstrip("0").rstrip(".")
    parts.append(f"{seconds}s" if rest_ns else "")
    sign = "-" if duration_ns < 0 else ""
    return "".join(sign + part for part in parts if part)


def since_midnight_ns(local: datetime) -> int:
    """Return how long ago midnight was, by the clock on the wall [ns].

    Examples
    --------
    >>> since_midnight_ns(datetime(2026, 11, 27, 8, 30)) == parse_duration_ns("8h 30m")
    True
    """
    return round((local - datetime.combine(local, time())).total_seconds()) * NS_PER_S
