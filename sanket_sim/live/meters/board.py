"""Tiles and charts: what the whole bank does, second by second."""

from __future__ import annotations

from sanket_sim.live.frames import Point, Tile, Verdicts
from sanket_sim.live.meters.instruments import Instruments, Ranking, nothing_ranked
from sanket_sim.live.meters.plotting import Plotter
from sanket_sim.live.meters.tally import Count, Tally
from sanket_sim.live.meters.tiles import tiles_of
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.reading.judge import Judging
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class Meters:
    """Throughput, latency, leakage, resilience, fraud and carbon of the whole bank.

    Parameters
    ----------
    scene : Scene
    detection : Detection
        What of the fraud has been caught; must observe before them.
    judging : Judging
        Says how intents have ended, and whom leaks are due to.
    ranking : Ranking, optional
        Tells which services hold payments up now.

    Notes
    -----
    What moves is of the last `WINDOW_S` seconds. What the findings count is there too, cumulative
    since the warm-up: `now.total` and `now.spent`, equal to the findings when the run has ended.
    """

    def __init__(
        self,
        scene: Scene,
        detection: Detection,
        judging: Judging,
        ranking: Ranking = nothing_ranked,
    ) -> None:
        self.now = Instruments(scene, detection, judging, ranking)
        self._plotter = Plotter(scene.experiment, self.now.shape)
        self._ever = Tally.empty(self.now.shape)

    @property
    def points(self) -> list[Point]:
        """Every point so far; their number is bounded."""
        return self._plotter.points

    @property
    def point_ns(self) -> int:
        """How much simulated time one point stands for."""
        return self._plotter.width_ns

    def observe(self, batch: TraceBatch) -> None:
        """Count what has ended."""
        newest = self.now.observe(batch)
        self._ever.add(newest.tally)
        self._plotter.add(newest, self.now.window, self.now.power_w, self.now.detection.recall)

    def tiles(self) -> tuple[Tile, ...]:
        """Return the six tiles."""
        return tiles_of(self.now)

    def verdicts(self) -> Verdicts:
        """Return how many intents have ended in which way, since the start."""
        return Verdicts(
            good=self._ever[Count.GOOD],
            failed=self._ever[Count.FAILED],
            leaked=self._ever[Count.LEAKED],
        )

    def newest_points(self) -> tuple[Point, ...]:
        """Return the points that were not asked for yet, and a few before them."""
        return self._plotter.newest()
