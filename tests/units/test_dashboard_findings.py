"""The findings drawer on two real runs: headlines, and one beside the other."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("solara")

from sanket_sim.dashboard.page.beside import differences
from sanket_sim.dashboard.page.findings import headlines, others_than, read_findings
from sanket_sim.dashboard.page.inspectors.sheet import Facts, Table, Text
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once

SMALL = """\
name = "small"
model = "retail_bank"
start = 2026-11-27T08:00:00
duration = "2m"
warmup = "10s"
[population]
customers = 200
[demand]
rate = "10/s"
[[fault]]
kind = "latency"
target = "payment"
at = "30s"
for = "1m"
add = "{add}"
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Run the same twice: once hardly disturbed, once with a payment service that hangs."""
    folder = tmp_path_factory.mktemp("findings")
    for seed, add in enumerate(("1ms", "4s")):
        (folder / "small.toml").write_text(SMALL.format(add=add))
        run_once(resolve(folder / "small.toml", seed=seed), Options(out=folder / "out"))
    return sorted((folder / "out").iterdir())


def test_another_run_is_offered_by_its_name(runs: list[Path]) -> None:
    calm, hanging = runs
    assert others_than(hanging) == [calm.name]


def test_two_runs_are_laid_beside_one_another(runs: list[Path]) -> None:
    calm, hanging = runs
    blocks = differences(calm, hanging)
    tables = {one.title: one for one in blocks if isinstance(one, Table)}
    sure = {row[0].text: row for row in tables["Surely different"].rows}
    assert sure["Mean latency"][3].text.startswith("+")
    assert sure["Mean latency"][3].text.endswith("s")
    assert (sure["Mean latency"][4].text, sure["Mean latency"][4].state) == ("worse", "critical")
    assert sure["Leaked: late"][4].state == "critical"
    assert "4s" in [row[2].text.strip('"') for row in tables["Set differently"].rows]
    rows = [row for title in tables for row in tables[title].rows]
    labels = [row[0].text for row in rows]
    assert "Not checked for fraud" not in labels, "nothing there, nothing here"
    assert "EUR" in next(row[2].text for row in rows if row[0].text == "Cost of fraud")


def test_what_is_the_same_is_counted_not_listed(runs: list[Path]) -> None:
    blocks = differences(runs[0], runs[0])
    assert not [one for one in blocks if isinstance(one, Table)]
    told = next(one for one in blocks if isinstance(one, Text) and one.title.startswith("Against"))
    assert told.title == f"Against {runs[0].name}"
    assert told.lines[0].startswith("0 of ")
    assert ", 0 perhaps by chance" in told.lines[0]


def test_a_folder_without_a_run_is_told(runs: list[Path], tmp_path: Path) -> None:
    [told] = differences(tmp_path, runs[0])
    assert isinstance(told, Text)
    assert "run" in told.lines[0]


def test_headlines_say_what_is_open_and_name_services_as_people_do(runs: list[Path]) -> None:
    found = dict(read_findings(runs[1]))
    found["verdict"] = {**found["verdict"], "verdict": "INCONCLUSIVE"}
    found["executive"] = {**found["executive"], "critical_bottleneck": "core_banking"}
    facts = next(one for one in headlines(found) if isinstance(one, Facts))
    said = {fact.label: (fact.value, fact.state) for fact in facts.rows}
    assert said["Steady state"] == ("inconclusive", "warn")
    assert said["Bottleneck"] == ("Core banking", "")
