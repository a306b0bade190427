"""Logistic regression with a ridge, by Newton's method: the baseline that is always shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS_MOST = 50
_CONVERGED = 1e-9
_RIDGE = 1e-3
"""Penalty on squared coefficients of standardised columns, per row."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted regression: log odds are `intercept` plus the coefficients of standardised columns.

    Parameters
    ----------
    centre, scale : float64 arrays, shape (columns,)
        What columns were standardised by.
    coefficients : float64 array, shape (columns,)
    """

    centre: Floats
    scale: Floats
    intercept: float
    coefficients: Floats

    def log_odds(self, table: Floats) -> Floats:
        """Return the log odds of rows, shape (rows,)."""
        odds: Floats = self.intercept + ((table - self.centre) / self.scale) @ self.coefficients
        return odds


def fit_logistic(table: Floats, positive: NDArray[np.bool_], weights: Floats) -> Logistic:
    """Fit by penalised maximum likelihood.

    Parameters
    ----------
    table : float64 array, shape (rows, columns)
    positive : bool array, shape (rows,)
    weights : float64 array, shape (rows,)
        Not all zero.

    References
    ----------
    S. le Cessie, J. C. van Houwelingen, "Ridge estimators in logistic regression", Applied
    Statistics 41 (1992).

    Examples
    --------
    >>> table = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fit = fit_logistic(table, np.array([False, False, True, True]), np.ones(4))
    >>> bool(fit.log_odds(table)[0] < 0 < fit.log_odds(table)[3])
    True
    """
    centre = np.average(table, axis=0, weights=weights)
    spread = np.sqrt(np.average((table - centre) ** 2, axis=0, weights=weights))
    scale = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(table)), (table - centre) / scale])
    penalty = np.full(design.shape[1], _RIDGE * weights.sum())
    penalty[0] = 0.0
    beta = _newton(design, positive.astype(np.float64), weights, penalty)
    return Logistic(centre, scale, float(beta[0]), beta[1:])


def _newton(design: Floats, positive: Floats, weights: Floats, penalty: Floats) -> Floats:
    """Climb to the maximum; a step that does not climb is halved."""
    beta = np.zeros(design.shape[1])
    height = _height(design, positive, weights, penalty, beta)
    for _ in range(_STEPS_MOST):
        share = _expit(design @ beta)
        slope = design.T @ (weights * (positive - share)) - penalty * beta
        bend = (design * (weights * share * (1.0 - share))[:, None]).T @ design
        step = np.linalg.lstsq(bend + np.diag(penalty), slope, rcond=None)[0]
        climbed = _height(design, positive, weights, penalty, beta + step)
        while climbed < height and np.abs(step).max() > _CONVERGED:
            step = step / 2.0
            climbed = _height(design, positive, weights, penalty, beta + step)
        beta, height = beta + step, climbed
        if np.abs(step).max() <= _CONVERGED:
            break
    return beta


def _height(
    design: Floats, positive: Floats, weights: Floats, penalty: Floats, beta: Floats
) -> float:
    odds = design @ beta
    likelihood = positive * odds - np.logaddexp(0.0, odds)
    return float(weights @ likelihood - 0.5 * penalty @ (beta * beta))


def _expit(odds: Floats) -> Floats:
    return np.exp(-np.logaddexp(0.0, -odds))
