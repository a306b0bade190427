"""Tiles and charts: what the whole bank does, second by second."""

from __future__ import annotations

from sanket_sim.live.frames import Point, Tile
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class Meters:
    """Throughput, latency, leakage, resilience, fraud and carbon of the whole bank."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.points: list[Point] = []

    def observe(self, batch: TraceBatch) -> None:
        """Count what has ended."""

    def tiles(self) -> tuple[Tile, ...]:
        """Return the six tiles."""
        return ()

    def newest_points(self) -> tuple[Point, ...]:
        """Return the newest points of the charts."""
        return tuple(self.points[-8:])
