"""What the deck draws: lines, stretches, widths and places, read back from what was drawn."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from deck_scene import Scene
from deck_stage import Stage

from sanket_sim.core.shares import percent
from sanket_sim.live.frames import Disturbance, EdgeNow, Feed, FeedRow, Point, Replica
from sanket_sim.live.meters.figures import TIMES

NS = 1_000_000_000
T_S = 240.0
POINT = Scene("fault").point(0)


@pytest.fixture(scope="module")
def calm():
    return Scene("fault").metrics(T_S, "paused", 60.0)


@pytest.fixture(scope="module")
def page(chromium):
    return Stage(chromium)


@pytest.fixture
def stage(page, calm):
    page.begin(replace(calm, points=(), disturbances=()))
    yield page
    assert page.errors == []


def points(*changes) -> tuple[Point, ...]:
    """Return a point for each second, changed as is said."""
    return tuple(
        replace(POINT, index=index, end_ns=(index + 1) * NS, **one)
        for index, one in enumerate(changes)
    )


def drawn(stage, chart):
    """Return what a chart has been told: values by series, and where its background is shaded."""
    return stage.page.evaluate(
        """async (chart) => {
          const { getInstanceByDom } = await import("/vendor/echarts.esm.min.js");
          const root = document.querySelector("sanket-deck").shadowRoot;
          const canvas = root.querySelector(`[data-testid=chart-${chart}] .chart-canvas`);
          const { series } = getInstanceByDom(canvas).getOption();
          const shaded = series.flatMap(({ markArea }) => markArea?.data ?? []);
          const values = series.map(({ name, data }) => [name, data.map((mark) => mark[1])]);
          return {
            values: Object.fromEntries(values),
            shaded: shaded.map(([from, until]) => until.xAxis - from.xAxis),
          };
        }""",
        chart,
    )


def disturbance(number, begin_s, end_s, *, trap=False, by="experiment"):
    label = f"pause {number}"
    return Disturbance(number, "pause", "", label, begin_s * NS, end_s * NS, by, trap)


class TestCharts:
    def test_causes_of_leaks_are_heaped_in_per_cent(self, stage, calm) -> None:
        leaks = [{"LOST": 0.02, "LATE": 0.01}, {"LOST": 0.04}]
        told = points(*({"leaks": one, "leak_share": sum(one.values())} for one in leaks))
        stage.send("metrics", replace(calm, points=told))
        values = drawn(stage, "leakage")["values"]
        assert list(values) == ["lost", "late"]
        assert values["lost"] == pytest.approx([2.0, 4.0])
        assert values["late"] == pytest.approx([3.0, 4.0])

    def test_points_that_would_lie_too_close_are_averaged(self, stage, calm) -> None:
        told = points(*({"completed": float(one % 2)} for one in range(2000)))
        stage.send("metrics", replace(calm, points=told))
        stage.page.evaluate("document.querySelector('sanket-deck').reach = 'whole'")
        stage.settle()
        values = drawn(stage, "throughput")["values"]["completed"]
        stage.page.evaluate("document.querySelector('sanket-deck').reach = 'last'")
        assert len(values) < 1000
        assert max(values) <= 1.0
        assert sum(values) / len(values) == pytest.approx(0.5, abs=0.1)

    def test_faults_are_shaded_as_one_where_they_meet_and_traps_are_not(self, stage, calm) -> None:
        told = (
            disturbance(0, 10, 20),
            disturbance(1, 15, 30),
            disturbance(2, 40, 50),
            disturbance(3, 0, 400, trap=True),
        )
        stage.send("metrics", replace(calm, points=points({}, {}), disturbances=told))
        assert drawn(stage, "throughput")["shaded"] == [20_000, 10_000]

    def test_more_stands_higher_in_a_tile(self, stage, calm) -> None:
        told = points(*({"completed": 10.0 * one} for one in range(5)))
        stage.send("metrics", replace(calm, points=told))
        path = stage.page.locator("[data-testid=tile-throughput] path.line").get_attribute("d")
        heights = [float(mark.split()[1]) for mark in path[1:].split("L")]
        assert heights == sorted(heights, reverse=True)
        assert heights[0] > heights[-1]


class TestPoints:
    KEPT = """async ([frames, fromNs]) => {
      const { Points } = await import("/deck/points.js");
      const points = new Points();
      for (const [told, lengthNs] of frames) points.add(told, lengthNs);
      return points.since(fromNs ?? -1).map(({ index, completed }) => [index, completed]);
    }"""

    def kept(self, stage, *frames, from_ns=-1):
        told = [[[asdict(one) for one in some], length] for some, length in frames]
        return stage.page.evaluate(self.KEPT, [told, from_ns])

    def test_the_newest_may_still_change_and_older_ones_do_not(self, stage) -> None:
        first = points({"completed": 1.0}, {"completed": 2.0})
        later = points({"completed": 7.0}, {"completed": 8.0})
        assert self.kept(stage, (first, NS), (later, NS)) == [[0, 1.0], [1, 8.0]]

    def test_points_of_another_length_take_the_place_of_all(self, stage) -> None:
        first = points(*({"completed": 1.0} for _ in range(4)))
        assert self.kept(stage, (first, NS), (points({"completed": 5.0}), 2 * NS)) == [[0, 5.0]]

    def test_what_ended_since_an_instant(self, stage) -> None:
        told = points(*({"completed": 1.0} for _ in range(4)))
        assert self.kept(stage, (told, NS), from_ns=2 * NS) == [[2, 1.0], [3, 1.0]]


class TestTimeline:
    def test_windows_that_meet_lie_in_lanes_of_their_own(self, stage, calm) -> None:
        told = (disturbance(0, 100, 200), disturbance(1, 150, 250), disturbance(2, 200, 300))
        stage.send("metrics", replace(calm, disturbances=told))
        lanes = [
            stage.page.get_by_test_id(f"disturbance-{one.fault_id}").evaluate(
                "window => window.style.getPropertyValue('--lane')"
            )
            for one in told
        ]
        assert lanes == ["0", "1", "0"]

    def test_a_window_says_whether_it_is_to_come_on_or_over(self, stage, calm) -> None:
        told = (disturbance(0, 300, 310), disturbance(1, 200, 280), disturbance(2, 10, 20))
        stage.send("metrics", replace(calm, disturbances=told))
        details = stage.page.get_by_test_id("disturbance-details")
        for number, phase in enumerate(("still to come", "active now", "over")):
            stage.page.get_by_test_id(f"disturbance-{number}").focus()
            assert phase in details.inner_text()

    def test_the_playhead_stands_where_the_run_does(self, stage, calm) -> None:
        stage.send("metrics", calm)
        left = stage.page.locator(".time-head").evaluate("head => parseFloat(head.style.left)")
        assert left == pytest.approx(100 * calm.run.now_ns / calm.run.end_ns, abs=0.01)

    def test_what_finds_no_lane_is_listed_and_no_label_meets_another(self, stage, calm) -> None:
        told = tuple(
            replace(disturbance(at, 100 + at, 300 + at), by="Ada", label=f"latency on service {at}")
            for at in range(8)
        )
        stage.send("metrics", replace(calm, disturbances=told))
        more = stage.page.get_by_test_id("disturbances-more")
        assert more.inner_text() == "+5 more"
        more.focus()
        details = stage.page.get_by_test_id("disturbance-details").inner_text()
        laid = stage.page.locator("[data-testid^=disturbance-]:is(button)")
        shown = [one.get_attribute("data-testid") for one in laid.all()]
        for one in told:
            listed = one.label.capitalize() in details
            assert listed != (f"disturbance-{one.fault_id}" in shown), one.label
        boxes = stage.boxes(".time-window-word:visible")
        assert len(boxes) == 3
        tops = [box["y"] for box in boxes]
        assert len(set(tops)) == len(tops)
        assert stage.page.locator(".time-marks i").count() == len(told)

    def test_a_label_goes_where_it_has_room(self, stage, calm) -> None:
        told = (disturbance(0, 100, 110), disturbance(1, 115, 125))
        stage.send("metrics", replace(calm, disturbances=told))
        words = stage.page.locator(".time-window-word")
        cut = "words => words.map((word) => word.scrollWidth > word.clientWidth)"
        assert words.evaluate_all(cut) == [False, False]

    def test_the_warm_up_is_marked_up_to_its_end(self, stage, calm) -> None:
        run = replace(calm.run, counts_from_ns=calm.run.end_ns // 4)
        stage.send("metrics", replace(calm, run=run))
        assert stage.page.locator(".time-warm").evaluate("it => it.style.width") == "25%"
        assert stage.page.locator(".time-warm-word").inner_text() == "warm-up"


PERCENT = """async (shares) => {
  const { percent } = await import("/deck/format.js");
  return shares.map((share) => percent(share));
}"""
SHARES = (
    *(0.0, 1.0, 0.5, 0.0755, 0.912, 0.0462, 0.1, 0.01, 0.001, 0.0001, 1e-6, 3.1e-7, 1e-9, 0.00031),
    *(0.9, 0.99, 0.999, 0.9987, 0.9999, 0.99999, 0.999999, 0.3333, 2 / 3, 1.2, 0.0999, 0.98996),
)


def test_shares_are_written_as_everywhere_else(stage) -> None:
    written = stage.page.evaluate(PERCENT, SHARES)
    assert written == [f"{percent(share)} %" for share in SHARES]


def test_a_narrow_legend_keeps_the_worst_latency_with_its_unit(stage, calm) -> None:
    slow = {"p50_ms": 25_228.0, "p95_ms": 95_082.0, "p99_ms": 1_020_000.0}
    stage.send("metrics", replace(calm, points=points(slow, slow)))
    told = stage.page.locator("[data-testid=chart-latency] .legend-entry").first
    assert told.inner_text().split() == ["p99", "17", "min"]
    room = stage.page.locator("[data-testid=chart-latency] .legend").bounding_box()
    box = told.bounding_box()
    assert box["x"] >= room["x"]
    assert box["y"] + box["height"] <= room["y"] + room["height"] + 1


MOST = """async (highs) => {
  const { StickyScale } = await import("/deck/scales.js");
  return highs.map((high) => new StickyScale({ floor: 0.3, most: 100 }).fit(0, high));
}"""


def test_an_axis_of_shares_ends_where_all_is_reached(stage) -> None:
    ranges = stage.page.evaluate(MOST, [70.0, 96.0, 100.0])
    assert [one["max"] for one in ranges] == [75, 100, 100]
    assert ranges[2] == {"min": 0, "max": 100, "interval": 25}


SLOTTED = """(slot) => {
  const deck = document.querySelector("sanket-deck");
  deck.replaceChildren(...(slot ? [Object.assign(document.createElement("div"), { slot })] : []));
  window.played = 0;
  if (slot) deck.addEventListener("sanket-play", () => (window.played += 1), { once: true });
}"""


def test_the_invitation_asks_the_host_to_play_where_it_has_controls(stage, calm) -> None:
    ready = replace(calm, run=replace(calm.run, state="ready"))
    button = stage.page.get_by_test_id("invitation-play")
    stage.page.evaluate(SLOTTED, "")
    stage.send("metrics", ready)
    assert not button.is_visible()
    stage.page.evaluate(SLOTTED, "controls")
    stage.send("metrics", ready)
    button.click()
    assert stage.page.evaluate("window.played") == 1
    stage.page.evaluate(SLOTTED, "")


class TestHeader:
    def test_the_speed_that_is_reached_stands_before_the_one_that_was_asked_for(
        self, stage, calm
    ) -> None:
        run = replace(calm.run, state="running", speed=60.0, speed_reached=12.0)
        stage.send("metrics", replace(calm, run=run))
        assert stage.page.get_by_test_id("speed-reached").inner_text() == f"12{TIMES} of 60{TIMES}"


class TestMap:
    def test_an_edge_is_as_wide_as_the_root_of_its_rate_and_coloured_by_its_state(
        self, stage, calm
    ) -> None:
        edges = (
            EdgeNow("client", "channels", 400.0, 0.0, 0.0, "", "ok"),
            EdgeNow("channels", "gateway", 100.0, 0.02, 0.0, "", "warn"),
            EdgeNow("gateway", "payment", 100.0, 0.5, 0.0, "", "critical"),
            EdgeNow("gateway", "cards", 0.0, 0.0, 0.0, "", "idle"),
        )
        stage.send("metrics", replace(calm, edges=edges))
        looks = stage.page.evaluate(
            """() => [...document.querySelector("sanket-deck").shadowRoot
                .querySelectorAll("[data-edge]")].map((edge) => [edge.dataset.edge,
                    [edge.dataset.state, Number(edge.firstChild.getAttribute("stroke-width"))]])"""
        )
        looks = dict(looks)
        states = [looks[f"{one.caller}->{one.callee}"][0] for one in edges]
        widths = [looks[f"{one.caller}->{one.callee}"][1] for one in edges]
        assert states == ["ok", "warn", "critical", "idle"]
        assert widths[1] - widths[3] == pytest.approx((widths[0] - widths[3]) / 2, abs=0.25)

    def test_many_replicas_are_counted_by_how_many_are_up(self, stage, calm) -> None:
        ledger = next(one for one in calm.services if one.name == "ledger")
        states = ["UP"] * 5 + ["DOWN"] * 3
        many = replace(ledger, replicas=tuple(Replica(state, 0, 4) for state in states))
        services = tuple(many if one.name == "ledger" else one for one in calm.services)
        stage.send("metrics", replace(calm, services=services))
        card = stage.page.get_by_test_id("service-ledger")
        assert card.locator(".map-replicas").inner_text() == "5/8"


SEEN = """async ([crowd, truth]) => {
  const { sceneOf, countsOf } = await import("/deck/agents_scene.js");
  const scene = sceneOf(crowd, truth, { width: 500, height: 300 });
  return { counts: countsOf(scene.dots), campaigns: scene.campaigns.length,
    hot: scene.hot.length, quiet: scene.quiet.length };
}"""


def test_without_the_truth_nobody_is_a_criminal_whom_the_bank_has_not_found(stage) -> None:
    def dot(number, role, found=False):
        place = {"x": 0.5, "y": 0.5, "state": "ok", "name": ""}
        return {"agent_id": number, "role": role, "found": found} | place

    crowd = {
        "dots": [dot(1, "customer"), dot(2, "mule"), dot(3, "fraudster"), dot(4, "mule", True)],
        "campaigns": [
            {"campaign_id": 1, "agents": [2, 3], "found": False},
            {"campaign_id": 2, "agents": [4], "found": True},
        ],
        "flows": [
            {"debtor": 3, "creditor": 2, "campaign_id": 1, "amount_minor": 0},
            {"debtor": 1, "creditor": 4, "campaign_id": 2, "amount_minor": 5},
        ],
    }
    blind = stage.page.evaluate(SEEN, [crowd, False])
    assert blind["counts"] == {"customer": 2, "merchant": 0, "mule": 1, "fraudster": 0}
    assert (blind["campaigns"], blind["hot"], blind["quiet"]) == (1, 1, 0)
    whole = stage.page.evaluate(SEEN, [crowd, True])
    assert whole["counts"] == {"customer": 1, "merchant": 0, "mule": 2, "fraudster": 1}
    assert (whole["campaigns"], whole["hot"]) == (2, 2)


QUEUE = """async (scores) => {
  const { AlertQueue } = await import("/deck/desk_queue.js");
  const queue = new AlertQueue(() => {});
  const alerts = scores.map((score, at) => ({ alert_id: at, begin_ns: at, severity: "warn",
    evidence: { score, progress: "waiting", reasons: [], decision: "review", currency: "" } }));
  queue.filter.value = "score";
  queue.show({ alerts }, { start: "2026-11-27T08:00:00", truth: false });
  return [...queue.list.querySelectorAll("button")].map((row) => row.dataset.testid);
}"""


def test_by_score_the_highest_come_first_and_the_newest_of_equals(stage) -> None:
    rows = stage.page.evaluate(QUEUE, [0.5, None, 0.9, 0.5])
    assert rows == [f"fraud-alert-{number}" for number in (2, 3, 0, 1)]


TRUTHS = """async (truths) => {
  const { AlertQueue } = await import("/deck/desk_queue.js");
  const queue = new AlertQueue(() => {});
  const alerts = truths.map((truth, at) => ({ alert_id: at, begin_ns: at, severity: "warn",
    evidence: { truth, score: 0.5, progress: "waiting", reasons: [], decision: "review",
      currency: "" } }));
  queue.show({ alerts }, { start: "2026-11-27T08:00:00", truth: true });
  return [...queue.list.querySelectorAll(".desk-truth")].map((one) => one.textContent).reverse();
}"""


def test_nobody_is_called_honest_before_it_is_known(stage) -> None:
    told = stage.page.evaluate(TRUTHS, ["account_takeover", "", None])
    assert told == ["account takeover", "honest", "not known yet"]


STORE = """async (count) => {
  const { PaymentStore } = await import("/deck/feed_store.js");
  const store = new PaymentStore();
  for (let number = 0; number < count; number += 1) {
    store.queue([{ tx_id: number, at_ns: number, verdict: "ok" }]);
    store.admit(true);
  }
  return store.newest(new Set(), count).map((row) => row.tx_id);
}"""


def test_a_full_store_lets_the_oldest_payments_go(stage) -> None:
    kept = stage.page.evaluate(STORE, 300)
    assert 60 <= len(kept) < 300
    assert kept == list(range(299, 299 - len(kept), -1))


def come_back(stage) -> None:
    """Cut the line, and wait until the deck has one again."""
    stage._sockets.pop().close()
    for _ in range(3_000):
        if stage._sockets:
            break
        stage.wait(20)
    stage.page.wait_for_function("document.querySelector('sanket-deck').connection === 'open'")


def test_a_server_that_has_begun_anew_behind_a_number_of_old_is_noticed(stage, calm) -> None:
    row = FeedRow(
        7, NS, "Nora", "Shop", 1, 2, "transfer", "app", "EUR", 5, 1.0, 0.1, "ok", "ok",
        (), "", 0, "", "",
    )  # fmt: skip
    rows = stage.page.locator("[data-testid^=feed-row-]:visible")
    stage.send("metrics", calm)
    stage.send("transactions", Feed((row,), 1))
    assert rows.count() == 1
    come_back(stage)
    assert stage.page.evaluate("document.querySelector('sanket-deck').link.tries") == 0
    stage.send("metrics", calm)
    assert rows.count() == 1, "only the line was lost"
    come_back(stage)
    stage.send("metrics", replace(calm, run=replace(calm.run, now_ns=NS)))
    assert rows.count() == 0
