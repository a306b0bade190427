"""The same question over a grid of overrides, under common seeds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sanket_sim.analysis.statistics import Estimate
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.simulation.compare import pairwise_change
from sanket_sim.simulation.record import choose_folder
from sanket_sim.simulation.replicate import WORKERS, Job, perform, pool
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options

if TYPE_CHECKING:
    import pandas as pd

Setting = tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One corner of the grid.

    Parameters
    ----------
    overrides : dict of str to object
    headlines : dict of int to dict of str to float
        Leaves of the findings by seed.
    """

    overrides: dict[str, object]
    headlines: dict[int, dict[str, float]]

    def estimate(self, metric: str) -> Estimate:
        """Return the mean of a headline over the seeds with its t interval."""
        return pool(self.headlines.values())[metric]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every point of a grid, run under the same seeds.

    Parameters
    ----------
    folder : Path
        Holds one run folder a point and seed.
    points : tuple of Point
    """

    folder: Path
    points: tuple[Point, ...]

    def change(self, metric: str, point: int, base: int = 0) -> Estimate:
        """Return how a headline differs from that of another point, paired by seed."""
        import numpy as np  # noqa: PLC0415  # only who asks pays

        here, there = self.points[point].headlines, self.points[base].headlines
        sides = [np.array([side[seed][metric] for seed in here]) for side in (there, here)]
        return pairwise_change(*sides)

    def frame(self) -> pd.DataFrame:
        """Return one row per run: the overrides, the seed, and every headline."""
        import pandas as pd  # noqa: PLC0415  # only who asks pays

        return pd.DataFrame(
            [
                {**point.overrides, "seed": seed, **headlines}
                for point in self.points
                for seed, headlines in point.headlines.items()
            ]
        )


def sweep(
    path: Path | str,
    grid: Mapping[str, Sequence[object]],
    seeds: Iterable[int] = range(2),
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: int = WORKERS,
) -> Sweep:
    """Run an experiment at every point of a grid, once per seed.

    Parameters
    ----------
    path : Path or str
        An experiment file or the name of one.
    grid : mapping of str to sequence
        Dotted key -> values to try; all combinations are run.
    seeds : iterable of int
        The same for every point, so that points can be paired.
    options : Options, optional
    progress : callable, optional
        Told (runs done, runs in all).
    workers : int
        Processes.

    Raises
    ------
    InputError
        If any point is wrong, before anything is started or written.

    Examples
    --------
    >>> [dict(setting) for setting in settings_of({"tick": ["1s"], "seed": [1, 2]})]
    [{'tick': '1s', 'seed': 1}, {'tick': '1s', 'seed': 2}]
    """
    options, used = options or Options(), tuple(seeds)
    settings = list(settings_of(grid))
    if not settings or not used:
        raise InputError(str(path), [Problem("", "a sweep needs a value for each key and a seed")])
    ready = [resolve(path, dict(setting), duration=options.duration) for setting in settings]
    folder = choose_folder(options.out, f"{ready[0].experiment.name}-sweep", force=options.force)
    jobs = [
        Job(str(path), setting, seed, options.inside(folder / f"point-{number:03d}"))
        for number, setting in enumerate(settings)
        for seed in used
    ]
    done = iter(perform(jobs, workers, progress))
    points = [Point(dict(setting), {seed: next(done)[1] for seed in used}) for setting in settings]
    return Sweep(folder, tuple(points))


def settings_of(grid: Mapping[str, Sequence[object]]) -> Iterator[Setting]:
    """Yield every combination of the grid's values, the last key fastest."""
    for values in itertools.product(*grid.values()):
        yield tuple(zip(grid, values, strict=True))
