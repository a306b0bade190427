"""Whether a single row gives fraud away: for every typology, by sophistication."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.leak_audit.discrimination import auc
from sanket_sim.analysis.leak_audit.emitted import IDENTIFIERS, TEXTS, Emitted, Side
from sanket_sim.analysis.leak_audit.separators import (
    boosted,
    columns_alone,
    out_of_fold,
    regressed,
)
from sanket_sim.analysis.statistics import Estimate
from sanket_sim.core.draws import Draws
from sanket_sim.trace.batch import Columns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

AUC_MOST = 0.75
"""Above this a single row says too much."""
JUDGED_FROM = 0.5
"""Crude campaigns may be as plain as they are; from here on they must not be."""
JUDGED = (JUDGED_FROM, 1.0)
BANDS = ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0), JUDGED)
"""Sophistication from, up to; 1 belongs to the band below it."""
CAMPAIGNS_FEWEST = 8
ROWS_FEWEST = 50
HALF_WIDTH_MOST = 0.12
"""An AUC known less well than this proves nothing, unless even its lower end is too high."""
ROWS_MOST = 4_000
"""Rows of a side that are learnt from; more would change the second digit of nothing."""
_FOLDS = 5


class Against(StrEnum):
    """Whom fraud is to be told apart from."""

    TWINS = "twins"
    SAME_KINDS = "same kinds"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Separation:
    """How well the rows of a typology in one band of sophistication can be told from others.

    Parameters
    ----------
    sophistication : tuple of float
        From, up to.
    campaigns, fraud_rows, other_rows : int
    unmatched_rows : int
        Rows of fraud that were left out, for no honest row is of their kind.
    shortfall : str
        What is missing for a judgement; empty: nothing.
    boosted, regressed : Estimate
        AUC of gradient boosting and of logistic regression, on campaigns and customers that they
        have not seen.
    columns : dict
        AUC of every column alone.
    """

    typology: str
    sophistication: tuple[float, float]
    against: Against
    campaigns: int
    fraud_rows: int
    other_rows: int
    unmatched_rows: int = 0
    shortfall: str = ""
    boosted: Estimate = field(default_factory=Estimate)
    regressed: Estimate = field(default_factory=Estimate)
    columns: dict[str, Estimate] = field(default_factory=dict)

    @property
    def best_column(self) -> str:
        """The column that separates best by itself; empty if nothing was measured."""
        known = {name: one.value for name, one in self.columns.items() if one.known}
        return max(known, key=lambda name: known[name]) if known else ""

    @property
    def band(self) -> str:
        """The band of sophistication in words."""
        low, high = self.sophistication
        return f"{low:g}-{high:g}"

    @property
    def decides(self) -> bool:
        """Whether the pass rule needs to know it; its parts can only add failures."""
        return self.against == Against.TWINS and self.sophistication == JUDGED

    @property
    def must_hide(self) -> bool:
        """Whether the pass rule speaks of it."""
        return self.against == Against.TWINS and self.sophistication[0] >= JUDGED_FROM

    @property
    def leaks(self) -> list[str]:
        """What surely separates too well, where the pass rule applies."""
        if not self.must_hide or not self.boosted.known:
            return []
        models = {"gradient boosting": self.boosted, "logistic regression": self.regressed}
        texts = {name: self.columns[name] for name in (*TEXTS, *IDENTIFIERS)}
        found = {name: one for name, one in (models | texts).items() if _exceeds(one)}
        return [f"{name} {one.value:.2f}" for name, one in found.items()]


def separations(
    rows: Emitted, done: Callable[[int, int, str], None] = lambda *_: None
) -> list[Separation]:
    """Measure every typology, in every band of sophistication, against everybody.

    Parameters
    ----------
    rows : Emitted
    done : callable
        Hears how many of how many have been measured, and which was the last.
    """
    wanted = [
        (typology, band, against)
        for typology in rows.typologies
        for band in BANDS
        for against in Against
    ]
    found = []
    for number, (typology, band, against) in enumerate(wanted):
        found.append(separation(rows, typology, band, against))
        done(number + 1, len(wanted), typology)
    return [one for one in found if one.fraud_rows]


def separation(
    rows: Emitted, typology: str, band: tuple[float, float], against: Against
) -> Separation:
    """Measure one typology in one band against one kind of others."""
    made = _Comparison.of(rows, typology, band, against)
    told = Separation(
        typology,
        band,
        against,
        campaigns=len(np.unique(made.group[made.fraud])),
        fraud_rows=int(made.fraud.sum()),
        other_rows=int((~made.fraud).sum()),
        unmatched_rows=made.unmatched,
    )
    shortfall = _shortfall(told)
    return _with(told, shortfall=shortfall) if shortfall else _measured(told, made)


def _exceeds(one: Estimate) -> bool:
    precise = one.high - one.low <= 2 * HALF_WIDTH_MOST
    return one.value > AUC_MOST and (precise or one.low > AUC_MOST)


def _with(told: Separation, **more: object) -> Separation:
    kept = {name: getattr(told, name) for name in told.__slots__}
    return Separation(**(kept | more))


def _shortfall(told: Separation) -> str:
    has = (told.campaigns, told.fraud_rows, told.other_rows)
    if told.campaigns >= CAMPAIGNS_FEWEST and min(has[1:]) >= ROWS_FEWEST:
        return ""
    return (
        f"too few: {has[0]} campaigns, {has[1]} and {has[2]} rows; needs {CAMPAIGNS_FEWEST} and "
        f"{ROWS_FEWEST} of either"
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Rows of fraud and of others, with the weights by which the others count."""

    features: Columns
    fraud: Flags
    weights: Floats
    group: Integers
    unmatched: int

    @classmethod
    def of(
        cls, rows: Emitted, typology: str, band: tuple[float, float], against: Against
    ) -> _Comparison:
        """Choose the rows."""
        fraud = _first(rows, _in_band(rows, Side.FRAUD, typology, band))
        unmatched = 0
        if against == Against.TWINS:
            others = _first(rows, _in_band(rows, Side.TWIN, typology, band))
            weights = np.ones(len(others))
        elif against == Against.EVERYBODY:
            others = _first(rows, rows.sampled)
            weights = np.ones(len(others))
        else:
            others, weights = _of_the_same_kinds(rows, fraud)
            matched = np.isin(rows.features["kind"][fraud], rows.features["kind"][others])
            unmatched, fraud = int((~matched).sum()), fraud[matched]
        chosen = np.concatenate([fraud, others])
        return cls(
            {name: values[chosen] for name, values in rows.features.items()},
            np.arange(len(chosen)) < len(fraud),
            np.concatenate([np.ones(len(fraud)), weights]),
            np.unique(rows.group[chosen], return_inverse=True)[1].astype(np.int64),
            unmatched,
        )


