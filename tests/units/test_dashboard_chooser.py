"""The experiment chooser, on files of its own and a deck that flies none of them by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("solara")
import solara
from serving import wait_until

from sanket_sim.dashboard.page.chooser import chooser
from sanket_sim.dashboard.page.ordering import Orders
from sanket_sim.dashboard.page.panel import Panel, Tab
from sanket_sim.dashboard.page.parameters import Offer, offer_of, shelf
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.live.flying.flight_deck import FlightDeck

SMALL = """\
# Question: does {name} leak?
name = "{name}"
model = "retail_bank"
seed = {seed}
start = 2026-11-27T08:00:00
duration = "10m"
[population]
customers = 200
[demand]
rate = "20/s"
"""


@dataclass
class Ground(FlightDeck):
    """A deck that notes what it is asked to start, and stays on the ground."""

    out: Path
    sources: list[str]
    plan: Any = None
    started: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def start(self, source: str, overrides: Any = None, **_: Any) -> int:
        self.started.append((source, dict(overrides)))
        return 1


@dataclass
class Dialog:
    """The chooser as drawn, with the files on offer."""

    widget: Callable[[], Any]
    deck: Ground
    slow: str
    quick: str
    let_go: threading.Event
    tab: Tab

    def start(self, source: str, **turned: Any) -> None:
        values = {one["key"]: one["value"] for one in self.widget().parameters}
        self.widget().vue_start_run({"source": source, "values": values | turned})

    def seed(self) -> str:
        return next((one["value"] for one in self.widget().parameters if one["key"] == "seed"), "")


@pytest.fixture
def dialog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dialog]:
    yield from _opened(tmp_path, monkeypatch, Standing())


@pytest.fixture
def dialog_in_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dialog]:
    yield from _opened(tmp_path, monkeypatch, Standing("running", 1, experiment="small"))


def _opened(folder: Path, monkeypatch: pytest.MonkeyPatch, standing: Standing) -> Iterator[Dialog]:
    files = {name: folder / f"{name}.toml" for name in ("slow", "quick")}
    for seed, (name, file) in enumerate(files.items()):
        file.write_text(SMALL.format(name=name, seed=seed))
    slow, quick = (str(file.resolve()) for file in files.values())
    let_go = threading.Event()

    def held_up(source: str) -> Offer:
        if source == slow:
            let_go.wait()
        return offer_of(source)

    monkeypatch.setattr(import_module("sanket_sim.dashboard.page.chooser"), "offer_of", held_up)
    deck, tab = Ground(folder, [slow, quick]), Tab()
    tab.panel.set(Panel("experiments"))
    orders = Orders(deck, tab.notice.set)
    _, rc = solara.render(chooser(standing, orders, tab), handle_error=False)

    def widget() -> Any:
        return next(one for one in rc.find().widgets if hasattr(one, "parameters"))

    yield Dialog(widget, deck, slow, quick, let_go, tab)
    let_go.set()
    rc.close()


def test_an_answer_for_an_earlier_row_is_not_shown(dialog: Dialog) -> None:
    dialog.widget().vue_look_at(dialog.slow)
    assert dialog.widget().parameters == []
    dialog.widget().vue_look_at(dialog.quick)
    wait_until(lambda: dialog.seed() == "1")
    dialog.let_go.set()
    dialog.widget().vue_look_at(dialog.slow)
    wait_until(lambda: dialog.seed() == "0")
    dialog.widget().vue_look_at(dialog.quick)
    wait_until(lambda: dialog.seed() == "1")
    assert dialog.widget().source == dialog.quick


def test_a_late_answer_changes_nothing_of_the_row_that_is_chosen(dialog: Dialog) -> None:
    dialog.widget().vue_look_at(dialog.slow)
    dialog.widget().vue_look_at(dialog.quick)
    wait_until(lambda: dialog.seed() == "1")
    running = [one for one in threading.enumerate() if one.daemon]
    dialog.let_go.set()
    wait_until(lambda: any(not one.is_alive() for one in running))
    assert (dialog.widget().source, dialog.seed()) == (dialog.quick, "1")
    dialog.start(dialog.quick)
    wait_until(lambda: dialog.deck.started)
    assert dialog.deck.started == [(dialog.quick, {})]


def test_only_the_row_that_is_chosen_and_read_can_be_started(dialog: Dialog) -> None:
    dialog.widget().vue_look_at(dialog.quick)
    wait_until(lambda: dialog.seed() == "1")
    dialog.widget().vue_look_at(dialog.slow)
    dialog.start(dialog.slow)
    dialog.start(dialog.quick)
    assert not dialog.widget().busy
    assert dialog.deck.started == []


def test_wrong_knobs_are_told_before_anybody_is_asked_to_end_a_run(
    dialog_in_flight: Dialog,
) -> None:
    dialog = dialog_in_flight
    dialog.widget().vue_look_at(dialog.quick)
    wait_until(lambda: dialog.seed() == "1")
    dialog.start(dialog.quick, **{"population.customers": "-5"})
    wait_until(lambda: dialog.widget().problems and not dialog.widget().busy)
    [problem] = dialog.widget().problems
    assert problem == {"path": "population.customers", "message": "must be >= 1, is -5"}
    assert not dialog.widget().asking
    dialog.start(dialog.quick, seed="9")
    wait_until(lambda: dialog.widget().asking and not dialog.widget().busy)
    assert dialog.deck.started == []
    dialog.start(dialog.quick, seed="9")
    wait_until(lambda: dialog.deck.started)
    assert dialog.deck.started == [(dialog.quick, {"seed": 9})]


def test_a_file_that_was_broken_since_it_was_read_is_told_by_its_name_and_line(
    dialog: Dialog,
) -> None:
    dialog.widget().vue_look_at(dialog.quick)
    wait_until(lambda: dialog.seed() == "1")
    Path(dialog.quick).write_text("seed = 1\nseed = x\n")
    dialog.start(dialog.quick)
    wait_until(lambda: dialog.widget().problems and not dialog.widget().busy)
    [problem] = dialog.widget().problems
    assert problem["path"] == ""
    assert problem["message"].startswith("quick.toml, line 2: is not TOML")


def test_what_has_flown_stays_on_offer(tmp_path: Path) -> None:
    own = tmp_path / "mine_2026.toml"
    own.write_text(SMALL.format(name="mine", seed=1))
    [mine] = [one for one in shelf([str(own.resolve())]) if one["name"] == "mine_2026"]
    assert (mine["title"], mine["question"]) == ("Mine 2026", "does mine leak?")
    on_shelf = next(one["source"] for one in shelf() if one["name"] == "peak_load")
    assert shelf([on_shelf]) == shelf()


def test_what_to_expect_is_one_paragraph_of_prose() -> None:
    expected = {one["name"]: one["expect"] for one in shelf()}
    assert expected["fraud_during_outage"].endswith("less than one euro.")
    assert not any("sanket-sim" in said for said in expected.values())


def test_every_control_says_what_it_does() -> None:
    switches = [one for one in offer_of("peak_load").parameters if one.kind == "switch"]
    assert all(one.hint.endswith(".") and "(T" not in one.hint for one in switches)
