"""The transaction feed and the alerts in a browser: filters, keyboard, recycling, rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deck_scene import Scene
from deck_stage import Stage

from sanket_sim.live.frames import Alert, Alerts, Feed, FeedRow

NS = 1_000_000_000
ROWS = "[data-testid^=feed-row-]:visible"
NODES = "document.querySelector('sanket-deck').shadowRoot.querySelectorAll('.feed *').length"
PAUSE_MS = 500
"""Longer than what the feed waits between two rounds of new rows."""


@pytest.fixture(scope="module")
def page(chromium):
    return Stage(chromium)


@pytest.fixture
def stage(page):
    page.begin(Scene("fault").metrics(240.0, "running", 60.0))
    yield page
    assert page.errors == []


ROOMY = {"customer": 66, "payee": 66, "why": 84}
"""Least width of what has words in it [px]."""


def payment(tx_id, verdict="ok", **changes):
    states = {"ok": "ok", "review": "warn", "decline": "critical", "leaked": "critical"}
    row = FeedRow(
        tx_id=tx_id,
        at_ns=tx_id * NS,
        customer="Nora Hansen",
        counterparty="Apple",
        customer_id=7,
        counterparty_id=400,
        kind="card payment",
        channel="card",
        currency="JPY",
        amount_minor=24_865,
        latency_ms=126.0,
        risk=0.25,
        verdict=verdict,
        state=states.get(verdict, "idle"),
        reasons=("new payee",) if verdict == "review" else (),
        leak_class="",
        leak_minor=0,
        root="",
        truth="mule_network" if verdict == "review" else "",
    )
    return replace(row, **changes)


def feed(*rows):
    return Feed(rows, processed=max((row.tx_id for row in rows), default=0))


def shown(stage):
    return [row.get_attribute("data-testid") for row in stage.page.locator(ROWS).all()]


def test_a_payment_reads_like_the_picture(stage):
    stage.send("transactions", feed(payment(60, "review", risk=0.62)))
    words = stage.page.get_by_test_id("feed-row-60").inner_text()
    for part in ("08:01:00", "Nora Hansen", "Apple", "¥24,865", "0.62", "new payee", "review"):
        assert part in words


def test_who_needs_no_reasons_tells_the_type_in_their_place(stage):
    stage.send("transactions", feed(payment(1), payment(2, "review")))
    told = [stage.page.get_by_test_id(f"feed-row-{one}").locator(".feed-why") for one in (1, 2)]
    assert [cell.inner_text() for cell in told] == ["card payment", "new payee"]


@pytest.mark.parametrize("view", ["resilience", "fraud"])
@pytest.mark.parametrize("size", [(1400, 850), (1440, 900), (1680, 1020), (1920, 1080)], ids=str)
def test_reasons_and_people_have_room_at_every_size(chromium, size, view):
    made = Stage(chromium, size)
    turn = "document.querySelector('sanket-deck').setAttribute"
    made.page.evaluate(f"{turn}('view', '{view}'); {turn}('truth', '')")
    long = payment(1, "review", reasons=("unusual amount", "rapid in out", "new payee"))
    made.send("transactions", feed(long, payment(2)))
    row = made.page.get_by_test_id("feed-row-1")
    widths = {one: row.locator(f".feed-{one}").bounding_box()["width"] for one in ROOMY}
    assert all(widths[one] >= least for one, least in ROOMY.items()), widths
    cut = "cells => cells.filter((td) => td.scrollWidth > td.clientWidth).map((td) => td.className)"
    figures = row.locator(".feed-time, .feed-amount, .feed-risk, .feed-truth, .feed-verdict")
    assert figures.evaluate_all(cut) == []
    heights = {box["height"] for box in made.boxes(ROWS)}
    assert max(heights) - min(heights) < 1
    made.page.close()


@pytest.mark.parametrize("width", [1280, 1440, 1680])
def test_chips_of_every_verdict_stand_whole_above_the_rows(chromium, width):
    made = Stage(chromium, (width, 900))
    verdicts = ("ok", "review", "step-up", "decline", "blocked", "leaked", "failed", "refused")
    made.send("transactions", feed(*(payment(at, one) for at, one in enumerate(verdicts))))
    chips, title = made.boxes(".feed-chip:visible"), made.boxes(".feed .card-title")[0]
    rows = made.boxes("[data-testid=feed]")[0]
    assert len(chips) == len(verdicts)
    assert max(chip["y"] + chip["height"] for chip in chips) <= rows["y"]
    assert min(chip["x"] for chip in chips) >= title["x"] + title["width"]
    made.page.close()


def test_the_newest_come_first_and_frames_may_repeat_rows(stage):
    stage.send("transactions", feed(payment(1), payment(2)))
    stage.send("transactions", feed(payment(2), payment(3)))
    assert shown(stage) == ["feed-row-3", "feed-row-2", "feed-row-1"]


def test_rows_are_recycled(stage):
    stage.send("transactions", feed(*(payment(number) for number in range(60))))
    before = stage.page.evaluate(NODES)
    for first in range(60, 120, 20):
        stage.wait(PAUSE_MS)
        stage.send("transactions", feed(*(payment(first + one) for one in range(20))))
    assert len(shown(stage)) == 60
    assert shown(stage)[0] == "feed-row-119"
    assert stage.page.evaluate(NODES) == before


def test_the_newest_stay_in_sight(stage):
    stage.send("transactions", feed(*(payment(number) for number in range(60))))
    for number in range(60, 63):
        stage.wait(PAUSE_MS)
        stage.send("transactions", feed(payment(number)))
    header = stage.boxes("[data-testid=feed] thead")[0]
    newest = stage.boxes("[data-testid=feed-row-62]")[0]
    assert abs(newest["y"] - header["y"] - header["height"]) < 2


def test_of_many_payments_the_flagged_get_through(stage):
    stage.send("transactions", feed(*(payment(number) for number in range(60))))
    stage.wait(PAUSE_MS)
    crowd = [payment(number) for number in range(60, 100)]
    crowd[11] = payment(71, "leaked")
    stage.send("transactions", feed(*crowd))
    assert "feed-row-71" in shown(stage)
    assert len(set(shown(stage)) & {f"feed-row-{row.tx_id}" for row in crowd}) < len(crowd)


def test_what_a_step_brings_is_shown_whole(stage):
    stage.send("transactions", feed(*(payment(number) for number in range(60))))
    stage.send("metrics", Scene("fault").metrics(241.0, "paused", 60.0))
    stage.send("transactions", feed(*(payment(number) for number in range(60, 100))))
    assert shown(stage)[:40] == [f"feed-row-{number}" for number in range(99, 59, -1)]


def test_what_is_told_late_stands_where_it_ended(stage):
    stage.send("transactions", feed(payment(5), payment(9)))
    stage.send("transactions", feed(payment(5), payment(9), payment(7)))
    assert shown(stage) == ["feed-row-9", "feed-row-7", "feed-row-5"]


def test_filters_show_only_what_is_wanted(stage):
    stage.send("transactions", feed(payment(1), payment(2, "review"), payment(3, "decline")))
    verdicts = ("review", "decline")
    review, decline = (stage.page.get_by_test_id(f"feed-filter-{one}") for one in verdicts)
    assert review.inner_text() == "Review 1"
    review.click()
    assert shown(stage) == ["feed-row-2"]
    decline.click()
    assert shown(stage) == ["feed-row-3", "feed-row-2"]
    review.click()
    decline.click()
    assert len(shown(stage)) == 3


def test_a_payment_is_reached_and_opened_by_keyboard(stage):
    stage.send("transactions", feed(payment(1), payment(2), payment(3)))
    stage.page.get_by_test_id("feed-row-3").focus()
    for key in ("ArrowDown", "Enter", "ArrowRight", "Enter", "End", "Enter"):
        stage.page.keyboard.press(key)
    assert stage.inspected == [
        {"kind": "payment", "key": "2"},
        {"kind": "agent", "key": "7"},
        {"kind": "payment", "key": "1"},
    ]


def test_only_one_row_is_a_stop_of_the_tab_key(stage):
    stage.send("transactions", feed(*(payment(number) for number in range(10))))
    stops = "[data-testid^=feed-row-][tabindex='0']"
    assert stage.page.locator(stops).count() == 1


def test_the_list_rests_while_somebody_reads(stage):
    stage.send("transactions", feed(*(payment(number) for number in range(40))))
    stage.page.get_by_test_id("feed-row-39").hover()
    stage.wait(PAUSE_MS)
    stage.send("transactions", feed(payment(50), payment(51)))
    assert shown(stage)[0] == "feed-row-39"
    assert stage.page.get_by_test_id("feed-held").inner_text() == "Paused · 2 new"
    stage.page.get_by_test_id("feed-held").click()
    assert shown(stage)[0] == "feed-row-51"


def test_reasons_are_told_on_hover(stage):
    stage.send("transactions", feed(payment(1, "review")))
    stage.page.get_by_test_id("feed-row-1").hover()
    assert stage.page.locator(".feed-tip").inner_text() == "TX-0000001 review: new payee"


def test_truth_is_shown_on_demand_alone(stage):
    stage.send("transactions", feed(payment(1, "review")))
    truth = stage.page.locator("td.feed-truth").first
    assert not truth.is_visible()
    stage.page.evaluate("document.querySelector('sanket-deck').setAttribute('truth', '')")
    assert truth.is_visible()
    assert truth.inner_text() == "mule network"


def test_another_run_begins_with_an_empty_list(stage):
    stage.send("transactions", feed(payment(900)))
    stage.begin(Scene("fault").metrics(1.0, "running", 60.0))
    stage.send("transactions", feed(payment(1)))
    assert shown(stage) == ["feed-row-1"]


@pytest.mark.parametrize("width", [360, 700, 1400])
def test_no_column_leaves_the_card(chromium, width):
    made = Stage(chromium, (width, 850))
    made.send("transactions", feed(*(payment(number, "review") for number in range(9))))
    card = made.boxes("[data-testid=card-feed]")[0]
    pills = made.boxes(".feed-pill:visible")
    assert len(pills) == 9
    assert max(pill["x"] + pill["width"] for pill in pills) <= card["x"] + card["width"]
    made.page.close()


def alert(number, severity="warn", end=None, topic="SLO", **changes):
    one = Alert(number, topic, severity, f"Alert {number}", "detail", number * NS, end and end * NS)
    return replace(one, **changes)


def alerts(*given):
    return Alerts(given, sum(one.end_ns is None for one in given))


def listed(stage):
    rows = stage.page.locator("[data-testid=alerts] [data-testid^=alert-]").all()
    return [row.get_attribute("data-testid") for row in rows]


def test_open_alerts_come_first_and_ended_ones_say_how_long_they_lasted(stage):
    stage.send("alerts", alerts(alert(9, end=99), alert(7), alert(5)))
    assert listed(stage) == ["alert-7", "alert-5", "alert-9"]
    assert stage.page.get_by_test_id("alerts-open").inner_text() == "2 open"
    assert "over after 1 min 30 s" in stage.page.get_by_test_id("alert-9").inner_text()


def test_an_alert_opens_by_its_number_whatever_it_is_about(stage):
    stage.send("alerts", alerts(alert(1, subject_kind="service", subject="ledger"), alert(2)))
    stage.page.get_by_test_id("alert-2").click()
    stage.page.get_by_test_id("alert-1").press("Enter")
    assert stage.inspected == [{"kind": "alert", "key": "2"}, {"kind": "alert", "key": "1"}]


def test_alerts_are_filtered_by_topic(stage):
    stage.send("alerts", alerts(alert(1), alert(2, topic="FRAUD")))
    stage.page.get_by_test_id("alerts-filter").select_option("FRAUD")
    assert listed(stage) == ["alert-2"]


def test_new_critical_alerts_alone_are_read_out(stage):
    voice = stage.page.get_by_test_id("alerts-voice")
    stage.send("alerts", alerts(alert(1, "critical")))
    stage.send("alerts", alerts(alert(2), alert(1, "critical")))
    assert voice.inner_text() == ""
    stage.send("alerts", alerts(alert(3, "critical"), alert(2), alert(1, "critical")))
    assert voice.inner_text() == "Critical: Alert 3. detail"


def test_a_long_title_of_an_alert_is_told_whole(stage):
    title = "Books and customers disagree: 884 payments"
    stage.send("alerts", alerts(alert(1, title=title)))
    cut = stage.page.locator(".alerts-title").evaluate(
        "told => told.scrollHeight > told.clientHeight + 1 || told.scrollWidth > told.clientWidth"
    )
    assert not cut


def test_no_alert_is_cut_off_at_rest(stage):
    stage.send("alerts", alerts(*(alert(number) for number in range(30, 0, -1))))
    room = stage.boxes("[data-testid=alerts]")[0]
    rows = stage.boxes("[data-testid=alerts] li")
    bottom = room["y"] + room["height"]
    cut = [row for row in rows if row["y"] < bottom - 1 < bottom + 1 < row["y"] + row["height"]]
    assert len(rows) == 30
    assert cut == []
