"""The room where a run is measured: truth against fact, from the run's folder alone.

Nouns: *run folder* (what an analyst has), *judgement* (how an intent ended), *finding* (a frozen
dataclass of numbers with intervals), *analyser* (a function from a run folder to a finding),
*verdict*, *report*. Neighbours: `trace` and `bank`, which it reads. It must not know the network,
the actors or the simulation: an analyst needs no simulator.

Examples
--------
``measure("results/peak_load-s42").leakage.rate_count`` gives a value with its interval;
``write_report("results/peak_load-s42")`` writes findings, report and plots beside the trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sanket_sim.analysis.findings import Findings, measure, read_findings
    from sanket_sim.analysis.registry import Analyser, analysers
    from sanket_sim.analysis.report import write_report
    from sanket_sim.analysis.run_folder import RunFolder

__all__ = [
    "Analyser",
    "Findings",
    "RunFolder",
    "analysers",
    "measure",
    "read_findings",
    "write_report",
]

_HOMES = {
    "Analyser": "registry",
    "Findings": "findings",
    "RunFolder": "run_folder",
    "analysers": "registry",
    "measure": "findings",
    "read_findings": "findings",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that settings stay quick to load."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  # only where something is asked for

    if name == "analysers":
        import_module(f"{__name__}.findings")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
