"""Fraud detection: what the bank's controls caught, what it cost, whom they troubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sanket_sim.analysis.fraud_alarms import (
    FalseAlarms,
    FraudCost,
    HonestCounts,
    cost_of,
    false_alarms,
)
from sanket_sim.analysis.fraud_campaigns import (
    CampaignDetection,
    TypologyDetection,
    by_typology,
    campaigns_of,
)
from sanket_sim.analysis.fraud_models import ScorerQuality, compare_scorers
from sanket_sim.analysis.fraud_outage import OutageCounts, OutageFinding
from sanket_sim.analysis.fraud_payments import Payments, concatenated, payments
from sanket_sim.analysis.fraud_review import ReviewFinding, measure_reviews
from sanket_sim.analysis.fraud_scores import (
    Histogram,
    ThresholdPoint,
    area_estimate,
    threshold_curve,
)
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, wilson


@dataclass(frozen=True, slots=True)
class FraudFinding:
    """Detection at the operating point; "flagged" means declined or asked for a second factor.

    Parameters
    ----------
    nobody_judged : bool
        The fraud service has neither rules nor a model, and scored nothing: what it could have
        caught is unknown (NaN), and it is no fault of its threshold.
    true_positives, false_positives, false_negatives, true_negatives : int
        Of the payments that were judged; fraud that was executed without a judgement is missed.
    precision, recall : Estimate
    false_positive_rate : Estimate
        Honest payments flagged, of all honest ones that were judged.
    pr_auc : Estimate
        Area under the precision-recall curve of the scores; NaN without fraud.
    campaigns_blocked : Estimate
        Campaigns of which at least one fraudulent intent was refused for suspicion.
    value_minor, stopped_minor, loss_minor, loss_before_block_minor : dict
        By currency, over all kinds of fraud; see `TypologyDetection`.
    cover : dict
        By typology: payments of clean money that campaigns make to look honest. They count neither
        as fraud nor as honest, here and in everything else.
    curve : tuple of ThresholdPoint
        What other thresholds would have meant.
    scorers : dict
        Rules, model and both, where the trace holds assessments.
    """

    nobody_judged: bool
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    precision: Estimate
    recall: Estimate
    false_positive_rate: Estimate
    pr_auc: Estimate
    campaigns_blocked: Estimate
    value_minor: dict[str, int]
    stopped_minor: dict[str, int]
    loss_minor: dict[str, int]
    loss_before_block_minor: dict[str, int]
    cost: FraudCost
    alarms: FalseAlarms
    outage: OutageFinding
    reviews: ReviewFinding
    scorers: dict[str, ScorerQuality]
    by_typology: dict[str, TypologyDetection]
    campaigns: tuple[CampaignDetection, ...]
    cover: dict[str, int]
    curve: tuple[ThresholdPoint, ...]


@dataclass(slots=True)
class _Tally:
    """Everything counted in one pass; only the rows of campaigns and their twins are kept."""

    honest: HonestCounts = field(default_factory=HonestCounts)
    outage: OutageCounts = field(default_factory=OutageCounts)
    histogram: Histogram = field(default_factory=Histogram)
    kept: list[Payments] = field(default_factory=list)

    def add(self, rows: Payments, money: list[str]) -> None:
        """Count payments."""
        judged = rows.where(~rows.cover)
        self.honest.add(judged.where(judged.honest), money)
        self.outage.add(judged, money)
        self.histogram.add(judged)
        self.kept.append(rows.where(rows.fraud | rows.cover | rows.twin))


@analysers.register("fraud")
def measure_fraud(run: RunFolder) -> FraudFinding:
    """Score detection against the hidden truth."""
    tally, money = _Tally(), run.trace.words("currency")
    for rows in payments(run):
        tally.add(rows, money)
    known = concatenated(tally.kept)
    fraud, cover = known.where(known.fraud), known.where(known.cover)
    caught, missed = int(fraud.flagged.sum()), int(fraud.missed.sum())
    flags = caught + tally.honest.flagged
    kinds = by_typology(run, known.where(~known.cover), flags)
    blind = _nobody_judged(run, tally.histogram, flags)
    if blind:
        kinds = {name: _unjudged(one) for name, one in kinds.items()}
    reviews = measure_reviews(run, _typologies(run, fraud), cover.columns["tx_id"])
    loss_minor = _total(kinds, "loss_minor")
    return FraudFinding(
        nobody_judged=blind,
        true_positives=caught,
        false_positives=tally.honest.flagged,
        false_negatives=missed,
        true_negatives=tally.honest.scored - tally.honest.flagged,
        precision=wilson(caught, flags),
        recall=Estimate() if blind else wilson(caught, caught + missed),
        false_positive_rate=(
            Estimate() if blind else wilson(tally.honest.flagged, tally.honest.scored)
        ),
        pr_auc=Estimate() if blind else area_estimate(*tally.histogram.counts),
        campaigns_blocked=_blocked(kinds),
        value_minor=_total(kinds, "value_minor"),
        stopped_minor=_total(kinds, "stopped_minor"),
        loss_minor=loss_minor,
        loss_before_block_minor=_total(kinds, "loss_before_block_minor"),
        cost=cost_of(run, tally.honest, loss_minor, reviews.handling_s),
        alarms=false_alarms(run, tally.honest, known.where(known.twin), caught),
        outage=tally.outage.finding(),
        reviews=reviews,
        scorers=compare_scorers(
            run,
            np.sort(fraud.columns["tx_id"]),
            np.sort(cover.columns["tx_id"]),
            int(tally.histogram.counts.sum()),
        ),
        by_typology=kinds,
        campaigns=campaigns_of(run, fraud),
        cover=dict(sorted(Counter(_typologies(run, cover).values()).items())),
        curve=()
        if blind
        else threshold_curve(run, tally.histogram, run.experiment.report.false_positive_cost_minor),
    )


def _nobody_judged(run: RunFolder, histogram: Histogram, flags: int) -> bool:
    """Say whether the fraud service had nothing to judge by."""
    service = run.bank.fraud_service
    scored = bool(histogram.counts[:, 1:].any())
    return not (service.rules or service.model or flags or scored)


def _unjudged(kind: TypologyDetection) -> TypologyDetection:
    """Return a kind of fraud whose recall is unknown, not nothing."""
    stages = {name: replace(one, recall=Estimate()) for name, one in kind.by_stage.items()}
    return replace(kind, recall=Estimate(), by_stage=stages)


def _typologies(run: RunFolder, rows: Payments) -> dict[int, str]:
    words = run.trace.words("typology")
    pairs = zip(rows.columns["tx_id"].tolist(), rows.columns["typology"].tolist(), strict=True)
    return {tx_id: words[code] for tx_id, code in pairs}


def _blocked(kinds: Mapping[str, TypologyDetection]) -> Estimate:
    every = kinds.values()
    return wilson(sum(one.campaigns_blocked for one in every), sum(one.campaigns for one in every))


def _total(kinds: Mapping[str, TypologyDetection], name: str) -> dict[str, int]:
    """Add a column of money up over all kinds of fraud."""
    total: Counter[str] = Counter()
    for one in kinds.values():
        total.update(getattr(one, name))
    return dict(total)
