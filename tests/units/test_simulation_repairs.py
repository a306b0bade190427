"""The back office in the loop: corrections are payments, and ticks change none of them."""

from dataclasses import replace
from datetime import datetime

import numpy as np
from banks import MS, Memoryless, S, chain, commit, compute
from banks import call as calls

from sanket_sim.actors.back_office.office import BackOffice
from sanket_sim.actors.back_office.settings import ReconciliationSettings
from sanket_sim.actors.city import City
from sanket_sim.actors.demand import demand_of
from sanket_sim.actors.settings import DemandSettings, PopulationSettings
from sanket_sim.bank.description import Controls, Service
from sanket_sim.core.outcomes import Ack, LeakClass
from sanket_sim.faults import Scenario, faults, traps
from sanket_sim.network import SimPyEngine
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.simulation.loop import Calendar, Simulation
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

START = datetime.fromisoformat("2026-11-27T08:00:00")
LENGTH_NS = 40 * S
ASKED = {
    "intraday": "5s",
    "grace": "2s",
    "investigation": "6s",
    "approval": "2s",
    "await_corrections": True,
}


def bank():
    """Customers' payments are posted twice when their thumbs are impatient; corrections are not."""
    plain = chain(
        Service("gateway", 2, 4),
        Service("ledger", 1, 4),
        steps=[
            (compute(Memoryless(5 * MS)), calls(1)),
            (compute(Memoryless(20 * MS)), commit()),
        ],
        controls=Controls(idempotency_key=False),
    )
    (transfer,) = plain.routes
    return replace(plain, routes=(transfer, replace(transfer, name="correction", weight=0.0)))


SLOW = {"kind": "latency", "target": "ledger", "at": "30s", "for": "5s", "add": "300ms"}


def trace_of(folder, tick_ns, slow=(), **asked):
    the_bank, words = bank(), Vocabularies()
    words["typology"].code("")
    words["trap"].code("")
    demand = demand_of(DemandSettings(rate="40/s"), 300, START, LENGTH_NS)
    city = City(the_bank, PopulationSettings(customers=300), demand, 3, (), words)
    table = {"kind": "duplicate_submit", "probability": 0.02, "gap": "3s"}
    laid = [traps["duplicate_submit"].model_validate(table)]
    scenario = Scenario(
        [faults["latency"].model_validate(fault) for fault in slow], laid, the_bank,
        city.accounts, seed=3,
        vocabularies=words, until_ns=LENGTH_NS,
    )  # fmt: skip
    settings = ReconciliationSettings.model_validate({**ASKED, **asked})
    writer = TraceWriter(folder, words)
    simulation = Simulation(
        Calendar(tick_ns, LENGTH_NS, 120 * S),
        city,
        scenario,
        SimPyEngine(the_bank, city.accounts, 3, words),
        MoneyAuditor(city.accounts, the_bank.currencies),
        writer.write,
        repairs=BackOffice(settings, the_bank, city.accounts, START, 3, words),
    )
    simulation.run()
    writer.close()
    return {part.path: part.sha256 for part in writer.finished}


def test_any_tick_gives_the_same_bytes(tmp_path):
    whole = trace_of(tmp_path / "1000", 1000 * MS, [SLOW])
    assert trace_of(tmp_path / "300", 300 * MS, [SLOW]) == whole
    assert trace_of(tmp_path / "2000", 2000 * MS, [SLOW]) == whole
    breaks = Trace(tmp_path / "300").frame("decisions").query("decision == 'break'")
    assert {"duplicate", "timing"} <= set(breaks["subject"])


def test_every_duplicate_is_found_and_given_back(tmp_path):
    trace_of(tmp_path, S)
    trace = Trace(tmp_path)
    rows = trace.frame("transactions")
    twice = rows[rows["leak_class"] == LeakClass.DUPLICATE.name]
    assert len(twice) > 10
    breaks = trace.frame("decisions").query("decision == 'break' and subject == 'duplicate'")
    assert sorted(breaks["tx_id"]) == sorted(twice["tx_id"])
    back = rows[rows["kind"] == "correction"]
    assert sorted(back["original_tx_id"]) == sorted(twice["tx_id"])
    assert (back["ack"] == Ack.OK.name.lower()).all()
    assert (back["created_ns"] > LENGTH_NS).any(), "corrections leave while the network drains"
    mended = twice.set_index("tx_id").loc[back["original_tx_id"]]
    assert np.array_equal(back["amount_minor"], mended["glv_minor"])
    assert np.array_equal(back["debtor_account"], mended["creditor_account"])


def test_without_agreement_nothing_comes_back(tmp_path):
    trace_of(tmp_path, S, recovery=0.0)
    trace = Trace(tmp_path)
    assert (trace.frame("transactions")["kind"] == "transfer").all()
    decisions = trace.frame("decisions")["decision"].value_counts()
    assert decisions["write_off"] == decisions["break"] > 10
