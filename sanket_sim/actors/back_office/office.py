"""The back office at work: it looks at fixed instants of simulated time.

What it finds and what it orders rests on rows from before the instant at which it looks, and
hence does not depend on how ticks cut the time.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.back_office.book import Book, Mask
from sanket_sim.actors.back_office.breaks import Kinds, Rules, complained, grave
from sanket_sim.actors.back_office.cases import DESK, Cases
from sanket_sim.actors.back_office.records import Finder, Records, Verdict
from sanket_sim.actors.back_office.refunds import RefundCap
from sanket_sim.actors.back_office.remedies import kinds_of
from sanket_sim.actors.back_office.settings import ReconciliationSettings
from sanket_sim.actors.calendar import Calendar
from sanket_sim.bank.description import Accounts, Bank, Party
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS, NS_PER_US
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import TraceBatch, rows_in, sums_by_code
from sanket_sim.trace.vocabulary import Vocabularies

OUTSIDE = (Party.MERCHANT, Party.OTHER_BANK, Party.EMPLOYER, Party.BILLER)
"""Who sends statements."""
_LOOK, _CLOSE_DAY = 0, 1 << 64
"""Ranks of acts at one instant."""


class BackOffice:
    """Finds breaks, hears complaints, and plans what puts them right.

    Parameters
    ----------
    settings : ReconciliationSettings
    bank : Bank
    accounts : Accounts
    start : datetime
        Local time of the bank at instant 0.
    seed : int
    vocabularies : Vocabularies
        Take the words of what is decided.
    """

    def __init__(
        self,
        settings: ReconciliationSettings,
        bank: Bank,
        accounts: Accounts,
        start: datetime,
        seed: int,
        vocabularies: Vocabularies,
    ) -> None:
        self.settings, self.bank, self.accounts = settings, bank, accounts
        self.book = Book(bank, accounts)
        self.rules = Rules(bank.hold_ttl_ns, settings.grace, np.isin(accounts.party, OUTSIDE))
        self.records = Records(vocabularies)
        self.diary = Calendar()
        self._draws = Draws(seed, "reconciliation")
        self._refunds = RefundCap(bank)
        self._complaint = settings.complaint.build()
        self.cases = Cases(
            settings,
            bank,
            accounts,
            self.book,
            self.rules,
            self.records,
            self.diary,
            self._draws,
        )
        self.diary.enter(settings.intraday, _LOOK, self._look)
        if settings.end_of_day is not None:
            first_ns = ns_until(start, settings.end_of_day)
            self.diary.enter(first_ns, _CLOSE_DAY, self._close_day)

    def admit(self, arrivals: Arrivals) -> None:
        """Note what the bank is about to be asked."""
        self.book.admit(arrivals.intents)

    def plan(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Return the corrections that leave in [begin, end); ticks within the approval's time."""
        return self.cases.plan(begin_ns, end_ns)

    def reconcile(self, batch: TraceBatch) -> None:
        """Do everything that is due by the end of a batch, and put it on the batch's record."""
        self.book.hear(batch)
        self.diary.wake_until(batch.end_ns + 1)
        batch.decisions = self.records.merged(batch.decisions)

    def close(self, batch: TraceBatch) -> None:
        """Close the last day, with the batch that the network leaves when it stops.

        If nothing is on its way any more there is no grace: what is not there will not come.
        """
        drained = rows_in(batch.transactions) == 0
        self.book.hear(batch)
        self.diary.wake_until(batch.end_ns + 1)
        self._find(batch.end_ns, Finder.END_OF_DAY, drained=drained)
        batch.decisions = self.records.merged(batch.decisions)

    def waits(self, until_ns: int) -> bool:
        """Say whether the run should go on for a correction that leaves before an instant."""
        return self.settings.await_corrections and self.cases.waits(until_ns)

    def _look(self, now_ns: int) -> None:
        self._find(now_ns, Finder.INTRADAY)
        self.diary.enter(now_ns + self.settings.intraday, _LOOK, self._look)

    def _close_day(self, now_ns: int) -> None:
        self._find(now_ns, Finder.END_OF_DAY)
        self.diary.enter(now_ns + DAY_NS, _CLOSE_DAY, self._close_day)

    def _find(self, now_ns: int, finder: Finder, *, drained: bool = False) -> None:
        """Look at everything that is known; report what is new."""
        self.book.look(now_ns)
        rows = self.book.rows
        ripe = self.rules.ripe(rows, now_ns) | drained
        self._refunds.count(rows, ripe)
        own = self.rules.own_books(rows, now_ns) * ripe
        later = self.rules.statements(rows, now_ns, self.book.available_minor) * ripe
        closing = finder == Finder.END_OF_DAY
        self._report(own | later if closing else own, finder, now_ns)
        self._hear_customers(ripe & (grave(rows, own) == 0), now_ns)
        rows["suspect"] = (later & ~rows["reported"]) != 0
        if closing:
            rows["overdrew"][ripe & (rows["files"] == 0)] = -1
            self._sum_up(now_ns)
        self.book.tidy(ripe)

    def _report(self, seen: Kinds, finder: Finder, now_ns: int) -> None:
        """Put new breaks on record, and start one investigation of each order."""
        rows = self.book.rows
        new = seen & ~rows["reported"].astype(np.int64)
        worth = (grave(rows, new) != 0) & ~rows["pursued"]
        for place in np.flatnonzero(new).tolist():
            rows["reported"][place] |= new[place]
            tx_id = int(rows["tx_id"][place])
            for kind in kinds_of(int(new[place])):
                self.records.note(now_ns, finder, Verdict.BREAK, kind, tx_id)
            if worth[place] and rows["kind"][place] != self.cases.route:
                row = rows[place : place + 1]
                self.cases.open(row, finder, int(grave(row, new[place : place + 1])[0]), now_ns)

    def _hear_customers(self, unseen: Mask, now_ns: int) -> None:
        """Settle, once for each order, whether its customer will complain, and when."""
        rows = self.book.rows
        unsettled = unseen & ~rows["overheard"] & (complained(rows, now_ns) != 0)
        rows["overheard"] |= unsettled
        for place in np.flatnonzero(unsettled).tolist():
            key, tx_id = int(rows["draw_key"][place]), int(rows["tx_id"][place])
            if self._draws.child("notices").uniform(key) < self.settings.complaints:
                delay_ns = self._complaint.ns(float(self._draws.child("complaint").uniform(key)))
                at_ns = max(now_ns, int(rows["last_ns"][place]) + delay_ns)
                self.book.lay_out(tx_id)
                self.diary.enter(at_ns, DESK + key, partial(self._complain, tx_id))

    def _complain(self, tx_id: int, now_ns: int) -> None:
        """Hear a customer out, unless the bank knows already or nothing is wrong any more."""
        row = self.book.row(tx_id)
        kinds = complained(row, now_ns)
        if kinds[0] and not row["pursued"][0]:
            self.records.note(
                now_ns, Finder.COMPLAINT, Verdict.BREAK, kinds_of(int(kinds[0]))[0], tx_id
            )
            self.cases.open(row, Finder.COMPLAINT, int(kinds[0]), now_ns)
        self.book.put_away(tx_id)

    def _sum_up(self, now_ns: int) -> None:
        """Draw the trial balance of every currency."""
        gained = self.book.balances_minor - self.accounts.opening_minor
        sums = sums_by_code(self.accounts.currency, gained, len(self.bank.currencies))
        for currency in np.flatnonzero(sums).tolist():
            self.records.out_of_balance(now_ns, self.bank.currencies[currency])


def ns_until(start: datetime, at: time) -> int:
    """Return how long after `start` a time of day comes next [ns].

    Examples
    --------
    >>> eight = datetime(2026, 11, 27, 8)
    >>> ns_until(eight, time(8, 0, 1)), ns_until(eight, time(8))
    (1000000000, 86400000000000)
    """
    wait = datetime.combine(start.date(), at) - start
    if wait <= timedelta(0):
        wait += timedelta(days=1)
    return wait // timedelta(microseconds=1) * NS_PER_US
