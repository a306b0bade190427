"""What a replica draws from the wall.

References
----------
Power curve of Teads' engineering blog "Estimating AWS EC2 Instances Power Consumption" (2021);
averages per vCPU and per GB of Cloud Carbon Footprint (ccf-coefficients, Apache-2.0).
"""

from __future__ import annotations

from itertools import pairwise

from sanket_sim.bank.description import Power

_TEADS = ((0.0, 0.12), (0.1, 0.32), (0.5, 0.75), (1.0, 1.02))
"""Utilisation -> share of thermal design power."""


def dynamic_share(utilisation: float, curve: str) -> float:
    """Return f(u), the share of the dynamic range in use: ``linear`` or ``teads``.

    Examples
    --------
    >>> dynamic_share(0.2, "linear"), round(dynamic_share(0.2, "teads"), 4)
    (0.2, 0.3417)
    """
    if curve == "linear":
        return utilisation
    for (u0, y0), (u1, y1) in pairwise(_TEADS):
        if utilisation <= u1:
            return (y0 + (y1 - y0) * (utilisation - u0) / (u1 - u0) - 0.12) / 0.90
    return 1.0


def power_w(utilisation: float, vcpus: float, memory_gb: float, power: Power) -> float:
    """Return the power of one replica [W], before the building's overhead (PUE).

    Parameters
    ----------
    utilisation : float
        Busy vCPU-seconds over vCPU-seconds, in [0, 1]: demand for CPU, not latency.

    Examples
    --------
    The known answers of design page 4, PUE included:

    >>> [round(1.135 * power_w(u, 2, 4, Power()), 2) for u in (0.0, 0.2, 1.0)]
    [3.46, 5.6, 9.72]
    """
    range_w = power.max_w_per_vcpu - power.idle_w_per_vcpu
    per_vcpu_w = power.idle_w_per_vcpu + range_w * dynamic_share(utilisation, power.curve)
    return vcpus * per_vcpu_w + memory_gb * power.memory_w_per_gb
