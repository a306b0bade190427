"""What the findings will tell of a run as a whole, kept while it goes on."""

from __future__ import annotations

from sanket_sim.analysis.intents import judge_wishes
from sanket_sim.live.meters.level_so_far import LevelSoFar, ResilienceSoFar
from sanket_sim.live.reading.settling import Settling
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch, rows_in


class RunAccount:
    """Judges what has ended once, for the service level and for the books.

    Parameters
    ----------
    scene : Scene
    """

    def __init__(self, scene: Scene) -> None:
        self.level, self.settling = LevelSoFar(scene), Settling(scene)
        self._now_ns = 0

    def observe(self, batch: TraceBatch) -> None:
        """Take in what one tick brought."""
        self._now_ns = max(self._now_ns, batch.end_ns)
        self.level.take_faults(batch.faults)
        ended = batch.transactions
        if rows_in(ended):
            judgement = judge_wishes(ended)
            self.level.take(judgement)
            self.settling.take(judgement)
        self.settling.observe(ended, batch.decisions)

    @property
    def resilience(self) -> ResilienceSoFar | None:
        """How service has fared so far; None while nothing is measured yet."""
        return self.level.resilience(self._now_ns)
