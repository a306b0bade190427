import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanket_sim.core.units import DURATION_NS_MAX, format_duration, parse_duration_ns


@given(st.integers(-DURATION_NS_MAX, DURATION_NS_MAX))
def test_a_duration_reads_back_to_the_nanosecond(duration_ns):
    assert parse_duration_ns(format_duration(duration_ns)) == duration_ns


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (1_500_000_000, "1500ms"),
        (140_685_230_717, "2m20.685230717s"),
        (1_026_255_134_861, "17m6.255134861s"),
        (90_061_000_000_001, "1d1h1m1.000000001s"),
        (3_600_000_000_001, "1h0.000000001s"),
        (-140_685_230_717, "-2m-20.685230717s"),
        (100_000_000_000_000, "1d3h46m40s"),
    ],
)
def test_a_long_duration_is_written_in_parts(duration_ns, text):
    assert format_duration(duration_ns) == text


@pytest.mark.parametrize("text", ["1e999999999s", "1e300d", f"{'9' * 400}s", "147000d"])
def test_a_duration_beyond_the_clock_is_refused_at_once(text):
    with pytest.raises(ValueError, match="146 years"):
        parse_duration_ns(text)


def test_a_duration_too_small_for_the_clock_is_none():
    assert parse_duration_ns("1e-999999999s") == 0
