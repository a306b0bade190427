"""The commands that look at what has run: `report`, `compare`, `validate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from sanket_sim.analysis.findings import to_plain
from sanket_sim.analysis.report import write_report
from sanket_sim.console.arguments import Arguments
from sanket_sim.console.folders import manifest_of
from sanket_sim.console.progress import Trials
from sanket_sim.console.summary import summarise
from sanket_sim.console.tables import show_comparison, validation_table
from sanket_sim.console.wording import plain
from sanket_sim.simulation.compare import compare
from sanket_sim.simulation.run import Run


def perform_report(arguments: Arguments) -> int:
    """Write findings and report of a run again, from its trace."""
    folder = Path(arguments.target)
    manifest_of(folder)
    run = Run(folder)
    write_report(folder)
    if arguments.json:
        plain(Console(), json.dumps(run.findings_json, indent=2))
    else:
        summarise(run, Console())
    return 0


def perform_compare(arguments: Arguments) -> int:
    """Show what changed between two runs, or two folders of replications."""
    made = compare(arguments.target, arguments.other)
    if arguments.json:
        plain(Console(), json.dumps(to_plain(made), indent=2))
    else:
        show_comparison(made, Console())
    return 0


def perform_validate(arguments: Arguments) -> int:
    """Run the experiments with known answers; 1 if any answer is wrong."""
    from sanket_sim.simulation.validation import validate  # noqa: PLC0415  # brings every engine

    with Trials(Console(stderr=True)) as trials:
        rows = validate(trials.show, arguments.only or None, arguments.quick)
    if arguments.json:
        plain(Console(), json.dumps([{**asdict(row), "verdict": row.verdict} for row in rows]))
    else:
        Console().print(validation_table(rows))
    return 0 if all(row.passed for row in rows) else 1
