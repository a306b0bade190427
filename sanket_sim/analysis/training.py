"""Training of the fraud service's model, on what the service itself saw of every payment."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sanket_sim.analysis.boosting import THREADS, xgboost
from sanket_sim.analysis.logistic import fit_logistic
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, wilson
from sanket_sim.bank.fraud_features import FEATURES, PLACES
from sanket_sim.bank.fraud_model import FraudModel, Training
from sanket_sim.core.draws import Draws
from sanket_sim.trace.batch import Columns, places_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FALSE_POSITIVES = 0.005
"""Share of honest payments that may reach a likelihood of one half."""
ABSOLUTE = (
    "payments_5m",
    "payments_1h",
    "payments_24h",
    "amount_24h_to_typical",
    "since_last_s",
    "merchant_declines_1h",
    "hour",
)
"""Features that mean one thing where customers pay thrice a day and another where they pay every
minute, or by which a school would be known: left to rules, whose authors know their bank."""
RISING = (
    "payments_5m_to_usual",
    "payments_1h_to_usual",
    "declines_1h",
    "new_payee",
    "new_device",
    "away",
    "deposits_under_threshold_7d",
    "payee_payers_24h",
    "merchant_small_1h",
    "merchant_declines_share_1h",
    "device_accounts_24h",
)
"""Features more of which never speaks for a payment: the model must not learn otherwise."""
PARAMETERS: Mapping[str, float | int | str] = {
    "objective": "binary:logistic",
    "max_depth": 4,
    "eta": 0.3,
    "min_child_weight": 5.0,
    "lambda": 2.0,
    "base_score": 0.5,
    "eval_metric": "aucpr",
    "tree_method": "hist",
    "seed": 0,
}
TREES_MOST = 60
PATIENCE = 12
"""Trees without gain on the campaigns kept aside before growing stops."""
_LEARN, _STOP = 0.7, 0.85
"""Groups below the first share are learnt from, below the second they say when to stop; the rest
is held out."""
_TWINS_WEIGH = 0.3
"""All twins together, over all other honest payments: schools have far more of them than life has,
and a model that fears to suspect them lets most fraud pass."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Assessed payments and what they truly were.

    Parameters
    ----------
    features : tuple of str
        Those of `FEATURES` that every run kept, without the `ABSOLUTE` ones.
    table : float64 array, shape (payments, len(features))
    fraud, twin : bool arrays, shape (payments,)
    typology : int64 array
        Place in `typologies`; -1 for honest payments.
    group : int64 array
        What belongs together: a campaign with its twins, or an honest customer.
    share : float64 array
        A number in (0, 1) for each group, by which groups are dealt.
    school : int64 array, shape (payments,)
        Which experiment a payment comes from: each has its own density of payments.
    """

    features: tuple[str, ...]
    table: Floats
    fraud: Flags
    twin: Flags
    typology: Integers
    typologies: tuple[str, ...]
    group: Integers
    share: Floats
    school: Integers
    seeds: tuple[int, ...]

    def part(self, low: float, high: float) -> Lesson:
        """Return the payments of the groups dealt into a range."""
        keep = (self.share >= low) & (self.share < high)
        return Lesson(
            self.features,
            self.table[keep],
            self.fraud[keep],
            self.twin[keep],
            self.typology[keep],
            self.typologies,
            self.group[keep],
            self.share[keep],
            self.school[keep],
            self.seeds,
        )


@dataclass(frozen=True, slots=True)
class Recall:
    """What was caught of a typology at the allowed share of false alarms."""

    payments: Estimate
    campaigns: Estimate
    """Campaigns of which at least one payment was caught."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What a score is worth.

    Parameters
    ----------
    pr_auc : float
        Area under the precision-recall curve at the prevalence of the payments scored.
    prevalence : float
        Share of fraud in these.
    recall : Recall
        At `FALSE_POSITIVES` of the honest payments that are no twins.
    twins_flagged : Estimate
        Share of the twins' payments that reach the same score.
    by_typology : dict
    """

    pr_auc: float
    prevalence: float
    recall: Recall
    twins_flagged: Estimate
    by_typology: dict[str, Recall]


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it and the baseline are worth on campaigns that neither has seen."""

    model: FraudModel
    boosted: Quality
    regressed: Quality


def lesson_of(runs: Sequence[RunFolder]) -> Lesson:
    """Gather the assessments of some runs, and the truth about them.

    Clean money that campaigns move to look honest is no lesson: by itself it is neither.
    """
    names: list[str] = []
    lasting = [name for name in FEATURES if name not in ABSOLUTE]
    features = tuple(name for name in lasting if all(_keeps(run, name) for run in runs))
    schools = list(dict.fromkeys(run.experiment.name for run in runs))
    parts = [_run_rows(run, features, names, schools) for run in runs]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Lesson(
        features,
        joined["table"],
        joined["fraud"],
        joined["twin"],
        joined["typology"],
        tuple(names),
        np.unique(joined["group"], return_inverse=True)[1].astype(np.int64),
        joined["share"],
        joined["school"],
        tuple(run.experiment.seed for run in runs),
    )


