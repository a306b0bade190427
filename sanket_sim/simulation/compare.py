"""What changed between two runs, and whether it is more than chance.

Draws are keyed, so two runs of one seed see the same customers at the same instants with the same
service demands (common random numbers). Pairing them removes the chance that both share.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.intents import Judgement, judged
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, t_interval
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.manifest import MANIFEST_NAME

REPLICATIONS_NAME = "replications.json"
WINDOWS = 30
"""Into how many stretches single runs are cut; few enough to be nearly independent."""

_MEASURED = ("created_ns", "completed_ns", "glv_minor")


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of two runs.

    Parameters
    ----------
    metric : str
    base, other : float
    change : Estimate
        ``other - base`` with the t interval of its pairs.
    """

    metric: str
    base: float
    other: float
    change: Estimate

    @property
    def significant(self) -> bool:
        """Whether the interval of the change excludes zero."""
        return self.change.low > 0 or self.change.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences of two runs, and how they were paired."""

    base: str
    other: str
    pairing: str
    differences: tuple[Difference, ...]


def compare(base: Path | str, other: Path | str) -> Comparison:
    """Compare two run folders, or two folders of replications.

    Parameters
    ----------
    base, other : Path or str
        Both single runs (paired by windows of simulated time), or both written by ``--seeds``
        (paired by seed).

    Raises
    ------
    InputError
        If a folder holds no run, the kinds differ, or fewer than two seeds are common.
    """
    one, two = Path(base), Path(other)
    kinds = {_is_replicated(one), _is_replicated(two)}
    if len(kinds) == 2:
        message = "one is a single run, the other a folder of replications; compare like with like"
        raise InputError(f"{one}, {two}", [Problem("", message)])
    if kinds == {True}:
        return _compare_replicated(one, two)
    return _compare_single(one, two)


def leaves(findings: Mapping[str, Any]) -> dict[str, float]:
    """Flatten findings to dotted names and plain numbers; an estimate gives its value.

    Examples
    --------
    >>> leaves({"leakage": {"rate": {"value": 0.5, "low": 0, "high": 1, "n": 2}, "note": "x"}})
    {'leakage.rate': 0.5}
    """
    return dict(_flatten(findings, ""))


def pairwise_change(base: NDArray[np.float64], other: NDArray[np.float64]) -> Estimate:
    """Estimate the mean of ``other - base`` over pairs; pairs with a missing side do not count.

    Examples
    --------
    >>> change = pairwise_change(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.5, 4.0]))
    >>> round(change.value, 3), change.n, change.low > 0
    (1.167, 3, True)
    """
    differences = (other - base)[np.isfinite(base) & np.isfinite(other)]
    if len(differences) < 2:
        return Estimate(n=len(differences))
    return t_interval(differences.tolist())


def _compare_replicated(base: Path, other: Path) -> Comparison:
    one, two = _by_seed(base), _by_seed(other)
    common = sorted(one.keys() & two.keys())
    if len(common) < 2:
        message = f"only {len(common)} seeds in common; at least two are needed for an interval"
        raise InputError(f"{base}, {other}", [Problem("", message)])
    metrics = [name for name in one[common[0]] if all(name in two[seed] for seed in common)]
    differences = [
        _difference(name, *(_column(runs, common, name) for runs in (one, two))) for name in metrics
    ]
    pairing = f"paired by seed: {common[0]}..{common[-1]} ({len(common)} pairs), t intervals"
    return Comparison(str(base), str(other), pairing, tuple(differences))


def _compare_single(base: Path, other: Path) -> Comparison:
    one, two = _open(base), _open(other)
    end_ns = min(one.arrivals_end_ns, two.arrivals_end_ns)
    begin_ns = max(one.start_ns, two.start_ns)
    edges_ns = np.linspace(begin_ns, end_ns, WINDOWS + 1).astype(np.int64)
    columns = windowed(one, edges_ns), windowed(two, edges_ns)
    differences = [_difference(name, columns[0][name], columns[1][name]) for name in columns[0]]
    shared = "the same seed" if one.manifest.seed == two.manifest.seed else "DIFFERENT seeds"
    pairing = (
        f"paired by {WINDOWS} windows of {(end_ns - begin_ns) / WINDOWS / NS_PER_S:.3g} s from "
        f"{shared}; windows share queues, so take intervals as a guide and --seeds as proof"
    )
    return Comparison(str(base), str(other), pairing, tuple(differences))


def windowed(run: RunFolder, edges_ns: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Measure the headlines of a run in windows of the time at which intents were born.

    Parameters
    ----------
    run : RunFolder
    edges_ns : int64 array, shape (windows + 1,)

    Returns
    -------
    dict of str to float64 array, shape (windows,)
        NaN where nothing was offered.
    """
    sums = np.zeros((6, len(edges_ns) - 1))
    for judgement in judged(run, _MEASURED):
        sums += _window_sums(judgement, edges_ns)
    offered, good, failed, leaked, latency_s, glv_minor = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "availability": good / offered,
            "failure_rate": (failed + leaked) / offered,
            "leak_rate_count": leaked / offered,
            "latency_mean_s": latency_s / offered,
            "glv_minor_per_window": glv_minor,
            "offered_per_window": offered,
        }


