"""How well scores tell fraud from honesty, and what another threshold would have cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.fraud_payments import Payments
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Z95, Estimate, wilson
from sanket_sim.core.money import exponent_of

SCORE_BINS = 1000
CURVE_STEPS = 50
"""Thresholds at which the curve is given."""
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ThresholdPoint:
    """What flagging everything from one score on would have meant, had nobody acted otherwise.

    Parameters
    ----------
    threshold : float
    precision, recall : Estimate
    flagged_honest : int
    missed_minor : int
        Attempts at their owners' money below the threshold, in minor units of the bank's first
        currency, at its own rates.
    cost_minor : int
        That, and what it costs to trouble the honest above it.
    """

    threshold: float
    precision: Estimate
    recall: Estimate
    flagged_honest: int
    missed_minor: int
    cost_minor: int


@dataclass(slots=True)
class Histogram:
    """Scored payments by their score, honest and fraudulent, and what the latter were after."""

    counts: Counts = field(default_factory=lambda: np.zeros((2, SCORE_BINS), np.int64))
    at_stake_minor: dict[int, Counts] = field(default_factory=dict)
    """By code of the currency."""

    def add(self, rows: Payments) -> None:
        """Count payments; those that nobody scored have no place here."""
        scored = rows.where(rows.scored)
        bins = bins_of(scored.columns["fraud_score"])
        cells = scored.fraud * SCORE_BINS + bins
        self.counts += np.bincount(cells, minlength=2 * SCORE_BINS).reshape(2, SCORE_BINS)
        currencies = scored.columns["currency"]
        for code in np.unique(currencies[scored.loss]).tolist():
            here = scored.loss & (currencies == code)
            sums = self.at_stake_minor.setdefault(code, np.zeros(SCORE_BINS, np.int64))
            np.add.at(sums, bins[here], scored.columns["amount_minor"][here])


def bins_of(scores: NDArray[np.floating]) -> Counts:
    """Return the bin of each score in [0, 1].

    Examples
    --------
    >>> bins_of(np.array([0.0, 0.6, 1.0], np.float32)).tolist()
    [0, 600, 999]
    """
    # A score of single precision may lie just below the decimal that was meant.
    bins = np.floor(scores.astype(np.float64) * SCORE_BINS + 1e-4).astype(np.int64)
    return np.clip(bins, 0, SCORE_BINS - 1)


def average_precision(honest: Counts, fraud: Counts) -> float:
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


def area_estimate(honest: Counts, fraud: Counts) -> Estimate:
    """Return `average_precision` with the logit interval, which stays inside [0, 1].

    References
    ----------
    K. Boyd, K. H. Eng, C. D. Page, "Area under the precision-recall curve: point estimates and
    confidence intervals", ECML PKDD (2013).

    Examples
    --------
    >>> print(area_estimate(np.array([90, 10]), np.array([5, 15])))
    0.4917 [0.287, 0.6992]
    """
    area, positives = average_precision(honest, fraud), int(fraud.sum())
    if not 0 < area < 1:
        return (
            Estimate(area, n=positives)
            if positives == 0
            else wilson(round(area * positives), positives)
        )
    middle = math.log(area / (1 - area))
    half = Z95 / math.sqrt(positives * area * (1 - area))
    low, high = (1 / (1 + math.exp(-(middle + side * half))) for side in (-1, 1))
    return Estimate(area, low, high, positives)


def threshold_curve(
    run: RunFolder, histogram: Histogram, false_alarm_minor: int
) -> tuple[ThresholdPoint, ...]:
    """Go through thresholds from 0 to 1; none without fraud that was scored."""
    honest, fraud = histogram.counts
    if not fraud.sum():
        return ()
    missed = _missed_minor(run, histogram)
    above = np.cumsum(histogram.counts[:, ::-1], axis=1)[:, ::-1]
    steps = np.arange(CURVE_STEPS) * (SCORE_BINS // CURVE_STEPS)
    points = []
    for place in steps.tolist():
        wrong, right = (int(count) for count in above[:, place])
        points.append(
            ThresholdPoint(
                place / SCORE_BINS,
                wilson(right, right + wrong),
                wilson(right, int(fraud.sum())),
                wrong,
                int(missed[place]),
                int(missed[place]) + wrong * false_alarm_minor,
            )
        )
    assert honest.sum() == points[0].flagged_honest, "at 0 everybody is flagged"
    return tuple(points)


def _missed_minor(run: RunFolder, histogram: Histogram) -> Counts:
    """Return what was at stake below each bin, in minor units of the first currency."""
    words = run.trace.words("currency")
    below = np.zeros(SCORE_BINS, np.int64)
    for code, sums in histogram.at_stake_minor.items():
        own = np.concatenate([[0], np.cumsum(sums)[:-1]]).tolist()
        below += np.array([in_first_currency(run, {words[code]: minor}) for minor in own], np.int64)
    return below


def in_first_currency(run: RunFolder, amounts_minor: dict[str, int]) -> int:
    """Return amounts by currency as one, in minor units of the bank's first currency."""
    return round(run.worth(amounts_minor) * int(10 ** exponent_of(run.bank.currencies[0])))
