"""What a request can do to money, however its calls go."""

from dataclasses import replace

from banks import MS, call, chain, check, commit, compute, publish

from sanket_sim.bank.description import Effect, Service
from sanket_sim.bank.reach import Reach


def in_a_row(count, *last):
    services = [Service(f"s{n}", 1, 1) for n in range(count)]
    steps = [(compute(MS), call(n + 1)) for n in range(count - 1)]
    return chain(*services, steps=[*steps, last])


def test_calls_that_go_round_are_followed_once():
    bank = in_a_row(3, commit(), check(Effect.CHECK_FUNDS))
    ring = replace(bank.operations[2], steps=(*bank.operations[2].steps, call(0)))
    reach = Reach(replace(bank, operations=(*bank.operations[:2], ring)))
    assert reach.below == [frozenset({Effect.TRANSFER, Effect.CHECK_FUNDS})] * 3


def test_a_long_way_needs_no_deep_stack():
    assert Reach(in_a_row(1500, commit(Effect.HOLD))).of_route(0) == {Effect.HOLD}


def test_what_comes_behind_a_message_is_told_apart():
    bank = in_a_row(2, commit())
    front = replace(bank.operations[0], steps=(check(Effect.CHECK_AMOUNT), publish(1)))
    reach = Reach(replace(bank, operations=(front, bank.operations[1])))
    assert reach.by_message(0) == {Effect.TRANSFER}
    assert reach.of_route(0) == {Effect.TRANSFER, Effect.CHECK_AMOUNT}
