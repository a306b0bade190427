"""The financial crime unit at work: alerts come in, analysts judge, accounts are blocked.

Whatever it decides takes effect no sooner than the shortest review after the alert, so nothing
depends on how ticks cut the time.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.back_office.office import ns_until
from sanket_sim.actors.financial_crime.monitoring import Monitor
from sanket_sim.actors.financial_crime.posted import PostedPayments
from sanket_sim.actors.financial_crime.queue import Alert, Review, ReviewQueue
from sanket_sim.actors.financial_crime.settings import FinancialCrimeSettings
from sanket_sim.bank.description import Accounts, Party
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS, NS_PER_S
from sanket_sim.trace.arrivals import BLOCK_DTYPE, Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch, columns_of, in_time
from sanket_sim.trace.schema import DECISIONS
from sanket_sim.trace.vocabulary import Vocabularies

_REMEMBERED_NS = 3600 * NS_PER_S
"""A payment that the fraud service has not judged by then is not asked about any more."""
FRAUD, AML, ANALYST = "fraud", "aml", "analyst"


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom the payments of one tick are about: the customer who pays, else the one who is paid.

    And, unknown to the bank, which of them are a crime's.
    """

    last_ns: int
    first_tx_id: int
    account: NDArray[np.int64]
    crime: NDArray[np.bool_]


class _Note(NamedTuple):
    """A row of the table of decisions in words: in order of time, and the same in every run.

    Codes would not do: a word's code tells who used it first, which ticks may change.
    """

    time_ns: int
    actor: str
    decision: str
    tx_id: int
    subject: str
    reason: str
    score: float


