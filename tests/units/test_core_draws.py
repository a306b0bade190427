"""Statistics of the keyed draws (decision 0002)."""

import numpy as np
from scipy import stats

from sanket_sim.core.draws import Draws, absorb, unit_from_lanes

KEYS = np.arange(200_000)
UNIFORM = Draws(42, "test").uniform(KEYS)


def test_draws_are_uniform():
    assert stats.kstest(UNIFORM, "uniform").pvalue > 1e-4
    assert abs(UNIFORM.mean() - 0.5) < 4.5 * np.sqrt(1 / 12 / len(UNIFORM))


def test_neighbouring_keys_are_uncorrelated():
    for lag in (1, 2, 3, 16, 1024):
        correlation = np.corrcoef(UNIFORM[:-lag], UNIFORM[lag:])[0, 1]
        assert abs(correlation) < 4.5 / np.sqrt(len(UNIFORM))


def test_neighbouring_seeds_and_purposes_are_uncorrelated():
    for other in (Draws(43, "test"), Draws(42, "tess"), Draws(42, "test", "child")):
        correlation = np.corrcoef(UNIFORM, other.uniform(KEYS))[0, 1]
        assert abs(correlation) < 4.5 / np.sqrt(len(UNIFORM))


def test_triples_fill_the_cube():
    cells, _ = np.histogramdd(np.c_[UNIFORM[:-2], UNIFORM[1:-1], UNIFORM[2:]], bins=(10,) * 3)
    chi_square = ((cells - cells.mean()) ** 2 / cells.mean()).sum()
    assert stats.chi2.sf(chi_square, cells.size - 1) > 1e-4


def test_one_flipped_key_bit_flips_half_of_the_output():
    hi, lo = Draws(1).lanes(KEYS)
    for bit in (0, 17, 31, 33, 62):
        other_hi, other_lo = Draws(1).lanes(KEYS ^ (1 << bit))
        for lane, other in ((hi, other_hi), (lo, other_lo)):
            flipped = np.bitwise_count(lane ^ other).mean() / 32
            assert abs(flipped - 0.5) < 0.01


def test_scalar_and_column_draws_agree_to_the_bit():
    hi, lo = Draws(7, "hop").lanes(KEYS[:100])
    columns = absorb(hi, lo, np.int64(99))
    for place in range(100):
        scalar = absorb(int(hi[place]), int(lo[place]), 99)
        assert scalar == (columns[0][place], columns[1][place])
        assert 0.0 < unit_from_lanes(*scalar) < 1.0


def test_names_are_non_negative_and_distinct():
    keys = Draws(3).key(KEYS, 5)
    assert keys.min() >= 0
    assert len(np.unique(keys)) == len(keys)