def _window_sums(judgement: Judgement, edges_ns: NDArray[np.int64]) -> NDArray[np.float64]:
    columns = judgement.columns
    window = np.searchsorted(edges_ns, columns["created_ns"], side="right") - 1
    inside = (window >= 0) & (window < len(edges_ns) - 1)
    answered = columns["completed_ns"] >= 0
    latency_s = np.where(answered, columns["completed_ns"] - columns["created_ns"], 0) / NS_PER_S
    weights = (
        np.ones(len(window)),
        judgement.good,
        judgement.failed,
        judgement.leaked,
        latency_s,
        columns["glv_minor"],
    )
    counts = [
        np.bincount(window[inside], np.asarray(weight, np.float64)[inside], len(edges_ns) - 1)
        for weight in weights
    ]
    return np.array(counts)


def _difference(metric: str, base: NDArray[np.float64], other: NDArray[np.float64]) -> Difference:
    means = [
        float(np.nanmean(side)) if np.isfinite(side).any() else math.nan for side in (base, other)
    ]
    return Difference(metric, means[0], means[1], pairwise_change(base, other))


def _column(
    runs: Mapping[int, Mapping[str, float]], seeds: list[int], name: str
) -> NDArray[np.float64]:
    return np.array([runs[seed].get(name, math.nan) for seed in seeds])


def _by_seed(folder: Path) -> dict[int, dict[str, float]]:
    """Return the leaves of each replication's findings, by seed."""
    index = json.loads((folder / REPLICATIONS_NAME).read_text("utf-8"))
    return {int(seed): leaves(_findings_of(folder / name)) for seed, name in index["runs"].items()}


def _findings_of(run: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((run / "findings.json").read_text("utf-8"))
    except OSError as error:
        message = "has no findings.json; write it with `sanket-sim report`"
        raise InputError(str(run), [Problem("", message)]) from error
    found.pop("run", None)
    return found


def _is_replicated(folder: Path) -> bool:
    if (folder / REPLICATIONS_NAME).is_file():
        return True
    if (folder / MANIFEST_NAME).is_file():
        return False
    message = f"no run here (neither {MANIFEST_NAME} nor {REPLICATIONS_NAME})"
    raise InputError(str(folder), [Problem("", message)])


def _open(folder: Path) -> RunFolder:
    return RunFolder(folder)


def _flatten(tree: Mapping[str, Any], above: str) -> Iterator[tuple[str, float]]:
    for key, value in tree.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, Mapping) and "value" in value:
            value = value["value"]  # noqa: PLW2901  # an estimate stands for its value
        if isinstance(value, Mapping):
            yield from _flatten(value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path, float(value)
