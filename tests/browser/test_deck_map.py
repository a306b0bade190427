"""The service map in a browser: every shipped model, by sight and by keyboard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deck_scene import Scene
from deck_stage import Stage, map_of

from sanket_sim.live.frames import Judged

MODELS = (
    "retail_bank",
    "bank_of_anthos",
    "card_switch",
    "single_queue",
    "worker_pool",
    "savings_bank",
)
SIZES = ((1400, 850), (1920, 1080), (700, 425))
CARDS = "[data-testid^=service-]"


@pytest.fixture(scope="module")
def calm():
    return Scene("fault").metrics(240.0, "running", 60.0)


@pytest.fixture(scope="module")
def page(chromium):
    return Stage(chromium)


@pytest.fixture
def stage(page, calm):
    page.begin(calm)
    yield page
    assert page.errors == []


@pytest.fixture(scope="module", params=SIZES, ids=str)
def sized(request, chromium):
    made = Stage(chromium, request.param)
    yield made
    made.page.close()


def overlap(one, other):
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 0 and down > 0


def lies_within(one, other):
    return (
        one["x"] >= other["x"]
        and one["y"] >= other["y"]
        and one["x"] + one["width"] <= other["x"] + other["width"]
        and one["y"] + one["height"] <= other["y"] + other["height"]
    )


@pytest.mark.parametrize("model", MODELS)
def test_the_cards_of_every_shipped_model_lie_apart_and_within_the_map(sized, calm, model):
    metrics = map_of(model, calm)
    sized.send("metrics", metrics)
    boxes = sized.boxes(CARDS)
    room = sized.boxes("[data-testid=card-map]")[0]
    assert len(boxes) == len(metrics.services)
    assert all(lies_within(box, room) for box in boxes)
    pairs = [(a, b) for at, a in enumerate(boxes) for b in boxes[at + 1 :]]
    assert not [pair for pair in pairs if overlap(*pair)]


@pytest.mark.parametrize("model", MODELS)
def test_no_edge_runs_across_a_card(sized, calm, model):
    sized.send("metrics", map_of(model, calm))
    crossings = sized.page.evaluate(
        """() => {
          const root = document.querySelector("sanket-deck").shadowRoot;
          const cards = [...root.querySelectorAll("[data-testid^=service-]")].map((card) => ({
            name: card.dataset.testid.slice(8), box: card.getBoundingClientRect() }));
          const origin = root.querySelector(".map-stage").getBoundingClientRect();
          const found = [];
          for (const edge of root.querySelectorAll("[data-edge]")) {
            const line = edge.querySelector("path");
            const length = line.getTotalLength();
            for (let at = 0; at <= length; at += 2) {
              const spot = line.getPointAtLength(at);
              const [x, y] = [spot.x + origin.left, spot.y + origin.top];
              for (const { name, box } of cards) {
                const inside = x > box.left + 2 && x < box.right - 2;
                if (inside && y > box.top + 2 && y < box.bottom - 2)
                  found.push(`${edge.dataset.edge} over ${name}`);
              }
            }
          }
          return [...new Set(found)];
        }"""
    )
    assert crossings == []


@pytest.mark.parametrize("size", [(1400, 850), (1680, 1020)], ids=str)
def test_a_card_says_all_six_things_with_their_units(chromium, calm, size):
    made = Stage(chromium, size)
    ended = replace(calm.run, state="ended", message="With a notice above the tiles.")
    made.send("metrics", replace(map_of("retail_bank", calm), run=ended))
    for name in ("payment", "aml", "cards"):
        card = made.page.get_by_test_id(f"service-{name}")
        seen = card.locator(".map-body > *:visible")
        boxes = [one.bounding_box() for one in seen.all()]
        assert len(boxes) == 6, name
        assert all(lies_within(box, card.bounding_box()) for box in boxes)
        assert not [(a, b) for at, a in enumerate(boxes) for b in boxes[at + 1 :] if overlap(a, b)]
        words = card.inner_text().replace("\n", " ")
        for part in ("1234", "tx/s", "12.3 s", "p99", "5.40 %"):
            assert part in words
    made.page.close()


def test_the_colours_of_a_card_are_the_states_that_were_sent(stage, calm):
    payment = next(one for one in calm.services if one.name == "payment")
    told = Judged(utilisation="warn", errors="critical", leaks="ok")
    mine = replace(payment, utilisation=0.1, error_share=0.0, leak_share=0.9, judged=told)
    services = tuple(mine if one is payment else one for one in calm.services)
    stage.send("metrics", replace(calm, services=services))
    card = stage.page.get_by_test_id("service-payment")
    assert card.locator(".map-load").get_attribute("data-load") == "warn"
    heats = {}
    for unit in ("load", "errors", "leakage"):
        stage.page.get_by_test_id(f"heat-{unit}").click()
        heats[unit] = card.locator(".map-heat").get_attribute("data-heat")
    assert heats == {"load": "warn", "errors": "critical", "leakage": "ok"}


def test_figures_change_without_a_new_node(stage, calm):
    count = "document.querySelector('sanket-deck').shadowRoot.querySelectorAll('.map *').length"
    before = stage.page.evaluate(count)
    payment = next(one for one in calm.services if one.name == "payment")
    later = replace(payment, rate_per_s=321.0, queue=77, leak_share=0.0123)
    services = tuple(later if one.name == "payment" else one for one in calm.services)
    stage.send("metrics", replace(calm, services=services))
    words = stage.page.get_by_test_id("service-payment").inner_text()
    assert "321" in words
    assert "Q 77" in words
    assert "1.23 %" in words
    assert stage.page.evaluate(count) == before


def test_a_service_is_reached_and_opened_by_keyboard(stage):
    stage.page.get_by_test_id("service-gateway").focus()
    stage.page.keyboard.press("ArrowRight")
    stage.page.keyboard.press("Enter")
    assert stage.inspected == [{"kind": "service", "key": "payment"}]
    told = stage.page.get_by_role("tooltip").inner_text()
    assert "Payment" in told
    assert "API gateway" in told


@pytest.mark.parametrize("name", ["channels", "payment", "kyc", "notification"])
def test_what_is_told_of_a_service_stays_within_the_map(stage, calm, name):
    stage.send("metrics", map_of("retail_bank", calm))
    stage.page.get_by_test_id(f"service-{name}").focus()
    told = stage.page.get_by_role("tooltip").bounding_box()
    card = stage.boxes(f"[data-testid=service-{name}]")[0]
    assert lies_within(told, stage.boxes("[data-testid=card-map]")[0])
    assert not overlap(told, card)


def test_a_card_says_its_figures_in_words(stage, calm):
    label = stage.page.get_by_test_id("service-payment").get_attribute("aria-label")
    payment = next(one for one in calm.services if one.name == "payment")
    assert label.startswith("Payment, critical, 3 of 3 replicas up")
    assert f"{payment.queue} waiting" in label
    assert "breaker open" in label


def test_the_glow_can_mean_errors(stage, calm):
    stage.page.get_by_test_id("heat-errors").click()
    payment = next(one for one in calm.services if one.name == "payment")
    words = stage.page.get_by_test_id("service-payment").inner_text()
    assert f"{100 * payment.error_share:.1f} %" in words
    assert stage.page.get_by_test_id("heat-errors").get_attribute("aria-pressed") == "true"
    assert stage.page.get_by_test_id("heat-leakage").get_attribute("aria-pressed") == "false"


def test_another_model_takes_the_place_of_the_first(stage, calm):
    stage.send("metrics", map_of("retail_bank", calm))
    stage.send("metrics", map_of("savings_bank", calm))
    names = [card.get_attribute("data-testid") for card in stage.page.locator(CARDS).all()]
    wanted = {"branch", "cash_machine", "night_run", "clearing", "core_banking", "ledger"}
    assert {name.removeprefix("service-") for name in names} == wanted
