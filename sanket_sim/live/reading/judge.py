"""The judge: what ended in a batch is judged once, for everyone who counts it."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.analysis.intents import Judgement, judge_wishes
from sanket_sim.live.reading.roots import Blame
from sanket_sim.trace.batch import TraceBatch, rows_in

Judging = Callable[[TraceBatch], Judgement | None]
"""Returns what ended in the newest batch, judged; None if nothing has."""


class Judge:
    """Judges a batch when the first asks for it, and tells the others the same.

    Parameters
    ----------
    blame : Blame
        Tells the `root_service` of what is judged; must know of a batch before anybody asks.
    """

    def __init__(self, blame: Blame) -> None:
        self._blame = blame
        self._newest: TraceBatch | None = None
        self._judgement: Judgement | None = None

    def of(self, batch: TraceBatch) -> Judgement | None:
        """Return the customers' wishes that ended in a batch, as `analysis.intents` judges them."""
        if batch is not self._newest:
            self._judgement, self._newest = self._judged(batch), batch
        return self._judgement

    def _judged(self, batch: TraceBatch) -> Judgement | None:
        if not rows_in(batch.transactions):
            return None
        return judge_wishes(batch.transactions | {"root_service": self._blame(batch)})
