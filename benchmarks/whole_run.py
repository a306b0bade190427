"""Time a whole run against a bare SimPy loop in the same process.

Claims (issue 1): >= 1,000 transactions/s on the routes of `retail_bank`, and hops/s of the run
>= 0.4 x customers/s of a bare SimPy process-per-customer M/M/4 loop. The run is everything from the
experiment's file to the trace on the disk, laws audited; measuring its findings is a second program
over that trace and is timed apart. Also says where the time goes.

    python benchmarks/whole_run.py [--duration 2m]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import statistics
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import simpy

import sanket_sim
from sanket_sim.analysis import measure

ROOMS = ("actors", "network", "faults", "fraud", "trace", "simulation", "bank", "core", "analysis")


def bare_customers_per_s(customers: int = 60_000) -> float:
    """Time the textbook loop: one process per customer, four servers, exponential times."""
    stream = random.Random(1)  # noqa: S311  # the textbook's own generator
    environment = simpy.Environment()
    desk = simpy.Resource(environment, 4)

    def customer() -> Generator[Any, Any, None]:
        with desk.request() as turn:
            yield turn
            yield environment.timeout(stream.expovariate(1))

    def source() -> Generator[Any, Any, None]:
        for _ in range(customers):
            yield environment.timeout(stream.expovariate(3.2))
            environment.process(customer())

    begun_s = time.perf_counter()
    environment.process(source())
    environment.run()
    return customers / (time.perf_counter() - begun_s)


def timed_run(duration: str, folder: str) -> tuple[float, float, int, int]:
    """Run `peak_load` without its report; return seconds of run and of findings, rows of both."""
    begun_s = time.perf_counter()
    run = sanket_sim.run("peak_load", duration=duration, out=Path(folder), force=True, report=False)
    ended_s = time.perf_counter()
    measure(run.folder)
    findings_s = time.perf_counter() - ended_s
    rows = [len(run.trace.table(name, ["tx_id"])) for name in ("transactions", "hops")]
    return ended_s - begun_s - findings_s, findings_s, rows[0], rows[1]


def where_time_goes(duration: str, folder: str) -> dict[str, float]:
    """Profile a run; return each room's share of the time spent in its own functions."""
    profile = cProfile.Profile()
    profile.runcall(timed_run, duration, folder)
    shares = dict.fromkeys((*ROOMS, "simpy", "elsewhere"), 0.0)
    for (file, _, _), (_, _, own_s, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]  # typeshed lacks it
        parts = Path(file).parts
        room = next((r for r in ROOMS if f"sanket_sim/{r}/" in file), None)
        shares[room or ("simpy" if "simpy" in parts else "elsewhere")] += own_s
    total_s = sum(shares.values())
    return {room: own_s / total_s for room, own_s in shares.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", default="2m")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        timed_run("70s", folder)
        bare, runs = [], []
        for _ in range(3):
            bare.append(bare_customers_per_s())
            runs.append(timed_run(arguments.duration, folder))
        bare_per_s = statistics.median(bare)
        wall_s, findings_s, transactions, hops = sorted(runs)[1]
        print(f"bare SimPy M/M/4      {bare_per_s:>10,.0f} customers/s")
        print(f"whole run             {transactions / wall_s:>10,.0f} transactions/s (>= 1,000)")
        print(
            f"                      {hops / wall_s:>10,.0f} hops/s, {hops / transactions:.1f} a tx"
        )
        print(f"ratio                 {hops / wall_s / bare_per_s:>10.2f} (>= 0.40)")
        whole_s = wall_s + findings_s
        ratio = hops / whole_s / bare_per_s
        print(f"findings as well      {hops / whole_s:>10,.0f} hops/s, ratio {ratio:.2f}")
        print("where the time goes (profiled):")
        for room, share in sorted(
            where_time_goes("70s", folder).items(), key=lambda item: -item[1]
        ):
            print(f"  {room:<12} {share:6.1%}")


if __name__ == "__main__":
    main()
