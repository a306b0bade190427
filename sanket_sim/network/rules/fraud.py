"""The fraud service's score: rules over what is known at that instant."""

from __future__ import annotations

from sanket_sim.core.outcomes import FraudDecision

APPROVE = int(FraudDecision.APPROVE)
STEP_UP = int(FraudDecision.STEP_UP)
DECLINE = int(FraudDecision.DECLINE)


def score(
    recent: int,
    velocity_limit: int,
    velocity_points: float,
    amount_minor: int,
    typical_minor: int,
    amount_ratio: float,
    amount_points: float,
    new_device: bool,
    new_device_points: float,
    new_payee: bool,
    new_payee_points: float,
    away: bool,
    foreign_points: float,
) -> float:
    """Add up the points of the rules that fire, at most 1.

    Parameters
    ----------
    recent : int
        Payments of the account in the velocity window, this one included.
    typical_minor : int
        Typical payment of the account [minor units].

    Examples
    --------
    >>> score(1, 5, 0.45, 1000, 1000, 4.0, 0.3, False, 0.35, False, 0.15, False, 0.2)
    0.0
    >>> score(9, 5, 0.45, 9000, 1000, 4.0, 0.3, True, 0.35, False, 0.15, False, 0.2)
    1.0
    """
    points = 0.0
    if recent > velocity_limit:
        points += velocity_points
    if amount_minor > amount_ratio * typical_minor:
        points += amount_points
    if new_device:
        points += new_device_points
    if new_payee:
        points += new_payee_points
    if away:
        points += foreign_points
    return min(1.0, points)


def decide(points: float, step_up_at: float, decline_at: float) -> int:
    """Turn a score into a decision.

    Examples
    --------
    >>> decide(0.7, 0.6, 0.8) == STEP_UP
    True
    """
    if points >= decline_at:
        return DECLINE
    return STEP_UP if points >= step_up_at else APPROVE
