"""What no test may depend on: how fast the machine is, and who was there before it."""

import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parents[1]
FILES = sorted(TESTS.rglob("*.py"))
LOOP_KEEPERS = {"asyncio.run", "asyncio.get_event_loop", "sync_playwright"}
"""Playwright's event loop stays on the thread of the tests: nobody else may bring one there."""


def calls(path):
    tree = ast.parse(path.read_text("utf-8"))
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_random_examples_may_take_their_time():
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_nobody_brings_an_event_loop_to_the_thread_of_the_tests(path):
    assert not LOOP_KEEPERS & set(calls(path))
