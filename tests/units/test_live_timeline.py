"""The time-line: what is commanded is shown at once, and when it has taken effect not twice."""

import numpy as np
from live_scene import decision_rows, scene_of
from synthetic_trace import Plan, S

from sanket_sim.live.in_force import InForce
from sanket_sim.live.timeline import WINDOWS_MAX, Timeline
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch

CALM = Plan(duration_s=600, warmup_s=0, fault=None)


def command(target, **keys):
    table = {"kind": "pause", "target": target, "at": "20s", "for": "5s"} | keys
    return OperatorCommand.model_validate({"by": "ines", "fault": table})


def struck(scene, *windows, fault_id=3, target="ledger"):
    """Return the batch in which a command takes effect in some windows [s]."""
    words = scene.words
    row = {
        "fault_id": fault_id,
        "kind": words["fault_kind"].code("pause"),
        "target": words["fault_target"].code(target),
        "begin_ns": [begin * S for begin, _ in windows],
        "end_ns": [end * S for _, end in windows],
        "probability": 1.0,
        "parameters": words["fault_parameters"].code(""),
    }
    table = {c.name: np.zeros(len(windows), c.dtype) for c in schema.FAULTS}
    for name, values in row.items():
        table[name][:] = values
    told = decision_rows(words, (windows[0][0], "ines", "command:pause", target, ""))
    return TraceBatch(end_ns=windows[0][0] * S, faults=table, decisions=told)


def shown(line):
    return [(one.target, one.pending, one.by) for one in line.disturbances]


def test_what_takes_effect_is_no_longer_announced_and_the_others_are():
    scene = scene_of(CALM)
    line = Timeline(scene)
    for target in ("fraud", "ledger", "ledger"):
        line.announce(command(target))
    assert shown(line) == [("fraud", True, "ines"), *[("ledger", True, "ines")] * 2]
    assert len({one.fault_id for one in line.disturbances}) == 3
    line.observe(struck(scene, (20, 25)))
    assert shown(line) == [
        ("ledger", False, "ines"),
        ("fraud", True, "ines"),
        ("ledger", True, "ines"),
    ]


def test_every_window_is_drawn_unless_there_are_too_many_to_tell_apart():
    scene = scene_of(CALM)
    line = Timeline(scene)
    windows = [(20 + 4 * one, 21 + 4 * one) for one in range(WINDOWS_MAX + 1)]
    line.observe(struck(scene, *windows[:-1]))
    assert len(line.disturbances) == WINDOWS_MAX
    line.observe(struck(scene, *windows, fault_id=4))
    *_, merged = line.disturbances
    assert len(line.disturbances) == WINDOWS_MAX + 1
    assert (merged.begin_ns, merged.end_ns) == (windows[0][0] * S, windows[-1][1] * S)
    assert merged.label == f"pause on ledger, {WINDOWS_MAX + 1} times"


def test_what_is_struck_is_named_as_people_do():
    line = Timeline(scene_of(CALM))
    trap = {
        "kind": "stale_balance",
        "at": "20s",
        "probability": 0.5,
        "kinds": ["cash_withdrawal", "fx_payment"],
    }
    line.announce(OperatorCommand.model_validate({"by": "ines", "trap": trap}))
    *_, laid = line.disturbances
    assert laid.label == "stale balance on cash withdrawal and FX payment"
    assert laid.target == "cash_withdrawal,fx_payment", "by this it is told from others"


def test_a_change_is_in_force_from_its_beginning_until_its_end():
    switched = {"kind": "control", "at": "3s", "for": "2s", "set": {"idempotency_key": False}}
    in_force = InForce(scene_of(CALM, fault=[switched]))
    for at_ns, on in ((3 * S - 1, False), (3 * S, True), (5 * S - 1, True), (5 * S, False)):
        in_force.observe(TraceBatch(end_ns=at_ns))
        assert bool(in_force.changes) == on, at_ns
