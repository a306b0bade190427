"""Fraud detection: what the bank's controls caught, what it cost, whom they troubled."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.intents import judged
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, wilson
from sanket_sim.core.outcomes import FraudDecision
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.batch import Columns

SCORE_BINS = 1000


@dataclass(frozen=True, slots=True)
class TypologyDetection:
    """How one kind of fraud fared.

    Parameters
    ----------
    recall : Estimate
        Flagged of all its intents.
    value_minor, value_detected_minor, loss_minor : dict
        By currency: what was attempted, what of that was flagged, and what left the victims.
    campaigns, campaigns_blocked : int
        Campaigns, and those of which at least one intent was flagged.
    alert_delay_s : float
        Mean time from a campaign's first intent to its first flag, over those blocked.
    loss_before_block_minor : dict
        What left the victims of each campaign before its first flag (all of it if there was none).
    """

    intents: int
    detected: int
    recall: Estimate
    value_minor: dict[str, int]
    value_detected_minor: dict[str, int]
    loss_minor: dict[str, int]
    campaigns: int
    campaigns_blocked: int
    alert_delay_s: float
    loss_before_block_minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class FraudFinding:
    """Detection at the operating point; "flagged" means declined or asked for a second factor.

    Parameters
    ----------
    true_positives, false_positives, false_negatives, true_negatives : int
    precision, recall : Estimate
    false_positive_rate : Estimate
        Honest intents flagged, of all honest ones that were checked.
    pr_auc : float
        Area under the precision-recall curve of the scores; NaN without fraud.
    unchecked : int
        Intents that passed because the check itself failed (fail-open).
    recall_in_faults : Estimate
        Recall among intents born while a fault was on.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    precision: Estimate
    recall: Estimate
    false_positive_rate: Estimate
    pr_auc: float
    unchecked: int
    unchecked_fraud: int
    recall_in_faults: Estimate
    by_typology: dict[str, TypologyDetection]


_COLUMNS = ("typology", "campaign_id", "fraud_score", "fraud_decision", "currency")
_KEPT = (*_COLUMNS, "created_ns", "amount_minor", "d_minor")


@dataclass(slots=True)
class _Confusion:
    """Counts over all intents; only the few fraudulent rows themselves are kept."""

    table: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 2), np.int64))
    scores: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, SCORE_BINS), np.int64))
    unchecked: int = 0
    frauds: list[Columns] = field(default_factory=list)

    def add(self, columns: Columns) -> None:
        decision, fraud = columns["fraud_decision"], columns["is_fraud"]
        checked = (decision != FraudDecision.NONE) | fraud
        flagged = is_flagged(decision)
        cells = fraud[checked].astype(np.int64) * 2 + flagged[checked]
        self.table += np.bincount(cells, minlength=4).reshape(2, 2)
        bins = (columns["fraud_score"][checked] * SCORE_BINS).astype(np.int64)
        cells = fraud[checked] * SCORE_BINS + np.clip(bins, 0, SCORE_BINS - 1)
        self.scores += np.bincount(cells, minlength=2 * SCORE_BINS).reshape(2, SCORE_BINS)
        self.unchecked += int((decision == FraudDecision.UNCHECKED).sum())
        self.frauds.append({name: columns[name][fraud] for name in _KEPT})

    def fraud_rows(self) -> Columns:
        empty = np.empty(0, np.int64)
        parts = self.frauds
        if not parts:
            return dict.fromkeys(_KEPT, empty)
        return {name: np.concatenate([part[name] for part in parts]) for name in _KEPT}


