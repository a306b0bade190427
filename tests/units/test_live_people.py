"""The people of the picture: blocks, alerts, campaigns and dots, each on a trace made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fraud_flight import minutes_of, scene_of
from fraud_trace import MINUTE, SHOP, Payment, S, Told, scatter_gather, takeover
from synthetic_trace import bank

from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.live.frames import Crowd
from sanket_sim.live.inspection.campaign import SOURCE, Edge, _nodes
from sanket_sim.live.inspection.evidence import assessed
from sanket_sim.live.inspection.service import touches
from sanket_sim.live.people import alert_queue, campaigns
from sanket_sim.live.people import crowd as crowd_view
from sanket_sim.live.people.crowd import CrowdView
from sanket_sim.live.people.fraud_watch import FraudWatch
from sanket_sim.live.people.payment_ring import COLUMNS, PaymentRing
from sanket_sim.live.people.places import lair_place
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.reading.fraud_rows import BlockLog
from sanket_sim.live.services.leaking_operations import _operations
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies


def flown(told: Told, **settings: object) -> tuple[FraudWatch, Crowd | None]:
    """Fold a trace into the desk and the crowd."""
    scene, whole = scene_of(told, **settings)
    detection = Detection(scene)
    watch = FraudWatch(scene, detection)
    view = CrowdView(scene, watch)
    for batch in minutes_of(told, whole):
        detection.observe(batch)
        watch.observe(batch)
        view.observe(batch)
    return watch, view.frame()


def progress(watch: FraudWatch) -> dict[int, str]:
    alerts = watch.queue.alerts(1_000)
    return {int(one.subject): one.evidence.progress for one in alerts if one.evidence}


def spent(*at_minutes: int) -> Told:
    """Let customer 100 pay at some minutes."""
    told = Told(minutes=10)
    told.add(*(Payment(at * MINUTE, 100, SHOP, 5_000) for at in at_minutes))
    return told


class TestAlerts:
    def test_what_is_raised_after_the_verdict_is_not_judged_with_it(self) -> None:
        told = spent(1, 2)
        told.decisions = [
            (MINUTE, "fraud", "review", 1, "velocity"),
            (2 * MINUTE + 10 * S, "analyst", "confirm", 1, "review"),
            (2 * MINUTE + 20 * S, "fraud", "review", 2, "velocity"),
        ]
        assert progress(flown(told)[0]) == {1: "confirmed", 2: "waiting"}

    def test_what_is_in_review_does_not_wait_any_more(self) -> None:
        told, counts = spent(1, 2), []
        review, late = (1, "review"), (4 * MINUTE, "analyst", "confirm", 1, "review")
        told.decisions = [
            (MINUTE, "fraud", "review", 1, "velocity"),
            (2 * MINUTE, "fraud", "decline", 2, "velocity"),
            (2 * MINUTE + 10 * S, "analyst", "take_up", *review),
            (2 * MINUTE + 20 * S, "analyst", "take_up", *review),
        ]
        for decisions in (told.decisions[:2], told.decisions, [*told.decisions, late]):
            told.decisions = decisions
            queue = flown(told)[0].queue
            counts.append((queue.waiting, queue.in_review, queue.judged))
        assert counts == [(2, 0, 0), (1, 1, 0), (0, 0, 2)]

    def test_the_truth_is_unknown_until_a_payment_has_ended_however_late(self) -> None:
        told = spent(1)
        told.decisions = [(MINUTE, "fraud", "review", 1, "velocity")]
        scene, whole = scene_of(told)
        watch = FraudWatch(scene, Detection(scene))
        nothing = {name: column[:0] for name, column in whole.transactions.items()}

        def truth() -> str | None:
            (alert,) = watch.queue.alerts(9)
            assert alert.evidence is not None
            return alert.evidence.truth

        decided = TraceBatch(end_ns=MINUTE, transactions=nothing, decisions=whole.decisions)
        watch.observe(decided)
        watch.observe(TraceBatch(end_ns=400 * MINUTE, transactions=nothing))
        assert truth() is None
        watch.observe(TraceBatch(end_ns=400 * MINUTE, transactions=whole.transactions))
        assert truth() == ""

    def test_a_block_freezes_only_what_was_confirmed(self) -> None:
        told = spent(1)
        told.decisions = [(MINUTE, "fraud", "review", 1, "velocity")]
        told.blocks = [(2 * MINUTE, "freeze", 100, "bank")]
        assert progress(flown(told)[0]) == {1: "waiting"}

    def test_nobody_is_suspected_for_an_alert_that_is_forgotten(self, monkeypatch) -> None:
        monkeypatch.setattr(alert_queue, "ALERTS_MOST", 1)
        told = Told(minutes=10)
        told.add(Payment(MINUTE, 100, SHOP, 500), Payment(3 * MINUTE, 101, SHOP, 500))
        told.decisions = [
            (MINUTE, "fraud", "review", 1, "velocity"),
            (3 * MINUTE, "fraud", "review", 2, "velocity"),
        ]
        assert flown(told)[0].suspected == {101}


class TestBlocks:
    def log(self, *steps: tuple[int, str, str]) -> BlockLog:
        words = Vocabularies()
        log = BlockLog(words)
        for at_ns, said, why in steps:
            row = {
                "decision": words["decision"].code(said),
                "subject": words["subject"].code("account 7"),
                "reason": words["reason"].code(why),
                "actor": words["actor"].code(why),
                "time_ns": at_ns,
                "tx_id": -1,
                "score": 0.0,
            }
            log.observe({name: np.array([value]) for name, value in row.items()})
        return log

    def test_a_block_is_looked_up_as_it_was_at_the_instant(self) -> None:
        log = self.log((10, "freeze", "owner"), (20, "freeze", "bank"), (30, "thaw", "bank"))
        alone = [log.owner_alone(7, at_ns) for at_ns in (9, 10, 19, 20, 29, 30)]
        assert alone == [False, True, True, False, False, True]

    def test_what_is_opened_without_a_block_leaves_nothing_owed(self) -> None:
        log = self.log((10, "thaw", "bank"), (20, "freeze", "bank"))
        assert log.by_bank(7)
        assert not log.by_owner(7)


class TestCampaigns:
    def test_the_one_that_has_been_quiet_longest_gives_way(self, monkeypatch) -> None:
        monkeypatch.setattr(campaigns, "CAMPAIGNS_MOST", 2)
        told = Told(minutes=90)
        for number, at in ((0, 1), (1, 20), (0, 40), (2, 60)):
            takeover(told, number, at * MINUTE, victim=100 + at)
        assert sorted(flown(told)[0].campaigns.files) == [0, 2]

    def test_what_was_born_as_the_warm_up_ended_counts(self) -> None:
        told = Told(minutes=5)
        fraud = Payment(MINUTE, 100, SHOP, 500, typology="app_scam", campaign=0, role="victim")
        told.add(fraud)
        watch, _ = flown(told, warmup="1m")
        assert watch.campaigns.files[0].payments == 1
        assert frame_of(watch).missed == 1


def frame_of(watch: FraudWatch) -> Any:
    watch._changed = True
    return watch.frame()


class TestCrowd:
    def test_no_two_people_of_a_campaign_stand_in_one_place(self, monkeypatch) -> None:
        monkeypatch.setattr(crowd_view, "CUSTOMERS_SHOWN", 0)  # whom no sample shows at home
        told = Told(minutes=35)
        scatter_gather(told, 2, MINUTE)
        _, crowd = flown(told)
        assert crowd is not None
        (campaign,) = crowd.campaigns
        mules = [
            one for one in crowd.dots if one.agent_id in campaign.agents and one.role == "mule"
        ]
        places = {(one.x, one.y) for one in mules}
        x, y = lair_place(2, 0)
        assert len(places) == len(mules) > 3
        assert (round(x, 4), round(y, 4)) not in places, "where its fraudster would stand"

    def test_payments_of_a_campaign_are_no_honest_links(self) -> None:
        told = Told(minutes=35)
        scatter_gather(told, 2, MINUTE)
        _, crowd = flown(told)
        assert crowd is not None
        assert {flow.campaign_id for flow in crowd.flows} == {2}


def test_a_ring_takes_more_than_it_holds() -> None:
    ring = PaymentRing(size=4)
    for numbers in (np.arange(3), np.arange(3, 12), np.arange(12, 14)):
        ring.add(dict.fromkeys(COLUMNS, numbers))
    assert ring.where(ring.columns["tx_id"] >= 0)["tx_id"].tolist() == [13, 12, 11, 10]


def test_the_way_of_the_money_names_who_is_robbed_and_who_lends_a_hand() -> None:
    people = {7: False, 8: True}
    book = SimpleNamespace(people=lambda _: people)
    names = SimpleNamespace(agent=lambda number: f"agent {number}")
    picture: Any = SimpleNamespace(fraud=SimpleNamespace(campaigns=book), names=names)
    file: Any = None
    edges = (Edge(SOURCE, 7, 1, 5, 0), Edge(7, 8, 1, 5, 0), Edge(8, 9, 1, 5, 0))
    nodes = _nodes(picture, file, edges)
    assert [(one.part, one.layer) for one in nodes] == [
        ("outside", 0),
        ("victim", 1),
        ("mule", 2),
        ("payee", 3),
    ]


def test_of_the_attempts_of_a_payment_the_gravest_is_told() -> None:
    rows = [  # payment, service, operation, outcome, fault, hop
        (1, 0, 10, 0, -1, 1),
        (1, 0, 11, 4, -1, 2),
        (1, 0, 12, 0, -1, 3),
        (2, 0, 10, 4, -1, 4),
        (2, 0, 11, 0, 5, 5),
        (3, 0, 10, 0, -1, 6),
        (3, 0, 11, 0, -1, 7),
        (4, 1, 20, 4, 5, 8),
    ]
    names = ("tx_id", "service", "operation", "outcome", "fault_id", "hop_id")
    hops = {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    tx_ids, roots = np.arange(1, 5), np.zeros(4, np.int64)
    assert _operations(hops, tx_ids, roots).tolist() == [11, 11, 11, -1]


@pytest.mark.parametrize(
    ("target", "service", "is_so"),
    [
        ("payment", "payment", True),
        ("payment.pay", "payment", True),
        ("gateway->payment.pay", "payment", True),
        ("payment->ledger", "payment", True),
        ("core_banking", "core", False),
        ("gateway->payments.pay", "payment", False),
    ],
)
def test_a_target_is_of_a_service_by_its_whole_name(target: str, service: str, is_so: bool) -> None:
    assert touches(target, service) == is_so


def test_of_two_assessments_the_newer_is_shown() -> None:
    words = Vocabularies()
    reasons = [words["reasons"].code(fired) for fired in ("new_payee", "velocity")]
    said = [words["fraud_decision"].code(word) for word in ("decline", "approve")]
    told = {
        "time_ns": [5_000_000, 1_000_000],
        "reasons": reasons,
        "decision": said,
        "score": [0.9, 0.1],
        "points": [0.9, 0.1],
        "likelihood": [0.0, 0.0],
    }
    rows = {name: np.zeros(2) for name in FEATURES}
    rows |= {name: np.array(values) for name, values in told.items()}
    seen = assessed(rows, bank(), words, 0)
    assert seen is not None
    assert (seen.at_ms, seen.decision, seen.score) == (5.0, "decline", 0.9)
    assert seen.reasons == ("new payee",)
