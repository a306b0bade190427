"""The command `audit-leak`: what single rows of a run give away, and what campaigns came out as."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from sanket_sim.analysis.boosting import xgboost
from sanket_sim.analysis.leak_audit.page import as_json, tables, verdict_line, write_pages
from sanket_sim.analysis.leak_audit.verdict import LeakAudit, audit_leaks
from sanket_sim.analysis.report.table import Table
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.console.arguments import Arguments
from sanket_sim.console.folders import manifest_of
from sanket_sim.console.progress import Trials
from sanket_sim.console.wording import plain
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.simulation.compare import REPLICATIONS_NAME
from sanket_sim.trace.manifest import MANIFEST_NAME

FAILED = 1
_WIDTH = 120
_STYLES = {"fails": "bold red", "passes": "green", "too few": "yellow"}
_NEEDED = ("transactions", "truth", "campaigns", "specifications")


def perform_audit_leak(arguments: Arguments) -> int:
    """Audit the rows of some runs together; 1 if a typology fails, or none can be judged."""
    xgboost()
    runs = runs_of(arguments.folders)
    console = _console()
    with Trials(Console(stderr=True), "comparisons") as trials:
        made = audit_leaks(runs, trials.show)
    written = write_pages(made, arguments.out or runs[0].path)
    if arguments.json:
        plain(console, as_json(made))
    else:
        _show(made, console)
        plain(console, f"\nwritten: {', '.join(map(str, written))}")
    return 0 if made.passes else FAILED


def runs_of(folders: tuple[str, ...], tables: tuple[str, ...] = _NEEDED) -> list[RunFolder]:
    """Open run folders that are whole and kept what is needed.

    A folder that ``--seeds`` wrote stands for all runs in it.

    Raises
    ------
    InputError
        If one does not, one is named twice, or there was no campaign in any.
    """
    found = [path for name in folders for path in _within(Path(name))]
    for path in found:
        manifest = manifest_of(path, tables)
        if not manifest.complete:
            message = f"a partial run ({manifest.reason}) does not say who its campaigns were"
            raise InputError(str(path), [Problem("", f"{message}; run it again")])
    runs = [RunFolder(path) for path in found]
    refuse_repeated(runs, "it would count twice")
    if not any(run.trace.table("campaigns", ["campaign_id"]).num_rows for run in runs):
        message = "no campaigns in it; give the experiment a [fraud] rate or [[fraud.campaign]]"
        raise InputError(folders[0], [Problem("", message)])
    return runs


def refuse_repeated(runs: Sequence[RunFolder], why: str) -> None:
    """Refuse runs of the same experiment and seed: they hold the same campaigns, copied or not.

    Raises
    ------
    InputError
        If two are; both are named, and `why` that does not do.
    """
    first: dict[tuple[str, int], Path] = {}
    for run in runs:
        name, seed = told = run.experiment.name, run.experiment.seed
        other = first.setdefault(told, run.path)
        if other is not run.path:
            message = f"is {name}, seed {seed}, as {other} is: {why}; leave one of them out"
            raise InputError(str(run.path), [Problem("", message)])


def _within(folder: Path) -> list[Path]:
    if not (folder / REPLICATIONS_NAME).is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST_NAME}"))


def _console() -> Console:
    console = Console()
    narrow = not console.is_terminal and console.width < _WIDTH
    return Console(width=_WIDTH) if narrow else console


def _show(made: LeakAudit, console: Console) -> None:
    for table in tables(made):
        console.print(grid_of(table))
        if table.note:
            console.print(Text(table.note, style="dim"))
        console.print()
    console.print(Text(verdict_line(made), style="green" if made.passes else "bold red"))


def grid_of(table: Table) -> Grid:
    """Return a table of the report as the screen shows it."""
    grid = Grid(title=table.title, title_justify="left", title_style="bold", box=None)
    grid.pad_edge = False
    for place, heading in enumerate(table.headings):
        side: Literal["left", "right"] = "left" if place < table.names else "right"
        grid.add_column(heading, justify=side, header_style="dim", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    return grid
