"""Where everybody stands in the agent view: by their ids alone, so that nobody ever moves."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.draws import Draws

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

COMMUNITIES = (
    (0.12, 0.27),
    (0.37, 0.16),
    (0.63, 0.14),
    (0.88, 0.24),
    (0.88, 0.76),
    (0.62, 0.85),
    (0.36, 0.84),
    (0.12, 0.73),
)
"""Centres of the communities, hand-laid around the middle, which is left to campaigns."""
_LAIRS = ((0.66, 0.49), (0.34, 0.52), (0.50, 0.66), (0.50, 0.34), (0.78, 0.51), (0.22, 0.51))
_SHIFTS = ((0.0, 0.0), (-0.05, 0.06), (0.05, -0.06))
_SPREAD_X, _SPREAD_Y = 0.058, 0.07
_FARTHEST = 1.75
"""Standard deviations beyond which nobody stands."""
_RING_X, _RING_Y = 0.075, 0.095
_GOLDEN = 2.399963229728653
"""The golden angle: however many stand on it, a spiral fills evenly [rad]."""
_HASH = Draws(0, "crowd")


def rank_of(agents: Numbers) -> Floats:
    """Return a uniform number for each agent: who comes first into a sample."""
    return _HASH.child("rank").uniform(agents)


def homes_of(agents: Numbers, communities: Numbers) -> Floats:
    """Return where agents stand in their communities, shape (agents, 2), in [0, 1].

    A Gaussian cloud around the centre, cut off.

    Examples
    --------
    >>> both = homes_of(np.array([7, 7]), np.array([0, 3]))
    >>> bool((both > 0).all() and (both < 1).all()), bool(both[0, 0] < both[1, 0])
    (True, True)
    """
    centre = np.array(COMMUNITIES)[communities % len(COMMUNITIES)]
    angle = 2 * np.pi * _HASH.child("angle").uniform(agents)
    far = np.sqrt(-2 * np.log(_HASH.child("distance").uniform(agents)))
    away = np.minimum(far, _FARTHEST * np.sqrt(_HASH.child("edge").uniform(agents)) + 0.2)
    place: Floats = centre + (away * [np.cos(angle) * _SPREAD_X, np.sin(angle) * _SPREAD_Y]).T
    return place


def communities_of(agents: Numbers) -> Numbers:
    """Return a community for each of those who have no home of their own."""
    return (_HASH.child("community").uniform(agents) * len(COMMUNITIES)).astype(np.int64)


def lair_place(campaign_id: int, ordinal: int) -> tuple[float, float]:
    """Return where the `ordinal`-th of a campaign's people stands: a spiral around its lair.

    Its fraudster is the 0th; campaigns that share a lair stand a little apart.
    """
    x, y = _LAIRS[campaign_id % len(_LAIRS)]
    right, down = _SHIFTS[campaign_id // len(_LAIRS) % len(_SHIFTS)]
    angle = _GOLDEN * (ordinal + campaign_id)
    reach = 0.0 if ordinal == 0 else min(1.6, 0.55 + 0.16 * ordinal**0.5)
    away_x, away_y = _RING_X * reach * math.cos(angle), _RING_Y * reach * math.sin(angle)
    return x + right + away_x, y + down + away_y
