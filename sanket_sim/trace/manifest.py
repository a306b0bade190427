"""The manifest of a run: what made it, whether it is whole, and the hash of every file."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from sanket_sim.core.errors import TraceError
from sanket_sim.core.settings import Settings, Several
from sanket_sim.trace.files import sha256_of, write_atomically
from sanket_sim.trace.schema import SCHEMA_VERSION

MANIFEST_NAME = "manifest.json"


class FileRecord(Settings):
    """One file of a run."""

    sha256: str
    rows: int | None = None
    """Rows of a part file; None for files that hold no table."""


class Manifest(Settings):
    """What `manifest.json` says; rewritten whole whenever a part is finished.

    A run that was killed leaves ``complete`` false and the list of the parts it finished.

    Examples
    --------
    >>> Manifest(name="peak_load", seed=42).complete
    False
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    seed: int
    complete: bool = False
    reason: str = "still running, or killed"
    """Why `complete` is false; empty when it is true."""
    interrupted_by: str = ""
    """Who stopped the run, a signal or an operator; empty if nobody did."""
    engine: str = ""
    engine_reason: str = ""
    """Why this engine ran and not another."""
    version: str = ""
    """Version of sanket-sim."""
    commit: str = ""
    """Commit of the source tree; empty when installed from a wheel."""
    packages: dict[str, str] = Field(default_factory=dict)
    people: str = ""
    """Preset of the city's people, and how far it is validated."""
    config_sha256: str = ""
    """Hash of the resolved experiment and model together."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    simulated_ns: int = 0
    """How far the clock came [ns]."""
    tables_dropped: Several[str] = ()
    """Tables that were written and measured, but not kept (``--trace``)."""
    files: dict[str, FileRecord] = Field(default_factory=dict)

    def with_file(self, path: str, sha256: str, rows: int | None = None) -> Manifest:
        """Return a manifest that also lists the file at `path` (relative to the run)."""
        return self.model_copy(
            update={"files": {**self.files, path: FileRecord(sha256=sha256, rows=rows)}}
        )

    def with_files_of(self, folder: Path) -> Manifest:
        """Return a manifest that also lists every other file found in the run's folder."""
        manifest = self
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            if name not in self.files and name != MANIFEST_NAME:
                manifest = manifest.with_file(name, sha256_of(path.read_bytes()))
        return manifest

    def save(self, folder: Path) -> None:
        """Write the manifest into the run's folder, whole or not at all.

        Raises
        ------
        TraceError
            If the disk is full.
        """
        text = self.model_dump_json(indent=2) + "\n"
        write_atomically(folder / MANIFEST_NAME, text.encode())


def load_manifest(folder: Path | str) -> Manifest:
    """Read the manifest of the run in `folder`.

    Raises
    ------
    TraceError
        If `folder` holds no run, or its manifest cannot be understood.
    """
    path = Path(folder) / MANIFEST_NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise TraceError(f"{folder}: not a run folder (no readable {MANIFEST_NAME})") from error
    except ValidationError as error:
        raise TraceError(f"{path}: not a manifest this program understands: {error}") from error
