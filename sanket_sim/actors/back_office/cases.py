"""From a break to its correction: investigation, agreement of the other side, approval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.back_office.book import Book, Rows
from sanket_sim.actors.back_office.breaks import Rules, complained, grave
from sanket_sim.actors.back_office.records import Finder, Records, Verdict
from sanket_sim.actors.back_office.remedies import (
    Nostro,
    Remedy,
    by_the_books,
    by_the_wish,
    kinds_of,
)
from sanket_sim.actors.back_office.settings import ReconciliationSettings
from sanket_sim.actors.calendar import Calendar
from sanket_sim.actors.intents import Wish, table_of
from sanket_sim.bank.description import Accounts, Bank, Party
from sanket_sim.core.draws import Draws

ROUTE = "correction"
"""The route by which corrections go; a bank without it only puts them on record."""
BANKS_OWN = (Party.SUSPENSE, Party.FEES, Party.EXCHANGE)
"""Whose money comes back without anybody's leave."""
DESK = 2 << 64
"""Rank, in the diary, of what is done about single orders: after looking at all of them."""


@dataclass(frozen=True, slots=True)
class Case:
    """A break under investigation: which order, who found it, and what."""

    tx_id: int
    draw_key: int
    finder: Finder
    kinds: int
    decided_ns: int


class Cases:
    """Investigates breaks and orders what puts them right.

    Parameters
    ----------
    settings : ReconciliationSettings
    bank : Bank
    accounts : Accounts
    book : Book
    rules : Rules
    records : Records
    diary : Calendar
    draws : Draws
    """

    def __init__(
        self,
        settings: ReconciliationSettings,
        bank: Bank,
        accounts: Accounts,
        book: Book,
        rules: Rules,
        records: Records,
        diary: Calendar,
        draws: Draws,
    ) -> None:
        self.settings, self.book, self.rules = settings, book, rules
        self.records, self.diary, self.draws = records, diary, draws
        self.nostro = Nostro.of(accounts)
        self._law = settings.investigation.build()
        self._freely = np.isin(accounts.party, BANKS_OWN)
        self._freely[list(self.nostro.accounts.values())] = True
        names = [route.name for route in bank.routes]
        self.route = names.index(ROUTE) if ROUTE in names else -1
        channels = bank.routes[self.route].channels if self.route >= 0 else {}
        self._channel = bank.channels.index(next(iter(channels))) if channels else 0
        self._open: dict[int, Case] = {}
        self._wishes: list[Wish] = []

    def open(self, row: Rows, finder: Finder, kinds: int, now_ns: int) -> None:
        """Put an order under investigation; the books keep it until that is over."""
        order = row[0]
        order["reported"] |= kinds
        order["pursued"] = True
        key = int(order["draw_key"])
        delay_ns = self._law.ns(float(self.draws.child("investigation").uniform(key)))
        case = Case(int(order["tx_id"]), key, finder, kinds, now_ns + delay_ns)
        self._open[case.tx_id] = case
        self.book.lay_out(case.tx_id)
        self.diary.enter(case.decided_ns, DESK + key, partial(self._decide, case))

    def plan(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Return the corrections that leave in [begin, end)."""
        due = [wish for wish in self._wishes if wish.created_ns < end_ns]
        assert all(wish.created_ns >= begin_ns for wish in due), "a tick outlasted the approval"
        self._wishes = [wish for wish in self._wishes if wish.created_ns >= end_ns]
        return table_of(due)

    def waits(self, until_ns: int) -> bool:
        """Say whether a correction may still leave before an instant."""
        leaves_ns = [case.decided_ns + self.settings.approval for case in self._open.values()]
        leaves_ns += [wish.created_ns for wish in self._wishes]
        return any(at_ns < until_ns for at_ns in leaves_ns)

    def _decide(self, case: Case, now_ns: int) -> None:
        """End an investigation: look again, ask whoever has the money, order the corrections."""
        del self._open[case.tx_id]
        row = self.book.row(case.tx_id)
        asked = self._remedies(case, row, now_ns)
        agreed = [remedy for remedy in asked if self._agreed(remedy, case)]
        verdict = Verdict.CORRECTION if agreed else Verdict.WRITE_OFF
        kind = kinds_of(case.kinds)[0]
        self.records.note(
            now_ns, case.finder, verdict if asked else Verdict.CLEARED, kind, case.tx_id
        )
        if self.route >= 0:
            leaves_ns = now_ns + self.settings.approval
            for place, remedy in enumerate(agreed):
                self._wishes.append(self._wish(remedy, row[0], place, leaves_ns))
        self.book.put_away(case.tx_id)

    def _remedies(self, case: Case, row: Rows, now_ns: int) -> list[Remedy]:
        if case.finder == Finder.COMPLAINT:
            return by_the_wish(row, self.nostro) if complained(row, now_ns)[0] else []
        kinds = self.rules.own_books(row, now_ns)
        kinds |= self.rules.statements(row, now_ns, self.book.available_minor)
        left = int(grave(row, kinds)[0])
        return by_the_books(row, left, now_ns, self.nostro) if left else []

    def _agreed(self, remedy: Remedy, case: Case) -> bool:
        if self._freely[remedy.debtor]:
            return True
        u = self.draws.child("agreement").uniform(case.draw_key, remedy.debtor)
        return bool(u < self.settings.recovery)

    def _wish(self, remedy: Remedy, order: np.void, place: int, at_ns: int) -> Wish:
        key = self.draws.child("correction").key(int(order["draw_key"]), place)
        return Wish(
            draw_key=int(key),
            created_ns=at_ns,
            kind=self.route,
            channel=self._channel,
            customer_id=int(order["customer_id"]),
            debtor_account=remedy.debtor,
            creditor_account=remedy.creditor,
            amount_minor=remedy.amount_minor,
            currency=remedy.currency,
            original_tx_id=int(order["tx_id"]),
        ).as_wanted()
