"""What changed between two runs, and whether it is more than chance.

Draws are keyed, so two runs of one seed see the same customers at the same instants with the same
service demands (common random numbers). Pairing them removes the chance that both share.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.findings import FINDINGS_NAME
from sanket_sim.analysis.intents import Judgement, judged
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, t_interval
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.units import NS_PER_S
from sanket_sim.simulation.fraud_windows import TOTALS, fraud_windows
from sanket_sim.simulation.settings_apart import Setting, settings_apart
from sanket_sim.trace.manifest import MANIFEST_NAME, load_manifest

REPLICATIONS_NAME = "replications.json"
WINDOWS = 30
"""Into how many stretches single runs are cut; few enough to be nearly independent."""

_MEASURED = ("created_ns", "completed_ns")
_CURRENCY = re.compile(r"\.(?:by_currency\.([A-Z]{3})\.\w*minor|\w*minor\.([A-Z]{3}))$")
_REPAIRS = re.compile(r"controls\.overall\.(recovered|residual)\.(intents|minor\.[A-Z]{3})")
_LEAKS = re.compile(r"leakage\.(by_currency\.[A-Z]{3}\.glv_minor|by_class\.\w+\.leaked)")
_FRAUD = re.compile(rf"({'|'.join(map(re.escape, TOTALS))})(\.[A-Z]{{3}})?")


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of two runs.

    Parameters
    ----------
    metric : str
        Its name in ``findings.json``, where it has one there.
    base, other : float
        Minor units of `currency` where the metric is money: no sum goes across currencies.
    change : Estimate
        ``other - base`` with the t interval of its pairs; without one for what no pairs tell.
    """

    metric: str
    base: float
    other: float
    change: Estimate

    @property
    def significant(self) -> bool:
        """Whether the interval of the change excludes zero."""
        return self.change.low > 0 or self.change.high < 0

    @property
    def currency(self) -> str:
        """The currency of an amount of money; empty for anything else."""
        found = _CURRENCY.search(self.metric)
        return (found[1] or found[2]) if found else ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences of two runs, and how they were paired.

    Parameters
    ----------
    base, other, pairing : str
    differences : tuple of Difference
    settings : tuple of Setting
        What was set differently.
    warnings : tuple of str
        Why the two should perhaps not be compared.
    """

    base: str
    other: str
    pairing: str
    differences: tuple[Difference, ...]
    settings: tuple[Setting, ...] = ()
    warnings: tuple[str, ...] = ()


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
    every = (name for runs in (one, two) for seed in common for name in runs[seed])
    metrics += [name for name in dict.fromkeys(every) if is_total(name) and name not in metrics]
    differences = [
        _difference(name, *(_column(runs, common, name) for runs in (one, two))) for name in metrics
    ]
    pairing = f"paired by seed: {common[0]}..{common[-1]} ({len(common)} pairs), t intervals"
    pairs = [(_runs_of(base)[seed], _runs_of(other)[seed]) for seed in common]
    return Comparison(
        str(base),
        str(other),
        pairing,
        tuple(differences),
        settings_apart(*pairs[0]),
        tuple(dict.fromkeys(said for pair in pairs for said in _warnings(*pair))),
    )


def _compare_single(base: Path, other: Path) -> Comparison:
    one, two = _open(base), _open(other)
    end_ns = min(one.arrivals_end_ns, two.arrivals_end_ns)
    begin_ns = max(one.start_ns, two.start_ns)
    edges_ns = np.linspace(begin_ns, end_ns, WINDOWS + 1).astype(np.int64)
    columns = windowed(one, edges_ns), windowed(two, edges_ns)
    nothing = np.zeros(WINDOWS)
    differences = [
        (_total if is_total(name) else _difference)(
            name, *(side.get(name, nothing) for side in columns)
        )
        for name in dict.fromkeys([*columns[0], *columns[1]])
    ]
    shared = "the same seed" if one.manifest.seed == two.manifest.seed else "DIFFERENT seeds"
    pairing = (
        f"paired by {WINDOWS} windows of {(end_ns - begin_ns) / WINDOWS / NS_PER_S:.3g} s from "
        f"{shared}; windows share queues, so take intervals as a guide and --seeds as proof"
    )
    return Comparison(
        str(base),
        str(other),
        pairing,
        (*differences, *_repairs(base, other)),
        settings_apart(base, other),
        _warnings(base, other),
    )


def is_total(metric: str) -> bool:
    """Whether a metric counts what leaked, was put right or was stolen: nothing of it means 0.

    Examples
    --------
    >>> is_total("leakage.by_currency.JPY.glv_minor"), is_total("leakage.rate_count")
    (True, False)
    """
    kinds = _LEAKS, _REPAIRS, _FRAUD
    return any(kind.fullmatch(metric) for kind in kinds)


def _repairs(base: Path, other: Path) -> Iterator[Difference]:
    """Yield what was put right and what was not, where both runs have findings."""
    if not all((run / FINDINGS_NAME).is_file() for run in (base, other)):
        return
    one, two = (leaves(_findings_of(run)) for run in (base, other))
    for name in dict.fromkeys([*one, *two]):
        if _REPAIRS.fullmatch(name):
            sides = one.get(name, 0.0), two.get(name, 0.0)
            yield Difference(name, *sides, Estimate(sides[1] - sides[0], n=1))


def _warnings(base: Path, other: Path) -> tuple[str, ...]:
    """Say what makes two runs hard to compare."""
    runs = [run for run in (base, other) if (run / MANIFEST_NAME).is_file()]
    manifests = [load_manifest(run) for run in runs]
    partial = [
        f"{run} is a partial run: {manifest.reason}"
        for run, manifest in zip(runs, manifests, strict=True)
        if not manifest.complete
    ]
    names = list(dict.fromkeys(manifest.name for manifest in manifests))
    apart = [f"different experiments: {' and '.join(names)}"] if len(names) > 1 else []
    return (*partial, *apart)


def windowed(run: RunFolder, edges_ns: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Measure the headlines of a run in windows of the time at which intents were born.

    Parameters
    ----------
    run : RunFolder
    edges_ns : int64 array, shape (windows + 1,)

    Returns
    -------
    dict of str to float64 array, shape (windows,)
        NaN where nothing was offered. Leaks are counted by class, their money by currency, and
        fraud by what it took and whom it troubled, under the names that ``findings.json`` gives
        to their totals.
    """
    sums = np.zeros((5, len(edges_ns) - 1))
    lost: dict[str, NDArray[np.float64]] = {}
    for judgement in judged(run, _MEASURED):
        window = _windows_of(judgement, edges_ns)
        sums += _window_sums(judgement, window, len(edges_ns) - 1)
        window = _with_tail(run, judgement, window, edges_ns)
        for name, rows, weights in _lost(run, judgement):
            inside = window[rows] >= 0
            counts = np.bincount(window[rows][inside], weights[inside], len(edges_ns) - 1)
            lost[name] = np.asarray(lost.get(name, 0) + counts, np.float64)
    return _headlines(sums) | dict(sorted(lost.items())) | fraud_windows(run, edges_ns)


