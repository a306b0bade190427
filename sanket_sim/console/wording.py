"""Numbers as people read them: money, clock times, shares, intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from sanket_sim.core import shares
from sanket_sim.core.money import format_minor
from sanket_sim.core.units import NS_PER_S

if TYPE_CHECKING:
    from rich.console import Console

    from sanket_sim.analysis.statistics import Estimate


def money(amount_minor: int, currency: str) -> str:
    """Write minor units as money, with the currency's own number of decimals.

    Examples
    --------
    >>> money(1234567, "EUR"), money(-50, "EUR"), money(1200, "JPY"), money(1200, "KWD")
    ('12,345.67 EUR', '-0.50 EUR', '1,200 JPY', '1.200 KWD')
    """
    return format_minor(amount_minor, currency)


def counted(number: int, thing: str) -> str:
    """Write how many there are of something, in its singular or its plural.

    Examples
    --------
    >>> counted(1, "fault"), counted(0, "fault"), counted(2000, "campaign")
    ('1 fault', '0 faults', '2,000 campaigns')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def clock(time_ns: int) -> str:
    """Write simulated time as people say it.

    Examples
    --------
    >>> clock(0), clock(90_500_000_000), clock(7_265_000_000_000)
    ('0:00', '1:30', '2:01:05')
    """
    minutes, seconds = divmod(time_ns // NS_PER_S, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def percent(share: float) -> str:
    """Write a share in percent; one that nobody knows as a dash.

    Examples
    --------
    >>> percent(0.5), percent(0.00012), percent(0.9999), percent(1.0), percent(float("nan"))
    ('50.0 %', '0.012 %', '99.990 %', '100 %', '-')
    """
    return "-" if math.isnan(share) else f"{shares.percent(share)} %"


def seconds(span_s: float) -> str:
    """Write a span of time with a unit that suits it.

    Examples
    --------
    >>> seconds(0.0123), seconds(3.2), seconds(190.0), seconds(float("nan"))
    ('12.3 ms', '3.2 s', '190 s', '-')
    """
    if math.isnan(span_s):
        return "-"
    if abs(span_s) < 0.9995:
        return f"{span_s * 1e3:.3g} ms" if abs(span_s) < 0.1 else f"{span_s * 1e3:.0f} ms"
    return f"{span_s:.1f} s" if abs(span_s) < 100 else f"{span_s:,.0f} s"


def interval(estimate: Estimate, spell: Callable[[float], str] = "{:.4g}".format) -> str:
    """Write an estimate's interval, both ends by `write`.

    Examples
    --------
    >>> from sanket_sim.analysis.statistics import Estimate
    >>> interval(Estimate(0.5, 0.4, 0.6, 10), percent)
    '40.0 % .. 60.0 %'
    """
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return "-"
    return f"{spell(estimate.low)} .. {spell(estimate.high)}"


def span(estimate: Estimate) -> str:
    """Write the interval of a span of time, both ends in the unit that suits the longer.

    Examples
    --------
    >>> from sanket_sim.analysis.statistics import Estimate
    >>> span(Estimate(0.402, 0.402, 59.114, 2)), span(Estimate(0.04, 0.0123, 0.05, 9))
    ('0.4 s .. 59.1 s', '12.3 ms .. 50 ms')
    """
    if estimate.high < 0.9995:
        return interval(estimate, seconds)
    return interval(estimate, lambda end_s: f"{end_s:.1f} s" if end_s < 100 else seconds(end_s))


def plain(console: Console, text: str) -> None:
    """Say a line exactly as it is: no markup, no colour, no wrapping."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
