"""Alerts: what somebody should look at: raised once, changed while it lasts, then ended."""

from __future__ import annotations

from typing import Protocol

from sanket_sim.bank.description import Bank, DedupScope
from sanket_sim.live.frames import Alerts
from sanket_sim.live.meters.board import Meters
from sanket_sim.live.people.fraud_watch import FraudWatch
from sanket_sim.live.scene import Scene
from sanket_sim.live.watches.alarm_book import AlarmBook
from sanket_sim.live.watches.books import BreakWatch, broken_law
from sanket_sim.live.watches.crime import BurstWatch, CampaignWatch
from sanket_sim.live.watches.disturbances import CommandWatch, FaultWatch
from sanket_sim.live.watches.leaks import LeakWatch
from sanket_sim.live.watches.network import BreakerWatch, QueueWatch, ReplicaWatch
from sanket_sim.live.watches.objectives import BudgetWatch, LatencyWatch
from sanket_sim.live.watches.spending import CarbonWatch
from sanket_sim.trace.batch import TraceBatch


class Watch(Protocol):
    """Looks out for one kind of trouble."""

    def watch(self, batch: TraceBatch) -> None:
        """Judge what one tick brought."""
        ...


class Measuring(Protocol):
    """One of them that looks at what happens over a stretch of time."""

    def close(self, now_ns: int) -> None:
        """Learn that the last batch has come."""
        ...


class Alarms:
    """Watches what the other parts of the picture count; must observe after them."""

    def __init__(self, scene: Scene, meters: Meters, fraud: FraudWatch) -> None:
        book, now = AlarmBook(), meters.now
        self.book, self._now = book, now
        latency, carbon = LatencyWatch(book, now), CarbonWatch(book, now)
        budget = BudgetWatch(book, now, scene.experiment)
        leaks = LeakWatch(book, now, deduplicates=_deduplicates(scene.bank))
        self._measuring: tuple[Measuring, ...] = (latency, budget, leaks, carbon)
        self._watches: tuple[Watch, ...] = (
            FaultWatch(book, scene),
            CommandWatch(book, scene),
            latency,
            budget,
            leaks,
            BreakerWatch(book, scene),
            ReplicaWatch(book, scene),
            QueueWatch(book, scene),
            BurstWatch(book, scene),
            CampaignWatch(book, fraud.campaigns),
            carbon,
            BreakWatch(book, scene),
        )

    def observe(self, batch: TraceBatch) -> None:
        """Judge what one tick brought."""
        for watch in self._watches:
            watch.watch(batch)

    def close(self) -> None:
        """End what is measured over time, for no time passes any more; the rest stays as it is."""
        for watch in self._measuring:
            watch.close(self._now.now_ns)

    def break_law(self, message: str, now_ns: int) -> None:
        """Tell that a law of money does not hold; the run comes down with it."""
        self.book.tell(broken_law(message), now_ns)

    def frame(self) -> Alerts | None:
        """Return the newest alerts; None if none changed."""
        if not self.book.changed:
            return None
        self.book.changed = False
        return self.book.newest()


def _deduplicates(bank: Bank) -> bool:
    """Say whether any service remembers idempotency keys."""
    kept = any(operation.dedup.scope != DedupScope.NONE for operation in bank.operations)
    return kept and bank.controls.idempotency_key
