"""Banking-simulator YAML becomes our TOML, and nothing is dropped in silence."""

import tomllib
from pathlib import Path

import pytest

from sanket_sim.console.yaml_conversion import convert
from sanket_sim.core.errors import InputError

BANKING_SIMULATOR = """
simulation:
  name: Old Bank, v2
  duration_hours: 36
  speed_multiplier: 60
  seed: 7
  start_date: 2026-01-09
load:
  peak_tps: 150
  off_peak_tps: 20
  business_hours: {start: 9, end: 17}
  weekend_multiplier: 0.4
population: {num_customers: 5000, num_merchants: 40}
fraud: {fraud_rate: 0.002}
output: {output_dir: /tmp/x}
"""


def converted(tmp_path: Path, text: str):
    path = tmp_path / "old.yaml"
    path.write_text(text)
    made = convert(path)
    return tomllib.loads(made.toml), made.remarks


def test_what_has_a_counterpart_is_carried_over(tmp_path):
    table, _ = converted(tmp_path, BANKING_SIMULATOR)
    assert (table["name"], table["seed"], table["duration"]) == ("Old_Bank_v2", 7, "36h")
    assert table["start"].isoformat() == "2026-01-09T00:00:00"
    assert table["population"] == {"customers": 5000, "merchants": 40}
    assert table["fraud"] == {"rate": 0.002}
    assert table["demand"]["rate"] == "20/s"


def test_business_hours_and_weekends_become_waves(tmp_path):
    table, _ = converted(tmp_path, BANKING_SIMULATOR)
    assert table["demand"]["wave"] == [
        {"at": "9h", "for": "8h", "factor": 7.5},
        {"at": "33h", "for": "3h", "factor": 7.5},
        {"at": "24h", "for": "12h", "factor": 0.4},
    ]


def test_what_has_none_is_said_with_a_reason(tmp_path):
    _, remarks = converted(tmp_path, BANKING_SIMULATOR)
    said = "\n".join(remarks)
    assert "simulation.speed_multiplier = 60 is left out: simulated time needs no speed" in said
    assert "output.output_dir" in said
    assert "--out DIR" in said


def test_every_key_is_either_carried_over_or_remarked(tmp_path):
    text = "peak_tps: 10\nduration: 5m\nalpha: 1\nbeta: {gamma: [1, 2]}\n"
    table, remarks = converted(tmp_path, text)
    assert table["demand"] == {"rate": "10/s"}
    assert table["duration"] == "5m"
    assert [remark.split(" = ")[0] for remark in remarks] == ["alpha", "beta.gamma"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("duration_seconds: 90", "90s"),
        ("simulation: {duration_minutes: 5}", "5m"),
        ("num_days: 3", "3d"),
        ("duration: 1h30m", "90m"),
        ("duration: 120", "2m"),
    ],
)
def test_durations_are_found_however_they_are_spelt(tmp_path, text, seconds):
    assert converted(tmp_path, text)[0]["duration"] == seconds


@pytest.mark.parametrize("hours", ['"09:00-17:00"', "[9, 17]", "{start: '09:00', end: '17:00'}"])
def test_hours_are_found_however_they_are_spelt(tmp_path, hours):
    text = f"business_hours: {hours}\npeak_tps: 40\noff_peak_tps: 20\nduration: 1d\n"
    table, _ = converted(tmp_path, text + "start: 2026-01-05T00:00:00\n")
    assert table["demand"]["wave"] == [{"at": "9h", "for": "8h", "factor": 2.0}]


@pytest.mark.parametrize(
    "text",
    [
        "peak_tps: -3",
        "peak_tps: many",
        "fraud_rate: 7",
        "duration: soon",
        "duration: .inf",
        "duration: .nan",
        "duration: -5",
        "duration: 0",
        "duration: true",
        "duration: [1]",
        "duration_hours: 1e300",
        f"peak_tps: 1{'0' * 400}",
        "seed: 1.5",
        "num_customers: 3.7",
        "start: 0001-01-01",
        "start: 2026-13-45",
        f"a: {'[' * 3000}",
        "num_customers: .nan",
        "- a\n- list",
        "a: [unclosed",
        "\x00",
    ],
)
def test_nonsense_is_an_input_error(tmp_path, text):
    with pytest.raises(InputError):
        converted(tmp_path, text)


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: 1}\nc: {d: *a, e: *a}"])
def test_aliases_end(tmp_path, text):
    _, remarks = converted(tmp_path, text)
    assert any("is left out" in remark for remark in remarks)


def test_an_offset_and_a_start_that_is_none_are_remarked(tmp_path):
    for start in ("2026-01-01T00:00:00+02:00", "5", "someday"):
        _, remarks = converted(tmp_path, f"duration: 5m\nstart: {start}")
        assert any("start" in remark for remark in remarks)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        convert(tmp_path / "absent.yaml")
