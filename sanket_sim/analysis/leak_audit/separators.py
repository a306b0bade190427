"""Ways to tell rows apart: boosted trees, a logistic regression, and one column alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.boosting import boost, log_odds
from sanket_sim.analysis.leak_audit.emitted import FEATURES, IDENTIFIERS, TEXTS
from sanket_sim.analysis.logistic import fit_logistic
from sanket_sim.trace.batch import Columns, rows_in

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

BOOSTING = {"max_depth": 4, "eta": 0.1, "min_child_weight": 2.0, "lambda": 1.0}
ROUNDS = 100
BINS = 16
"""Steps of the rule that one column of numbers makes."""
_PRIOR_ROWS = 2.0
"""Rows of either side that a rule imagines in every step, against chance."""
BY_NAME = "{} by name"
"""How an identifier is called where its values are taken as names, not as numbers: blacklists."""

Separator = Callable[[Columns, Flags, Floats, Columns], Floats]
"""Learns from rows, their side and weights; returns scores of other rows."""


def out_of_fold(
    separate: Separator, rows: Columns, positive: Flags, weights: Floats, folds: Integers
) -> Floats:
    """Return every row's score by what was learnt from the other folds."""
    scores = np.zeros(rows_in(rows))
    for fold in np.unique(folds).tolist():
        test = folds == fold
        learn = ~test
        balanced = _balanced(positive[learn], weights[learn])
        taught, asked = _where(rows, learn), _where(rows, test)
        scores[test] = separate(taught, positive[learn], balanced, asked)
    return scores


def boosted(rows: Columns, positive: Flags, weights: Floats, asked: Columns) -> Floats:
    """Separate by gradient boosting of all columns."""
    booster = boost(_matrix(rows), positive, weights, BOOSTING, ROUNDS)
    return log_odds(booster, _matrix(asked))


def regressed(rows: Columns, positive: Flags, weights: Floats, asked: Columns) -> Floats:
    """Separate by logistic regression: texts one by one, amounts by their logarithm."""
    codes = {name: np.unique(rows[name]) for name in TEXTS}
    fit = fit_logistic(_design(rows, codes), positive, weights)
    return fit.log_odds(_design(asked, codes))


def columns_alone() -> dict[str, Separator]:
    """Return one separator a column; identifiers are tried as numbers and as names."""
    rules = {name: _alone(name, as_names=name in TEXTS) for name in FEATURES}
    return rules | {BY_NAME.format(name): _alone(name, as_names=True) for name in IDENTIFIERS}


def _alone(name: str, *, as_names: bool) -> Separator:
    def separate(rows: Columns, positive: Flags, weights: Floats, asked: Columns) -> Floats:
        cut = _names(rows[name]) if as_names else _edges(rows[name])
        steps, size = _steps(rows[name], cut, as_names=as_names), len(cut) + 2
        imagined = _PRIOR_ROWS * weights.mean()
        whole = np.bincount(steps, weights, size) + 2.0 * imagined
        share = (np.bincount(steps[positive], weights[positive], size) + imagined) / whole
        told: Floats = share[_steps(asked[name], cut, as_names=as_names)]
        return told

    return separate


def _names(values: Floats) -> Floats:
    return np.unique(values)


def _edges(values: Floats) -> Floats:
    return np.unique(np.quantile(values, np.arange(1, BINS) / BINS))


def _steps(values: Floats, cut: Floats, *, as_names: bool) -> Integers:
    """Return which step of a rule values belong to; an unknown name has the last one."""
    places = np.searchsorted(cut, values, side="left")
    if not as_names:
        return places
    known = cut[np.minimum(places, len(cut) - 1)] == values
    return np.where(known, places, len(cut) + 1)


def _matrix(rows: Columns) -> Floats:
    return np.column_stack([rows[name] for name in FEATURES])


def _design(rows: Columns, codes: Mapping[str, Floats]) -> Floats:
    texts = [(rows[name] == code) for name, known in codes.items() for code in known[1:]]
    angle = rows["hour"] * (2.0 * np.pi / 24.0)
    numbers = [
        np.log1p(np.maximum(rows["amount_minor"], 0.0)),
        rows["roundness"],
        np.sin(angle),
        np.cos(angle),
        rows["weekday"] >= 5,
        rows["batch"],
        rows["device_id"] > 0,
        *(rows[name] for name in IDENTIFIERS),
    ]
    return np.column_stack([*texts, *numbers]).astype(np.float64)


def _balanced(positive: Flags, weights: Floats) -> Floats:
    """Return weights by which both sides count the same, one a row on average."""
    half = len(weights) / 2.0
    sums = (weights[~positive].sum(), weights[positive].sum())
    scale = np.array([half / max(one, 1e-300) for one in sums])
    balanced: Floats = weights * scale[positive.astype(np.int64)]
    return balanced


def _where(rows: Columns, keep: Flags) -> Columns:
    return {name: values[keep] for name, values in rows.items()}
