"""The command `run`: one seed or several."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from sanket_sim.console.arguments import Arguments
from sanket_sim.console.asking import options_of, overrides_of, resolved_of, tell_remarks
from sanket_sim.console.progress import Tally, face_for
from sanket_sim.console.summary import summarise
from sanket_sim.console.tables import replications_table
from sanket_sim.console.wording import plain
from sanket_sim.simulation.compare import REPLICATIONS_NAME
from sanket_sim.simulation.replicate import replicate
from sanket_sim.simulation.run import Run, run_once

DONE, DEVIATED, INTERRUPTED = 0, 4, 130


def perform_run(arguments: Arguments) -> int:
    """Run an experiment and show what happened."""
    if arguments.seeds:
        return _replicate(arguments)
    run = _run(arguments)
    if arguments.json:
        plain(Console(), json.dumps(run.findings_json, indent=2))
    elif not arguments.quiet:
        summarise(run, Console())
    if run.interrupted:
        return INTERRUPTED
    return DEVIATED if arguments.verdict and deviated(run.findings_json) else DONE


def deviated(findings: dict[str, Any]) -> bool:
    """Say whether the steady state that the experiment claims did not hold."""
    return bool(findings["verdict"]["verdict"] == "FAIL")


def _run(arguments: Arguments) -> Run:
    resolved = resolved_of(arguments)
    asked = resolved.experiment
    silent = arguments.quiet or arguments.json
    if not arguments.quiet:
        tell_remarks(resolved)
    face = face_for(Console(stderr=True), asked.name, quiet=silent)
    with Tally(asked.duration, resolved.bank.currencies, face) as tally:
        return run_once(resolved, options_of(arguments), [tally])


def _replicate(arguments: Arguments) -> int:
    silent = arguments.quiet or arguments.json
    console = Console(stderr=True)

    def tell(done: int, total: int) -> None:
        if not silent:
            plain(console, f"{done} of {total} runs done")

    made = replicate(
        arguments.target, arguments.seeds, overrides_of(arguments), options_of(arguments), tell
    )
    if arguments.json:
        plain(Console(), (made.folder / REPLICATIONS_NAME).read_text("utf-8"))
    elif not arguments.quiet:
        Console().print(replications_table(made))
        plain(Console(), f"Runs are in {made.folder}/")
    return DONE
