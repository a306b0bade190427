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


def test_activity_is_gamma_of_mean_one(people):
    assert stats.kstest(people.activity, stats.gamma(6.8, scale=1 / 6.8).cdf).pvalue > 1e-4


def test_opening_balances_average_one_and_three_quarter_incomes(people):
    incomes = people.opening_minor / people.income_minor
    error = incomes.std() / np.sqrt(len(incomes))
    assert abs(incomes.mean() - 1.75) < 4.5 * error
    assert people.opening_minor.min() >= 0


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