def _in_band(rows: Emitted, side: Side, typology: str, band: tuple[float, float]) -> Flags:
    low, high = band
    kind = rows.words["typology"].index(typology)
    within = (rows.sophistication >= low) & (rows.sophistication < high)
    if high == 1.0:
        within |= rows.sophistication == high
    wanted: Flags = (rows.side == side) & (rows.typology == kind) & within
    return wanted


def _first(rows: Emitted, wanted: Flags, most: int = ROWS_MOST) -> Integers:
    """Return the places of wanted rows, by rank, up to so many."""
    places = np.flatnonzero(wanted)
    return places[np.argsort(rows.rank[places], kind="stable")][:most]


def _of_the_same_kinds(rows: Emitted, fraud: Integers) -> tuple[Integers, Floats]:
    """Return honest rows, weighted so that each kind has the share that it has in the fraud."""
    kind, honest = rows.features["kind"], rows.side == Side.HONEST
    counts = dict(zip(*np.unique(kind[fraud], return_counts=True), strict=True))
    chosen = [
        _first(rows, honest & (kind == one), max(ROWS_FEWEST, int(ROWS_MOST * n / len(fraud))))
        for one, n in counts.items()
    ]
    weights = [
        np.full(len(places), n / max(len(places), 1))
        for places, n in zip(chosen, counts.values(), strict=True)
    ]
    if not chosen:
        return np.empty(0, np.int64), np.empty(0)
    return np.concatenate(chosen), np.concatenate(weights)


def _measured(told: Separation, made: _Comparison) -> Separation:
    judge = _Judge(made, _folds(made.group, made.fraud))
    trees = judge.auc(boosted)
    return _with(
        told,
        shortfall=_vagueness(trees, told.campaigns),
        boosted=trees,
        regressed=judge.auc(regressed),
        columns={name: judge.auc(rule) for name, rule in columns_alone().items()},
    )


def _vagueness(one: Estimate, campaigns: int) -> str:
    """Say how many campaigns would make an AUC precise enough to be judged; empty: it is."""
    half = (one.high - one.low) / 2
    if half <= HALF_WIDTH_MOST or one.low > AUC_MOST:
        return ""
    needed = math.ceil(campaigns * (half / HALF_WIDTH_MOST) ** 2)
    return f"too few: {campaigns} campaigns leave the AUC open by {half:.2f}; needs about {needed}"


class _Judge:
    def __init__(self, made: _Comparison, folds: Integers) -> None:
        self.made, self.folds = made, folds

    def auc(self, separate: Callable[[Columns, Flags, Floats, Columns], Floats]) -> Estimate:
        """Return how well a separator does on groups that it has not seen."""
        made = self.made
        scores = out_of_fold(separate, made.features, made.fraud, made.weights, self.folds)
        return auc(scores, made.fraud, made.weights, self.folds, made.group)


def _folds(group: Integers, fraud: Flags) -> Integers:
    """Deal groups to folds: those with fraud in them first, then the rest, each evenly."""
    guilty = np.unique(group[fraud])
    innocent = np.setdiff1d(group, guilty)
    fold_of = np.zeros(int(group.max()) + 1, np.int64)
    for members in (guilty, innocent):
        order = np.argsort(Draws(0, "leak_audit", "folds").uniform(members), kind="stable")
        fold_of[members[order]] = np.arange(len(members)) % _FOLDS
    return fold_of[group]
