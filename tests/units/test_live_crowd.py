"""The crowd: places that nobody leaves, a bounded picture, and truth that is marked as such."""

from __future__ import annotations

from collections.abc import Iterator
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
)

from sanket_sim.live.frames import WINDOW_S, Crowd
from sanket_sim.live.frames.json_text import json_of
from sanket_sim.live.inspection import Missing, inspect
from sanket_sim.live.inspection.agent import AgentFile
from sanket_sim.live.inspection.campaign import SINK, SOURCE, CampaignFile
from sanket_sim.live.people import crowd
from sanket_sim.live.people.crowd import CrowdView
from sanket_sim.live.people.fraud_watch import FraudWatch
from sanket_sim.live.people.places import COMMUNITIES, homes_of
from sanket_sim.live.picture import Picture
from sanket_sim.live.reading.detection import Detection
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.trace.batch import TraceBatch

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


def frames(told: Told) -> Iterator[Crowd]:
    scene, whole = scene_of(told)
    detection = Detection(scene)
    watch = FraudWatch(scene, detection)
    view = CrowdView(scene, watch)
    for batch in minutes_of(told, whole):
        detection.observe(batch)
        watch.observe(batch)
        view.observe(batch)
        frame = view.frame()
        assert frame is not None
        yield frame


def last(told: Told) -> Crowd:
    return list(frames(told))[-1]


def busy() -> Told:
    told = Told(minutes=60)
    takeover(told, 0, MINUTE)
    chain(told, 1, 2 * MINUTE)
    scatter_gather(told, 2, 3 * MINUTE)
    card_testing(told, 3, 4 * MINUTE)
    return told


class TestPlaces:
    def test_nobody_ever_moves(self) -> None:
        seen: dict[int, set[tuple[float, float]]] = {}
        for frame in frames(busy()):
            for dot in frame.dots:
                seen.setdefault(dot.agent_id, set()).add((dot.x, dot.y))
        assert len(seen) > 100
        assert all(len(places) == 1 for places in seen.values())

    def test_everybody_is_on_the_board(self) -> None:
        agents = np.arange(20_000)
        places = homes_of(agents, agents % len(COMMUNITIES))
        assert places.min() > 0
        assert places.max() < 1

    def test_neighbours_stand_together(self) -> None:
        agents = np.arange(4_000)
        places, centres = homes_of(agents, agents % len(COMMUNITIES)), np.array(COMMUNITIES)
        far = np.linalg.norm(places[:, None] - centres[None], axis=2)
        assert (far.argmin(axis=1) == agents % len(COMMUNITIES)).mean() > 0.97


class TestCampaigns:
    def test_people_of_a_campaign_come_with_their_parts(self) -> None:
        told = Told(minutes=35)
        scatter_gather(told, 2, MINUTE)
        frame = last(told)
        roles = {dot.agent_id: dot.role for dot in frame.dots}
        (campaign,) = frame.campaigns
        assert roles[101] == "customer"
        assert {roles[one] for one in campaign.agents if one != 101} == {"mule"}
        flows = [flow for flow in frame.flows if flow.campaign_id == 2]
        assert {(flow.debtor, flow.creditor) for flow in flows} >= {(101, MULES[20])}

    def test_what_the_bank_has_not_found_is_marked(self) -> None:
        told = Told(minutes=40)
        chain(told, 1, MINUTE)
        frame = last(told)
        assert not frame.campaigns[0].found
        assert not any(dot.found for dot in frame.dots)
        told.decisions = [(30 * MINUTE, "aml", "alert", 2, "cycle")]
        frame = last(told)
        assert frame.campaigns[0].found
        found = {dot.agent_id: dot.state for dot in frame.dots if dot.found}
        assert set(found) == set(frame.campaigns[0].agents)
        assert set(found.values()) == {"critical"}

    def test_a_quiet_campaign_leaves_the_picture_and_its_people_with_it(self) -> None:
        told = Told(minutes=40)
        takeover(told, 0, MINUTE)
        shown = list(frames(told))
        assert any(dot.role == "mule" for dot in shown[15].dots)
        assert not shown[-1].campaigns
        assert not any(dot.role == "mule" for dot in shown[-1].dots)

    def test_honest_people_under_an_alert_are_suspected(self) -> None:
        told = Told(minutes=5)
        told.add(Payment(MINUTE, 100, SHOP, 5_000))
        told.decisions = [(MINUTE, "fraud", "review", 1, "velocity")]
        states = {dot.agent_id: (dot.state, dot.found) for dot in last(told).dots}
        assert states[100] == ("warn", False)
        assert states[101] == ("ok", False)


class TestBounds:
    def test_dots_and_flows_are_bounded(self, monkeypatch) -> None:
        monkeypatch.setattr(crowd, "SUSPECTS_SHOWN", 12)
        monkeypatch.setattr(crowd, "HONEST_FLOWS", 30)
        told = busy()
        told.add(
            *(
                Payment(MINUTE + place * S, CUSTOMERS[place % 100], SHOP + place % 40, 700)
                for place in range(400)
            )
        )
        for frame in frames(told):
            assert len(frame.dots) <= crowd.CUSTOMERS_SHOWN + crowd.MERCHANTS_SHOWN + 12
            assert sum(flow.campaign_id < 0 for flow in frame.flows) <= 30

    def test_a_crowded_campaign_shows_some_of_its_people(self) -> None:
        told = Told(minutes=20)
        card_testing(told, 3, MINUTE)
        campaign = list(frames(told))[-1].campaigns[0]
        assert len(campaign.agents) <= 24

    def test_who_moved_money_of_late_is_active(self) -> None:
        told = Told(minutes=3)
        told.add(Payment(MINUTE, 100, SHOP, 700), Payment(2 * MINUTE + S, 101, SHOP + 1, 700))
        told.add(Payment(2 * MINUTE + S, 102, SHOP + 1, 700).declined())
        assert MINUTE > WINDOW_S * S
        assert [frame.active for frame in frames(told)] == [0, 2, 2]


