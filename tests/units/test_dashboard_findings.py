"""The findings drawer on real runs: what it tells, and one run beside the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("solara")
import solara
from serving import wait_until

from sanket_sim.analysis.report.wording import duration
from sanket_sim.core.units import NS_PER_S
from sanket_sim.dashboard.page.beside import differences
from sanket_sim.dashboard.page.findings import findings, others_than, read_findings
from sanket_sim.dashboard.page.inspectors.sheet import Block, Fact, Facts, Link, Table, Text
from sanket_sim.dashboard.page.ordering import Orders
from sanket_sim.dashboard.page.panel import Tab
from sanket_sim.dashboard.page.standing import standing_of
from sanket_sim.dashboard.page.summary import Matter, summary
from sanket_sim.dashboard.page.summary.books import amounts
from sanket_sim.dashboard.page.summary.burn import used_up
from sanket_sim.dashboard.page.summary.headlines import in_plain_words
from sanket_sim.dashboard.page.wording import share
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.flying.orders import Play, SetSpeed, Step
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


def blocks_of(matter: Matter) -> dict[str, Block]:
    return {block.title: block for block in summary(matter)}


def facts_of(block: Block) -> dict[str, Fact]:
    assert isinstance(block, Facts)
    return {fact.label: fact for fact in block.rows}


def rows_of(block: Block) -> dict[str, list[str]]:
    assert isinstance(block, Table)
    return {row[0].text: [cell.text for cell in row[1:]] for row in block.rows}


@pytest.fixture(scope="module")
def found(runs: list[Path]) -> dict[str, Any]:
    return read_findings(runs[1])


METRICS = {
    "run": {"start": "2026-11-27T08:00:00", "now_ns": 120 * NS_PER_S, "conserved": True},
    "services": [{"name": "payment", "label": "Payment"}],
    "disturbances": [
        {
            "label": "latency on payment",
            "target": "payment",
            "begin_ns": 30 * NS_PER_S,
            "end_ns": 90 * NS_PER_S,
            "by": "experiment",
            "pending": False,
        },
        {
            "label": "pause on ledger",
            "target": "ledger",
            "begin_ns": 500 * NS_PER_S,
            "end_ns": 510 * NS_PER_S,
            "by": "experiment",
            "pending": False,
        },
    ],
}


def test_headlines_say_what_is_open_and_name_services_as_people_do(found: dict[str, Any]) -> None:
    found = dict(found)
    found["verdict"] = {**found["verdict"], "verdict": "INCONCLUSIVE"}
    found["executive"] = {**found["executive"], "critical_bottleneck": "core_banking"}
    facts = facts_of(blocks_of(Matter(found, metrics=METRICS))["Money and verdict"])
    assert (facts["Steady state"].value, facts["Steady state"].state) == ("inconclusive", "warn")
    assert facts["Bottleneck"].value == "Core banking"


def test_a_run_that_measured_nothing_is_told_without_figures(tmp_path: Path) -> None:
    quiet = SMALL.format(add="1ms").replace('"10/s"', '"0.001/h"')
    (tmp_path / "quiet.toml").write_text(quiet)
    run_once(resolve(tmp_path / "quiet.toml", seed=1), Options(out=tmp_path / "out"))
    found = read_findings(next((tmp_path / "out").iterdir()))
    assert found["traffic"]["submitted"] == 0
    blocks = blocks_of(Matter(found, metrics=METRICS))
    facts = facts_of(blocks["Money and verdict"])
    assert (facts["Leak rate"].value, facts["Service level"].value) == ("-", "no demand")
    assert not [block for block in blocks.values() if "nan" in repr(block)]


def test_incidents_tell_how_soon_and_until_when(found: dict[str, Any]) -> None:
    told = blocks_of(Matter(found, metrics=METRICS))
    facts, recovery = facts_of(told["Incidents"]), found["resilience"]["recovery"]
    assert facts["First struck"].value == "08:00:30"
    detected_s = found["resilience"]["t_detect_s"] - recovery["t_fault_s"]
    assert facts["Time to detect"].value == duration(detected_s)
    back = duration(recovery["time_to_recover_s"]) if recovery["recovered"] else None
    assert facts["Time to recover"].value == (back or "not before the end")
    [row] = told["What struck"].rows
    assert [cell.text for cell in row] == ["08:00:30", "Latency on payment", "08:01:30", "planned"]
    assert row[1].link == Link("service", "payment")


def test_what_struck_to_the_end_does_not_go_on_after_it(found: dict[str, Any]) -> None:
    run = {**METRICS["run"], "now_ns": 60 * NS_PER_S}
    [row] = blocks_of(Matter(found, metrics={**METRICS, "run": run}))["What struck"].rows
    assert row[2].text == "to the end"


def test_the_budget_is_what_the_level_leaves_of_it(found: dict[str, Any]) -> None:
    resilience = found["resilience"]
    used = (1 - resilience["sli"]["value"]) / (1 - resilience["target"])
    facts = facts_of(blocks_of(Matter(found, metrics=METRICS))["Error budget burn"])
    assert facts["Budget used"].value == used_up(used)
    assert used > 1
    assert facts["Budget used"].state == "critical"


def test_leaks_are_told_in_money_and_add_up(found: dict[str, Any]) -> None:
    rows = rows_of(blocks_of(Matter(found, metrics=METRICS))["Ledger reconciliation"])
    overall = found["controls"]["overall"]
    assert rows["Money went wrong"] == [
        f"{overall['executed']['intents']:,}",
        amounts(overall["executed"]["minor"]),
    ]
    counts = {label: int(row[0].replace(",", "")) for label, row in rows.items()}
    leaked = counts["Money went wrong"] + counts["Only told wrong, or too late"]
    assert leaked == found["traffic"]["leaked"] > 0


def test_breaks_are_told_by_kind_with_what_is_open(found: dict[str, Any]) -> None:
    kind = {
        "kind": "orphan_credit",
        "found": 10,
        "ordered": 1,
        "corrected": 5,
        "cleared": 1,
        "written_off": 2,
        "leaked_minor": {"EUR": 123_456, "JPY": 0},
        "returned_minor": {},
    }
    matter = Matter(found, so_far={"breaks": [kind]}, metrics=METRICS)
    rows = rows_of(blocks_of(matter)["Breaks by kind"])
    assert rows == {"Orphan credit": ["10", "2", "8", "1,234.56\xa0EUR", "-"]}


def test_bottlenecks_are_at_most_five_and_begin_with_the_critical_one(
    found: dict[str, Any],
) -> None:
    table = blocks_of(Matter(found, metrics=METRICS))["Bottlenecks"]
    assert isinstance(table, Table)
    assert len(table.rows) == 5
    worst = found["executive"]["critical_bottleneck"]
    assert table.rows[0][1].text == worst.replace("_", " ").capitalize()
    assert all("slowest paths" in row[2].text for row in table.rows)


def test_energy_is_told_by_what_it_was_for(found: dict[str, Any]) -> None:
    told, energy = summary(Matter(found, metrics=METRICS)), found["energy"]
    table = next(one for one in told if isinstance(one, Table) and one.columns[0] == "What for")
    shares = {label: row[1] for label, row in rows_of(table).items()}
    whole_j = energy["energy_j"]
    assert shares["Useful work"] == share(energy["by_use_j"]["useful"] / whole_j)
    assert shares["Over-provisioned replicas"] == share(energy["over_provisioned_j"] / whole_j)
    assert shares["Waiting for others"] == share(energy["waiting_j"] / whole_j)


def test_the_panel_of_a_run_follows_it_and_ends_with_its_findings(tmp_path: Path) -> None:
    """What the panel says of a run that goes on becomes what its findings say."""
    (tmp_path / "small.toml").write_text(SMALL.format(add="4s"))
    deck, tab = FlightDeck(tmp_path / "out"), Tab()
    deck.start(str(tmp_path / "small.toml"))
    try:
        orders = Orders(deck, lambda _: None)
        wait_until(lambda: standing_of(deck).state == "ready")
        deck.ask(Step(80 * NS_PER_S))
        wait_until(lambda: deck.status.state == "paused")
        _, rc = solara.render(findings(standing_of(deck), orders, tab), handle_error=False)

        def seen() -> Any:
            return next(one for one in rc.find().widgets if hasattr(one, "others"))

        wait_until(lambda: "Incidents so far" in str(seen().inside.blocks))
        assert not seen().ended
        assert "when the run has ended" in str(seen().inside.blocks)
        deck.ask(SetSpeed(10_000))
        deck.ask(Play())
        wait_until(lambda: deck.status.state == "ended")
        rc.render(findings(standing_of(deck), orders, tab))
        wait_until(lambda: "Ledger reconciliation" in str(seen().inside.blocks))
        wait_until(lambda: "so far" not in str(seen().inside.blocks))
        came_to = read_findings(Path(standing_of(deck).folder))
        assert f"{came_to['traffic']['submitted']:,}" in str(seen().inside.blocks)
        rc.close()
    finally:
        deck.hurry()


def test_a_program_s_notation_does_not_stand_in_a_sentence() -> None:
    told = in_plain_words("with probability 1e-06 or less: ledger leaks more than its share.")
    assert "1e-06" not in told
    assert told.endswith("one in a million or less: ledger leaks more than its share.")
