"""Every rule is in the subset a compiler takes, and means the same when compiled."""

import importlib
import inspect
import math
import pkgutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanket_sim.bank import law_rules, tree_rules
from sanket_sim.core import draws
from sanket_sim.network import rules

numba = pytest.importorskip("numba")

MODULES = [
    importlib.import_module(f"{rules.__name__}.{module.name}")
    for module in pkgutil.iter_modules(rules.__path__)
] + [law_rules, tree_rules]
RULES = [
    function
    for module in MODULES
    for _, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__
] + [draws.absorb, draws.unit_from_lanes]
VALUES = {
    "int": st.integers(0, 2**40),
    "float": st.floats(0, 1000, allow_nan=False),
    "bool": st.booleans(),
    "Lane": st.integers(0, 2**32 - 1),
    "Sequence[float]": st.just((0.0, 0.25, 0.5, 1.0)),
}
SPECIAL = {
    "amount_minor": st.integers(-(2**50), 2**50),
    "available": st.integers(-(2**50), 2**50),
    "balance_minor": st.integers(-(2**50), 2**50),
    "available_minor": st.integers(-(2**50), 2**50),
    "kind": st.integers(0, 5),
    "jitter": st.integers(0, 3),
    "state": st.integers(0, 2),
    "verdict": st.integers(0, 2),
    "exponent": st.integers(0, 4),
    "place": st.integers(0, 99),
    "purpose": st.integers(0, 3),
    "outcome": st.integers(0, 13),
    "retry": st.integers(1, 70),
    "u": st.floats(1e-12, 1 - 1e-12),
    "p": st.floats(1e-12, 1 - 1e-12),
    "mean": st.floats(0, 1e12),
    "mu": st.floats(0, 30),
    "sigma": st.floats(0, 3),
    "inverse_shape": st.floats(0.2, 4),
    "inverse_alpha": st.floats(0.05, 0.99),
    "minimum": st.floats(1, 1e9),
    "step": st.floats(0.05, 1),
    "lower": st.just(tuple(-0.5 * i for i in range(40))),
    "upper": st.just(tuple(0.5 * i for i in range(40))),
    "count": st.integers(1, 100),
    "first": st.integers(0, 99),
    "poll_ns": st.integers(1, 10**10),
    "values": st.tuples(*[st.floats(0, 1000)] * 3),
    "feature": st.just((2, 0, -1, -1, -1)),
    "bound": st.just((500.0, 250.0, -1.5, 0.25, 2.5)),
    "left": st.just((1, 2, 0, 0, 0)),
    "right": st.just((4, 3, 0, 0, 0)),
    "roots": st.just((0, 1)),
    "asked": st.just((2, 0)),
    "lows": st.tuples(*[st.floats(0, 500)] * 2),
    "highs": st.tuples(*[st.floats(500, 1000)] * 2),
    "constant_ns": st.integers(1, 10**15),
    "variance": st.floats(0, 100),
    "log_odds": st.floats(-1000, 1000),
    "speed": st.floats(0.01, 10),
    "multiplier": st.floats(1, 4),
    "queue_cap": st.integers(-1, 100),
    "waiting": st.integers(0, 100),
    "signals": st.integers(0, 7),
    "hi": st.integers(0, 2**32 - 1),
    "lo": st.integers(0, 2**32 - 1),
}


def arguments(function):
    return st.tuples(
        *[
            SPECIAL[name] if name in SPECIAL else VALUES[str(parameter.annotation)]
            for name, parameter in inspect.signature(function).parameters.items()
        ]
    )


def compiled_namespace():
    """Compile every rule in place of its interpreted self, so that rules can call rules."""
    compiled = {}
    for function in RULES:
        compiled[function] = numba.njit(
            _twin(function, {f.__name__: c for f, c in compiled.items()})
        )
    return compiled


def _twin(function, known):
    scope = {**function.__globals__}
    scope.update({name: value for name, value in known.items() if name in scope})
    return type(function)(function.__code__, scope, function.__name__, function.__defaults__)


def ordered(functions):
    """Put called rules before their callers."""
    names = {function.__name__: function for function in functions}
    done, order = set(), []

    def visit(function):
        if function in done:
            return
        done.add(function)
        for name in function.__code__.co_names:
            other = names.get(name)
            if other is not None and other.__module__ == function.__module__:
                visit(other)
        order.append(function)

    for function in functions:
        visit(function)
    return order


RULES[:] = ordered(RULES)
COMPILED = compiled_namespace()


@pytest.mark.parametrize("rule", RULES, ids=lambda f: f"{f.__module__.split('.')[-1]}.{f.__name__}")
def test_a_rule_means_the_same_compiled(rule):
    @settings(max_examples=60, deadline=None)
    @given(arguments(rule))
    def agree(values):
        interpreted, compiled = rule(*values), COMPILED[rule](*values)
        if isinstance(interpreted, float):
            assert math.isclose(interpreted, compiled, rel_tol=0, abs_tol=0)
        else:
            assert interpreted == compiled

    agree()
