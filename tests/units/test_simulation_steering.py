"""A record of commands, replayed: every one at its instant, however near it lies to the next."""

from sanket_sim.core.units import NS_PER_S
from sanket_sim.simulation.steering import OperatorCommand, Replay


def command(at):
    pause = {"kind": "pause", "target": "ledger", "at": at, "for": "1s"}
    return OperatorCommand.model_validate({"fault": pause})


def test_a_tick_ends_at_the_first_command_within_it_and_no_command_is_passed_over():
    asked = [command(at) for at in ("4s", "3s", "3s", "6s")]
    replay, end_ns, met = Replay(asked), 10 * NS_PER_S, []
    begin_ns = 0
    while begin_ns < end_ns:
        met += [(begin_ns // NS_PER_S, one.at_ns // NS_PER_S) for one in replay.given(begin_ns)]
        begin_ns = replay.until_ns(begin_ns, end_ns)
    assert met == [(3, 3), (3, 3), (4, 4), (6, 6)]
