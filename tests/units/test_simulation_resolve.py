"""From names to objects: models, plug-ins, overrides, and a saved experiment that is the same."""

import sys

import pytest

from sanket_sim.core.errors import InputError
from sanket_sim.faults import traps
from sanket_sim.simulation.resolve import resolve

PROBE = """# Question: what is resolved?
name = "probe"
model = "worker_pool"
start = 2026-11-27T08:00:00
duration = "10s"
plugins = ["thumb.py"]
[[trap]]
kind = "thumb"
probability = 0.5
[services.pool]
workers = 7
[controls]
idempotency_key = false
"""
PLUGIN = """
from typing import Literal
from sanket_sim.faults.traps import traps
from sanket_sim.faults.traps.duplicate_submit import DuplicateSubmit

@traps.register("thumb")
class Thumb(DuplicateSubmit):
    kind: Literal["thumb"] = "thumb"
"""


@pytest.fixture
def probe(tmp_path):
    (tmp_path / "thumb.py").write_text(PLUGIN)
    file = tmp_path / "probe.toml"
    file.write_text(PROBE)
    yield file
    traps._parts.pop("thumb", None)
    for name in [name for name in sys.modules if name.startswith("sanket_plugin_")]:
        del sys.modules[name]


def test_a_plugin_brings_a_part_of_its_own(probe):
    made = resolve(probe)
    assert made.experiment.trap[0].kind == "thumb"
    assert made.plugins == (probe.parent / "thumb.py",)


def test_a_saved_experiment_resolves_to_itself(probe, tmp_path):
    made = resolve(probe, {"services.pool.replicas": 2, "tick": "500ms"}, seed=9)
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "experiment.toml").write_text(made.experiment_toml)
    (saved / "model.toml").write_text(made.model_toml)
    (saved / "thumb.py").write_text(PLUGIN)
    again = resolve(saved / "experiment.toml")
    assert again.bank == made.bank
    assert again.model_toml == made.model_toml
    assert again.experiment_toml == made.experiment_toml
    assert (again.experiment.seed, again.experiment.tick) == (9, 500_000_000)


def test_overrides_reach_the_bank(probe):
    made = resolve(probe, {"services.pool.workers": 3, "controls.status_inquiry": False})
    assert made.bank.services[0].workers == 3
    assert not made.bank.controls.idempotency_key
    assert not made.bank.controls.status_inquiry


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
        ("def broken(:", "SyntaxError"),
        ("import no_such_package", "No module named"),
    ],
)
def test_a_plugin_that_breaks_is_bad_input(probe, plugin, said):
    (probe.parent / "thumb.py").write_text(plugin)
    with pytest.raises(InputError, match=r"plugins\.0") as refused:
        resolve(probe)
    assert said in str(refused.value)


def test_a_model_beside_the_experiment_comes_before_one_in_the_working_folder(probe):
    model = resolve(probe).model_toml
    (probe.parent / "mine.toml").write_text(model.replace('"worker_pool"', '"mine"'))
    text = probe.read_text().replace('"worker_pool"', '"mine.toml"')
    probe.write_text(text)
    assert resolve(probe).bank.name == "mine"


def test_a_problem_of_the_model_is_told_with_its_file_and_line(probe):
    broken = resolve(probe).model_toml.replace("workers = 7", "workers = -7")
    (probe.parent / "broken.toml").write_text(broken)
    text = probe.read_text().replace('"worker_pool"', '"broken.toml"')
    probe.write_text(text.replace("[services.pool]\nworkers = 7\n", ""))
    with pytest.raises(
        InputError, match=r"model: .*broken\.toml: line \d+: service\.pool\.workers"
    ):
        resolve(probe)


def test_nobody_can_be_invented_where_nobody_can_apply(tmp_path):
    file = tmp_path / "ring.toml"
    file.write_text(
        'name = "ring"\nmodel = "retail_bank"\nstart = 2026-11-27T08:00:00\nduration = "10s"\n'
        '[[fraud.campaign]]\ntypology = "synthetic_identity"\n'
    )
    with pytest.raises(InputError) as refused:
        resolve(file)
    assert "population.applicants: synthetic_identity needs people who can apply" in str(
        refused.value
    )
    assert resolve(file, {"population.applicants": 10}).experiment.population.applicants == 10


RETAIL = """name = "idle"
model = "retail_bank"
start = 2026-11-27T08:00:00
duration = "1m"
"""
CAMPAIGN = '[[fraud.campaign]]\ntypology = "card_testing"\n'
NEWCOMERS = '[onboarding]\nrate = "1/s"\n'
APPLICANTS = "[population]\napplicants = 10\n"
RULE = '[[fraud_service.rule]]\nname = "new"\nwhen = ["new_device"]\npoints = 0.5\n'


@pytest.mark.parametrize(
    ("model", "text", "said"),
    [
        (
            "retail_bank",
            CAMPAIGN + 'at = "1m"\n',
            "line 7: fraud.campaign.0.at: must be before the end of the run (60s), is 60s; begin",
        ),
        (
            "retail_bank",
            (CAMPAIGN + 'name = "a"\n') * 2,
            'line 10: fraud.campaign.1.name: is "a", as that of campaign 0 is; names are unique',
        ),
        ("retail_bank", NEWCOMERS, 'onboarding.rate: nobody is there to apply, is "1/s"; give'),
        (
            "retail_bank",
            APPLICANTS + NEWCOMERS + 'at = "2m"\n',
            "onboarding.at: must be before the end of the run (60s), is 2m",
        ),
        (
            "card_switch",
            NEWCOMERS,
            'onboarding.rate: nobody can apply: model card_switch has no route "application"',
        ),
        (
            "card_switch",
            APPLICANTS,
            'model card_switch has no route "application", is 10; leave it out',
        ),
        ("worker_pool", RULE, "fraud_service.rule: has no effect: no operation of model"),
        (
            "worker_pool",
            "[fraud_service]\nreview_at = 0.4\n",
            "fraud_service.review_at: has no effect",
        ),
    ],
)
def test_what_would_have_no_effect_is_refused(tmp_path, model, text, said):
    file = tmp_path / "idle.toml"
    file.write_text(RETAIL.replace("retail_bank", model) + text)
    with pytest.raises(InputError) as refused:
        resolve(file)
    assert said in str(refused.value)


def test_what_has_an_effect_is_taken(tmp_path):
    file = tmp_path / "busy.toml"
    text = RETAIL + APPLICANTS + NEWCOMERS + 'at = "59s"\n' + RULE
    file.write_text(text + (CAMPAIGN + 'at = "59s"\n') * 2)
    assert len(resolve(file).experiment.fraud.campaign) == 2
    assert resolve(file, {"onboarding.rate": "0/s", "population.applicants": 0})


def test_a_run_may_be_cut_short_of_its_campaigns_and_what_it_saved_runs_again(tmp_path):
    file = tmp_path / "cut.toml"
    file.write_text(RETAIL + CAMPAIGN + 'at = "30s"\n')
    made = resolve(file, duration="10s")
    file.write_text(made.experiment_toml)
    (tmp_path / "model.toml").write_text(made.model_toml)
    with pytest.raises(InputError, match="before the end of the run"):
        resolve(file)
    (tmp_path / "manifest.json").write_text("{}")
    assert resolve(file).experiment == made.experiment.model_copy(
        update={"model": "model.toml", "fraud_service": {}}
    )
