"""What the README promises about the trace holds on a run made here."""

import contextlib
import re
from pathlib import Path

import pytest

import sanket_sim

README = (Path(__file__).parents[2] / "README.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    overrides = {
        "warmup": "5s",
        "fault.0.at": "10s",
        "fault.0.probability": 0.9,
        "fraud.campaign": [],
    }
    return sanket_sim.run("peak_load", overrides=overrides, duration="30s", out=out, report=False)


@pytest.fixture
def inside(run):
    with contextlib.chdir(run.folder):
        yield run


def asked(query):
    duckdb = pytest.importorskip("duckdb")
    return duckdb.sql(query.replace("60e9", "5e9")).fetchall()


def test_leaked_intents_by_class_reproduce_the_headline(inside):
    found = asked(QUERIES[0])
    assert sum(intents for _, intents, _ in found) == inside.findings.leakage.leaked > 0


def test_waits_reproduce_the_headline_and_the_longest_is_at_the_stalled_service(inside):
    rows = asked(QUERIES[1])
    service, p99_ms = rows[0]
    assert service == "payment"
    found = inside.findings.latency.by_service[service].wait.p99_s
    assert p99_ms / 1000 == pytest.approx(found.value, rel=0.02)


@pytest.mark.usefixtures("inside")
def test_postings_sum_to_zero():
    code = next(c for c in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "postings" in c)
    scope = {}
    exec(code, scope)
    sums = scope["postings"].query("phase == 'posted'").groupby("currency", observed=True)
    assert (sums.amount_minor.sum() == 0).all()


def test_the_fraud_of_the_front_page_is_an_experiment(tmp_path):
    tables = next(t for t in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "fraud" in t)
    head = 'name = "ours"\nmodel = "retail_bank"\nstart = 2026-11-24T08:00:00\nduration = "6m"\n'
    path = tmp_path / "ours.toml"
    path.write_text(head + tables, "utf-8")
    overrides = {"population.customers": 300, "demand.rate": "2/s"}
    done = sanket_sim.run(path, overrides=overrides, out=tmp_path, report=False)
    truth = done.trace.frame("truth")
    assert {"mule_network"} == set(truth[truth.twin == ""].typology)
    assert len(truth[truth.twin != ""]) > 0
