"""Gradient boosting by XGBoost, reproducible to the bit; the extra `[ml]` brings it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.errors import SanketError

Floats = NDArray[np.float64]

THREADS = 1
"""More threads would sum in another order, and the last digits would differ."""


class ExtraMissingError(SanketError):
    """An optional dependency is not installed."""

    exit_status = 2


def xgboost() -> Any:
    """Return the library.

    Raises
    ------
    ExtraMissingError
        If it is not installed.
    """
    try:
        import xgboost as library  # noqa: PLC0415  # the extra may be missing
    except ImportError:
        raise ExtraMissingError(
            "gradient boosting needs XGBoost, which is not installed; "
            "remedy: pip install 'sanket-sim[ml]'"
        ) from None
    return library


def boost(
    table: Floats,
    positive: NDArray[np.bool_],
    weights: Floats,
    parameters: Mapping[str, Any],
    rounds: int,
) -> Any:
    """Train a binary classifier and return the booster.

    Parameters
    ----------
    table : float64 array, shape (rows, columns)
    positive : bool array, shape (rows,)
    weights : float64 array, shape (rows,)
    parameters : mapping
        XGBoost's own, on top of the objective, the seed and the number of threads.
    rounds : int
        Trees.
    """
    library = xgboost()
    matrix = library.DMatrix(table, label=positive, weight=weights, nthread=THREADS)
    fixed = {"objective": "binary:logistic", "seed": 0, "nthread": THREADS, "verbosity": 0}
    return library.train({**fixed, "tree_method": "hist", **parameters}, matrix, rounds)


def log_odds(booster: Any, table: Floats) -> Floats:
    """Return the booster's log odds of rows."""
    matrix = xgboost().DMatrix(table, nthread=THREADS)
    return np.asarray(booster.predict(matrix, output_margin=True), dtype=np.float64)
