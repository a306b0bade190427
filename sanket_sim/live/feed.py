"""The transaction feed: the newest payments, the flagged and the leaked before the others."""

from __future__ import annotations

from sanket_sim.live.frames import Feed
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class LiveFeed:
    """Keeps the newest payments as people read them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def observe(self, batch: TraceBatch) -> None:
        """Take in what has ended."""

    def frame(self) -> Feed | None:
        """Return the newest rows; None if none came."""
        return Feed((), 0)
