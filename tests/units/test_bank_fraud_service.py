"""The fraud service in a bank's file: thresholds, rules, a trained model."""

import json
from pathlib import Path

import pytest

from sanket_sim.bank import load_bank
from sanket_sim.bank.fraud_features import FEATURES, PLACES
from sanket_sim.bank.fraud_service import Evidence, FraudService, read_condition
from sanket_sim.core.config import dump_settings
from sanket_sim.core.errors import InputError

BANK = """name = "small"
[service.desk.operation.ask]
[route.login]
entry = "desk.ask"
"""
TREES = {
    "features": ["hour"],
    "trees": [{"feature": [-1], "threshold": [0], "left": [0], "right": [0], "value": [1.0]}],
}


def bank(tmp_path: Path, table: str, overrides=None):
    path = tmp_path / "small.toml"
    path.write_text(BANK + table)
    return load_bank(path, overrides)


def rule(name="one", when='["hour > 3"]', points="0.5"):
    return f'[[fraud_service.rule]]\nname = "{name}"\nwhen = {when}\npoints = {points}\n'


@pytest.mark.parametrize(
    ("text", "holds", "holds_not"),
    [
        ("hour > 5", 5.0000001, 5.0),
        ("hour >= 5", 5.0, 4.999),
        ("hour < 5", 4.9999999, 5.0),
        ("hour <= 5.25", 5.25, 5.26),
        ("hour==5", 5.0, 5.1),
        ("amount_z > -1.5", -1.0, -1.5),
        ("amount_minor >= 10_000", 10_000.0, 9_999.0),
        ("new_device", 1.0, 0.0),
        ("new_device == 0", 0.0, 1.0),
    ],
)
def test_a_condition_is_a_range_with_the_right_ends(text, holds, holds_not):
    condition = read_condition(text)
    assert FEATURES[condition.place] == text.split()[0].partition("==")[0]
    assert condition.low <= holds <= condition.high
    assert not condition.low <= holds_not <= condition.high


def test_a_service_is_what_its_tables_say(tmp_path):
    table = "[fraud_service]\nreview_at = 0.1\nstep_up_at = 0.2\ndecline_at = 0.3\nthreshold = 7\n"
    found = bank(tmp_path, table + 'evidence = "all"\n' + rule() + rule("two", '["away"]'))[0]
    service = found.fraud_service
    assert (service.review_at, service.step_up_at, service.decline_at) == (0.1, 0.2, 0.3)
    assert (service.threshold_minor, service.evidence) == (7, Evidence.ALL)
    assert [r.name for r in service.rules] == ["one", "two"]
    assert service.rules[1].conditions[0].place == PLACES["away"]


def test_a_bank_that_says_nothing_has_no_rules(tmp_path):
    assert bank(tmp_path, "")[0].fraud_service == FraudService()


@pytest.mark.parametrize(
    ("table", "path", "says"),
    [
        (rule(when='["payment_5m > 3"]'), "fraud_service.rule.0.when.0", '"payments_5m"'),
        (rule(when='["hour > x"]'), "fraud_service.rule.0.when.0", "compared with a number"),
        (rule(when='["hour >"]'), "fraud_service.rule.0.when.0", "compared with a number"),
        (rule(when="[]"), "fraud_service.rule.0.when", "must not be empty"),
        (rule(points="1.5"), "fraud_service.rule.0.points", "must be <= 1"),
        (rule() + rule(), "fraud_service", "twice: one"),
        ("[fraud_service]\nstep_up_at = 0.9", "fraud_service.step_up_at", "<= decline_at"),
        ("[fraud_service]\nreview_at = 0.9", "fraud_service.review_at", "<= step_up_at"),
        ('[fraud_service]\nevidence = "some"', "fraud_service.evidence", "flagged"),
        ("[fraud_service]\nvelocity_limit = 3", "fraud_service.velocity_limit", "unknown key"),
        ('[fraud_service]\nmodel = "none.json"', "fraud_service.model", "no such file"),
    ],
)
def test_what_is_wrong_is_named_at_its_key(tmp_path, table, path, says):
    with pytest.raises(InputError) as caught:
        bank(tmp_path, table)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert says in problem.message
    assert problem.line is not None


def test_a_trained_model_lies_beside_the_bank_and_is_kept_by_its_bare_name(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "trees.json").write_text(json.dumps(TREES))
    found, settings = bank(tmp_path, '[fraud_service]\nmodel = "deep/trees.json"')
    assert found.fraud_service.model is not None
    assert found.fraud_service.model.features == ("hour",)
    assert found.fraud_service.model_file == str(tmp_path / "deep" / "trees.json")
    assert 'model = "trees.json"' in dump_settings(settings)


def test_a_model_that_cannot_be_read_is_laid_to_the_key_that_names_it(tmp_path):
    (tmp_path / "trees.json").write_text(json.dumps(TREES | {"features": ["hours"]}))
    with pytest.raises(InputError) as caught:
        bank(tmp_path, "", {"fraud_service": {"model": "trees.json"}})
    (problem,) = caught.value.problems
    assert problem.path == "fraud_service.model"
    assert "trees.json" in problem.message
    assert 'did you mean "hour"' in problem.message


def test_an_experiment_replaces_thresholds_and_the_whole_list_of_rules(tmp_path):
    new = {"decline_at": 1.0, "rule": [{"name": "b", "when": ["away"], "points": 0.2}]}
    service = bank(tmp_path, rule(), {"fraud_service": new})[0].fraud_service
    assert service.decline_at == 1.0
    assert [r.name for r in service.rules] == ["b"]


def test_the_shipped_bank_has_rules_of_every_kind():
    service = load_bank("retail_bank")[0].fraud_service
    asked = {FEATURES[c.place] for r in service.rules for c in r.conditions}
    assert {"payments_5m", "amount_z", "new_device", "new_payee", "away"} <= asked
    assert {"deposits_under_threshold_7d", "out_to_in_24h", "payers_24h"} <= asked
    assert {"merchant_small_1h", "merchant_declines_1h"} <= asked
