"""How fast the city plans, and what a hundred thousand customers weigh.

Run: python benchmarks/plan_arrivals.py

Asserted: the count of intents within five standard deviations of the demand, the same intents for
every tick, at least 100,000 intents per second of processor time, and less than 500 MB at 100,000
customers.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from sanket_sim.actors import City, Demand, PopulationSettings
from sanket_sim.bank.description import Bank, Party, Route
from sanket_sim.core.clock import Stopwatch, peak_mb
from sanket_sim.core.units import NS_PER_S

CUSTOMERS = 100_000
RATE_PER_S = 1_000.0
LASTS_S = 300
TICKS_MS = (100, 1_000, 2_000)
LEAST_PER_S = 100_000
MOST_MB = 500
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Lognormal:
    """Amounts with a median and a spread."""

    median: float
    sigma: float
    mean_s: float = 0.0
    variance_s2: float = 0.0

    def ns(self, u: float) -> int:
        """Return the u-quantile."""
        return int(self.median * math.exp(self.sigma * _NORMAL.inv_cdf(u)) + 0.5)


def bank() -> Bank:
    """Return routes, and nothing behind them: the city plans, nobody carries."""
    customer, merchant = Party.CUSTOMER, Party.MERCHANT
    channels = {"mobile": 0.7, "web": 0.3}
    routes = (
        Route("transfer", 0, 0.25, 0, customer, customer, Lognormal(8_000, 1.1), channels),
        Route("card_payment", 0, 0.45, 0, customer, merchant, Lognormal(2_500, 0.9), channels),
        Route("bill", 0, 0.05, 0, customer, Party.BILLER, Lognormal(7_000, 0.7), channels),
        Route("cash", 0, 0.05, 0, customer, Party.CASH, Lognormal(6_000, 0.6), channels),
        Route("salary", 0, 0.02, 0, Party.EMPLOYER, customer, Lognormal(240_000, 0.4), channels),
        Route("balance_enquiry", 0, 0.10, channels=channels),
        Route("login", 0, 0.08, channels=channels),
    )
    return Bank("benchmark", (), (), (), routes, channels=("mobile", "web"))


def city() -> City:
    """Return a city under a flat rate."""
    each = np.array([RATE_PER_S / CUSTOMERS])
    demand = Demand(np.array([0, LASTS_S * NS_PER_S]), each, each.copy())
    return City(bank(), PopulationSettings(customers=CUSTOMERS), demand, seed=42)


def plan_all(tick_ms: int) -> tuple[int, float, str]:
    """Plan the whole run; return the count, the pace and a fingerprint of the intents."""
    town, digest, count = city(), hashlib.sha256(), 0
    watch, tick_ns = Stopwatch(), tick_ms * NS_PER_S // 1000
    for begin_ns in range(0, LASTS_S * NS_PER_S, tick_ns):
        intents = town.plan(begin_ns, begin_ns + tick_ns).intents
        count += len(intents)
        digest.update(intents.tobytes())
    return count, count / watch.cpu_s, digest.hexdigest()


def main() -> None:
    """Measure, print and assert."""
    settling = Stopwatch()
    city()
    print(f"{CUSTOMERS:,} customers settle in {settling.cpu_s:.2f} s")
    digests = set()
    for tick_ms in TICKS_MS:
        count, per_s, digest = plan_all(tick_ms)
        digests.add(digest)
        print(f"tick {tick_ms:>5} ms: {count:,} intents, {per_s:,.0f} per s of processor time")
        expected = RATE_PER_S * LASTS_S
        assert abs(count - expected) < 5 * math.sqrt(expected) + 0.005 * expected
        assert per_s >= LEAST_PER_S
    print(f"peak memory {peak_mb():.0f} MB")
    assert len(digests) == 1, "every tick plans the same intents"
    assert peak_mb() < MOST_MB


if __name__ == "__main__":
    main()
