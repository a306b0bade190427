"""The fraud desk while the run goes on: what it counts is what the findings say at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fraud_flight import minutes_of, scene_of
from fraud_trace import (
    CUSTOMERS,
    MINUTE,
    MULES,
    SHOP,
    Payment,
    S,
    Told,
    card_testing,
    chain,
    scatter_gather,
    takeover,
    write,
)

from sanket_sim.analysis.detection import FraudFinding, measure_fraud
from sanket_sim.live.frames import FraudDesk
from sanket_sim.live.people import alert_queue, campaigns
from sanket_sim.live.people.fraud_watch import FraudWatch
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.scene import Scene
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, Run, run_once
from sanket_sim.trace.batch import TraceBatch

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


def observed(watch: FraudWatch, batch: TraceBatch) -> None:
    watch.detection.observe(batch)
    watch.observe(batch)


def flown(told: Told, **settings: Any) -> FraudWatch:
    scene, whole = scene_of(told, **settings)
    watch = FraudWatch(scene, Detection(scene))
    for batch in minutes_of(told, whole):
        observed(watch, batch)
    return watch


def desk(told: Told, **settings: Any) -> FraudDesk:
    frame = flown(told, **settings).frame()
    assert frame is not None
    return frame


def honest(count: int, at: int = 0, **more: Any) -> list[Payment]:
    return [
        Payment(at + place * S, CUSTOMERS[20 + place], SHOP, 1_000, **more)
        for place in range(count)
    ]


def agree(frame: FraudDesk, found: FraudFinding) -> None:
    """Hold the desk against the findings, to the payment and to the cent."""
    assert frame.caught == found.true_positives
    assert frame.missed == found.false_negatives
    assert frame.false_alarms == found.false_positives
    assert frame.recall == pytest.approx(found.recall.value, nan_ok=True)
    assert frame.precision == pytest.approx(found.precision.value)
    assert frame.stopped_minor == found.stopped_minor["EUR"]
    assert frame.lost_minor == found.loss_minor["EUR"]


def everything() -> Told:
    told = Told(minutes=90)
    takeover(told, 0, MINUTE)
    chain(told, 1, 2 * MINUTE)
    scatter_gather(told, 2, 3 * MINUTE)
    card_testing(told, 3, 4 * MINUTE)
    told.add(*honest(10), *honest(3, 40 * S, score=0.7))
    told.add(*(one.declined() for one in honest(4, 70 * S, score=0.9)))
    told.add(*(one.asked(proved=True) for one in honest(2, 80 * S, score=0.65)))
    return told


class TestAgreement:
    def test_all_kinds_of_fraud_are_counted_as_in_the_findings(self, tmp_path) -> None:
        told = everything()
        agree(desk(told), measure_fraud(write(tmp_path, told)))

    def test_a_refusal_by_the_owners_own_block_stops_nothing(self, tmp_path) -> None:
        told = Told()
        drain = Payment(10 * MINUTE, 100, MULES[0], 50_000, "account_takeover", 0, role="victim")
        told.campaigns[0] = ("raid", 0.5, "stopped")
        told.add(replace(drain, at=5 * MINUTE), drain.frozen())
        told.add(replace(drain, at=20 * MINUTE, debtor=101).frozen())
        told.blocks = [
            (9 * MINUTE, "freeze", 100, "owner"),
            (19 * MINUTE, "freeze", 101, "bank"),
            (19 * MINUTE + S, "freeze", 101, "owner"),
        ]
        found = measure_fraud(write(tmp_path, told))
        frame = desk(told)
        assert frame.stopped_minor == 50_000
        assert frame.stopped_minor == found.stopped_minor["EUR"]
        assert frame.lost_minor == found.loss_minor["EUR"] == 50_000

    def test_cover_and_twins_and_the_warm_up_are_left_to_themselves(self, tmp_path) -> None:
        told = Told(settings='warmup = "2m"\n')
        takeover(told, 0, 3 * MINUTE)
        takeover(told, 4, MINUTE, victim=130)
        clean = Payment(4 * MINUTE, MULES[1], SHOP, 900, "layering", 1, tainted=0.0, role="cover")
        twin = Payment(5 * MINUTE, CUSTOMERS[50], SHOP, 900, "card_testing", 9, "flash sale")
        told.campaigns[1], told.campaigns[9] = ("cover", 0.5, "cut"), ("sale", 0.5, "complete")
        told.add(clean.declined(), replace(twin, score=0.7).declined())
        frame = desk(told, warmup="2m")
        agree(frame, measure_fraud(write(tmp_path, told)))
        assert frame.false_alarms == 1

    def test_what_the_warm_up_brings_is_told_of_campaigns_and_counted_nowhere_else(self) -> None:
        told = Told(minutes=10)
        takeover(told, 0, MINUTE)
        scene, whole = scene_of(told, warmup="4m")
        watch = FraudWatch(scene, Detection(scene))
        frames = []
        for batch in minutes_of(told, whole):
            observed(watch, batch)
            frames.append(watch.frame())
        warm, silent, first = frames[1:4]
        assert silent is None
        assert (warm.warming_up, warm.counts_from_ns) == (True, 4 * MINUTE)
        assert (warm.caught, warm.missed, warm.recall, warm.what_if) == (0, 0, None, ())
        assert warm.cases[0].payments == warm.cases[0].uncounted > 0
        assert first is not None, "the desk is told anew when counting begins"
        assert not first.warming_up

    @pytest.mark.parametrize(("amount_minor", "missed"), [(0, 0), (1, 1)])
    def test_fraud_is_missed_only_if_there_was_money_in_it(self, amount_minor, missed) -> None:
        told = Told()
        told.campaigns[0] = ("raid", 0.5, "stopped")
        told.add(Payment(MINUTE, 100, MULES[0], amount_minor, "account_takeover", 0, score=0.1))
        frame = desk(told)
        assert (frame.missed, frame.caught) == (missed, 0)

    def test_fraud_that_was_never_scored_is_missed_and_told_apart(self, tmp_path) -> None:
        told = Told()
        told.campaigns[0] = ("raid", 0.5, "stopped")
        robbed = Payment(MINUTE, 100, MULES[0], 9_000, "account_takeover", 0, role="victim")
        caught = replace(robbed, at=3 * MINUTE).declined()
        told.add(robbed, replace(robbed, at=2 * MINUTE).unchecked(), caught)
        frame = desk(told)
        agree(frame, measure_fraud(write(tmp_path, told)))
        assert (frame.caught, frame.missed, frame.unscored) == (1, 2, 1)

    def test_rows_of_a_batch_that_cannot_be_read_are_not_those_of_the_one_before(self) -> None:
        told = Told()
        takeover(told, 0, MINUTE)
        scene, whole = scene_of(told)
        detection = Detection(scene)
        batches = minutes_of(told, whole)
        while not len(detection.of_batch):
            detection.observe(next(batches))
        broken = TraceBatch(end_ns=int(whole.end_ns), transactions={"tx_id": np.array([1])})
        with pytest.raises(KeyError):
            detection.observe(broken)
        assert not len(detection.of_batch)

    def test_the_what_if_is_the_curve_of_the_findings(self, tmp_path) -> None:
        told = everything()
        curve = {round(one.threshold, 3): one for one in measure_fraud(write(tmp_path, told)).curve}
        shared = [one for one in desk(told).what_if if round(one.score, 3) in curve]
        assert len(shared) >= 10
        for one in shared:
            point = curve[round(one.score, 3)]
            assert one.recall == pytest.approx(point.recall.value)
            if one.precision is not None:
                assert one.precision == pytest.approx(point.precision.value)
        assert shared[0].honest_share == 1.0
        assert shared[0].flagged_minor == max(one.flagged_minor for one in shared)

    def test_the_what_if_marks_the_thresholds_in_service(self) -> None:
        frame = desk(everything())
        assert frame.thresholds is not None
        scores = [one.score for one in frame.what_if]
        present = frame.thresholds
        assert {present.review, present.step_up, present.decline} <= set(scores)
        assert scores == sorted(scores)


class Watch:
    """A fraud desk aboard a real run."""

    def board(self, cockpit: Cockpit) -> None:
        scene = Scene.of(cockpit)
        self.watch = FraudWatch(scene, Detection(scene))
        cockpit.simulation.observers = (*cockpit.simulation.observers, self)

    def observe(self, batch: TraceBatch) -> tuple[()]:
        observed(self.watch, batch)
        return ()

    def leave(self) -> None:
        pass


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> tuple[FraudDesk, Run]:
    """Return the desk after a real attack cut short, and the run."""
    overrides = {"demand.rate": "10/s", "population.customers": 1000, "warmup": "30s"}
    asked = resolve(EXPERIMENTS / "fraud_attack.toml", overrides, duration="6m")
    crew, out = Watch(), tmp_path_factory.mktemp("attack")
    run = run_once(asked, Options(out=out, report=False), crew=crew)
    frame = crew.watch.frame()
    assert frame is not None
    return frame, run


class TestRealRun:
    def test_the_desk_agrees_with_findings_json(self, attack: tuple[FraudDesk, Run]) -> None:
        frame, run = attack
        assert frame.caught > 20
        assert frame.missed > 5
        agree(frame, run.findings.fraud)

    def test_the_what_if_of_the_present_threshold_is_what_has_happened(
        self, attack: tuple[FraudDesk, Run]
    ) -> None:
        frame, _ = attack
        assert frame.thresholds is not None
        (now,) = (one for one in frame.what_if if one.score == frame.thresholds.step_up)
        assert now.recall == frame.caught / (frame.caught + frame.missed - frame.unscored)
        assert now.precision == frame.precision

    def test_every_alert_has_its_evidence(self, attack: tuple[FraudDesk, Run]) -> None:
        frame, run = attack
        rows = {one.tx_id: one for one in run.transactions().itertuples()}
        assert frame.alerts
        for alert in frame.alerts:
            evidence, payment = alert.evidence, rows[int(alert.subject)]
            assert evidence is not None
            assert evidence.amount_minor == payment.amount_minor
            assert evidence.customer_id == payment.customer_id
            assert evidence.truth == payment.typology
            assert evidence.score == pytest.approx(payment.fraud_score)

    def test_campaigns_are_told_as_the_trace_tells_them(
        self, attack: tuple[FraudDesk, Run]
    ) -> None:
        frame, run = attack
        truth = run.trace.frame("truth")
        born_late = truth[truth.twin == ""]
        for case in frame.cases:
            rows = born_late[born_late.campaign_id == case.campaign_id]
            assert case.payments == len(rows)
            assert case.stages == dict(rows.stage.astype(str).value_counts())


def alarmed(*rows: tuple[int, str, str, int, str], blocks: tuple[Any, ...] = ()) -> Told:
    told = Told(minutes=10)
    told.add(Payment(MINUTE, 100, SHOP, 5_000), Payment(2 * MINUTE, 100, SHOP, 6_000))
    told.add(Payment(2 * MINUTE, 101, SHOP, 7_000))
    told.decisions, told.blocks = list(rows), list(blocks)
    return told


RAISED = (MINUTE, "fraud", "review", 1, "unusual_amount,velocity")
JOINS = (2 * MINUTE, "fraud", "decline", 2, "velocity")
OTHER = (2 * MINUTE, "fraud", "step_up", 3, "model")
TAKEN = (3 * MINUTE, "analyst", "take_up", 1, "review")
CONFIRMED = (4 * MINUTE, "analyst", "confirm", 1, "review")


def progress(told: Told) -> dict[int, str]:
    shown = desk(told).alerts
    return {int(one.subject): one.evidence.progress for one in shown if one.evidence}


class TestAlertQueue:
    def test_an_alert_waits_is_taken_up_and_judged_with_those_that_joined_it(self) -> None:
        assert progress(alarmed(RAISED, JOINS, OTHER)) == dict.fromkeys((1, 2, 3), "waiting")
        taken = progress(alarmed(RAISED, JOINS, OTHER, TAKEN))
        assert taken == {1: "taken_up", 2: "waiting", 3: "waiting"}
        judged = alarmed(RAISED, JOINS, OTHER, TAKEN, CONFIRMED)
        assert progress(judged) == {1: "confirmed", 2: "confirmed", 3: "waiting"}
        assert desk(judged).waiting == 1

    def test_a_confirmed_alert_is_frozen_once_the_bank_blocks_the_account(self) -> None:
        block = (4 * MINUTE, "freeze", 100, "bank")
        told = alarmed(RAISED, OTHER, TAKEN, CONFIRMED, blocks=(block,))
        assert progress(told) == {1: "frozen", 3: "waiting"}

    def test_the_owners_own_block_is_no_verdict(self) -> None:
        block = (4 * MINUTE, "freeze", 100, "owner")
        assert progress(alarmed(RAISED, TAKEN, CONFIRMED, blocks=(block,))) == {1: "confirmed"}

    def test_a_cleared_alert_is_over(self) -> None:
        alert = desk(alarmed(RAISED, TAKEN, (4 * MINUTE, "analyst", "clear", 1, "review"))).alerts[
            0
        ]
        assert (alert.severity, alert.end_ns) == ("ok", 4 * MINUTE)
        assert alert.evidence is not None
        assert alert.evidence.reasons == ("unusual_amount", "velocity")

    def test_monitoring_raises_alerts_about_accounts_whoever_paid_last(self) -> None:
        both = [
            (3 * MINUTE, "aml", "alert", 2, "pass_through", f"account {account}")
            for account in (100, 140)
        ]
        told = alarmed(*both)
        verdict = (4 * MINUTE, "analyst", "clear", 2, "aml:pass_through", "account 140")
        told.decisions.append(verdict)
        found = [one.evidence for one in desk(told).alerts if one.evidence]
        assert [(one.customer_id, one.score) for one in found] == [(140, None), (100, None)]
        assert [one.progress for one in found] == ["cleared", "waiting"]
        assert {one.amount_minor for one in found} == {6_000}
        assert flown(told).suspected == {100}

    def test_monitoring_names_the_account_even_of_a_payment_long_past(self) -> None:
        alert = (3 * MINUTE, "aml", "alert", 99, "cycle", "account 140")
        (shown,) = desk(alarmed(alert)).alerts
        assert shown.evidence is not None
        assert (shown.evidence.customer_id, shown.evidence.currency) == (140, "")

    def test_suspicion_ends_with_the_verdict(self) -> None:
        assert flown(alarmed(RAISED, OTHER)).suspected == {100, 101}
        assert flown(alarmed(RAISED, OTHER, TAKEN, CONFIRMED)).suspected == {101}

    def test_what_waits_is_counted_even_when_it_is_forgotten(self, monkeypatch) -> None:
        monkeypatch.setattr(alert_queue, "ALERTS_MOST", 20)
        told = Told(minutes=10)
        told.add(*honest(60, MINUTE))
        told.decisions = [
            (2 * MINUTE + place * S, "fraud", "review", place + 1, "model") for place in range(50)
        ]
        watch = flown(told)
        assert watch.queue.waiting == 50
        assert len(watch.queue.alerts(1_000)) == 20
        assert len(watch.suspected) == 20


class TestCampaigns:
    def test_a_campaign_is_found_by_a_flag_by_an_analyst_or_by_a_block(self) -> None:
        def found(**more: Any) -> bool:
            told = Told(minutes=30)
            ids = chain(told, 1, MINUTE, hops=2)
            told.decisions = [
                (at, actor, said, ids[1], why) for at, actor, said, why in more.get("decisions", [])
            ]
            told.blocks = more.get("blocks", [])
            return desk(told).cases[0].found

        assert not found()
        assert not found(decisions=[(25 * MINUTE, "analyst", "clear", "aml:cycle")])
        assert found(decisions=[(25 * MINUTE, "aml", "alert", "cycle")])
        assert found(decisions=[(25 * MINUTE, "analyst", "confirm", "review")])
        assert found(blocks=[(25 * MINUTE, "freeze", MULES[6], "bank")])
        assert not found(blocks=[(25 * MINUTE, "freeze", MULES[6], "owner")])
        assert not found(blocks=[(25 * MINUTE, "freeze", CUSTOMERS[3], "bank")])

    def test_who_is_robbed_and_who_is_in_on_it(self) -> None:
        told = Told(minutes=60)
        scatter_gather(told, 2, MINUTE)
        watch = flown(told)
        people = watch.campaigns.people(watch.campaigns.files[2])
        assert people[101] is False
        assert all(guilty for agent, guilty in people.items() if agent != 101)
        assert set(people) - {101} <= set(MULES)

    def test_labels_say_what_how_many_and_how_much(self) -> None:
        told = everything()
        labels = {one.typology: one.label for one in desk(told).cases}
        assert labels["card_testing"] == "Card testing · 90 cards"
        assert labels["account_takeover"] == "Account takeover · 1 victim · 700 EUR"
        assert labels["mule_network"].startswith("Mule ring · ")

    def test_old_campaigns_give_way(self, monkeypatch) -> None:
        monkeypatch.setattr(campaigns, "CAMPAIGNS_MOST", 3)
        told = Told(minutes=60)
        for number in range(6):
            takeover(told, number, (1 + 5 * number) * MINUTE, victim=100 + number)
        assert sorted(flown(told).campaigns.files) == [3, 4, 5]


def test_nothing_new_no_frame() -> None:
    scene, whole = scene_of(Told())
    watch = FraudWatch(scene, Detection(scene))
    assert watch.frame() is not None
    assert watch.frame() is None
    observed(watch, TraceBatch(end_ns=int(whole.end_ns)))
    assert watch.frame() is None
    assert np.array_equal(watch.ring.columns["tx_id"], np.full(watch.ring.size, -1))
