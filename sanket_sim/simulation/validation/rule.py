"""The rule by which a simulated figure and a known answer are compared, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.simulation.validation.trial import Trial

STANDARD_ERRORS_MAX = 4.5
"""How far from the known answer a mean may lie; chance alone goes further once in 150,000."""
WRONG_BY = 0.05
"""The error that a row must be able to see."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure with a known answer.

    Parameters
    ----------
    name : str
    expected : float
        The known answer, from a formula (`formulas`) or from the cited demonstration.
    plain : bool
        Take the plain mean of the runs, without controls (for figures that a control would
        determine altogether, such as the mean service time itself).
    """

    name: str
    expected: float
    plain: bool = False

    @property
    def wrong(self) -> float:
        """The answer that must be rejected: 5 % more, or 0.05 where the answer is 0."""
        return self.expected + WRONG_BY * (abs(self.expected) or 1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run of an experiment measured.

    Parameters
    ----------
    values : sequence of float
        One per quantity.
    controls : sequence of float
        Figures of the same run whose mean over all possible runs is exactly 0 (`controls`).
    """

    values: Sequence[float]
    controls: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment with known answers.

    Parameters
    ----------
    number : int
        Row of design page 6.
    name : str
        What is simulated; unique, it names the draws as well.
    quantities : tuple of Quantity
    runs : int
        Independent runs, at least 20.
    simulate : callable
        Carries out one run.
    quick : bool
        Cheap enough for the short form of the command.
    """

    number: int
    name: str
    quantities: tuple[Quantity, ...]
    runs: int
    simulate: Callable[[Trial], Sample]
    quick: bool = False

    def __post_init__(self) -> None:
        assert self.runs >= 20, "fewer runs say too little about their own scatter"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of `validate`."""

    number: int
    experiment: str
    quantity: str
    expected: float
    simulated: float
    standard_error: float
    runs: int
    agrees: bool
    """The mean lies within 4.5 standard errors of the known answer."""
    rejects_5pct: bool
    """The same rule rejects an answer 5 % larger: the row has the power to see such an error."""

    @property
    def passed(self) -> bool:
        """Whether the row agrees and could have disagreed."""
        return self.agrees and self.rejects_5pct

    @property
    def verdict(self) -> str:
        """What to print."""
        if not self.agrees:
            return "FAIL"
        return "pass" if self.rejects_5pct else "too weak"


def judge(experiment: Experiment, samples: Sequence[Sample]) -> list[Row]:
    """Apply the rule to every quantity of an experiment.

    Examples
    --------
    >>> coin = Experiment(0, "coin", (Quantity("heads", 0.5),), 20, lambda _: Sample((0.0,)))
    >>> [row] = judge(coin, [Sample((0.5 + (-1) ** run * 0.01,)) for run in range(20)])
    >>> row.verdict, round(row.standard_error, 4)
    ('pass', 0.0023)
    """
    values = np.array([sample.values for sample in samples], dtype=np.float64)
    controls = np.array([sample.controls for sample in samples], dtype=np.float64)
    return [
        _row(experiment, quantity, values[:, column], controls)
        for column, quantity in enumerate(experiment.quantities)
    ]


def _row(
    experiment: Experiment,
    quantity: Quantity,
    values: NDArray[np.float64],
    controls: NDArray[np.float64],
) -> Row:
    mean, standard_error = controlled_mean(values, controls[:, :0] if quantity.plain else controls)
    reach = STANDARD_ERRORS_MAX * standard_error
    return Row(
        experiment.number,
        experiment.name,
        quantity.name,
        quantity.expected,
        mean,
        standard_error,
        len(values),
        agrees=abs(mean - quantity.expected) <= max(reach, _rounding(quantity.expected)),
        rejects_5pct=abs(mean - quantity.wrong) > reach,
    )


def _rounding(expected: float) -> float:
    """Return the room that sums of binary fractions need when every run gives the same figure."""
    return 1e-12 * max(1.0, abs(expected))


def controlled_mean(
    values: NDArray[np.float64], controls: NDArray[np.float64]
) -> tuple[float, float]:
    """Estimate a mean by regression on controls whose own means are 0.

    Parameters
    ----------
    values : float64 array, shape (runs,)
    controls : float64 array, shape (runs, number of controls)
        Columns that never vary (a constant law has no luck to account for) do not count.

    Returns
    -------
    mean, standard_error : float
        The regression's value where all controls are 0, and its standard error.

    References
    ----------
    Lavenberg, S. S. and Welch, P. D. (1981), A Perspective on the Use of Control Variables to
    Increase the Efficiency of Monte Carlo Simulations, Management Science 27, 322-335.

    Examples
    --------
    >>> luck = np.array([[-1.0], [0.0], [2.0], [1.0]])
    >>> mean, standard_error = controlled_mean(5.0 + 3.0 * luck[:, 0], luck)
    >>> round(mean, 9), standard_error < 1e-9
    (5.0, True)
    """
    runs = len(values)
    luck = controls.reshape(runs, -1)
    scale = np.abs(luck).max(axis=0, initial=0.0)
    luck = luck[:, scale > 0] / scale[scale > 0]
    if luck.shape[1] == 0:
        return float(values.mean()), float(values.std(ddof=1) / np.sqrt(runs))
    design = np.column_stack([np.ones(runs), luck])
    weights, _, rank, _ = np.linalg.lstsq(design, values, rcond=None)
    left = values - design @ weights
    variance = float(left @ left) / (runs - int(rank))
    spread = float(np.linalg.pinv(design.T @ design)[0, 0])
    return float(weights[0]), float(np.sqrt(variance * spread))
