"""The pages that explain the API, in a real browser: nothing is asked of another host."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from serving import served

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.app import create_app


def test_the_api_is_explained_without_the_internet(page: Page) -> None:
    hosts: set[str] = set()
    complaints: list[str] = []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with served(create_app(FlightDeck())) as port:
        page.goto(f"http://127.0.0.1:{port}/docs")
        expect(page.get_by_role("heading", name="Sanket")).to_be_visible()
        expect(page.locator("#operations-tag-run")).to_be_visible()
        page.locator("[id$='status_api_status_get'] .opblock-summary-control").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text(
            "200"
        )
        page.goto("about:blank")
    assert hosts <= {f"127.0.0.1:{port}", ""}
    assert not complaints
