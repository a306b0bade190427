"""Control variates for queues: figures of a run whose mean is 0 whatever the queue does.

A customer's service time S and the gap A to the next arrival are independent of everything that
happened before, so (S - E S) f and (A - E A) f have mean 0 for every f that was settled when the
customer arrived; f is taken as 1 and the customer's own wait w. The sum over a run is a martingale.

With X = S - cA, the increment of work per server, Lindley's w' = max(0, w + X) gives
w'^2 - w^2 = 2 w X + X^2 - I^2 where I is the idle time, so that the mean of
w (X - E X) + (X^2 - E X^2)/2 explains nearly all the scatter of a run's mean wait, and the
analogous cubic that of its second moment and tail (Henderson and Glynn 2002).

S here is the *drawn* time (`MeteredLaw`): a simulator that serves slower than the law says is not
excused by it.

References
----------
Henderson, S. G. and Glynn, P. W. (2002), Approximating Martingales for Variance Reduction in
Markov Process Simulation, Mathematics of Operations Research 27, 253-271.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moments:
    """First three moments of a service time [unit service times]."""

    first: float
    second: float
    third: float


def queue_controls(
    wait: Floats, service: Floats, gap: Floats, moments: Moments, rate: float, servers: int = 1
) -> tuple[float, ...]:
    """Return the controls of a run of a queue in order of arrival.

    Parameters
    ----------
    wait : float64 array, shape (customers,)
        Time in the line.
    service : float64 array, shape (customers,)
        Drawn service time.
    gap : float64 array, shape (customers,)
        Time from a customer's arrival to the next one's.
    moments : Moments
        Of the service law.
    rate : float
        Of the Poisson arrivals.
    servers : int

    Returns
    -------
    tuple of float
        Six figures of mean 0.
    """
    mean_gap = 1.0 / rate
    x = service - servers * gap
    x1, x2, x3 = _increment_moments(moments, servers * mean_gap)
    second = wait * (x - x1) + (x**2 - x2) / 2
    third = wait**2 * (x - x1) + wait * (x**2 - x2) + (x**3 - x3) / 3
    columns = (
        service - moments.first,
        gap - mean_gap,
        wait * (service - moments.first),
        wait * (gap - mean_gap),
        second,
        third,
    )
    return tuple(float(column.mean()) for column in columns)


def _increment_moments(s: Moments, a: float) -> tuple[float, float, float]:
    """Return the first three moments of S - A for an exponential A of mean `a`."""
    first = s.first - a
    second = s.second - 2 * s.first * a + 2 * a**2
    third = s.third - 3 * s.second * a + 6 * s.first * a**2 - 6 * a**3
    return first, second, third


def fifo_waits(service: Floats, gap: Floats) -> Floats:
    """Return the waits that a single first-come-first-served server would give (Lindley).

    Another discipline's customers have these waits as companions of known mean.

    Examples
    --------
    >>> fifo_waits(np.array([2.0, 2.0, 1.0]), np.array([1.0, 5.0, 1.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    work = np.concatenate([[0.0], np.cumsum(service[:-1] - gap[:-1])])
    waits: Floats = work - np.minimum.accumulate(np.minimum(work, 0.0))
    return waits
