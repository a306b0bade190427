"""The commands that look before anything runs: `list`, `check`, `explain`."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from sanket_sim.console.arguments import Arguments
from sanket_sim.console.asking import resolved_of, tell_remarks
from sanket_sim.console.explanation import explain
from sanket_sim.console.tables import shelf_table
from sanket_sim.console.wording import counted, plain
from sanket_sim.console.yaml_conversion import convert
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.simulation.shelf import entries


def perform_list(_arguments: Arguments) -> int:
    """Show every experiment and model, with its question."""
    console = Console()
    console.print(shelf_table("experiment", "question", entries("experiments")))
    console.print(shelf_table("model", "what it is", entries("models")))
    return 0


def perform_check(arguments: Arguments) -> int:
    """Validate an experiment, print its JSON Schema, or convert a YAML file."""
    if arguments.from_yaml:
        return _convert(arguments.from_yaml)
    if arguments.schema:
        plain(Console(), json.dumps(Experiment.model_json_schema(by_alias=True), indent=2))
        return 0
    if not arguments.target:
        raise InputError("check", [Problem("", "name an EXPERIMENT, --schema or --from-yaml FILE")])
    resolved = resolved_of(arguments)
    tell_remarks(resolved)
    asked, bank = resolved.experiment, resolved.bank
    plain(
        Console(),
        f"{resolved.source}: fine: {asked.name} on {bank.name} "
        f"({len(bank.services)} services, {len(bank.routes)} routes, "
        f"{counted(len(asked.fault), 'fault')}, {counted(len(asked.trap), 'trap')})",
    )
    return 0


def perform_explain(arguments: Arguments) -> int:
    """Say what an experiment will do."""
    explain(resolved_of(arguments), Console())
    return 0


def _convert(path: Path) -> int:
    made = convert(path)
    plain(Console(), made.toml.rstrip("\n"))
    for remark in made.remarks:
        plain(Console(stderr=True), f"{path}: {remark}")
    return 0
