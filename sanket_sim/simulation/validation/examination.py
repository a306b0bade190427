"""Runs the experiments with known answers and judges them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

from sanket_sim.core.errors import InputError, Problem
from sanket_sim.simulation.validation import (
    breakers,
    deduplication,
    invariants,
    losses,
    metastability,
    networks,
    queues,
    retries,
    timeouts,
)
from sanket_sim.simulation.validation.rule import Experiment, Row, Sample, judge
from sanket_sim.simulation.validation.trial import Trial

TOPICS = (
    queues,
    losses,
    networks,
    timeouts,
    retries,
    breakers,
    metastability,
    invariants,
    deduplication,
)
EXPERIMENTS: tuple[Experiment, ...] = tuple(
    sorted(
        (experiment for topic in TOPICS for experiment in topic.EXPERIMENTS),
        key=lambda experiment: experiment.number,
    )
)
"""All experiments, in the order of design page 6."""

Progress = Callable[[int, int, str], None]
"""Told after every run: runs done, runs in all, the experiment that the run belonged to."""


def validate(
    progress: Progress | None = None,
    only: Iterable[int | str] | None = None,
    quick: bool = False,
    *,
    service_time_factor: float = 1.0,
    processes: int = 2,
) -> list[Row]:
    """Simulate every experiment with a known answer and compare.

    Parameters
    ----------
    progress : callable, optional
        Called with (runs done, runs in all, experiment) after each run.
    only : iterable of int or str, optional
        Rows of design page 6; None or empty: all.
    quick : bool
        Leave out the experiments that need many customers.
    service_time_factor : float
        Makes every service of the simulator slower by this factor, which theory is not told: with
        1.05 the examination must fail.
    processes : int
        How many runs at a time; 1 runs them in this process.

    Returns
    -------
    list of Row
        One per quantity, in the order of the design page.

    Raises
    ------
    InputError
        If `only` names a row that does not exist.
    """
    chosen = [e for e in _chosen(only) if e.quick or not quick]
    trials = [
        Trial(experiment.name, number, service_time_factor)
        for experiment in chosen
        for number in range(experiment.runs)
    ]
    samples: dict[Trial, Sample] = {}
    for done, (trial, sample) in enumerate(_carried_out(trials, processes), start=1):
        samples[trial] = sample
        if progress is not None:
            progress(done, len(trials), trial.name)
    return [row for experiment in chosen for row in _rows(experiment, samples)]


def _rows(experiment: Experiment, samples: dict[Trial, Sample]) -> list[Row]:
    own = [(trial, sample) for trial, sample in samples.items() if trial.name == experiment.name]
    own.sort(key=lambda pair: pair[0].number)
    return judge(experiment, [sample for _, sample in own])


def _chosen(only: Iterable[int | str] | None) -> list[Experiment]:
    wanted = {str(number) for number in only or ()}
    known = {str(experiment.number) for experiment in EXPERIMENTS}
    if wanted - known:
        rows = ", ".join(sorted(known, key=int))
        problems = [Problem(name, f"no such row; there are {rows}") for name in wanted - known]
        raise InputError("validate", sorted(problems, key=lambda problem: problem.path))
    return [e for e in EXPERIMENTS if not wanted or str(e.number) in wanted]


def carry_out(trial: Trial) -> Sample:
    """Carry out one run of the experiment that it names."""
    return _BY_NAME[trial.name].simulate(trial)


_BY_NAME = {experiment.name: experiment for experiment in EXPERIMENTS}
assert len(_BY_NAME) == len(EXPERIMENTS), "experiments are told apart by their names"


def _carried_out(trials: Sequence[Trial], processes: int) -> Iterator[tuple[Trial, Sample]]:
    if processes == 1:
        yield from ((trial, carry_out(trial)) for trial in trials)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        futures = {pool.submit(carry_out, trial): trial for trial in trials}
        yield from _as_they_come(futures)


def _as_they_come(futures: dict[Future[Sample], Trial]) -> Iterator[tuple[Trial, Sample]]:
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()
