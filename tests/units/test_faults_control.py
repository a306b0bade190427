"""Controls switched in mid-run: when each switch is thrown, and which there is none for."""

import pytest

from sanket_sim.core.units import MINUTE_NS, NS_PER_S
from sanket_sim.faults.control import Control
from sanket_sim.network.protocol import CommandKind


def commands(**keys):
    table = {"kind": "control", "at": "1m", "set": {"idempotency_key": False}} | keys
    acts = Control.model_validate(table).commands(None, 3, 10 * MINUTE_NS)
    return [(act.at_ns, act.kind) for act in acts]


def test_a_control_without_an_end_stays_as_it_was_switched():
    assert commands() == [(MINUTE_NS, CommandKind.CONTROL)]


def test_a_control_is_switched_back_when_its_time_is_over():
    assert commands(**{"for": "30s"}) == [
        (MINUTE_NS, CommandKind.CONTROL),
        (MINUTE_NS + 30 * NS_PER_S, CommandKind.END),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("idempotency_kee", 'did you mean "idempotency_key"'),
        ("atomic_posting", "cannot be switched"),
        ("idempotency_key", ""),
    ],
)
def test_only_a_control_that_can_be_switched_is_taken(name, said):
    table = {"kind": "control", "at": "1m", "set": {name: True}}
    problems = Control.model_validate(table).problems(None)
    assert [said in problem.message for problem in problems] == [True] * bool(said)
