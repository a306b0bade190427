"""The auditor is quiet about honest books and names law, currency and residual of broken ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from sanket_sim.bank.description import Accounts
from sanket_sim.core.errors import ConservationError
from sanket_sim.core.outcomes import Ack, LeakClass, Outcome, Phase
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.trace import schema
from sanket_sim.trace.arrivals import INTENT_DTYPE, Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch

CURRENCIES = ("EUR", "JPY")
ALICE, BOB, SHOP, YEN_ALICE, YEN_SHOP = range(5)


def accounts() -> Accounts:
    return Accounts(
        opening_minor=np.array([10_000, 5_000, 0, 70_000, 0]),
        currency=np.array([0, 0, 0, 1, 1], np.int16),
        no_overdraft=np.array([True, True, False, True, False]),
        typical_minor=np.full(5, 2500),
        party=np.array([1, 1, 2, 1, 2], np.int8),
        owner=np.arange(5),
    )


@dataclass
class PlainBooks:
    """A balance store that posts what it is told, and can be spoiled by hand."""

    balances: np.ndarray = field(default_factory=accounts().opening_minor.copy)
    debits: np.ndarray = field(default_factory=lambda: np.zeros(5, np.int64))
    credits: np.ndarray = field(default_factory=lambda: np.zeros(5, np.int64))

    def balances_minor(self) -> np.ndarray:
        return self.balances.copy()

    def pending_minor(self) -> tuple[np.ndarray, np.ndarray]:
        return self.debits, self.credits


def postings(*rows: tuple[int, int, int], phase: Phase = Phase.POSTED) -> Columns:
    table = schema.empty(schema.POSTINGS)
    sides = np.array(rows, np.int64).T
    for name, side in zip(("tx_id", "account_id", "amount_minor"), sides, strict=True):
        table[name] = side
    table["phase"] = np.full(len(rows), phase, np.int8)
    return table


def transaction(tx_id: int, debtor: int, creditor: int, amount: int, **others: int) -> Columns:
    values = {column.name: 0 for column in schema.TRANSACTIONS} | {
        "tx_id": tx_id,
        "debtor_account": debtor,
        "creditor_account": creditor,
        "amount_minor": amount,
        "currency": int(accounts().currency[debtor]),
        "deadline_ns": -1,
        "outcome": Outcome.OK,
        "ack": Ack.OK,
        "e_minor": amount,
        "d_minor": amount,
        "c_minor": amount,
        "n_posted": 1,
    }
    values |= others
    return {
        column.name: np.array([values[column.name]], column.dtype) for column in schema.TRANSACTIONS
    }


def join(*tables: Columns) -> Columns:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


@dataclass
class Day:
    """One honest batch: a transfer in euros, a card payment in yen, a clean failure."""

    books: PlainBooks = field(default_factory=PlainBooks)
    log: Columns = field(
        default_factory=lambda: postings(
            (1, ALICE, -2500), (1, BOB, 2500), (2, YEN_ALICE, -900), (2, YEN_SHOP, 900)
        )
    )
    transactions: Columns = field(
        default_factory=lambda: join(
            transaction(1, ALICE, BOB, 2500),
            transaction(2, YEN_ALICE, YEN_SHOP, 900),
            transaction(3, BOB, SHOP, 40, d_minor=0, c_minor=0, n_posted=0, ack=Ack.FAILED),
        )
    )

    def __post_init__(self) -> None:
        np.add.at(self.books.balances, self.log["account_id"], self.log["amount_minor"])

    def audit(self, submitted: tuple[int, ...] = (1, 2, 3)) -> MoneyAuditor:
        auditor = MoneyAuditor(accounts(), CURRENCIES)
        auditor.admit(arrivals(*submitted))
        auditor.audit(TraceBatch(transactions=self.transactions, postings=self.log), self.books)
        auditor.close(self.books)
        return auditor


def arrivals(*tx_ids: int) -> Arrivals:
    intents = np.zeros(len(tx_ids), INTENT_DTYPE)
    intents["tx_id"] = tx_ids
    return Arrivals(intents=intents)


def add(table: str, column: str, row: int, by: int) -> Callable[[Day], None]:
    def spoil(day: Day) -> None:
        getattr(day, table)[column][row] += by

    return spoil


def misplace_pending(day: Day) -> None:
    day.books.debits[ALICE] = 12


def reserve_for_nobody(day: Day) -> None:
    day.books.credits[SHOP] = 12


def forget_hold(day: Day) -> None:
    day.books.debits[YEN_ALICE] = day.books.credits[YEN_SHOP] = 12


def shift_balance(day: Day) -> None:
    day.books.balances[YEN_ALICE] += 5


BROKEN = {
    "debit under-reported": (add("transactions", "d_minor", 0, -1), "L1", "EUR", 1),
    "credit over-reported": (add("transactions", "c_minor", 1, 4), "L2", "JPY", -4),
    "stranger's share invented": (add("transactions", "x_minor", 0, 9), "L2", "EUR", -9),
    "store drifts from log": (shift_balance, "L4", "JPY", 5),
    "pending out of balance": (misplace_pending, "L6", "EUR", 12),
    "pending credit without a debit": (reserve_for_nobody, "L6", "EUR", -12),
    "hold of nobody": (forget_hold, "L6", "JPY", 12),
}


def test_honest_books_are_quiet() -> None:
    auditor = Day().audit()
    assert auditor.balances_minor.tolist() == [7500, 7500, 0, 69_100, 900]


@pytest.mark.parametrize("name", BROKEN)
def test_broken_books_are_named(name: str) -> None:
    spoil, law, currency, residual = BROKEN[name]
    day = Day()
    spoil(day)
    with pytest.raises(ConservationError) as caught:
        day.audit()
    assert (caught.value.law, caught.value.currency, caught.value.residual) == (
        law,
        currency,
        residual,
    )
    assert caught.value.exit_status == 3


def test_two_errors_that_cancel_are_still_found() -> None:
    day = Day()
    day.transactions["currency"][1] = 0
    day.transactions["d_minor"][:2] += [1, -1]
    with pytest.raises(ConservationError, match="intent 1: debits"):
        day.audit()


def test_an_orphan_debit_is_a_leak_and_no_broken_law() -> None:
    day = Day(
        log=postings((1, ALICE, -2500)),
        transactions=transaction(1, ALICE, BOB, 2500, c_minor=0, ack=Ack.FAILED),
    )
    auditor = MoneyAuditor(accounts(), CURRENCIES)
    auditor.admit(arrivals(1))
    parts = auditor.audit(TraceBatch(transactions=day.transactions, postings=day.log), day.books)
    assert parts.leak_class.tolist() == [LeakClass.ORPHAN_DEBIT]


def test_postings_wait_for_the_end_of_their_intent() -> None:
    day, auditor = Day(), MoneyAuditor(accounts(), CURRENCIES)
    auditor.admit(arrivals(1, 2, 3))
    auditor.audit(TraceBatch(postings=day.log), day.books)
    auditor.audit(TraceBatch(transactions=day.transactions), day.books)
    auditor.close(day.books)


@pytest.mark.parametrize("submitted", [(1, 2), (1, 2, 3, 4)])
def test_every_intent_ends_exactly_once(submitted: tuple[int, ...]) -> None:
    with pytest.raises(ConservationError, match="L5"):
        Day().audit(submitted)


def test_money_posted_after_the_end_is_found_at_the_close() -> None:
    day, auditor = Day(), MoneyAuditor(accounts(), CURRENCIES)
    auditor.admit(arrivals(1, 2, 3))
    auditor.audit(TraceBatch(transactions=day.transactions, postings=day.log), day.books)
    late = postings((1, ALICE, -1), (1, BOB, 1))
    np.add.at(day.books.balances, late["account_id"], late["amount_minor"])
    auditor.audit(TraceBatch(postings=late), day.books)
    with pytest.raises(ConservationError, match="posted after intent 1 had ended"):
        auditor.close(day.books)


def test_pending_rows_do_not_count_as_money() -> None:
    day = Day(
        log=postings((1, ALICE, -2500), (1, BOB, 2500), phase=Phase.PENDING),
        transactions=transaction(
            1,
            ALICE,
            BOB,
            2500,
            d_minor=0,
            c_minor=0,
            n_posted=0,
            ack=Ack.FAILED,
            open_hold_minor=2500,
        ),
        books=PlainBooks(debits=np.array([2500, 0, 0, 0, 0]), credits=np.array([0, 2500, 0, 0, 0])),
    )
    day.books.balances = accounts().opening_minor.copy()
    day.audit((1,))


def test_self_transfer_is_judged_by_its_sum() -> None:
    Day(
        log=postings((1, ALICE, -50), (1, ALICE, 50)), transactions=transaction(1, ALICE, ALICE, 50)
    ).audit((1,))
