"""Numbers and instants as people read them in a drawer."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sanket_sim.core import shares
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.meters import figures


def clock(start: str, at_ns: int) -> str:
    """Write an instant of the run by the clock on the bank's wall.

    Examples
    --------
    >>> clock("2026-11-27T08:00:00", 90_500_000_000)
    '08:01:30.5'
    """
    at = datetime.fromisoformat(start) + timedelta(microseconds=at_ns // 1000)
    return f"{at:%H:%M:%S}.{at.microsecond // 100_000}"


def clock_s(start: str, at_ns: int) -> str:
    """Write an instant of the run to the second."""
    return clock(start, at_ns).partition(".")[0]


def lasted(duration_ns: int) -> str:
    """Write how long something went on, as an alert tells it.

    Examples
    --------
    >>> lasted(161_708_623_887)
    '2 min 42 s'
    """
    return figures.span(duration_ns / NS_PER_S)


def millis(latency_ms: float | None) -> str:
    """Write a latency as tiles and alerts do: from a second on in seconds.

    Examples
    --------
    >>> millis(1.25), millis(250), millis(5200), millis(23_299.8), millis(None)
    ('1.2 ms', '250 ms', '5.2 s', '23.3 s', '-')
    """
    return "-" if latency_ms is None else " ".join(figures.duration(latency_ms))


def share(value: float | None) -> str:
    """Write a share in percent.

    Examples
    --------
    >>> share(0.0123), share(0), share(1), share(None), share(math.nan)
    ('1.23 %', '0 %', '100 %', '-', '-')
    """
    return "-" if value is None or math.isnan(value) else f"{shares.percent(value)} %"


def rate(value: float | None) -> str:
    """Write a rate per second.

    Examples
    --------
    >>> rate(123.4), rate(0.25), rate(math.nan)
    ('123/s', '0.25/s', '-')
    """
    return "-" if value is None or math.isnan(value) else f"{shares.rate(value)}/s"


def words(name: str) -> str:
    """Write a name from code as people say it.

    Examples
    --------
    >>> words("card_testing"), words("LATE_COMMIT")
    ('card testing', 'late commit')
    """
    return name.replace("_", " ").lower() if name.isupper() else name.replace("_", " ")


def capital(text: str) -> str:
    """Begin a text with a capital, and leave the rest as it is.

    Examples
    --------
    >>> capital("p99 > 1 s"), capital("core banking"), capital("")
    ('P99 > 1 s', 'Core banking', '')
    """
    return text[:1].upper() + text[1:]
