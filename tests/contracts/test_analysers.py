"""What every analyser promises; a newly registered one is held to it without further ado."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from synthetic_trace import Plan, write_run

import sanket_sim.analysis.findings
from sanket_sim.analysis.findings import to_plain
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import gauge_series, intent_series, tick_ns

assert sanket_sim.analysis.findings.measure, "importing it registers every analyser"

PROBE = """
[[steady_state.probe]]
metric = "availability"
window = "10s"
tolerance = [0.99, 1]
"""
PLAN = Plan(rate_per_s=30.0, duration_s=40, warmup_s=4, fault=(15, 22), settings=PROBE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("whole"), PLAN)


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("parts"), PLAN, rows_per_part=700)


def reopened(run: RunFolder) -> RunFolder:
    return RunFolder(run.path, run.bank)


def numbers(finding: object) -> list[float]:
    if isinstance(finding, dict):
        return [n for value in finding.values() for n in numbers(value)]
    if isinstance(finding, list):
        return [n for value in finding for n in numbers(value)]
    return [float(finding)] if isinstance(finding, (int, float)) else []


@pytest.mark.parametrize("name", list(analysers))
def test_returns_a_frozen_dataclass(name: str, whole: RunFolder) -> None:
    finding = analysers[name](whole)
    assert dataclasses.is_dataclass(finding)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(finding, dataclasses.fields(finding)[0].name, None)


@pytest.mark.parametrize("name", list(analysers))
def test_measures_an_empty_trace(name: str, tmp_path: Path) -> None:
    run = write_run(tmp_path, dataclasses.replace(PLAN, rate_per_s=0.0))
    to_plain(analysers[name](run))


@pytest.mark.parametrize("name", list(analysers))
def test_measures_a_run_without_any_table(name: str, tmp_path: Path) -> None:
    run = write_run(tmp_path, dataclasses.replace(PLAN, rate_per_s=0.0, complete=False))
    for part in tmp_path.rglob("part-*.parquet"):
        part.unlink()
    to_plain(analysers[name](reopened(run)))


@pytest.mark.parametrize("name", list(analysers))
def test_measures_a_run_that_was_killed(name: str, tmp_path: Path) -> None:
    run = write_run(tmp_path, dataclasses.replace(PLAN, complete=False), rows_per_part=700)
    for table in ("transactions", "hops", "postings", "gauges"):
        run.trace.parts(table)[-1].unlink()
    to_plain(analysers[name](reopened(run)))


@pytest.mark.parametrize("name", list(analysers))
def test_does_not_depend_on_where_parts_end(
    name: str, whole: RunFolder, in_parts: RunFolder
) -> None:
    one, other = (to_plain(analysers[name](run)) for run in (whole, in_parts))
    assert numbers(one), "a finding without any number says nothing"
    assert numbers(other) == pytest.approx(numbers(one), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", list(analysers))
def test_measuring_twice_gives_the_same(name: str, whole: RunFolder) -> None:
    first = to_plain(analysers[name](whole))
    for cached in (intent_series, gauge_series, tick_ns):
        cached.cache_clear()
    assert to_plain(analysers[name](reopened(whole))) == first
