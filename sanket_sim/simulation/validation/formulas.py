"""Closed forms of queueing theory; the mean service time is the unit unless a rate says otherwise.

References
----------
Gross, D., Shortle, J., Thompson, J. and Harris, C. (2008), Fundamentals of Queueing Theory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mm1_quantile(share: float, rho: float) -> float:
    """Return a quantile of the time in an M/M/1 system, which is exponential with rate 1 - rho.

    Examples
    --------
    >>> round(mm1_quantile(0.95, 0.8), 4), round(mm1_quantile(0.99, 0.8), 4)
    (14.9787, 23.0259)
    """
    return -math.log1p(-share) / (1.0 - rho)


def erlang_b(servers: int, load: float) -> float:
    """Return the blocking probability of a loss system, whatever the service law (Erlang 1917).

    Examples
    --------
    >>> round(erlang_b(10, 8.0), 6), round(erlang_b(20, 15.0), 6)
    (0.121661, 0.045593)
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Return the probability of waiting in M/M/c.

    Examples
    --------
    >>> round(erlang_c(4, 3.2), 6), round(erlang_c(2, 1.6), 6)
    (0.596432, 0.711111)
    """
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def mmc_wait(servers: int, load: float) -> float:
    """Return the mean wait in line of M/M/c.

    Examples
    --------
    >>> round(1 + mmc_wait(4, 3.2), 6), round(1 + mmc_wait(2, 1.6), 6)
    (1.745541, 2.777778)
    """
    return erlang_c(servers, load) / (servers - load)


def mmck_blocking(servers: int, places: int, load: float) -> float:
    """Return the blocking probability of M/M/c/K with `places` = K in all (birth and death).

    Examples
    --------
    >>> round(mmck_blocking(1, 5, 0.9), 6), round(mmck_blocking(2, 10, 1.8), 6)
    (0.126023, 0.054807)
    """
    weights = [1.0]
    for n in range(1, places + 1):
        weights.append(weights[-1] * load / min(n, servers))
    return weights[-1] / sum(weights)


def mg1_wait(rate: float, second_moment: float) -> float:
    """Return the mean wait in line of M/G/1 with unit mean service (Pollaczek-Khinchine).

    Examples
    --------
    >>> [round(mg1_wait(0.7, second), 4) for second in (1.0, 1.5, 5.0)]
    [1.1667, 1.75, 5.8333]
    """
    return rate * second_moment / (2.0 * (1.0 - rate))


def mg1_wait_squared(rate: float, second_moment: float, third_moment: float) -> float:
    """Return the second moment of the wait in line of M/G/1, first come first served (Takacs).

    Last come first served has the same mean and 1 / (1 - rho) times this second moment.

    Examples
    --------
    >>> mg1_wait_squared(0.5, 2.0, 6.0)
    4.0
    """
    return 2.0 * mg1_wait(rate, second_moment) ** 2 + rate * third_moment / (3.0 * (1.0 - rate))


def priority_waits(rates: Sequence[float], second_moment: float) -> list[float]:
    """Return the mean waits of non-preemptive priority classes, the first served first (Cobham).

    Examples
    --------
    >>> [round(wait, 6) for wait in priority_waits([0.3, 0.5], 2.0)]
    [1.142857, 5.714286]
    """
    residual = sum(rates) * second_moment / 2.0
    above, waits = 0.0, []
    for rate in rates:
        waits.append(residual / ((1.0 - above) * (1.0 - above - rate)))
        above += rate
    return waits


def mm1_impatient_loss(rate: float, patience: float) -> float:
    """Return the share of customers who leave the line of M/M/1 + D after waiting `patience`.

    Patience is for the wait alone: whoever has begun service stays to its end.

    Examples
    --------
    >>> round(mm1_impatient_loss(0.9, 5.0), 6), round(mm1_impatient_loss(0.8, 10.0), 6)
    (0.107306, 0.023707)

    References
    ----------
    Barrer, D. Y. (1957), Queuing with Impatient Customers and Ordered Service, Operations
    Research 5, 650-656.
    """
    decay = math.exp(-(1.0 - rate) * patience)
    return (1.0 - rate) * rate * decay / (1.0 - rate**2 * decay)


def jackson(
    external: Sequence[float],
    routing: Sequence[Sequence[float]],
    service_rates: Sequence[float],
    servers: Sequence[int],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve an open Jackson network.

    Returns
    -------
    flows : float64 array, shape (stations,)
        Arrivals per unit of time at each station, from outside and from other stations.
    numbers : float64 array, shape (stations,)
        Mean number of customers at each station.

    Examples
    --------
    >>> flows, numbers = jackson([0.5], [[0.0]], [1.0], [1])
    >>> flows.tolist(), numbers.tolist()
    ([0.5], [1.0])

    References
    ----------
    Jackson, J. R. (1957), Networks of Waiting Lines, Operations Research 5, 518-521.
    """
    inward = np.eye(len(external)) - np.asarray(routing, dtype=np.float64).T
    flows = np.asarray(np.linalg.solve(inward, np.asarray(external)), dtype=np.float64)
    loads: NDArray[np.float64] = flows / np.asarray(service_rates)
    waiting = [load * mmc_wait(c, float(load)) for load, c in zip(loads, servers, strict=True)]
    return flows, loads + np.asarray(waiting, dtype=np.float64)


