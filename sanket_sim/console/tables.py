"""Tables of the smaller commands: shelves, comparisons, replications."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sanket_sim.console.wording import interval, money
from sanket_sim.simulation.compare import Comparison, Difference, is_total
from sanket_sim.simulation.fraud_windows import TOTALS
from sanket_sim.simulation.replicate import Replications
from sanket_sim.simulation.shelf import Entry
from sanket_sim.simulation.validation.rule import Row

_NAME_MIN = 16
SETTINGS_SHOWN = 5
"""How many settings that differ the screen names; ``--json`` has all."""
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
    "fraud.precision",
    "fraud.false_positive_rate",
    "fraud.pr_auc",
    "fraud.campaigns_blocked",
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


def show_comparison(made: Comparison, console: Console) -> None:
    """Print what changed, under what was set differently and what speaks against comparing."""
    for warning in made.warnings:
        console.print(Text(f"Warning: {warning}", style="bold red"))
    console.print(Text(_settings_line(made)))
    console.print(comparison_table(made))


def _settings_line(made: Comparison) -> str:
    if not made.settings:
        return "No setting differs."
    rest = len(made.settings) - SETTINGS_SHOWN
    shown = "; ".join(str(one) for one in made.settings[:SETTINGS_SHOWN])
    return f"Settings that differ: {shown}{f'; and {rest} more' if rest > 0 else ''}"


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
    # A narrow terminal takes from names and breaks intervals in two, but cuts no figure.
    table.add_column("", overflow="fold", min_width=_NAME_MIN)
    for name in ("base", "other", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", min_width=_NAME_MIN)
    for one in _shown(made.differences):
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


def _shown(differences: Sequence[Difference]) -> list[Difference]:
    """Choose the headlines, if there are any, and every leak and repair that is not nothing."""
    headlines = {one.metric for one in differences} & {*HEADLINES}
    return [
        one
        for one in differences
        if (one.base or one.other if is_total(one.metric) else one.metric in headlines)
        or not (headlines or is_total(one.metric))
    ]


def _cells(one: Difference) -> tuple[str, str, str, str, str]:
    change, spell = one.change, _spelling(one)
    return (
        _name(one),
        spell(one.base),
        spell(one.other),
        f"{'+' if change.value > 0 else ''}{spell(change.value)}",
        interval(change, spell),
    )


def _name(one: Difference) -> str:
    """Name a metric; leaks, repairs and fraud in words."""
    if not is_total(one.metric):
        return one.metric
    stolen = TOTALS.get(one.metric.removesuffix(f".{one.currency}"))
    if stolen:
        return f"{stolen}, {one.currency}" if one.currency else stolen
    block, group, name, *_ = one.metric.split(".")
    if group == "by_class":
        return f"leaked: {name.replace('_', ' ').lower()}"
    said = "gross leak" if block == "leakage" else _REPAIRED[name]
    return f"{said}, {one.currency or 'intents'}"


_REPAIRED = {"recovered": "put right", "residual": "found, not put right"}


def _spelling(one: Difference) -> Callable[[float], str]:
    """Return how the figures of a metric are written."""
    if one.currency:
        return lambda minor: _amount(minor, one.currency)
    return (lambda count: f"{count:,.0f}") if is_total(one.metric) else _figure


def _amount(minor: float, currency: str) -> str:
    return "-" if math.isnan(minor) else money(round(minor), currency).removesuffix(f" {currency}")


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"
