"""Sanket: a flight simulator for a bank's platform, money coupled with queues.

`run` carries an experiment out and measures it, `sweep` varies it, `load` opens a run on disk.
Everything else is reached through its room: `core`, `bank`, `trace`, `actors`, `network`, `fraud`,
`faults`, `analysis`, `simulation`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sanket_sim.simulation.run import Run, load, run
    from sanket_sim.simulation.sweep import sweep

__all__ = ["Run", "__version__", "load", "run", "sweep"]

_HOMES = {
    "Run": "sanket_sim.simulation.run",
    "load": "sanket_sim.simulation.run",
    "run": "sanket_sim.simulation.run",
    "sweep": "sanket_sim.simulation.sweep",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `--help` must not wait for the engines."""
    if name == "__version__":
        return _version()
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sanket_sim' has no attribute {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # reads files

    try:
        return version("sanket-sim")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"
