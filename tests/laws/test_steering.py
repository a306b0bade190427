"""A run that was steered can be flown again from its own record, and nothing else is disturbed."""

from datetime import datetime

import numpy as np
import pytest
from small_city import city

from sanket_sim.actors.demand import Surge, demand_of
from sanket_sim.actors.settings import DemandSettings
from sanket_sim.core.errors import InputError
from sanket_sim.core.units import NS_PER_S, format_duration
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, load, run, run_once
from sanket_sim.simulation.steering import OperatorCommand, Replay

S = NS_PER_S
EXPERIMENT = """
name = "steered"
model = "{model}"
seed = 5
start = 2026-11-27T08:00:00
duration = "25s"
[population]
customers = 500
[demand]
rate = "40/s"
"""
STALL = {"fault": {"kind": "latency", "target": "payment", "for": "6s", "add": "700ms"}}
DOUBLES = {"trap": {"kind": "duplicate_submit", "probability": 0.5, "for": "10s"}}
NO_KEY = {"fault": {"kind": "control", "for": "10s", "set": {"idempotency_key": False}}}
PATIENT = {"fault": {"kind": "config", "target": "gateway->payment", "set": {"timeout": "9s"}}}
PAUSE = 'fault = {kind = "pause", target = "ledger", at = "1s", for = "1s"}'
CROWD = {"fault": {"kind": "load", "for": "8s", "factor": 2.5}}


def given(table, at_ns, by="sre"):
    ((name, deed),) = table.items()
    return OperatorCommand.model_validate({"by": by, name: {**deed, "at": format_duration(at_ns)}})


class Hand:
    """Someone who steers: takes the operator's seat, commands, and cuts time as he likes."""

    def __init__(self, commands, slice_ns=370_000_000):
        self.commands, self.slice_ns = commands, slice_ns
        self.noted = []

    def board(self, cockpit):
        self.note = cockpit.note
        self.replay = Replay(self.commands)
        cockpit.simulation.operator = self

    def leave(self):
        self.left = True

    def until_ns(self, begin_ns, end_ns):
        return min(self.replay.until_ns(begin_ns, end_ns), begin_ns + self.slice_ns)

    def given(self, now_ns):
        due = self.replay.given(now_ns)
        if due:
            self.noted += due
            self.note(self.noted)
        return due


def experiment(folder):
    path = folder / "steered.toml"
    path.write_text(EXPERIMENT.format(model="retail_bank"))
    return path


def parts_of(run):
    return {
        path: file.sha256
        for path, file in run.manifest.files.items()
        if path.endswith(".parquet") or path == "experiment.toml"
    }


def fly(tmp_path, commands, **more):
    resolved = resolve(experiment(tmp_path))
    return run_once(resolved, Options(out=tmp_path, report=False), crew=Hand(commands, **more))


