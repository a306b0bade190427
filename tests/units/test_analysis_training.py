"""Training on assessments whose fraud is known by construction."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sanket_sim.analysis.training import (
    FALSE_POSITIVES,
    RISING,
    Lesson,
    average_precision,
    quality,
    scores_of,
    threshold_of,
    train,
)
from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.bank.fraud_model import FraudModel
from sanket_sim.core.draws import Draws

pytest.importorskip("xgboost", reason="the extra [ml] is not installed")
HONEST, FRAUD, TWINS = 6_000, 600, 600
DEVICE, AMOUNT = FEATURES.index("new_device"), FEATURES.index("amount_minor")


def lesson(tells=True, seed=1):
    """Two kinds of fraud: one by new devices, one by odd amounts; twins have neither."""
    size = HONEST + FRAUD + TWINS
    rows, draws = np.arange(size), Draws(seed, "lesson")
    table = np.column_stack([draws.child(name).uniform(rows) * 100 for name in FEATURES])
    table[:, DEVICE] = table[:, DEVICE] > 99.8
    fraud = rows < FRAUD
    takeover = fraud & (rows % 2 == 0)
    if tells:
        table[takeover, DEVICE] = 1.0
        table[fraud & ~takeover, AMOUNT] += 95.0
    group = np.where(rows < FRAUD + TWINS, rows % 100, 1000 + rows)
    return Lesson(
        features=FEATURES,
        table=table,
        fraud=fraud,
        twin=(rows >= FRAUD) & (rows < FRAUD + TWINS),
        typology=np.where(fraud, np.where(takeover, 0, 1), -1),
        typologies=("takeover", "odd"),
        group=np.unique(group, return_inverse=True)[1],
        share=draws.child("group").uniform(group),
        school=np.zeros(size, np.int64),
        seeds=(seed,),
    )


@pytest.fixture(scope="module")
def trained():
    return train(lesson())


def test_what_tells_is_learnt_and_both_kinds_are_caught(trained):
    assert trained.boosted.pr_auc > 0.7, trained.boosted
    caught = trained.boosted.by_typology
    assert caught["odd"].payments.value > 0.9
    assert trained.boosted.recall.campaigns.value > 0.9
    assert trained.regressed.pr_auc > 0.7


def test_nothing_is_learnt_from_noise():
    made = train(lesson(tells=False))
    assert made.boosted.pr_auc < 2 * made.boosted.prevalence
    assert made.boosted.recall.payments.value < 0.1


def test_a_likelihood_of_one_half_lets_few_honest_payments_be_suspected(trained):
    unseen = lesson(seed=9)
    honest = ~unseen.fraud & ~unseen.twin
    suspected = scores_of(trained.model, unseen)[honest] > 0.5
    assert 0 < suspected.mean() < 4 * FALSE_POSITIVES


def test_the_same_lesson_makes_the_same_file(trained, tmp_path):
    again = train(lesson())
    for name, one in (("a", trained), ("b", again)):
        one.model.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_file_scores_as_the_model_did_and_is_small(trained, tmp_path):
    path = tmp_path / "model.json"
    trained.model.save(path)
    assert path.stat().st_size < 200_000
    told = json.loads(path.read_text())
    assert told["training"]["seeds"] == [1]
    unseen = lesson(seed=9)
    read = FraudModel.load(path)
    assert np.array_equal(scores_of(read, unseen), scores_of(trained.model, unseen))


def test_more_of_what_is_suspect_never_lowers_the_score(trained):
    rows = lesson(seed=3).table[:200]
    for name in RISING:
        more = rows.copy()
        more[:, FEATURES.index(name)] += 50.0
        before, after = (
            np.array([trained.model.likelihood(row) for row in table.tolist()])
            for table in (rows, more)
        )
        assert (after >= before).all(), name


def test_groups_are_never_on_both_sides():
    whole = lesson()
    parts = [whole.part(0.0, 0.7), whole.part(0.7, 0.85), whole.part(0.85, 1.0)]
    assert sum(len(part.fraud) for part in parts) == len(whole.fraud)
    assert not set(parts[0].group.tolist()) & set(parts[2].group.tolist())


def test_the_threshold_lets_just_so_many_pass():
    scores = np.arange(1000.0)
    assert (scores > threshold_of(scores)).sum() == 5
    assert (np.ones(1000) > threshold_of(np.ones(1000))).sum() == 0


def test_a_score_that_knows_catches_all_and_one_that_does_not_catches_none():
    whole = lesson()
    assert quality(whole.fraud.astype(float), whole).recall.payments.value == 1.0
    assert quality(np.zeros(len(whole.fraud)), whole).recall.payments.value == 0.0


def test_precision_is_averaged_over_ties_together():
    scores = np.array([1.0, 1.0, 0.0])
    assert average_precision(scores, np.array([True, False, False])) == pytest.approx(0.5)
    assert np.isnan(average_precision(scores, np.zeros(3, bool)))


def test_typologies_that_were_not_held_out_are_left_out():
    whole = lesson()
    only = replace(whole, typology=np.where(whole.typology == 1, 0, whole.typology))
    assert set(quality(np.zeros(len(whole.fraud)), only).by_typology) == {"takeover"}
