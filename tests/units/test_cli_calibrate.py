"""The command `calibrate`: what it writes, prints and returns."""

import json

from sanket_sim.__main__ import main
from sanket_sim.calibration.histories import OF_A_LOAN, OPERATIONS


def test_a_check_prints_its_verdict_and_writes_tables_and_a_plot(tmp_path, capsys):
    status = main(
        ["calibrate", "--check", "--customers", "300", "--json", "--report", str(tmp_path)]
    )
    told = json.loads(capsys.readouterr().out)
    assert status == (0 if told["passes"] else 1)
    assert {one["operation"] for one in told["operations"]} == {*OPERATIONS} - {*OF_A_LOAN}
    assert told["generated"]["accounts"] == 300
    assert "| household |" in (tmp_path / "calibration.md").read_text("utf-8")
    assert (tmp_path / "calibration.png").read_bytes().startswith(b"\x89PNG")


def test_another_record_is_another_verdict(capsys):
    assert main(["calibrate", "--check", "--against", "borrowers", "--customers", "300"]) == 1
    assert "does not fit" in capsys.readouterr().out


def test_a_fit_needs_a_record(capsys, tmp_path):
    assert main(["calibrate"]) == 2
    assert "name the folder of a record" in capsys.readouterr().err
    assert main(["calibrate", str(tmp_path)]) == 2
    assert "trans.asc" in capsys.readouterr().err


def test_a_preset_is_a_toml_file(capsys, tmp_path):
    assert main(["calibrate", str(tmp_path), "--out", "berka.json"]) == 2
    assert "ends in .toml" in capsys.readouterr().err


def test_an_unknown_preset_is_refused(capsys):
    assert main(["calibrate", "--check", "--preset", "brka"]) == 2
    assert 'did you mean "berka"' in capsys.readouterr().err
