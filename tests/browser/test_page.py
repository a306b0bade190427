"""The Solara page in a real browser, on a real server with a small real run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from deck_stage import PATIENCE_MS
from served_bank import Served

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

from sanket_sim.core.units import NS_PER_S
from sanket_sim.dashboard.page.summary.burn import used_up
from sanket_sim.dashboard.page.wording import share
from sanket_sim.live.meters.figures import score

pytestmark = pytest.mark.slow

NOTICES_STAY = """{
    const later = window.setTimeout;
    window.setTimeout = (act, ms, ...rest) => ms === 5000 ? 0 : later(act, ms, ...rest);
}"""
"""A notice goes after five seconds; a test that looks at one may be slower than that."""


@pytest.fixture
def at_start(served: Served) -> Served:
    """Bring the small run to its start, if a test before has moved it."""
    status = served.status
    if status["state"] != "ready" or status["experiment"] != "small":
        served.post("reset")
        served.wait_until(lambda now: now["state"] == "ready")
    served.post("speed", speed=60)
    return served


@pytest.fixture
def deck(page: Page, at_start: Served) -> Page:
    return opened(page, at_start)


def opened(
    page: Page, served: Served, size: tuple[int, int] = (1400, 850), wishes: str = ""
) -> Page:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.add_init_script(NOTICES_STAY)
    page.goto(f"{served.url}/{wishes}")
    expect(page.get_by_test_id("play")).to_be_visible()
    expect(page.get_by_test_id("play")).to_be_enabled()
    expect(page.get_by_test_id("play")).not_to_have_attribute("aria-disabled", "true")
    return page


def sequence(page: Page) -> int:
    return page.evaluate("document.querySelector('sanket-deck').state.metrics?.run.processed ?? 0")


def test_nothing_leaves_the_host_and_nothing_complains(page: Page, at_start: Served) -> None:
    hosts: set[str] = set()
    said: list[str] = []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("websocket", lambda socket: hosts.add(socket.url.split("/")[2]))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda m: m.type in ("error", "warning") and said.append(m.text))
    opened(page, at_start)
    for panel in ("experiments", "inject"):
        page.get_by_test_id(panel).click()
        expect(
            page.get_by_test_id({"experiments": "chooser"}.get(panel, "drawer-inject"))
        ).to_be_visible()
        page.keyboard.press("Escape")
    page.get_by_test_id("play").click()
    expect(page.get_by_test_id("card-feed")).to_contain_text("TX-")
    page.get_by_test_id("pause").click()
    assert hosts == {at_start.url.removeprefix("http://")}
    assert said == []


def test_page_has_a_name_a_language_an_icon_and_no_locked_zoom(deck: Page) -> None:
    assert deck.title() == "Sanket flight deck"
    assert deck.evaluate("document.documentElement.lang") == "en"
    metas = deck.locator("meta[name=viewport]").evaluate_all("all => all.map((m) => m.content)")
    assert "user-scalable=no" not in metas[-1]
    assert deck.locator("link[rel=icon]").last.get_attribute("href") == "/skin/icon.svg"


def test_solara_lays_nothing_over_our_own_notice_that_the_server_is_gone(deck: Page) -> None:
    veils = deck.locator("#app > .v-application--wrap > .v-overlay")
    shown = veils.evaluate_all("all => all.map((veil) => getComputedStyle(veil).display)")
    assert set(shown) == {"none"}


def test_a_page_of_the_api_finds_an_icon_too(at_start: Served) -> None:
    import httpx

    answer = httpx.get(f"{at_start.url}/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


def test_plays_and_pauses(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("play").click()
    at_start.wait_until(lambda now: now["processed"] > 50)
    deck.wait_for_function("document.querySelector('sanket-deck').state.metrics.run.processed > 50")
    deck.get_by_test_id("pause").click()
    waiting = at_start.wait_until(lambda now: now["state"] == "paused")
    expect(deck.get_by_test_id("play")).to_be_visible()
    expect(deck.get_by_test_id("flight-state")).to_contain_text("Paused")
    assert at_start.status["now_ns"] == waiting["now_ns"]


def test_step_goes_one_second(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("step").click()
    at_start.wait_until(lambda now: now["state"] == "paused" and now["now_ns"] == NS_PER_S)
    deck.get_by_test_id("step-more").click()
    deck.get_by_test_id("step-10").click()
    at_start.wait_until(lambda now: now["state"] == "paused" and now["now_ns"] == 11 * NS_PER_S)


def test_speed_by_button_and_by_field(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("speed-600").click()
    at_start.wait_until(lambda now: now["speed"] == 600)
    expect(deck.get_by_test_id("speed-600")).to_have_attribute("aria-pressed", "true")
    deck.get_by_test_id("speed-other").click()
    deck.get_by_test_id("speed-field").fill("2.5")
    deck.get_by_test_id("speed-set").click()
    at_start.wait_until(lambda now: now["speed"] == 2.5)
    expect(deck.get_by_test_id("speed-other")).to_contain_text("2.5")
    deck.get_by_test_id("speed-max").click()
    at_start.wait_until(lambda now: now["speed"] == 10_000)


def test_what_is_not_allowed_says_why(deck: Page, at_start: Served) -> None:
    stop = deck.get_by_test_id("stop")
    expect(stop).to_have_attribute("aria-disabled", "true")
    expect(stop).to_have_attribute("title", "the run has not begun")
    expect(stop).to_be_visible()  # which a forced click does not wait for
    stop.click(force=True)
    assert at_start.status["state"] == "ready"


def test_two_tabs_and_the_api_see_one_another(
    browser: Browser, deck: Page, at_start: Served
) -> None:
    elsewhere = browser.new_context()
    elsewhere.set_default_timeout(PATIENCE_MS)
    other = opened(elsewhere.new_page(), at_start)
    deck.get_by_test_id("play").click()
    expect(other.get_by_test_id("pause")).to_be_visible()
    other.get_by_test_id("pause").click()
    expect(deck.get_by_test_id("play")).to_be_visible()
    at_start.post("resume")
    expect(deck.get_by_test_id("pause")).to_be_visible()
    at_start.post("pause")
    expect(other.get_by_test_id("play")).to_be_visible()
    elsewhere.close()


def commanded(served: Served) -> list[Any]:
    return served.get("commands")["commands"]


def test_injects_a_fault_that_is_recorded(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("step").click()
    at_start.wait_until(lambda now: now["now_ns"] == NS_PER_S and now["state"] == "paused")
    deck.get_by_test_id("inject").click()
    deck.get_by_test_id("inject-target").select_option("payment")
    deck.get_by_test_id("inject-add").fill("700ms")
    deck.get_by_test_id("inject-for").fill("30s")
    expect(deck.get_by_test_id("inject-preview")).to_contain_text('add = "700ms"')
    deck.get_by_test_id("inject-give").click()
    expect(deck.get_by_test_id("snackbar")).to_contain_text("experiment.toml")
    expect(deck.get_by_test_id("given")).to_contain_text("payment")
    [one] = commanded(at_start)
    assert (one["fault"]["kind"], one["at"]) == ("latency", "1s")
    record = Path(at_start.status["folder"]) / "experiment.toml"
    [written] = tomllib.loads(record.read_text())["command"]
    assert "700ms" in str(written["fault"]["add"])
    expect(deck.get_by_test_id("card-timeline")).to_contain_text(
        re.compile("latency", re.IGNORECASE)
    )


def test_refusals_stand_at_their_fields(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("inject").click()
    deck.get_by_test_id("inject-add").fill("soon")
    expect(deck.get_by_test_id("inject-form")).to_contain_text("expected a duration")
    deck.get_by_test_id("inject-give").click()
    deck.get_by_test_id("tab-control").click()
    deck.get_by_test_id("control-outbox").uncheck()
    deck.get_by_test_id("lasts").fill("long")
    field = deck.locator("label", has=deck.get_by_test_id("lasts"))
    expect(field.get_by_role("alert")).to_contain_text("expected a duration")
    expect(deck.get_by_test_id("inject-problems")).to_be_hidden()
    deck.get_by_test_id("inject-give").click()
    assert commanded(at_start) == []


def test_hints_show_what_is_to_be_typed_as_it_is(deck: Page) -> None:
    deck.get_by_test_id("inject").click()
    hint = deck.locator("label", has=deck.get_by_test_id("inject-replicas")).locator(".sk-hint")
    expect(hint).to_have_text(re.compile('^"all"'))
    first = "(node) => getComputedStyle(node, '::first-letter').textTransform"
    assert hint.evaluate(first) == "none"


def test_a_fault_takes_two_clicks_and_a_target_is_kept_where_it_fits(
    deck: Page, at_start: Served
) -> None:
    deck.get_by_test_id("step").click()
    at_start.wait_until(lambda now: now["now_ns"] == NS_PER_S and now["state"] == "paused")
    deck.get_by_test_id("inject").click()
    expect(deck.get_by_test_id("inject-target")).to_have_value("channels")
    deck.get_by_test_id("inject-target").select_option("ledger")
    deck.get_by_test_id("inject-kind").select_option("crash")
    expect(deck.get_by_test_id("inject-target")).to_have_value("ledger")
    deck.get_by_test_id("inject-kind").select_option("loss")
    deck.get_by_test_id("inject-target").select_option("gateway->payment")
    deck.get_by_test_id("inject-kind").select_option("pause")
    expect(deck.get_by_test_id("inject-target")).to_have_value("channels")
    deck.get_by_test_id("inject-give").click()
    at_start.wait_until(lambda _: len(commanded(at_start)) == 1)
    assert commanded(at_start)[0]["fault"]["kind"] == "pause"


def test_a_notice_leaves_the_drawer_free_and_goes_when_the_next_is_refused(
    deck: Page, at_start: Served
) -> None:
    deck.get_by_test_id("step").click()
    at_start.wait_until(lambda now: now["now_ns"] == NS_PER_S and now["state"] == "paused")
    deck.get_by_test_id("inject").click()
    deck.get_by_test_id("inject-give").click()
    notice = deck.get_by_test_id("snackbar")
    expect(notice).to_contain_text("Recorded")
    drawer = deck.get_by_test_id("drawer-inject").bounding_box()
    box = notice.bounding_box()
    assert drawer is not None
    assert box is not None
    assert box["x"] + box["width"] <= drawer["x"]
    worn = "(node) => getComputedStyle(node).color"
    assert notice.locator("span").evaluate(worn) == deck.locator("body").evaluate(worn)
    deck.get_by_test_id("inject-add").fill("soon")
    deck.get_by_test_id("inject-give").click()
    expect(notice).to_be_hidden()
    assert len(commanded(at_start)) == 1


def test_switches_a_control_and_changes_a_policy(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("inject").click()
    deck.get_by_test_id("tab-control").click()
    deck.get_by_test_id("control-idempotency_key").uncheck()
    deck.get_by_test_id("inject-give").click()
    expect(deck.get_by_test_id("snackbar")).to_contain_text("experiment.toml")
    deck.get_by_test_id("tab-policy").click()
    deck.get_by_test_id("policy-target").select_option("gateway->payment")
    deck.get_by_test_id("policy-timeout").fill("250ms")
    expect(deck.get_by_test_id("inject-preview")).to_contain_text('timeout = "250ms"')
    deck.get_by_test_id("inject-give").click()
    at_start.wait_until(lambda _: len(commanded(at_start)) == 2)
    assert [one["fault"]["kind"] for one in commanded(at_start)] == ["control", "config"]


def test_what_a_command_switched_off_is_shown_so_and_can_be_switched_on_again(
    deck: Page, at_start: Served
) -> None:
    at_start.post("commands", fault={"kind": "control", "set": {"outbox": False}})
    deck.get_by_test_id("inject").click()
    deck.get_by_test_id("tab-control").click()
    expect(deck.get_by_test_id("control-outbox")).not_to_be_checked()
    deck.get_by_test_id("control-outbox").check()
    deck.get_by_test_id("inject-give").click()
    at_start.wait_until(lambda _: commanded(at_start)[-1]["fault"]["set"] == {"outbox": True})


def test_looks_into_a_service_and_closes_with_escape(deck: Page) -> None:
    card = deck.get_by_test_id("service-payment")
    card.focus()
    deck.keyboard.press("Enter")
    drawer = deck.get_by_test_id("drawer-inspect-service")
    expect(drawer).to_contain_text("Utilisation")
    expect(deck.get_by_test_id("play")).to_be_in_viewport()
    deck.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    focused = "document.querySelector('sanket-deck').shadowRoot.activeElement?.dataset.testid"
    assert deck.evaluate(focused) == "service-payment"


def test_inject_here_sets_the_target(deck: Page) -> None:
    deck.get_by_test_id("service-ledger").click()
    deck.get_by_test_id("inject-here").click()
    expect(deck.get_by_test_id("inject-target")).to_have_value("ledger")


def test_looks_into_a_payment_and_its_customer(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("play").click()
    at_start.wait_until(lambda now: now["processed"] > 100)
    deck.get_by_test_id("pause").click()
    row = deck.locator("[data-testid^=feed-row-]").first
    row.click()
    drawer = deck.get_by_test_id("drawer-inspect-payment")
    expect(drawer.get_by_test_id("block-waterfall")).to_be_visible()
    drawer.locator("dl .sk-link").first.click()
    expect(deck.get_by_test_id("drawer-inspect-agent")).to_contain_text("Accounts")


def test_starts_another_experiment_after_asking(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("step").click()
    at_start.wait_until(lambda now: now["state"] == "paused")
    before = at_start.status["run_id"]
    deck.get_by_test_id("experiments").click()
    deck.get_by_test_id("set-population.customers").fill("many")
    deck.get_by_test_id("start").click()
    expect(deck.get_by_test_id("chooser")).to_contain_text("must be a whole number")
    expect(deck.get_by_test_id("start-anyway")).to_be_hidden()
    assert at_start.status["run_id"] == before
    deck.get_by_test_id("set-population.customers").fill("300")
    deck.get_by_test_id("set-seed").fill("8")
    deck.get_by_test_id("start").click()
    deck.get_by_test_id("start-anyway").click()
    now = at_start.wait_until(lambda now: now["run_id"] > before and now["state"] == "running")
    assert now["seed"] == 8
    expect(deck.get_by_test_id("chooser")).to_be_hidden()


def test_resets_and_stops_and_shows_findings(deck: Page, at_start: Served) -> None:
    deck.get_by_test_id("step").click()
    at_start.wait_until(lambda now: now["now_ns"] == NS_PER_S and now["state"] == "paused")
    deck.get_by_test_id("reset").click()
    at_start.wait_until(lambda now: now["state"] == "ready" and now["now_ns"] == 0)
    deck.get_by_test_id("step-more").click()
    deck.get_by_test_id("step-60").click()
    at_start.wait_until(lambda now: now["now_ns"] == 60 * NS_PER_S and now["state"] == "paused")
    deck.get_by_test_id("stop").click()
    at_start.wait_until(lambda now: now["state"] == "ended")
    deck.get_by_test_id("findings").click()
    expect(deck.get_by_test_id("drawer-findings")).to_contain_text("Submitted")
    assert deck.get_by_test_id("report").get_attribute("href") == "/api/report"
    expect(deck.get_by_test_id("play")).to_have_attribute("title", re.compile("has ended"))


def test_the_panel_ends_with_the_figures_of_the_findings(deck: Page, at_start: Served) -> None:
    at_start.post("step", **{"for": "2m"})
    at_start.wait_until(lambda now: now["now_ns"] == 120 * NS_PER_S and now["state"] == "paused")
    deck.get_by_test_id("findings").click()
    panel = deck.get_by_test_id("drawer-findings")
    expect(panel).to_contain_text("Incidents so far")
    expect(panel).to_contain_text("when the run has ended")
    expect(deck.get_by_test_id("report")).to_have_count(0)
    at_start.post("stop")
    at_start.wait_until(lambda now: now["state"] == "ended")
    expect(panel).not_to_contain_text("so far")
    found = at_start.get("report/findings.json")
    resilience, energy = found["resilience"], found["energy"]
    level = score(100 * resilience["sli"]["value"])
    leaks = found["controls"]["overall"]["executed"]
    useful = share(energy["by_use_j"]["useful"] / energy["energy_j"])
    wasted = share(energy["wasted_j"] / energy["energy_j"])
    for label, figure in (
        ("Submitted", f"{found['traffic']['submitted']:,}"),
        ("Service level", f"{level} % good"),
        ("Budget used", used_up((1 - resilience["sli"]["value"]) / (1 - resilience["target"]))),
    ):
        fact = panel.locator("dl > div").filter(has=deck.get_by_text(label, exact=True)).first
        expect(fact).to_contain_text(figure)
    for label, figure in (
        ("Money went wrong", f"{leaks['intents']:,}"),
        ("Useful work", useful),
        ("Wasted: retried, abandoned, failed or leaked", wasted),
    ):
        row = panel.get_by_role("row").filter(has=deck.get_by_text(label, exact=True))
        expect(row.get_by_role("cell").filter(has_text=figure).first).to_be_visible()
    worst = found["executive"]["critical_bottleneck"].replace("_", " ")
    expect(panel).to_contain_text(re.compile(f"Bottleneck\\s*{worst}", re.IGNORECASE))


def test_keyboard_alone_runs_it(deck: Page, at_start: Served) -> None:
    deck.locator("body").press(" ")
    at_start.wait_until(lambda now: now["state"] == "running")
    expect(deck.get_by_test_id("pause")).to_be_visible()
    deck.locator("body").press(" ")
    at_start.wait_until(lambda now: now["state"] == "paused")
    deck.get_by_test_id("experiments").focus()
    deck.keyboard.press("Enter")
    expect(deck.get_by_test_id("chooser")).to_be_visible()
    deck.keyboard.press("Escape")
    expect(deck.get_by_test_id("chooser")).to_be_hidden()


def test_theme_and_view_are_chosen_and_the_theme_remembered(deck: Page) -> None:
    deck.get_by_test_id("look").click()
    deck.get_by_test_id("theme-light").click()
    deck.get_by_test_id("look-fraud").click()
    host = deck.locator("sanket-deck")
    expect(host).to_have_attribute("theme", "light")
    expect(host).to_have_attribute("view", "fraud")
    deck.get_by_test_id("truth").check()
    expect(host).to_have_attribute("truth", "")
    deck.reload()
    expect(deck.locator("sanket-deck")).to_have_attribute("theme", "light")


def test_readable_at_twice_the_size(page: Page, at_start: Served) -> None:
    opened(page, at_start, (700, 425))
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.get_by_test_id("inject").click()
    expect(page.get_by_test_id("inject-give")).to_be_in_viewport()
    assert page.evaluate(wide) == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_theme_of_the_address_counts_until_another_is_chosen(
    page: Page, at_start: Served, scheme: str
) -> None:
    other = {"dark": "light", "light": "dark"}[scheme]
    page.emulate_media(color_scheme=scheme)
    opened(page, at_start, (1680, 1020), f"?theme={other}&view=fraud")
    host = page.locator("sanket-deck")
    expect(host).to_have_attribute("theme", other)
    turn = page.get_by_test_id("theme-turn")
    expect(turn).to_have_attribute("aria-label", f"Switch to the {scheme} theme")
    turn.press("Enter")
    expect(host).to_have_attribute("theme", scheme)
    page.reload()
    expect(host).to_have_attribute("theme", scheme)
    expect(host).to_have_attribute("view", "fraud")


@pytest.mark.parametrize(("asked", "worn"), [("auto", "light"), ("purple", "light")])
def test_a_theme_that_is_none_follows_the_desktop(
    page: Page, at_start: Served, asked: str, worn: str
) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{at_start.url}/?theme={asked}")
    expect(page.locator("sanket-deck")).to_have_attribute("theme", worn)


def test_an_alert_is_opened_by_the_keyboard_and_leads_on(deck: Page, at_start: Served) -> None:
    fault = {"kind": "latency", "target": "ledger", "add": "1s", "for": "5m"}
    at_start.post("commands", fault=fault, by="Ada")
    at_start.post("step", **{"for": "2s"})
    at_start.wait_until(lambda now: now["state"] == "paused")
    alerts = at_start.get("alerts?topic=FAULT")["alerts"]
    row = deck.get_by_test_id(f"alert-{alerts[0]['alert_id']}")
    expect(row).to_be_visible()
    row.press("Enter")
    drawer = deck.get_by_test_id("drawer-inspect-alert")
    expect(drawer).to_contain_text("Fault: latency on ledger")
    expect(drawer).to_contain_text("still open")
    drawer.get_by_role("button", name="Command: latency on ledger").press("Enter")
    expect(drawer).to_contain_text("latency on ledger, by Ada")
    drawer.get_by_role("button", name="Ledger", exact=True).press("Enter")
    expect(deck.get_by_test_id("drawer-inspect-service")).to_contain_text("latency on ledger")
    deck.keyboard.press("Escape")
    expect(deck.get_by_test_id("drawer-inspect-service")).to_be_hidden()
