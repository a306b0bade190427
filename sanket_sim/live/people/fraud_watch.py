"""The fraud desk: what was caught and missed, and the alerts before the analysts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sanket_sim.live.frames import FraudDesk, Thresholds
from sanket_sim.live.people.alert_queue import AlertQueue
from sanket_sim.live.people.campaigns import CampaignBook, first_currency_minor
from sanket_sim.live.people.payment_ring import PaymentRing
from sanket_sim.live.people.thresholds import what_if
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch, rows_in

ALERTS_SHOWN = 40
CASES_SHOWN = 6
MOVES_SHOWN = 40
"""Newest moves of a case on the desk; its inspector has more."""


class FraudWatch:
    """Folds assessments, decisions and the truth into what a fraud analyst looks at.

    Parameters
    ----------
    scene : Scene
    detection : Detection
        Must observe before it.
    """

    def __init__(self, scene: Scene, detection: Detection) -> None:
        self._bank, self._words = scene.bank, scene.words
        self.detection = detection
        self.ring = PaymentRing()
        self.campaigns = CampaignBook(scene)
        self.queue = AlertQueue(scene, self.ring)
        self._changed = True
        self._warming = detection.warming

    @property
    def suspected(self) -> AbstractSet[int]:
        """Agents about whom an alert is open."""
        return self.queue.suspected

    def observe(self, batch: TraceBatch) -> None:
        """Take in decisions, and payments with the truth about them."""
        rows, blocked = self.detection.of_batch, self.detection.blocked
        self.ring.add(batch.transactions)
        self.campaigns.observe(rows, batch, blocked)
        self.queue.observe(batch, blocked)
        counting_begins = self._warming and not self.detection.warming
        self._warming = self.detection.warming
        self._changed |= bool(len(rows) or rows_in(batch.decisions) or counting_begins)

    def frame(self) -> FraudDesk | None:
        """Return the desk as it stands; None if nothing has changed."""
        if not self._changed:
            return None
        self._changed = False
        seen, bank, book = self.detection, self._bank, self.campaigns
        service = bank.fraud_service
        return FraudDesk(
            alerts=self.queue.alerts(ALERTS_SHOWN),
            caught=seen.caught,
            missed=seen.missed,
            false_alarms=seen.false_alarms,
            recall=seen.recall,
            precision=seen.precision,
            stopped_minor=first_currency_minor(seen.stopped_minor, bank),
            lost_minor=first_currency_minor(seen.lost_minor, bank),
            waiting=self.queue.waiting,
            currency=bank.currencies[0],
            thresholds=Thresholds(service.review_at, service.step_up_at, service.decline_at),
            what_if=what_if(seen.scores, bank, self._words["currency"].words),
            cases=tuple(book.case(one, MOVES_SHOWN) for one in book.largest(CASES_SHOWN)),
            counts_from_ns=seen.begin_ns,
            warming_up=seen.warming,
            unscored=seen.unscored,
            in_review=self.queue.in_review,
        )
