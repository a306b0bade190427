"""A driver with an auditor at its elbow, for the laws of money on the real engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from banks import MS, S, accounts, chain, check, commit, compute

from sanket_sim.analysis.audit import audit_tables
from sanket_sim.analysis.decomposition import Decomposition, decompose
from sanket_sim.bank.description import (
    Accounts,
    Balancing,
    Bank,
    Controls,
    Dedup,
    DedupScope,
    Effect,
    Service,
    Step,
)
from sanket_sim.core.outcomes import Ack
from sanket_sim.faults import Fault, Scenario, Trap
from sanket_sim.network import SimPyEngine
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.trace.arrivals import RESUBMISSION_DTYPE, Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies

ALL_ON = Controls()
CHART = accounts(12)
REACTION_NS = 2 * S


@dataclass
class Audited:
    """What a run under audit brought."""

    transactions: Columns
    postings: Columns
    parts: Decomposition
    auditor: MoneyAuditor
    created_minor: np.ndarray
    """Money created (+) or destroyed (-), per currency."""


def posting_steps(controls: Controls) -> tuple[Step, ...]:
    """Look at the balance, think, post: linked, or leg by leg where that control is off."""
    legs = (commit(),)
    if not controls.atomic_posting:
        legs = (commit(Effect.DEBIT), compute(MS), commit(Effect.CREDIT))
    return (check(Effect.CHECK_FUNDS), compute(10 * MS), *legs, compute(MS))


def posting_bank(controls: Controls = ALL_ON) -> Bank:
    """One ledger service that remembers keys, asked by the customers themselves."""
    ledger = Service(
        "ledger", replicas=2, workers=4, balancing=Balancing.ROUND_ROBIN, reset_delay_ns=MS
    )
    bank = chain(ledger, steps=[posting_steps(controls)], controls=controls)
    memory = Dedup(DedupScope.GLOBAL, ttl_ns=3600 * S, atomic=True)
    return replace(bank, operations=(replace(bank.operations[0], dedup=memory),))


def reactions(batch: TraceBatch, now_ns: int) -> Arrivals:
    """People try once more after bad news; the app asks for the status first if it can."""
    answers = batch.answers
    rows = np.flatnonzero(answers["may_retry"] & (answers["ack"] != Ack.OK))
    again = np.zeros(len(rows), RESUBMISSION_DTYPE)
    again["tx_id"] = answers["tx_id"][rows]
    again["at_ns"] = now_ns + REACTION_NS
    return Arrivals(resubmissions=again)


def audited_run(
    bank: Bank,
    rows: np.ndarray,
    *parts: Fault | Trap,
    chart: Accounts = CHART,
    seed: int = 3,
    until_ns: int = 120 * S,
) -> Audited:
    """Carry rows under faults and traps to the end, every batch under audit."""
    struck_by = [part for part in parts if isinstance(part, Fault)]
    laid = [part for part in parts if isinstance(part, Trap)]
    words = Vocabularies()
    scenario = Scenario(
        struck_by, laid, bank, chart, seed=seed, vocabularies=words, until_ns=until_ns
    )
    engine = SimPyEngine(bank, chart, seed, words, gauge_interval_ns=60 * S)
    auditor = MoneyAuditor(chart, bank.currencies)
    for command in scenario.commands():
        engine.apply(command)
    spoilt = numbered(scenario.spoil(Arrivals(intents=rows)).intents)
    auditor.admit(Arrivals(intents=spoilt))
    batches = list(_carried(engine, auditor, spoilt, until_ns))
    auditor.close(engine)
    transactions, postings = (
        {
            name: np.concatenate([getattr(batch, table)[name] for batch in batches])
            for name in getattr(batches[0], table)
        }
        for table in ("transactions", "postings")
    )
    parts = decompose(transactions)
    transactions |= {
        "leak_class": parts.leak_class,
        "glv_minor": parts.glv_minor,
        "second_glv_minor": parts.second_glv_minor,
    }
    created = np.zeros(len(bank.currencies), np.int64)
    np.add.at(created, chart.currency, auditor.balances_minor - chart.opening_minor)
    assert audit_tables(transactions, postings, bank.currencies).agrees, "a second opinion differs"
    return Audited(transactions, postings, parts, auditor, created)


def numbered(rows: np.ndarray) -> np.ndarray:
    rows["tx_id"] = np.arange(len(rows))
    return rows


def _carried(
    engine: SimPyEngine, auditor: MoneyAuditor, rows: np.ndarray, until_ns: int
) -> Sequence[TraceBatch]:
    now_ns, given, batches, again = 0, 0, [], Arrivals()
    while now_ns < until_ns and (given < len(rows) or not engine.idle):
        now_ns += S
        upto = int(np.searchsorted(rows["created_ns"], now_ns))
        batch = engine.advance(now_ns, replace(again, intents=rows[given:upto]))
        auditor.audit(batch, engine)
        given, again = upto, reactions(batch, now_ns)
        batches.append(batch)
    batches.append(engine.close())
    auditor.audit(batches[-1], engine)
    return batches
