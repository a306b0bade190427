"""The deck in a real browser, fed by `deck_feed`: what it shows, how it looks, what it survives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from deck_feed import Play, berth, message, served

pytest.importorskip("playwright")
from playwright.sync_api import Page, WebSocketRoute, expect
from starlette.routing import Router
from starlette.types import ASGIApp

from sanket_sim.dashboard.wall import deck_files, wall_route
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.app import create_app

SIZES = ((1400, 850), (1680, 1020), (1920, 1080))
PAUSED = "?mode=fault&at=260&speed=0&theme=dark"


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    with served() as address:
        yield address


class Watched:
    """A page whose requests and complaints are kept."""

    def __init__(self, page: Page) -> None:
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.on("websocket", lambda socket: self.hosts.add(socket.url.split("/")[2]))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: said.type == "error" and self.complaints.append(said.text),
        )


def open_deck(page: Page, address: str, size: tuple[int, int] = SIZES[0]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    expect(page.get_by_test_id("tile-throughput")).to_have_attribute("data-known", "true")
    expect(page.locator("[data-part]:empty")).to_have_count(0)


def points_known(page: Page) -> int:
    return page.evaluate("document.querySelector('sanket-deck').points.all.length")


@pytest.mark.parametrize("path", [f"/{PAUSED}", f"/{PAUSED}&view=fraud", "/wall"])
def test_no_request_leaves_the_host_and_nothing_complains(page: Page, feed: str, path: str) -> None:
    watched = Watched(page)
    open_deck(page, feed + path)
    expect(page.get_by_test_id("card-feed")).to_contain_text("TX-")
    page.evaluate("document.fonts.ready.then(() => null)")
    assert watched.hosts == {feed.removeprefix("http://")}
    assert watched.complaints == []


def test_wall_page_forbids_scripts_that_are_not_its_own(page: Page, feed: str) -> None:
    policy = page.goto(f"{feed}/wall").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_numbers_of_a_frame_appear(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/{PAUSED}")
    play = Play({"mode": "fault", "at": 260, "speed": 0})
    for tile in play.scene.tiles(play.now_s):
        card = page.get_by_test_id(f"tile-{tile.key}")
        expect(card).to_have_attribute("data-state", tile.state)
        for said in (tile.label, tile.text, tile.unit, tile.chip, *tile.facts):
            expect(card).to_contain_text(said)
    expect(page.get_by_test_id("clock")).to_contain_text("Fri 27 Nov 08:04:20.0")
    expect(page.get_by_test_id("experiment")).to_contain_text("seed 42")
    expect(page.get_by_test_id("flight-state")).to_have_text("Paused")


def test_every_chart_says_its_present_values(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/{PAUSED}")
    play = Play({"mode": "fault", "at": 260, "speed": 0})
    point = play.scene.points(play.now_s)[-1]
    latency = page.get_by_test_id("chart-latency").get_by_role("img")
    expect(latency).to_have_attribute("aria-label", re.compile(f"p99 {point.p99_ms / 1000:.1f} s"))
    for key in ("throughput", "latency", "leakage", "energy"):
        expect(page.get_by_test_id(f"chart-{key}").locator("canvas").first).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_fits_its_screen_without_scrolling(page: Page, feed: str, size: tuple[int, int]) -> None:
    open_deck(page, f"{feed}/{PAUSED}", size)
    extent = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(extent) == list(size)
    assert cut_off(page) == []


def test_narrow_page_stacks_and_scrolls_down_only(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/{PAUSED}", (700, 900))
    assert page.evaluate("document.documentElement.scrollWidth") == 700
    lefts = {page.get_by_test_id(f"card-{name}").bounding_box()["x"] for name in ("map", "feed")}
    assert len(lefts) == 1
    assert page.evaluate("document.documentElement.scrollHeight") > 1800


def cut_off(page: Page) -> list[str]:
    """Texts of the header and the tiles that have no room."""
    return page.get_by_test_id("card-tiles").evaluate(
        """tiles => [...tiles.querySelectorAll(".tile-value, .chip, .tile-facts span")]
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
            .map(e => e.textContent)"""
    )


@pytest.mark.parametrize(
    ("asked", "worn"), [("light", "light"), ("auto", "light"), ("purple", "dark"), ("", "dark")]
)
def test_the_wall_wears_the_theme_of_its_address(
    page: Page, feed: str, asked: str, worn: str
) -> None:
    page.emulate_media(color_scheme="light")
    open_deck(page, f"{feed}/wall?theme={asked}")
    expect(page.locator("sanket-deck")).to_have_attribute("data-theme", worn)


def test_theme_can_be_switched(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/{PAUSED}")
    deck = page.locator("sanket-deck")
    expect(deck).to_have_css("background-color", "rgb(10, 17, 30)")
    page.get_by_test_id("theme").click()
    expect(deck).to_have_css("background-color", "rgb(243, 245, 249)")
    assert deck.evaluate("deck => deck.tokens.text") == "#122039"


def test_fraud_view_shows_the_desk_in_place_of_the_map(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/{PAUSED}")
    expect(page.get_by_test_id("card-desk")).to_be_hidden()
    page.get_by_test_id("view-fraud").click()
    expect(page.get_by_test_id("card-desk")).to_be_visible()
    expect(page.get_by_test_id("card-map")).to_be_hidden()


def test_a_broken_law_of_money_is_said_aloud(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/?mode=leak&at=330&speed=0")
    expect(page.get_by_test_id("seal")).to_have_text("Money not conserved")


def test_window_of_a_fault_tells_its_details_to_the_keyboard(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/{PAUSED}")
    page.evaluate(
        """document.addEventListener("sanket-inspect", e => { window.asked = e.detail; })"""
    )
    page.get_by_test_id("disturbance-0").focus()
    details = page.get_by_test_id("disturbance-details")
    expect(details).to_contain_text("08:03:00 to 08:05:00")
    expect(details).to_contain_text("active now")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("window.asked") == {"kind": "service", "key": "payment"}


def test_ended_run_leads_to_its_report(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/?mode=ended")
    expect(page.get_by_test_id("report-link")).to_have_attribute("href", "/api/report")


def test_run_that_has_not_begun_invites_to_play(page: Page, feed: str) -> None:
    page.goto(f"{feed}/?mode=empty")
    expect(page.get_by_role("heading", name="Peak load")).to_be_visible()
    expect(page.get_by_test_id("tile-p99")).to_have_attribute("data-known", "false")


def test_frames_are_painted_in_their_order(page: Page, feed: str) -> None:
    page.add_init_script(
        """window.painted = [];
        addEventListener("sanket-painted", e => painted.push(e.detail.sequence));"""
    )
    open_deck(page, f"{feed}/?mode=fault&at=200&speed=10")
    page.wait_for_function("window.painted.length >= 6")
    painted = page.evaluate("window.painted")
    assert painted == sorted(set(painted))


def test_deck_comes_back_when_the_server_does(page: Page) -> None:
    with berth() as port:
        with served(port) as address:
            open_deck(page, f"{address}/{PAUSED}")
        expect(page.get_by_test_id("connection")).to_contain_text("Connection lost")
        expect(page.get_by_test_id("flight-state")).to_have_text("Offline")
        with served(port):
            expect(page.get_by_test_id("connection")).to_be_hidden()
            expect(page.get_by_test_id("flight-state")).to_have_text("Paused")


def locked(token: str, folder: Path) -> ASGIApp:
    """Return the API and the wall page, for whoever knows a token."""
    mounts = deck_files() | {"/": Router([wall_route()])}
    return create_app(FlightDeck(folder), mounts, token=token)


def test_a_server_that_was_started_again_asks_for_its_token(page: Page, tmp_path: Path) -> None:
    told = page.get_by_test_id("connection")
    with berth() as port:
        with served(port, locked("the-first-token", tmp_path)) as address:
            page.goto(f"{address}/wall?token=the-first-token")
            expect(page.get_by_role("heading", name="Choose an experiment")).to_be_visible()
            expect(told).to_be_hidden()
        expect(told).to_have_text("Connection lost · trying again")
        with served(port, locked("the-second-token", tmp_path)):
            expect(told).to_contain_text("This session has ended")
            page.reload()
            expect(page.get_by_role("alert")).to_have_count(0)
            for token in ("the-first-token", "the-second-token"):
                page.get_by_label("Token").fill(token)
                page.get_by_role("button", name="Open").click()
                if token == "the-first-token":
                    expect(page.get_by_role("alert")).to_contain_text("not the token")
            expect(page.get_by_role("heading", name="Choose an experiment")).to_be_visible()
            expect(told).to_be_hidden()
            assert "token" not in page.url


def test_another_run_clears_what_was_shown(page: Page, feed: str) -> None:
    sockets: list[WebSocketRoute] = []
    page.route_web_socket(re.compile("/ws"), lambda socket: sockets.append(socket))  # noqa: PLW0108  # playwright marks it
    page.goto(f"{feed}/")
    first, second = (
        Play({"mode": mode, "at": at, "run": run})
        for mode, at, run in (("fault", 260, 1), ("calm", 20, 2))
    )
    page.wait_for_function("document.querySelector('sanket-deck').connection === 'open'")
    sockets[0].send(message(first, "history", first.history()))
    for play in (first, first, second):
        for topic, body in play.bodies():
            sockets[0].send(message(play, topic, body))
        play.sequence += 1
    expect(page.get_by_test_id("clock")).to_contain_text("08:00:20")
    assert points_known(page) == 8


def test_points_that_come_twice_are_kept_once(page: Page, feed: str) -> None:
    open_deck(page, f"{feed}/{PAUSED}")
    page.wait_for_function("document.querySelector('sanket-deck').points.all.length === 130")


def test_part_that_fails_does_not_take_others_along(page: Page, feed: str) -> None:
    page.route("**/deck/map.js", lambda route: route.abort())
    open_deck(page, f"{feed}/{PAUSED}")
    expect(page.get_by_test_id("card-map").get_by_role("alert")).to_contain_text("cannot be shown")
    expect(page.get_by_test_id("card-feed")).to_contain_text("TX-")


SCALE = """async () => {
  const { StickyScale, niceStep, timeStepMs } = await import("/deck/scales.js");
  const scale = new StickyScale({ patience: 2 });
  const fits = [[0, 280], [0, 200], [0, 40], [0, 40], [0, 40]].map(([low, high]) => {
    const { min, max } = scale.fit(low, high);
    return [min, max];
  });
  return { fits, step: niceStep(63), time: timeStepMs(480000, 4) };
}"""


def test_ranges_grow_at_once_and_shrink_late(page: Page, feed: str) -> None:
    page.goto(f"{feed}/{PAUSED}")
    said = page.evaluate(SCALE)
    assert said["fits"] == [[0, 300], [0, 300], [0, 300], [0, 300], [0, 45]]
    assert (said["step"], said["time"]) == (80, 120_000)


def test_frame_that_comes_late_is_left_out(page: Page, feed: str) -> None:
    sockets: list[WebSocketRoute] = []
    page.route_web_socket(re.compile("/ws"), lambda socket: sockets.append(socket))  # noqa: PLW0108  # playwright marks it
    page.goto(f"{feed}/")
    page.wait_for_function("document.querySelector('sanket-deck').connection === 'open'")
    late, newest = (Play({"mode": "fault", "at": at, "speed": 0}) for at in (250, 260))
    newest.sequence = 9
    sockets[0].send(message(newest, "history", newest.history()))
    for play in (newest, late):
        sockets[0].send(message(play, "metrics", next(play.bodies())[1]))
    expect(page.get_by_test_id("clock")).to_contain_text("08:04:20")
    assert points_known(page) == 130


def test_one_frame_of_an_ended_run_draws_every_chart(page: Page, feed: str) -> None:
    sockets: list[WebSocketRoute] = []
    page.route_web_socket(re.compile("/ws"), lambda socket: sockets.append(socket))  # noqa: PLW0108  # playwright marks it
    page.goto(f"{feed}/")
    page.wait_for_function("document.querySelector('sanket-deck').connection === 'open'")
    ended = Play({"mode": "ended"})
    sockets[0].send(message(ended, "history", ended.history()))
    sockets[0].send(message(ended, "metrics", next(ended.bodies())[1]))
    for key in ("throughput", "latency", "leakage", "energy"):
        expect(page.get_by_test_id(f"chart-{key}").locator("canvas").first).to_be_visible()
