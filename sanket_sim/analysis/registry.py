"""The door through which analysers enter."""

from __future__ import annotations

from typing import Any, Protocol

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.registry import Registry


class Analyser(Protocol):
    """Turns the trace of a run into one finding, a frozen dataclass of numbers and estimates.

    It must work on an empty trace and on a run that was cut short, and its memory must not grow
    with the length of the run.
    """

    def __call__(self, run: RunFolder, /) -> Any:
        """Measure the run."""
        ...


analysers: Registry[Analyser] = Registry("analyser")
"""Every analyser by the name of its block in the findings."""
