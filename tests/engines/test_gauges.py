"""What the gauges read, replica by replica."""

import pytest
from banks import S, chain, compute, drive, intents

from sanket_sim.bank.description import Balancing, Service
from sanket_sim.bank.power import power_w


def reading(balancing, at_ns=S):
    """Five calls of ten seconds each at two replicas of one worker, as the gauges saw them."""
    desk = Service("desk", replicas=2, workers=1, balancing=balancing)
    result = drive(chain(desk, steps=[(compute(10 * S),)]), intents(0, 0, 0, 0, 0), until_ns=3 * S)
    gauges = result.table("gauges")
    here = gauges["time_ns"] == at_ns
    return {name: column[here].tolist() for name, column in gauges.items()}, result.engine.bank


def test_a_line_shared_by_all_replicas_is_counted_once():
    gauges, _ = reading(Balancing.SHARED)
    assert gauges["queue_length"] == [3, 0]
    assert gauges["busy"] == [1, 1]
    assert sum(gauges["arrivals"]) == 5


def test_lines_of_their_own_are_counted_each():
    gauges, _ = reading(Balancing.ROUND_ROBIN)
    assert sorted(gauges["queue_length"]) == [1, 2]


def test_sums_are_those_of_the_interval_and_power_follows_them():
    first, bank = reading(Balancing.SHARED)
    second, _ = reading(Balancing.SHARED, at_ns=2 * S)
    assert first["busy_ns"] == second["busy_ns"] == [S, S]
    assert second["arrivals"] == second["cpu_ns"] == [0, 0]
    desk = bank.services[0]
    idle_w = power_w(0.0, desk.vcpus, desk.memory_gb, bank.power)
    assert second["power_w"] == pytest.approx([idle_w] * 2)
    assert min(first["power_w"]) > idle_w
