"""What the findings will tell of a run as a whole, kept while it goes on."""

from __future__ import annotations

from sanket_sim.live.meters.level_so_far import LevelSoFar, ResilienceSoFar
from sanket_sim.live.reading.judge import Judging
from sanket_sim.live.reading.settling import Settling
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class RunAccount:
    """Keeps the service level and the books.

    Parameters
    ----------
    scene : Scene
    judging : Judging
    """

    def __init__(self, scene: Scene, judging: Judging) -> None:
        self._judging = judging
        self.level, self.settling = LevelSoFar(scene), Settling(scene)
        self._now_ns = 0

    def observe(self, batch: TraceBatch) -> None:
        """Take in what one tick brought."""
        self._now_ns = max(self._now_ns, batch.end_ns)
        self.level.take_faults(batch.faults)
        judgement = self._judging(batch)
        if judgement is not None:
            self.level.take(judgement)
            self.settling.take(judgement)
        self.settling.observe(batch.transactions, batch.decisions)

    @property
    def resilience(self) -> ResilienceSoFar | None:
        """How service has fared so far; None while nothing is measured yet."""
        return self.level.resilience(self._now_ns)
