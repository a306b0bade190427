"""The auditor is quiet about honest books and names law, currency and residual of broken ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from sanket_sim.analysis.decomposition import Decomposition, IntentStatus
from sanket_sim.bank.description import Accounts
from sanket_sim.core.errors import ConservationError
from sanket_sim.core.outcomes import Ack, LeakClass, Leg, LegPurpose, Outcome, Phase
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.trace import schema
from sanket_sim.trace.arrivals import INTENT_DTYPE, Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch

CURRENCIES = ("EUR", "JPY")
ALICE, BOB, SHOP, YEN_ALICE, YEN_SHOP, EURO_DESK, YEN_DESK = range(7)
SIZE = 7


def accounts() -> Accounts:
    return Accounts(
        opening_minor=np.array([10_000, 5_000, 0, 70_000, 0, 0, 0]),
        currency=np.array([0, 0, 0, 1, 1, 0, 1], np.int16),
        no_overdraft=np.array([True, True, False, True, False, False, False]),
        typical_minor=np.full(SIZE, 2500),
        party=np.array([1, 1, 2, 1, 2, 3, 3], np.int8),
        owner=np.arange(SIZE),
    )


@dataclass
class PlainBooks:
    """A balance store that posts what it is told, and can be spoiled by hand."""

    balances: np.ndarray = field(default_factory=accounts().opening_minor.copy)
    debits: np.ndarray = field(default_factory=lambda: np.zeros(SIZE, np.int64))
    credits: np.ndarray = field(default_factory=lambda: np.zeros(SIZE, np.int64))

    def balances_minor(self) -> np.ndarray:
        return self.balances.copy()

    def pending_minor(self) -> tuple[np.ndarray, np.ndarray]:
        return self.debits, self.credits


def postings(
    *rows: tuple[int, int, int], phase: Phase = Phase.POSTED, leg: Leg = Leg.PRINCIPAL
) -> Columns:
    """Rows of (intent, account, amount); every two of them are a transfer."""
    sides = dict(zip(("tx_id", "account_id", "amount_minor"), np.array(rows).T, strict=True))
    sides |= {
        "posting_id": np.arange(len(rows)),
        "transfer_id": 100 * sides["tx_id"] + np.arange(len(rows)) // 2,
        "phase": np.full(len(rows), phase),
        "leg": np.full(len(rows), leg),
        "currency": accounts().currency[sides["account_id"]],
    }
    return {
        column.name: np.asarray(sides.get(column.name, np.zeros(len(rows)))).astype(column.dtype)
        for column in schema.POSTINGS
    }


def transaction(tx_id: int, debtor: int, creditor: int, amount: int, **others: int) -> Columns:
    values = {column.name: -1 if column.nullable else 0 for column in schema.TRANSACTIONS} | {
        "tx_id": tx_id,
        "debtor_account": debtor,
        "creditor_account": creditor,
        "right_debtor_account": debtor,
        "right_creditor_account": creditor,
        "amount_minor": amount,
        "currency": int(accounts().currency[debtor]),
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
    assert auditor.balances_minor.tolist() == [7500, 7500, 0, 69_100, 900, 0, 0]


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
    day.transactions["d_minor"][[0, 2]] += [1, -1]
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
        books=PlainBooks(debits=np.array([2500] + 6 * [0]), credits=np.array([0, 2500] + 5 * [0])),
    )
    day.books.balances = accounts().opening_minor.copy()
    day.audit((1,))


def audited(log: Columns, table: Columns, books: PlainBooks | None = None) -> Decomposition:
    """Audit the one batch of a day whose balance store agrees with its log, to the close."""
    books = books or PlainBooks()
    posted = log["phase"] == Phase.POSTED
    np.add.at(books.balances, log["account_id"][posted], log["amount_minor"][posted])
    auditor = MoneyAuditor(accounts(), CURRENCIES)
    auditor.admit(arrivals(*table["tx_id"].tolist()))
    parts = auditor.audit(TraceBatch(transactions=table, postings=log), books)
    auditor.close(books)
    return parts


def refusal(log: Columns, table: Columns, books: PlainBooks | None = None) -> str:
    with pytest.raises(ConservationError) as caught:
        audited(log, table, books)
    return str(caught.value).removeprefix("conservation law ")


CONVERTED = {
    "second_purpose": LegPurpose.EXCHANGE,
    "second_currency": 1,
    "second_debtor_account": YEN_DESK,
    "second_creditor_account": YEN_SHOP,
    "second_e_minor": 4000,
    "second_d_minor": 4000,
    "second_c_minor": 4000,
    "second_n_posted": 1,
}


def conversion(**others: int) -> tuple[Columns, Columns]:
    """Alice pays a shop in yen: 25.00 to the bank's desk, 4000 yen from it, in one transfer."""
    yen = postings((1, YEN_DESK, -4000), (1, YEN_SHOP, 4000), leg=Leg.SECOND)
    log = join(postings((1, ALICE, -2500), (1, EURO_DESK, 2500)), yen)
    return log, transaction(1, ALICE, EURO_DESK, 2500, **(CONVERTED | others))


