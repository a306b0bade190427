"""The loop: ticks change nothing, draining is bounded, a broken law leaves its evidence."""

import itertools
from datetime import datetime

import numpy as np
import pytest
from banks import MS, Memoryless, S, chain, commit, compute, intents
from banks import call as calls

from sanket_sim.actors.city import City
from sanket_sim.actors.demand import demand_of
from sanket_sim.actors.settings import DemandSettings, PopulationSettings
from sanket_sim.bank.description import Service
from sanket_sim.bank.policies import Jitter, Policy, Retry, RetryKind
from sanket_sim.core.errors import ConservationError
from sanket_sim.core.outcomes import Outcome
from sanket_sim.faults import Scenario, faults, traps
from sanket_sim.network import SimPyEngine
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.simulation.loop import Calendar, Numbering, Simulation
from sanket_sim.trace.arrivals import INTENT_DTYPE, Arrivals
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

LENGTH_NS = 12 * S


def bank():
    again = Retry(
        RetryKind.GRPC, 3, 50 * MS, 500 * MS, 2.0, Jitter.FULL, frozenset([Outcome.TIMEOUT])
    )
    return chain(
        Service("gateway", 2, 4),
        Service("ledger", 1, 4),
        steps=[
            (compute(Memoryless(5 * MS)), calls(1)),
            (compute(Memoryless(20 * MS)), commit()),
        ],
        policies=[Policy(timeout_ns=400 * MS), Policy(timeout_ns=150 * MS, retry=again)],
    )


def simulation(tick_ns, write, drain_ns=40 * S, laid=(), **parts):
    """A city whose people retry, at a bank that stalls for a while."""
    the_bank, words = bank(), Vocabularies()
    words["typology"].code("")
    demand = demand_of(
        DemandSettings(rate="120/s"), 300, datetime.fromisoformat("2026-11-27T08:00:00"), LENGTH_NS
    )
    city = City(the_bank, PopulationSettings(customers=300), demand, 3, (), words)
    table = {"kind": "latency", "target": "ledger", "at": "3s", "for": "4s", "add": "300ms"}
    stall = faults["latency"].model_validate({**table, "probability": 0.4})
    scenario = Scenario(
        [stall], laid, the_bank, city.accounts, seed=3, vocabularies=words, until_ns=LENGTH_NS
    )
    network = parts.pop("network", SimPyEngine)(the_bank, city.accounts, 3, words)
    return Simulation(
        Calendar(tick_ns, LENGTH_NS, drain_ns),
        city,
        scenario,
        network,
        MoneyAuditor(city.accounts, the_bank.currencies),
        write(words),
        **parts,
    )


def trace_of(folder, tick_ns, **parts):
    writer = None

    def write(words):
        nonlocal writer
        writer = TraceWriter(folder, words, rows_per_part=1000)
        return writer.write

    simulation(tick_ns, write, **parts).run()
    writer.close()
    return {part.path: part.sha256 for part in writer.finished}


def test_any_tick_gives_the_same_bytes(tmp_path):
    whole = trace_of(tmp_path / "1000", 1000 * MS)
    assert len([path for path in whole if path.startswith("hops")]) > 2
    assert trace_of(tmp_path / "300", 300 * MS) == whole
    assert trace_of(tmp_path / "100", 100 * MS) == whole
    hops = Trace(tmp_path / "100").columns("hops", ["outcome", "attempt"])
    assert (hops["attempt"] > 1).any(), "the stall must make services retry"


def test_any_tick_gives_the_same_bytes_to_impatient_thumbs(tmp_path):
    table = {"kind": "duplicate_submit", "probability": 0.1}
    laid = [traps["duplicate_submit"].model_validate(table)]
    whole = trace_of(tmp_path / "1000", 1000 * MS, laid=laid)
    assert trace_of(tmp_path / "100", 100 * MS, laid=laid) == whole


def collecting(batches):
    return lambda _words: batches.append


