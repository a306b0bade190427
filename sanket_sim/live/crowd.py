"""The agent view: who pays whom, and which of them are up to something."""

from __future__ import annotations

from sanket_sim.live.frames import Crowd
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class CrowdView:
    """A sample of everyone in fixed places, everyone who matters, and the money between them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def observe(self, batch: TraceBatch) -> None:
        """Take in who paid whom."""

    def frame(self) -> Crowd | None:
        """Return the crowd as it stands; None if nothing has changed."""
        return Crowd((), (), (), 0)