def _keeps(run: RunFolder, feature: str) -> bool:
    """Say whether a run kept a feature; one made by an earlier version may know fewer."""
    parts = run.trace.parts("assessments")
    return all(feature in pq.read_schema(part).names for part in parts)


def _run_rows(
    run: RunFolder, features: tuple[str, ...], names: list[str], schools: list[str]
) -> Columns:
    trace = run.trace
    assessed = trace.columns("assessments", ["tx_id", *features])
    paid = trace.columns("transactions", ["tx_id", "customer_id", "is_fraud", "campaign_id"])
    by_id = np.argsort(paid["tx_id"], kind="stable")
    own = by_id[places_of(paid["tx_id"][by_id], assessed["tx_id"])]
    judged = paid["is_fraud"][own] | (paid["campaign_id"][own] < 0)
    seen, own = {name: values[judged] for name, values in assessed.items()}, own[judged]
    truth = trace.columns("truth", ["tx_id", "campaign_id", "typology"])
    acted = places_of(truth["tx_id"], seen["tx_id"])
    played, fraud = acted >= 0, paid["is_fraud"][own]
    words = trace.words("typology")
    family = _families(trace.columns("campaigns", ["campaign_id", "twin_of"]))
    campaign = np.where(played, _taken(truth["campaign_id"], acted), 0)
    person = paid["customer_id"][own].astype(np.int64)
    group = np.where(played, _taken(family, campaign), person)
    draws = Draws(run.experiment.seed, "training").child("group")
    return {
        "table": np.column_stack([seen[name].astype(np.float64) for name in features]),
        "fraud": fraud,
        "twin": played & ~fraud,
        "typology": _renumbered(
            np.where(fraud, _taken(truth["typology"], acted), -1), words, names
        ),
        "group": draws.key(group, played.astype(np.int64)),
        "share": draws.uniform(group, played.astype(np.int64)),
        "school": np.full(len(fraud), schools.index(run.experiment.name)),
    }


def _taken(values: NDArray[np.integer], places: Integers) -> Integers:
    """Return the values at some places; where there are no values, zeros."""
    if not len(values):
        return np.zeros(len(places), np.int64)
    return values[np.maximum(places, 0)].astype(np.int64)


def _families(campaigns: Columns) -> Integers:
    """Return by campaign number which campaign it belongs to: itself, or the one it looks like."""
    ids, twin_of = campaigns["campaign_id"], campaigns["twin_of"]
    family = np.arange(int(ids.max()) + 1 if len(ids) else 0)
    family[ids] = np.where(twin_of >= 0, twin_of, ids)
    return family


def _renumbered(codes: Integers, words: Sequence[str], names: list[str]) -> Integers:
    """Return typologies by their place among `names`, to which new ones are added."""
    table = np.full(len(words) + 1, -1, np.int64)
    for code in np.unique(codes[codes >= 0]).tolist():
        if words[code] not in names:
            names.append(words[code])
        table[code] = names.index(words[code])
    numbers: Integers = table[codes]
    return numbers


def train(lesson: Lesson) -> Trained:
    """Train a model and the baseline; see what either is worth on what was held out.

    Every school weighs the same; in it, every typology does, all fraud as much as all that is
    honest, and twins as little as they are rare in life. The model's log odds are then shifted so
    that the likelihood is one half where `FALSE_POSITIVES` of the honest payments lie above, or
    fewer where another school needs that: the thresholds of the fraud service mean the same for
    every model, and no bank is troubled more often because it is busy.

    Raises
    ------
    ExtraMissingError
        If XGBoost is not installed.
    """
    learn, stop = lesson.part(0.0, _LEARN), lesson.part(_LEARN, _STOP)
    held_out = lesson.part(_STOP, 1.0)
    grown = FraudModel.from_xgboost(_grow(learn, stop), learn.features, Training())
    model = _shifted(grown, stop)
    baseline = fit_logistic(_eased(learn.table), learn.fraud, _weights(learn))
    boosted = quality(scores_of(model, held_out), held_out)
    training = Training(
        seeds=lesson.seeds,
        payments=len(learn.fraud),
        frauds=int(learn.fraud.sum()),
        parameters={**PARAMETERS, "trees": len(model.trees)},
        quality={"pr_auc": boosted.pr_auc, "recall": boosted.recall.payments.value},
    )
    return Trained(
        model.model_copy(update={"training": training}),
        boosted,
        quality(baseline.log_odds(_eased(held_out.table)), held_out),
    )