def _headlines(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    offered, good, failed, leaked, latency_s = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "availability": good / offered,
            "failure_rate": (failed + leaked) / offered,
            "leak_rate_count": leaked / offered,
            "latency_mean_s": latency_s / offered,
            "offered_per_window": offered,
        }


def _windows_of(judgement: Judgement, edges_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the window in which each intent was born, -1 outside of all."""
    window = np.searchsorted(edges_ns, judgement.columns["created_ns"], side="right") - 1
    return np.where(window < len(edges_ns) - 1, window, -1).astype(np.int64)


def _with_tail(
    run: RunFolder, judgement: Judgement, window: NDArray[np.int64], edges_ns: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Put what was wished for after a run's last arrivals, such as a refund, in its last window.

    Totals then are those of the run's findings; of a run that goes on for longer than the windows
    do, the rest stays out.
    """
    if run.arrivals_end_ns > edges_ns[-1]:
        return window
    tail = judgement.columns["created_ns"] >= edges_ns[-1]
    return np.where(tail, len(edges_ns) - 2, window)


def _lost(
    run: RunFolder, judgement: Judgement
) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.float64]]]:
    """Yield a name, the rows of the intents that it counts, and what each counts for."""
    classes, currencies = run.trace.words("leak_class"), run.trace.words("currency")
    leak_class = np.where(judgement.leaked, judgement.parts.leak_class, LeakClass.NONE)
    for code in np.unique(leak_class[judgement.leaked]).tolist():
        rows = np.flatnonzero(leak_class == code)
        yield f"leakage.by_class.{classes[code]}.leaked", rows, np.ones(len(rows))
    for loss in judgement.losses():
        for code in np.unique(loss.currency[loss.glv_minor != 0]).tolist():
            here = loss.currency == code
            name = f"leakage.by_currency.{currencies[code]}.glv_minor"
            yield name, loss.rows[here], loss.glv_minor[here].astype(np.float64)


def _window_sums(
    judgement: Judgement, window: NDArray[np.int64], windows: int
) -> NDArray[np.float64]:
    columns, inside = judgement.columns, window >= 0
    answered = columns["completed_ns"] >= 0
    latency_s = np.where(answered, columns["completed_ns"] - columns["created_ns"], 0) / NS_PER_S
    weights = (
        np.ones(len(window)),
        judgement.good,
        judgement.failed,
        judgement.leaked,
        latency_s,
    )
    counts = [
        np.bincount(window[inside], np.asarray(weight, np.float64)[inside], windows)
        for weight in weights
    ]
    return np.array(counts)


def _difference(metric: str, base: NDArray[np.float64], other: NDArray[np.float64]) -> Difference:
    means = [
        float(np.nanmean(side)) if np.isfinite(side).any() else math.nan for side in (base, other)
    ]
    return Difference(metric, means[0], means[1], pairwise_change(base, other))


def _total(metric: str, base: NDArray[np.float64], other: NDArray[np.float64]) -> Difference:
    """Compare the sums over all windows."""
    change = pairwise_change(base, other).scaled(len(base))
    return Difference(metric, float(base.sum()), float(other.sum()), change)


def _column(
    runs: Mapping[int, Mapping[str, float]], seeds: list[int], name: str
) -> NDArray[np.float64]:
    absent = 0.0 if is_total(name) else math.nan
    return np.array([runs[seed].get(name, absent) for seed in seeds])


def _by_seed(folder: Path) -> dict[int, dict[str, float]]:
    """Return the leaves of each replication's findings, by seed."""
    return {seed: leaves(_findings_of(run)) for seed, run in _runs_of(folder).items()}


def _runs_of(folder: Path) -> dict[int, Path]:
    index = json.loads((folder / REPLICATIONS_NAME).read_text("utf-8"))
    return {int(seed): folder / name for seed, name in index["runs"].items()}


def _findings_of(run: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((run / FINDINGS_NAME).read_text("utf-8"))
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
