"""The pace of a flight, told by a wall clock of the test's own, and what leaves it to be shown."""

import os
from multiprocessing import Pipe

import pytest
from flown import PATIENCE_S

from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.live.feed import ROWS_KEPT
from sanket_sim.live.flying.orders import Answer
from sanket_sim.live.flying.outbox import Outbox
from sanket_sim.live.flying.pace import Pace
from sanket_sim.live.flying.projector import INTERVALS_S, Projector
from sanket_sim.live.frames import Frame, RunStatus
from sanket_sim.live.frames.json_text import json_of, object_of


class Wall:
    """A clock that stands until it is put on."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def wall(monkeypatch):
    clock = Wall()
    for module in ("pace", "projector"):
        monkeypatch.setattr(f"sanket_sim.live.flying.{module}.wall_s", clock)
    return clock


def test_the_speed_reached_is_that_of_the_last_two_seconds(wall):
    pace = Pace(60.0)
    assert pace.reached == 0.0, "nothing has been seen yet"
    for _ in range(10):
        wall.now_s += 1.0
        pace.note(int((wall.now_s - 100.0) * 5 * NS_PER_S))
    assert pace.reached == pytest.approx(5.0)
    slower_ns = 50 * NS_PER_S
    for _ in range(3):
        wall.now_s += 1.0
        slower_ns += 2 * NS_PER_S
        pace.note(slower_ns)
    assert pace.reached == pytest.approx(2.0)


def test_another_speed_counts_from_the_instant_at_which_it_was_asked_for(wall):
    pace = Pace(10.0)
    wall.now_s += 4.0
    assert pace.ahead_s(40 * NS_PER_S) == pytest.approx(0.0)
    pace.set_speed(1.0, 40 * NS_PER_S)
    assert pace.ahead_s(41 * NS_PER_S) == pytest.approx(1.0)
    pace.set_speed(100.0, 41 * NS_PER_S)
    assert pace.ahead_s(141 * NS_PER_S) == pytest.approx(1.0)


def test_one_slow_tick_does_not_make_a_slow_machine(wall):
    pace = Pace(10_000.0)
    pace.begin(0)
    wall.now_s += 1.0
    pace.note(8 * NS_PER_S)
    assert pace.slice_ns == NS_PER_S, "it carries out eight seconds in one"
    wall.now_s += 1.0
    pace.note(8 * NS_PER_S + 500 * NS_PER_MS)
    assert pace.slice_ns == pytest.approx((0.8 * 8 + 0.2 * 0.5) / 8 * NS_PER_S)


def test_what_waits_leaves_before_the_box_is_closed():
    reader, writer = Pipe(duplex=False)
    outbox = Outbox(writer)
    outbox.put(Answer(1, os.urandom(1 << 18)))  # stuck in a pipe too small for it
    for number in (2, 3):
        outbox.put(Answer(number))
    outbox._closed = True  # as `close` says, without its wait: nobody reads yet
    for number in (1, 2, 3):
        assert reader.poll(PATIENCE_S), "what waits is sent"
        assert reader.recv().number == number
    outbox.close()


def frame(topic, sequence, **body):
    return Frame(1, topic, sequence, json_of(body))


def last_frame(*frames):
    """Return what comes of frames that are put while nothing can leave."""
    reader, writer = Pipe(duplex=False)
    outbox = Outbox(writer)
    outbox.put(Answer(1, os.urandom(1 << 18)))  # stuck in a pipe too small for it
    for one in frames:
        outbox.put(one)
    assert reader.recv().number == 1
    assert reader.poll(PATIENCE_S), "what waits is sent"
    left = reader.recv()
    outbox.close()
    assert not reader.poll(), "one frame took the place of the others"
    return left, object_of(left.body)


def test_rows_of_the_feed_outlast_the_frame_that_was_to_bring_them():
    rows = [{"tx_id": number} for number in range(ROWS_KEPT + 5)]
    pieces = (rows[:3], rows[3:9], [], rows[9:])
    frames = [
        frame("transactions", number, rows=some, processed=number)
        for number, some in enumerate(pieces)
    ]
    left, body = last_frame(*frames[:3])
    assert (left.sequence, body["processed"], body["rows"]) == (2, 2, rows[:9])
    _, body = last_frame(*frames)
    assert body["rows"] == rows[-ROWS_KEPT:], "no more than anybody keeps"


def test_points_of_the_charts_outlast_the_frame_that_was_to_bring_them():
    def points(*indices, made):
        return [{"index": index, "made": made} for index in indices]

    left, body = last_frame(
        frame("metrics", 1, points=points(0, 1, 2, made=1), stretch="early"),
        frame("metrics", 2, points=points(2, 3, made=2), stretch="late"),
    )
    assert (left.sequence, body["stretch"]) == (2, "late")
    assert body["points"] == points(0, 1, made=1) + points(2, 3, made=2)


@pytest.mark.parametrize("topic", ["alerts", "fraud_alerts", "agents"])
def test_of_what_tells_how_things_stand_the_newer_frame_tells_all(topic):
    _, body = last_frame(frame(topic, 1, alerts=[1, 2]), frame(topic, 2, alerts=[3]))
    assert body == {"alerts": [3]}


class Scenery:
    """A picture that counts how often somebody looks at it."""

    def __init__(self) -> None:
        self.looks = dict.fromkeys(INTERVALS_S, 0)

    def body(self, topic, status):
        del status
        self.looks[topic] += 1
        return {"look": self.looks[topic]}


class Tray:
    """Takes frames, and lets none go until it is told to."""

    def __init__(self) -> None:
        self.frames = {}

    def put(self, frame) -> None:
        self.frames[frame.topic] = frame

    def holds(self, topic) -> bool:
        return topic in self.frames


STATUS = RunStatus(1, "e", "", "m", 0, "running", 0, 1, 1, "", 1.0, 1.0)


def test_a_frame_is_built_when_it_is_due_and_the_last_one_has_left(wall):
    scenery, tray = Scenery(), Tray()
    projector = Projector(scenery, tray, lambda: STATUS)
    projector.show()
    wall.now_s += 10.0
    projector.show_due()
    assert set(scenery.looks.values()) == {1}, "nobody has taken the first ones"
    tray.frames.clear()
    projector.show_due()
    assert set(scenery.looks.values()) == {2}
    assert {frame.sequence for frame in tray.frames.values()} == {2}
    tray.frames.clear()
    wall.now_s += 0.3
    projector.show_due()
    assert set(tray.frames) == {"metrics", "transactions", "alerts"}, "the others are not due"
