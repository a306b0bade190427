"""Fraud in windows of simulated time, so that two runs can be paired by them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.fraud_payments import Mask, Payments, payments
from sanket_sim.analysis.fraud_scores import in_first_currency
from sanket_sim.analysis.run_folder import RunFolder

Windows = NDArray[np.float64]

TOTALS = {
    "fraud.loss_minor": "lost to fraud",
    "fraud.outage.overall.unchecked_loss_minor": "of it unchecked",
    "fraud.stopped_minor": "fraud stopped",
    "fraud.alarms.refused_minor": "honest refused",
    "fraud.alarms.refused": "honest refused",
    "fraud.alarms.flagged": "honest flagged",
    "fraud.outage.overall.unchecked_count": "passed unchecked",
    "fraud.cost.total_minor": "loss and alarms",
}
"""Sums about fraud that two runs are compared by, as the findings name them, and in words."""


def fraud_windows(run: RunFolder, edges_ns: NDArray[np.int64]) -> dict[str, Windows]:
    """Return what fraud took and whom its prevention troubled in each window, by when it was born.

    Rates are NaN where there was nothing to flag. What was born after the last arrivals counts in
    the last window, so that sums are those of the run's findings; only the time of analysts is
    left out of the cost.
    """
    count = len(edges_ns) - 1
    sums: dict[str, Windows] = {}
    for rows in (every.where(~every.cover) for every in payments(run)):
        window = _windows(run, rows, edges_ns)
        for name, mask, weights in _parts(run, rows):
            here = mask & (window >= 0)
            counts = np.bincount(window[here], weights[here], count)
            sums[name] = np.asarray(sums.get(name, 0) + counts, np.float64)
    return _named(run, sums, np.zeros(count)) if sums else {}


def _windows(run: RunFolder, rows: Payments, edges_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    born_ns, last = rows.columns["created_ns"], len(edges_ns) - 2
    window = np.searchsorted(edges_ns, born_ns, side="right") - 1
    tail = last if run.arrivals_end_ns <= edges_ns[-1] else -1
    return np.where(window <= last, window, tail).astype(np.int64)


def _parts(run: RunFolder, rows: Payments) -> Iterator[tuple[str, Mask, Windows]]:
    """Yield a name, the payments that it counts, and what each of them counts for."""
    one, honest = np.ones(len(rows)), ~rows.fraud
    moving = rows.fraud & rows.decided & (rows.columns["amount_minor"] > 0)
    yield "fraud", moving, one
    yield "caught", moving & rows.flagged, one
    yield "judged", honest & rows.scored, one
    yield "asked", honest & rows.flagged & ~rows.declined, one
    yield "fraud.alarms.flagged", honest & rows.flagged, one
    yield "fraud.alarms.refused", honest & rows.stopped, one
    yield "fraud.outage.overall.unchecked_count", rows.unchecked, one
    lost, amounts = rows.lost_minor, rows.columns["amount_minor"]
    money = {
        "fraud.loss_minor": (rows.fraud, lost),
        "fraud.outage.overall.unchecked_loss_minor": (rows.unchecked, lost),
        "fraud.stopped_minor": (rows.fraud & rows.stopped, amounts),
        "fraud.alarms.refused_minor": (honest & rows.stopped, amounts),
    }
    words, codes = run.trace.words("currency"), rows.columns["currency"]
    for name, (mask, minor) in money.items():
        for code in np.unique(codes[mask & (minor > 0)]).tolist():
            yield f"{name}.{words[code]}", mask & (codes == code), minor.astype(np.float64)


def _named(run: RunFolder, sums: dict[str, Windows], nothing: Windows) -> dict[str, Windows]:
    """Return rates and totals under the names by which they are compared."""
    totals = {name: counts for name, counts in sums.items() if name.startswith("fraud.")}
    prices, currency = run.experiment.report, run.bank.currencies[0]
    alarms = (
        totals["fraud.alarms.refused"] * prices.false_positive_cost_minor
        + sums["asked"] * prices.step_up_cost_minor
    )
    cost = alarms + _lost(run, totals, nothing)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = {
            "fraud_recall": sums["caught"] / sums["fraud"],
            "honest_flagged_rate": sums["fraud.alarms.flagged"] / sums["judged"],
        }
    return rates | totals | {f"fraud.cost.total_minor.{currency}": cost}


def _lost(run: RunFolder, totals: dict[str, Windows], nothing: Windows) -> Windows:
    """Return what victims lost in each window, in minor units of the bank's first currency."""
    lost = nothing
    for name, minor in totals.items():
        if name.startswith("fraud.loss_minor."):
            currency = name.rpartition(".")[2]
            lost = lost + [in_first_currency(run, {currency: int(one)}) for one in minor]
    return lost
