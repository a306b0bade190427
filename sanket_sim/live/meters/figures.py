"""Numbers as people read them on a tile or in an alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction

from sanket_sim.analysis.run_folder import worth_of
from sanket_sim.core.money import exponent_of
from sanket_sim.core.shares import rate

NOTHING = "\N{EN DASH}"
"""Stands where there is nothing to read."""
TIMES = "\N{MULTIPLICATION SIGN}"
MANY = 10.0
"""From here on a change is told as a multiple, not in percent."""
_MINUS = "\N{MINUS SIGN}"
Reading = tuple[str, str]
"""A number and its unit."""
_SHORTENED = 10_000.0
_SIZES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def flow(per_s: float) -> Reading:
    """Write a rate of payments, by the minute or the hour where few come in a second.

    Examples
    --------
    >>> flow(330.4), flow(0.05), flow(0.0004), flow(0)
    (('330', 'tx/s'), ('3.0', 'tx/min'), ('1.4', 'tx/h'), ('0', 'tx/s'))
    """
    if per_s >= 0.1 or per_s == 0:
        return rate(per_s), "tx/s"
    per_min = 60 * per_s
    return (rate(per_min), "tx/min") if per_min >= 0.1 else (rate(60 * per_min), "tx/h")


def duration(ms: float) -> Reading:
    """Write a time span.

    Examples
    --------
    >>> duration(1230.0), duration(312.4), duration(3.14)
    (('1.23', 's'), ('312', 'ms'), ('3.1', 'ms'))
    """
    if ms >= 1000:
        return f"{ms / 1000:.3g}" if ms < 100_000 else f"{ms / 1000:,.0f}", "s"
    return f"{ms:.0f}" if ms >= 10 else f"{ms:.1f}", "ms"


def score(per_hundred: float) -> str:
    """Write a score to the digits of the report, so that 100 means that nothing went wrong.

    Examples
    --------
    >>> score(83.84), score(99.996), score(100.0)
    ('83.84', '99.99', '100')
    """
    return "100" if per_hundred == 100 else f"{min(per_hundred, 99.99):.4g}"


def clock(start: datetime, at_ns: int) -> str:
    """Write an instant of the run by the clock on the bank's wall; of another day, with the day.

    Examples
    --------
    >>> begin = datetime(2026, 11, 27, 8)
    >>> clock(begin, 60_000_000_000), clock(begin, 86_400_000_000_000)
    ('08:01:00', '28 Nov 08:00')
    """
    at = start + timedelta(microseconds=at_ns // 1000)
    return f"{at:%H:%M:%S}" if at.date() == start.date() else f"{at.day} {at:%b %H:%M}"


def power(watts: float) -> str:
    """Write a power.

    Examples
    --------
    >>> power(2470.0), power(214.3)
    ('2.47 kW', '214 W')
    """
    return f"{watts / 1000:.3g} kW" if watts >= 1000 else f"{watts:.0f} W"


def carbon(milligrams: float) -> Reading:
    """Write a mass of carbon in the unit that keeps it short.

    Examples
    --------
    >>> carbon(480.2), carbon(0.4312), carbon(1950.0), carbon(0.0021)
    (('480', 'mg'), ('0.431', 'mg'), ('1.95', 'g'), ('2.1', 'µg'))
    """
    if milligrams >= 1000:
        return f"{milligrams / 1000:.3g}", "g"
    if milligrams >= 0.01:
        return f"{milligrams:.3g}", "mg"
    return f"{milligrams * 1000:.3g}", "µg"


def change(ratio: float) -> str:
    r"""Write how much more or less something is than what it is held against.

    Examples
    --------
    >>> change(1.21), change(1.0), change(0.8) == "\N{MINUS SIGN}20 %", change(106.5)
    ('+21 %', '±0 %', True, '106 times')
    """
    if ratio >= MANY:
        return f"{ratio:.0f} times"
    per_cent = round(100 * (ratio - 1))
    if per_cent == 0:
        return "±0 %"
    return f"{'+' if per_cent > 0 else _MINUS}{abs(per_cent)} %"


def worth(amounts_minor: Mapping[str, int], rates: Mapping[str, Fraction], into: str) -> str:
    """Write amounts of several currencies as one, at the bank's own rates.

    Parameters
    ----------
    amounts_minor : mapping
        Currency -> minor units.
    rates : mapping
        Units of a currency for one unit of `into`; one without a rate is taken at par.
    into : str
        The bank's first currency.

    Examples
    --------
    >>> worth({"EUR": 4_895_200, "JPY": 16_300}, {"JPY": Fraction(163)}, "EUR")
    '49,052 EUR'
    >>> worth({"EUR": 1250}, {}, "EUR")
    '12.50 EUR'
    """
    total = worth_of(amounts_minor, rates)
    decimals = 0 if total >= 1000 or total == 0 else exponent_of(into)
    return f"{float(total):,.{decimals}f} {into}"


def short_worth(amounts_minor: Mapping[str, int], rates: Mapping[str, Fraction], into: str) -> str:
    """Write amounts as `worth` does, those of five digits and more in three: a tile is narrow.

    Examples
    --------
    >>> short_worth({"EUR": 16_795_200}, {}, "EUR"), short_worth({"EUR": 4_895_200}, {}, "EUR")
    ('168 k EUR', '49 k EUR')
    >>> short_worth({"EUR": 1_234_567_800}, {}, "EUR"), short_worth({"EUR": 999_900}, {}, "EUR")
    ('12.3 M EUR', '9,999 EUR')
    """
    total = float(worth_of(amounts_minor, rates))
    if total < _SHORTENED:
        return worth(amounts_minor, rates, into)
    rounded = float(f"{total:.3g}")
    size, sign = next((size, sign) for size, sign in _SIZES if rounded >= size)
    return f"{rounded / size:.3g} {sign} {into}"


def span(seconds: float) -> str:
    """Write a stretch of simulated time.

    Examples
    --------
    >>> span(42.3), span(135.0), span(7200)
    ('42 s', '2 min 15 s', '2 h')
    """
    whole = round(seconds)
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s")]
    shown = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "0 s"
