"""The page's components without a browser, on a real flight of a small bank."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("solara")
import solara
from serving import PATIENCE_S, wait_until

from sanket_sim.core.units import NS_PER_S
from sanket_sim.dashboard.page.controls import run_controls
from sanket_sim.dashboard.page.inspectors import inspector
from sanket_sim.dashboard.page.ordering import Notice, Orders
from sanket_sim.dashboard.page.panel import CLOSED, Panel, Tab
from sanket_sim.dashboard.page.parameters import offer_of, overrides_from, shelf
from sanket_sim.dashboard.page.polling import use_polled
from sanket_sim.dashboard.page.standing import Standing, standing_of
from sanket_sim.dashboard.page.weaving import component
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.flying.orders import Failure, Pause, Step
from sanket_sim.live.flying.worker import FlightPlan
from sanket_sim.live.frames import Frame, Metrics, RunStatus
from sanket_sim.live.frames.json_text import json_of

SMALL = """\
name = "small"
model = "retail_bank"
seed = 7
start = 2026-11-27T08:00:00
duration = "10m"
[population]
customers = 200
[demand]
rate = "20/s"
"""


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlightDeck]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "small.toml").write_text(SMALL)
    deck = FlightDeck(folder / "out")
    deck.start(str(folder / "small.toml"))
    yield deck
    deck.hurry()


def drawn(element: object, kind: str) -> tuple[object, Callable[[], object]]:
    box, rc = solara.render(element, handle_error=False)
    del box
    return rc, lambda: next(widget for widget in rc.find().widgets if hasattr(widget, kind))


def test_controls_follow_what_is_allowed(flight: FlightDeck) -> None:
    orders = Orders(flight, lambda _: None)
    rc, widget = drawn(run_controls(Standing("paused", speed=10.0), orders), "against")
    assert widget().against["play"] == widget().against["step"] == ""
    rc.render(run_controls(Standing("ended"), orders))
    assert "has ended" in widget().against["play"]
    assert widget().against["reset"] == ""
    rc.close()


def test_a_step_of_the_controls_moves_the_run(flight: FlightDeck) -> None:
    rc, widget = drawn(run_controls(standing_of(flight), Orders(flight, lambda _: None)), "against")
    before_ns = flight.status.now_ns
    widget().vue_step_by(1)
    wait_until(
        lambda: flight.status.now_ns == before_ns + NS_PER_S and flight.status.state == "paused"
    )
    widget().vue_set_speed(50_000)
    wait_until(lambda: flight.status.speed == 10_000)
    rc.close()


def test_refusals_are_told(flight: FlightDeck) -> None:
    told: list[Notice] = []
    Orders(flight, told.append).complain((("target", "no such service"),))
    assert (told[0].text, told[0].tone) == ("target: no such service", "critical")


def test_orders_without_a_flight_are_told(tmp_path: Path) -> None:
    told: list[Notice] = []
    Orders(FlightDeck(tmp_path), told.append).give(Pause())
    wait_until(lambda: bool(told))
    assert "no run has been started" in told[0].text


def test_an_open_inspector_follows_its_service(flight: FlightDeck) -> None:
    tab = Tab()
    rc, widget = drawn(inspector(flight, tab, Panel("inspect", "service", "payment"), 1), "inside")
    wait_until(lambda: widget().title == "Payment")
    before = flight.status.processed
    flight.ask(Step(5 * NS_PER_S))
    wait_until(lambda: flight.status.processed > before)

    def answered() -> str:
        return str(widget().inside.blocks[0]["rows"][0]["value"])

    wait_until(lambda: answered() != "0/s")
    rc.close()


def test_an_inspector_of_nothing_says_so(flight: FlightDeck) -> None:
    rc, widget = drawn(inspector(flight, Tab(), Panel("inspect", "payment", "999999"), 1), "inside")
    wait_until(lambda: "There is no payment" in str(widget().inside.blocks))
    rc.close()


def test_a_run_that_came_down_stands_where_it_fell(tmp_path: Path) -> None:
    deck = FlightDeck(tmp_path)
    status = RunStatus(
        3, "small", "", "bank", 0, "running", 5, 9, 9, "", 60.0, 9.0, folder="runs/small"
    )
    body = json_of(Metrics(status, (), (), (), (), ()))
    deck._take(deck._kept, Frame(3, "metrics", 1, body))
    deck._take(deck._kept, Failure(3, "out of memory"))
    assert standing_of(deck) == Standing("failed", 3, 60.0, "small", "runs/small", "out of memory")


def test_looking_ends_with_the_tab() -> None:
    looks: list[threading.Thread] = []

    @component
    def watcher() -> None:
        use_polled(lambda: looks.append(threading.current_thread()) or len(looks), 0, 0.01)
        solara.Div()

    _, rc = solara.render(watcher(), handle_error=False)
    wait_until(lambda: len(looks) > 3)
    assert looks[-1].is_alive()
    rc.close()
    looks[-1].join(PATIENCE_S)
    assert not looks[-1].is_alive()


def test_looking_goes_on_after_what_cannot_be_read() -> None:
    looks: list[int] = []

    def read() -> int:
        looks.append(len(looks))
        if len(looks) == 1:
            raise OSError("gone for a moment")
        return len(looks)

    @component
    def watcher() -> None:
        use_polled(read, 0, 0.01)
        solara.Div()

    _, rc = solara.render(watcher(), handle_error=False)
    wait_until(lambda: len(looks) > 3)
    rc.close()


def test_a_panel_toggles_and_is_replaced() -> None:
    tab = Tab()
    tab.toggle("inject")
    tab.open("inspect", "service", "ledger")
    assert tab.panel.value == Panel("inspect", "service", "ledger")
    tab.toggle("inspect")
    assert tab.panel.value == CLOSED


def test_an_experiment_is_called_the_same_on_the_shelf_and_in_its_flight(tmp_path: Path) -> None:
    offered = next(one for one in shelf() if one["name"] == "cbe_2024")
    deck = FlightDeck(tmp_path / "out")
    deck.start(offered["source"])
    try:
        for state in ("starting", "ready"):
            wait_until(lambda state=state: deck.status.state in (state, "ready"))
            assert (deck.status.title, deck.status.file) == (offered["title"], "cbe_2024.toml")
        assert offered["title"] == "CBE 2024"
    finally:
        deck.hurry()


def test_every_experiment_on_the_shelf_can_be_offered() -> None:
    listed = {one["name"]: one for one in shelf()}
    assert "leak money" in listed["peak_load"]["question"]
    offer = offer_of(listed["peak_load"]["source"])
    assert offer.problems == []
    turned = {one.key: one.value for one in offer.parameters}
    turned |= {"population.customers": "500", "controls.outbox": False, "demand.rate": "108/s"}
    assert overrides_from(turned, offer.parameters) == {
        "population.customers": 500,
        "controls.outbox": False,
    }


def test_an_experiment_that_is_wrong_says_where(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SMALL.replace('"20/s"', '"20"'))
    [(path, message)] = offer_of(str(wrong)).problems
    assert path == "demand.rate"
    assert message.startswith("wrong.toml, line 9: ")


def test_a_file_that_was_broken_since_it_flew_is_told_by_its_name_and_line(tmp_path: Path) -> None:
    told: list[Notice] = []
    deck, own = FlightDeck(tmp_path), tmp_path / "mine.toml"
    deck.plan = FlightPlan(1, str(own))
    own.write_text("seed = 1\nseed = x\n")

    def reset() -> None:
        deck.reset()

    Orders(deck, told.append).in_background(reset)
    wait_until(lambda: bool(told))
    assert told[0].text.startswith("mine.toml, line 2: is not TOML")
