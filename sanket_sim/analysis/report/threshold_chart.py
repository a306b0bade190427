"""Where the fraud service's threshold stands, and what others would have meant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.fraud_scores import ThresholdPoint
from sanket_sim.analysis.report.style import LIGHT, Plot, finish
from sanket_sim.analysis.report.wording import estimate, percents
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.money import exponent_of, format_minor

_WIDTH, _HEIGHT = 7.4, 4.6


def threshold_plot(run: RunFolder, findings: Findings) -> Plot | None:
    """Draw precision, recall and cost against the threshold; None without scored fraud."""
    curve = findings.fraud.curve
    if not curve:
        return None
    import matplotlib.pyplot as plt  # noqa: PLC0415  # slow to import

    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(_WIDTH, _HEIGHT), sharex=True, layout="constrained", height_ratios=(5, 4)
    )
    _draw_rates(upper, curve)
    service = run.bank.fraud_service
    _draw_cost(lower, findings, curve, service.step_up_at)
    for axes in (upper, lower):
        for at in (service.step_up_at, service.decline_at):
            axes.axvline(at, color=LIGHT["muted"], lw=1.0, ls=(0, (4, 3)))
    for at, said in ((service.step_up_at, "second factor"), (service.decline_at, "decline")):
        across = upper.get_xaxis_transform()
        upper.text(at, 1.01, said, transform=across, fontsize=8, color=LIGHT["muted"], ha="center")
    return finish(figure, "thresholds", "Fraud scores: other thresholds", _note(findings, curve))


def _draw_rates(axes: Any, curve: tuple[ThresholdPoint, ...]) -> None:
    at = [point.threshold for point in curve]
    for name, colour in (("recall", "accent"), ("precision", "violet")):
        found = [getattr(point, name) for point in curve]
        axes.fill_between(
            at,
            [100 * one.low for one in found],
            [100 * one.high for one in found],
            color=LIGHT[colour],
            alpha=0.14,
            lw=0,
        )
        axes.plot(at, [100 * one.value for one in found], color=LIGHT[colour], label=name)
    axes.set_ylim(0, 102)
    axes.set_xlim(0, 1)
    axes.set_ylabel("%")
    _legend(axes)


def _draw_cost(
    axes: Any, findings: Findings, curve: tuple[ThresholdPoint, ...], now: float
) -> None:
    currency = _currency(findings)
    unit = 10 ** exponent_of(currency)
    at = [point.threshold for point in curve]
    cost = [point.cost_minor / unit for point in curve]
    missed = [point.missed_minor / unit for point in curve]
    troubled = [both - one for both, one in zip(cost, missed, strict=True)]
    for name, found, colour in (
        ("fraud missed", missed, "heat"),
        ("honest flagged", troubled, "teal"),
    ):
        axes.plot(at, found, color=LIGHT[colour], label=name)
    axes.plot(at, cost, color=LIGHT["text"], lw=1.3, label="both")
    # At 0 everybody is flagged: on a plain scale that would press everything else to the ground.
    axes.set_yscale("symlog", linthresh=_smallest_shown(cost), linscale=0.4)
    axes.set_ylim(0, 10 * max(*cost, 1.0))
    axes.set_ylabel(f"cost, {currency}")
    axes.set_xlabel("flag from this score on")
    axes.yaxis.set_major_formatter(lambda cost, _: f"{cost:,.0f}")
    _mark(axes, at, cost, now, cheapest(curve).threshold)
    _legend(axes)


def _smallest_shown(cost: list[float]) -> float:
    """Return the power of ten from which the axis of costs is logarithmic."""
    return float(10 ** max(0, math.floor(math.log10(max(*cost, 1.0))) - 3))


def _mark(axes: Any, at: list[float], cost: list[float], now: float, best: float) -> None:
    """Mark on the curve where the service flags, and where that would have cost least."""
    places = (
        ("in service", now, "s", "text", now > best),
        ("cheapest", best, "o", "ok", best > now),
    )
    for name, where, shape, colour, apart in places:
        height = float(np.interp(where, at, cost))
        axes.plot([where], [height], shape, color=LIGHT[colour], ms=6, zorder=5)
        # Apart from each other, and not over the edge.
        right = apart if 0.2 < where < 0.8 else where <= 0.2
        axes.annotate(
            f"{name} {where:g}",
            (where, 0.86),
            xycoords=axes.get_xaxis_transform(),
            xytext=(6 if right else -6, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            fontsize=8,
            color=LIGHT[colour],
        )


def _legend(axes: Any) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, handlelength=1.1, borderaxespad=0.1
    )


def _currency(findings: Findings) -> str:
    return next(iter(findings.fraud.cost.total_minor))


def cheapest(curve: tuple[ThresholdPoint, ...]) -> ThresholdPoint:
    """Return the threshold that would have cost least."""
    return min(curve, key=lambda point: (point.cost_minor, -point.threshold))


def _note(findings: Findings, curve: tuple[ThresholdPoint, ...]) -> str:
    fraud, best = findings.fraud, cheapest(curve)
    area = "" if math.isnan(fraud.pr_auc.value) else f"PR-AUC {estimate(fraud.pr_auc)}. "
    return (
        f"{area}In service: recall {percents(fraud.recall)}, precision "
        f"{percents(fraud.precision)}. Cheapest, had nobody acted otherwise: "
        f"{best.threshold:g}, {format_minor(best.cost_minor, _currency(findings))} with what fraud "
        "tried to take below it and the assumed price of each honest payment above it."
    )
