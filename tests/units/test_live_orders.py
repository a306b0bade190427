"""Orders at their bounds: how many commands a run takes, and what a pause before the start is."""

import pytest
from flown import STALL, Aloft, file_of

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.flying.orders import Give, Pause, Play, Step, Stop


@pytest.fixture
def flight(tmp_path):
    aloft = Aloft(file_of(tmp_path), tmp_path / "out")
    yield aloft
    aloft.ask(Stop())
    aloft.land()


def test_a_run_takes_so_many_commands_and_no_more(flight, monkeypatch):
    monkeypatch.setattr("sanket_sim.live.flying.pilot.COMMANDS_MAX", 1)
    assert not flight.ask(Give(STALL)).problems
    assert flight.ask(Give(STALL)).problems == (("", "a run takes at most 1 commands"),)


def test_a_run_that_has_not_begun_is_ready_and_not_paused(flight):
    flight.ask(Pause())
    assert flight.status["state"] == "ready"
    flight.ask(Step(NS_PER_S))
    assert flight.until("paused")["now_ns"] == NS_PER_S
    flight.ask(Pause())
    assert flight.status["state"] == "paused"


def test_a_run_that_stands_has_no_speed(flight):
    flight.ask(Step(NS_PER_S))
    flight.until("paused")
    flight.pilot.pace._seen.clear()
    flight.pilot.pace._seen.extend([(0.0, 0), (1.0, 5 * NS_PER_S)])
    assert flight.pilot.pace.reached == 5.0
    assert flight.pilot.status.speed_reached == 0.0


def test_who_plays_on_in_the_middle_of_a_step_is_not_stopped_at_its_end(flight):
    flight.ask(Step(2 * NS_PER_S))
    flight.until("paused")
    flight.pilot._step_until_ns = flight.status["now_ns"] + NS_PER_S  # as in mid-step
    flight.ask(Play())
    assert flight.pilot._step_until_ns < 0


def test_crowds_are_counted_on_top_of_those_commanded_before(flight):
    crowd = Give({"kind": "load", "for": "5s", "factor": 1000})
    problems = [flight.ask(crowd).problems for _ in range(2)]
    assert [[path for path, _ in one] for one in problems] == [[], ["factor"]]
