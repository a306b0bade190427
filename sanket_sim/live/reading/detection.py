"""What of the fraud has been caught and missed: the figures of `analysis.detection`, live."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.fraud_payments import Payments, concatenated, sums_by_currency
from sanket_sim.analysis.fraud_scores import Histogram
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.live.reading.fraud_rows import BlockLog, FraudRows
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch

_NOTHING = concatenated(())


class Detection:
    """Counts fraud and false alarms, batch by batch; must observe before those who ask.

    Flagged is what was declined or asked for a second factor; clean money that campaigns spend to
    look honest counts neither as fraud nor as honest. Payments born in the warm-up are read, for
    those who follow campaigns, and not counted, so that the counts end as the findings have them.

    Parameters
    ----------
    scene : Scene

    Attributes
    ----------
    begin_ns, now_ns : int
        From when on payments are counted, and how far the run has come.
    blocks : BlockLog
        Which accounts are blocked, and by whom.
    of_batch : Payments
        Everything that ended in the newest batch, the truth beside it.
    blocked : list of int
        Accounts that the bank has blocked in it.
    caught, missed : int
        Fraud that was flagged, and that was not though it could have been.
    unscored : int
        Of the missed, what the fraud service was never asked about, or did not answer in time.
    false_alarms, cleared : int
        Honest payments that were flagged, and that were scored and not flagged.
    stopped_minor, lost_minor : Counter
        Money of fraud by currency: refused for suspicion, and taken from its owners.
    scores : Histogram
        Of all payments that were scored.
    """

    def __init__(self, scene: Scene) -> None:
        self._service = scene.bank.fraud_service
        self.begin_ns, self.now_ns = scene.experiment.warmup, 0
        self._currencies = scene.words["currency"].words
        self.blocks = BlockLog(scene.words)
        self._rows = FraudRows(scene.words, self.blocks)
        self.of_batch: Payments = _NOTHING
        self.blocked: list[int] = []
        self.caught = self.missed = self.unscored = self.false_alarms = self.cleared = 0
        self.stopped_minor: Counter[str] = Counter()
        self.lost_minor: Counter[str] = Counter()
        self.scores = Histogram()

    def observe(self, batch: TraceBatch) -> None:
        """Count what has ended."""
        # Should reading fail, nobody must take the rows of an earlier batch for those of this one.
        self.of_batch, self.blocked = _NOTHING, []
        self.now_ns = max(self.now_ns, batch.end_ns)
        self.blocked = self.blocks.observe(batch.decisions)
        self.of_batch = rows = self._rows.read(batch)
        if len(rows):
            self._count(rows.where(self._counts(rows) & ~rows.cover))

    @property
    def warming(self) -> bool:
        """Whether the warm-up goes on, of which nothing is counted."""
        return self.now_ns < self.begin_ns

    @property
    def frauds(self) -> int:
        """Frauds that can have been caught so far."""
        return self.caught + self.missed

    @property
    def nobody_judges(self) -> bool:
        """Whether the fraud service has nothing to judge by: recall is unknown then."""
        service, flags = self._service, self.caught + self.false_alarms
        scored = bool(self.scores.counts[:, 1:].any())
        return not (service.rules or service.model or flags or scored)

    @property
    def recall(self) -> float | None:
        """Flagged fraud as a share of what can have been caught; None if that is unknown."""
        return None if self.nobody_judges else share_of(self.caught, self.frauds)

    @property
    def precision(self) -> float | None:
        """Fraud as a share of what was flagged."""
        return share_of(self.caught, self.caught + self.false_alarms)

    def _counts(self, rows: Payments) -> NDArray[np.bool_]:
        """Say which rows the findings count: customers' own wishes, born after the warm-up.

        A correction of the bank's is none, unless it leaked itself.
        """
        columns = rows.columns
        own = (columns["original_tx_id"] >= 0) & (columns["leak_class"] == LeakClass.NONE)
        return np.asarray((columns["created_ns"] >= self.begin_ns) & ~own)

    def _count(self, judged: Payments) -> None:
        self.scores.add(judged)
        honest = ~judged.fraud
        self.false_alarms += int((judged.flagged & honest).sum())
        self.cleared += int((judged.scored & ~judged.flagged & honest).sum())
        fraud = judged.where(judged.fraud)
        if not len(fraud):
            return
        self.caught += int(fraud.flagged.sum())
        self.missed += int(fraud.missed.sum())
        self.unscored += int((fraud.missed & ~fraud.scored).sum())
        stopped_minor = fraud.columns["amount_minor"] * fraud.stopped
        self.stopped_minor.update(sums_by_currency(fraud, stopped_minor, self._currencies))
        self.lost_minor.update(sums_by_currency(fraud, fraud.lost_minor, self._currencies))


def share_of(part: int, whole: int) -> float | None:
    """Return a part as a share of the whole; None of nothing."""
    return part / whole if whole else None
