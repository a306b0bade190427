"""The fraud desk: what was caught and missed, and the alerts before the analysts."""

from __future__ import annotations

from sanket_sim.live.frames import FraudDesk
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class FraudWatch:
    """Folds assessments, decisions and the truth into what a fraud analyst looks at."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def observe(self, batch: TraceBatch) -> None:
        """Take in assessments, decisions and the truth."""

    def frame(self) -> FraudDesk | None:
        """Return the desk as it stands; None if nothing has changed."""
        return FraudDesk((), 0, 0, 0, None, None, 0, 0, 0)
