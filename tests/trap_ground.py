"""A hand-made bank on which every trap finds a route, and payments that every trap can strike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from banks import MS, Fixed, S, accounts, call, check, commit, intents, publish

from sanket_sim.bank.description import (
    Bank,
    BatchRun,
    Edge,
    Effect,
    Operation,
    Party,
    Route,
    Service,
)
from sanket_sim.bank.policies import Fallback, Policy, Retry, RetryKind
from sanket_sim.bank.reach import Reach
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import LegPurpose
from sanket_sim.faults import Ground, Trap, traps

CODE = 3
EUR, JPY = range(2)
YEN_ACCOUNTS, CLOSED_ACCOUNTS = (8, 9), (10, 11)
ROUTES = ("transfer", "card", "refund", "payroll", "inbound", "login")
TRANSFER, CARD, REFUND, PAYROLL, INBOUND, LOGIN = range(len(ROUTES))
REDELIVERED = Policy(retry=Retry(RetryKind.FIXED, attempts=3, initial_ns=MS))
STOOD_IN = Policy(fallback=Fallback.STAND_IN)
OPERATIONS = {
    "transfer": (check(Effect.CHECK_AMOUNT), check(Effect.CHECK_PAYEE), commit(Effect.FEE),
                 commit()),
    "card": (check(Effect.CHECK_AMOUNT), call(6), publish(7)),
    "refund": (commit(),),
    "payroll": (publish(8),),
    "inbound": (check(Effect.CHECK_AMOUNT), check(Effect.CHECK_SETTLEMENT), commit()),
    "login": (),
    "hold": (commit(Effect.HOLD),),
    "capture": (commit(Effect.CAPTURE),),
    "post": (commit(),),
}  # fmt: skip
POLICIES = {"hold": STOOD_IN, "post": REDELIVERED}
EDGES = tuple(
    Edge(f"x->desk.{name}", -1 if name in ROUTES else 0, index, POLICIES.get(name, Policy()))
    for index, name in enumerate(OPERATIONS)
)
MONEY: dict[str, Any] = {"amount_minor": Fixed(2500), "creditor": Party.CUSTOMER}
BANK = Bank(
    "trap_ground",
    (Service("desk", replicas=1, workers=1),),
    tuple(Operation(name, 0, steps, cpu_ns=MS) for name, steps in OPERATIONS.items()),
    EDGES,
    (
        Route("transfer", TRANSFER, debtor=Party.CUSTOMER, fee_minor=20, clock_ns=5 * S,
              reversal_edge=REFUND, **MONEY),
        Route("card", CARD, debtor=Party.CUSTOMER, **MONEY | {"creditor": Party.MERCHANT}),
        Route("refund", REFUND, debtor=Party.MERCHANT, reverses="card", channels={"till": 1.0},
              **MONEY),
        Route("payroll", PAYROLL, debtor=Party.EMPLOYER, batch=BatchRun(60 * S, 10, 1.0), **MONEY),
        Route("inbound", INBOUND, debtor=Party.OTHER_BANK, **MONEY),
        Route("login", LOGIN),
    ),
    currencies=("EUR", "JPY"),
    channels=("app", "till"),
    hold_ttl_ns=60 * S,
    stand_in_limit_minor=50_000,
)  # fmt: skip
REACH = Reach(BANK)


def _chart():
    chart = accounts(12)
    currency, party, closed = chart.currency.copy(), chart.party.copy(), np.zeros(12, bool)
    currency[list(YEN_ACCOUNTS)] = JPY
    closed[list(CLOSED_ACCOUNTS)] = True
    party[1:] = Party.CUSTOMER
    return replace(chart, currency=currency, party=party, closed=closed)


CHART = _chart()
"""Account 0 is the outside world, without a limit to its funds."""

FEE = {"second_purpose": LegPurpose.FEE, "second_currency": EUR, "second_debtor": 1,
       "second_creditor": 0, "second_amount_minor": 20}  # fmt: skip
EXCHANGE = {"second_purpose": LegPurpose.EXCHANGE, "second_currency": JPY, "second_debtor": 0,
            "second_creditor": 8, "second_amount_minor": 4000}  # fmt: skip
FROM_OUTSIDE = {"debtor_account": 0, "right_debtor": 0}
APT: dict[str, dict[str, Any]] = {
    "integer_wrap": FROM_OUTSIDE,
    "kept_fee": FEE,
    "locale_amount": {"amount_minor": 123_456, "e_minor": 123_456},
    "wrong_exponent": FROM_OUTSIDE | {"currency": JPY},
}
"""What must be so about a payment for a choosy trap to strike it."""


def trap_of(kind: str, **table: Any) -> Trap:
    return traps[kind].model_validate({"kind": kind, "probability": 1} | table)


def payments(trap: Trap, count: int = 200, **columns: Any) -> np.ndarray:
    """Payments on a route that the trap fits, each an item of a file of its own."""
    rows = intents(*range(0, count * 40 * MS, 40 * MS))
    rows["kind"] = trap.routes(REACH)[0]
    rows["draw_key"] = Draws(1, "test").key(np.arange(count))
    rows["batch_id"] = 1 + np.arange(count)
    for name, value in (APT.get(trap.kind, {}) | columns).items():
        rows[name] = value
    return rows


def ground(trap: Trap, bank: Bank = BANK) -> Ground:
    return Ground(bank, CHART, Draws(5, trap.kind), CODE)