def test_both_legs_of_a_conversion_are_counted() -> None:
    parts = audited(*conversion())
    assert parts.leak_class.tolist() == [LeakClass.NONE]
    assert parts.second.matched.tolist() == [4000]


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"second_d_minor": 3999}, "L1 failed: residual 1 JPY: intent 1: debits of the second leg"),
        ({"second_c_minor": 4001}, "L2 failed: residual -1 JPY: intent 1: credits of the second"),
        ({"second_x_minor": 7}, "L2 failed: residual -7 JPY: intent 1: credits to others of the"),
        ({"second_n_posted": 2}, "L5 failed: residual -1 journals: intent 1: journals of the"),
        ({"n_posted": 2}, "L5 failed: residual -1 journals: intent 1: journals in the posting log"),
        (
            {"second_creditor_account": YEN_ALICE},
            "L2 failed: residual -4000 JPY: intent 1: credits of the second leg",
        ),
    ],
)
def test_a_false_claim_about_either_leg_is_named(others: dict[str, int], told: str) -> None:
    assert refusal(*conversion(**others)).startswith(told)


def test_a_posting_in_another_currency_than_its_account_is_named() -> None:
    log, table = conversion()
    log["currency"][3] = 0
    assert refusal(log, table) == (
        "L4 failed: residual 4000 JPY: account 4: posting 1 was written in EUR"
    )


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"second_purpose": LegPurpose.NONE}, "JPY: intent 1: posted in JPY on the second leg, "),
        ({"second_currency": 0}, "JPY: intent 1: posted in JPY on the second leg, which is in EUR"),
        ({"currency": 1}, "EUR: intent 1: posted in EUR on the principal leg, which is in JPY"),
    ],
)
def test_a_posting_on_a_leg_of_another_currency_is_named(others: dict[str, int], told: str) -> None:
    assert told in refusal(*conversion(**others))


def test_a_currency_mismatch_is_an_orphan_on_each_side_and_no_broken_law() -> None:
    credit = postings((1, YEN_ALICE, 2500), leg=Leg.SECOND)
    mismatch = {
        "second_purpose": LegPurpose.MISMATCH,
        "second_currency": 1,
        "second_x_minor": 2500,
        "second_n_posted": 1,
    }
    table = transaction(1, ALICE, BOB, 2500, e_minor=0, c_minor=0, **mismatch)
    parts = audited(join(postings((1, ALICE, -2500)), credit), table)
    assert parts.orphan_debit.tolist() == [2500]
    assert parts.second.orphan_credit.tolist() == [2500]
    assert parts.leak_class.tolist() == [LeakClass.ORPHAN_CREDIT]


