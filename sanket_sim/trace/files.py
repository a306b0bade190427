"""Files that are whole when they appear: written aside, flushed to the disk, then renamed."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from sanket_sim.core.errors import TraceError

TEMPORARY_SUFFIX = ".partial"
"""What a file is called until it is whole; readers pass it by."""


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of `content` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` so that `path` holds all of it or does not change.

    Raises
    ------
    TraceError
        If the disk is full or the folder cannot be written; nothing half-written is left.
    """
    aside = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(aside, content)
        aside.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise TraceError(_explain(path, len(content), error)) from error


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _explain(path: Path, size_bytes: int, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"{path}: the disk is full ({size_bytes:,} bytes did not fit); "
            "free some space or choose another folder with --out"
        )
    return f"{path}: cannot be written: {error.strerror or error}"
