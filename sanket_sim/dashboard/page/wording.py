"""Numbers and instants as people read them in a drawer."""

from __future__ import annotations

from datetime import datetime, timedelta

from sanket_sim.core.units import NS_PER_MS, NS_PER_S


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


def span(duration_ns: float | None) -> str:
    """Write how long something took.

    Examples
    --------
    >>> span(1_250_000), span(250_000_000), span(5_200_000_000), span(90e9), span(None)
    ('1.2 ms', '250 ms', '5.20 s', '1:30 min', '-')
    """
    if duration_ns is None:
        return "-"
    if duration_ns < 10 * NS_PER_MS:
        return f"{duration_ns / NS_PER_MS:.1f} ms"
    if duration_ns < NS_PER_S:
        return f"{duration_ns / NS_PER_MS:.0f} ms"
    if duration_ns < 60 * NS_PER_S:
        return f"{duration_ns / NS_PER_S:.2f} s"
    minutes, seconds = divmod(round(duration_ns / NS_PER_S), 60)
    return f"{minutes}:{seconds:02d} min"


def millis(latency_ms: float | None) -> str:
    """Write a latency that came in milliseconds."""
    return span(None if latency_ms is None else latency_ms * NS_PER_MS)


def share(value: float | None) -> str:
    """Write a share in percent.

    Examples
    --------
    >>> share(0.0123), share(0), share(1), share(None)
    ('1.23 %', '0 %', '100 %', '-')
    """
    if value is None:
        return "-"
    percent = 100 * value
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.2f} %"


def rate(value: float | None) -> str:
    """Write a rate per second.

    Examples
    --------
    >>> rate(123.4), rate(0.25)
    ('123/s', '0.25/s')
    """
    if value is None:
        return "-"
    return f"{value:.0f}/s" if value >= 10 else f"{value:.2g}/s"


def words(name: str) -> str:
    """Write a name from code as people say it.

    Examples
    --------
    >>> words("card_testing"), words("LATE_COMMIT")
    ('card testing', 'late commit')
    """
    return name.replace("_", " ").lower() if name.isupper() else name.replace("_", " ")