def retry_success(failure: float, attempts: int) -> float:
    """Return the chance that one of `attempts` independent attempts succeeds."""
    return float(1.0 - failure**attempts)


def retry_attempts(failure: float, attempts: int) -> float:
    """Return the mean number of attempts made, the first included.

    Examples
    --------
    >>> retry_attempts(0.5, 2), retry_attempts(1.0, 3)
    (1.5, 3.0)
    """
    return float(sum(failure**n for n in range(attempts)))


def quota_attempts(calls: int, attempts: int, quota: int, cost: int) -> int:
    """Return how many attempts `calls` failing calls make when each retry costs quota.

    Examples
    --------
    >>> [quota_attempts(calls, 3, 500, 14) for calls in (10, 18, 100)]
    [30, 53, 135]
    """
    return calls + min(calls * (attempts - 1), quota // cost)


def scarce_bucket_load(failure: float, deposit: float, capacity: float, calls: int) -> float:
    """Return attempts per call when a token bucket is the limit (Brooker 2022).

    All that is in the bucket at first and all that successes put in is spent, one token a retry:
    load L = 1 + capacity / calls + deposit (1 - failure) L. True where retries are scarce.

    Examples
    --------
    >>> round(scarce_bucket_load(0.5, 0.1, 100.0, 200_000), 5)
    1.05316
    """
    return (1.0 + capacity / calls) / (1.0 - deposit * (1.0 - failure))


def throttled_calls(failure: float, attempts: int, calls: int) -> tuple[float, float]:
    """Return success share and attempts per call under the gRPC throttle (10 tokens, ratio 0.1).

    The tokens, counted in tenths, are a Markov chain from call to call: a failed attempt takes
    ten, a success gives one, and a retry goes only while more than fifty are left.

    Examples
    --------
    >>> [round(figure, 2) for figure in throttled_calls(0.1, 4, 20_000)]
    [0.92, 1.02]
    """
    step = np.zeros((101, 101))
    success, load = np.zeros(101), np.zeros(101)
    for start in range(101):
        tokens, reach = start, 1.0
        for attempt in range(1, attempts + 1):
            load[start] += reach
            success[start] += reach * (1.0 - failure)
            step[start, min(100, tokens + 1)] += reach * (1.0 - failure)
            reach *= failure
            tokens = max(0, tokens - 10)
            if tokens <= 50 or attempt == attempts:
                step[start, tokens] += reach
                break
    return _mean_along(step, success, calls), _mean_along(step, load, calls)


def _mean_along(step: NDArray[np.float64], gain: NDArray[np.float64], calls: int) -> float:
    """Return the mean gain per step of a chain that begins in its last state."""
    at, total = np.zeros(len(gain)), 0.0
    at[-1] = 1.0
    for _ in range(calls):
        total += float(at @ gain)
        at = at @ step
    return total / calls


def harmonic(n: int) -> float:
    """Return H_n, the mean of the largest of n exponential times of mean 1.

    Examples
    --------
    >>> harmonic(2), round(harmonic(100), 6)
    (1.5, 5.187378)
    """
    return sum(1.0 / k for k in range(1, n + 1))
