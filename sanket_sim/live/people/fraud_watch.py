"""The fraud desk: what was caught and missed, and the alerts before the analysts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np

from sanket_sim.analysis.fraud_payments import Payments, sums_by_currency
from sanket_sim.analysis.fraud_scores import SCORE_BINS, Histogram
from sanket_sim.bank.description import Bank
from sanket_sim.bank.fraud_service import FraudService
from sanket_sim.live.frames import FraudDesk, Thresholds, WhatIf
from sanket_sim.live.people.alert_queue import AlertQueue
from sanket_sim.live.people.campaigns import CampaignBook, first_currency_minor
from sanket_sim.live.people.fraud_rows import FraudRows
from sanket_sim.live.people.payment_ring import PaymentRing
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch, rows_in

ALERTS_SHOWN = 40
CASES_SHOWN = 6
MOVES_SHOWN = 40
"""Newest moves of a case on the desk; its inspector has more."""
_STEP = 50
"""Bins of the histogram from one cut of the what-if to the next."""


@dataclass(slots=True)
class _Tally:
    """What has been caught and missed; by the formula of `analysis.detection`.

    Flagged is what was declined or asked for a second factor; clean money that campaigns spend to
    look honest counts neither as fraud nor as honest.
    """

    caught: int = 0
    missed: int = 0
    false_alarms: int = 0
    stopped_minor: Counter[str] = field(default_factory=Counter)
    lost_minor: Counter[str] = field(default_factory=Counter)
    scores: Histogram = field(default_factory=Histogram)

    def add(self, rows: Payments, money: list[str]) -> None:
        """Count payments."""
        judged = rows.where(~rows.cover)
        self.scores.add(judged)
        self.false_alarms += int((judged.flagged & ~judged.fraud).sum())
        fraud = judged.where(judged.fraud)
        if not len(fraud):
            return
        self.caught += int(fraud.flagged.sum())
        self.missed += int(fraud.missed.sum())
        stopped_minor = fraud.columns["amount_minor"] * fraud.stopped
        self.stopped_minor.update(sums_by_currency(fraud, stopped_minor, money))
        self.lost_minor.update(sums_by_currency(fraud, fraud.lost_minor, money))

    def recall(self, service: FraudService) -> float | None:
        """Return the share of fraud flagged; None where nobody could judge, or nothing was."""
        blind = not (service.rules or service.model or self.caught or self.false_alarms)
        return None if blind else _share(self.caught, self.caught + self.missed)

    def precision(self) -> float | None:
        """Return the share of fraud in what was flagged."""
        return _share(self.caught, self.caught + self.false_alarms)

    def what_if(self, bank: Bank, money: list[str]) -> tuple[WhatIf, ...]:
        """Return what other cuts would have meant; none without fraud that was scored."""
        service = bank.fraud_service
        present = (service.review_at, service.step_up_at, service.decline_at)
        marks = {round(score * SCORE_BINS) for score in present}
        bins = sorted(marks | set(range(0, SCORE_BINS, _STEP)))
        above = np.cumsum(self.scores.counts[:, ::-1], axis=1)[:, ::-1]
        honest, fraud = above[:, 0].tolist()
        if not fraud:
            return ()
        return tuple(
            WhatIf(
                score=place / SCORE_BINS,
                recall=_share(right, fraud),
                precision=_share(right, right + wrong),
                honest_share=_share(wrong, honest),
                stopped_minor=first_currency_minor(self._at_stake_minor(place, money), bank),
            )
            for place in bins
            if place < SCORE_BINS
            for wrong, right in (above[:, place].tolist(),)
        )

    def _at_stake_minor(self, place: int, money: list[str]) -> dict[str, int]:
        """Return attempts at their owners' money from a bin on, by currency."""
        sums = self.scores.at_stake_minor.items()
        return {money[code]: int(minor[place:].sum()) for code, minor in sums}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


class FraudWatch:
    """Folds assessments, decisions and the truth into what a fraud analyst looks at.

    Parameters
    ----------
    scene : Scene
    """

    def __init__(self, scene: Scene) -> None:
        self._bank, self._words = scene.bank, scene.words
        self.rows = FraudRows(scene)
        self.ring = PaymentRing()
        self.campaigns = CampaignBook(scene)
        self.queue = AlertQueue(scene, self.ring)
        self._tally = _Tally()
        self._changed = True

    @property
    def suspected(self) -> AbstractSet[int]:
        """Agents about whom an alert is open."""
        return self.queue.suspected

    def observe(self, batch: TraceBatch) -> None:
        """Take in decisions, and payments with the truth about them."""
        rows = self.rows.read(batch)
        self.ring.add(batch.transactions)
        self.campaigns.observe(rows, batch, self.rows.blocked)
        self.queue.observe(batch, self.rows.blocked)
        if len(rows):
            self._tally.add(rows.where(self.rows.measured(rows)), self._words["currency"].words)
        self._changed |= bool(len(rows) or rows_in(batch.decisions))

    def frame(self) -> FraudDesk | None:
        """Return the desk as it stands; None if nothing has changed."""
        if not self._changed:
            return None
        self._changed = False
        tally, bank = self._tally, self._bank
        service, book = bank.fraud_service, self.campaigns
        return FraudDesk(
            alerts=self.queue.alerts(ALERTS_SHOWN),
            caught=tally.caught,
            missed=tally.missed,
            false_alarms=tally.false_alarms,
            recall=tally.recall(service),
            precision=tally.precision(),
            stopped_minor=first_currency_minor(tally.stopped_minor, bank),
            lost_minor=first_currency_minor(tally.lost_minor, bank),
            waiting=self.queue.waiting,
            currency=bank.currencies[0],
            thresholds=Thresholds(service.review_at, service.step_up_at, service.decline_at),
            what_if=tally.what_if(bank, self._words["currency"].words),
            cases=tuple(book.case(one, MOVES_SHOWN) for one in book.largest(CASES_SHOWN)),
        )
