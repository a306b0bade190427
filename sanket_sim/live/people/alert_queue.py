"""Alerts before the analysts, with the evidence that belongs to each, and how far each has come."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from sanket_sim.bank.description import Party
from sanket_sim.core.money import format_minor
from sanket_sim.live.frames import Alert, Evidence, State
from sanket_sim.live.naming import person
from sanket_sim.live.people.payment_ring import PaymentRing
from sanket_sim.live.reading.decisions import Decision, told_by
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, TraceBatch

ALERTS_MOST = 2_000
"""Alerts that are remembered; of older ones only the count is."""
FRAUD, AML, ANALYST = "fraud", "aml", "analyst"
_PATTERN = "aml:"
"""How an analyst's row marks what monitoring has raised."""
_VERDICTS = {"confirm": "confirmed", "clear": "cleared"}
_JUDGED = ("confirmed", "cleared", "frozen")
_WORDS = {"review": "Look at", "step_up": "Step-up", "decline": "Decline", "monitoring": "Pattern"}
_SEVERITY: dict[str, State] = {"decline": "critical"}


def _cause(ruling: Decision) -> tuple[int, str, int]:
    """Return what an analyst's row and that of the alert it is about have in common.

    Several accounts may show a pattern by the same payment; the fraud service judges it once.
    """
    if ruling.actor == AML:
        return ruling.tx_id, f"{_PATTERN}{ruling.reason}", ruling.account
    if ruling.actor == ANALYST:
        patterned = ruling.reason.startswith(_PATTERN)
        return ruling.tx_id, ruling.reason, ruling.account if patterned else -1
    return ruling.tx_id, ruling.said, -1


@dataclass(slots=True)
class _Entry:
    """An alert as it stands."""

    alert_id: int
    cause: tuple[int, str, int]
    at_ns: int
    tx_id: int
    score: float | None
    decision: str
    reasons: tuple[str, ...]
    progress: str = "waiting"
    ended_ns: int | None = None
    account: int = -1
    customer_id: int = -1
    amount_minor: int = 0
    currency: str = ""
    typology: str | None = None
    campaign_id: int = -1

    @property
    def judged(self) -> bool:
        """Whether an analyst has made up his mind."""
        return self.progress in _JUDGED


