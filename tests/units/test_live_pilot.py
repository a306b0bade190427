"""Steering a run: on the dot, at once, honestly recorded, and without a trace of who looked."""

import os
import time
from multiprocessing import Pipe

import pytest
from flown import STALL, Aloft, file_of, written

from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.live.flying.orders import Give, Inspect, LookUp, Pause, Play, SetSpeed, Step, Stop
from sanket_sim.live.flying.outbox import Outbox
from sanket_sim.live.flying.pace import Pace
from sanket_sim.live.flying.pilot import NeverFlownError
from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import value_of
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.trace.reader import Trace

LAZY = Options(report=False)


@pytest.fixture
def small(tmp_path):
    return file_of(tmp_path)


@pytest.fixture(scope="module")
def unwatched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unwatched")
    return run_once(resolve(file_of(folder)), Options(out=folder / "out", report=False))


def test_a_run_waits_for_play_and_is_then_flown_to_its_end(small, tmp_path):
    flight = Aloft(small, tmp_path / "out")
    assert flight.status["state"] == "ready"
    assert flight.status["file"] == small.name
    assert flight.status["title"] == small.stem.capitalize()
    assert flight.status["now_ns"] == 0
    flight.ask(Play())
    assert flight.land().complete
    assert flight.status["processed"] > 100


def test_a_step_ends_on_the_dot_whatever_the_speed(small, tmp_path):
    flight = Aloft(small, tmp_path / "out", speed=10_000.0)
    for step_ns in (NS_PER_S, 300 * NS_PER_MS, 1, 2 * NS_PER_S + 7):
        before_ns = flight.status["now_ns"]
        flight.ask(Step(step_ns))
        assert flight.until("paused")["now_ns"] == before_ns + step_ns
    flight.ask(Stop())
    flight.land()


def test_a_step_of_nothing_is_refused(small, tmp_path):
    flight = Aloft(small, tmp_path / "out")
    assert flight.ask(Step(0)).problems == (("for", "must be longer than nothing"),)
    flight.ask(Stop())
    flight.land()


def test_speed_changes_while_the_run_waits_and_is_refused_beyond_its_bounds(small, tmp_path):
    flight = Aloft(small, tmp_path / "out")
    assert not flight.ask(SetSpeed(0.1)).problems
    assert flight.status["speed"] == 0.1
    for speed in (0.0, 10_001.0, float("nan")):
        assert flight.ask(SetSpeed(speed)).problems[0][0] == "speed"
    assert flight.status["speed"] == 0.1
    flight.ask(Stop())
    flight.land()


def test_a_slow_flight_hears_orders_at_once(small, tmp_path):
    flight = Aloft(small, tmp_path / "out", speed=0.1, play=True)
    flight.ask(Pause())
    assert flight.until("paused", "ready")["now_ns"] < NS_PER_S
    flight.ask(SetSpeed(10_000.0))
    flight.ask(Play())
    assert flight.land().complete


def test_a_command_to_a_waiting_run_is_shown_before_time_passes_and_then_takes_effect(
    small, tmp_path
):
    flight = Aloft(small, tmp_path / "out")
    flight.ask(Step(1_500 * NS_PER_MS))
    flight.until("paused")
    answer = flight.ask(Give(STALL, by="mira"))
    assert value_of(answer.body) == {"at_ns": 1_500 * NS_PER_MS, "kind": "latency", "by": "mira"}
    shown = flight.metrics["disturbances"][-1]
    assert shown["pending"]
    assert (shown["begin_ns"], shown["end_ns"]) == (1_500 * NS_PER_MS, 3_500 * NS_PER_MS)
    flight.ask(Step(NS_PER_S))
    flight.until("paused")
    mine = [one for one in flight.metrics["disturbances"] if one["by"] == "mira"]
    assert [(one["pending"], one["fault_id"], one["begin_ns"]) for one in mine] == [
        (False, 2, 1_500 * NS_PER_MS)
    ]
    flight.ask(Stop())
    flight.land()


def test_a_command_that_cannot_be_put_on_the_record_is_refused_and_does_nothing(small, tmp_path):
    flight = Aloft(small, tmp_path / "out")
    record = flight.pilot.cockpit.folder / "experiment.toml"
    text = record.read_text()
    record.unlink()
    record.mkdir()  # as a disk that takes no more
    refused = flight.ask(Give(STALL))
    assert "cannot be put on the run's record" in refused.problems[0][1]
    record.rmdir()
    record.write_text(text)
    flight.ask(Play())
    decided = Trace(flight.land().folder).frame("decisions")
    assert "command:latency" not in set(decided["decision"])


def test_what_a_run_wrote_is_the_same_whoever_looked_and_however_time_was_cut(
    small, tmp_path, unwatched
):
    flight = Aloft(small, tmp_path / "out")
    for speed in (7.0, 300.0, 25.0):
        flight.ask(SetSpeed(speed))
        flight.ask(Step(3 * NS_PER_S))  # on its way, or at its end, when the pause comes
        flight.ask(Pause())
        flight.ask(Step(123_456_789))
        flight.until("paused")
    flight.ask(SetSpeed(10_000.0))
    flight.ask(Play())
    watched = flight.land()
    assert watched.complete
    assert len(written(watched.folder)) > 5
    assert written(watched.folder) == written(unwatched.folder)


