"""Sheets of services, payments, agents, campaigns and alerts of a real flight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("solara")
from serving import wait_until

from sanket_sim.core.units import MINUTE_NS
from sanket_sim.dashboard.page.inspectors import sheet_of
from sanket_sim.dashboard.page.inspectors.alert import alert_sheet
from sanket_sim.dashboard.page.inspectors.campaign import campaign_sheet
from sanket_sim.dashboard.page.inspectors.payment import payment_sheet, waterfall_of
from sanket_sim.dashboard.page.inspectors.sheet import Gauges, Sheet, Table, Waterfall
from sanket_sim.dashboard.page.panel import Panel
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.flying.orders import Inspect, Step
from sanket_sim.live.frames.json_text import value_of

LEAKY = """\
name = "leaky"
model = "retail_bank"
seed = 7
start = 2026-11-27T08:00:00
duration = "10m"
[population]
customers = 400
[demand]
rate = "40/s"
[fraud]
rate = 0.05
[controls]
idempotency_key = false
[[trap]]
kind = "duplicate_submit"
probability = 0.3
"""


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlightDeck]:
    folder = tmp_path_factory.mktemp("sheets")
    (folder / "leaky.toml").write_text(LEAKY)
    deck = FlightDeck(folder / "out")
    deck.start(str(folder / "leaky.toml"), speed=10_000)
    deck.ask(Step(MINUTE_NS))
    wait_until(lambda: deck.status.state == "paused")
    yield deck
    deck.hurry()


def leaked(deck: FlightDeck) -> Any:
    """Return an honest payment that leaked: which ones the feed has depends on the machine."""
    rows = deck.body("transactions")["rows"]
    honest = (row for row in reversed(rows) if not row["truth"])
    return next(row for row in honest if row["leak_class"] and row["leak_minor"])


def blocks(sheet: Sheet, title: str) -> Any:
    return next(block for block in sheet.blocks if block.title == title)


def test_a_leaked_payment_shows_the_hop_and_the_money(flown: FlightDeck) -> None:
    row = leaked(flown)
    sheet = sheet_of(flown, Panel("inspect", "payment", str(row["tx_id"])), truth=True)
    assert sheet.chips[0].text == "leaked"
    falls = blocks(sheet, "Hop by hop")
    assert isinstance(falls, Waterfall)
    assert any(bar.leaked and bar.note == "leaked here" for bar in falls.rows)
    assert all(0 <= bar.left <= bar.left + bar.width <= 1 + 1e-9 for bar in falls.rows)
    ledger = blocks(sheet, "Ledger reconciliation")
    assert isinstance(ledger, Table)
    assert any(cell.state == "critical" for cell in ledger.rows[0])


def test_truth_stays_behind_its_switch(flown: FlightDeck) -> None:
    panel = Panel("inspect", "payment", str(leaked(flown)["tx_id"]))
    told = [chip.text for chip in sheet_of(flown, panel, truth=True).chips]
    untold = [chip.text for chip in sheet_of(flown, panel, truth=False).chips]
    assert set(told) - set(untold) == {"trap: duplicate submit"}


def test_an_agent_has_accounts_and_payments(flown: FlightDeck) -> None:
    customer = str(leaked(flown)["customer_id"])
    sheet = sheet_of(flown, Panel("inspect", "agent", customer), truth=False)
    assert "EUR" in blocks(sheet, "Accounts").rows[0][1].text
    assert blocks(sheet, "Latest payments").rows[0][1].link.kind == "payment"


def test_a_campaign_has_members_whom_one_can_open(flown: FlightDeck) -> None:
    campaign = flown.body("agents")["campaigns"][0]
    panel = Panel("inspect", "campaign", str(campaign["campaign_id"]))
    sheet = sheet_of(flown, panel, truth=True)
    assert sheet.title.startswith(campaign["label"].split(" ")[0])
    links = [row[0].link for row in blocks(sheet, "Who takes part").rows]
    assert any(link is not None and link.kind == "agent" for link in links)


def test_a_campaign_says_which_of_its_payments_count(flown: FlightDeck) -> None:
    key = str(flown.body("agents")["campaigns"][0]["campaign_id"])
    body = value_of(flown.ask(Inspect("campaign", key)).body)

    def told(uncounted: int) -> dict[str, str]:
        case = {**body["case"], "uncounted": uncounted}
        sheet = campaign_sheet({**body, "case": case}, "2026-11-27T08:00:00", truth=True)
        return {fact.label: fact.value for fact in blocks(sheet, "").rows}

    assert told(3)["of them in the warm-up"] == "3, not counted on the desk"
    assert "of them in the warm-up" not in told(0)


def test_an_alert_says_its_detail_once(flown: FlightDeck) -> None:
    found = flown.body("alerts")["alerts"][-1]
    body = value_of(flown.ask(Inspect("alert", str(found["alert_id"]))).body)
    detail = body["alert"]["detail"]
    turns = [
        {"at_ns": 0, "severity": "warn", "said": "raised: as it was then"},
        {"at_ns": 1, "severity": "warn", "said": f"over: {detail}"},
    ]
    sheet = alert_sheet({**body, "turns": turns}, "2026-11-27T08:00:00")
    said = [line.text for line in blocks(sheet, "What became of it").rows]
    assert said == ["raised: as it was then", "over"]


def test_every_service_has_a_sheet(flown: FlightDeck) -> None:
    for service in flown.body("metrics")["services"]:
        sheet = sheet_of(flown, Panel("inspect", "service", service["name"]), truth=False)
        assert sheet.target == service["name"]
        assert blocks(sheet, "Load and trouble").rows[0].label == "Utilisation"


def test_a_payment_without_hops_has_no_waterfall(flown: FlightDeck) -> None:
    assert waterfall_of([]).rows == ()
    answer = flown.ask(Inspect("payment", str(leaked(flown)["tx_id"])))
    body = value_of(answer.body) | {"hops": [], "ledger": [], "journals": []}
    titles = [block.title for block in payment_sheet(body, truth=False).blocks]
    assert "Hop by hop" not in titles
    assert "Its life" in titles


def opened(deck: FlightDeck, topic: str) -> Sheet:
    alerts = deck.body("alerts")["alerts"]
    number = next(one["alert_id"] for one in alerts if one["topic"] == topic)
    return sheet_of(deck, Panel("inspect", "alert", str(number)), truth=False)


def test_an_alert_shows_its_figure_against_the_threshold(flown: FlightDeck) -> None:
    sheet = opened(flown, "LEAKAGE")
    assert sheet.chips[1].text == "still open"
    figure = next(block for block in sheet.blocks if isinstance(block, Gauges))
    assert "raised above 0 %, critical from 1.00 %" in figure.note
    assert all(0 <= gauge.value <= 1 and 0 <= gauge.mark <= 1 for gauge in figure.rows)


def test_an_alert_leads_to_its_payments_and_to_what_struck(flown: FlightDeck) -> None:
    sheet = opened(flown, "LEAKAGE")
    payments = blocks(sheet, "Payments that show it")
    for row in payments.rows:
        assert row[1].link.kind == "payment"
        assert len(row) == len(payments.columns) == len(payments.numeric)
    struck = blocks(sheet, "What struck or was commanded around it")
    assert any("duplicate submit, by experiment" in line.text for line in struck.rows)
    assert blocks(sheet, "What became of it").rows[0].text.startswith("raised")


def test_every_alert_has_a_sheet(flown: FlightDeck) -> None:
    for one in flown.body("alerts")["alerts"]:
        panel = Panel("inspect", "alert", str(one["alert_id"]))
        sheet = sheet_of(flown, panel, truth=False)
        assert sheet.title == one["title"]
        assert sheet.target == (one["subject"] if one["subject_kind"] == "service" else "")


def test_an_alert_that_is_not_there_says_so(flown: FlightDeck) -> None:
    sheet = sheet_of(flown, Panel("inspect", "alert", "99999"), truth=False)
    assert sheet.chips[0].text == "unknown"
