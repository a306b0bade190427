"""The fraud page names every typology, key and feature, and its queries reproduce the findings."""

import contextlib
import re
from pathlib import Path

import pytest
from fraud_page import feature_names, typology_rows

import sanket_sim
from sanket_sim.actors.financial_crime import FinancialCrimeSettings
from sanket_sim.actors.financial_crime.settings import MonitoringSettings
from sanket_sim.actors.onboarding import OnboardingSettings
from sanket_sim.actors.typology import Typology
from sanket_sim.bank.fraud_service import FraudServiceSettings
from sanket_sim.console.planned_fraud import campaign_rows
from sanket_sim.fraud.settings import FraudSettings
from sanket_sim.simulation.resolve import resolve

PAGE = (Path(__file__).parents[2] / "docs" / "fraud.md").read_text("utf-8")
LINES = PAGE.splitlines()
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ORDER, RULE, CLOSED = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
OWN_ROWS = list(typology_rows())
TYPOLOGIES = sorted({row.split("`")[1] for row in OWN_ROWS})
HEAD = """
name = "page"
model = "retail_bank"
start = 2026-11-25T12:00:00
duration = "3m"
warmup = "5s"
population = {customers = 600}
demand = {rate = "8/s"}
fault = [{kind = "latency", target = "fraud", at = "90s", for = "40s", add = "10s"}]
"""
TAKEOVERS = """
[[fraud.campaign]]
typology = "account_takeover"
at = "20s"
victims = 12
sophistication = 0.2
pace = 0.03
"""


@pytest.mark.parametrize("row", OWN_ROWS)
def test_every_key_of_a_typology_is_on_the_page_with_its_default(row):
    assert row in LINES, "print the table anew: python tests/fraud_page.py"


@pytest.mark.parametrize("name", TYPOLOGIES)
def test_every_typology_is_told_with_its_honest_twins(name):
    asked = {"fraud.twins": 12, "fraud.campaign": [{"typology": name, "at": "1m"}]}
    resolved = resolve("onboarding", asked)
    (row,) = campaign_rows(resolved.experiment, resolved.bank)
    told = next(line for line in LINES if line.startswith(f"| `{name}` |"))
    twins = row[3].removeprefix("12 x ").split(", ")
    assert [twin for twin in twins if twin not in told] == []


@pytest.mark.parametrize("name", list(feature_names()))
def test_every_feature_has_a_row_with_its_unit(name):
    cells = [line.split(" | ") for line in LINES if line.startswith("| `")]
    assert any(name in first and unit.strip() for first, unit, *_ in cells)


@pytest.mark.parametrize(
    "settings",
    [
        Typology,
        FraudSettings,
        FraudServiceSettings,
        FinancialCrimeSettings,
        MonitoringSettings,
        OnboardingSettings,
    ],
)
def test_every_key_is_on_the_page(settings):
    names = {field.alias or key for key, field in settings.model_fields.items()}
    told = PAGE.partition("## Reading the findings")[0]
    assert {n for n in names if not re.search(rf"[`\[. \n]{n}[`\]= ]", told)} == set()


def test_an_experiments_rule_replaces_the_banks_list_and_nothing_else_of_it(tmp_path):
    path = tmp_path / "page.toml"
    path.write_text(HEAD + RULE + CLOSED, "utf-8")
    service, usual = resolve(path).bank.fraud_service, resolve("peak_load").bank.fraud_service
    assert [rule.name for rule in service.rules] == ["new_phone_pays_stranger"]
    assert len(usual.rules) == 14
    assert service.model_file == usual.model_file
    assert service.step_up_at == usual.step_up_at


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = folder / "page.toml"
    path.write_text(HEAD + ORDER + TAKEOVERS, "utf-8")
    return sanket_sim.run(path, out=folder, report=False)


def ask(run, query):
    duckdb = pytest.importorskip("duckdb")
    with contextlib.chdir(run.folder):
        return duckdb.sql(query.replace("60e9", "5e9")).fetchall()


def test_recall_is_reproduced(run):
    fraud = run.findings.fraud
    rows = ask(run, QUERIES[0])
    for typology, caught, decided in rows:
        assert caught / decided == fraud.by_typology[typology].recall.value
    assert sum(caught for _, caught, _ in rows) == fraud.true_positives > 0
    assert sum(decided for *_, decided in rows) == fraud.recall.n


def test_what_each_campaign_took_is_reproduced(run):
    losses = {one.name: one.loss_minor.get("EUR", 0) for one in run.findings.fraud.campaigns}
    found = {name: int(lost) for name, lost in ask(run, QUERIES[1])}
    assert {name: lost for name, lost in losses.items() if lost} == {
        name: lost for name, lost in found.items() if lost
    }
    assert any(losses.values())


def test_whom_the_service_takes_for_thieves_is_reproduced(run):
    by_twin = run.findings.fraud.alarms.by_twin
    told = {name: (one.twin, one.scored, one.flagged) for name, one in by_twin.items()}
    assert {name: tuple(figures) for name, *figures in ask(run, QUERIES[2])} == told != {}


def test_what_passed_unchecked_is_reproduced(run):
    passed = run.findings.fraud.outage.overall.unchecked_count
    assert ask(run, QUERIES[3]) == [(passed,)]
    assert passed > 0


def test_the_stages_of_the_run_are_on_the_page(run):
    truth = run.trace.frame("truth")
    campaigns = truth[truth.twin == ""]
    for typology, stage in set(zip(campaigns.typology, campaigns.stage, strict=True)):
        told = next(line for line in LINES if line.startswith(f"| `{typology}` |"))
        assert stage in told
