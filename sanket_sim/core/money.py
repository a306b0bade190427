"""Money between currencies: how many decimals each has, and exact conversion.

Amounts are whole minor units (cents, yen, fils) and rates are fractions; no float comes near
either, so converting in one place and checking in another always agrees.

References
----------
ISO 4217:2015, list one (SIX Financial Information AG, the standard's maintenance agency): the
column "minor unit". Half to even is IEEE 754's default: over many payments it favours no side.
"""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

_CODE = re.compile(r"[A-Z]{3}")
_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_NOT_HUNDREDTHS = {code: count for count, codes in _BY_DECIMALS.items() for code in codes.split()}
"""Every currency of ISO 4217 whose minor unit is not a hundredth -> its number of decimals."""

_HUNDREDTHS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA
MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD
TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_HUNDREDTHS.split()) | _NOT_HUNDREDTHS.keys()
"""Every currency of ISO 4217."""

_INT64_END = 2**63


def exponent_of(currency: str) -> int:
    """Return how many decimals a currency has.

    Parameters
    ----------
    currency : str
        Three capital letters. Codes that ISO 4217 does not name count hundredths, as all but
        twenty-six of its own do.

    Raises
    ------
    ValueError
        If it is not written like a currency.

    Examples
    --------
    >>> exponent_of("EUR"), exponent_of("JPY"), exponent_of("KWD"), exponent_of("CLF")
    (2, 0, 3, 4)
    """
    if _CODE.fullmatch(currency) is None:
        raise ValueError(f'expected a currency such as "EUR", not "{currency}"')
    return _NOT_HUNDREDTHS.get(currency, 2)


def format_minor(amount_minor: int, currency: str) -> str:
    """Write an amount as people read it, with the currency's own number of decimals.

    A currency that ISO 4217 does not know, well written or not, is taken to have hundredths.

    Examples
    --------
    >>> format_minor(1234567, "EUR"), format_minor(-1200, "JPY"), format_minor(50, "KWD")
    ('12,345.67 EUR', '-1,200 JPY', '0.050 KWD')
    """
    exponent = _NOT_HUNDREDTHS.get(currency, 2)
    whole, rest = divmod(abs(amount_minor), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    return f"{'-' if amount_minor < 0 else ''}{whole:,}{decimals} {currency}"


def convert_minor(amount_minor: int, rate: Fraction, from_currency: str, to_currency: str) -> int:
    """Convert an amount, half to even.

    Parameters
    ----------
    amount_minor : int
        Minor units of `from_currency`; negative amounts mirror positive ones.
    rate : Fraction
        Units of `to_currency` for one unit of `from_currency`: of the whole currencies, not of
        their minor units.
    from_currency, to_currency : str

    Returns
    -------
    int
        Minor units of `to_currency`.

    Examples
    --------
    10.00 EUR are 1,632 yen; 2.50 and 3.50 yen both round to an even number; a fils is a
    thousandth of a dinar:

    >>> convert_minor(1_000, Fraction("163.25"), "EUR", "JPY")
    1632
    >>> convert_minor(1, Fraction(250), "EUR", "JPY"), convert_minor(1, Fraction(350), "EUR", "JPY")
    (2, 4)
    >>> convert_minor(2_500, Fraction("0.332"), "EUR", "KWD")
    8300
    """
    return round(amount_minor * _minor_rate(rate, from_currency, to_currency))


def convert_minors(
    amounts_minor: NDArray[np.int64], rate: Fraction, from_currency: str, to_currency: str
) -> NDArray[np.int64]:
    """Do what `convert_minor` does to every amount, and bring exactly the same.

    Raises
    ------
    OverflowError
        If an amount converted does not fit 64 bits.

    Examples
    --------
    >>> convert_minors(np.array([1_000, -1, 0]), Fraction("163.25"), "EUR", "JPY").tolist()
    [1632, -2, 0]
    """
    exact = _minor_rate(rate, from_currency, to_currency)
    if not len(amounts_minor):
        return np.zeros(0, np.int64)
    if not _fits(amounts_minor, exact):
        one_by_one = [round(amount * exact) for amount in amounts_minor.tolist()]
        return np.array(one_by_one, dtype=np.int64)
    whole, rest = np.divmod(amounts_minor, exact.denominator)
    low, part = np.divmod(rest * exact.numerator, exact.denominator)
    low += whole * exact.numerator
    doubled = 2 * part
    up = (doubled > exact.denominator) | ((doubled == exact.denominator) & (low % 2 == 1))
    converted: NDArray[np.int64] = low + up
    return converted


def _minor_rate(rate: Fraction, from_currency: str, to_currency: str) -> Fraction:
    """Return minor units of one currency for one minor unit of the other."""
    decimals = exponent_of(to_currency) - exponent_of(from_currency)
    return rate * Fraction(10) ** decimals


def _fits(amounts_minor: NDArray[np.int64], rate: Fraction) -> bool:
    """Whether every step of the conversion stays within 64 bits."""
    largest = max(int(amounts_minor.max()), -int(amounts_minor.min()))
    numerator, denominator = abs(rate.numerator), rate.denominator
    quotients = (largest // denominator + 2) * numerator
    return max(quotients, 2 * denominator * numerator, 2 * denominator) < _INT64_END
