"""Offered load: visits, hold times and utilisation, worked out by hand."""

import tomllib

import pytest

from sanket_sim.bank import Workload, bank_of, load_bank, service_graph
from sanket_sim.bank.graph import hold_times_s
from sanket_sim.core.config import Document

TEXT = """
name = "fan"
[service.front]
threading = "THREADING"
workers = 4
x = 2
[service.front.operation.ask]
time = "10ms"
cpu = "4ms"
steps = [
  "compute",
  {parallel = ["a.op", "b.op", "c.op"], join = JOIN},
  {maybe = 0.5, steps = [{call = "b.op"}, {maybe = 0.5, steps = [{publish = "c.op"}]}]},
  {call = "a.op"},
]
[service.a.operation.op]
time = "1ms"
[service.b.operation.op]
time = "20ms"
[service.c.operation.op]
time = "5ms"
[edge."front->b"]
delay = "2ms"
[route.ask]
entry = "front.ask"
[route.peek]
entry = "a.op"
weight = 3
"""


def fan(join='"all"', threading="blocking"):
    text = TEXT.replace("JOIN", join).replace("THREADING", threading)
    return bank_of(Document("fan", tomllib.loads(text)))[0]


@pytest.mark.parametrize(("join", "branches_ms"), [('"all"', 24), ('"any"', 1), ("2", 5)])
def test_a_held_worker_waits_for_as_many_branches_as_needed(join, branches_ms):
    held_ms = 10 + branches_ms + 0.5 * 24 + 1
    assert hold_times_s(fan(join))[0] == pytest.approx(held_ms * 1e-3)


def test_a_worker_that_is_given_back_is_held_for_its_own_work_only():
    assert hold_times_s(fan(threading="async"))[0] == pytest.approx(0.010)


def test_demand_flows_along_steps():
    work = Workload(fan(), 40.0)
    assert work.rate_per_s == {"ask": 10.0, "peek": 30.0}
    assert work.rates_per_s == pytest.approx([10, 30 + 20, 10 + 5, 10 + 2.5])
    assert work.erlangs == pytest.approx([0.47, 0.05, 0.3, 0.0625])
    assert work.utilisation[0] == pytest.approx(0.47 / 4)
    assert work.cpu_utilisation[0] == pytest.approx(10 * 0.004 / 2)
    assert work.hops_per_transaction == pytest.approx(87.5 / 40)


def test_the_graph_says_where_and_how_much():
    graph = service_graph(fan(), {"ask": 10.0})
    assert graph.nodes["front"]["x"] == 2
    assert graph.nodes["a"]["rate_per_s"] == pytest.approx(20)
    assert graph.edges["front", "b"]["rate_per_s"] == pytest.approx(15)
    assert graph.edges["client", "a"]["rate_per_s"] == 0


def test_the_retail_bank_is_comfortable_where_it_is_meant_to_be():
    bank, _ = load_bank("retail_bank")
    at_150, at_180 = (Workload(bank, rate).utilisation for rate in (150.0, 180.0))
    assert min(busy for busy in at_150 if busy) > 0.3
    assert max(at_150) < 0.55
    assert max(at_180) < 0.65
    idle = [s.name for s, busy in zip(bank.services, at_150, strict=True) if not busy]
    assert idle == ["onboarding", "kyc"], "whoever opens accounts waits for a wave of them"
    assert 6 <= Workload(bank, 150.0).hops_per_transaction <= 8
