"""What folds hops, gauges and leaks into counts by service, each on rows of a known answer."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from live_scene import meters_of, scene_of, ticks_of
from synthetic_trace import Plan

from sanket_sim.analysis.statistics import bucket_of
from sanket_sim.bank.description import Edge, Operation, Service, Step, StepKind
from sanket_sim.bank.policies import Policy
from sanket_sim.core.outcomes import Outcome, ReplicaState
from sanket_sim.live.frames import WINDOW_S
from sanket_sim.live.services.breakers import BreakerBoard
from sanket_sim.live.services.hop_counts import HopCounts
from sanket_sim.live.services.judging import Symptoms, judged, state_of
from sanket_sim.live.services.leak_heat import LeakHeat
from sanket_sim.live.services.service_map import ServiceMap
from sanket_sim.live.services.stations import Stations
from sanket_sim.trace import schema

S, MS = 1_000_000_000, 1_000_000
PATIENCE_NS = 250 * MS


class Line:
    """A bank of two services in a line, in two currencies."""

    name = "line"
    services = (Service("front", 2, 4), Service("back", 1, 4))
    operations = (
        Operation("ask", 0, (Step(StepKind.CALL, target=1),), 0),
        Operation("answer", 1, (), 0),
    )
    edges = (
        Edge("client->front.ask", -1, 0, Policy(timeout_ns=PATIENCE_NS)),
        Edge("front->back.answer", 0, 1, Policy(timeout_ns=PATIENCE_NS)),
    )
    currencies = ("EUR", "JPY")
    rates: ClassVar = {"JPY": Fraction(160)}


class Telling(Line):
    """The same bank, whose front tells the back by a message, and goes on."""

    operations = (Operation("ask", 0, (Step(StepKind.PUBLISH, target=1),), 0), Line.operations[1])


def rows(columns, count, **given):
    """Return rows of a table: zeros, but for what is said."""
    table = {column.name: np.zeros(count, column.dtype) for column in columns}
    for name, values in given.items():
        table[name][:] = values
    return table


def waits(**given):
    """Return how many waits of which buckets a single hop to the front counts as."""
    counts = HopCounts(Line)
    counts.observe(rows(schema.HOPS, 1, attempt=1, sent_ns=100 * MS, **given), 0, S, second=0)
    seen = counts.waits()[0]
    return {int(bucket): int(seen[bucket]) for bucket in np.flatnonzero(seen)}


def bucket(span_ns):
    return int(bucket_of(np.array([span_ns]))[0])


def test_who_is_never_answered_has_waited_until_he_lost_patience():
    assert waits(received_ns=-1, outcome=Outcome.TIMEOUT) == {bucket(PATIENCE_NS): 1}


def test_who_is_answered_too_late_has_waited_until_he_lost_patience():
    assert waits(received_ns=900 * MS, late=True) == {bucket(PATIENCE_NS): 1}


def test_who_is_answered_in_time_has_waited_until_then():
    assert waits(received_ns=140 * MS, late=True) == {bucket(40 * MS): 1}
    assert waits(received_ns=900 * MS) == {bucket(800 * MS): 1}


def test_a_message_keeps_nobody_waiting():
    counts = HopCounts(Telling)
    ways = {"caller": [0, 1], "service": [0, 1], "operation": [0, 1], "attempt": 1}
    counts.observe(rows(schema.HOPS, 2, received_ns=[300 * MS, 900 * MS], **ways), 0, S, second=0)
    assert counts.own_time_shares.tolist() == [1.0, 0.0]
    assert counts.waits()[1].sum() == 1, "how long it took is told all the same"


def test_a_replica_counts_as_there_as_long_as_it_has_worked():
    stations = Stations(Line)
    down = int(ReplicaState.DOWN)
    gauges = rows(schema.GAUGES, 2, time_ns=S, replica=[0, 1], state=down, busy_ns=[2 * S, 0])
    stations.observe(gauges, second=0)
    assert stations.utilisation[0] == 0.5, "two of four workers of the one that worked"
    assert stations.utilisation_ever[0] == 0.5


def test_a_replica_that_is_up_counts_as_there_when_it_is_idle():
    stations = Stations(Line)
    up = int(ReplicaState.UP)
    gauges = rows(schema.GAUGES, 2, time_ns=S, replica=[0, 1], state=up, busy_ns=[2 * S, 0])
    stations.observe(gauges, second=0)
    assert stations.utilisation[0] == 0.25


def test_a_reading_at_a_whole_second_is_of_the_second_that_ends_there():
    stations = Stations(Line)
    up, busy_ns = int(ReplicaState.UP), [4 * S, 0]
    stations.observe(
        rows(schema.GAUGES, 2, time_ns=[S, 2 * S], state=up, busy_ns=busy_ns), second=1
    )
    assert stations.utilisation[0] == 0.5
    stations.observe(schema.empty(schema.GAUGES), second=WINDOW_S)
    assert stations.utilisation[0] == 0, "the busy second has left the window"


def test_a_reading_knows_more_than_what_happened_before_it():
    stations = Stations(Line)
    up = int(ReplicaState.UP)
    stations.observe(rows(schema.GAUGES, 2, time_ns=S, replica=[0, 1], state=up), second=0)
    stations.befall(S - 1, "front-0", "down")
    assert stations.up(0) == 2
    stations.befall(S, "front-0", "down")
    assert stations.up(0) == 1


CALM = Symptoms(
    attempts=90,
    utilisation=0.4,
    p99_share=0.2,
    error_share=0.0,
    leak_share=0.0,
    queue=0,
    queue_cap=100,
    workers=8,
    up=2,
    replicas=2,
    breaker="closed",
)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "ok"),
        ({"attempts": 0}, "idle"),
        ({"utilisation": 0.80}, "warn"),
        ({"utilisation": 0.95}, "critical"),
        ({"p99_share": 1.0}, "critical"),
        ({"error_share": 0.05}, "warn"),
        ({"leak_share": 0.001}, "warn"),
        ({"leak_share": 0.01}, "critical"),
        ({"queue": 49}, "ok"),
        ({"queue": 50}, "warn"),
        ({"queue": 90}, "critical"),
        ({"queue": 16, "queue_cap": -1}, "warn"),
        ({"queue": 80, "queue_cap": -1}, "critical"),
        ({"up": 1}, "warn"),
        ({"up": 0}, "critical"),
        ({"breaker": "half_open"}, "warn"),
        ({"breaker": "open"}, "critical"),
    ],
)
def test_a_service_is_as_bad_as_its_worst_symptom(changes, state):
    assert state_of(replace(CALM, **changes)) == state


def test_every_figure_of_a_service_is_judged_by_itself():
    told = judged(replace(CALM, utilisation=0.8, error_share=0.3, timeout_share=0.1, queue=95))
    assert (told.utilisation, told.errors, told.timeouts) == ("warn", "critical", "warn")
    assert (told.queue, told.leaks, told.latency, told.retries) == ("critical", "ok", "ok", "ok")


def heat_of(lost_minor=((0, 0), (0, 0))):
    return LeakHeat(Line, SimpleNamespace(lost_minor=np.array(lost_minor)))


def test_leaks_are_worth_what_was_lost_in_every_currency_in_the_first():
    # 3,200 yen are 20 euro, 1,600 yen 10 euro; both in cents.
    assert heat_of([[700, 3200], [30, 1600]]).value_minor.tolist() == [700 + 2000, 30 + 1000]


def test_a_payment_is_worth_both_of_its_legs_or_the_one_it_has():
    ended = rows(
        schema.TRANSACTIONS,
        3,
        glv_minor=[700, 1600, 700],
        currency=[0, 1, 0],
        second_glv_minor=[3200, 30, 0],
        second_currency=[1, 0, -1],
    )
    assert heat_of().worth_minor(ended).tolist() == [700 + 2000, 1000 + 30, 700]


def test_of_breakers_the_worst_is_told_and_their_changes_newest_first():
    names = [edge.name for edge in Line.edges]
    board = BreakerBoard(Line)
    assert board.worst(names) == "", "none has a breaker"
    for at_ns, edge, state in ((1, 0, "closed"), (2, 1, "half_open"), (3, 0, "open")):
        board.change(at_ns, names[edge], state)
    assert board.worst(names) == "open"
    assert board.worst(names[1:]) == "half_open"
    assert [one.at_ns for one in board.log(names)] == [3, 2, 1]


def test_the_first_seconds_are_not_spread_over_a_window_that_has_not_been():
    plan = Plan(duration_s=40, warmup_s=0, fault=None)
    batches = ticks_of(plan)
    scene = scene_of(plan)
    services = ServiceMap(scene, meters_of(scene).now)
    services.observe(next(batches))
    asked = services.hops.of_services().asked
    assert asked[0] > 10
    assert services.past.of(0).rate_per_s == (float(asked[0]),)
