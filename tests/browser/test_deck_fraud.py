"""The agents and the fraud desk in a browser: what is labelled, hidden, reachable and opened."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from deck_scene import Scene
from deck_stage import Stage
from fraud_flight import minutes_of, scene_of
from fraud_trace import MINUTE, Told, card_testing, chain, scatter_gather, takeover

from sanket_sim.core.shares import percent
from sanket_sim.live.frames import WhatIf
from sanket_sim.live.meters.figures import NOTHING
from sanket_sim.live.people.crowd import CrowdView
from sanket_sim.live.people.fraud_watch import FraudWatch
from sanket_sim.live.reading.detection import Detection

SIZES = ((1400, 850), (1920, 1080), (700, 425))
PILLS = ".agents-pill[data-crowded=false]"
ROWS = "[data-testid^=fraud-alert-]"
SWITCH = "[data-testid=agents-truth]"


@pytest.fixture(scope="module")
def calm():
    return Scene("fault").metrics(240.0, "running", 60.0)


@pytest.fixture(scope="module")
def minutes():
    """Fold an hour of fraud; returns the crowd and the desk of every minute."""
    told = Told(minutes=40)
    takeover(told, 0, MINUTE)
    chain(told, 1, 2 * MINUTE)
    scatter_gather(told, 2, 3 * MINUTE)
    card_testing(told, 3, 4 * MINUTE)
    told.decisions = [
        (14 * MINUTE, "fraud", "decline", 3, "velocity,new_payee"),
        (15 * MINUTE, "fraud", "review", 1, "unusual_amount"),
        (16 * MINUTE, "analyst", "take_up", 3, "decline"),
        (20 * MINUTE, "analyst", "confirm", 3, "decline"),
        (20 * MINUTE, "aml", "alert", 5, "cycle"),
    ]
    scene, whole = scene_of(told)
    detection = Detection(scene)
    watch = FraudWatch(scene, detection)
    view = CrowdView(scene, watch)
    frames = []
    for batch in minutes_of(told, whole):
        detection.observe(batch)
        watch.observe(batch)
        view.observe(batch)
        frames.append((view.frame(), watch.frame()))
    return frames


def staged(chromium, calm, size=SIZES[0], view="resilience"):
    stage = Stage(chromium, size)
    stage.page.wait_for_selector("[data-testid=card-desk] h2", state="attached")
    stage.page.wait_for_selector("[data-testid=card-agents] h2", state="attached")
    stage.begin(calm)
    deck = stage.page.locator("sanket-deck")
    deck.evaluate("(deck, view) => deck.setAttribute('view', view)", view)
    deck.evaluate("(deck, truth) => deck.toggleAttribute('truth', truth)", view == "resilience")
    return stage


@pytest.fixture
def agents(chromium, calm):
    stage = staged(chromium, calm)
    yield stage
    assert stage.errors == []
    stage.page.close()


@pytest.fixture
def desk(chromium, calm, minutes):
    stage = staged(chromium, calm, view="fraud")
    stage.send("agents", minutes[20][0])
    stage.send("fraud_alerts", minutes[20][1])
    yield stage
    assert stage.errors == []
    stage.page.close()


def apart(one, other) -> bool:
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across <= 0 or down <= 0


def inside(box, room) -> bool:
    return (
        box["x"] >= room["x"]
        and box["y"] >= room["y"]
        and box["x"] + box["width"] <= room["x"] + room["width"]
        and box["y"] + box["height"] <= room["y"] + room["height"]
    )


class TestLabels:
    @pytest.mark.parametrize("size", SIZES, ids=str)
    def test_they_keep_off_one_another_and_on_the_board(self, chromium, calm, minutes, size):
        stage = staged(chromium, calm, size)
        seen = 0
        for crowd, _ in minutes[4::4]:
            stage.send("agents", crowd)
            pills = stage.boxes(PILLS)
            (room,) = stage.boxes(".agents-room")
            seen += len(pills)
            assert all(inside(pill, room) for pill in pills)
            assert all(apart(*pair) for pair in combinations([*pills, *stage.boxes(SWITCH)], 2))
        assert seen > 8
        assert stage.errors == []
        stage.page.close()

    def test_one_opens_its_campaign(self, agents, minutes) -> None:
        agents.send("agents", minutes[8][0])
        pill = agents.page.locator(PILLS).first
        number = pill.get_attribute("data-testid").removeprefix("campaign-")
        pill.focus()
        agents.page.keyboard.press("Enter")
        assert agents.inspected == [{"kind": "campaign", "key": number}]


class TestBoard:
    def test_arrows_step_through_suspects_and_enter_opens_one(self, agents, minutes) -> None:
        crowd = minutes[8][0]
        agents.send("agents", crowd)
        agents.page.locator(".agents-board").focus()
        agents.page.keyboard.press("ArrowRight")
        told = agents.page.locator(".agents-room [aria-live]").inner_text()
        agents.page.keyboard.press("Enter")
        (asked,) = agents.inspected
        dot = next(dot for dot in crowd.dots if str(dot.agent_id) == asked["key"])
        assert told.startswith(dot.name)
        assert dot.state != "ok" or dot.role in {"mule", "fraudster"}

    def test_a_dot_under_the_pointer_says_who_it_is(self, agents, minutes) -> None:
        agents.send("agents", minutes[8][0])
        at = agents.page.evaluate("""() => {
            const canvas = document.querySelector("sanket-deck").shadowRoot
                .querySelector("[data-testid=agents-canvas]");
            return canvas.getBoundingClientRect().toJSON();
        }""")
        shop = next(dot for dot in minutes[8][0].dots if dot.role == "merchant")
        x = at["x"] + 20 + shop.x * (at["width"] - 40)
        y = at["y"] + 14 + shop.y * (at["height"] - 36)
        agents.page.mouse.move(x, y)
        assert agents.page.locator(".agents-tip").is_visible()

    def test_the_switch_hides_what_the_bank_has_not_found(self, agents, minutes) -> None:
        crowd = minutes[8][0]
        agents.send("agents", crowd)
        unfound = [one.campaign_id for one in crowd.campaigns if not one.found]
        assert unfound
        present = agents.page.locator(f"[data-testid=campaign-{unfound[0]}]")
        assert present.count() == 1
        agents.page.click(SWITCH)
        assert present.count() == 0
        assert agents.page.get_attribute(SWITCH, "aria-checked") == "false"
        agents.page.click(SWITCH)
        assert present.count() == 1

    def test_another_run_begins_with_an_empty_board(self, agents, minutes, calm) -> None:
        agents.send("agents", minutes[8][0])
        agents.begin(calm)
        assert agents.page.locator(".agents-pill").count() == 0
        assert agents.page.locator(".agents-empty").is_visible()


class TestDesk:
    def test_figures_are_those_of_the_frame(self, desk, minutes) -> None:
        frame = minutes[20][1]
        shown = desk.page.locator("[data-testid=desk-recall]").inner_text()
        assert f"{percent(frame.recall)} %" in shown
        assert f"{frame.caught} caught · {frame.missed} missed" in shown

    def test_alerts_in_review_do_not_wait(self, desk, minutes) -> None:
        head = desk.page.locator("[data-testid=card-desk] .card-note").first
        desk.send("fraud_alerts", replace(minutes[20][1], waiting=1, in_review=2))
        assert head.inner_text().startswith("1 alert waits for an analyst, 2 in review")
        desk.send("fraud_alerts", replace(minutes[20][1], waiting=3, in_review=0))
        assert "3 alerts wait for an analyst" in head.inner_text()
        assert "review" not in head.inner_text()

    def test_in_the_warm_up_it_says_when_counting_begins(self, desk, minutes) -> None:
        frame = minutes[20][1]
        some = tuple(replace(one, payments=10, uncounted=4) for one in frame.cases)
        begin = {"counts_from_ns": 60_000_000_000, "cases": some}
        nothing = {"caught": 0, "missed": 0, "recall": None, "precision": None, "what_if": ()}
        card = desk.page.locator("[data-testid=card-desk]")
        desk.page.evaluate("document.querySelector('sanket-deck').toggleAttribute('truth', true)")
        desk.send("fraud_alerts", replace(frame, warming_up=True, **begin, **nothing))
        head = card.locator(".card-note").first
        assert head.inner_text().endswith("warming up")
        for figure in ("recall", "precision", "stopped", "lost"):
            shown = desk.page.locator(f"[data-testid=desk-{figure}]").inner_text()
            assert shown.split("\n")[1:] == [NOTHING, "counts from 08:01:00"]
        assert "Warming up: payments count from 08:01:00" in card.inner_text()
        assert "10 payments, 4 of them in the warm-up" in card.inner_text()
        desk.send("fraud_alerts", replace(frame, **begin))
        assert head.inner_text().endswith("figures since 08:01:00")
        assert f"{frame.caught} caught" in card.inner_text()

    def test_the_present_threshold_agrees_with_the_figures(self, desk, minutes) -> None:
        seen, now = minutes[20][1], minutes[20][1].thresholds.step_up
        right = WhatIf(now, seen.recall, seen.precision, 0.01, 12_300)
        others = (one for one in seen.what_if if one.score != now)
        frame = replace(seen, what_if=tuple(sorted((*others, right), key=lambda one: one.score)))
        desk.send("fraud_alerts", frame)
        told = desk.page.locator(".desk-told").inner_text()
        assert told.startswith(f"From {now:.2f}, as now: ")
        for figure in ("recall", "precision"):
            shown = desk.page.locator(f"[data-testid=desk-{figure}] b").inner_text()
            assert f"{figure} {shown}" in told
        missing = replace(frame, unscored=2, missed=frame.missed + 2)
        desk.send("fraud_alerts", missing)
        told = desk.page.locator(".desk-told").inner_text()
        assert "of scored fraud (2 more never scored)" in told

    def test_rows_show_the_evidence_and_open_the_payment(self, desk, minutes) -> None:
        assert desk.page.locator(ROWS).count() == len(minutes[20][1].alerts)
        row = desk.page.locator("[data-testid=fraud-alert-0]")
        text = row.inner_text()
        assert "velocity, new payee" in text
        assert "confirmed" in text
        row.focus()
        desk.page.keyboard.press("Enter")
        assert desk.inspected == [{"kind": "payment", "key": "3"}]

    def test_truth_stays_hidden_until_it_is_asked_for(self, desk) -> None:
        truths = desk.page.locator(".desk-truth")
        assert set(truths.all_inner_texts()) == {""}
        assert desk.page.locator("[data-testid=desk-case] option").count() == 2 + 1
        desk.page.click(SWITCH)
        desk.settle()
        assert "account takeover" in truths.all_inner_texts()
        assert desk.page.locator("[data-testid=desk-case] option").count() == 4

    def test_only_open_alerts_on_demand(self, desk) -> None:
        desk.page.select_option("[data-testid=desk-filter]", "open")
        assert desk.page.locator("[data-testid=fraud-alert-0]").count() == 0
        assert desk.page.locator("[data-testid=fraud-alert-2]").count() == 1

    def test_the_slider_says_what_another_threshold_means(self, desk, minutes) -> None:
        slider = desk.page.locator("[data-testid=desk-threshold]")
        slider.fill("0")
        assert "recall 100 %" in desk.page.locator(".desk-told").inner_text()
        slider.fill("0.95")
        last = minutes[20][1].what_if[-1]
        assert f"From {last.score:.2f}" in desk.page.locator(".desk-told").inner_text()

    def test_nothing_is_cut_off_at_twice_the_size(self, chromium, calm, minutes) -> None:
        stage = staged(chromium, calm, (700, 425), "fraud")
        stage.send("fraud_alerts", minutes[20][1])
        stage.settle()
        (card,) = stage.boxes("[data-testid=card-desk]")
        for selector in (".desk-figure", ".desk-whatif", ".desk-case", ROWS):
            assert all(
                box["x"] >= card["x"] and box["x"] + box["width"] <= card["x"] + card["width"]
                for box in stage.boxes(selector)
            )
        assert stage.page.evaluate("document.documentElement.scrollWidth") <= 700
        stage.page.close()