def scores_of(model: FraudModel, lesson: Lesson) -> Floats:
    """Return the likelihoods that a model gives, payment by payment as the service does."""
    rows = np.zeros((len(lesson.table), len(FEATURES)))
    rows[:, [PLACES[name] for name in lesson.features]] = lesson.table
    return np.array([model.likelihood(row) for row in rows.tolist()])


def quality(scores: Floats, lesson: Lesson) -> Quality:
    """Say what scores are worth."""
    ordinary = ~lesson.fraud & ~lesson.twin
    caught = scores > threshold_of(scores[ordinary])
    kinds = {name: lesson.typology == place for place, name in enumerate(lesson.typologies)}
    return Quality(
        average_precision(scores, lesson.fraud),
        float(lesson.fraud.mean()),
        _recall(caught, lesson.group, lesson.fraud),
        wilson(int(caught[lesson.twin].sum()), int(lesson.twin.sum())),
        {name: _recall(caught, lesson.group, one) for name, one in kinds.items() if one.any()},
    )


def threshold_of(honest: Floats) -> float:
    """Return the score that `FALSE_POSITIVES` of honest payments exceed, at most."""
    if not len(honest):
        return math.inf
    allowed = int(FALSE_POSITIVES * len(honest))
    return float(np.sort(honest)[len(honest) - 1 - allowed])


def average_precision(scores: Floats, positive: Flags) -> float:
    """Return the area under the precision-recall curve, ties taken together; NaN without positives.

    Examples
    --------
    >>> average_precision(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))
    0.8333333333333333
    """
    if not positive.any():
        return math.nan
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    caught = np.cumsum(positive[order])[last]
    gains = np.diff(caught, prepend=0) / caught[-1]
    return float((gains * caught / (last + 1)).sum())


def _recall(caught: Flags, group: Integers, fraud: Flags) -> Recall:
    campaigns = np.unique(group[fraud])
    met = np.unique(group[fraud & caught])
    return Recall(
        wilson(int(caught[fraud].sum()), int(fraud.sum())), wilson(len(met), len(campaigns))
    )


def _grow(learn: Lesson, stop: Lesson) -> Mapping[str, object]:
    """Grow trees until the lesson kept aside gains no more; return them as JSON says them."""
    library = xgboost()
    constraints = tuple(int(name in RISING) for name in learn.features)
    sides = {
        name: library.DMatrix(one.table, label=one.fraud, weight=_weights(one), nthread=THREADS)
        for name, one in (("learn", learn), ("stop", stop))
    }
    booster = library.train(
        {**PARAMETERS, "monotone_constraints": constraints, "nthread": THREADS, "verbosity": 0},
        sides["learn"],
        TREES_MOST,
        evals=[(sides["stop"], "stop")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    best = booster[: booster.best_iteration + 1]
    grown: Mapping[str, object] = json.loads(best.save_raw("json"))
    return grown


def _weights(lesson: Lesson) -> Floats:
    """Return weights by which schools count the same, and fraud as much as the rest."""
    weights = np.ones(len(lesson.fraud))
    for school in np.unique(lesson.school):
        here = lesson.school == school
        one = _typologies_alike(lesson.fraud[here], lesson.twin[here], lesson.typology[here])
        weights[here] = one * len(weights) / one.sum()
    return weights


def _typologies_alike(fraud: Flags, twin: Flags, typology: Integers) -> Floats:
    """Return weights by which every typology counts the same, and all fraud as much as the rest."""
    ordinary = int((~fraud & ~twin).sum())
    weights = np.ones(len(fraud))
    weights[twin] = _TWINS_WEIGH * ordinary / max(int(twin.sum()), 1)
    if fraud.any():
        counts = np.bincount(typology[fraud])
        kinds = int((counts > 0).sum())
        weights[fraud] = weights[~fraud].sum() / kinds / counts[typology[fraud]]
    return weights


def _shifted(model: FraudModel, lesson: Lesson) -> FraudModel:
    ordinary = ~lesson.fraud & ~lesson.twin
    scores = scores_of(model, lesson)
    schools = [scores[ordinary & (lesson.school == school)] for school in np.unique(lesson.school)]
    half = max((threshold_of(honest) for honest in schools if len(honest)), default=0.5)
    half = min(max(half, 1e-9), 1.0 - 1e-9)
    margin = model.base_margin - math.log(half / (1.0 - half))
    return model.model_copy(update={"base_margin": margin})


def _eased(table: Floats) -> Floats:
    """Return features on scales that a regression can use: magnitudes by their logarithm."""
    return np.sign(table) * np.log1p(np.abs(table))
