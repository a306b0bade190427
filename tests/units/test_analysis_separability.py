"""The leak audit on rows whose leaks are known by construction."""

import json

import numpy as np
import pytest
from leaky_trace import LeakyPlan, write_leaky_run

from sanket_sim.analysis.leak_audit.discrimination import auc
from sanket_sim.analysis.leak_audit.emitted import (
    HONEST_A_KIND_MOST,
    IDENTIFIERS,
    TEXTS,
    Side,
    emitted,
)
from sanket_sim.analysis.leak_audit.separability import JUDGED, Against, Separation, separation
from sanket_sim.analysis.logistic import fit_logistic
from sanket_sim.analysis.statistics import Estimate
from sanket_sim.console.arguments import COMMANDS
from sanket_sim.core.draws import Draws

pytest.importorskip("xgboost", reason="the extra [ml] is not installed")
BAND = (0.5, 0.75)


@pytest.fixture
def measured(tmp_path):
    def measure(against=Against.TWINS, **plan):
        run = write_leaky_run(tmp_path / "run", LeakyPlan(**plan))
        return separation(emitted([run]), "scam", BAND, against)

    return measure


def test_without_a_leak_nothing_separates(measured):
    found = measured()
    assert found.leaks == []
    assert (found.campaigns, found.fraud_rows, found.other_rows) == (40, 240, 480)
    for one in (found.boosted, found.regressed):
        assert one.low < 0.5 + 0.08
        assert one.high < 0.75


def test_cover_is_told_apart_from_nothing(measured):
    found = measured(cover=2)
    assert (found.campaigns, found.fraud_rows, found.other_rows) == (40, 160, 320)
    everybody = measured(Against.EVERYBODY, cover=2)
    assert (everybody.fraud_rows, everybody.other_rows) == (160, 3_000)


@pytest.mark.parametrize(
    ("gives_away", "column"),
    [("amount", "roundness"), ("device", "device_id"), ("kind", "kind")],
)
def test_a_leak_is_caught_and_named(measured, gives_away, column):
    found = measured(gives_away=gives_away)
    assert found.boosted.value > 0.9
    assert found.boosted.low < found.boosted.value <= found.boosted.high
    assert found.best_column == column
    assert any(leak.startswith("gradient boosting") for leak in found.leaks)


def test_accounts_that_only_thieves_use_are_caught_by_name(measured):
    found = measured(gives_away="mule")
    assert found.best_column == "creditor_account by name"
    assert found.columns["creditor_account by name"].value > 0.9


def test_a_kind_that_honest_people_never_use_cannot_be_matched(measured):
    found = measured(Against.SAME_KINDS, gives_away="kind")
    assert found.unmatched_rows > 200
    assert found.fraud_rows == 240 - found.unmatched_rows
    everybody = measured(Against.EVERYBODY, gives_away="kind")
    assert everybody.best_column == "kind"


def test_the_most_sophisticated_belong_to_the_highest_band(tmp_path):
    rows = emitted([write_leaky_run(tmp_path / "run", LeakyPlan(campaigns=5, sophistication=1.0))])
    for band in ((0.75, 1.0), JUDGED):
        assert separation(rows, "scam", band, Against.TWINS).fraud_rows == 30
    assert separation(rows, "scam", (0.5, 0.75), Against.TWINS).fraud_rows == 0


@pytest.mark.parametrize(("low", "leaks"), [(0.6, False), (0.76, True)])
def test_a_vague_figure_is_a_leak_only_if_all_of_it_is_too_high(low, leaks):
    columns = dict.fromkeys((*TEXTS, *IDENTIFIERS), Estimate(0.5, 0.45, 0.55, 40))
    vague, fair = Estimate(0.85, low, 1.0, 40), Estimate(0.5, 0.45, 0.55, 40)
    found = Separation("scam", JUDGED, Against.TWINS, 40, 240, 480, 0, "", vague, fair, columns)
    assert bool(found.leaks) == leaks


def test_few_rows_are_no_proof_and_say_how_many_are_needed(measured):
    found = measured(campaigns=5)
    assert found.shortfall == "too few: 5 campaigns, 30 and 60 rows; needs 8 and 50 of either"
    assert not found.boosted.known
    assert found.leaks == []


def test_an_auc_that_is_open_by_too_much_proves_nothing(measured):
    found = measured(campaigns=9)
    assert found.boosted.known
    assert found.shortfall.startswith("too few: 9 campaigns leave the AUC open by 0.")
    assert found.leaks == []
    sure = measured(campaigns=9, gives_away="amount")
    assert sure.boosted.low > 0.75
    assert sure.leaks


def test_crude_fraud_may_leak(tmp_path):
    plan = LeakyPlan(gives_away="amount", sophistication=0.2)
    rows = emitted([write_leaky_run(tmp_path / "run", plan)])
    assert separation(rows, "scam", (0.0, 0.25), Against.TWINS).boosted.value > 0.9
    assert separation(rows, "scam", (0.0, 0.25), Against.TWINS).leaks == []
    assert separation(rows, "scam", BAND, Against.TWINS).fraud_rows == 0


def test_runs_are_pooled_and_campaigns_of_two_runs_stay_apart(tmp_path):
    runs = [write_leaky_run(tmp_path / f"{seed}", LeakyPlan(seed=seed)) for seed in (1, 2)]
    rows = emitted(runs)
    found = separation(rows, "scam", BAND, Against.TWINS)
    assert (found.campaigns, found.fraud_rows) == (80, 480)
    assert len(np.unique(rows.group[rows.side == Side.TWIN])) == 80


