"""The examination passes, and a simulator that is a little wrong fails it."""

import numpy as np
import pytest

from sanket_sim.core.errors import InputError
from sanket_sim.core.outcomes import Outcome
from sanket_sim.simulation.validation import invariants, validate
from sanket_sim.simulation.validation.examination import EXPERIMENTS
from sanket_sim.simulation.validation.rig import drive, poisson_customers
from sanket_sim.simulation.validation.rule import judge
from sanket_sim.simulation.validation.trial import Trial

BY_NAME = {experiment.name: experiment for experiment in EXPERIMENTS}
IN_A_SECOND_OR_SO = [
    "M/G/1 at 0.7, constant",
    *(e.name for e in EXPERIMENTS if e.number in {13, 14, 15, 17, 18}),
    "fan-out of 2",
    "books of a busy network",
    "faults of duration 0",
    "dedup per replica, 1 of them",
    "dedup per replica, 4 of them",
    "dedup global and atomic",
]
SENSITIVE = {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 20}
"""Rows whose every figure depends on how long service takes."""


def rows_of(name, service_time_factor=1.0):
    experiment = BY_NAME[name]
    trials = [Trial(name, number, service_time_factor) for number in range(experiment.runs)]
    return judge(experiment, [experiment.simulate(trial) for trial in trials])


@pytest.mark.parametrize("name", IN_A_SECOND_OR_SO)
def test_the_simulator_gives_the_known_answer(name):
    for row in rows_of(name):
        assert row.passed, row


@pytest.mark.parametrize("factor", [1.05, 0.95])
@pytest.mark.parametrize("name", ["M/G/1 at 0.7, constant", "fan-out of 2"])
def test_a_simulator_five_percent_off_is_found_out(name, factor):
    for row in rows_of(name, factor):
        assert not row.agrees, row


def test_validate_judges_the_rows_it_is_asked_for_and_tells_how_far_it_is():
    seen = []
    rows = validate(lambda *told: seen.append(told), only=["14", 15])
    assert [(row.number, row.simulated) for row in rows] == [(14, 243.0), (15, 53.0), (15, 135.0)]
    assert all(row.verdict == "pass" and row.runs == 20 for row in rows)
    assert [done for done, _, _ in seen] == list(range(1, 61))
    assert {total for _, total, _ in seen} == {60}


@pytest.mark.slow
def test_two_processes_and_one_find_the_same():
    assert validate(only=[13], processes=1) == validate(only=[13], processes=2)


def test_a_row_that_does_not_exist_is_bad_input():
    with pytest.raises(InputError, match=r"99: no such row; there are 1, 2"):
        validate(only=["99"])


def test_the_books_are_compared_where_customers_succeed_fail_and_are_still_inside():
    trial = Trial("books of a busy network", 0)
    customers = poisson_customers(trial.draws, invariants.RATE, invariants.CUSTOMERS)
    customers = customers[customers["created_ns"] < invariants.STOP_NS]
    record = drive(invariants._busy_bank(trial), customers, trial.seed, until_ns=invariants.STOP_NS)
    how = np.bincount(record.table("transactions")["outcome"], minlength=len(Outcome))
    assert how[Outcome.OK] > 10
    assert how[Outcome.TIMEOUT] + how[Outcome.UNAVAILABLE] > 10
    assert how[Outcome.IN_FLIGHT] > 10
    assert record.table("hops")["late"].any()


@pytest.mark.slow
def test_the_whole_examination_passes():
    assert [row for row in validate() if not row.passed] == []


@pytest.mark.slow
def test_the_whole_examination_sees_a_simulator_that_is_five_percent_slower():
    rows = validate(quick=True, service_time_factor=1.05)
    touched = [row for row in rows if row.number in SENSITIVE]
    assert touched
    assert [row for row in touched if row.agrees] == []
