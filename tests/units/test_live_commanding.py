"""What is wrong with a command is said as for a file: at the user's key, in the user's words."""

import pytest
from flown import SMALL, file_of

from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults import faults
from sanket_sim.faults.description import described
from sanket_sim.live.flying.commanding import Refused, command_of
from sanket_sim.live.flying.orders import Give
from sanket_sim.simulation.resolve import resolve

LATENCY = {"kind": "latency", "target": "payment", "add": "1s"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return resolve(file_of(tmp_path_factory.mktemp("small"), SMALL))


def refused(small, table, now_ns=NS_PER_S, **settings):
    with pytest.raises(Refused) as refusal:
        command_of(Give(table, **settings), now_ns, small)
    return refusal.value.problems


@pytest.mark.parametrize(
    ("table", "path", "said"),
    [
        ({**LATENCY, "add": 5}, "add", 'with a unit, such as "250ms"'),
        ({**LATENCY, "for": 7}, "for", 'with a unit, such as "250ms" or "2h", is 7'),
        ({"kind": "latency", "target": "payment"}, "add", 'is missing; give it, as in add = "200'),
        ({**LATENCY, "probability": 3}, "probability", "must be <= 1.0, is 3"),
        ({**LATENCY, "target": 3}, "target", "must be text in quotes, is 3"),
        ({**LATENCY, "target": "paymint"}, "target", "payment"),
        ({**LATENCY, "ad": "1s"}, "ad", 'unknown key; did you mean "add"?'),
        ({"target": "payment"}, "kind", "`kind` must be given: one of abort"),
        ({"kind": "latencyy"}, "kind", "did you mean 'latency'?"),
        ({"kind": ["latency"]}, "kind", "`kind` must be given"),
        ({"kind": "control", "set": []}, "set", "must be a table, is an array of 0"),
        ({**LATENCY, "at": "1s"}, "at", "leave it out"),
    ],
)
def test_a_command_that_is_wrong_is_refused_at_its_key(small, table, path, said):
    ((at, message),) = refused(small, table)
    assert at == path
    assert said in message


@pytest.mark.parametrize("kind", sorted(faults))
def test_a_fault_is_taken_as_its_description_writes_it(small, kind):
    places = {"{service}": "payment", "{edge}": "payment->ledger"}
    about = described(faults[kind])
    table = {
        key: places.get(value, value) if isinstance(value, str) else value
        for key, value in about.example.items()
    }
    assert set(about.schema["required"]) <= set(table) <= set(about.schema["properties"])
    assert command_of(Give(table), NS_PER_S, small).deed.kind == kind


def test_every_problem_is_said_at_once_whoever_gives_a_trap(small):
    table = {"kind": "duplicate_submit", "probability": 2, "copys": 3}
    problems = dict(refused(small, table, is_trap=True, by="x" * 61))
    assert set(problems) == {"by", "probability", "copys"}
    assert "at most 60 characters" in problems["by"]


def test_nothing_begins_after_the_last_customer(small):
    ((path, message),) = refused(small, LATENCY, now_ns=12 * NS_PER_S)
    assert (path, message[:9]) == ("", "customers")


CROWD = {"kind": "load", "for": "5s", "factor": 1000}


@pytest.mark.parametrize(
    ("table", "path", "said"),
    [
        ({"kind": "pause", "target": "ledger", "for": "1ns", "repeat": "2ns"}, "repeat", "strikes"),
        ({"kind": "load", "factor": 2, "for": "1ns", "repeat": "2ns"}, "repeat", "at most 10,000"),
    ],
)
def test_what_would_never_be_counted_is_refused_before_it_is_laid_out(small, table, path, said):
    ((where, message),) = refused(small, table)
    assert where == path
    assert said in message


def test_crowds_on_top_of_crowds_are_refused_where_no_machine_could_serve_them(small):
    crowd = command_of(Give(CROWD), NS_PER_S, small)
    crowded = small.steered([crowd, crowd])
    ((where, message),) = refused(crowded, CROWD)
    assert where == "factor"
    assert "intents" in message
