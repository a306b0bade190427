"""What laws mean: parameters, known quantiles, and rules a compiler takes."""

import inspect
import math
import types

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from sanket_sim.bank import law_rules
from sanket_sim.bank.laws import (
    Empirical,
    Gamma,
    amount_law,
    gamma_table,
    laws,
    time_law,
)

MS = 1_000_000


def test_lognormal_meets_its_median_and_p99():
    law = time_law({"law": "lognormal", "median": "4ms", "p99": "20ms"})
    assert (law.ns(0.5), law.ns(0.99)) == (4 * MS, 20 * MS)


@pytest.mark.parametrize(
    ("written", "oracle"),
    [
        ({"law": "exponential", "mean": "10ms"}, stats.expon(scale=10 * MS)),
        ({"law": "gamma", "mean": "10ms", "shape": 2}, stats.gamma(2, scale=5 * MS)),
        ({"law": "gamma", "mean": "10ms", "cv": 2}, stats.gamma(0.25, scale=40 * MS)),
        ({"law": "weibull", "shape": 1.5, "scale": "10ms"}, stats.weibull_min(1.5, scale=10 * MS)),
        ({"law": "pareto", "alpha": 3, "minimum": "1ms"}, stats.pareto(3, scale=MS)),
        (
            {"law": "lognormal", "mean": "10ms", "cv": 1},
            stats.lognorm(math.sqrt(math.log(2)), scale=10 * MS / math.sqrt(2)),
        ),
    ],
    ids=lambda value: value["law"] if isinstance(value, dict) else "",
)
def test_quantiles_and_moments_are_those_of_scipy(written, oracle):
    law = time_law(written)
    u = np.array([1e-9, 1e-3, 0.2, 0.5, 0.9, 0.999, 1 - 1e-9])
    assert [law.ns(x) for x in u.tolist()] == pytest.approx(oracle.ppf(u), rel=1e-4, abs=1)
    assert law.mean == pytest.approx(oracle.mean())
    assert law.variance == pytest.approx(oracle.var())


@pytest.mark.parametrize("shape", [0.05, 0.25, 1.0, 2.0, 7.5, 400.0])
def test_the_interpolated_gamma_law_keeps_mean_and_variance(shape):
    edges = np.concatenate([[0.0], np.geomspace(1e-14, 0.5, 60_000)])
    middle = (edges[1:] + edges[:-1]) / 2
    law, weight = Gamma(shape, 1e12), np.diff(edges)
    low = np.array([law.ns(u) for u in middle.tolist()]) / 1e12
    high = np.array([law.ns(1 - u) for u in middle.tolist()]) / 1e12
    mean = np.dot(weight, low + high)
    variance = np.dot(weight, (low - shape) ** 2 + (high - shape) ** 2)
    assert mean == pytest.approx(shape, rel=1e-4)
    assert variance == pytest.approx(shape, rel=2e-4)


def test_a_gamma_table_is_made_once():
    assert gamma_table(3.25) is gamma_table(3.25)


def test_a_law_without_spread_is_constant():
    for written in (
        {"law": "lognormal", "mean": "4ms", "cv": 0},
        {"law": "lognormal", "median": "4ms", "p99": "4ms"},
        {"law": "uniform", "low": "4ms", "high": "4ms"},
        "4ms",
    ):
        assert {time_law(written).ns(u) for u in (0.001, 0.5, 0.999)} == {4 * MS}


def test_a_mixture_spends_one_number_on_part_and_value():
    law = time_law({"law": "mixture", "laws": ["1ms", "5ms", "9ms"], "weights": [3, 0, 1]})
    assert [law.ns(u) for u in (0.1, 0.749, 0.751, 0.99)] == [MS, MS, 9 * MS, 9 * MS]


def test_an_empirical_law_learns_from_a_sample():
    law = Empirical.from_sample([1.0, 2.0, 3.0, 4.0, 5.0], points=5)
    assert (law.ns(0.5), law.mean, law.variance) == (3, 3.0, pytest.approx(4 / 3))


def test_amounts_are_whole_minor_units():
    assert amount_law(2500).ns(0.1) == 2500
    with pytest.raises(ValidationError, match="valid integer"):
        amount_law({"law": "exponential", "mean": "25EUR"})


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"law": "lognormla", "mean": "1ms"}, 'did you mean "lognormal"'),
        ({"mean": "1ms"}, 'the key "law"'),
        ({"law": ["gamma"]}, 'the key "law"'),
        ({"law": "lognormal", "mean": "1ms", "p99": "2ms"}, "either median and p99"),
        ({"law": "lognormal", "median": "3ms", "p99": "2ms"}, "p99 >= median"),
        ({"law": "gamma", "mean": "1ms"}, "either shape or cv"),
        ({"law": "gamma", "mean": "1ms", "shape": 0}, "greater than or equal"),
        ({"law": "pareto", "alpha": 1, "mean": "1ms"}, "greater than 1"),
        ({"law": "uniform", "low": "2ms", "high": "1ms"}, "low <= high"),
        ({"law": "exponential", "mean": "-4ms"}, "greater than or equal to 0"),
        ({"law": "exponential", "mean": 4}, "duration with a unit"),
        ({"law": "exponential", "maen": "4ms"}, 'did you mean "mean"'),
        ({"law": "lognormal", "mean": "4ms", "cv": math.nan}, "finite"),
        ({"law": "empirical", "quantiles": [[0, "1ms"], [0.9, "2ms"]]}, "the last at 1"),
        ({"law": "empirical", "quantiles": [[0, "3ms"], [1, "2ms"]]}, "never fall"),
        ({"law": "mixture", "laws": ["1ms"], "weights": [1, 2]}, "as many weights"),
        ({"law": "mixture", "laws": ["1ms"], "weights": [0]}, "weight > 0"),
        (True, "duration with a unit"),
    ],
)
def test_wrong_parameters_are_explained(written, says):
    with pytest.raises(ValueError, match=says):
        time_law(written)


def test_every_rule_compiles_and_agrees_with_its_interpreted_self():
    numba = pytest.importorskip("numba")
    compiled: dict = {"math": math, "TICKS_MAX": law_rules.TICKS_MAX}
    rules = [f for _, f in inspect.getmembers(law_rules, inspect.isfunction)]
    for rule in sorted(rules, key=lambda f: f.__code__.co_firstlineno, reverse=True):
        copy = types.FunctionType(rule.__code__, compiled, rule.__name__)
        compiled[rule.__name__] = numba.njit(copy)
    compiled["Sequence"] = None
    lower, upper = map(np.array, gamma_table(1.7))
    shares, ticks = np.array([0.0, 0.3, 1.0]), np.array([1e6, 2e6, 9e6])
    arguments = {
        "exponential_ns": (4e6,),
        "lognormal_ns": (15.2, 0.7),
        "weibull_ns": (4e6, 0.8),
        "pareto_ns": (4e6, 0.4),
        "uniform_ns": (1e6, 3e6),
        "table_ns": (shares, ticks),
        "gamma_ns": (4e6, 0.02, lower, upper),
        "mixture_part": (shares,),
        "normal_quantile": (),
    }
    for name, constants in arguments.items():
        for u in np.random.default_rng(1).random(300).tolist():
            interpreted = getattr(law_rules, name)(*constants, u)
            assert compiled[name](*constants, u) == interpreted, name


def test_laws_are_known_by_name():
    assert {"constant", "exponential", "lognormal", "gamma", "weibull"} <= set(laws)
