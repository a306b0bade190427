"""How amounts are read, stored and divided, rightly and wrongly; all in minor units."""

from __future__ import annotations

STORED_MOST = 2**31 - 1
"""Largest amount that a posting can store: the ledger's column is a signed 32-bit integer."""
_WORD = 2**32


def storable(amount_minor: int) -> bool:
    """Say whether a posting can hold the amount as it is.

    Examples
    --------
    >>> storable(2**31 - 1), storable(2**31), storable(-(2**31))
    (True, False, True)
    """
    return -STORED_MOST - 1 <= amount_minor <= STORED_MOST


def wrapped(amount_minor: int) -> int:
    """Return what a signed 32-bit column makes of an amount that nobody has checked.

    Examples
    --------
    >>> wrapped(2500), wrapped(3_000_000_000), wrapped(2**32 + 2500)
    (2500, -1294967296, 2500)
    """
    return (amount_minor + STORED_MOST + 1) % _WORD - STORED_MOST - 1


def part_minor(amount_minor: int, count: int, place: int, exact: bool) -> int:
    """Return one of `count` parts of an amount, counted from 0.

    The largest remainder gives the cents that are left over to the first parts; without it every
    part is cut off alike, and they fall short of the whole.

    Examples
    --------
    >>> [part_minor(10_000, 3, place, True) for place in range(3)]
    [3334, 3333, 3333]
    >>> sum(part_minor(10_000, 3, place, False) for place in range(3))
    9999
    """
    part = amount_minor // count
    if exact and place < amount_minor - part * count:
        return part + 1
    return part


def read_as_hundredths(amount_minor: int, exponent: int) -> int:
    """Return an amount as a reader takes it who thinks that every currency has two decimals.

    Parameters
    ----------
    amount_minor : int
    exponent : int
        Decimals that the currency really has.

    Examples
    --------
    >>> read_as_hundredths(2500, 0), read_as_hundredths(25_000, 3), read_as_hundredths(2500, 2)
    (250000, 2500, 2500)
    """
    read = amount_minor
    for _ in range(exponent, 2):
        read *= 10
    for _ in range(2, exponent):
        read //= 10
    return read


def read_decimal_comma(amount_minor: int) -> int:
    """Return "1,234.56" as a lenient reader takes it for whom the first comma is the decimal one.

    Two digits after the comma are read, the rest is dropped.

    Examples
    --------
    >>> read_decimal_comma(123_456), read_decimal_comma(123_456_789), read_decimal_comma(99_999)
    (123, 123, 99999)
    """
    units = amount_minor // 100
    if units < 1000:
        return amount_minor
    below = 0
    while units >= 1000:
        below = units % 1000
        units //= 1000
    return units * 100 + below // 10
