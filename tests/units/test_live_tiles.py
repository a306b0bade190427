"""When a tile turns amber and red: just below, and just above, by counts that a test sets."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from live_scene import fault_rows, meters_of, scene_of, ticks_of
from synthetic_trace import NAMES, Plan, S

from sanket_sim.analysis.energy_work import spin_wait_w
from sanket_sim.analysis.statistics import bucket_of
from sanket_sim.bank.description import WaitMode
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.live.frames import Tile
from sanket_sim.live.meters import figures
from sanket_sim.live.meters.calm import Calm
from sanket_sim.live.meters.energy_meter import EnergyMeter
from sanket_sim.live.meters.instruments import LEAKS_TOLERATED, Instruments
from sanket_sim.live.meters.measured import MeasuredIds
from sanket_sim.live.meters.plotting import STRAGGLERS
from sanket_sim.live.meters.tally import Count, Shape, Tally
from sanket_sim.live.meters.tiles import FRAUDS_MIN, tiles_of
from sanket_sim.live.meters.window import Stretch
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch

CALM = Plan(duration_s=600, warmup_s=0, fault=None, duplicates=0.0, fraud=0.0)
SHAPE = Shape(len(NAMES), 2)
SLO = {"availability": 0.995, "latency_p99": "800ms"}


def counted(ended: int, *, bad: int = 0, leaked: int = 0, latency_ms: float = 1.0) -> Tally:
    """Return a tally by hand: so many ended, of which some failed and some leaked."""
    tally = Tally.empty(SHAPE)
    tally.counts[[Count.SUBMITTED, Count.PAYMENTS]] = ended
    tally.counts[[Count.GOOD, Count.GOOD_PAYMENTS]] = ended - bad - leaked
    tally.counts[Count.FAILED], tally.counts[Count.LEAKED] = bad, leaked
    tally.roots[LeakClass.DUPLICATE, NAMES.index("ledger")] = leaked
    tally.latency[bucket_of(np.array([int(latency_ms * 1e6)]))] = ended
    return tally


def shown(tally: Tally, **settings: Any) -> tuple[Instruments, dict[str, Tile]]:
    """Return the tiles of a window in which that has ended."""
    now = meters_of(scene_of(CALM, **({"slo": SLO} | settings))).now
    now.window.add(Stretch(0, 10 * S, tally))
    return now, {tile.key: tile for tile in tiles_of(now)}


@pytest.mark.parametrize(
    ("latency_ms", "state"), [(500.0, "ok"), (620.0, "ok"), (660.0, "warn"), (830.0, "critical")]
)
def test_latency_is_amber_near_its_objective_and_red_beyond(latency_ms: float, state: str) -> None:
    _, tiles = shown(counted(1000, latency_ms=latency_ms))
    assert tiles["p99"].state == state


@pytest.mark.parametrize(
    ("leaked", "state"), [(0, "ok"), (9, "ok"), (11, "warn"), (900, "warn"), (1100, "critical")]
)
def test_leakage_is_amber_beyond_what_is_tolerated(leaked: int, state: str) -> None:
    _, tiles = shown(counted(100_000, leaked=leaked))
    assert tiles["leakage"].state == state


def test_what_is_tolerated_is_what_the_experiment_says_of_leaks() -> None:
    probes = [
        {"metric": "leak_rate_count", "window": "1m", "tolerance": [0, 0.02]},
        {"metric": "failure_rate", "window": "1m", "tolerance": [0, 0.001]},
    ]
    now, tiles = shown(counted(1000, leaked=15), steady_state={"probe": probes})
    assert now.leaks_tolerated == tiles["leakage"].goal == 0.02
    now, _ = shown(counted(1000), steady_state={"probe": probes[1:]})
    assert now.leaks_tolerated == LEAKS_TOLERATED


@pytest.mark.parametrize(
    ("bad", "state", "burn"),
    [(0, "ok", "0.0"), (50, "ok", "1.0"), (60, "warn", "1.2"), (700, "warn", "14.0"),
     (730, "critical", "14.6")],
)  # fmt: skip
def test_the_service_level_is_red_where_somebody_would_be_paged(
    bad: int, state: str, burn: str
) -> None:
    _, tiles = shown(counted(10_000, bad=bad))
    assert tiles["resilience"].state == state
    assert tiles["p99"].facts[1] == f"budget burn {burn}{figures.TIMES}"


@pytest.mark.parametrize(
    ("caught", "frauds", "state"),
    [(0, FRAUDS_MIN - 1, "idle"), (0, FRAUDS_MIN, "critical"), (59, 100, "critical"),
     (61, 100, "warn"), (80, 100, "ok")],
)  # fmt: skip
def test_recall_is_judged_once_there_are_frauds_enough(
    caught: int, frauds: int, state: str
) -> None:
    now, _ = shown(counted(1000))
    now.detection.caught, now.detection.missed = caught, frauds - caught
    now.detection.false_alarms = 1
    assert tiles_of(now)[4].state == state


@pytest.mark.parametrize(
    ("begin_s", "end_s", "calm_s"),
    [(-1, 700, 60.0), (0, 600, 60.0), (0, 599, 0.0), (20, 30, 20.0), (1, 700, 1.0)],
)
def test_only_a_fault_of_the_whole_run_is_part_of_the_calm(
    begin_s: int, end_s: int, calm_s: float
) -> None:
    scene = scene_of(CALM)
    calm = Calm(scene, SHAPE)
    calm.take(fault_rows(scene.words, "latency", "payment", begin_s, end_s))
    for second in range(60):
        calm.add(Stretch(second * S, (second + 1) * S, counted(40)))
    assert calm.span_s == calm_s


def test_power_is_that_of_the_newest_reading() -> None:
    meter = EnergyMeter(scene_of(CALM), MeasuredIds(0))
    gauges = next(ticks_of(CALM)).gauges
    later = {name: column.copy() for name, column in gauges.items()}
    later["time_ns"] += S
    later["power_w"] *= 3
    read = {name: np.concatenate([gauges[name], later[name]]) for name in gauges}
    meter.read(TraceBatch(end_ns=2 * S, gauges=read), 2.0)
    assert meter.power_w == pytest.approx(3 * float(gauges["power_w"].sum()))


def test_who_spins_while_he_waits_draws_power() -> None:
    scene = scene_of(CALM)
    place, drawn_j = NAMES.index("ledger"), []
    hops = {column.name: np.zeros(1, column.dtype) for column in schema.HOPS}
    hops["service"][:] = hops["operation"][:] = place
    hops["begun_ns"][:], hops["ended_ns"][:], hops["cpu_ns"][:] = S, 3 * S, S // 2
    for mode in (WaitMode.THREAD, WaitMode.SPIN):
        services = list(scene.bank.services)
        services[place] = dataclasses.replace(services[place], wait_mode=mode)
        bank = dataclasses.replace(scene.bank, services=tuple(services))
        meter = EnergyMeter(dataclasses.replace(scene, bank=bank), MeasuredIds(0))
        meter.read(TraceBatch(end_ns=5 * S, hops=hops), 0.0)
        drawn_j.append(meter.measured.energy_j)
    spun_s = 1.5
    assert drawn_j[1] - drawn_j[0] == pytest.approx(spun_s * spin_wait_w(scene.bank.power))


@pytest.mark.parametrize(("good", "chance"), [(0, 1.0), (4, 1.0), (100, 0.2), (10_000, 0.02)])
def test_of_few_payments_chance_may_make_much(good: int, chance: float) -> None:
    now, _ = shown(counted(good))
    assert now.carbon_chance == pytest.approx(chance)


def test_whatever_was_taken_in_can_be_given_back() -> None:
    ones = Tally(**{
        field.name: np.ones_like(getattr(Tally.empty(SHAPE), field.name))
        for field in dataclasses.fields(Tally)
    })  # fmt: skip
    whole = Tally.empty(SHAPE).add(ones)
    assert all(getattr(whole, field.name).all() for field in dataclasses.fields(Tally))
    whole.remove(ones)
    assert not any(getattr(whole, field.name).any() for field in dataclasses.fields(Tally))


@pytest.mark.parametrize(("late", "share"), [(STRAGGLERS - 1, 0.0), (STRAGGLERS, 1.0)])
def test_many_that_leak_late_are_told(late: int, share: float) -> None:
    scene = scene_of(dataclasses.replace(CALM, duration_s=20), drain="60s")
    plotter = meters_of(scene)._plotter
    window: Any = SimpleNamespace(carbon_mg=0.0, tally=counted(late, leaked=late))
    for second in range(40):
        plotter.add(Stretch(second * S, (second + 1) * S, counted(0)), window, 1.0, None)
    assert plotter.points[10].leak_share == 1.0
    assert plotter.points[-1].leak_share == share


def test_at_the_end_the_bottleneck_is_who_leaked_most_of_what_reached_him() -> None:
    now = meters_of(scene_of(CALM)).now
    ledger, aml = NAMES.index("ledger"), NAMES.index("aml")
    now.close()
    assert now.bottleneck_said == "busiest none", "nothing has leaked"
    now.total.roots[LeakClass.DUPLICATE, [ledger, aml]] = 20, 10
    now._visits.intents[[ledger, aml]] = 1000, 100
    assert now.bottleneck == "aml"
    assert now.bottleneck_said.startswith("bottleneck ")
