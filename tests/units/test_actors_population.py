import numpy as np
import pytest
from scipy import stats

from sanket_sim.actors import PopulationSettings
from sanket_sim.actors.population import Population, jump_hash
from sanket_sim.core.draws import Draws


def settle(customers=20_000, seed=3, **more):
    return Population.settle(PopulationSettings(customers=customers, **more), Draws(seed))


@pytest.fixture(scope="module")
def people():
    return settle()


def test_activity_is_gamma_in_every_segment_and_of_mean_one_over_all(people):
    segments = people.preset.segment
    mean = sum(one.share * one.activity for one in segments)
    for code, segment in enumerate(segments):
        here = people.activity[people.segment == code]
        law = stats.gamma(segment.activity_shape, scale=segment.activity / mean / 6.8)
        assert stats.kstest(here, law.cdf).pvalue > 1e-4
    error = people.activity.std() / np.sqrt(len(people))
    assert abs(people.activity.mean() - 1.0) < 4.5 * error


def test_segments_have_their_shares_and_incomes(people):
    for code, segment in enumerate(people.preset.segment):
        here = people.segment == code
        assert stats.binomtest(int(here.sum()), len(people), segment.share).pvalue > 1e-4
        incomes = people.income_minor[here]
        law = stats.lognorm(
            np.log(segment.income.p99 / segment.income.median) / stats.norm.ppf(0.99),
            scale=segment.income.median,
        )
        assert stats.kstest(incomes, law.cdf).pvalue > 1e-4


def test_opening_balances_average_one_and_three_quarter_incomes(people):
    incomes = people.opening_minor / people.income_minor
    error = incomes.std() / np.sqrt(len(incomes))
    assert abs(incomes.mean() - 1.75) < 4.5 * error
    assert people.opening_minor.min() >= 0


def test_as_many_save_as_their_segment_says(people):
    saves = np.isin(np.arange(len(people)), people.savings.holders)
    for code, segment in enumerate(people.preset.segment):
        here = people.segment == code
        count = int(saves[here].sum())
        assert stats.binomtest(count, int(here.sum()), segment.savings).pvalue > 1e-4
    assert np.array_equal(people.savings.accounts, people.account[people.savings.holders] + 1)
    assert np.array_equal(people.number(people.savings.accounts), people.savings.holders)
    assert len(settle(savings=0.0).savings) == 0
    assert len(settle(savings=1).savings) == len(people)


def test_savers_are_the_same_whatever_the_share():
    few, many = settle(savings=0.2).savings, settle(savings=0.6).savings
    assert np.isin(few.holders, many.holders).all()


def test_people_have_five_to_twenty_favourites_and_two_to_six_payees(people):
    assert set(people.favourites.tolist()) == set(range(5, 21))
    assert set(people.payees.tolist()) == set(range(2, 7))


def test_the_first_favourite_is_visited_by_the_zipf_law(people):
    u = Draws(9).uniform(np.arange(20_000))
    customer = np.full(20_000, 7)
    visited = people.favourite(customer, u)
    weights = np.arange(1, people.favourites[7] + 1) ** -1.1
    first = people.favourite(np.array([7]), np.array([1e-9]))[0]
    assert len(np.unique(visited)) <= people.favourites[7]
    assert (visited == first).mean() >= weights[0] / weights.sum() - 0.02


def test_nobody_is_his_own_acquaintance(people):
    customer = np.repeat(np.arange(200), 50)
    known = people.acquaintance(customer, np.tile(np.arange(50), 200))
    assert not np.any(known == customer)
    assert known.min() >= 0
    assert known.max() < len(people)


def test_payees_are_few_but_some_people_are_paid_by_many(people):
    customer = np.repeat(np.arange(20_000), 3)
    degree = np.bincount(people.acquaintance(customer, np.tile([0, 1, 2], 20_000)))
    assert degree.max() > 15 * degree.mean()
    two = people.payee(np.full(1000, 5), Draws(1).uniform(np.arange(1000)))
    assert len(np.unique(two)) <= people.payees[5]


def test_two_customers_know_one_another():
    pair = settle(customers=2)
    assert pair.acquaintance(np.array([0, 1]), np.array([4, 4])).tolist() == [1, 0]


def test_jump_hash_is_fair():
    key = np.arange(20_000)
    counts = np.bincount(jump_hash(Draws(2), key, key, 10), minlength=10)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_somebody_always_lends_an_account():
    assert len(settle(customers=1, mules=0.0).mules) == 1
    assert 20 < len(settle(mules=0.002).mules) < 60


def test_another_seed_is_another_city(people):
    assert not np.array_equal(people.opening_minor, settle(seed=4).opening_minor)
