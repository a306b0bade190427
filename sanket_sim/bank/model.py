"""Models by name or path: read, overridden, checked, compiled."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sanket_sim.bank.checks import Checks
from sanket_sim.bank.compiler import compile_bank
from sanket_sim.bank.description import Bank
from sanket_sim.bank.fraud_model import FraudModel
from sanket_sim.bank.settings import ModelSettings
from sanket_sim.core.config import Document, read_toml, validate
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.settings import nearest
from sanket_sim.core.toml_text import join_path, split_path

_PACKAGE = Path(__file__).resolve().parents[1]
_TABLES = {
    "services": "service",
    "edges": "edge",
    "routes": "route",
    "controls": "controls",
    "accounts": "accounts",
    "power": "power",
    "fraud_service": "fraud_service",
}
"""Table of an experiment -> table of the model that it overrides."""

_DEPTHS = {"services": 4, "edges": 2, "routes": 2}
"""How many levels of names stand above the values that an override replaces."""


def model_folders() -> list[Path]:
    """Return where models are looked for by name: beside you, in the source tree, in the wheel."""
    places = (Path.cwd() / "models", _PACKAGE.parent / "models", _PACKAGE / "_shipped" / "models")
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def find_model(name_or_path: str | Path) -> Path:
    """Return the file of a model.

    Parameters
    ----------
    name_or_path : str or Path
        ``"retail_bank"``, or a path that ends in ``.toml``.

    Raises
    ------
    InputError
        If no model has that name; the known ones are listed.
    """
    text = str(name_or_path)
    if text.endswith(".toml") or "/" in text or isinstance(name_or_path, Path):
        return Path(name_or_path)
    known = {path.stem: path for folder in model_folders() for path in folder.glob("*.toml")}
    if text not in known:
        raise InputError(
            "model", [Problem("model", f'unknown model "{text}"; {nearest(text, known)}')]
        )
    return next(p for folder in model_folders() if (p := folder / f"{text}.toml").is_file())


def load_bank(
    model: str | Path, overrides: Mapping[str, Any] | None = None
) -> tuple[Bank, ModelSettings]:
    """Read a model, put overrides in, check and compile it.

    Parameters
    ----------
    model : str or Path
        Name or path of a model.
    overrides : mapping, optional
        Tables ``services``, ``edges``, ``routes``, ``controls``, ``accounts``, ``power`` and
        ``fraud_service`` with the keys of the model's own tables.

    Returns
    -------
    bank : Bank
    settings : ModelSettings
        As resolved; `core.config.dump_settings` writes them.

    Raises
    ------
    InputError
        With every problem found. Problems in overrides are named by the experiment's key.

    Examples
    --------
    >>> bank, _ = load_bank("retail_bank", {"services": {"payment": {"replicas": 9}}})
    >>> bank.services[bank.service_index("payment")].replicas
    9
    """
    return bank_of(read_toml(find_model(model)), overrides)


def bank_of(
    document: Document, overrides: Mapping[str, Any] | None = None
) -> tuple[Bank, ModelSettings]:
    """Do what `load_bank` does, with a model that has been read already."""
    merged = Document(document.source, copy.deepcopy(document.table), document.lines)
    problems = overlay(merged.table, overrides or {})
    if problems:
        raise InputError("overrides", problems)
    try:
        settings = _checked(merged)
    except InputError as error:
        found = _at_experiment_keys(error.problems, overrides or {}, _own_problems(document))
        raise InputError(error.source, found) from None
    if not settings.fraud_service.model:
        return compile_bank(settings), settings
    return _with_fraud_model(merged, settings, overrides or {})


def _with_fraud_model(
    document: Document, settings: ModelSettings, overrides: Mapping[str, Any]
) -> tuple[Bank, ModelSettings]:
    """Compile a bank whose fraud service has a trained model; its settings name the file alone."""
    name = settings.fraud_service.model
    try:
        path = _find_fraud_model(name, Path(document.source).parent)
        bank = compile_bank(settings, FraudModel.load(path), str(path))
    except InputError as error:
        where = ("fraud_service", "model")
        found = [document.problem(where, f"{error.source}: {one}") for one in error.problems]
        raise InputError(document.source, _at_experiment_keys(found, overrides, own=[])) from None
    service = settings.fraud_service.model_copy(update={"model": path.name})
    return bank, settings.model_copy(update={"fraud_service": service})


def _find_fraud_model(name: str, beside: Path) -> Path:
    """Return the file of a fraud model: beside the bank's, or from a models shelf."""
    places = (beside, Path.cwd(), *model_folders())
    found = next((place / name for place in places if (place / name).is_file()), None)
    if found is None:
        raise InputError(
            name, [Problem("", "no such file; give a path from the folder of the bank's file")]
        )
    return found


def _checked(document: Document) -> ModelSettings:
    settings = validate(document, ModelSettings)
    if found := Checks(settings).findings():
        raise InputError(document.source, [document.problem(*finding) for finding in found])
    return settings


def _own_problems(document: Document) -> list[Problem]:
    """Return what is wrong with a model by itself."""
    try:
        _checked(document)
    except InputError as error:
        return error.problems
    return []


def overlay(table: dict[str, Any], overrides: Mapping[str, Any]) -> list[Problem]:
    """Put an experiment's tables over a model's raw tables, key by key; return what does not fit.

    Values are replaced whole: a law or a policy is not blended with the one it replaces.
    """
    problems = []
    for plural, changes in overrides.items():
        target = table.setdefault(_TABLES.get(plural, plural), {})
        if not isinstance(changes, Mapping) or not isinstance(target, dict):
            problems.append(Problem(plural, "must be a table"))
        else:
            if plural in ("services", "routes"):
                problems.extend(_unknown_names(plural, changes, target))
            _lay(target, changes, _DEPTHS.get(plural, 1))
    return problems


def _unknown_names(
    plural: str, changes: Mapping[str, Any], known: Mapping[str, Any]
) -> list[Problem]:
    kind = plural.removesuffix("s")
    return [
        Problem(f"{plural}.{name}", f'unknown {kind} "{name}"; {nearest(name, known)}')
        for name in changes
        if name not in known
    ]


def _lay(target: dict[str, Any], changes: Mapping[str, Any], depth: int) -> None:
    for key, value in changes.items():
        below = target.get(key)
        if depth > 1 and isinstance(value, Mapping) and isinstance(below, dict):
            _lay(below, value, depth - 1)
        else:
            target[key] = copy.deepcopy(value)


def _at_experiment_keys(
    problems: list[Problem], overrides: Mapping[str, Any], own: list[Problem]
) -> list[Problem]:
    """Name problems by the keys of the overrides that brought them; the model's own stay."""
    if not overrides:
        return problems
    return [problem if problem in own else _renamed(problem, overrides) for problem in problems]


def _renamed(problem: Problem, overrides: Mapping[str, Any]) -> Problem:
    plurals = {singular: plural for plural, singular in _TABLES.items()}
    first, *rest = split_path(problem.path) if problem.path else ("",)
    keys = (plurals.get(first, first), *rest)
    if keys[0] in overrides:
        return Problem(join_path(keys), problem.message)
    # What the overrides have done to one table shows in another.
    tables = " and ".join(f"[{table}]" for table in overrides)
    return Problem(next(iter(overrides)), f"with {tables}, {problem.path}: {problem.message}")
