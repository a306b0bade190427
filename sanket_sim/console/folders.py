"""The run folders that people name, refused with a remedy when they cannot be read."""

from __future__ import annotations

from pathlib import Path

from sanket_sim.core.errors import InputError, Problem
from sanket_sim.trace.manifest import MANIFEST_NAME, Manifest, load_manifest


def manifest_of(folder: Path, tables: tuple[str, ...] = ()) -> Manifest:
    """Return the manifest of a run that kept what is needed.

    Parameters
    ----------
    folder : Path
    tables : tuple of str
        What is needed; empty for the whole trace.

    Raises
    ------
    InputError
        If there is no run in `folder`, or it did not keep one of `tables` (``--trace``).
    """
    if not (folder / MANIFEST_NAME).is_file():
        message = f"no run here (no {MANIFEST_NAME}); name a folder below results/"
        raise InputError(str(folder), [Problem("", message)])
    manifest = load_manifest(folder)
    gone = [name for name in manifest.tables_dropped if not tables or name in tables]
    if gone:
        kept = f"the run kept no {', '.join(gone)} (--trace)"
        message = f"{kept}; its findings.json stands, run it again for more"
        raise InputError(str(folder), [Problem("", message)])
    return manifest
