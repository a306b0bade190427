"""Alerts: raised once, changed while they last, ended, never a storm."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_scene import decision_rows, fault_rows, meters_of, scene_of, ticks_of
from synthetic_trace import NAMES, Plan, S

from sanket_sim.analysis.recovery import BURN_RULES
from sanket_sim.live.frames import Alert
from sanket_sim.live.picture import Picture
from sanket_sim.live.scene import Scene
from sanket_sim.live.watches.alarm_book import ALERTS_MOST, REOPEN_NS, AlarmBook, Latch, Notice
from sanket_sim.live.watches.books import BreakWatch, broken_law
from sanket_sim.live.watches.crime import BURST, BurstWatch
from sanket_sim.live.watches.disturbances import CommandWatch, FaultWatch
from sanket_sim.live.watches.leaks import LeakWatch
from sanket_sim.live.watches.network import BreakerWatch, QueueWatch, ReplicaWatch
from sanket_sim.live.watches.objectives import BudgetWatch, LatencyWatch
from sanket_sim.live.watches.spending import CarbonWatch
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
SLO = {"availability": 0.995, "latency_p99": "800ms"}
STALL = Plan(duration_s=90, warmup_s=5, fault=(25, 35), struck=0.4, duplicates=0.0, fraud=0.0)


class Desk:
    """A book, and the synthetic bank's instruments that are read before each look."""

    def __init__(self, plan: Plan, **settings: Any) -> None:
        self.scene: Scene = scene_of(plan, slo=SLO, **settings)
        self.meters, self.book = meters_of(self.scene), AlarmBook()
        self.seen: list[tuple[float, Alert]] = []

    def watch(self, watch: Any, batches: Iterator[TraceBatch]) -> list[Alert]:
        """Let time pass; return the alerts, oldest first."""
        for batch in batches:
            self.meters.observe(batch)
            watch.watch(batch)
            self.seen += [(batch.end_ns / S, one) for one in self.book.newest().alerts]
        return list(reversed(self.book.newest().alerts))

    @property
    def details(self) -> list[str]:
        return list(dict.fromkeys(one.detail for _, one in self.seen))


def quiet(begin_s: int, end_s: int) -> Iterator[TraceBatch]:
    return (TraceBatch(end_ns=second * S) for second in range(begin_s + 1, end_s + 1))


def notice(key: str = "p99", detail: str = "") -> Notice:
    return Notice("SLO", key, "warn", "SLO breach", detail)


def test_what_comes_back_soon_is_the_same_alert_and_later_another() -> None:
    book = AlarmBook()
    book.tell(notice(), 0)
    book.end("SLO", "p99", S)
    book.tell(notice(), S + REOPEN_NS - 1)
    assert [(one.alert_id, one.end_ns) for one in book.newest().alerts] == [(0, None)]
    book.end("SLO", "p99", 100 * S)
    book.tell(notice(), 100 * S + REOPEN_NS)
    assert [one.alert_id for one in book.newest().alerts] == [1, 0]


def test_a_book_changes_only_when_something_is_new() -> None:
    book = AlarmBook()
    book.tell(notice(detail="1 s"), 0)
    book.changed = False
    book.tell(notice(detail="1 s"), S)
    assert not book.end("SLO", "other", S)
    assert not book.changed
    book.tell(notice(detail="2 s"), 2 * S)
    assert book.changed


def test_the_list_is_bounded_and_what_is_over_goes_first() -> None:
    book = AlarmBook()
    book.tell(notice("lasting"), 0)
    for number in range(2 * ALERTS_MOST):
        book.note(notice(f"passing {number}"), number)
    alerts = book.newest()
    assert len(alerts.alerts) == ALERTS_MOST
    assert alerts.open == 1
    assert book.is_open("SLO", "lasting")
    assert [one.begin_ns for one in alerts.alerts] == sorted(
        (one.begin_ns for one in alerts.alerts), reverse=True
    )


