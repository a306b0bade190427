"""The command `train`: what it refuses before it spends minutes on trees."""

import pytest
from leaky_trace import LeakyPlan, write_leaky_run

pytest.importorskip("xgboost", reason="the extra [ml] is not installed")


@pytest.fixture
def refused(capsys):
    from sanket_sim.__main__ import main

    def ask(*words):
        assert main([str(word) for word in ("train", *words)]) == 2
        return capsys.readouterr().err

    return ask


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("missing/model.json", "there is no folder"),
        ("", "is a directory; name a file with --out"),
        ("afile/model.json", "there is no folder"),
    ],
)
def test_an_out_that_cannot_be_written_is_refused_first(out, said, tmp_path, refused):
    (tmp_path / "afile").write_text("mine")
    assert said in refused(tmp_path / "no run", "--out", tmp_path / out)


def test_a_run_is_learnt_from_once(tmp_path, refused):
    run = write_leaky_run(tmp_path / "run").path
    assert "it would count twice" in refused(run, run, "--out", tmp_path / "model.json")


def test_a_model_is_not_tested_on_what_it_was_taught(tmp_path, refused):
    one, other, copy = (
        write_leaky_run(tmp_path / name, LeakyPlan(seed=seed)).path
        for name, seed in (("one", 1), ("other", 2), ("copy", 1))
    )
    for test in (one, copy):
        said = refused(one, other, "--test", test, "--out", tmp_path / "model.json")
        assert f"as {one} is: a model is not tested on what it was taught" in said
        assert f"{test}: 1 problem" in said
