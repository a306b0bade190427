"""What gradient-boosted trees say: numbers in, numbers out, in the subset that a compiler takes."""

from __future__ import annotations

import math
from collections.abc import Sequence


def margin(
    values: Sequence[float],
    feature: Sequence[int],
    bound: Sequence[float],
    left: Sequence[int],
    right: Sequence[int],
    roots: Sequence[int],
    base_margin: float,
) -> float:
    """Add up the leaves that a row of features falls into [log odds].

    Parameters
    ----------
    values : sequence of float
    feature : sequence of int
        Per node of all trees: which value it asks for; -1 for a leaf.
    bound : sequence of float
        A value below it goes left, any other right; of a leaf: what it adds.
    left, right : sequence of int
        Nodes below.
    roots : sequence of int
        First node of each tree.

    Examples
    --------
    >>> [margin((x,), (0, -1, -1), (2.0, -1.5, 1.5), (1, 0, 0), (2, 0, 0), (0,), 0.5)
    ...  for x in (1.0, 2.0)]
    [-1.0, 2.0]
    """
    total = base_margin
    for root in roots:
        node = root
        place = feature[node]
        while place >= 0:
            node = left[node] if values[place] < bound[node] else right[node]
            place = feature[node]
        total += bound[node]
    return total


def logistic(log_odds: float) -> float:
    """Turn log odds into a probability.

    Examples
    --------
    >>> logistic(0.0), logistic(-1e9)
    (0.5, 0.0)
    """
    if log_odds < -700.0:
        return 0.0
    return 1.0 / (1.0 + math.exp(-log_odds))
