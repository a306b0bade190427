"""The same experiment under several seeds: every headline with a t interval."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sanket_sim.analysis.statistics import Estimate, t_interval
from sanket_sim.core.errors import SanketError
from sanket_sim.simulation.compare import REPLICATIONS_NAME, leaves
from sanket_sim.simulation.record import choose_folder
from sanket_sim.simulation.resolve import ResolvedExperiment, resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.trace.files import write_atomically

WORKERS = 2


class ReplicationError(SanketError):
    """One of several runs failed; the others are kept."""

    def __init__(self, message: str, exit_status: int) -> None:
        self.exit_status = exit_status
        super().__init__(message)

    def __reduce__(self) -> tuple[type[ReplicationError], tuple[str, int]]:
        return type(self), (str(self), self.exit_status)


@dataclass(frozen=True, slots=True)
class Replications:
    """Several runs of one experiment that differ in their seed alone.

    Parameters
    ----------
    folder : Path
        Holds one run folder a seed, and `replications.json`.
    runs : dict of int to str
        Folder name of each seed's run.
    headlines : dict of str to Estimate
        Mean of each leaf of the findings over the seeds, with its 95 % t interval.
    """

    folder: Path
    runs: dict[int, str]
    headlines: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Job:
    """One run, as it is sent to a worker process."""

    source: str
    assignments: tuple[tuple[str, object], ...]
    seed: int
    options: Options


def replicate(
    source: Path | str,
    seeds: Sequence[int],
    overrides: Mapping[str, object] | None = None,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: int = WORKERS,
) -> Replications:
    """Run an experiment once per seed, in parallel processes, and pool the headlines.

    Parameters
    ----------
    source : Path or str
        An experiment file or the name of one.
    seeds : sequence of int
    overrides : mapping, optional
        As for `run`.
    options : Options, optional
    progress : callable, optional
        Told (runs done, runs in all) after each run.
    workers : int
        Processes.

    Raises
    ------
    InputError
        If the experiment is wrong, before anything is started or written.
    ReplicationError
        If a run failed; it carries that run's exit status.
    """
    options = options or Options()
    resolved = resolve(source, overrides, duration=options.duration)
    folder = _folder(resolved, seeds, options)
    inside = options.inside(folder)
    assignments = tuple((overrides or {}).items())
    jobs = [Job(str(source), assignments, seed, inside) for seed in seeds]
    done = dict(zip(seeds, perform(jobs, workers, progress), strict=True))
    made = Replications(
        folder,
        {seed: name for seed, (name, _) in done.items()},
        pool([headlines for _, headlines in done.values()]),
    )
    _save(made)
    return made


def perform(
    jobs: Sequence[Job], workers: int = WORKERS, progress: Callable[[int, int], None] | None = None
) -> list[tuple[str, dict[str, float]]]:
    """Carry jobs out in fresh processes; return folder name and headlines of each, in order."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool_of_workers:
        waiting = [pool_of_workers.submit(carry_out, job) for job in jobs]
        for number, future in enumerate(as_completed(waiting), 1):
            _raise_early(future, waiting)
            if progress:
                progress(number, len(jobs))
    return [future.result() for future in waiting]


def carry_out(job: Job) -> tuple[str, dict[str, float]]:
    """Do one job in this process; errors leave it in a form that can travel."""
    try:
        resolved = resolve(
            job.source, dict(job.assignments), seed=job.seed, duration=job.options.duration
        )
        run = run_once(resolved, job.options)
    except SanketError as error:
        raise ReplicationError(f"seed {job.seed}: {error}", error.exit_status) from None
    if run.interrupted:
        raise ReplicationError(f"seed {job.seed}: interrupted", 130)
    return run.folder.name, leaves(run.findings_json)


def pool(samples: Iterable[Mapping[str, float]]) -> dict[str, Estimate]:
    """Estimate the mean of each headline over runs.

    Examples
    --------
    >>> print(pool([{"p99_s": 1.0}, {"p99_s": 2.0}, {"p99_s": 3.0}])["p99_s"])
    2 [-0.4841, 4.484]
    """
    gathered: dict[str, list[float]] = {}
    for sample in samples:
        for name, value in sample.items():
            gathered.setdefault(name, []).append(value)
    return {name: t_interval(values) for name, values in gathered.items()}


def _raise_early(future: Future[Any], waiting: Sequence[Future[Any]]) -> None:
    """Start nothing more once one has failed."""
    error = future.exception()
    if error is not None:
        for other in waiting:
            other.cancel()
        raise error


def _folder(resolved: ResolvedExperiment, seeds: Sequence[int], options: Options) -> Path:
    name = f"{resolved.experiment.name}-s{seeds[0]}..{seeds[-1]}"
    return choose_folder(options.out, name, force=options.force)


def _save(made: Replications) -> None:
    text = json.dumps(
        {
            "runs": {str(seed): name for seed, name in made.runs.items()},
            "headlines": {name: asdict(estimate) for name, estimate in made.headlines.items()},
        },
        indent=2,
    )
    write_atomically(made.folder / REPLICATIONS_NAME, (text + "\n").encode())
