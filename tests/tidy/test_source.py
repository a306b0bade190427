"""The house is kept as its architecture says: an ordinary test that reads the source."""

import ast
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sanket_sim"
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in MODULES}
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
NAMES = {path: str(path.relative_to(ROOT)) for path in MODULES}
LINES_OF_A_MODULE = 500
LINES_OF_A_FUNCTION = 50
MEDIAN_LINES_OF_A_FUNCTION = 8
DIMENSIONS = (
    "latency", "timeout", "delay", "duration", "wait", "amount", "energy", "carbon", "power",
)  # fmt: skip


def functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function):
    """Count the lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 1


@pytest.mark.parametrize("path", MODULES, ids=NAMES.get)
def test_a_module_is_short_and_its_functions_are_shorter(path):
    assert len(path.read_text().splitlines()) <= LINES_OF_A_MODULE
    long = {f.name: body_lines(f) for f in functions(TREES[path])}
    assert {name: n for name, n in long.items() if n > LINES_OF_A_FUNCTION} == {}


def test_the_median_function_fits_in_a_glance():
    lengths = [body_lines(f) for tree in TREES.values() for f in functions(tree)]
    assert statistics.median(lengths) < MEDIAN_LINES_OF_A_FUNCTION


@pytest.mark.parametrize("path", MODULES, ids=NAMES.get)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(TREES[path])


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.name)
def test_every_room_names_its_neighbours_and_what_it_must_not_know(room):
    said = " ".join(ast.get_docstring(TREES[room / "__init__.py"]).split())
    assert "Neighbours:" in said
    assert "must not know" in said.lower()


@pytest.mark.parametrize("path", MODULES, ids=NAMES.get)
def test_nothing_is_left_to_be_done_in_the_source(path):
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text())


def calls(tree):
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", MODULES, ids=NAMES.get)
def test_nothing_prints_and_nobody_looks_at_the_wall_clock(path):
    called = calls(TREES[path])
    assert "print" not in called
    if path != PACKAGE / "core" / "clock.py":
        wall = {"time.time", "time.perf_counter", "time.monotonic", "datetime.now", "date.today"}
        assert not called & wall


@pytest.mark.parametrize("path", MODULES, ids=NAMES.get)
def test_every_random_number_is_keyed(path):
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not {"random", "numpy.random", "secrets"} & set(names)
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("np.random", "numpy.random")


def imported_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_is_dead():
    wanted = {name for tree in TREES.values() for name in imported_names(tree)}
    text = "".join(path.read_text() for path in MODULES)
    dead = []
    for path in MODULES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if path.name in ("__init__.py", "__main__.py") or module in wanted:
            continue
        if f'"{module}' not in text and f"{path.parent.name}.{path.stem}" not in text:
            dead.append(module)
    assert dead == []


@pytest.mark.parametrize("path", MODULES, ids=NAMES.get)
def test_integer_parameters_with_a_dimension_name_their_unit(path):
    bare = []
    for function in functions(TREES[path]):
        arguments = [*function.args.args, *function.args.kwonlyargs]
        for argument in arguments:
            annotation = ast.unparse(argument.annotation) if argument.annotation else ""
            if annotation in ("int", "float") and argument.arg in DIMENSIONS:
                bare.append(f"{function.name}({argument.arg})")
    assert bare == []


def test_no_file_is_called_utils():
    forbidden = {"utils", "helpers", "common", "misc", "manager", "handler"}
    assert not [name for path, name in NAMES.items() if path.stem in forbidden]
