"""The fraud desk: what was caught and missed, and the alerts before the analysts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sanket_sim.live.campaigns import CampaignBook
from sanket_sim.live.frames import FraudDesk
from sanket_sim.live.fraud_rows import FraudRows
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class FraudWatch:
    """Folds assessments, decisions and the truth into what a fraud analyst looks at."""

    def __init__(self, scene: Scene) -> None:
        self._rows = FraudRows(scene)
        self.campaigns = CampaignBook(scene)

    @property
    def suspected(self) -> AbstractSet[int]:
        """Agents about whom an alert waits."""
        return frozenset()

    def observe(self, batch: TraceBatch) -> None:
        """Take in assessments, decisions and the truth."""
        rows = self._rows.read(batch)
        self.campaigns.observe(rows, batch, self._rows.blocked)

    def frame(self) -> FraudDesk | None:
        """Return the desk as it stands; None if nothing has changed."""
        return FraudDesk((), 0, 0, 0, None, None, 0, 0, 0)
