"""The command `audit`: the money of a run, counted again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sanket_sim.analysis.audit import Audit, CurrencyAudit, audit
from sanket_sim.console.arguments import Arguments
from sanket_sim.console.folders import manifest_of
from sanket_sim.console.wording import money, plain
from sanket_sim.core.errors import ConservationError

_ALARM = "bold red"
_FINE = "green"


def perform_audit(arguments: Arguments) -> int:
    """Count the money of a run again; 3 if a figure is not the engine's."""
    folder, console = Path(arguments.target), Console()
    manifest = manifest_of(folder, ("transactions", "postings"))
    made = audit(folder)
    if arguments.json:
        told = {"agrees": made.agrees, **asdict(made)}
        plain(console, json.dumps(told, indent=2))
    else:
        _show(made, folder, "" if manifest.complete else manifest.reason, console)
    return 0 if made.agrees else ConservationError.exit_status


def _show(made: Audit, folder: Path, cut_short: str, console: Console) -> None:
    counted = f"{made.intents:,} intents, {made.postings:,} postings"
    console.print(Text.assemble((f"{folder}", "bold"), f"  {counted} counted again\n"))
    if cut_short:
        console.print(Text(f"PARTIAL RUN: {cut_short}; its tables may end apart\n", style=_ALARM))
    console.print(_balances(made))
    console.print(Text())
    for flaw in made.flaws:
        console.print(Text(flaw, style=_ALARM))
    if made.differences:
        console.print(_differences(made))
    console.print(_verdict(made))


def _balances(made: Audit) -> Table:
    table = Table(title="Trial balance", title_justify="left", title_style="bold", box=None)
    table.pad_edge = False
    for name in ("debits", "credits", "credits less debits", "orphans", "laws L1-L5"):
        table.add_column(name, justify="right", header_style="dim", no_wrap=True)
    for currency, one in made.by_currency.items():
        net_minor = one.credits_minor - one.debits_minor
        sums = (one.debits_minor, one.credits_minor, net_minor, one.net_created_minor)
        table.add_row(*(money(minor, currency) for minor in sums), _laws(one))
    return table


def _laws(one: CurrencyAudit) -> Text:
    if not one.broken:
        return Text("hold", style=_FINE)
    residuals = (f"{name.split('_')[0].upper()} {getattr(one, name):+,}" for name in one.broken)
    return Text(", ".join(residuals), style=_ALARM)


def _differences(made: Audit) -> Table:
    table = Table(title="Differences", title_justify="left", title_style="bold", box=None)
    table.pad_edge = False
    for name in ("intent", "figure", "engine says", "the log says"):
        side: Literal["left", "right"] = "left" if name == "figure" else "right"
        table.add_column(name, justify=side, header_style="dim", no_wrap=True)
    for one in made.differences:
        table.add_row(f"{one.tx_id}", one.column, _figure(one.recorded), _figure(one.audited))
    return table


def _figure(figure: int | str) -> str:
    return figure if isinstance(figure, str) else f"{figure:,}"


def _verdict(made: Audit) -> Text:
    if made.agrees:
        lame = made.unbalanced_transfers
        orphans = f"; {lame:,} journals are one-sided, as it says itself" if lame else ""
        return Text(f"The engine's account agrees with the log, intent by intent{orphans}.", _FINE)
    count = f"{made.differing:,} of {made.intents:,} intents differ"
    return Text(f"The engine's account and the log do not agree: {count}.", style=_ALARM)
