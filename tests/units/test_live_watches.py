"""Watches at their edges: what is just too much, what has just ended, and who is told of it."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fraud_flight import minutes_of
from fraud_flight import scene_of as fraud_scene
from fraud_trace import MINUTE, Told, chain
from live_scene import decision_rows, fault_rows, scene_of
from synthetic_trace import NAMES, Plan, S

from sanket_sim.analysis.recovery import BURN_RULES
from sanket_sim.bank.description import Balancing
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.live.frames import Alert
from sanket_sim.live.meters.tally import Count, Shape, Tally
from sanket_sim.live.people.campaigns import CampaignBook
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.scene import Scene
from sanket_sim.live.watches.alarm_book import AlarmBook
from sanket_sim.live.watches.crime import QUIET_NS, SPAN_NS, BurstWatch, CampaignWatch
from sanket_sim.live.watches.disturbances import FaultWatch
from sanket_sim.live.watches.leaks import FEW, LeakWatch
from sanket_sim.live.watches.network import BreakerWatch, QueueWatch
from sanket_sim.live.watches.objectives import BudgetWatch
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch

CALM = Plan(duration_s=600, warmup_s=0, fault=None, duplicates=0.0, fraud=0.0)
SHAPE = Shape(len(NAMES), 2)


def newest(book: AlarmBook) -> Alert:
    return book.newest().alerts[0]


class TestFaults:
    def told(self, begin_s: float, end_s: float, **changes: Any) -> tuple[AlarmBook, FaultWatch]:
        scene, book = scene_of(CALM), AlarmBook()
        rows = fault_rows(scene.words, "latency", "payment", begin_s, end_s)
        for name, value in changes.items():
            rows[name][:] = value
        watch = FaultWatch(book, scene)
        watch.watch(TraceBatch(end_ns=int(begin_s * S), faults=rows))
        return book, watch

    def test_what_strikes_every_call_says_no_share(self) -> None:
        book, _ = self.told(30, 40, probability=1.0)
        assert newest(book).detail == "payment · add 5s · for 10 s"
        book, _ = self.told(30, 40, probability=0.5)
        assert newest(book).detail == "payment · add 5s · 50 % of calls · for 10 s"

    def test_what_has_no_end_lasts_as_long_as_customers_come(self) -> None:
        book, watch = self.told(30, -1 / S)
        assert newest(book).detail.endswith("for 9 min 30 s")
        watch.watch(TraceBatch(end_ns=599 * S))
        assert newest(book).end_ns is None
        watch.watch(TraceBatch(end_ns=600 * S))
        assert newest(book).end_ns == 600 * S


class TestBursts:
    def test_a_minute_is_a_minute(self) -> None:
        scene, book = scene_of(CALM), AlarmBook()
        watch = BurstWatch(book, scene)
        row = (0.0, "fraud", "decline", "payment", "velocity")
        few = decision_rows(scene.words, *[row] * 3)
        watch.watch(TraceBatch(end_ns=200 * S, decisions=few))
        watch.watch(TraceBatch(end_ns=200 * S + SPAN_NS, decisions=few))
        assert book.newest().alerts == (), "the first three are a whole minute ago"
        watch.watch(TraceBatch(end_ns=200 * S + 2 * SPAN_NS - 1, decisions=few))
        assert newest(book).title == "Burst of rapid payments"


class TestCampaigns:
    def flown(self, *, flagged: bool, minutes: int) -> tuple[AlarmBook, CampaignBook]:
        told = Told(minutes=minutes)
        ids = chain(told, 1, MINUTE, hops=4)
        told.decisions = [(2 * MINUTE, "aml", "alert", ids[0], "cycle")]
        scene, whole = fraud_scene(told)
        detection, campaigns, book = Detection(scene), CampaignBook(scene), AlarmBook()
        watch = CampaignWatch(book, campaigns)
        for batch in minutes_of(told, whole):
            detection.observe(batch)
            campaigns.observe(detection.of_batch, batch, detection.blocked)
            if flagged and 1 in campaigns.files:
                file = campaigns.files[1]
                file.caught, file.missed = file.payments, 0
            watch.watch(batch)
        return book, campaigns

    @pytest.mark.parametrize(("flagged", "severity"), [(False, "critical"), (True, "warn")])
    def test_it_is_critical_while_more_gets_through_than_is_caught(
        self, flagged: bool, severity: str
    ) -> None:
        book, _ = self.flown(flagged=flagged, minutes=40)
        assert newest(book).severity == severity

    def test_it_is_over_when_nothing_has_moved_for_a_while(self) -> None:
        book, campaigns = self.flown(flagged=False, minutes=60)
        file = campaigns.files[1]
        assert file.last_ns - file.begun_ns > QUIET_NS, "it lasts longer than that itself"
        assert newest(book).end_ns is not None
        assert 0 <= newest(book).end_ns - file.last_ns - QUIET_NS <= MINUTE


def counted(ended: int, leaks: int = 0, glv_minor: int = 0, good: int = 0) -> Tally:
    """Return a tally by hand: leaks are duplicates of the ledger."""
    tally = Tally.empty(SHAPE)
    tally.counts[Count.SUBMITTED], tally.counts[Count.GOOD] = ended, good
    tally.roots[LeakClass.DUPLICATE, NAMES.index("ledger")] = leaks
    tally.glv_minor[LeakClass.DUPLICATE, NAMES.index("ledger"), 0] = glv_minor
    return tally


class Hands:
    """Instruments that show what a test sets them to."""

    def __init__(self, older: Tally, newer: Tally) -> None:
        self.halves = older, newer
        whole = Tally.empty(SHAPE).add(older).add(newer)
        self.window = SimpleNamespace(tally=whole, halves=lambda: self.halves)
        self.newest, self.total = SimpleNamespace(tally=whole), whole
        self.service_names, self.warming, self.since = NAMES, False, ""
        self.slo = SimpleNamespace(availability=0.99)

    def leaked_minor_of(self, kind: LeakClass) -> dict[str, int]:
        lost = int(self.total.glv_minor[kind].sum())
        return {"EUR": lost} if lost else {}

    def worth(self, amounts: dict[str, int]) -> str:
        return f"{amounts['EUR']} cents"


class TestLeaks:
    def said(self, older: Tally, newer: Tally) -> Alert:
        book = AlarmBook()
        now: Any = Hands(older, newer)
        LeakWatch(book, now, deduplicates=True).watch(TraceBatch(end_ns=20 * S))
        return newest(book)

    @pytest.mark.parametrize(
        ("older", "newer", "rising"),
        [(0, FEW, True), (0, FEW - 1, False), (10, 15, False), (10, 16, True)],
    )
    def test_a_few_are_no_trend(self, older: int, newer: int, rising: bool) -> None:
        title = self.said(counted(100, older), counted(100, newer)).title
        assert title.endswith("rising") == rising

    @pytest.mark.parametrize(("glv_minor", "severity"), [(0, "warn"), (7, "critical")])
    def test_it_is_critical_only_where_money_is_lost(self, glv_minor: int, severity: str) -> None:
        assert self.said(counted(100), counted(100, 50, glv_minor)).severity == severity

    def ended(self, seen: Tally, left: Tally) -> list[Alert]:
        """Return the alerts at the end of a run that leaves something open."""
        book = AlarmBook()
        now: Any = Hands(counted(0), seen)
        watch = LeakWatch(book, now, deduplicates=True)
        watch.watch(TraceBatch(end_ns=20 * S))
        now.total = Tally.empty(SHAPE).add(seen).add(left)
        watch.close(400 * S)
        return list(book.newest().alerts)

    def test_what_the_end_leaves_open_is_told_too_and_the_window_no_more(self) -> None:
        (alert,) = self.ended(counted(90, 9), counted(10, 20))
        assert alert.detail == "ledger · 29.0 % of all payments · 29 in all"
        assert alert.end_ns == 400 * S

    def test_what_leaks_by_the_end_alone_is_told(self) -> None:
        (alert,) = self.ended(counted(90), counted(10, 20))
        assert (alert.begin_ns, alert.end_ns, alert.subject) == (400 * S, 400 * S, "ledger")
        assert "20 in all" in alert.detail

    def test_what_was_told_in_full_is_not_told_again(self) -> None:
        book = AlarmBook()
        now: Any = Hands(counted(0), counted(90, 9))
        watch = LeakWatch(book, now, deduplicates=True)
        watch.watch(TraceBatch(end_ns=20 * S))
        now.window.tally = now.newest.tally = counted(90)
        for second in (50, 90, 200):
            watch.watch(TraceBatch(end_ns=second * S))
        before = book.newest()
        assert [one.end_ns for one in before.alerts] == [90 * S]
        watch.close(400 * S)
        assert book.newest() == before

    def test_leaks_of_the_warm_up_are_not_called_none(self) -> None:
        book = AlarmBook()
        now: Any = Hands(counted(0), counted(90, 9))
        now.total, now.since = counted(0), "since 08:01:00"
        watch = LeakWatch(book, now, deduplicates=True)
        watch.watch(TraceBatch(end_ns=61 * S))
        assert newest(book).detail.endswith("of the last 15 s · all of them in the warm-up")
        watch.close(70 * S)
        assert newest(book).end_ns == 70 * S


class TestBudget:
    def test_a_burst_that_is_over_burns_nothing_any_more(self) -> None:
        scene, book = scene_of(CALM, slo={"availability": 0.99}), AlarmBook()
        now: Any = Hands(counted(0), counted(0))
        watch = BudgetWatch(book, now, scene.experiment)
        longest = max(rule.long for rule in watch._rules)
        assert all(rule.short < rule.long for rule in watch._rules), BURN_RULES
        slot_ns = watch._slots.width_ns
        for slot in range(3 * longest):
            now.newest.tally = counted(100, good=0 if slot < 2 else 100)
            watch.watch(TraceBatch(end_ns=(slot + 1) * slot_ns))
            burning = {
                rule.name: watch._burn(rule, slot) > 0 for rule in watch._rules
            }  # of the long window as well as of the short one
            if slot >= 2 + max(rule.short for rule in watch._rules):
                assert not any(burning.values()), slot
        assert book.newest().alerts[0].end_ns is not None


def two_ways(scene: Scene) -> Scene:
    """Let the gateway reach the payment service along two edges."""
    edges = scene.bank.edges
    edge = next(one for one in edges if one.name == "gateway->payment")
    other = dataclasses.replace(edge, name="gateway->payment.again")
    bank = dataclasses.replace(scene.bank, edges=(*edges, other))
    return dataclasses.replace(scene, bank=bank)


class TestNetwork:
    def test_a_way_is_as_bad_as_the_worst_of_its_breakers(self) -> None:
        scene, book = two_ways(scene_of(CALM)), AlarmBook()
        watch, said = BreakerWatch(book, scene), []
        for second, edge, state in (
            (10, "gateway->payment", "open"),
            (11, "gateway->payment.again", "half_open"),
            (12, "gateway->payment.again", "closed"),
            (13, "gateway->payment", "closed"),
        ):
            rows = decision_rows(scene.words, (float(second), "breaker", state, edge, ""))
            watch.watch(TraceBatch(end_ns=second * S, decisions=rows))
            said.append((newest(book).severity, newest(book).end_ns))
        assert said == [*[("critical", None)] * 3, ("critical", 13 * S)]

    @pytest.mark.parametrize(
        ("balancing", "room"), [(Balancing.SHARED, 10), (Balancing.ROUND_ROBIN, 20)]
    )
    def test_each_replica_has_a_queue_of_its_own_unless_they_share_one(
        self, balancing: Balancing, room: int
    ) -> None:
        scene, book = scene_of(CALM), AlarmBook()
        place = NAMES.index("limits")
        services = list(scene.bank.services)
        services[place] = dataclasses.replace(
            services[place], replicas=2, queue_cap=10, balancing=balancing
        )
        bank = dataclasses.replace(scene.bank, services=tuple(services))
        watch = QueueWatch(book, dataclasses.replace(scene, bank=bank))
        for length in (room // 2 - 1, room // 2):
            for second in range(10):
                table = {c.name: np.zeros(1, c.dtype) for c in schema.GAUGES}
                table["time_ns"][:], table["service"][:] = second * S, place
                table["queue_length"][:] = length
                watch.watch(TraceBatch(end_ns=second * S, gauges=table))
            assert bool(book.newest().alerts) == (length == room // 2)
        assert newest(book).detail == f"{room // 2} waiting, room for {room}"
