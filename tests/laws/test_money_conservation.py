"""Whatever strikes, every minor unit is accounted for; a ledger that errs is caught at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from audited import CHART, audited_run, numbered, posting_bank
from banks import MS, S, chain, commit, compute, intents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_banks import RETRIED, fault_tables, struck

from sanket_sim.analysis.decomposition import IntentStatus, decompose, laws
from sanket_sim.bank.description import Bank, Controls, Effect, Service
from sanket_sim.bank.policies import Policy, Retry, RetryKind
from sanket_sim.core.draws import Draws
from sanket_sim.core.errors import ConservationError
from sanket_sim.faults import traps
from sanket_sim.network import SimPyEngine
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.vocabulary import Vocabularies

INSISTENT = Policy(
    timeout_ns=100 * MS, retry=Retry(RetryKind.FIXED, 3, 20 * MS, 20 * MS, codes=RETRIED)
)
trap_tables = st.sampled_from([{"kind": kind, "probability": 0.4} for kind in traps])
controls = st.builds(
    Controls,
    idempotency_key=st.booleans(),
    status_inquiry=st.booleans(),
    atomic_posting=st.booleans(),
    positive_amount=st.booleans(),
    serialised_funds=st.booleans(),
)


def payments(count: int = 60) -> np.ndarray:
    """Customers pay one another and the outside world, close enough to queue."""
    rows = intents(*range(0, count * 100 * MS, 100 * MS))
    rows["draw_key"] = Draws(1, "test").key(np.arange(count))
    rows["debtor_account"] = rows["right_debtor"] = 1 + np.arange(count) % 7
    rows["creditor_account"] = rows["right_creditor"] = np.arange(count) % 9 + 2
    same = rows["debtor_account"] == rows["creditor_account"]
    rows["creditor_account"][same] = rows["right_creditor"][same] = 0
    return rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    struck_by=st.lists(fault_tables, max_size=2),
    laid=st.lists(trap_tables, max_size=2),
    switches=controls,
    seed=st.integers(0, 9),
)
def test_money_is_conserved_whatever_strikes(struck_by, laid, switches, seed) -> None:
    parts = struck(struck_by)
    parts += [traps[table["kind"]].model_validate(table) for table in laid]
    bank = posting_bank(switches)
    bank = replace(bank, edges=(replace(bank.edges[0], policy=INSISTENT),))
    run = audited_run(bank, payments(), *parts, seed=seed)
    assert laws(run.transactions, run.parts, currencies=1).broken() == []
    if switches == Controls():
        soft = run.parts.leak_class[run.parts.status == IntentStatus.LEAKED]
        assert not run.parts.glv_minor.any(), f"all controls on, yet {soft}"


def test_holds_are_settled_at_the_end() -> None:
    steps = [(compute(MS), commit(Effect.HOLD), compute(5 * MS), commit(Effect.CAPTURE))]
    bank = chain(Service("ledger", replicas=1, workers=4), steps=steps)
    run = audited_run(bank, payments(10))
    assert run.transactions["open_hold_minor"].tolist() == [0] * 10
    assert set(run.parts.status.tolist()) == {IntentStatus.OK}


def test_a_hold_that_nobody_captures_is_stuck() -> None:
    bank = chain(
        Service("ledger", replicas=1, workers=4), steps=[(compute(MS), commit(Effect.HOLD))]
    )
    run = audited_run(bank, payments(3))
    assert run.transactions["open_hold_minor"].tolist() == [2500] * 3
    assert set(run.parts.status.tolist()) == {IntentStatus.LEAKED}


def broken_run(spoil) -> None:
    bank, rows = posting_bank(), numbered(payments(5))
    engine = SimPyEngine(bank, CHART, 1, Vocabularies())
    auditor = MoneyAuditor(CHART, bank.currencies)
    spoil(engine)
    auditor.admit(Arrivals(intents=rows))
    auditor.audit(engine.advance(10 * S, Arrivals(intents=rows)), engine)
    auditor.audit(engine.close(), engine)
    auditor.close(engine)


def skim(engine: SimPyEngine) -> None:
    """The store keeps one cent of every credit for itself."""
    post = engine.ledger.store.post
    engine.ledger.store.post = lambda account, amount, now: post(
        account, amount - (amount > 0), now
    )


def forge(engine: SimPyEngine) -> None:
    """The log tells of one cent more than the intent's own sums."""
    write = engine.recorder.posting

    def posting(intent, transfer_id, leg, account, amount_minor, *rest):
        write(intent, transfer_id, leg, account, amount_minor - 1, *rest)

    engine.recorder.posting = posting


def hold_one_side(engine: SimPyEngine) -> None:
    """A pending debit has no credit."""
    engine.ledger.store.debits_pending[3] += 7


@pytest.mark.parametrize(
    ("spoil", "law", "residual"), [(skim, "L4", -1), (forge, "L4", 1), (hold_one_side, "L6", 7)]
)
def test_a_broken_ledger_is_caught(spoil, law, residual) -> None:
    with pytest.raises(ConservationError) as caught:
        broken_run(spoil)
    assert (caught.value.law, caught.value.currency, caught.value.residual) == (
        law,
        "EUR",
        residual,
    )


def test_the_audit_does_not_depend_on_ticks() -> None:
    bank: Bank = posting_bank()
    rows = numbered(payments(20))
    seen = []
    for tick_ns in (70 * MS, S):
        engine = SimPyEngine(bank, CHART, 1, Vocabularies())
        auditor = MoneyAuditor(CHART, bank.currencies)
        auditor.admit(Arrivals(intents=rows))
        codes, given = [], 0
        for end_ns in range(tick_ns, 5 * S, tick_ns):
            upto = int(np.searchsorted(rows["created_ns"], end_ns))
            batch = engine.advance(end_ns, Arrivals(intents=rows[given:upto]))
            codes += decompose(batch.transactions).glv_minor.tolist()
            auditor.audit(batch, engine)
            given = upto
        auditor.close(engine)
        seen.append((codes, auditor.balances_minor.tolist()))
    assert seen[0] == seen[1]