def test_a_latch_stays_as_it_is_between_bad_and_well() -> None:
    latch = Latch(on_s=1, off_s=1)
    for second in range(3):
        latch.step(second * S, bad=True, well=False)
    assert all(latch.step(second * S, bad=False, well=False) for second in range(3, 50))
    flickering = [latch.step(s * S // 2, bad=s % 2 > 0, well=s % 2 == 0) for s in range(100, 150)]
    assert all(flickering)


def test_a_stall_breaches_the_latency_objective_once() -> None:
    desk = Desk(STALL)
    (alert,) = desk.watch(LatencyWatch(desk.book, desk.meters.now), ticks_of(STALL))
    assert alert.title == "SLO breach: p99 > 800 ms"
    assert alert.severity == "critical"
    assert 26 * S < alert.begin_ns < 34 * S
    assert alert.end_ns is not None
    assert 50 * S < alert.end_ns < 80 * S
    assert alert.subject_kind == "service"
    assert alert.subject in NAMES


def test_a_stall_burns_the_budget_by_the_rules_of_the_findings() -> None:
    desk = Desk(STALL)
    watch = BudgetWatch(desk.book, desk.meters.now, desk.scene.experiment)
    alerts = desk.watch(watch, ticks_of(STALL))
    assert len(alerts) == 1
    assert 25 * S < alerts[0].begin_ns < 40 * S
    rules = [rule for rule, *_ in BURN_RULES]
    told = [next(rule for rule in rules if rule in detail) for detail in desk.details]
    assert rules[0] in told, "the fastest rule fires while it is worst"
    assert told[-1] == rules[-1], "the slowest one remembers longest"


def test_a_run_that_serves_everybody_well_raises_nothing() -> None:
    plan = Plan(duration_s=60, warmup_s=5, fault=None, duplicates=0.0, fraud=0.0)
    desk = Desk(plan)
    now = desk.meters.now
    watches = [
        LatencyWatch(desk.book, now),
        BudgetWatch(desk.book, now, desk.scene.experiment),
        LeakWatch(desk.book, now, deduplicates=True),
        CarbonWatch(desk.book, now),
        QueueWatch(desk.book, desk.scene),
    ]
    for batch in ticks_of(plan):
        desk.meters.observe(batch)
        for watch in watches:
            watch.watch(batch)
    assert desk.book.newest().alerts == ()


def test_duplicates_name_the_service_and_what_is_missing() -> None:
    plan = Plan(duration_s=60, warmup_s=5, fault=None, duplicates=0.05, fraud=0.0)
    desk = Desk(plan)
    watch = LeakWatch(desk.book, desk.meters.now, deduplicates=False)
    alerts = desk.watch(watch, itertools.chain(ticks_of(plan), quiet(70, 130)))
    (alert,) = [one for one in alerts if one.title.startswith("Duplicate postings")]
    assert (alert.subject_kind, alert.subject) == ("service", "ledger")
    assert alert.severity == "critical"
    assert any("no idempotency key" in detail for detail in desk.details)
    assert alert.end_ns is not None
    leaked = desk.meters.now.total.leaks.sum()
    assert f"{leaked:,} since 08:00:05" in alert.detail
    assert "EUR" in alert.detail
    (first, *_) = desk.details
    assert first.endswith(" · warming up, counts from 08:00:05 · no idempotency key")


def test_leaks_of_a_run_without_a_warm_up_are_counted_so_far() -> None:
    plan = Plan(duration_s=20, warmup_s=0, fault=None, duplicates=0.05, fraud=0.0)
    desk = Desk(plan)
    watch = LeakWatch(desk.book, desk.meters.now, deduplicates=False)
    desk.watch(watch, itertools.islice(ticks_of(plan), 15))
    assert all(" so far, " in detail for detail in desk.details)


def decided(desk: Desk, *rows: tuple[float, str, str, str, str]) -> Iterator[TraceBatch]:
    """Let decisions be taken, each in a batch of its own that ends at its instant."""
    for row in rows:
        table = decision_rows(desk.scene.words, row)
        yield TraceBatch(end_ns=int(row[0] * S), decisions=table)


def test_a_breaker_is_followed_from_open_to_closed() -> None:
    desk = Desk(STALL)
    edge = next(one.name for one in desk.scene.bank.edges if one.name == "gateway->payment")
    states = ((30, "open"), (90, "half_open"), (91, "open"), (151, "half_open"), (152, "closed"))
    rows = [(second, "breaker", state, edge, "") for second, state in states]
    (alert,) = desk.watch(BreakerWatch(desk.book, desk.scene), decided(desk, *rows))
    assert desk.details == [
        "gateway → payment · half-open probe in 1 min",
        "gateway → payment · half-open, 10 calls let through",
        "gateway → payment · closed again",
    ]
    assert (alert.begin_ns, alert.end_ns) == (30 * S, 152 * S)
    assert {one.title for _, one in desk.seen} == {"Circuit breaker opened"}, "so it began"
    assert (alert.subject_kind, alert.subject) == ("service", "payment")


def test_replicas_of_one_service_share_an_alert_that_ends_with_the_last() -> None:
    desk = Desk(STALL)
    rows = [
        (30.0, "replica", "down", "ledger-0", ""),
        (31.0, "replica", "paused", "ledger-2", ""),
        (32.0, "replica", "down", "ledger-1", ""),
        (40.0, "replica", "up", "ledger-0", ""),
        (41.0, "replica", "up", "ledger-1", ""),
        (42.0, "replica", "up", "ledger-2", ""),
    ]
    (alert,) = desk.watch(ReplicaWatch(desk.book, desk.scene), decided(desk, *rows))
    titles = [(one.title, one.severity) for _, one in desk.seen]
    assert ("2 of 3 replicas of Ledger not up", "warn") in titles
    assert ("No replica of Ledger is up", "critical") in titles
    assert (alert.begin_ns, alert.end_ns) == (30 * S, 42 * S)
    assert alert.detail == "all 3 back"


def gauges(second: int, lengths: dict[str, int]) -> dict[str, Any]:
    table = {c.name: np.zeros(len(NAMES), c.dtype) for c in schema.GAUGES}
    table["time_ns"][:], table["service"][:] = second * S, np.arange(len(NAMES))
    table["queue_length"][:] = [lengths.get(name, 0) for name in NAMES]
    return table


def test_a_queue_is_long_by_the_workers_it_waits_for() -> None:
    desk = Desk(STALL)
    lengths = [0, 15, 20, 20, 90, 300, 20, 15, 5, *[0] * 12]
    batches = (
        TraceBatch(end_ns=second * S, gauges=gauges(second, {"limits": length}))
        for second, length in enumerate(lengths, 1)
    )
    (alert,) = desk.watch(QueueWatch(desk.book, desk.scene), batches)
    assert [one.severity for _, one in desk.seen].count("critical") > 0
    assert alert.title == "Queue long before Limits"
    assert alert.detail == "up to 300 waited"
    assert alert.end_ns is not None


def test_faults_are_told_while_they_are_on() -> None:
    desk = Desk(STALL)
    words = desk.scene.words
    desk.scene.faults.update(fault_rows(words, "latency", "payment", 25, 35))
    whole = fault_rows(words, "trap:duplicate_submit", "", 0, 90)
    watch = FaultWatch(desk.book, desk.scene)
    batches = list(quiet(0, 60))
    batches[9].faults = whole
    (alert,) = desk.watch(watch, iter(batches))
    assert alert.title == "Fault: latency on payment"
    assert desk.details == [
        "payment · add 5s · 30 % of calls · for 10 s",
        "payment · add 5s · 30 % of calls",
    ]
    assert (alert.begin_ns, alert.end_ns, alert.subject) == (25 * S, 35 * S, "payment")


def test_a_command_names_who_gave_it() -> None:
    desk = Desk(STALL)
    words = desk.scene.words
    said = (20.0, "ines", "command:pause", "ledger", '{"silent": true}')
    batch = TraceBatch(end_ns=20 * S, decisions=decision_rows(words, said))
    batch.faults = fault_rows(words, "pause", "ledger", 20, 30)
    (alert,) = desk.watch(CommandWatch(desk.book, desk.scene), iter([batch]))
    assert (alert.title, alert.detail) == ("Command: pause on ledger", "by ines · silent true")
    assert (alert.begin_ns, alert.end_ns, alert.severity) == (20 * S, 20 * S, "ok")
    assert alert.subject == "ledger"


def suspicions(desk: Desk, second: int, kind: str, count: int) -> TraceBatch:
    rows = [(float(second), "fraud", "decline", "payment", kind)] * count
    return TraceBatch(end_ns=second * S, decisions=decision_rows(desk.scene.words, *rows))


def test_a_burst_of_one_pattern_is_one_alert() -> None:
    desk = Desk(STALL)
    watch = BurstWatch(desk.book, desk.scene)
    batches = [suspicions(desk, second, "enumeration,velocity", 2) for second in range(10, 40)]
    (alert,) = desk.watch(watch, itertools.chain(batches, quiet(40, 160)))
    assert alert.title == "Card-testing burst"
    assert alert.detail == "up to 60 payments a minute flagged by the rule “enumeration”"
    assert alert.severity == "critical"
    assert alert.end_ns is not None


def test_ordinary_suspicion_is_a_burst_only_when_there_is_more_than_usual() -> None:
    desk = Desk(STALL)
    watch = BurstWatch(desk.book, desk.scene)
    usual = [suspicions(desk, second, "model", int(second % 5 == 0)) for second in range(1, 400)]
    assert desk.watch(watch, iter(usual)) == []
    more = [suspicions(desk, second, "model", 1) for second in range(400, 460)]
    (alert,) = desk.watch(watch, iter(more))
    assert alert.title == "Burst of suspicious payments"
    assert int(alert.detail.split()[2]) > 3 * 12 > BURST


def test_carbon_is_told_against_the_calm() -> None:
    plan = Plan(duration_s=90, warmup_s=5, fault=None, duplicates=0.0, fraud=0.0)
    desk = Desk(plan)
    desk.scene.faults.update(fault_rows(desk.scene.words, "latency", "payment", 30, 40))
    desk.meters = meters_of(desk.scene)

    def thinned(batch: TraceBatch) -> TraceBatch:
        if 30 * S < batch.end_ns <= 60 * S:
            batch.transactions = {name: one[::2] for name, one in batch.transactions.items()}
        return batch

    watch = CarbonWatch(desk.book, desk.meters.now)
    (alert,) = desk.watch(watch, map(thinned, itertools.islice(ticks_of(plan), 90)))
    assert alert.title == "Carbon intensity elevated"
    assert 40 * S < alert.begin_ns < 60 * S
    assert alert.end_ns is not None
    told = [detail for detail in desk.details if detail.startswith("+")]
    most = max(int(detail[1:].split()[0]) for detail in told)
    assert alert.detail == f"up to +{most} % CO₂e per good payment"
    assert 80 <= most <= 120, "half the payments, nearly the same power"


def test_breaks_are_summed_up_by_who_found_them() -> None:
    desk = Desk(STALL)
    finder = "reconciliation:intraday"
    rows = [
        (50.0, finder, "break", "duplicate", ""),
        (50.5, finder, "break", "duplicate", ""),
        (51.0, finder, "correction", "duplicate", ""),
    ]
    batches = itertools.chain(decided(desk, *rows), quiet(51, 120))
    (alert,) = desk.watch(BreakWatch(desk.book, desk.scene), batches)
    assert alert.title == "Orders and postings disagree: 2 breaks"
    assert alert.detail == "intraday · 2 duplicate · 1 put right"
    assert alert.end_ns is not None


def test_a_broken_law_is_critical() -> None:
    book = AlarmBook()
    book.tell(broken_law("law L4 failed: residual 1 EUR"), 3 * S)
    (alert,) = book.newest().alerts
    assert (alert.topic, alert.severity, alert.end_ns) == ("LEDGER", "critical", None)
    assert "L4" in alert.detail


class Watcher:
    """A whole picture aboard a real run, whose open alerts are counted after every tick."""

    def __init__(self) -> None:
        self.most = 0

    def board(self, cockpit: Cockpit) -> None:
        self.picture = Picture(cockpit)
        cockpit.simulation.observers = (*cockpit.simulation.observers, self)

    def observe(self, batch: TraceBatch) -> tuple[()]:
        self.picture.observe(batch)
        self.most = max(self.most, self.picture.alarms.book.newest().open)
        return ()

    def leave(self) -> None:
        pass


@pytest.fixture(scope="module")
def aboard(tmp_path_factory: pytest.TempPathFactory) -> Watcher:
    asked = resolve(EXPERIMENTS / "retry_storm.toml", {"drain": "5s"}, duration="85s")
    watcher = Watcher()
    run_once(asked, Options(out=tmp_path_factory.mktemp("s"), report=False), crew=watcher)
    return watcher


@pytest.fixture
def storm(aboard: Watcher) -> Picture:
    return aboard.picture


def in_time(alerts: tuple[Alert, ...], topic: str) -> list[Alert]:
    return [one for one in reversed(alerts) if one.topic == topic]


def test_a_retry_storm_is_told_as_it_goes(aboard: Watcher) -> None:
    storm = aboard.picture
    alerts = storm.alarms.book.newest().alerts
    (fault,), (replica,) = in_time(alerts, "FAULT"), in_time(alerts, "REPLICA")
    assert (fault.begin_ns, fault.end_ns) == (60 * S, 70 * S)
    assert replica.title == "No replica of Worker pool is up"
    duplicates = next(one for one in in_time(alerts, "LEAKAGE") if "Duplicate" in one.title)
    assert duplicates.subject == "pool"
    assert "no idempotency key" in " ".join(one.detail for one in alerts)
    assert {one.topic for one in alerts} >= {"SLO", "QUEUE", "ENERGY"}
    assert len(alerts) < 15, "one trouble, one alert"
    assert 4 <= aboard.most <= 8


def test_a_frame_comes_only_with_news(storm: Picture) -> None:
    frame = storm.alarms.frame()
    assert frame is not None
    assert frame.open == sum(one.end_ns is None for one in frame.alerts)
    assert storm.alarms.frame() is None
    storm.alarms.break_law("law L1 failed", 5 * S)
    again = storm.alarms.frame()
    assert again is not None
    assert again.open == frame.open + 1


def test_one_break_is_a_break() -> None:
    desk = Desk(STALL)
    row = (50.0, "reconciliation:end_of_day", "break", "amount", "")
    (alert,) = desk.watch(BreakWatch(desk.book, desk.scene), decided(desk, row))
    assert alert.title == "Statements from outside disagree: 1 break"


def test_power_of_an_idle_bank_is_no_alarm() -> None:
    plan = Plan(duration_s=90, warmup_s=5, fault=None, duplicates=0.0, fraud=0.0)
    desk = Desk(plan)
    desk.meters = meters_of(desk.scene)

    def emptied(batch: TraceBatch) -> TraceBatch:
        if batch.end_ns > 30 * S:
            batch.transactions = {name: one[:0] for name, one in batch.transactions.items()}
            for column in ("busy", "queue_length"):
                batch.gauges[column] = np.zeros_like(batch.gauges[column])
        return batch

    watch = CarbonWatch(desk.book, desk.meters.now)
    assert desk.watch(watch, map(emptied, itertools.islice(ticks_of(plan), 89))) == []