def is_flagged(decision: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Say which decisions stood in an intent's way."""
    return np.isin(decision, (FraudDecision.DECLINE, FraudDecision.STEP_UP))


def average_precision(honest: NDArray[np.int64], fraud: NDArray[np.int64]) -> float:
    """Return the area under the precision-recall curve from histograms of scores.

    Parameters
    ----------
    honest, fraud : int64 arrays, shape (bins,)
        Intents by score, lowest scores first.

    Examples
    --------
    >>> average_precision(np.array([8, 0]), np.array([0, 2]))
    1.0
    """
    caught, flagged = np.cumsum(fraud[::-1]), np.cumsum((honest + fraud)[::-1])
    if caught[-1] == 0:
        return math.nan
    gains = np.diff(caught, prepend=0) / caught[-1]
    return float((gains * caught / np.maximum(flagged, 1)).sum())


@analysers.register("fraud")
def measure_fraud(run: RunFolder) -> FraudFinding:
    """Score detection against the hidden truth."""
    confusion = _Confusion()
    for judgement in judged(run, _COLUMNS):
        confusion.add({**judgement.columns})
    (tn, fp), (fn, tp) = confusion.table.tolist()
    rows = confusion.fraud_rows()
    unchecked_fraud = int((rows["fraud_decision"] == FraudDecision.UNCHECKED).sum())
    return FraudFinding(
        true_positives=tp,
        false_positives=fp,
        false_negatives=fn,
        true_negatives=tn,
        precision=wilson(tp, tp + fp),
        recall=wilson(tp, tp + fn),
        false_positive_rate=wilson(fp, fp + tn),
        pr_auc=average_precision(*confusion.scores),
        unchecked=confusion.unchecked,
        unchecked_fraud=unchecked_fraud,
        recall_in_faults=_recall_in_faults(run, rows),
        by_typology=_typologies(run, rows),
    )


def _recall_in_faults(run: RunFolder, rows: Columns) -> Estimate:
    born_ns = rows["created_ns"]
    struck = np.zeros(len(born_ns), np.bool_)
    for fault in run.faults:
        struck |= (born_ns >= fault.begin_ns) & (born_ns < fault.end_ns)
    flagged = is_flagged(rows["fraud_decision"])
    return wilson(int((struck & flagged).sum()), int(struck.sum()))


def _typologies(run: RunFolder, rows: Columns) -> dict[str, TypologyDetection]:
    words, money = run.trace.words("typology"), run.trace.words("currency")
    found = {}
    for code in np.unique(rows["typology"]).tolist():
        here = rows["typology"] == code
        one = {name: column[here] for name, column in rows.items()}
        found[words[code] or "unlabelled"] = _typology(one, money)
    return found


def _typology(rows: Columns, money: list[str]) -> TypologyDetection:
    flagged = is_flagged(rows["fraud_decision"])
    early, delays_s, campaigns = _campaigns(rows, flagged)
    lost = np.maximum(rows["d_minor"], 0)

    def sums(amounts: NDArray[np.int64], keep: NDArray[np.bool_]) -> dict[str, int]:
        codes = np.unique(rows["currency"])
        return {money[c]: int(amounts[keep & (rows["currency"] == c)].sum()) for c in codes}

    everything = np.ones(len(flagged), np.bool_)
    return TypologyDetection(
        intents=len(flagged),
        detected=int(flagged.sum()),
        recall=wilson(int(flagged.sum()), len(flagged)),
        value_minor=sums(rows["amount_minor"], everything),
        value_detected_minor=sums(rows["amount_minor"], flagged),
        loss_minor=sums(lost, everything),
        campaigns=campaigns,
        campaigns_blocked=len(delays_s),
        alert_delay_s=math.fsum(delays_s) / len(delays_s) if delays_s else math.nan,
        loss_before_block_minor=sums(lost, early),
    )


def _campaigns(
    rows: Columns, flagged: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], list[float], int]:
    """Return which intents came before their campaign's first flag, the delays, the count."""
    early, delays_s = np.ones(len(flagged), np.bool_), []
    campaigns = np.unique(rows["campaign_id"])
    for campaign in campaigns:
        here = rows["campaign_id"] == campaign
        blocked_ns = rows["created_ns"][here & flagged]
        if len(blocked_ns):
            early[here] = rows["created_ns"][here] < blocked_ns.min()
            delays_s.append(float(blocked_ns.min() - rows["created_ns"][here].min()) / NS_PER_S)
    return early, delays_s, len(campaigns)
