"""`list`, `explain` and `check`: what can be seen before anything runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sanket_sim.__main__ import main
from sanket_sim.console.expected_load import ExpectedLoad
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.shelf import entries, entry_of, opening_comment


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")


def test_everything_on_the_shelves_is_listed_with_its_question(capsys):
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    for entry in [*entries("experiments"), *entries("models")]:
        assert entry.name in said
        assert entry.question.split()[0] in said


@pytest.mark.parametrize("entry", entries("experiments"), ids=lambda entry: entry.name)
def test_every_shipped_experiment_asks_expects_and_is_valid(entry, capsys):
    assert entry.question
    assert entry.expect
    assert main(["check", entry.name]) == 0
    assert "fine" in capsys.readouterr().out


def test_shelves_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["check", "peak_load"]) == 0


def test_your_own_shelf_comes_first(tmp_path, monkeypatch):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "peak_load.toml").write_text("# Question: mine?\n")
    monkeypatch.chdir(tmp_path)
    mine = next(entry for entry in entries("experiments") if entry.name == "peak_load")
    assert mine.question == "mine?"


def test_an_explanation_shows_load_routes_faults_and_the_loop(capsys):
    assert main(["explain", "peak_load"]) == 0
    said = capsys.readouterr().out
    assert "Services under the expected load" in said
    assert "payment > fraud" in said
    assert "self.network.advance(tick.end_ns, arrivals)" in said
    latency = next(line for line in said.splitlines() if line.startswith("latency"))
    assert latency.split()[:4] == ["latency", "payment", "3:00", "5:00"]


def test_an_explanation_shows_what_people_pay_month_by_month(capsys):
    assert main(["explain", "normal_day"]) == 0
    said = capsys.readouterr().out
    assert "people of preset modern (not validated)" in said
    rent = next(line for line in said.splitlines() if line.startswith("rent "))
    assert rent.split()[:2] == ["rent", "transfer"]
    assert "day 1 to 5, or the next business day" in said
    assert "0.4 times a month" in said


def test_routes_that_templates_replace_are_expected_from_them_alone():
    resolved = resolve("normal_day", {"demand.per_customer": "10/d"})
    load = ExpectedLoad.of(resolved.experiment, resolved.bank)
    salaries = 2000 * (0.71 * 0.85 + 0.15 * 0.95)
    assert load.mean_by_route["salary"] * 365 * 86_400 / 12 == pytest.approx(salaries)
    assert load.mean_by_route["payroll"] == pytest.approx(200 / (8 * 3600)), "files come on top"
    files = sum(load.mean_by_route.values()) - load.mean_per_s
    assert files == pytest.approx(load.mean_by_route["payroll"])
    assert load.peak_per_s > load.mean_per_s


def test_an_explanation_says_whom_a_trap_strikes_and_that_its_control_is_off(capsys):
    assert main(["explain", "uco_2023"]) == 0
    said = capsys.readouterr().out
    trap = next(line for line in said.splitlines() if line.startswith("T05"))
    assert "inbound_transfer" in trap
    assert "settle_before_credit is OFF: it will leak" in trap
    assert "Controls that are off: settle_before_credit." in said
    assert "intraday 60m" in said
    assert main(["explain", "uco_2023", "--set", "controls.settle_before_credit=true"]) == 0
    assert "caught by settle_before_credit" in capsys.readouterr().out


def test_an_explanation_lists_campaigns_with_their_own_keys_and_twins(capsys):
    changed = ["--set", "fraud.campaign.4.hops=4", "--set", "fraud.campaign.0.intensity=2"]
    assert main(["explain", "mule_network", *changed]) == 0
    said = capsys.readouterr().out
    wheel = next(line for line in said.splitlines() if line.startswith("a wheel"))
    keys = "sums 1, shape cycle, hops 4"
    assert wheel.split() == f"a wheel layering 5:00 5 x roommates' cycle {keys} 0.6 0.01".split()
    assert "threshold 10000, accounts drawn; x 2" in said
    assert "x 1 " not in said
    assert "Fraud service: 0 rules, model none; reviews from 0.6" in said
    assert "10 analysts, monitoring every 15m." in said


def test_an_explanation_without_campaigns_still_says_who_looks_out_for_fraud(capsys):
    assert main(["explain", "payment_stall"]) == 0
    said = capsys.readouterr().out
    assert "Campaigns of fraud" not in said
    assert "14 rules, model retail_bank_fraud.json" in said


LATE = """
name = "late"
model = "retail_bank"
start = 2026-11-27T08:00:00
duration = "1m"
drain = "1m"
[[trap]]
kind = "{kind}"
probability = 0.5
{more}
"""


@pytest.mark.parametrize(
    ("kind", "more", "key"),
    [
        ("duplicate_submit", 'at = "1m"', "trap.0.at"),
        ("duplicate_submit", 'at = "59s"', ""),
        ("excess_refund", 'after = "2m"', "trap.0.after"),
        ("excess_refund", 'after = "20s"', ""),
        ("late_capture", 'late = "1d"', "trap.0.late"),
    ],
)
def test_a_trap_that_comes_too_late_is_worth_a_word(kind, more, key, tmp_path, capsys):
    file = tmp_path / "late.toml"
    file.write_text(LATE.format(kind=kind, more=more))
    assert main(["check", str(file)]) == 0
    said = capsys.readouterr()
    assert "fine" in said.out
    assert said.err.count("\n") == bool(key)
    assert key in said.err


def test_the_schema_names_every_table(capsys):
    assert main(["check", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"population", "demand", "fault", "trap", "slo", "report"} <= set(schema["properties"])


def test_a_converted_file_is_a_valid_experiment(tmp_path, capsys):
    (tmp_path / "old.yaml").write_text(
        "peak_tps: 40\noff_peak_tps: 10\nduration_hours: 2\nbusiness_hours: {start: 9, end: 17}\n"
        "start: 2026-01-05T08:00:00\nweekend_multiplier: 0.5\nspeed_multiplier: 10\n"
    )
    assert main(["check", "--from-yaml", str(tmp_path / "old.yaml")]) == 0
    said = capsys.readouterr()
    assert "speed_multiplier" in said.err
    (tmp_path / "new.toml").write_text(said.out)
    assert main(["check", str(tmp_path / "new.toml")]) == 0


def test_comments_that_are_no_question_still_say_what_a_file_is(tmp_path):
    file = tmp_path / "bank.toml"
    file.write_text("# A bank of\n# two desks.\nname = 'x'\n# not this\n")
    assert entry_of(file).question == "A bank of two desks."
    assert opening_comment("name = 1") == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk full at will")
def test_output_that_does_not_fit_is_said_in_one_line():
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "sanket_sim", "list"]
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "sanket-sim: output: No space left on device\n"