def test_a_steered_run_is_replayed_by_its_own_experiment(small, tmp_path, unwatched):
    flight = Aloft(small, tmp_path / "out")
    flight.ask(Step(2_345_678_901))
    flight.until("paused")
    flight.ask(Give(STALL))
    flight.ask(Give({"kind": "pause", "target": "fraud", "for": "1s"}))
    flight.ask(Step(3 * NS_PER_S))
    flight.until("paused")
    flight.ask(Give({"kind": "dropped_event", "probability": 0.5}, is_trap=True))
    flight.ask(Play())
    steered = flight.land()
    again = run_once(
        resolve(steered.folder / "experiment.toml"), Options(out=tmp_path / "again", report=False)
    )
    assert written(again.folder) == written(steered.folder)
    assert written(again.folder) != written(unwatched.folder)


def test_a_run_that_is_stopped_is_measured_and_says_who_stopped_it(small, tmp_path):
    flight = Aloft(small, tmp_path / "out")
    flight.ask(Step(4 * NS_PER_S))
    flight.until("paused")
    flight.ask(Stop("mira"))
    run = flight.land()
    assert not run.complete
    assert run.manifest.reason == "interrupted by mira at 4s of simulated time"
    assert (run.manifest.interrupted_by, run.interrupted) == ("mira", True)
    assert run.findings_json["traffic"]["submitted"] > 0


def test_a_run_can_be_stopped_within_its_first_moments(small, tmp_path):
    flight = Aloft(small, tmp_path / "out")
    flight.ask(Step(1))
    flight.until("paused")
    flight.ask(Stop())
    assert flight.land().manifest.simulated_ns == 1


def test_a_run_that_never_flew_says_so(small, tmp_path):
    flight = Aloft(small, tmp_path / "out")
    flight.ask(Stop())
    assert flight.land() is None
    assert isinstance(flight.error, NeverFlownError)


def test_after_the_end_orders_are_refused_with_a_reason_and_questions_answered(small, tmp_path):
    flight = Aloft(small, tmp_path / "out", play=True)
    flight.land()
    for order in (Play(), Pause(), Step(), Give(STALL)):
        _, reason = flight.ask(order).problems[0]
        assert "the run is over" in reason or "measured" in reason
    assert not flight.ask(Stop()).problems
    assert value_of(flight.ask(Inspect("history")).body)["points"]
    seen = flight.ask(LookUp((0,))).unwritten
    assert seen.parts["hops"] >= 1
    assert all(len(rows["tx_id"]) == 0 for name, rows in seen.rows.items() if name != "faults")


def test_who_has_gone_ends_the_run(small, tmp_path):
    flight = Aloft(small, tmp_path / "out", speed=0.5, play=True)
    flight.until("running", now_ns=1)
    flight.orders.close()
    assert "interrupted by the loss of its server" in flight.land().manifest.reason


def test_a_part_of_the_picture_that_fails_is_named_and_touches_nothing(
    small, tmp_path, unwatched, caplog
):
    flight = Aloft(small, tmp_path / "out")

    def stumble(batch):
        raise KeyError(batch.end_ns)

    flight.pilot.picture.feed.observe = stumble
    flight.ask(Play())
    watched = flight.land()
    assert "lost sight of the feed;" in flight.status["message"]
    assert flight.status["processed"] > 100
    assert flight.metrics["tiles"]
    assert written(watched.folder) == written(unwatched.folder)
    assert "KeyError" in caplog.text


def test_of_each_part_that_is_blind_it_is_said_once(small, tmp_path, caplog):
    flight = Aloft(small, tmp_path / "out")
    flight.until("ready")
    picture = flight.pilot.picture

    def stumble(*_):
        raise KeyError

    picture.crowd.observe = picture.meters.tiles = picture.services.services = stumble
    flight.ask(Play())
    flight.land()
    assert "lost sight of tiles and charts, the service map, agents;" in flight.status["message"]
    told = [record.getMessage() for record in caplog.records if "lost sight" in record.message]
    assert len(told) == len(set(told)) == 3, "however many frames were made"


def test_every_part_of_the_picture_sees_a_whole_run_without_trouble(small, tmp_path):
    flight = Aloft(small, tmp_path / "out", play=True)
    flight.land()
    assert flight.pilot.picture.trouble == ""


def test_who_reads_nothing_holds_nobody_up_and_gets_the_newest():
    reader, writer = Pipe(duplex=False)
    outbox = Outbox(writer)
    large = os.urandom(1 << 18)
    outbox.put(Frame(1, "alerts", 0, large))
    while outbox.holds("alerts"):
        time.sleep(0.001)  # until it is on its way, and stuck in a pipe too small for it
    for sequence in range(1, 50):
        outbox.put(Frame(1, "alerts", sequence, large))
    assert outbox.holds("alerts")
    assert [reader.recv().sequence for _ in range(2)] == [0, 49]
    outbox.close()
    assert not reader.poll()


def test_ticks_get_no_longer_on_the_wall_than_an_eighth_of_a_second_on_a_slow_machine(monkeypatch):
    now_s = 0.0
    monkeypatch.setattr("sanket_sim.live.flying.pace.wall_s", lambda: now_s)
    pace = Pace(10_000.0)
    assert pace.slice_ns == 1250 * NS_PER_S, "nothing is known of the machine yet"
    pace.begin(0)
    now_s = 0.5
    pace.note(2 * NS_PER_S)
    assert pace.slice_ns == NS_PER_S // 2, "it carries out four seconds in one"
    assert Pace(1.0).slice_ns == NS_PER_S // 8


def test_who_is_late_does_not_catch_up(monkeypatch):
    now_s = 0.0
    monkeypatch.setattr("sanket_sim.live.flying.pace.wall_s", lambda: now_s)
    pace = Pace(1.0)
    now_s = 0.4
    assert pace.ahead_s(0) == -0.4
    now_s = 10.0
    assert pace.ahead_s(0) == -10.0
    assert pace.ahead_s(NS_PER_S) == 1.0, "counted from where it was found to be late"
