"""Tiles and points: what they show of a trace whose every figure is known."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
import pytest
from live_scene import fault_rows, meters_of, scene_of, ticks_of
from synthetic_trace import NAMES, Plan, S

from sanket_sim.analysis.intents import judge_wishes
from sanket_sim.core.outcomes import Ack, LeakClass, Outcome
from sanket_sim.core.shares import percent
from sanket_sim.live.frames import POINTS_MAX, WINDOW_S
from sanket_sim.live.meters.board import Meters
from sanket_sim.live.meters.calm import CALM_S_MIN
from sanket_sim.live.meters.energy_meter import EnergyMeter
from sanket_sim.live.meters.measured import MeasuredIds
from sanket_sim.live.meters.plotting import OVERLAP, width_ns
from sanket_sim.live.meters.tally import Count, Shape, Tally, tally_of
from sanket_sim.live.meters.window import Stretch, Window
from sanket_sim.live.services.bottlenecks import Bottleneck
from sanket_sim.trace.batch import TraceBatch

PLAN = Plan(duration_s=40, warmup_s=5, fault=None, duplicates=0.05, converted=0.2)
SHAPE = Shape(len(NAMES), 2)


def flown(plan: Plan, tick_ns: int = S, **settings: object) -> Meters:
    meters = meters_of(scene_of(plan, **settings))
    for batch in ticks_of(plan, tick_ns):
        meters.observe(batch)
    return meters


@pytest.fixture(scope="module")
def meters() -> Meters:
    return flown(PLAN)


def everything(plan: Plan) -> TraceBatch:
    return next(ticks_of(plan, 100 * S))


def test_sums_do_not_depend_on_how_time_is_cut(meters: Meters) -> None:
    for tick_ns in (250_000_000, 7 * S):
        other = flown(PLAN, tick_ns).now
        assert np.array_equal(other.total.counts, meters.now.total.counts)
        assert np.array_equal(other.total.glv_minor, meters.now.total.glv_minor)
        assert np.array_equal(other.total.latency, meters.now.total.latency)
        assert other.spent.energy_j == pytest.approx(meters.now.spent.energy_j)


def test_the_warm_up_counts_in_the_window_and_not_in_the_total() -> None:
    meters = meters_of(scene_of(PLAN))
    batches = ticks_of(PLAN)
    for batch in itertools.islice(batches, PLAN.warmup_s - 1):
        meters.observe(batch)
    assert meters.now.window.tally.ended > 50
    assert meters.now.total[Count.SUBMITTED] == 0
    assert meters.now.spent.energy_j == 0
    assert meters.now.score_so_far is None


def test_duplicates_leak_twice_over_in_both_currencies(meters: Meters) -> None:
    rows = everything(PLAN).transactions
    doubled = (rows["n_posted"] == 2) & (rows["created_ns"] >= PLAN.warmup_s * S)
    assert meters.now.total.leaks[LeakClass.DUPLICATE] == doubled.sum() > 10
    lost = meters.now.leaked_minor_of(LeakClass.DUPLICATE)
    assert lost == {
        "EUR": int(rows["amount_minor"][doubled].sum()),
        "JPY": int(rows["second_e_minor"][doubled].sum()),
    }
    ledger = NAMES.index("ledger")
    assert meters.now.total.roots[LeakClass.DUPLICATE, ledger] == doubled.sum()


def test_the_window_forgets() -> None:
    window = Window(SHAPE)
    batches = [tally_of(judge_wishes(one.transactions), SHAPE) for one in ticks_of(PLAN)]
    for second, tally in enumerate(batches):
        window.add(Stretch(second * S, (second + 1) * S, tally, energy_j=2.0))
    newest = batches[-WINDOW_S:]
    expected = Tally.empty(SHAPE)
    for tally in newest:
        expected.add(tally)
    assert np.array_equal(window.tally.counts, expected.counts)
    assert np.array_equal(window.tally.latency, expected.latency)
    assert window.span_s == WINDOW_S
    assert window.energy_j == 2.0 * WINDOW_S


def test_the_halves_of_a_window_are_the_window() -> None:
    window = Window(SHAPE)
    for second, batch in enumerate(itertools.islice(ticks_of(PLAN), 20)):
        tally = tally_of(judge_wishes(batch.transactions), SHAPE)
        window.add(Stretch(second * S, (second + 1) * S, tally))
    older, newer = window.halves()
    assert older.ended > 0
    assert newer.ended > 0
    assert np.array_equal(older.add(newer).counts, window.tally.counts)


def test_each_half_has_its_own_batches() -> None:
    window, batches = Window(SHAPE), list(itertools.islice(ticks_of(PLAN), 4))
    tallies = [tally_of(judge_wishes(one.transactions), SHAPE) for one in batches]
    for second, tally in enumerate(tallies):
        window.add(Stretch(second * S, (second + 1) * S, tally))
    assert [half.ended for half in window.halves()] == [
        tallies[0].ended + tallies[1].ended,
        tallies[2].ended + tallies[3].ended,
    ]


def test_short_batches_do_not_make_the_window_longer_or_larger() -> None:
    window = Window(SHAPE)
    for number in range(2000):
        begin_ns, end_ns = number * S // 100, (number + 1) * S // 100
        window.add(Stretch(begin_ns, end_ns, Tally.empty(SHAPE), energy_j=0.5, carbon_mg=2.0))
    assert WINDOW_S <= window.span_s <= WINDOW_S + 1
    assert window.energy_j == pytest.approx(50 * window.span_s)
    assert window.carbon_mg == pytest.approx(200 * window.span_s)
    assert len(window._slices) <= WINDOW_S + 2


def test_points_run_on_without_gaps_and_rates_add_up_to_the_counts(meters: Meters) -> None:
    points = meters.points
    assert [point.index for point in points] == list(range(len(points)))
    assert np.all(np.diff([point.end_ns for point in points]) > 0)
    spans_s = np.diff([0, *(point.end_ns for point in points)]) / S
    ended = sum((p.completed + p.failed) * s for p, s in zip(points, spans_s, strict=True))
    assert ended == pytest.approx(len(everything(PLAN).transactions["tx_id"]))


@pytest.mark.parametrize("tick_ns", [300_000_000, S, 9 * S])
def test_there_are_never_more_points_than_allowed(tick_ns: int) -> None:
    plan = Plan(rate_per_s=2, duration_s=1500, warmup_s=5, fault=None)
    meters = meters_of(scene_of(plan, tick=f"{tick_ns // 1_000_000}ms"))
    for end_ns in range(tick_ns, 1510 * S + 1, tick_ns):
        meters.observe(TraceBatch(end_ns=end_ns))
    # Ticks that do not divide a point make some points wider, never more of them.
    assert POINTS_MAX / 4 <= len(meters.points) <= POINTS_MAX
    assert meters.point_ns == width_ns(scene_of(plan, tick=f"{tick_ns // 1_000_000}ms").experiment)


def test_newest_points_bring_each_point_and_a_few_again() -> None:
    meters = meters_of(scene_of(PLAN))
    seen: list[int] = []
    for place, batch in enumerate(ticks_of(PLAN)):
        meters.observe(batch)
        if place % 7 == 6:
            fresh = [point.index for point in meters.newest_points()]
            assert fresh == list(range(max(0, len(seen) - OVERLAP), len(meters.points)))
            seen = list(range(fresh[-1] + 1))
    assert len(seen) > 40


def test_a_point_tells_the_window_that_ends_with_it(meters: Meters) -> None:
    whole = everything(PLAN).transactions
    point = meters.points[29]
    assert point.end_ns == 30 * S
    ended = (whole["completed_ns"] >= (30 - WINDOW_S) * S) & (whole["completed_ns"] < 30 * S)
    spent_ms = (whole["completed_ns"] - whole["created_ns"])[ended] / 1e6
    assert point.p50_ms == pytest.approx(float(np.quantile(spent_ms, 0.5)), rel=0.02)
    leaked = whole["leak_class"][ended] > 0
    assert point.leak_share == pytest.approx(leaked.mean())
    assert sum(point.leaks.values()) == pytest.approx(point.leak_share)
    power = everything(PLAN).gauges
    now = power["time_ns"] == 30 * S
    assert point.power_w == pytest.approx(float(power["power_w"][now].sum()))


def test_stragglers_make_no_leakage_of_a_hundred_per_cent() -> None:
    plan = dataclasses.replace(PLAN, duration_s=20)
    meters = meters_of(scene_of(plan, drain="60s"))
    batches = list(ticks_of(plan, drain_s=60))
    rows = everything(plan).transactions
    leaked = np.flatnonzero(rows["leak_class"])[:1]
    batches[50].transactions = {name: column[leaked] for name, column in rows.items()}
    for batch in batches:
        meters.observe(batch)
    assert meters.points[50].failed == 1.0
    assert meters.points[50].leak_share == 0.0


def test_six_tiles_stand_in_the_order_of_the_picture(meters: Meters) -> None:
    keys = ("throughput", "p99", "leakage", "resilience", "recall", "carbon")
    assert tuple(tile.key for tile in meters.tiles()) == keys
    point = dataclasses.asdict(meters.points[-1])
    for tile in meters.tiles():
        assert tile.series in point
        assert all(tile.facts)
        assert tile.text
        assert tile.chip


def test_tiles_of_an_empty_run_have_nothing_to_judge() -> None:
    tiles = {tile.key: tile for tile in meters_of(scene_of(PLAN)).tiles()}
    assert tiles["p99"].value is None
    assert {tiles[key].state for key in ("p99", "leakage", "resilience", "carbon")} == {"idle"}
    assert tiles["leakage"].facts == ("warming up", "counts from 08:00:05")
    unwarmed = dataclasses.replace(PLAN, warmup_s=0)
    facts = meters_of(scene_of(unwarmed)).tiles()[2].facts
    assert facts == ("0 payments", "0 EUR at risk")


def test_a_stall_turns_latency_and_resilience_red_and_back() -> None:
    plan = Plan(duration_s=80, warmup_s=5, fault=(25, 35), struck=0.4, duplicates=0.0, fraud=0.0)
    scene = scene_of(plan, slo={"availability": 0.995, "latency_p99": "800ms"})
    scene.faults.update(fault_rows(scene.words, "latency", "payment", 25, 35))
    meters, states, trends = meters_of(scene), [], []
    for batch in ticks_of(plan):
        meters.observe(batch)
        tiles = {tile.key: tile for tile in meters.tiles()}
        states.append((tiles["p99"].state, tiles["resilience"].state))
        trends.append(tiles["resilience"].facts[1])
    assert states[20] == ("ok", "ok")
    assert states[36] == ("critical", "critical")
    assert states[70] == ("ok", "ok")
    assert trends[20] == "overall 100"
    assert trends.index("falling") < trends.index("recovering")
    assert trends[70].startswith("overall 9")
    assert trends[-1] == "overall"


def test_the_bottleneck_is_what_is_ranked_first_and_at_the_end_what_leaked_most() -> None:
    plan = dataclasses.replace(PLAN, duration_s=20)
    ranked = [Bottleneck("aml", "AML screening", 0.5, 0.9, 0.6)]
    meters = meters_of(scene_of(plan), lambda: ranked)
    for batch in ticks_of(plan):
        if batch.end_ns == 15 * S:
            assert meters.tiles()[3].facts[0] == "bottleneck AML screening"
        meters.observe(batch)
    assert meters.tiles()[3].facts[0] == "bottleneck Ledger", "it is to blame for the duplicates"


def test_the_calm_ends_with_the_first_fault_and_not_with_a_trap() -> None:
    plan = Plan(duration_s=60, warmup_s=5, fault=None)
    scene = scene_of(plan)
    scene.faults.update(fault_rows(scene.words, "trap:duplicate_submit", "", 8, 50))
    meters = meters_of(scene)
    for batch in ticks_of(plan):
        if batch.end_ns == 30 * S:
            batch.faults = fault_rows(scene.words, "pause", "ledger", 30, 40)
        meters.observe(batch)
    assert meters.now.calm.span_s == 25.0
    assert meters.now.calm_completed_per_s == pytest.approx(40.0, rel=0.1)
    assert CALM_S_MIN < 25


def thinned(batch: TraceBatch) -> None:
    batch.transactions = {name: one[::4] for name, one in batch.transactions.items()}


def broken(batch: TraceBatch) -> None:
    """Three of four payments end in nothing, and their customers are told so."""
    rows = batch.transactions
    bad = np.arange(len(rows["tx_id"])) % 4 != 0
    for name in ("d_minor", "c_minor", "n_posted", "second_d_minor", "second_c_minor"):
        rows[name] = np.where(bad, 0, rows[name]).astype(rows[name].dtype)
    rows["ack"] = np.where(bad, Ack.FAILED, rows["ack"]).astype(np.int8)
    rows["outcome"] = np.where(bad, Outcome.TIMEOUT, rows["outcome"]).astype(np.int8)


@pytest.mark.parametrize(("change", "state"), [(thinned, "ok"), (broken, "critical")])
def test_throughput_is_an_alarm_only_where_somebody_is_let_down(
    change: Callable[[TraceBatch], None], state: str
) -> None:
    plan = Plan(duration_s=60, warmup_s=5, fault=None, duplicates=0.0, fraud=0.0)
    scene = scene_of(plan)
    scene.faults.update(fault_rows(scene.words, "latency", "payment", 40, 60))
    meters = meters_of(scene)
    for batch in itertools.islice(ticks_of(plan), 59):
        if batch.end_ns > 40 * S:
            change(batch)
        meters.observe(batch)
    tile = meters.tiles()[0]
    assert tile.value == pytest.approx(10.0, rel=0.2)
    assert tile.chip.endswith(" %")
    assert tile.state == state


def test_doubt_about_who_was_born_in_the_warm_up_is_settled_by_what_ends() -> None:
    ids = MeasuredIds(start_ns=10)
    ids.learn({"tx_id": np.array([7]), "created_ns": np.array([12])})
    assert ids.doubtful(np.array([5, 6, 7, 8])).tolist() == [True, True, False, False]
    ids.learn({"tx_id": np.array([5, 6]), "created_ns": np.array([9, 11])})
    assert ids.settled
    assert ids.first == 6


def test_what_the_end_leaves_open_has_neither_failed_nor_ended() -> None:
    rows = everything(PLAN).transactions
    left = np.arange(len(rows["tx_id"])) % 5 == 0
    rows["outcome"] = np.where(left, Outcome.IN_FLIGHT, rows["outcome"]).astype(np.int8)
    rows["ack"] = np.where(left, Ack.NONE, rows["ack"]).astype(np.int8)
    for name in ("d_minor", "c_minor", "n_posted", "second_d_minor", "second_c_minor"):
        rows[name] = np.where(left, 0, rows[name]).astype(rows[name].dtype)
    tally = tally_of(judge_wishes(rows), SHAPE)
    assert tally[Count.OPEN] == left.sum()
    assert tally.ended == (~left).sum()
    assert tally.ended == tally[Count.GOOD] + tally[Count.FAILED] + tally[Count.LEAKED]


def readings_at(*seconds: int) -> TraceBatch:
    """Return one reading of every gauge, as if it had been read at each of some seconds."""
    gauges = everything(PLAN).gauges
    once = {name: one[gauges["time_ns"] == 6 * S] for name, one in gauges.items()}
    parts = [once | {"time_ns": np.full_like(once["time_ns"], second * S)} for second in seconds]
    read = {name: np.concatenate([part[name] for part in parts]) for name in once}
    return TraceBatch(end_ns=seconds[-1] * S, gauges=read)


def test_energy_counts_from_the_warm_up_until_customers_stop_arriving() -> None:
    meter, counted_j = EnergyMeter(scene_of(PLAN), MeasuredIds(PLAN.warmup_s * S)), [0.0]
    for second in (PLAN.warmup_s, PLAN.warmup_s + 1, PLAN.duration_s, PLAN.duration_s + 1):
        meter.read(readings_at(second), 1.0)
        counted_j.append(meter.measured.energy_j)
    assert [more_j > 0 for more_j in np.diff(counted_j)] == [False, True, True, False]


def test_a_batch_with_two_readings_has_spent_what_both_have_drawn() -> None:
    meter = EnergyMeter(scene_of(PLAN), MeasuredIds(PLAN.warmup_s * S))
    spent = meter.read(readings_at(10, 11), 2.0)
    assert spent.energy_j == pytest.approx(meter.measured.energy_j)


def test_hops_in_doubt_count_as_those_of_whom_all_is_known() -> None:
    whole, sums_j = everything(PLAN), []
    for known in (True, False):
        ids = MeasuredIds(PLAN.warmup_s * S)
        meter = EnergyMeter(scene_of(PLAN), ids)
        if known:
            ids.learn(whole.transactions)
        drawn_j = meter.read(TraceBatch(end_ns=whole.end_ns, hops=whole.hops), 0.0).energy_j
        ids.learn(whole.transactions)
        meter.read(TraceBatch(end_ns=whole.end_ns), 0.0)
        sums_j.append(meter.measured.energy_j)
    assert 0 < sums_j[0] < drawn_j
    assert sums_j[1] == pytest.approx(sums_j[0], rel=1e-12)


def left_open(plan: Plan) -> TraceBatch:
    """Return every payment and hop of a run as if its end had left them: no time passes."""
    whole = everything(plan)
    return TraceBatch(
        end_ns=20 * S, transactions=whole.transactions, hops=whole.hops, truth=whole.truth
    )


def test_what_the_end_leaves_open_is_in_the_total_and_in_no_rate() -> None:
    meters = meters_of(scene_of(PLAN))
    for batch in itertools.islice(ticks_of(PLAN), 20):
        meters.observe(batch)
    now, points = meters.now, list(meters.points)
    before = now.window.tally.counts.copy(), now.window.carbon_mg, now.peak_per_s, now.calm.span_s
    submitted = now.total[Count.SUBMITTED]
    meters.observe(left_open(PLAN))
    after = now.window.tally.counts, now.window.carbon_mg, now.peak_per_s, now.calm.span_s
    assert np.array_equal(after[0], before[0])
    assert after[1:] == before[1:]
    assert meters.points == points
    assert now.total[Count.SUBMITTED] > submitted + 100
    assert now.newest.tally.ended == 0


def test_a_run_that_is_stopped_shows_the_whole_run_from_then_on() -> None:
    meters = meters_of(scene_of(PLAN))
    for batch in itertools.islice(ticks_of(PLAN), 20):
        meters.observe(batch)
    assert not meters.now.over
    meters.observe(left_open(PLAN))
    assert meters.tiles()[0].chip == "since 08:00:05"


def untold(batch: TraceBatch) -> None:
    """Customers are told that it failed, and yet it was posted."""
    batch.transactions["ack"] = np.full_like(batch.transactions["ack"], Ack.FAILED)


def test_what_leaks_no_money_is_told_by_its_amount() -> None:
    plan = Plan(duration_s=20, warmup_s=2, fault=None, duplicates=0.0, fraud=0.0)
    meters, wished_minor = meters_of(scene_of(plan)), 0
    for batch in itertools.islice(ticks_of(plan), 18):
        untold(batch)
        meters.observe(batch)
        moved = (batch.transactions["n_posted"] > 0) & (batch.transactions["created_ns"] >= 2 * S)
        wished_minor += int(batch.transactions["amount_minor"][moved].sum())
    assert meters.now.leaked_minor == {}
    assert meters.now.told_wrong_minor == {"EUR": wished_minor}
    assert (
        meters.tiles()[2].facts[1] == f"{meters.now.short_worth({'EUR': wished_minor})} told wrong"
    )


def test_of_what_leaked_and_what_was_told_wrong_the_larger_is_shown(meters: Meters) -> None:
    assert meters.now.leaked_minor
    assert meters.now.told_wrong_minor == {}
    assert (
        meters.tiles()[2].facts[1] == f"{meters.now.short_worth(meters.now.leaked_minor)} at risk"
    )


def halfway(change: Callable[[TraceBatch], None], plan: Plan) -> Meters:
    """Fly a calm of 40 s, then 19 s in which something has changed."""
    scene = scene_of(plan)
    scene.faults.update(fault_rows(scene.words, "latency", "payment", 40, 60))
    meters = meters_of(scene)
    for batch in itertools.islice(ticks_of(plan), 59):
        if batch.end_ns > 40 * S:
            change(batch)
        meters.observe(batch)
    return meters


def crowded(batch: TraceBatch) -> None:
    """Six times as many come, and of four three are failed: more end well than before."""
    rows = {name: np.tile(one, 6) for name, one in batch.transactions.items()}
    batch.transactions = rows
    broken(batch)


def nobody(batch: TraceBatch) -> None:
    batch.transactions = {name: one[:0] for name, one in batch.transactions.items()}
    batch.gauges = {name: one[:0] for name, one in batch.gauges.items()}


STEADY = Plan(duration_s=60, warmup_s=5, fault=None, duplicates=0.0, fraud=0.0)


def test_throughput_is_not_well_because_more_are_served_while_most_fail() -> None:
    meters = halfway(crowded, STEADY)
    tile = meters.tiles()[0]
    assert tile.value > tile.goal
    assert tile.state == "critical"
    assert tile.chip == f"{percent(meters.now.bad_share)} % go wrong"


def test_throughput_of_a_bank_of_which_nobody_wants_anything_is_not_judged() -> None:
    meters = halfway(nobody, STEADY)
    meters.now._services.at_work = False
    tile = meters.tiles()[0]
    assert (tile.text, tile.state, tile.chip) == ("0", "idle", "no demand")


def test_few_payments_are_held_against_nothing_and_told_by_the_minute() -> None:
    plan = dataclasses.replace(STEADY, rate_per_s=0.05, duration_s=1000)
    meters = meters_of(scene_of(plan))
    seen = set()
    for batch in itertools.islice(ticks_of(plan), 990):
        meters.observe(batch)
        seen.add((meters.tiles()[0].unit, meters.tiles()[0].chip))
    assert ("tx/min", "too few to judge") in seen
    assert not any(chip.endswith(" %") for _, chip in seen)


def told(meters: Meters) -> dict[str, tuple[str, ...]]:
    return {tile.key: (tile.chip, *tile.facts) for tile in meters.tiles()}


def cut_short(plan: Plan, seconds: int) -> Meters:
    meters = meters_of(scene_of(plan))
    for batch in itertools.islice(ticks_of(plan), seconds):
        meters.now.detection.observe(batch)
        meters.observe(batch)
    return meters


def test_in_the_warm_up_tiles_say_that_it_is_not_counted_and_when_it_ends() -> None:
    plan = dataclasses.replace(PLAN, warmup_s=20)
    before = cut_short(plan, 19)
    assert before.tiles()[2].value > 1, "the window shows what leaks in the warm-up too"
    tiles = told(before)
    assert tiles["throughput"][:2] == ("warming up", "no baseline yet")
    assert tiles["leakage"][1:] == ("warming up", "counts from 08:00:20")
    assert tiles["resilience"][2] == "steady"
    assert tiles["recall"] == ("warming up", "counts from 08:00:20", "target 80 %")
    assert tiles["carbon"][0] == "warming up"
    after = told(cut_short(plan, 25))
    assert after["leakage"][1].endswith("payments")
    assert after["recall"][1].startswith("precision")
    assert after["throughput"][0] == after["carbon"][0] == "measuring"
    assert not [one for tile in after.values() for one in tile if "warm" in one or "counts" in one]


def test_a_run_that_is_well_says_that_its_service_level_is_not_counted_yet() -> None:
    assert told(cut_short(STEADY, 3))["resilience"][2] == "warming up"


def test_a_run_that_was_stopped_in_its_warm_up_has_counted_nothing() -> None:
    meters = cut_short(PLAN, 3)
    rows = everything(PLAN).transactions
    left = {name: column[-1:] for name, column in rows.items()}
    left["created_ns"] = np.array([S])
    meters.observe(TraceBatch(end_ns=3 * S, transactions=left))
    tiles = told(meters)
    assert meters.now.over
    assert tiles["throughput"][0] == "ended in warm-up"
    assert tiles["leakage"][1:] == ("none counted", "ended in warm-up")
    assert tiles["recall"][:2] == ("none counted", "ended in warm-up")
    assert tiles["carbon"][0] == "none counted"


def test_the_end_says_of_which_part_of_the_run_it_is(meters: Meters) -> None:
    assert told(meters)["throughput"][0] == "since 08:00:05"
    whole = flown(dataclasses.replace(PLAN, warmup_s=0))
    assert told(whole)["throughput"][0] == "whole run"


def test_a_baseline_that_will_never_be_is_not_promised() -> None:
    scene = scene_of(PLAN)
    scene.faults.update(fault_rows(scene.words, "latency", "payment", 8, 60))
    meters = meters_of(scene)
    for batch in itertools.islice(ticks_of(PLAN), 7):
        meters.observe(batch)
    assert told(meters)["throughput"][:2] == ("no baseline", "no baseline")
    assert told(meters)["carbon"][0] == "no baseline"


def test_without_a_baseline_the_end_says_so() -> None:
    tiles = {tile.key: tile for tile in flown(PLAN, warmup="39s").tiles()}
    assert tiles["throughput"].facts[0] == "no baseline"
    assert tiles["carbon"].chip == "no baseline"
