"""Hand-made days at a bank: orders, answers and postings at known instants, in any batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from banks import Fixed, S

from sanket_sim.actors.back_office.office import BackOffice
from sanket_sim.actors.back_office.settings import ReconciliationSettings
from sanket_sim.actors.intents import Wish, blank_intents
from sanket_sim.bank.description import Accounts, Bank, Party, Route
from sanket_sim.core.outcomes import Ack, LegPurpose, Phase
from sanket_sim.trace import schema
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.schema import Column
from sanket_sim.trace.vocabulary import Vocabularies

START = datetime.fromisoformat("2026-11-27T08:00:00")
NOSTRO, SUSPENSE, FEES, SHOP, ANNE, BOB, CARL, CLOSED, DOLLARS, DOLLAR_SUSPENSE = range(10)
_PARTIES = (
    Party.OTHER_BANK, Party.SUSPENSE, Party.FEES, Party.MERCHANT, Party.CUSTOMER, Party.CUSTOMER,
    Party.CUSTOMER, Party.NONE, Party.CUSTOMER, Party.SUSPENSE,
)  # fmt: skip
OPENING_MINOR = 100_000
TRANSFER, CARD, REFUND, LOGIN, CORRECTION = range(5)


def bank(correction: bool = True, hold_ttl_ns: int = 0) -> Bank:
    paid = {"debtor": Party.CUSTOMER, "creditor": Party.CUSTOMER, "amount_minor": Fixed(2500)}
    routes = [
        Route("transfer", 0, deadline_ns=10 * S, **paid),
        Route("card_payment", 0, deadline_ns=5 * S, **paid),
        Route("refund", 0, reverses="card_payment", **paid),
        Route("login", 0),
    ]
    if correction:
        routes.append(Route("correction", 0, weight=0, **paid))
    return Bank(
        "desk", (), (), (), tuple(routes), currencies=("EUR", "USD"), hold_ttl_ns=hold_ttl_ns
    )


def chart() -> Accounts:
    count = len(_PARTIES)
    currency = np.isin(np.arange(count), (DOLLARS, DOLLAR_SUSPENSE)).astype(np.int16)
    people = np.array(_PARTIES) == Party.CUSTOMER
    return Accounts(
        opening_minor=np.where(people, OPENING_MINOR, 0),
        currency=currency,
        no_overdraft=people,
        typical_minor=np.full(count, 2500),
        party=np.array(_PARTIES, np.int8),
        owner=np.arange(count),
    )


FEE = LegPurpose.FEE
_ANSWERED = ("tx_id", "answered_ns", "ack")
_POSTED = ("tx_id", "posted_ns", "leg", "account_id", "amount_minor", "phase")
_ENDED = ("tx_id", "completed_ns")
Tables = dict[str, tuple[str, Columns]]


@dataclass
class Day:
    """What happened, each thing at its own instant [s]; `at` defaults follow one another."""

    intents: list[np.ndarray] = field(default_factory=list)
    answers: list[tuple[int, int, int]] = field(default_factory=list)
    postings: list[tuple[int, ...]] = field(default_factory=list)
    ended: list[tuple[int, int]] = field(default_factory=list)

    def order(self, at: float, debtor: int = ANNE, creditor: int = BOB, **columns: Any) -> int:
        """Somebody orders 25.00; returns its tx_id."""
        row = blank_intents(1)
        tx_id = len(self.intents)
        wanted = Wish(
            tx_id=tx_id, draw_key=1000 + tx_id, created_ns=round(at * S), customer_id=ANNE,
            debtor_account=debtor, creditor_account=creditor,
            amount_minor=columns.pop("amount_minor", 2500),
        ).as_wanted()  # fmt: skip
        row[0] = wanted._replace(**columns)
        self.intents.append(row)
        return tx_id

    def tell(self, tx_id: int, at: float, ack: Ack = Ack.OK) -> None:
        self.answers.append((tx_id, round(at * S), int(ack)))

    def book(
        self, tx_id: int, at: float, *moves: tuple[int, int], phase: Phase = Phase.POSTED,
        leg: int = 0,
    ) -> None:  # fmt: skip
        """Write signed amounts on accounts."""
        for account, minor in moves:
            self.postings.append((tx_id, round(at * S), leg, account, minor, int(phase)))

    def end(self, tx_id: int, at: float) -> None:
        self.ended.append((tx_id, round(at * S)))

    def pay(self, at: float, ack: Ack = Ack.OK, ends: bool = True, **order: Any) -> int:
        """An order that is posted and answered as it should be."""
        tx_id = self.order(at, **order)
        intent = self.intents[tx_id][0]
        minor = int(intent["amount_minor"])
        if ack == Ack.OK:
            debtor, creditor = int(intent["debtor_account"]), int(intent["creditor_account"])
            self.book(tx_id, at + 0.1, (debtor, -minor), (creditor, minor))
        self.tell(tx_id, at + 0.2, ack)
        if ends:
            self.end(tx_id, at + 0.3)
        return tx_id

    def tables(self) -> Tables:
        """Everything that happened, each table in the order of its clock."""
        intents = np.concatenate([*self.intents, blank_intents(0)])
        postings = _columns(schema.POSTINGS, _POSTED, self.postings)
        postings["currency"][:] = chart().currency[postings["account_id"]]
        return {
            "intents": ("created_ns", {"intents": intents[np.argsort(intents["created_ns"])]}),
            "answers": ("answered_ns", _columns(schema.ANSWERS, _ANSWERED, self.answers)),
            "postings": ("posted_ns", postings),
            "transactions": (
                "completed_ns", _columns(schema.TRANSACTIONS, _ENDED, self.ended)
            ),
        }  # fmt: skip


@dataclass
class Found:
    """What the back office decided and ordered."""

    office: BackOffice
    decisions: list[tuple[float, str, str, str, int]] = field(default_factory=list)
    corrections: list[tuple[float, int, int, int, int]] = field(default_factory=list)

    @property
    def breaks(self) -> list[tuple[str, str, int]]:
        """(actor, subject, tx_id) of every break."""
        return [(row[1], row[3], row[4]) for row in self.decisions if row[2] == "break"]

    @property
    def remedies(self) -> list[tuple[int, int, int]]:
        """(debtor, creditor, amount) of every correction."""
        return [row[1:4] for row in self.corrections]


def watch(day: Day, cuts_ns: Sequence[int], the_bank: Bank | None = None, **asked: Any) -> Found:
    """Let the back office see a day, cut into batches that end at `cuts_ns`, and close it."""
    words = Vocabularies()
    settings = ReconciliationSettings.model_validate(
        {"investigation": "3m", "complaint": "10m", "complaints": 1.0, **asked}
    )
    office = BackOffice(settings, the_bank or bank(), chart(), START, 7, words)
    found, begin_ns, tables = Found(office), 0, day.tables()
    for end_ns in cuts_ns:
        plan = office.plan(begin_ns, end_ns)
        slices = {name: _within(*table, begin_ns, end_ns) for name, table in tables.items()}
        office.admit(Arrivals(slices.pop("intents")["intents"]))
        batch = TraceBatch(end_ns=end_ns, **slices)
        office.reconcile(batch)
        _note(found, plan, batch, words)
        begin_ns = end_ns
    last = TraceBatch(end_ns=begin_ns)
    office.close(last)
    _note(found, np.empty(0), last, words)
    return found


def every(tick: float, until: float) -> list[int]:
    """Ends of equal ticks [s]."""
    return [round(tick * S * count) for count in range(1, round(until / tick) + 1)]


def _note(found: Found, plan: np.ndarray, batch: TraceBatch, words: Vocabularies) -> None:
    table = batch.decisions
    texts = [
        [words[name].words[code] for code in table[name]]
        for name in ("actor", "decision", "subject")
    ]
    times = (table["time_ns"] / S).tolist()
    found.decisions += zip(times, *texts, table["tx_id"].tolist(), strict=True)
    for row in plan:
        ends = (int(row["debtor_account"]), int(row["creditor_account"]))
        assert row["e_minor"] == row["amount_minor"], "a correction is what it says"
        original = int(row["original_tx_id"])
        found.corrections.append((row["created_ns"] / S, *ends, int(row["amount_minor"]), original))


def _within(clock: str, table: Columns, begin_ns: int, end_ns: int) -> Columns:
    times = table["intents"][clock] if "intents" in table else table[clock]
    here = slice(*np.searchsorted(times, [begin_ns, end_ns]))
    return {name: column[here] for name, column in table.items()}


def _columns(columns: tuple[Column, ...], names: tuple[str, ...], rows: list) -> Columns:
    rows = sorted(rows, key=lambda row: row[1])
    table = {column.name: np.zeros(len(rows), column.dtype) for column in columns}
    for place, name in enumerate(names):
        table[name][:] = [row[place] for row in rows]
    return table