def test_honest_rows_are_drawn_the_same_however_the_trace_is_cut(tmp_path):
    rows = emitted([write_leaky_run(tmp_path / "run", LeakyPlan(honest=30_000))])
    honest = rows.side == Side.HONEST
    assert rows.sampled.sum() == 8_000
    for kind in (0, 1):
        assert (honest & (rows.features["kind"] == kind)).sum() >= HONEST_A_KIND_MOST
    first = np.sort(rows.rank[rows.sampled])
    assert first[-1] == pytest.approx(8_000 / 30_000, abs=0.02)


def test_the_interval_counts_campaigns_not_rows():
    """Rows of a campaign that are all alike say no more than one of them."""
    scores = Draws(3, "scores").uniform(np.arange(40))
    labels, ones = np.arange(40) < 20, np.ones(40)
    single = auc(scores, labels, ones, np.zeros(40, np.int64), np.arange(40))
    many = [np.repeat(one, 25) for one in (scores, labels, ones)]
    folds = np.zeros(1000, np.int64)
    alike = auc(*many, folds, np.repeat(np.arange(40), 25))
    naive = auc(*many, folds, np.arange(1000))
    assert alike.value == pytest.approx(single.value)
    assert alike.low == pytest.approx(single.low)
    assert naive.high - naive.low < 0.3 * (alike.high - alike.low)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    hits = 0
    for trial in range(200):
        u = Draws(trial, "coverage").uniform(np.arange(60))
        labels = np.arange(60) < 30
        one = auc(u, labels, np.ones(60), np.zeros(60, np.int64), np.arange(60))
        hits += one.low <= 0.5 <= one.high
    assert 180 <= hits <= 199


def test_the_regression_finds_the_odds_that_made_the_labels():
    x = Draws(1, "x").uniform(np.arange(20_000))[:, None] * 4 - 2
    odds = 0.5 + 1.5 * x[:, 0]
    labels = Draws(1, "y").uniform(np.arange(20_000)) < 1 / (1 + np.exp(-odds))
    fit = fit_logistic(x, labels, np.ones(len(x)))
    assert np.abs(fit.log_odds(x) - odds).max() < 0.2


def test_the_regression_stands_perfect_separation():
    x = np.arange(10.0)[:, None]
    fit = fit_logistic(x, x[:, 0] > 4, np.ones(10))
    assert np.isfinite(fit.log_odds(x)).all()


class TestCommand:
    """The command on the same runs."""

    @pytest.fixture
    def ask(self, capsys):
        from sanket_sim.__main__ import main

        def ask(*words):
            status = main([str(word) for word in ("audit-leak", *words)])
            return status, capsys.readouterr()

        return ask

    def test_it_is_a_command(self):
        assert "audit-leak" in COMMANDS

    def test_it_passes_writes_its_pages_and_says_so(self, tmp_path, ask):
        run = write_leaky_run(tmp_path / "run")
        status, said = ask(run.path)
        assert status == 0
        assert "Passes (passes: scam)." in said.out
        told = json.loads((run.path / "leak_audit.json").read_text())
        assert told["passes"]
        assert told["conformities"][0]["within"]["value"] == 1.0
        page = (run.path / "leak_audit.md").read_text()
        assert "## Specified and realised" in page
        assert "| scam | 0.5-0.75 | 40 | 240 |" in page

    def test_where_everything_is_too_few_nothing_passes(self, tmp_path, ask):
        run = write_leaky_run(tmp_path / "run", LeakyPlan(campaigns=3))
        status, said = ask(run.path)
        assert status == 1
        assert "Nothing could be judged (too few: scam): give more campaigns" in said.out
        assert "Passes" not in said.out
        assert "The best single column" not in said.out
        assert not json.loads((run.path / "leak_audit.json").read_text())["passes"]

    def test_a_leak_is_status_1(self, tmp_path, ask):
        run = write_leaky_run(tmp_path / "run", LeakyPlan(gives_away="amount"))
        status, said = ask(run.path, "--json")
        assert status == 1
        assert json.loads(said.out)["verdict_of"] == {"scam": "fails"}

    def test_a_broken_specification_is_status_1(self, tmp_path, ask):
        run = write_leaky_run(tmp_path / "run", LeakyPlan(kept=False))
        status, said = ask(run.path)
        assert status == 1
        assert "one, scam: rows of pay 6 to 6, specified 7 to 11" in " ".join(said.out.split())

    def test_bad_input_is_status_2(self, tmp_path, ask):
        assert ask(tmp_path)[0] == 2
        partial = write_leaky_run(tmp_path / "partial", LeakyPlan(complete=False))
        status, said = ask(partial.path)
        assert status == 2
        assert "run it again" in said.err

    def test_without_the_library_it_says_what_to_install(self, tmp_path, ask, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "xgboost", None)
        status, said = ask(tmp_path)
        assert status == 2
        assert "pip install 'sanket-sim[ml]'" in said.err

    def test_a_folder_of_seeds_stands_for_its_runs(self, tmp_path, ask):
        for seed in (1, 2):
            write_leaky_run(tmp_path / f"leaky-s{seed}", LeakyPlan(seed=seed, campaigns=20))
        (tmp_path / "replications.json").write_text("{}")
        status, said = ask(tmp_path, "--json", "--out", tmp_path)
        assert status == 0
        assert json.loads(said.out)["seeds"] == [1, 2]
        assert (tmp_path / "leak_audit.md").is_file()

    def test_a_run_that_is_named_twice_is_refused_by_folder_and_by_seed(self, tmp_path, ask):
        one, copy = (write_leaky_run(tmp_path / name).path for name in ("one", "copy"))
        spelt = tmp_path / "copy" / ".." / "one"
        for again in (one, spelt, copy):
            status, said = ask(one, again)
            assert status == 2
            assert f"{again}: 1 problem" in said.err
            assert f"is leaky, seed 1, as {one} is: it would count twice" in said.err
        assert not (one / "leak_audit.json").exists()
