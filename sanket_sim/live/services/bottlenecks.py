"""Which services hold payments up now: how full they are times how long they are waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Service


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """How much a service holds payments up, beside the others.

    Parameters
    ----------
    name, label : str
    score : float
        `utilisation` times `time_share`: it ranks, and has no unit.
    utilisation : float
    time_share : float
        Of all the waiting for services, what this one causes itself: its queue and its own work.
    """

    name: str
    label: str
    score: float
    utilisation: float
    time_share: float


def ranked(
    services: Sequence[Service],
    utilisation: NDArray[np.float64],
    time_shares: NDArray[np.float64],
) -> tuple[Bottleneck, ...]:
    """Rank services, the worst first; those without a score are left out.

    A service that is full but hardly waited for matters little, and one that takes long but has
    workers to spare gains nothing from more of them.

    Examples
    --------
    >>> full, slow = Service("full", 1, 4), Service("slow", 1, 4)
    >>> found = ranked([full, slow], np.array([0.9, 0.3]), np.array([0.2, 0.8]))
    >>> [(one.name, round(one.score, 2)) for one in found]
    [('slow', 0.24), ('full', 0.18)]
    """
    scores = utilisation * time_shares
    return tuple(
        Bottleneck(
            name=services[place].name,
            label=services[place].label or services[place].name,
            score=float(scores[place]),
            utilisation=float(utilisation[place]),
            time_share=float(time_shares[place]),
        )
        for place in np.lexsort([-time_shares, -scores]).tolist()
        if scores[place] > 0
    )
