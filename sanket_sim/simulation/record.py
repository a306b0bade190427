"""The folder of a run: its name, its manifest at every moment, and how it ends."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sanket_sim.core.clock import Stopwatch, peak_mb
from sanket_sim.core.config import read_toml
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace.files import sha256_of, write_atomically
from sanket_sim.trace.manifest import MANIFEST_NAME, Manifest
from sanket_sim.trace.writer import FinishedPart

EXPERIMENT_NAME = "experiment.toml"
"""The experiment of a run, in its folder: as it was resolved, with all that was commanded."""
RECORDED_PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "simpy", "mesa", "networkx", "pydantic")


def choose_folder(parent: Path, name: str, *, force: bool) -> Path:
    """Return where a run may write: ``parent/name``, or with -2, -3 ... when that is taken.

    Parameters
    ----------
    parent : Path
    name : str
        For example ``peak_load-s42``.
    force : bool
        Take ``parent/name`` itself and remove the run that is there.

    Raises
    ------
    InputError
        If `force` would remove a folder that holds no run, or nothing can be created there.
    """
    first = parent / name
    try:
        if force and first.exists():
            _remove_run(first)
        parent.mkdir(parents=True, exist_ok=True)
        return _create_next(first)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"cannot be created: {reason}; name another folder with --out"
        raise InputError(str(first), [Problem("", message)]) from error


class RunRecord:
    """Keeps `manifest.json` true while a run grows.

    Parameters
    ----------
    folder : Path
        Exists and is empty.
    manifest : Manifest
        What is known before the first tick.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._watch = Stopwatch()

    def keep(self, name: str, text: str) -> None:
        """Write a file of the run and list it."""
        content = text.encode()
        write_atomically(self.folder / name, content)
        self.manifest = self.manifest.with_file(name, sha256_of(content))

    def steer(self, experiment_toml: str, config_sha256: str) -> None:
        """Write the experiment again, with what was commanded so far."""
        self.keep(EXPERIMENT_NAME, experiment_toml)
        self._note(config_sha256=config_sha256)
        self.save()

    def add_part(self, part: FinishedPart) -> None:
        """List a part that has just been finished."""
        self.manifest = self.manifest.with_file(part.path, part.sha256, part.rows)
        self.save()

    def drop_table(self, table: str) -> None:
        """Remove a table from the disk and from the list."""
        shutil.rmtree(self.folder / table, ignore_errors=True)
        files = self.manifest.files
        kept = {path: file for path, file in files.items() if not path.startswith(f"{table}/")}
        dropped = (*self.manifest.tables_dropped, table)
        self._note(files=kept, tables_dropped=dropped)

    def reach(self, simulated_ns: int) -> None:
        """Note how far the clock came."""
        self._note(simulated_ns=simulated_ns)
        self.save()

    def end(self, reason: str = "", interrupted_by: str = "") -> None:
        """Write the last word: complete if there is no `reason` against it."""
        self._note(
            complete=not reason,
            reason=reason,
            interrupted_by=interrupted_by,
            wall_s=round(self._watch.wall_s, 3),
            cpu_s=round(self._watch.cpu_s, 3),
            peak_mb=round(peak_mb(), 1),
        )
        self.manifest = self.manifest.with_files_of(self.folder)
        self.save()

    def _note(self, **facts: object) -> None:
        self.manifest = self.manifest.model_copy(update=facts)

    def save(self) -> None:
        """Write the manifest as it stands."""
        self.manifest.save(self.folder)


def commands_in(folder: str) -> tuple[OperatorCommand, ...]:
    """Return what was commanded in a run, from its experiment; nothing while it has no folder.

    The file is read again only when it has been written again: a form asks with every key.
    """
    record = Path(folder) / EXPERIMENT_NAME
    if not folder:
        return ()
    try:
        found = record.stat()
    except OSError:
        return ()
    return _commands(record, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=4)
def _commands(record: Path, *_version: int) -> tuple[OperatorCommand, ...]:
    tables = read_toml(record).table.get("command", ())
    return tuple(map(OperatorCommand.model_validate, tables))


def packages() -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers may depend on."""
    found = {"python": platform.python_version()}
    for name in RECORDED_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def source_commit() -> str:
    """Return the commit of the source tree with ``+`` if it was changed; empty in a wheel."""
    tree = Path(__file__).resolve().parents[2]
    if not (tree / ".git").exists():
        return ""
    commit = _git(tree, "rev-parse", "HEAD")
    changed = _git(tree, "status", "--porcelain", "--untracked-files=no")
    return commit + ("+" if commit and changed else "")


def _git(tree: Path, *words: str) -> str:
    command = ["git", "-C", str(tree), *words]
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)  # noqa: S603  # fixed words, no shell
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _create_next(first: Path) -> Path:
    number = 1
    while True:
        folder = first if number == 1 else first.with_name(f"{first.name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _remove_run(folder: Path) -> None:
    """Remove an earlier run; anything that is not one stays, whatever --force says."""
    if any(folder.iterdir()) and not (folder / MANIFEST_NAME).exists():
        message = "holds no run; --force replaces runs alone, remove it by hand"
        raise InputError(str(folder), [Problem("", message)])
    shutil.rmtree(folder)