EVERYTHING = [
    given(STALL, 3 * S + 123_456_789),
    given(DOUBLES, 5 * S),
    given(NO_KEY, 5 * S),
    given(PATIENT, 8 * S + 1),
    given(CROWD, 9 * S + 500_000_000),
]


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Have a run to which everything was done."""
    return fly(tmp_path_factory.mktemp("flown"), EVERYTHING)


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """Have the same run, with nobody at its helm."""
    return fly(tmp_path_factory.mktemp("calm"), [])


def test_a_steered_run_replays_to_the_byte_from_its_own_experiment(flown, tmp_path):
    again = run(flown.folder / "experiment.toml", out=tmp_path / "again", report=False)
    assert parts_of(again) == parts_of(flown)
    assert again.manifest.config_sha256 == flown.manifest.config_sha256
    assert load(flown.folder).complete


def test_who_commanded_what_stands_in_the_trace_with_its_windows(flown):
    decisions = flown.trace.frame("decisions")
    mine = decisions[decisions["decision"].astype(str).str.startswith("command:")]
    assert mine["time_ns"].tolist() == [command.at_ns for command in EVERYTHING]
    assert set(mine["actor"].astype(str)) == {"sre"}
    assert mine["decision"].astype(str).tolist() == [
        "command:latency",
        "command:duplicate_submit",
        "command:control",
        "command:config",
        "command:load",
    ]
    struck = flown.trace.frame("faults")
    assert struck["fault_id"].tolist() == [0, 1, 2, 3, 4]
    assert struck["begin_ns"].tolist() == [command.at_ns for command in EVERYTHING]


def test_each_command_does_what_it_says(calm, flown):
    hops = flown.hops()
    assert set(hops["fault_id"].dropna()) == {0}
    leaked = flown.transactions()["leak_class"].astype(str) == "DUPLICATE"
    born = flown.transactions()["created_ns"][leaked]
    assert len(born) > 0
    assert born.min() >= 5 * S, "keys are off from the fifth second on, for ten"
    assert born.max() < 15 * S
    assert len(flown.transactions()) > len(calm.transactions()) + 200


def test_what_was_over_before_the_first_command_is_as_if_nobody_had_commanded(calm, flown):
    before = EVERYTHING[0].at_ns
    said = {
        "transactions": ["completed_ns", "tx_id", "outcome", "ack", "amount_minor"],
        "hops": ["received_ns", "tx_id", "service", "begun_ns", "outcome", "queue_length"],
    }
    for table, names in said.items():
        frames = [run.trace.frame(table)[names] for run in (calm, flown)]
        early = [frame[frame[names[0]] < before].astype(str).to_numpy() for frame in frames]
        assert len(early[0]) > 50
        assert np.array_equal(early[0], early[1])


def test_a_commanded_fault_strikes_as_a_planned_one_does(tmp_path):
    at_ns = 4 * S
    flown = fly(tmp_path, [given(STALL, at_ns)])
    planned = tmp_path / "planned.toml"
    planned.write_text(
        experiment(tmp_path).read_text()
        + '[[fault]]\nkind = "latency"\ntarget = "payment"\nat = "4s"\nfor = "6s"\nadd = "700ms"\n'
    )
    expected = run(planned, out=tmp_path / "planned", report=False)
    for table in ("transactions", "hops", "postings"):
        assert flown.trace.frame(table).equals(expected.trace.frame(table))


def test_a_crowd_that_is_commanded_is_the_crowd_that_was_planned():
    start, end_ns = datetime.fromisoformat("2026-11-27T08:00:00"), 40 * S
    settings, surge = DemandSettings(rate="30/s"), Surge(15 * S, 25 * S, 4.0, 2 * S)
    planned = city(customers=300, demand=demand_of(settings, 300, start, end_ns, [surge]))
    steered = city(customers=300, demand=demand_of(settings, 300, start, end_ns))
    wanted = planned.plan(0, end_ns).intents
    early = [steered.plan(0, 6 * S).intents, steered.plan(6 * S, 15 * S).intents]
    steered.surge([surge])
    seen = np.concatenate([*early, steered.plan(15 * S, 21 * S).intents])
    seen = np.concatenate([seen, steered.plan(21 * S, end_ns).intents])
    assert seen.tobytes() == wanted.tobytes()
    assert len(seen) > 40 * 30 * 1.3


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ('fault = {kind = "latency", target = "paymint", at = "3s", add = "1s"}', "payment"),
        ('fault = {kind = "control", at = "3s", set = {idempotence = false}}', "idempotency_key"),
        ('fault = {kind = "control", at = "3s", set = {atomic_posting = false}}', "[controls]"),
        ('trap = {kind = "duplicate_submit", probability = 0.1, at = "70s"}', "before the end"),
        (
            'fault = {kind = "pause", target = "ledger", at = "3s", for = "1ns", repeat = "2ns"}',
            "repeat it less often",
        ),
        ('by = "me"', "either a `fault` or a `trap`"),
        (
            'trap = {kind = "duplicate_submit", probability = 0.1, at = "1s"}\n' + PAUSE,
            "either a `fault` or a `trap`",
        ),
    ],
)
def test_a_record_that_cannot_be_flown_is_refused_at_its_key(tmp_path, command, said):
    path = experiment(tmp_path)
    path.write_text(path.read_text() + f"[[command]]\n{command}\n")
    with pytest.raises(InputError) as error:
        resolve(path)
    assert "command.0" in str(error.value)
    assert said in str(error.value)
