"""Numbers as people read them."""

from __future__ import annotations

import math

from sanket_sim.analysis.statistics import Estimate
from sanket_sim.core import shares
from sanket_sim.core.money import format_minor

MISSING = "-"
"""What stands in an empty cell."""


def number(value: float, digits: int = 3) -> str:
    """Write a number with `digits` significant digits and separators.

    Examples
    --------
    >>> number(1234567.0), number(0.012345), number(0.0), number(math.nan)
    ('1,234,567', '0.0123', '0', '-')
    """
    if math.isnan(value):
        return MISSING
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(decimals, 9)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def estimate(found: Estimate, factor: float = 1.0, unit: str = "", digits: int = 3) -> str:
    """Write an estimate with its interval beside it.

    Examples
    --------
    >>> estimate(Estimate(0.25, 0.2, 0.31, 100), 1000, "mJ")
    '250 mJ (200 to 310)'
    """
    if not found.known:
        return MISSING
    value = f"{number(found.value * factor, digits)} {unit}".strip()
    if math.isnan(found.low):
        return value
    low, high = (number(end * factor, digits) for end in (found.low, found.high))
    return f"{value} ({low} to {high})"


def percent(share: float) -> str:
    """Write a share of one in percent, as tiles and the terminal do.

    Examples
    --------
    >>> percent(0.25), percent(0.99987), percent(math.nan)
    ('25.0 %', '99.987 %', '-')
    """
    return MISSING if math.isnan(share) else f"{shares.percent(share)} %"


def percents(found: Estimate) -> str:
    """Write a share with its interval beside it, in percent.

    Examples
    --------
    >>> percents(Estimate(0.25, 0.2, 0.31, 100)), percents(Estimate(0.25, math.nan, math.nan, 1))
    ('25.0 % (20.0 to 31.0)', '25.0 %')
    """
    if not found.known:
        return MISSING
    between = percent_interval(found)
    return percent(found.value) if between == MISSING else f"{percent(found.value)} ({between})"


def percent_interval(found: Estimate) -> str:
    """Write the interval of a share alone, in percent.

    Examples
    --------
    >>> percent_interval(Estimate(0.25, 0.2, 0.31, 100))
    '20.0 to 31.0'
    """
    if not found.known or math.isnan(found.low):
        return MISSING
    return f"{shares.percent(found.low)} to {shares.percent(found.high)}"


def per_second(per_s: float) -> str:
    """Write how often something happens.

    Examples
    --------
    >>> per_second(4.26), per_second(math.nan)
    ('4.3/s', '-')
    """
    return MISSING if math.isnan(per_s) else f"{shares.rate(per_s)}/s"


def probability(p: float) -> str:
    """Write a probability; the tiniest are all alike.

    Examples
    --------
    >>> probability(0.0321), probability(1e-55)
    ('0.032', '< 1e-06')
    """
    return f"{p:.2g}" if p >= 1e-6 else "< 1e-06"


def interval(found: Estimate, factor: float = 1.0, digits: int = 3) -> str:
    """Write the interval alone.

    Examples
    --------
    >>> interval(Estimate(0.25, 0.2, 0.31, 100), 100)
    '20 to 31'
    """
    if not found.known or math.isnan(found.low):
        return MISSING
    return f"{number(found.low * factor, digits)} to {number(found.high * factor, digits)}"


def duration(value_s: float) -> str:
    """Write a duration in the unit that fits it.

    Examples
    --------
    >>> duration(0.0123), duration(4.5), duration(90), duration(7200.0)
    ('12.3 ms', '4.5 s', '1 min 30 s', '2 h')
    """
    if math.isnan(value_s):
        return MISSING
    if abs(value_s) < 1:
        return f"{number(value_s * 1000)} ms"
    if value_s < 60:
        return f"{number(value_s)} s"
    minutes, rest = divmod(round(value_s), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def durations(found: Estimate) -> str:
    """Write a duration with its interval, all in the unit that fits the longest of them.

    Examples
    --------
    >>> durations(Estimate(0.402, 0.4, 59.114, 2)), durations(Estimate(0.04, 0.03, 0.05, 9))
    ('0.402 s (0.4 to 59.1)', '40 ms (30 to 50)')
    """
    if not found.known:
        return MISSING
    longest_s = found.value if math.isnan(found.high) else found.high
    factor, unit = (1000.0, "ms") if longest_s < 1 else (1.0, "s")
    return estimate(found, factor, unit)


def moneys(amounts: dict[str, int]) -> str:
    """Write amounts by currency, without those that are nothing unless all are.

    Examples
    --------
    >>> moneys({"EUR": 2500, "JPY": 0, "KWD": 1500}), moneys({"EUR": 0, "JPY": 0}), moneys({})
    ('25.00 EUR, 1.500 KWD', '0.00 EUR', '0')
    """
    told = [(minor, currency) for currency, minor in amounts.items() if minor]
    first = [(minor, currency) for currency, minor in amounts.items()][:1]
    return ", ".join(format_minor(*one) for one in told or first) or "0"


def words(name: str) -> str:
    """Write a name of code as words.

    Examples
    --------
    >>> words("GHOST_POSTING"), words("card_payment")
    ('Ghost posting', 'Card payment')
    """
    return name.replace("_", " ").capitalize()
