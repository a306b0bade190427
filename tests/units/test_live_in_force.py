"""What is in force: as faults and commands have left it; held against the network itself."""

import pytest
from flown import SMALL, file_of

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import Changed
from sanket_sim.live.in_force import InForce, with_changes
from sanket_sim.live.inspection import inspect
from sanket_sim.live.picture import Picture
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace.batch import TraceBatch

EDGE = "gateway->payment.pay"
CALM = SMALL.replace('rate = "15/s"', 'rate = "3/s"')
CHANGES = """
[[fault]]
kind = "config"
target = "gateway->payment"
at = "2s"
for = "6s"
set = {timeout = "250ms", retry.kind = "aws", retry.attempts = 4}
[[fault]]
kind = "config"
target = "ledger"
at = "1s"
for = "1s"
repeat = "3s"
set = {workers = 3, queue_cap = 9}
[[fault]]
kind = "control"
at = "3s"
for = "2s"
set = {idempotency_key = false, refund_cap = false}
[[command]]
by = "mira"
fault = {kind = "control", at = "4s", set = {idempotency_key = true}}
[[command]]
by = "mira"
fault = {kind = "config", target = "EDGE", at = "5s", set = {timeout = "700ms"}}
[[command]]
by = "tom"
fault = {kind = "control", at = "6s", for = "3s", set = {outbox = false, same_ledger = true}}
""".replace("EDGE", EDGE)


class Witness:
    """Holds what the picture says is in force against the network, after every tick."""

    def __init__(self):
        self.seen, self.details, self.wrong = {}, {}, []

    def board(self, cockpit):
        self.picture, self.network = Picture(cockpit), cockpit.simulation.network
        self.so_far = InForce(self.picture.scene)
        cockpit.simulation.observers = (*cockpit.simulation.observers, self)

    def leave(self):
        pass

    def observe(self, batch):
        self.picture.observe(batch)
        self.so_far.observe(TraceBatch(batch.end_ns - 1))  # what begins now, is to be done yet
        plane, said = self.network.control, self.so_far.bank
        sizes = [(row.replicas[0].workers, row.queue_cap) for row in plane.services]
        here = (
            said.controls == plane.bank.controls,
            [edge.policy for edge in said.edges] == [row.policy for row in plane.edges],
            [(one.workers, one.queue_cap) for one in said.services] == sizes,
        )
        if here != (True, True, True):
            self.wrong.append((batch.end_ns, here))
        second = batch.end_ns / NS_PER_S
        self.seen[second] = self.picture.in_force.changes
        if second in (7.0, 12.0):
            self.details[second] = inspect(self.picture, "service", "gateway")
        return ()


@pytest.fixture(scope="module")
def resolved(tmp_path_factory):
    return resolve(file_of(tmp_path_factory.mktemp("changed"), CALM + CHANGES))


@pytest.fixture(scope="module")
def witness(resolved, tmp_path_factory):
    witness = Witness()
    out = tmp_path_factory.mktemp("out")
    run_once(resolved, Options(out=out, report=False), crew=witness)
    return witness


def test_the_picture_and_the_network_agree_at_every_tick(witness):
    assert len(witness.seen) >= 12
    assert witness.wrong == []


def test_what_is_in_force_says_who_changed_it_and_when(witness):
    now = {(one.target, one.setting): one for one in witness.seen[7.0]}
    assert now["", "outbox"] == Changed("", "outbox", False, "tom", 6 * NS_PER_S)
    assert now[EDGE, "timeout"] == Changed(EDGE, "timeout", "700ms", "mira", 5 * NS_PER_S)
    assert now[EDGE, "retry.attempts"].by == "experiment"
    assert ("", "idempotency_key") not in now, "it has been switched on again"
    assert ("", "same_ledger") not in now, "it had been on all the time"


def test_a_change_that_is_over_is_gone_and_one_without_end_stays(witness):
    assert {(one.target, one.setting) for one in witness.seen[12.0]} == {(EDGE, "timeout")}


def test_the_inspector_of_a_service_shows_what_is_in_force(witness):
    def waits(second):
        (edge,) = [one for one in witness.details[second].edges if one.edge == EDGE]
        return edge.policy[0], edge.policy[1][:11]

    assert waits(7.0) == ("waits 700ms", "up to 4 att")
    assert {(one.target, one.setting) for one in witness.details[7.0].in_force} >= {
        (EDGE, "timeout"),
        ("", "outbox"),
    }
    assert waits(12.0)[1] != "up to 4 att"


def test_a_command_counts_before_time_passes(witness):
    in_force = witness.picture.in_force
    switch = {"kind": "control", "at": "11s", "set": {"key_fingerprint": False}}
    in_force.announce(OperatorCommand.model_validate({"fault": switch}))
    assert "key_fingerprint" in {one.setting for one in in_force.changes}


def test_a_bank_with_changes_leaves_the_bank_as_it_was(resolved):
    before = resolved.bank.controls.outbox
    changed = with_changes(resolved.bank, [Changed("", "outbox", False, "me", 0)])
    assert (changed.controls.outbox, resolved.bank.controls.outbox, before) == (False, True, True)
