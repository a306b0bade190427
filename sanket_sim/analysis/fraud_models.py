"""The fraud service's own parts against each other: its rules, its model, and both together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.fraud_scores import SCORE_BINS, Counts, area_estimate
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, wilson
from sanket_sim.trace.batch import places_of

_PARTS = {"both": "score", "rules": "points", "model": "likelihood"}
"""The parts, and the columns of the assessments that hold what they say."""


_WHOLE = 0.95
"""Share of the judged payments from which evidence is that of all; the warm-up's end blurs it."""


@dataclass(frozen=True, slots=True)
class ScorerQuality:
    """How well one way of scoring ranks the payments that were assessed.

    Parameters
    ----------
    pr_auc : Estimate
    recall : Estimate
        If it flagged as many payments as the service did (those of the score that splits a tie
        are left out).
    """

    pr_auc: Estimate
    recall: Estimate


def compare_scorers(
    run: RunFolder, fraud_ids: NDArray[np.int64], cover_ids: NDArray[np.int64], scored: int
) -> dict[str, ScorerQuality]:
    """Compare rules, model and both on the same payments.

    Empty where the trace keeps no evidence, or that of flagged payments alone: among those the
    scorers that flagged them look better than they are.

    Parameters
    ----------
    fraud_ids : int64 array
        tx_id of every fraudulent payment, ascending.
    cover_ids : int64 array
        tx_id of every payment that is left out, ascending: cover is neither fraud nor honest.
    scored : int
        Payments that the fraud service judged, without cover.
    """
    names = ("tx_id", "time_ns", "decision", *_PARTS.values())
    counts = {part: np.zeros((2, SCORE_BINS), np.int64) for part in _PARTS}
    flagged = 0
    words = run.trace.vocabularies["fraud_decision"]
    stands = [words.code(word) for word in ("step_up", "decline")]
    for rows in run.trace.batches("assessments", names):
        measured = (rows["time_ns"] >= run.start_ns) & (places_of(cover_ids, rows["tx_id"]) < 0)
        fraud = places_of(fraud_ids, rows["tx_id"])[measured] >= 0
        flagged += int(np.isin(rows["decision"][measured], stands).sum())
        for part, column in _PARTS.items():
            cells = fraud * SCORE_BINS + _ranked(rows[column][measured])
            counts[part] += np.bincount(cells, minlength=2 * SCORE_BINS).reshape(2, SCORE_BINS)
    if counts["both"].sum() < max(1, _WHOLE * scored):
        return {}
    return {part: _quality(table, flagged) for part, table in counts.items()}


def _ranked(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return bins that keep the order of scores from 0 on, however large points may add up to."""
    values = np.maximum(scores.astype(np.float64), 0)
    bins = (values / (1 + values) * SCORE_BINS).astype(np.int64)
    return np.asarray(np.minimum(bins, SCORE_BINS - 1))


def _quality(table: Counts, flagged: int) -> ScorerQuality:
    honest, fraud = table
    above = np.cumsum(table.sum(axis=0)[::-1])[::-1]
    kept = above <= flagged
    return ScorerQuality(
        area_estimate(honest, fraud), wilson(int(fraud[kept].sum()), int(fraud.sum()))
    )
