"""The tutorial does what it says: its own blocks, as a reader would save and run them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.specification import check_run, conformities

pytest.importorskip("xgboost", reason="the extra [ml] is not installed")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial_typology.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOOLS = {"sanket-sim": ["-m", "sanket_sim"], "python": []}


def blocks(language):
    return [text for kind, text in BLOCK.findall(PAGE) if kind == language]


def reader(folder):
    """Return the reader's environment: he has our tree, and none of what pytest was told."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return ours | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "COLUMNS": "140"}


def run_block(block, folder, at):
    """Run every line of a block from `at`; return what the last one printed."""
    said = ""
    for line in block.strip().splitlines():
        tool, *words = shlex.split(line)
        done = subprocess.run(
            [sys.executable, *TOOLS[tool], *words],
            cwd=at,
            env=reader(folder),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said = done.stdout
    return said


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The reader's own folder, with the two files."""
    place = tmp_path_factory.mktemp("reader")
    (place / "gift_cards.py").write_text(blocks("python")[0], "utf-8")
    (place / "gift_cards.toml").write_text(blocks("toml")[0], "utf-8")
    return place


@pytest.fixture(scope="module")
def said(folder):
    return run_block(blocks("sh")[0], folder, folder)


def test_the_audit_passes_as_the_page_says(said):
    assert "Passes (passes: gift_cards)." in said


def test_thieves_and_givers_are_in_the_truth_and_keep_to_their_bounds(folder, said):
    del said  # the runs are there now
    for run in map(RunFolder, sorted(folder.glob("results/*/gift_cards-s?"))):
        truth = run.trace.frame("truth")
        assert set(truth["typology"]) == {"gift_cards"}
        assert set(truth["stage"]) == {"purchase"}
        thefts = truth[truth["twin"] == ""]
        assert thefts["campaign_id"].nunique() == 7
        assert (truth["twin"] == "presents").sum() >= 2 * len(thefts)
        paid = run.trace.frame("transactions", ["tx_id", "is_fraud"])
        assert set(paid["tx_id"][paid["is_fraud"]]) == set(thefts["tx_id"])
        for one in conformities(*check_run(run)):
            assert one.kept, one.worst
            assert one.within.n == 4 * one.campaigns


def test_the_typology_keeps_the_contract_of_all(folder):
    said = run_block(blocks("sh")[1], folder, ROOT)
    assert re.search(r"\b\d\d passed", said)
