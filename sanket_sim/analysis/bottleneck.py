"""The bottleneck, two ways that one run can show; the third, a what-if, needs more runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.statistics import binomial_tail, holm, worst_of_k_by_chance

SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Which service is worst, and what that is worth.

    Parameters
    ----------
    by_leakage : str
        The service that leaks significantly more than its share (Holm-adjusted), empty if none.
    worst_by_leakage : str
        The service with the lowest seed score, significant or not; empty when nothing leaked.
    p_adjusted : dict
        Holm-adjusted p-value of each service having leaked this much by chance.
    p_worst_by_chance : float
        Probability that the worst of so many equal services looks this bad.
    by_critical_path : str
        The service with most own and queue time on the slowest paths.
    """

    by_leakage: str
    worst_by_leakage: str
    p_adjusted: dict[str, float]
    p_worst_by_chance: float
    by_critical_path: str
    critical_path_share: float

    @property
    def name(self) -> str:
        """The service to look at first."""
        return self.by_leakage or self.by_critical_path


def find_bottleneck(
    services: list[str],
    visited: NDArray[np.int64],
    leaked: NDArray[np.int64],
    path_shares: NDArray[np.float64],
) -> Bottleneck:
    """Compare the services' leaks with what chance would give each, and their critical-path shares.

    Parameters
    ----------
    services : list of str
    visited, leaked : int64 arrays, shape (services,)
        Distinct intents that reached a service, and the leaks whose root it is.
    path_shares : float64 array, shape (services,)

    Examples
    --------
    The SANKET audit's four services: the worst is no worse than chance allows.

    >>> found = find_bottleneck(["a", "b", "c", "d"], np.array([2305, 2565, 2565, 2565]),
    ...                         np.array([201, 195, 196, 195]), np.array([.4, .2, .2, .2]))
    >>> found.by_leakage, found.worst_by_leakage, round(found.p_worst_by_chance, 1)
    ('', 'a', 0.3)
    """
    p = _p_values(services, visited, leaked)
    adjusted = holm(p)
    worst = _worst(services, visited, leaked)
    surest = min(adjusted, key=lambda name: adjusted[name], default="")
    top = int(path_shares.argmax()) if path_shares.any() else -1
    return Bottleneck(
        by_leakage=surest if adjusted.get(surest, 1.0) < SIGNIFICANCE else "",
        worst_by_leakage=worst,
        p_adjusted=adjusted,
        p_worst_by_chance=worst_of_k_by_chance(p[worst], len(p)) if worst else 1.0,
        by_critical_path=services[top] if top >= 0 else "",
        critical_path_share=float(path_shares[top]) if top >= 0 else 0.0,
    )


def _p_values(
    services: list[str], visited: NDArray[np.int64], leaked: NDArray[np.int64]
) -> dict[str, float]:
    total = int(visited.sum())
    pooled = int(leaked.sum()) / total if total else 0.0
    rows = zip(services, leaked.tolist(), visited.tolist(), strict=True)
    return {name: binomial_tail(lost, seen, pooled) for name, lost, seen in rows if seen}


def _worst(services: list[str], visited: NDArray[np.int64], leaked: NDArray[np.int64]) -> str:
    if not leaked.any():
        return ""
    return services[int((leaked / np.maximum(visited, 1)).argmax())]