class CrimeUnit:
    """Hears what the fraud service flags, monitors the posting log, and acts.

    Parameters
    ----------
    settings : FinancialCrimeSettings
    accounts : Accounts
    start : datetime
        Local time of the bank at instant 0.
    seed : int
    vocabularies : Vocabularies
        Take the words of what is decided.
    """

    def __init__(
        self,
        settings: FinancialCrimeSettings,
        accounts: Accounts,
        start: datetime,
        seed: int,
        vocabularies: Vocabularies,
    ) -> None:
        self.settings, self.words = settings, vocabularies
        self._draws = Draws(seed, "financial_crime")
        self.queue = ReviewQueue(settings, start, self._draws)
        self.monitor = Monitor(settings.monitoring, accounts)
        self._posted = PostedPayments()
        self._customer = accounts.party == Party.CUSTOMER
        self._asked: deque[_Asked] = deque()
        self._due: list[tuple[int, int, int, bool]] = []
        self._notes: list[_Note] = []
        self._next_look_ns = self._first_look_ns(start)

    def admit(self, arrivals: Arrivals) -> None:
        """Note who asks the bank for what."""
        intents = arrivals.intents
        if len(intents):
            debtor, creditor = intents["debtor_account"], intents["creditor_account"]
            account = np.where(self._customer[debtor], debtor, creditor)
            last_ns, first_tx_id = int(intents["created_ns"][-1]), int(intents["tx_id"][0])
            self._asked.append(_Asked(last_ns, first_tx_id, account, intents["is_fraud"].copy()))

    def blocks(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Return which accounts are blocked and opened again in [begin, end)."""
        due = []
        while self._due and self._due[0][0] < end_ns:
            at_ns, account, _, blocked = heapq.heappop(self._due)
            assert at_ns >= begin_ns, "a tick outlasted the shortest review"
            due.append((account, at_ns, blocked, True))
        return np.array(due, dtype=BLOCK_DTYPE)

    def review(self, batch: TraceBatch) -> None:
        """Look at what one tick brought; put what is decided on the batch's record."""
        if self.settings.monitoring.enabled:
            self._posted.hear(batch.transactions)
        alerts = [*self._flagged(batch.decisions), *self._monitored(batch.end_ns)]
        for alert, right in sorted(alerts):
            self._look_into(alert, right)
        batch.decisions = self._on_record(batch.decisions, batch.end_ns)
        while self._asked and self._asked[0].last_ns < batch.end_ns - _REMEMBERED_NS:
            self._asked.popleft()

    def _flagged(self, decisions: Columns) -> list[tuple[Alert, bool]]:
        """Return an alert for each payment that the fraud service did not simply let pass.

        With it goes the truth that an analyst may find: whether this payment is a crime's.
        """
        actor = self.words["actor"].code(FRAUD)
        said = self.words["decision"].words
        alerts = []
        for row in np.flatnonzero((decisions["actor"] == actor) & (decisions["tx_id"] >= 0)):
            tx_id = int(decisions["tx_id"][row])
            account, crime = self._about(tx_id)
            if account >= 0 and self._customer[account]:
                word, score = said[decisions["decision"][row]], float(decisions["score"][row])
                at_ns = int(decisions["time_ns"][row])
                alerts.append((Alert(at_ns, account, tx_id, word, score), crime))
        return alerts

    def _about(self, tx_id: int) -> tuple[int, bool]:
        """Return whose account a payment is about (-1: long past), and whether it is a crime's."""
        for asked in reversed(self._asked):
            if asked.first_tx_id <= tx_id:
                place = tx_id - asked.first_tx_id
                if place < len(asked.account):
                    return int(asked.account[place]), bool(asked.crime[place])
                break
        return -1, False

    def _monitored(self, now_ns: int) -> list[tuple[Alert, bool]]:
        """Return what monitoring finds at the instants at which it looks, up to now.

        With it goes whether the account has a part in a crime among the payments looked at.
        """
        alerts = []
        while self._next_look_ns < now_ns:
            at_ns, asked = self._next_look_ns, self.settings.monitoring
            rows = self._posted.between(at_ns - asked.lag - asked.window, at_ns - asked.lag)
            crime = rows.pop("is_fraud")
            guilty = {
                *rows["debtor_account"][crime].tolist(),
                *rows["creditor_account"][crime].tolist(),
            }
            for found in self.monitor.suspicions(rows):
                alert = Alert(at_ns, found.account, found.tx_id, f"aml:{found.reason}", 0.0)
                alerts.append((alert, found.account in guilty))
                self._note(at_ns, AML, "alert", alert, found.reason)
            self._next_look_ns += asked.every or DAY_NS
        return alerts

    def _look_into(self, alert: Alert, right: bool) -> None:
        review = self.queue.take(alert)
        if review is None:
            return
        confirmed = self._judges(review, right)
        verdict = "confirm" if confirmed else "clear"
        self._note(review.begun_ns, ANALYST, "take_up", alert, alert.reason)
        self._note(review.ended_ns, ANALYST, verdict, alert, alert.reason, alert.score)
        if confirmed and self.settings.freeze:
            self._block(review)

    def _judges(self, review: Review, right: bool) -> bool:
        """Say whether the analyst takes the alert for right, whether or not it is."""
        chance = self.settings.finds if right else self.settings.mistakes
        u = self._draws.child("judgement").uniform(review.alert.account, review.ordinal)
        return bool(u < chance)

    def _block(self, review: Review) -> None:
        account, at_ns = review.alert.account, review.ended_ns
        heapq.heappush(self._due, (at_ns, account, 0, True))
        heapq.heappush(self._due, (at_ns + self.settings.redress, account, 1, False))

    def _note(
        self, at_ns: int, actor: str, decision: str, alert: Alert, reason: str, score: float = 0.0
    ) -> None:
        subject = f"account {alert.account}"
        note = _Note(at_ns, actor, decision, alert.tx_id, subject, reason, score)
        heapq.heappush(self._notes, note)

    def _on_record(self, others: Columns, end_ns: int) -> Columns:
        """Return decisions up to an instant in one table with those of others."""
        due = []
        while self._notes and self._notes[0].time_ns < end_ns:
            due.append(self._coded(heapq.heappop(self._notes)))
        if not due:
            return others
        return in_time(others, columns_of(due, DECISIONS))

    def _coded(self, note: _Note) -> tuple[Any, ...]:
        names = (column.name for column in DECISIONS)
        return tuple(
            self.words[name].code(said) if isinstance(said, str) else said
            for name, said in ((name, getattr(note, name)) for name in names)
        )

    def _first_look_ns(self, start: datetime) -> int:
        asked = self.settings.monitoring
        if not asked.enabled:
            return int(np.iinfo(np.int64).max)
        return asked.every if asked.every is not None else ns_until(start, asked.at)
