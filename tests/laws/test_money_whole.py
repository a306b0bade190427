"""All 26 traps at once in a whole run, from its TOML to its findings: the laws, L7 among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_trap import CONTROLS, whole_run

from sanket_sim.analysis.audit import audit

pytestmark = pytest.mark.slow


def test_with_all_controls_on_no_money_leaks(tmp_path: Path) -> None:
    found = whole_run(tmp_path, [])
    leakage = found.findings.leakage
    astray = {name for name, group in leakage.by_class.items() if group.leaked}
    assert astray <= {"LATE", "GHOST_POSTING"}, "a lost answer alone makes people believe wrong"
    assert all(money.glv_minor == 0 for money in leakage.by_currency.values())
    assert audit(found.folder).agrees
    course = found.findings.controls.overall
    assert course.executed.intents == 0
    assert course.told_wrong.intents == leakage.leaked
    assert course.prevention.value == 1, "a control that keeps the money right is not useless"


@pytest.mark.parametrize("off", [CONTROLS, CONTROLS[::2], CONTROLS[1::2]], ids=["all", "A", "B"])
def test_with_controls_off_the_laws_hold_and_much_is_found_and_put_right(
    tmp_path: Path, off: list[str]
) -> None:
    found = whole_run(tmp_path, off)
    assert audit(found.folder).agrees
    course = found.findings.controls.overall
    assert course.injected.intents == course.prevented.intents + course.executed.intents
    assert course.executed.intents == course.detected.intents + course.undetected.intents
    assert 0 < course.recovered.intents <= course.detected.intents


def test_ticks_change_no_byte(tmp_path: Path) -> None:
    """Refunds that traps make ahead of time, files, corrections: all come when they come."""
    bytes_of = []
    for tick in ("1s", "330ms"):
        found = whole_run(tmp_path / tick, CONTROLS, overrides={"tick": tick})
        parts = sorted(found.folder.rglob("*.parquet"))
        bytes_of.append([part.read_bytes() for part in parts])
    assert bytes_of[0] == bytes_of[1]
