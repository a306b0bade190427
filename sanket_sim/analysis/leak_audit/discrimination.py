"""How well a score tells two kinds of rows apart: AUC, honest about rows that belong together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.statistics import Z95, Estimate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def auc(
    scores: Floats, positive: Flags, weights: Floats, folds: Integers, groups: Integers
) -> Estimate:
    """Estimate the area under the ROC curve of scores that were learnt fold by fold.

    Rows are compared within their fold alone, for scores of two folds have no common scale. The
    interval takes rows of one group (a campaign and its twins, a customer) as one observation.

    Parameters
    ----------
    scores : float64 array, shape (rows,)
    positive : bool array, shape (rows,)
    weights : float64 array, shape (rows,)
    folds, groups : int64 arrays, shape (rows,)

    References
    ----------
    N. A. Obuchowski, "Nonparametric analysis of clustered ROC curve data", Biometrics 53 (1997).

    Examples
    --------
    >>> one = np.ones(4)
    >>> labels, zero = np.array([True, False, True, False]), np.zeros(4, np.int64)
    >>> auc(np.array([4.0, 3.0, 2.0, 1.0]), labels, one, zero, np.arange(4)).value
    0.75
    """
    placed = placements(scores, positive, weights, folds)
    known = ~np.isnan(placed)
    if not (known & positive).any():
        return Estimate()
    sides = [known & positive, known & ~positive]
    value = float(np.average(placed[sides[0]], weights=weights[sides[0]]))
    half = Z95 * math.sqrt(_variance(placed, weights, groups, sides))
    rows = int(known.sum())
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), rows)


def placements(scores: Floats, positive: Flags, weights: Floats, folds: Integers) -> Floats:
    """Return for each row the share of its fold's other side that it is told apart from.

    For a positive row the share of negatives below it, for a negative one the share of positives
    above it, ties by half; NaN where the fold has no other side.
    """
    placed = np.full(len(scores), np.nan)
    for fold in np.unique(folds).tolist():
        up, down = (folds == fold) & positive, (folds == fold) & ~positive
        if up.any() and down.any():
            placed[up] = _share_below(scores[up], scores[down], weights[down])
            placed[down] = 1.0 - _share_below(scores[down], scores[up], weights[up])
    return placed


def _share_below(scores: Floats, others: Floats, weights: Floats) -> Floats:
    order = np.argsort(others, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = np.searchsorted(others[order], scores, side="left")
    upto = np.searchsorted(others[order], scores, side="right")
    shares: Floats = (sums[below] + sums[upto]) / (2.0 * sums[-1])
    return shares


def _variance(placed: Floats, weights: Floats, groups: Integers, sides: list[Flags]) -> float:
    """Return the variance of the AUC from what each group adds to either side's mean."""
    count = int(groups.max()) + 1
    shares = []
    for side in sides:
        mean = np.average(placed[side], weights=weights[side])
        terms = weights[side] * (placed[side] - mean) / weights[side].sum()
        members = len(np.unique(groups[side]))
        correction = math.sqrt(members / max(members - 1, 1))
        shares.append(correction * np.bincount(groups[side], terms, minlength=count))
    return float(((shares[0] + shares[1]) ** 2).sum())