class AlertQueue:
    """Follows each alert from its being raised to its verdict.

    While an account waits for its review, further alerts about it join the first
    (`actors.financial_crime.queue`), and are judged with it.

    Parameters
    ----------
    scene : Scene
    ring : PaymentRing
        The newest payments, those of the present batch among them.
    """

    def __init__(self, scene: Scene, ring: PaymentRing) -> None:
        self._words, self._ring = scene.words, ring
        self._owner = scene.accounts.owner
        self._customer = scene.accounts.party == Party.CUSTOMER
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._by_cause: dict[tuple[int, str, int], _Entry] = {}
        self._unjudged: dict[int, set[int]] = {}
        self._unknown: dict[int, list[_Entry]] = {}
        """By payment: alerts about what has not ended yet, as far as anybody here remembers."""
        self.raised = self.judged = self.in_review = 0

    @property
    def waiting(self) -> int:
        """How many alerts no analyst has taken up yet."""
        return self.raised - self.judged - self.in_review

    @property
    def suspected(self) -> AbstractSet[int]:
        """Agents about whom an alert is open."""
        return {int(self._owner[account]) for account in self._unjudged}

    def observe(self, batch: TraceBatch, blocked: Iterable[int]) -> None:
        """Take in what was decided in a tick."""
        decided = list(told_by(batch.decisions, self._words, FRAUD, AML, ANALYST))
        for row in decided:
            self._raise(row)
        self._identify(batch.transactions)
        for row in decided:
            self._judge(row)
        for account in blocked:
            self._freeze(account)

    def alerts(self, most: int) -> tuple[Alert, ...]:
        """Return the newest alerts, newest first."""
        newest = [self._entries[number] for number in list(self._entries)[-most:]]
        return tuple(self._alert(entry) for entry in reversed(newest))

    def about(self, agent: int) -> tuple[Alert, ...]:
        """Return the remembered alerts about one agent, newest first."""
        theirs = [one for one in self._entries.values() if one.customer_id == agent]
        return tuple(self._alert(entry) for entry in reversed(theirs))

    def _raise(self, ruling: Decision) -> None:
        if ruling.actor == ANALYST:
            return
        monitored = ruling.actor == AML
        entry = _Entry(
            alert_id=self.raised,
            cause=_cause(ruling),
            at_ns=ruling.time_ns,
            tx_id=ruling.tx_id,
            score=None if monitored else ruling.score,
            decision="monitoring" if monitored else ruling.said,
            reasons=tuple(ruling.reason.split(",")),
        )
        self.raised += 1
        self._entries[entry.alert_id] = entry
        self._by_cause[entry.cause] = entry
        self._unknown.setdefault(entry.tx_id, []).append(entry)
        self._identify_as(entry.tx_id)
        if ruling.account >= 0:
            self._blame(entry, ruling.account)
        if len(self._entries) > ALERTS_MOST:
            self._forget(self._entries.popitem(last=False)[1])

    def _forget(self, entry: _Entry) -> None:
        if self._by_cause.get(entry.cause) is entry:
            del self._by_cause[entry.cause]
        self._close(entry)
        unknown = self._unknown.get(entry.tx_id, [])
        if entry in unknown:
            unknown.remove(entry)
        if not unknown:
            self._unknown.pop(entry.tx_id, None)

    def _identify(self, ended: Columns) -> None:
        """Say what raised alerts, once it has ended: at the latest with the run."""
        found = np.isin(ended["tx_id"], list(self._unknown)) if self._unknown else ()
        for row in np.flatnonzero(found).tolist():
            self._identify_as(int(ended["tx_id"][row]))

    def _identify_as(self, tx_id: int) -> None:
        """Say what raised the alerts about one payment, if it is known."""
        payment = self._ring.find(tx_id)
        if payment is not None:
            for entry in self._unknown.pop(tx_id, ()):
                self._describe(entry, payment)

    def _describe(self, entry: _Entry, payment: dict[str, int]) -> None:
        if entry.account < 0:
            debtor, creditor = payment["debtor_account"], payment["creditor_account"]
            self._blame(entry, debtor if debtor >= 0 and self._customer[debtor] else creditor)
        entry.amount_minor = payment["amount_minor"]
        entry.currency = self._words["currency"].words[payment["currency"]]
        entry.campaign_id = payment["campaign_id"]
        entry.typology = self._words["typology"].words[payment["typology"]]

    def _blame(self, entry: _Entry, account: int) -> None:
        """Note whom an alert is about."""
        entry.account = account
        entry.customer_id = int(self._owner[account]) if account >= 0 else -1
        if not entry.judged and account >= 0:
            self._unjudged.setdefault(account, set()).add(entry.alert_id)

    def _judge(self, ruling: Decision) -> None:
        entry = self._by_cause.get(_cause(ruling)) if ruling.actor == ANALYST else None
        if entry is None or entry.judged:
            return
        if ruling.said not in _VERDICTS:
            self.in_review += entry.progress == "waiting"
            entry.progress = "taken_up"
            return
        for one in [entry, *self._joined(entry, ruling.time_ns)]:
            self.in_review -= one.progress == "taken_up"
            one.progress, one.ended_ns = _VERDICTS[ruling.said], ruling.time_ns
            self.judged += 1
            self._close(one)

    def _joined(self, entry: _Entry, at_ns: int) -> list[_Entry]:
        """Return the other alerts about the same account that were raised before an instant."""
        numbers = sorted(self._unjudged.get(entry.account, ()))
        others = [self._entries[number] for number in numbers if number != entry.alert_id]
        return [one for one in others if one.at_ns <= at_ns]

    def _close(self, entry: _Entry) -> None:
        open_ones = self._unjudged.get(entry.account, set())
        open_ones.discard(entry.alert_id)
        if not open_ones:
            self._unjudged.pop(entry.account, None)

    def _freeze(self, account: int) -> None:
        for entry in self._entries.values():
            if entry.account == account and entry.progress == "confirmed":
                entry.progress = "frozen"

    def _alert(self, entry: _Entry) -> Alert:
        who = person(entry.customer_id) if entry.customer_id >= 0 else ""
        money = format_minor(entry.amount_minor, entry.currency) if entry.currency else ""
        reason = entry.reasons[0].replace("_", " ")
        severity: State = _SEVERITY.get(entry.decision, "warn")
        return Alert(
            alert_id=entry.alert_id,
            topic="FRAUD",
            severity="ok" if entry.progress == "cleared" else severity,
            title=f"{_WORDS.get(entry.decision, entry.decision)}: {reason}",
            detail=" · ".join(filter(None, (who, money))),
            begin_ns=entry.at_ns,
            end_ns=entry.ended_ns,
            subject_kind="payment",
            subject=str(entry.tx_id),
            evidence=Evidence(
                tx_id=entry.tx_id,
                customer_id=entry.customer_id,
                customer=who,
                amount_minor=entry.amount_minor,
                currency=entry.currency,
                score=entry.score,
                decision=entry.decision,
                reasons=entry.reasons,
                progress=entry.progress,
                truth=entry.typology,
                campaign_id=entry.campaign_id,
            ),
        )
