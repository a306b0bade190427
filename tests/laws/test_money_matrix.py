"""The matrix of 26 traps and their controls, as real events in the shipped retail bank.

Each trap strikes six payments that a real city has planned, on a route of its own choosing. With
every control on nothing leaks, to the cent; with its own control off each trap leaks what design
page 3 says. Every batch is under audit, so the laws hold in all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from audited import Audited, audited_run
from banks import MS, S

from sanket_sim.actors.city import City
from sanket_sim.actors.demand import Demand
from sanket_sim.actors.settings import PopulationSettings
from sanket_sim.analysis.decomposition import IntentStatus
from sanket_sim.bank import load_bank
from sanket_sim.bank.description import Accounts, Bank, Controls, Party
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults import traps

E = 2500
VICTIMS = 6
OPENING_MINOR = 20_000
GAP_NS = 20 * S
SPAN_NS = 700 * S
"""Long enough for a file of payments, which comes every ten minutes."""


@dataclass(frozen=True)
class Case:
    """What a trap is let loose on, and what each victim then leaks, in rising order.

    `leaks` holds the gross leak of the principal leg (None: of any size), `second` that of the
    second leg, of each intent that leaked.
    """

    route: str
    leak_class: LeakClass
    leaks: int | None = E
    second: int = 0
    races: bool = False
    """Whether it is up to the network which of the victims leak; some do."""
    unbalances: bool = False
    amount: int = E
    options: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)


CASES = {
    "duplicate_submit": Case("transfer", LeakClass.DUPLICATE),
    "lost_ack_new_key": Case("transfer", LeakClass.DUPLICATE),
    "reused_key": Case("transfer", LeakClass.LOST, leaks=None),
    "crash_between_legs": Case("transfer", LeakClass.ORPHAN_DEBIT, unbalances=True),
    "credit_before_settlement": Case("inbound_transfer", LeakClass.ORPHAN_CREDIT, unbalances=True),
    "negative_amount": Case("transfer", LeakClass.INVALID_EXECUTED),
    "integer_wrap": Case("salary", LeakClass.INVALID_EXECUTED, leaks=2**32),
    "self_transfer": Case("transfer", LeakClass.ORPHAN_CREDIT, unbalances=True),
    "currency_mismatch": Case("transfer", LeakClass.ORPHAN_CREDIT, second=E, unbalances=True),
    "stale_balance": Case(
        "transfer", LeakClass.INVALID_EXECUTED, leaks=3 * OPENING_MINOR // 4, races=True
    ),
    "early_reversal": Case("card_payment", LeakClass.INVALID_EXECUTED),
    "excess_refund": Case("card_payment", LeakClass.INVALID_EXECUTED),
    "double_capture": Case("card_payment", LeakClass.DUPLICATE),
    "excess_capture": Case("card_payment", LeakClass.OVER, leaks=E // 5),
    "late_capture": Case(
        "card_payment", LeakClass.INVALID_EXECUTED, model={"accounts": {"hold_ttl": "30s"}}
    ),
    "batch_run_twice": Case("payroll", LeakClass.DUPLICATE),
    "rounding_split": Case("transfer", LeakClass.ORPHAN_DEBIT, leaks=1, unbalances=True),
    "kept_fee": Case("instant_payment", LeakClass.INVALID_EXECUTED, leaks=0, second=20),
    "closed_account": Case("transfer", LeakClass.INVALID_EXECUTED),
    "stale_alias": Case("alias_payment", LeakClass.MISDIRECTED),
    "dropped_event": Case("payout", LeakClass.LOST),
    "redelivered_event": Case("payout", LeakClass.DUPLICATE),
    "stand_in_overrun": Case("card_payment", LeakClass.INVALID_EXECUTED, leaks=None),
    "late_payee": Case("alias_payment", LeakClass.INVALID_EXECUTED),
    "wrong_exponent": Case("wallet_receipt", LeakClass.OVER, leaks=99 * E),
    "locale_amount": Case("transfer", LeakClass.UNDER, leaks=123_333, amount=123_456),
}


def bank_with(off: str, model: dict[str, Any]) -> Bank:
    """Load the shipped bank without deadlines: a retry after a lost answer is late by nature.

    Its fraud service is asked and lets pass: five spends in a row are a theft to it.
    """
    overrides = {"controls": {off: False}} if off else {}
    blind = {"fraud_service": {"rule": [], "model": ""}}
    bank, _ = load_bank("retail_bank", overrides | blind | model)
    return replace(bank, routes=tuple(replace(route, deadline_ns=0) for route in bank.routes))


@cache
def city() -> City:
    """A small town that is busy enough to use every route of the bank within minutes."""
    busy = Demand(np.array([0, SPAN_NS]), np.array([0.2]), np.array([0.2]))
    return City(bank_with("", {}), PopulationSettings(customers=300), busy, seed=11)


@cache
def planned() -> np.ndarray:
    return city().plan(0, SPAN_NS).intents


def chart() -> Accounts:
    """Everybody has the same, so that amounts can be told in advance."""
    accounts = city().accounts
    rich = accounts.opening_minor.copy()
    rich[accounts.party == Party.CUSTOMER] = OPENING_MINOR
    return Accounts(
        rich,
        accounts.currency,
        accounts.no_overdraft,
        accounts.typical_minor,
        accounts.party,
        accounts.owner,
        accounts.closed,
    )


def payments(case: Case, bank: Bank) -> np.ndarray:
    """Six payments of one kind as the city planned them, each from another payer, far apart."""
    rows = planned()
    rows = rows[rows["kind"] == bank.route_index(case.route)]
    _, firsts = np.unique(rows["debtor_account"], return_index=True)
    many = len(firsts) >= VICTIMS
    rows = rows[np.sort(firsts)[:VICTIMS] if many else np.arange(VICTIMS)].copy()
    assert len(rows) == VICTIMS, "the town is too quiet for this route"
    rows["created_ns"] = np.arange(VICTIMS) * GAP_NS + MS
    rows["amount_minor"] = rows["e_minor"] = case.amount
    rows["place"] = -1
    rows["may_retry"] = False
    return rows


def sprung(kind: str, off: str, case: Case | None = None) -> Audited:
    case = case or CASES[kind]
    bank = bank_with(off, case.model)
    table = {"kind": kind, "probability": 1, "kinds": [case.route], **case.options}
    accounts = chart()
    if case.amount > OPENING_MINOR:
        accounts.opening_minor[accounts.party == Party.CUSTOMER] = 4 * case.amount
    rows = payments(case, bank)
    trap = traps[kind].model_validate(table)
    return audited_run(bank, rows, trap, chart=accounts, until_ns=VICTIMS * GAP_NS + 600 * S)


def leaked(run: Audited) -> np.ndarray:
    return np.flatnonzero(run.parts.status == IntentStatus.LEAKED)


def test_every_trap_is_in_the_matrix() -> None:
    assert set(CASES) == set(traps)


@pytest.mark.parametrize("kind", list(CASES))
def test_with_all_controls_on_nothing_leaks(kind: str) -> None:
    run = sprung(kind, "")
    assert np.all(run.transactions["trap"] == 1), "the truth is on record"
    rows = leaked(run)
    assert [LeakClass(code).name for code in run.parts.leak_class[rows]] == []
    assert not run.parts.glv_minor.any()
    assert not run.parts.second_glv_minor.any()


@pytest.mark.parametrize("kind", list(CASES))
def test_with_its_own_control_off_it_leaks_what_the_design_says(kind: str) -> None:
    case = CASES[kind]
    run = sprung(kind, traps[kind].CONTROL)
    rows = leaked(run)
    found = [LeakClass(code).name for code in run.parts.leak_class[rows]]
    assert set(found) == {case.leak_class.name}
    assert case.races or len(found) == VICTIMS
    glv = run.parts.glv_minor[rows]
    if case.leaks is not None:
        assert glv.tolist() == [case.leaks] * len(rows)
    else:
        assert glv.all()
    assert run.parts.second_glv_minor[rows].tolist() == [case.second] * len(rows)


@pytest.mark.parametrize("kind", list(CASES))
def test_only_five_unbalance_the_books(kind: str) -> None:
    """'Our ledger balances' is no evidence: 21 of these 26 leaks balance to the cent."""
    run = sprung(kind, traps[kind].CONTROL)
    assert bool(run.created_minor.any()) == CASES[kind].unbalances


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(CASES))
def test_no_other_control_matters(kind: str) -> None:
    """Each trap has one control: with any of the other 25 off, still nothing leaks."""
    others = [each.name for each in fields(Controls) if each.name != traps[kind].CONTROL]
    assert {off: len(leaked(sprung(kind, off))) for off in others} == dict.fromkeys(others, 0)


def test_an_overdraft_is_real() -> None:
    run = sprung("stale_balance", "serialised_funds")
    assert run.auditor.balances_minor.min() < 0, "somebody who may not be is overdrawn"
    leakers = run.transactions["debtor_account"][leaked(run)]
    assert np.all(run.auditor.balances_minor[leakers] < 0)


def test_a_trap_that_never_strikes_leaves_every_payment_right() -> None:
    case = replace(CASES["duplicate_submit"], options={"probability": 0})
    run = sprung("duplicate_submit", "idempotency_key", case)
    assert set(run.parts.status.tolist()) == {IntentStatus.OK}
