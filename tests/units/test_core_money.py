"""Conversion: exact, half to even, and the same for one amount as for a million."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanket_sim.core.money import convert_minor, convert_minors, exponent_of

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF"])
DECIMAL_RATES = st.decimals("0.0001", "999999", places=6).map(str)
INT64 = st.integers(-(2**63), 2**63 - 1)


def test_each_currency_counts_its_own_decimals():
    wanted = {"EUR": 2, "USD": 2, "JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "BHD": 3, "UYW": 4}
    assert {code: exponent_of(code) for code in wanted} == wanted


def test_a_currency_of_ones_own_has_hundredths():
    assert exponent_of("ZZZ") == 2


@pytest.mark.parametrize("code", ["", "EU", "eur", "EURO", "EUR\n"])
def test_what_is_no_currency_is_refused(code):
    with pytest.raises(ValueError, match="expected a currency"):
        exponent_of(code)


def test_yen_dollars_and_dinars_convert_by_whole_units():
    assert convert_minor(100_00, Fraction("163.2"), "EUR", "JPY") == 16_320
    assert convert_minor(16_320, 1 / Fraction("163.2"), "JPY", "EUR") == 100_00
    assert convert_minor(100_00, Fraction("0.332"), "EUR", "KWD") == 33_200
    assert convert_minor(100_00, Fraction("1.08"), "EUR", "USD") == 108_00


@given(st.integers(-(10**15), 10**15), DECIMAL_RATES, CURRENCIES, CURRENCIES)
def test_decimal_arithmetic_rounds_the_same_way(amount, rate, source, target):
    with localcontext() as context:
        context.prec = 60
        scale = Decimal(10) ** (exponent_of(target) - exponent_of(source))
        wanted = (amount * Decimal(rate) * scale).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert convert_minor(amount, Fraction(rate), source, target) == wanted


@given(st.lists(INT64, max_size=20), st.fractions(-1000, 1000), CURRENCIES, CURRENCIES)
def test_many_amounts_convert_exactly_as_each_alone(amounts, rate, source, target):
    alone = [convert_minor(amount, rate, source, target) for amount in amounts]
    together = np.array(amounts, dtype=np.int64)
    if all(-(2**63) <= amount < 2**63 for amount in alone):
        assert convert_minors(together, rate, source, target).tolist() == alone
    else:
        with pytest.raises(OverflowError):
            convert_minors(together, rate, source, target)


@given(st.lists(st.integers(-500, 500), min_size=1), st.sampled_from(["0.5", "1.5", "0.25"]))
def test_halves_go_to_the_even_neighbour_in_arrays_too(amounts, rate):
    alone = [convert_minor(amount, Fraction(rate), "EUR", "USD") for amount in amounts]
    assert convert_minors(np.array(amounts), Fraction(rate), "EUR", "USD").tolist() == alone