class Aboard:
    """A picture aboard a real run."""

    def board(self, cockpit: Cockpit) -> None:
        self.cockpit, self.picture = cockpit, Picture(cockpit)
        cockpit.simulation.observers = (*cockpit.simulation.observers, self)

    def observe(self, batch: TraceBatch) -> tuple[()]:
        self.picture.observe(batch)
        return ()

    def leave(self) -> None:
        pass


def flown(out: Path) -> Picture:
    overrides: dict[str, Any] = {"population.customers": 600, "demand.rate": "3/s"}
    asked = resolve(EXPERIMENTS / "mule_network.toml", overrides, duration="7m")
    crew = Aboard()
    run_once(asked, Options(out=out, report=False, trace="transactions"), crew=crew)
    return crew.picture


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    return flown(tmp_path_factory.mktemp("mules"))


@pytest.fixture(scope="module")
def shown(picture: Picture) -> Crowd:
    frame = picture.crowd.frame()
    assert frame is not None
    return frame


class TestRealRun:
    @pytest.mark.slow
    def test_the_same_run_shows_the_same_crowd(self, shown: Crowd, tmp_path) -> None:
        again = flown(tmp_path).crowd.frame()
        assert json_of(again) == json_of(shown)

    def test_links_are_between_people_who_are_shown(self, shown: Crowd) -> None:
        known = {dot.agent_id for dot in shown.dots}
        assert len(known) == len(shown.dots) > 200
        assert shown.flows
        assert all({flow.debtor, flow.creditor} <= known for flow in shown.flows)
        assert all(set(one.agents) <= known for one in shown.campaigns)

    def test_fraudsters_stand_with_their_campaigns(self, shown: Crowd) -> None:
        roles = {dot.agent_id: dot.role for dot in shown.dots}
        for one in shown.campaigns:
            assert roles[one.agents[0]] == "fraudster"
        assert shown.campaigns

    def test_an_agent_can_be_looked_into(self, picture: Picture) -> None:
        file = next(iter(picture.fraud.campaigns.files.values()))
        agent = next(iter(picture.fraud.campaigns.people(file)))
        found = inspect(picture, "agent", str(agent))
        assert isinstance(found, AgentFile)
        assert found.role == "customer"
        assert file.campaign_id in [part.campaign_id for part in found.truth.parts]
        balances_minor = picture.cockpit.simulation.network.balances_minor()
        for account in found.accounts:
            assert account.balance_minor == balances_minor[account.account_id]
        truly = {line.tx_id for line in found.payments if line.truth}
        assert truly & {move.tx_id for move in file.moves}

    @pytest.mark.parametrize("role", ["customer", "mule", "fraudster", "merchant"])
    def test_what_somebody_is_in_truth_stands_behind_the_switch_alone(
        self, picture: Picture, role: str
    ) -> None:
        agents = picture.scene.agents
        here = agents["role"] == picture.scene.words["role"].words.index(role)
        found = inspect(picture, "agent", str(agents["agent_id"][here][0]))
        assert found.role == ("merchant" if role == "merchant" else "customer")
        assert found.truth.role == role

    def test_whose_payments_go_out_and_from_how_many_devices(self, picture: Picture) -> None:
        ring = picture.fraud.ring
        payers, counts = np.unique(ring.columns["customer_id"], return_counts=True)
        counts[payers < 0] = 0
        payer = int(payers[counts.argmax()])
        found = inspect(picture, "agent", str(payer))
        owned = {one.account_id for one in found.accounts}
        rows = [ring.find(line.tx_id) or {} for line in found.payments]
        for line, row in zip(found.payments, rows, strict=True):
            if line.amount_minor:
                assert line.direction == ("out" if row["debtor_account"] in owned else "in")
        devices = {row["device_id"] for row in rows if row["customer_id"] == payer} - {0, -1}
        assert found.devices_seen == len(devices) < len(rows)

    def test_a_campaign_can_be_looked_into(self, picture: Picture) -> None:
        file = next(iter(picture.fraud.campaigns.files.values()))
        found = inspect(picture, "campaign", str(file.campaign_id))
        assert isinstance(found, CampaignFile)
        assert found.plan is not None
        assert found.plan.name
        nodes = {node.agent_id for node in found.nodes}
        assert all({edge.debtor, edge.creditor} <= nodes for edge in found.edges)
        assert nodes & {SOURCE, SINK}
        assert sum(edge.payments for edge in found.edges) == sum(
            move.fate != "step" for move in found.case.moves
        )

    @pytest.mark.parametrize("key", ["", "nobody", "-1", "99999999"])
    @pytest.mark.parametrize("kind", ["agent", "campaign"])
    def test_what_is_not_there_is_missing(self, picture: Picture, kind: str, key: str) -> None:
        with pytest.raises(Missing):
            inspect(picture, kind, key)
