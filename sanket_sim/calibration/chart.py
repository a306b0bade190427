"""Quantiles of generated amounts against the record's, an operation a panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sanket_sim.calibration.comparison import KS_MAX, OperationFit, Verdict
from sanket_sim.calibration.reference import GRID

_COLUMNS = 4
_INK, _MUTED, _GRID = "#122039", "#5f6f89", "#dfe5ee"
_FINE, _ALARM, _UNJUDGED = "#0e8f68", "#cf2444", "#8393ad"
_SMALLEST = 1e-4
"""Multiples of an income below this are drawn at it."""


def draw(verdict: Verdict, path: Path) -> None:
    """Draw quantiles from 0.5 % to 99.5 % as panels, to a PNG."""
    from matplotlib.figure import Figure  # noqa: PLC0415  slow to import

    drawn = [one for one in verdict.operations if one.operation in verdict.samples]
    rows = -(-len(drawn) // _COLUMNS)
    figure = Figure(figsize=(3.0 * _COLUMNS, 3.1 * rows + 0.9), layout="constrained")
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axis, one in zip(axes, drawn, strict=False):
        _panel(axis, one, verdict)
    for axis in axes[len(drawn) :]:
        axis.set_axis_off()
    figure.suptitle(
        "Amounts in the customer's own monthly incomes: generated quantiles against the record's",
        x=0.01,
        ha="left",
        fontsize=12,
        color=_INK,
    )
    figure.savefig(path, dpi=120, facecolor="white")


def _panel(axis: Any, one: OperationFit, verdict: Verdict) -> None:
    of_income = np.asarray(verdict.reference.operation[one.operation].of_income)
    record = np.maximum(of_income[1:-1], _SMALLEST)
    made = np.maximum(np.quantile(verdict.samples[one.operation], GRID[1:-1]), _SMALLEST)
    low, high = min(record.min(), made.min()) / 1.3, max(record.max(), made.max()) * 1.3
    colour = (_FINE if one.ks_of_income <= KS_MAX else _ALARM) if one.is_judged else _UNJUDGED
    axis.plot([low, high], [low, high], color=_MUTED, linewidth=0.8)
    axis.plot(record, made, linestyle="none", marker="o", markersize=3.5, color=colour)
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
    axis.set_title(one.operation.replace("_", " "), loc="left", fontsize=10, color=_INK)
    told = f"KS {one.ks_of_income:.3f}" + ("" if one.is_judged else " (few entries)")
    axis.text(0.04, 0.92, told, transform=axis.transAxes, fontsize=8.5, color=colour)
    axis.set_xlabel("record", fontsize=8, color=_MUTED)
    axis.set_ylabel("generated", fontsize=8, color=_MUTED)
    axis.tick_params(labelsize=7.5, colors=_MUTED, which="both", length=2)
    axis.grid(color=_GRID, linewidth=0.6)
    for spine in axis.spines.values():
        spine.set_color(_GRID)
