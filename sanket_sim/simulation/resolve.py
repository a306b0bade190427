"""From a file and overrides to an experiment on its bank, with every problem found at once."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sanket_sim.bank.description import Bank
from sanket_sim.bank.model import find_model, load_bank
from sanket_sim.core.config import Document, dump_settings, override, read_toml, validate
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.settings import nearest
from sanket_sim.core.toml_text import split_path
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.simulation.misfits import latecomers, misfits
from sanket_sim.simulation.shelf import entries, find
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace.files import sha256_of
from sanket_sim.trace.manifest import MANIFEST_NAME

T = TypeVar("T")
MODEL_NAME = "model.toml"
OVERRIDES = ("services", "edges", "routes", "controls", "accounts", "power", "fraud_service")
"""Tables of an experiment that change its model."""
_OF_THE_MODEL = ("rates", "currencies", "channels")
"""Tables of a model that no experiment changes."""


@dataclass(frozen=True, slots=True)
class ResolvedExperiment:
    """An experiment with everything it names found, read and checked.

    Parameters
    ----------
    source : Path
        Where the experiment was read.
    experiment : Experiment
        Overrides applied.
    bank : Bank
        The model with the experiment's overrides.
    model_toml : str
        The model with the overrides, every default explicit.
    plugins : tuple of Path
        Files whose parts the experiment uses.
    """

    source: Path
    experiment: Experiment
    bank: Bank
    model_toml: str
    plugins: tuple[Path, ...] = ()

    @property
    def experiment_toml(self) -> str:
        """The experiment as TOML that gives the same bytes beside `model_toml`."""
        saved = self.experiment.model_copy(
            update={
                "model": MODEL_NAME,
                "plugins": tuple(path.name for path in self.plugins),
                **{key: {} for key in OVERRIDES},
            }
        )
        return _opening_comment(self.source) + dump_settings(saved)

    def steered(self, commands: Sequence[OperatorCommand]) -> ResolvedExperiment:
        """Return the experiment with these commands on its record, and no others."""
        asked = self.experiment.model_copy(update={"command": tuple(commands)})
        return replace(self, experiment=asked)


def resolve(
    source: Path | str,
    overrides: Mapping[str, object] | None = None,
    *,
    seed: int | None = None,
    duration: str | None = None,
) -> ResolvedExperiment:
    """Read an experiment and everything it names.

    Parameters
    ----------
    source : Path or str
        A .toml file, or the bare name of an experiment.
    overrides : mapping, optional
        Dotted key -> value, applied before anything is judged.
    seed : int, optional
    duration : str, optional
        Shorthands for overrides of those keys.

    Raises
    ------
    InputError
        With every problem of experiment and model together; nothing has been written.
    """
    path = locate(source)
    shorthands = {"seed": seed, "duration": duration}
    given = {key: value for key, value in shorthands.items() if value is not None}
    document = override(read_toml(path), {**(overrides or {}), **given})
    problems: list[Problem] = []
    plugins = _attempt(lambda: take_plugins(path, document), problems) or ()
    experiment = _attempt(lambda: validate(document, Experiment), problems)
    model = _attempt(lambda: _load_model(path, document), problems)
    if experiment and model:
        problems += [document.problem(*found) for found in misfits(experiment, model.bank)]
    if experiment and not _is_shortened(document, path):
        problems += [document.problem(*found) for found in latecomers(experiment)]
    if problems or experiment is None or model is None:
        raise InputError(str(path), [_pointed(problem) for problem in problems])
    return ResolvedExperiment(path, experiment, model.bank, model.toml, plugins)


def locate(source: Path | str) -> Path:
    """Return the file that an experiment's name or path stands for.

    Raises
    ------
    InputError
        If there is neither such a file nor such a name; the nearest name is told.
    """
    path = Path(source)
    if is_there(path) or path.suffix == ".toml" or len(path.parts) != 1:
        return path
    found = find("experiments", str(source))
    if found is None:
        known = nearest(str(source), [entry.name for entry in entries("experiments")])
        message = f"no such file and no experiment of that name; {known}"
        raise InputError(str(source), [Problem("", message)])
    return found


def locate_model(name: str, beside: Path) -> Path:
    """Return the file that an experiment's `model` stands for.

    Parameters
    ----------
    name : str
        A bare name from a models shelf, or a path.
    beside : Path
        The experiment's file; paths are taken from its folder first.

    Raises
    ------
    InputError
        If no model has that name; the nearest name is told.
    """
    near = beside.parent / name
    return near if name.endswith(".toml") and is_there(near) else find_model(name)


def is_there(path: Path) -> bool:
    """Say whether a path exists; one that no file system would take does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def take_plugins(beside: Path, document: Document) -> tuple[Path, ...]:
    """Import the files under `plugins`, so that their parts are registered; return their paths.

    Raises
    ------
    InputError
        If one is missing, breaks while it is imported, registers a name that is taken, or is
        called as another one: copies of all lie side by side in the run's folder.
    """
    named = document.table.get("plugins", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        return ()
    paths = tuple(beside.parent / name for name in named)
    problems = [
        document.problem(("plugins", place), said)
        for place, path in enumerate(paths)
        if (said := _clash(paths, place) or _import(path))
    ]
    if problems:
        raise InputError(str(beside), problems)
    return paths


def _clash(paths: tuple[Path, ...], place: int) -> str:
    """Say which earlier file is called as the one in this place, or nothing."""
    path = paths[place]
    for other in paths[:place]:
        if other.name == path.name and other != path:
            return f'"{path}" is called as "{other}"; give one of them another file name'
    return ""


def _import(path: Path) -> str:
    """Import one file, its like in content only once; say what went wrong, or nothing."""
    if not path.is_file():
        return f'there is no file "{path}"; paths start at the folder of the experiment'
    if path.suffix != ".py":
        return f'"{path}" is no Python file; its name must end in .py'
    try:
        path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return f'"{path}" cannot be read as UTF-8: {error}'
    return _import_once(path)


def _import_once(path: Path) -> str:
    name = f"sanket_plugin_{sha256_of(path.read_bytes())[:16]}"
    if name in sys.modules:
        return ""
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise AssertionError("every file that ends in .py has a loader")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the user's code may raise anything
        del sys.modules[name]
        return f'"{path}" cannot be imported: {type(error).__name__}: {error}'
    return ""


@dataclass(frozen=True, slots=True)
class _Model:
    """A model as the experiment changes it."""

    bank: Bank
    toml: str


def _load_model(beside: Path, document: Document) -> _Model | None:
    """Read the model with the experiment's overrides; None if it is not even named."""
    name = document.table.get("model")
    if not isinstance(name, str) or not name:
        return None
    path = locate_model(name, beside)
    changes = {key: document.table[key] for key in OVERRIDES if key in document.table}
    try:
        bank, settings = load_bank(path, changes)
    except InputError as error:
        found = [_blamed(problem, document, path) for problem in error.problems]
        raise InputError(str(beside), found) from None
    return _Model(bank, dump_settings(settings))


def _blamed(problem: Problem, document: Document, model: Path) -> Problem:
    """Lay a problem to the experiment's override, if there is one at its place, or to the model."""
    keys = split_path(problem.path) if problem.path else ("",)
    if keys[0] in OVERRIDES and keys[0] in document.table:
        return document.problem(keys, problem.message)
    return Problem("model", f"{model}: {problem}")


def _pointed(problem: Problem) -> Problem:
    """Say of a table that only a model has where it belongs."""
    if problem.path not in _OF_THE_MODEL or not problem.message.startswith("unknown key"):
        return problem
    message = f"unknown key; {problem.path} belong to the model: give them in its file"
    return replace(problem, message=message)


def _is_shortened(document: Document, path: Path) -> bool:
    """Say whether a run is cut short on purpose, or was: a saved experiment must run as it did."""
    return ("duration",) in document.overridden or (path.parent / MANIFEST_NAME).is_file()


def _attempt(step: Callable[[], T], problems: list[Problem]) -> T | None:
    """Take a step; if the input is wrong, note why and go on, so that all is told at once."""
    try:
        return step()
    except InputError as error:
        problems += error.problems
        return None


def _opening_comment(source: Path) -> str:
    """Return the lines of comment at the top of a file: the question is saved with the answer."""
    lines = []
    for line in source.read_text("utf-8-sig").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line + "\n")
    return "".join(lines)
