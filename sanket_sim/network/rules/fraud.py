"""What the fraud service makes of what it knows at that instant."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sanket_sim.core.outcomes import FraudDecision

APPROVE = int(FraudDecision.APPROVE)
STEP_UP = int(FraudDecision.STEP_UP)
DECLINE = int(FraudDecision.DECLINE)


def fires(
    values: Sequence[float], asked: Sequence[int], lows: Sequence[float], highs: Sequence[float]
) -> bool:
    """Say whether every feature that a rule asks for lies in its closed range.

    Parameters
    ----------
    values : sequence of float
        All features.
    asked : sequence of int
        Places of those that the rule asks for.
    lows, highs : sequence of float
        Their ranges.

    Examples
    --------
    >>> fires((9.0, 1.0), (0, 1), (5.0, 1.0), (math.inf, math.inf)), fires((9.0,), (0,), (0,), (5,))
    (True, False)
    """
    for condition in range(len(asked)):
        if not lows[condition] <= values[asked[condition]] <= highs[condition]:
            return False
    return True


def combined(points: float, likelihood: float) -> float:
    """Return the score of two witnesses, either of whom may convince: a noisy or.

    Examples
    --------
    >>> combined(0.5, 0.0), combined(0.5, 0.5), combined(1.4, 0.0)
    (0.5, 0.75, 1.0)

    References
    ----------
    Pearl, *Probabilistic Reasoning in Intelligent Systems*, 1988, section 4.3.2.
    """
    return 1.0 - (1.0 - min(1.0, points)) * (1.0 - likelihood)


def decide(score: float, step_up_at: float, decline_at: float) -> int:
    """Turn a score into a decision.

    Examples
    --------
    >>> decide(0.7, 0.6, 0.8) == STEP_UP
    True
    """
    if score >= decline_at:
        return DECLINE
    return STEP_UP if score >= step_up_at else APPROVE


def faded(count: float, elapsed_ns: int, constant_ns: int) -> float:
    """Return what is left of a count that fades: 1/e after its time constant.

    Examples
    --------
    >>> faded(2.0, 0, 60), round(faded(2.0, 60, 60), 3)
    (2.0, 0.736)
    """
    return count * math.exp(-elapsed_ns / constant_ns)


def surprise(log_amount: float, mean: float, variance: float) -> float:
    """Return how many spreads the logarithm of an amount lies above an account's mean.

    Examples
    --------
    >>> surprise(3.0, 1.0, 4.0)
    1.0
    """
    return (log_amount - mean) / math.sqrt(max(variance, 0.01))


def ratio(part: float, whole: float) -> float:
    """Return a ratio, 0 where there is nothing to compare with.

    Examples
    --------
    >>> ratio(3.0, 2.0), ratio(3.0, 0.0)
    (1.5, 0.0)
    """
    return part / whole if whole > 0.0 else 0.0
