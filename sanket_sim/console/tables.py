"""Tables of the smaller commands: shelves, comparisons, replications."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sanket_sim.console.wording import interval
from sanket_sim.simulation.compare import Comparison, Difference
from sanket_sim.simulation.replicate import Replications
from sanket_sim.simulation.shelf import Entry
from sanket_sim.simulation.validation.rule import Row

HEADLINES = (
    "traffic.submitted",
    "traffic.goodput_per_s",
    "leakage.rate_count",
    "leakage.rate_value",
    "leakage.failure_rate",
    "latency.end_to_end.p50_s",
    "latency.end_to_end.p95_s",
    "latency.end_to_end.p99_s",
    "latency.apdex",
    "resilience.sli",
    "resilience.recovery.depth_percent",
    "resilience.recovery.time_to_recover_s",
    "resilience.amplification",
    "energy.sci_mg",
    "energy.per_payment_j",
    "energy.wasted_j",
    "energy.over_provisioned_j",
    "fraud.recall",
    "fraud.false_positive_rate",
)
"""What tables show of hundreds of leaves; the files hold all."""


def shelf_table(kind: str, what: str, entries: Sequence[Entry]) -> Table:
    """Show what lies on a shelf, each with its question."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(kind, style="bold", no_wrap=True)
    table.add_column(what)
    for entry in entries:
        said = Text(entry.question or "(its file does not say)")
        if entry.expect:
            said.append(f"\nExpect: {entry.expect}", style="dim")
        table.add_row(entry.name, said)
    table.add_row("", "")
    return table


def comparison_table(made: Comparison) -> Table:
    """Show what changed; changes that are more than chance stand out."""
    table = Table(
        title=f"{made.base}  ->  {made.other}",
        title_justify="left",
        title_style="bold",
        caption=made.pairing,
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column("", overflow="fold")  # a narrow terminal takes from names, never from figures
    for name in ("base", "other", "change", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    shown = [one for one in made.differences if one.metric in HEADLINES] or made.differences
    for one in shown:
        table.add_row(*_cells(one), style="bold" if one.significant else "")
    return table


def replications_table(made: Replications) -> Table:
    """Show the headlines over all seeds with t intervals."""
    table = Table(
        title=f"{len(made.runs)} replications", title_justify="left", title_style="bold", box=None
    )
    for name in ("", "mean", "95 % t interval"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for name in HEADLINES:
        estimate = made.headlines.get(name)
        if estimate is not None and not math.isnan(estimate.value):
            table.add_row(name, f"{estimate.value:.5g}", interval(estimate))
    return table


def validation_table(rows: Sequence[Row]) -> Table:
    """Show each known answer beside the simulated one, with its standard error."""
    passed = sum(row.passed for row in rows)
    table = Table(
        title=f"Experiments with known answers: {passed} of {len(rows)} pass",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    for name in ("#", "experiment", "quantity", "expected", "simulated", "std. error", "verdict"):
        figure = name in ("#", "expected", "simulated", "std. error")
        table.add_column(name, justify="right" if figure else "left", header_style="dim")
    for row in rows:
        figures = (row.expected, row.simulated, row.standard_error)
        verdict = Text(row.verdict, style="green" if row.passed else "bold red")
        words = str(row.number), escape(row.experiment), escape(row.quantity)
        table.add_row(*words, *(f"{figure:.6g}" for figure in figures), verdict)
    return table


def _cells(one: Difference) -> tuple[str, str, str, str, str]:
    change = one.change
    return (
        one.metric,
        _figure(one.base),
        _figure(one.other),
        "-" if math.isnan(change.value) else f"{change.value:+.4g}",
        interval(change),
    )


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"
