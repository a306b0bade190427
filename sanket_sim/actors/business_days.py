"""On which days banks are open, and where a payment goes that falls on another."""

from __future__ import annotations

import calendar
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

_SATURDAY = 5
_DAY = timedelta(days=1)


class BusinessDays:
    """Mondays to Fridays that are no holidays.

    Months are counted: January of the year 1 has number 12.

    Parameters
    ----------
    holidays : set of date
        Days on which banks are closed, beside weekends.

    Examples
    --------
    >>> days = BusinessDays({date(2026, 12, 25)})
    >>> christmas = date(2026, 12, 25)
    >>> days.at_or_after(christmas), days.at_or_before(christmas)
    (datetime.date(2026, 12, 28), datetime.date(2026, 12, 24))
    >>> days.named("last_business_day", month_of(date(2026, 5, 3)))
    datetime.date(2026, 5, 29)
    """

    def __init__(self, holidays: AbstractSet[date] = frozenset()) -> None:
        self.holidays = frozenset(holidays)

    def is_open(self, day: date) -> bool:
        """Say whether banks are open."""
        return day.weekday() < _SATURDAY and day not in self.holidays

    def at_or_after(self, day: date) -> date:
        """Return the first business day from `day` on."""
        while not self.is_open(day):
            day += _DAY
        return day

    def at_or_before(self, day: date) -> date:
        """Return the last business day up to `day`."""
        while not self.is_open(day):
            day -= _DAY
        return day

    def shifted(self, day: date, shift: str) -> date:
        """Return where a payment goes: ``"none"``, ``"next"`` or ``"previous"`` business day."""
        if shift == "none":
            return day
        return self.at_or_after(day) if shift == "next" else self.at_or_before(day)

    def named(self, word: str, month: int) -> date:
        """Return a month's first or last day, or first or last business day."""
        end = word.startswith("last")
        day = day_of(month, 31 if end else 1)
        if not word.endswith("business_day"):
            return day
        return self.at_or_before(day) if end else self.at_or_after(day)

    def is_payday(self, day: date) -> bool:
        """Say whether many salaries come: the 1st, the 25th, or the last business day."""
        return day.day in (1, 25) or day == self.named("last_business_day", month_of(day))


def month_of(day: date) -> int:
    """Return the number of the month in which a day lies."""
    return 12 * day.year + day.month - 1


def day_of(month: int, number: int) -> date:
    """Return a day of a month; where the month is shorter, its last.

    Examples
    --------
    >>> day_of(month_of(date(2026, 2, 1)), 31)
    datetime.date(2026, 2, 28)
    """
    year, january = divmod(month, 12)
    return date(year, january + 1, min(number, days_in(month)))


def days_in(month: int) -> int:
    """Return how many days a month has."""
    year, january = divmod(month, 12)
    return calendar.monthrange(year, january + 1)[1]
