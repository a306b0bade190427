"""The matrix trap x control, as real events on the real engine (design page 3)."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from audited import CHART, audited_run, posting_bank
from banks import OPENING_MINOR, S, intents

from sanket_sim.analysis.decomposition import IntentStatus
from sanket_sim.bank.description import Controls
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults import traps

E = 2500
VICTIMS = 6
CONTROLS = [field.name for field in fields(Controls)]
SPEND = 3 * OPENING_MINOR // 4
LEAKS_MINOR = {
    "duplicate_submit": [E] * VICTIMS,
    "lost_ack_new_key": [E] * VICTIMS,
    "crash_between_legs": [E] * VICTIMS,
    "negative_amount": [E] * VICTIMS,
    "stale_balance": [0] * VICTIMS + [SPEND] * VICTIMS,
}
"""Gross leak per intent with the trap's own control off, in rising order."""
UNBALANCED = {"crash_between_legs"}


def payments() -> np.ndarray:
    """One payment from each of six customers, far enough apart not to meet."""
    rows = intents(*range(0, VICTIMS * 5 * S, 5 * S))
    rows["draw_key"] = Draws(1, "test").key(np.arange(VICTIMS))
    rows["debtor_account"] = rows["right_debtor"] = np.arange(1, VICTIMS + 1)
    rows["creditor_account"] = rows["right_creditor"] = 0
    return rows


def sprung(kind: str, controls: Controls):
    trap = traps[kind].model_validate({"kind": kind, "probability": 1})
    return audited_run(posting_bank(controls), payments(), trap)


@pytest.mark.parametrize("kind", list(traps))
def test_every_trap_is_in_the_matrix(kind: str) -> None:
    assert kind in LEAKS_MINOR


@pytest.mark.parametrize("off", ["", *CONTROLS])
@pytest.mark.parametrize("kind", list(traps))
def test_leaks_exactly_when_its_own_control_is_off(kind: str, off: str) -> None:
    controls = replace(Controls(), **({off: False} if off else {}))
    run = sprung(kind, controls)
    leaked = run.parts.status == IntentStatus.LEAKED
    assert np.all(run.transactions["trap"] == 1), "the truth is on record"
    if off != traps[kind].CONTROL:
        assert not leaked.any()
        assert not run.parts.glv_minor.any()
        return
    assert sorted(run.parts.glv_minor.tolist()) == LEAKS_MINOR[kind]
    assert set(run.parts.leak_class[leaked].tolist()) == {traps[kind].LEAK_CLASS}


@pytest.mark.parametrize("kind", list(traps))
def test_only_orphans_unbalance_the_books(kind: str) -> None:
    """'Our ledger balances' is no evidence: four of these five leaks balance to the cent."""
    run = sprung(kind, replace(Controls(), **{traps[kind].CONTROL: False}))
    created_minor = int(run.auditor.balances_minor.sum() - CHART.opening_minor.sum())
    assert (created_minor != 0) == (kind in UNBALANCED)


def test_overdraft_is_real() -> None:
    run = sprung("stale_balance", replace(Controls(), serialised_funds=False))
    assert run.auditor.balances_minor[1] == OPENING_MINOR - 2 * SPEND


def test_a_trap_that_never_strikes_leaves_every_payment_right() -> None:
    trap = traps["duplicate_submit"].model_validate({"kind": "duplicate_submit", "probability": 0})
    run = audited_run(posting_bank(), payments(), trap)
    assert set(run.parts.leak_class.tolist()) == {LeakClass.NONE}
    assert set(run.parts.status.tolist()) == {IntentStatus.OK}