def test_people_try_again_and_the_network_drains():
    batches = []
    made = simulation(S, collecting(batches))
    made.run()
    submissions = np.concatenate([batch.transactions["submissions"] for batch in batches])
    assert submissions.max() > 1
    assert LENGTH_NS < made.now_ns <= LENGTH_NS + 40 * S


def test_draining_is_bounded_and_what_is_open_is_told():
    batches = []
    made = simulation(S, collecting(batches), drain_ns=0)
    made.run()
    assert made.now_ns == LENGTH_NS
    last = batches[-1].transactions
    assert (last["outcome"] == Outcome.IN_FLIGHT).any()


class Insatiable:
    """A city in which somebody wants something in every tick, doors open or closed."""

    def __init__(self, city):
        self.city = city

    def plan(self, begin_ns, end_ns):
        plan = self.city.plan(begin_ns, end_ns)
        one_more = intents(begin_ns, draw_key=begin_ns)
        everything = np.concatenate([plan.intents, one_more])
        return Arrivals(everything, plan.resubmissions, plan.closures)

    def __getattr__(self, name):
        return getattr(self.city, name)


def test_once_the_doors_are_closed_nobody_new_comes_in():
    batches = []
    made = simulation(S, collecting(batches))
    made.city = Insatiable(made.city)
    made.run()
    created_ns = np.concatenate([batch.transactions["created_ns"] for batch in batches])
    assert LENGTH_NS - S <= created_ns.max() < LENGTH_NS < made.now_ns


def test_whoever_stops_the_run_gets_all_that_happened():
    batches = []
    made = simulation(S, collecting(batches), stopped=lambda: len(batches) == 5)
    made.run()
    assert made.now_ns == 5 * S
    ids = np.sort(np.concatenate([batch.transactions["tx_id"] for batch in batches]))
    np.testing.assert_array_equal(ids, np.arange(len(ids)))


class Forger(SimPyEngine):
    """A ledger whose balance store gains one cent out of nothing."""

    def balances_minor(self):
        balances = super().balances_minor().copy()
        balances[1] += self.loop.now_ns > 2 * S
        return balances


def test_a_broken_ledger_stops_the_run_and_its_batch_is_kept():
    batches = []
    with pytest.raises(ConservationError, match=r"law L4 failed: residual 1 EUR"):
        simulation(S, collecting(batches), network=Forger).run()
    assert batches[-1].end_ns == 3 * S


class Watcher:
    def __init__(self):
        self.end_ns = []

    def observe(self, batch: TraceBatch):
        self.end_ns.append(batch.end_ns)
        return ()


def test_observers_see_every_tick():
    watcher = Watcher()
    made = simulation(S, collecting([]), observers=[watcher])
    made.run()
    ticks_ns = [S * (tick + 1) for tick in range(made.now_ns // S)]
    assert watcher.end_ns == [*ticks_ns, made.now_ns], "and what the end leaves open"


@pytest.mark.parametrize(("tick_ns", "duration_ns"), [(S, 3 * S), (300 * MS, S), (7 * S, 2 * S)])
def test_the_calendar_has_no_gaps_and_ends_on_time(tick_ns, duration_ns):
    ticks = list(Calendar(tick_ns, duration_ns, 2 * S).ticks())
    assert ticks[0].begin_ns == 0
    assert ticks[-1].end_ns == duration_ns + 2 * S
    assert all(a.end_ns == b.begin_ns for a, b in itertools.pairwise(ticks))
    assert all(tick.end_ns - tick.begin_ns <= tick_ns for tick in ticks)
    assert max(tick.end_ns for tick in ticks if tick.open) == duration_ns


def test_numbers_follow_birth_and_then_name():
    rows = np.zeros(4, INTENT_DTYPE)
    rows["created_ns"] = [5, 1, 5, 1]
    rows["draw_key"] = [9, 8, 2, 3]
    numbering = Numbering(next_tx_id=10)
    intents = numbering.number(Arrivals(rows)).intents
    assert intents["draw_key"].tolist() == [3, 8, 2, 9]
    assert intents["tx_id"].tolist() == [10, 11, 12, 13]
    assert numbering.next_tx_id == 14
