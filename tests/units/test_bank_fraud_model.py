"""Trained models of fraud: kept, read back, refused when they do not hold together."""

import json

import numpy as np
import pytest

from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.bank.fraud_model import FraudModel, Training, Tree
from sanket_sim.core.errors import InputError

STUMP = {
    "feature": [0, -1, -1], "threshold": [5.0, 0, 0], "left": [1, 0, 0], "right": [2, 0, 0],
    "value": [0, -2.0, 2.0],
}  # fmt: skip
FILE = {
    "format": "sanket-fraud-model", "version": 1, "features": ["payments_5m", "hour"],
    "base_margin": 0.5, "trees": [STUMP],
}  # fmt: skip


def row(**features):
    values = dict.fromkeys(FEATURES, 0.0) | features
    return tuple(values.values())


def written(tmp_path, table):
    path = tmp_path / "model.json"
    path.write_text(table if isinstance(table, str) else json.dumps(table))
    return path


def test_a_model_asks_for_features_by_their_names(tmp_path):
    model = FraudModel.load(written(tmp_path, FILE))
    below, above = (model.likelihood(row(payments_5m=n, amount_minor=9e9)) for n in (4.9, 5.0))
    assert below == pytest.approx(1 / (1 + np.exp(1.5)))
    assert above == pytest.approx(1 / (1 + np.exp(-2.5)))


def test_a_model_is_written_as_it_is_read_to_the_byte(tmp_path):
    model = FraudModel.load(written(tmp_path, FILE | {"training": {"seeds": [1, 2]}}))
    model.save(tmp_path / "a.json")
    again = FraudModel.load(tmp_path / "a.json")
    again.save(tmp_path / "b.json")
    assert again == model
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("{", "is not JSON"),
        ("[1]", "is not a fraud model"),
        (FILE | {"features": ["payment_5m", "hour"]}, 'did you mean "payments_5m"'),
        (FILE | {"features": ["hour"] * 2 + ["hours"]}, "features.2"),
        (FILE | {"version": 2}, "version"),
        (FILE | {"colour": 1}, "unknown key"),
        (FILE | {"trees": []}, "at least 1"),
        (FILE | {"trees": [STUMP | {"feature": [2, -1, -1]}]}, "there are 2"),
        (FILE | {"trees": [STUMP | {"left": [0, 0, 0]}]}, "trees.0.left: node 0 must point"),
        (FILE | {"trees": [STUMP | {"right": [3, 0, 0]}]}, "trees.0.right: node 0 must point"),
        (FILE | {"trees": [STUMP | {"value": [0, 1.0]}]}, "has 2 entries, feature has 3"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused_at_its_key(tmp_path, change, says):
    with pytest.raises(InputError, match=r"model\.json") as caught:
        FraudModel.load(written(tmp_path, change))
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        FraudModel.load(tmp_path / "none.json")


def test_trees_say_what_xgboost_says():
    xgboost = pytest.importorskip("xgboost", reason="parity needs the library that grows trees")
    stream = np.random.default_rng(3)  # the oracle's own data, not the product's
    table = np.round(stream.lognormal(8, 4, (2000, len(FEATURES)))).astype(np.float32)
    fraud = (table[:, 0] > table[:, 3]) & (table[:, 5] > 500)
    matrix = xgboost.DMatrix(table, fraud)
    booster = xgboost.train({"max_depth": 4, "objective": "binary:logistic"}, matrix, 40)
    model = FraudModel.from_xgboost(json.loads(booster.save_raw("json")), FEATURES, Training())
    found = [model.likelihood(values) for values in table.astype(float).tolist()]
    assert np.max(np.abs(found - booster.predict(matrix))) < 1e-6


def test_an_amount_between_two_float32_numbers_goes_where_xgboost_would_send_it():
    grid = np.float32(2**24 + 2)
    tree = Tree(**STUMP | {"threshold": [float(grid), 0, 0]})
    model = FraudModel(features=("amount_minor",), trees=(tree,))
    for amount in range(2**24 - 3, 2**24 + 6):
        right = np.float32(amount) >= grid
        assert (model.likelihood(row(amount_minor=float(amount))) > 0.5) == right
