"""In which settings two runs differ, by the experiment and the model that their folders keep."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOT_SET = "not set"
_FILES = ("experiment.toml", "model.toml")
_ASIDE = frozenset({"name", "title", "model", "seed"})
"""What names a run or draws its chance, and sets nothing."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting and its value in each of two runs, as TOML knows it."""

    key: str
    base: str
    other: str

    def __str__(self) -> str:
        return f"{self.key} {self.base} -> {self.other}"


def settings_apart(base: Path, other: Path) -> tuple[Setting, ...]:
    """Compare what two runs were set to, defaults included.

    Parameters
    ----------
    base, other : Path
        Folders of runs. One that keeps no settings is compared with nothing.
    """
    one, two = settings_of_run(base), settings_of_run(other)
    if not one or not two:
        return ()
    return tuple(
        Setting(key, one.get(key, NOT_SET), two.get(key, NOT_SET))
        for key in dict.fromkeys([*one, *two])
        if one.get(key) != two.get(key)
    )


def settings_of_run(run: Path) -> dict[str, str]:
    """Return every setting of a run by its dotted key; places in lists count from 0."""
    found: dict[str, str] = {}
    for file in _FILES:
        path = run / file
        tree = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
        found |= {key: text for key, text in _flat(tree, "") if key not in _ASIDE}
    return found


def _flat(tree: Any, above: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        tree = dict(enumerate(tree))
    if not isinstance(tree, dict):
        yield above, str(tree).lower() if isinstance(tree, bool) else str(tree)
        return
    for key, value in tree.items():
        yield from _flat(value, f"{above}.{key}" if above else str(key))