def test_a_fee_is_counted_in_the_currency_of_its_payment() -> None:
    fee = {
        "second_purpose": LegPurpose.FEE,
        "second_currency": 0,
        "second_debtor_account": ALICE,
        "second_creditor_account": SHOP,
        "second_d_minor": 30,
        "second_c_minor": 30,
        "second_n_posted": 1,
    }
    kept = {"d_minor": 0, "c_minor": 0, "n_posted": 0, "ack": Ack.FAILED}
    log = postings((1, ALICE, -30), (1, SHOP, 30), leg=Leg.SECOND)
    parts = audited(log, transaction(1, ALICE, BOB, 2500, **fee, **kept))
    assert parts.leak_class.tolist() == [LeakClass.INVALID_EXECUTED]
    assert (parts.glv_minor.tolist(), parts.second_glv_minor.tolist()) == ([0], [30])


def test_where_both_ends_are_one_account_the_sign_tells_the_side() -> None:
    both = postings((1, ALICE, -50), (1, ALICE, 50))
    assert not audited(both, transaction(1, ALICE, ALICE, 50)).glv_minor.any()
    lost_update = transaction(1, ALICE, ALICE, 50, e_minor=0, d_minor=0)
    parts = audited(postings((1, ALICE, 50)), lost_update)
    assert parts.leak_class.tolist() == [LeakClass.ORPHAN_CREDIT]
    assert refusal(both, lost_update).startswith("L1 failed: residual 50 EUR")


UNPOSTED = {"d_minor": 0, "c_minor": 0, "n_posted": 0, "e_minor": 0, "ack": Ack.FAILED}


def held(amount: int, phase: Phase = Phase.PENDING) -> Columns:
    return postings((1, ALICE, -amount), (1, SHOP, amount), phase=phase)


@pytest.mark.parametrize("ending", [Phase.VOIDED, Phase.EXPIRED])
def test_a_hold_that_was_voided_or_lapsed_is_no_longer_open(ending: Phase) -> None:
    log = join(held(2500), held(2500, ending))
    parts = audited(log, transaction(1, ALICE, SHOP, 2500, **UNPOSTED))
    assert parts.status.tolist() == [IntentStatus.REJECTED_RIGHT]


def test_a_capture_ends_a_hold_without_a_row_of_its_own() -> None:
    log = join(held(2500), postings((1, ALICE, -2400), (1, SHOP, 2400)))
    captured = {"e_minor": 2400, "d_minor": 2400, "c_minor": 2400}
    parts = audited(log, transaction(1, ALICE, SHOP, 2500, **captured))
    assert parts.status.tolist() == [IntentStatus.OK]


@pytest.mark.parametrize(
    ("log", "others", "residual"),
    [
        (held(2500), UNPOSTED, 2500),
        (join(held(2500), held(2400, Phase.EXPIRED)), UNPOSTED, 100),
        (held(2500, Phase.VOIDED), UNPOSTED, -2500),
        (
            join(held(2500, Phase.VOIDED), postings((1, ALICE, -2500), (1, SHOP, 2500))),
            {},
            -2500,
        ),
    ],
    ids=["forgotten", "lapsed in part", "voided but never opened", "captured and voided"],
)
def test_holds_that_the_log_does_not_explain_are_named(
    log: Columns, others: dict[str, int], residual: int
) -> None:
    told = f"L6 failed: residual {residual} EUR: intent 1: holds in the posting log"
    assert refusal(log, transaction(1, ALICE, SHOP, 2500, **others)).startswith(told)


def test_a_hold_on_one_side_only_is_named_from_the_log_too() -> None:
    log = postings((1, ALICE, -2500), phase=Phase.PENDING)
    told = "L6 failed: residual -2500 EUR: sum of the log's rows that open or release holds"
    assert refusal(log, transaction(1, ALICE, SHOP, 2500, **UNPOSTED)) == told
