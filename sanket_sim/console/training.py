"""The command `train`: a model for the fraud service, grown on runs that kept their evidence."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from sanket_sim.analysis.boosting import xgboost
from sanket_sim.analysis.findings import to_plain
from sanket_sim.analysis.report.table import Row, Table
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.training import (
    FALSE_POSITIVES,
    Lesson,
    Quality,
    Recall,
    Trained,
    lesson_of,
    quality,
    scores_of,
    train,
)
from sanket_sim.bank.fraud_service import Evidence
from sanket_sim.console.arguments import Arguments
from sanket_sim.console.leak_auditing import grid_of, refuse_repeated, runs_of
from sanket_sim.console.wording import percent, plain
from sanket_sim.core.errors import InputError, Problem

FRAUDS_FEWEST = 200
_NEEDED = ("transactions", "truth", "campaigns", "assessments")


def perform_train(arguments: Arguments) -> int:
    """Train a model on some runs, say what it is worth, and save it."""
    xgboost()
    out, console = arguments.out, Console()
    assert out is not None, "the command line asks for it"
    _refuse_unwritable(out)
    taught = runs_of(arguments.folders, _NEEDED)
    unseen = {name: _unseen(name, taught) for name in arguments.test}
    lesson = _lesson(taught)
    tests = {name: _lesson(runs) for name, runs in unseen.items()}
    made = train(lesson)
    qualities = {
        "gradient boosting": made.boosted,
        "logistic regression": made.regressed,
        **{f"on {name}": quality(scores_of(made.model, one), one) for name, one in tests.items()},
    }
    made.model.save(out)
    if arguments.json:
        plain(console, json.dumps(to_plain(qualities), indent=2))
    else:
        _show(made, qualities, console)
        plain(console, f"\nwritten: {out} ({out.stat().st_size / 1000:,.0f} kB)")
    return 0


def _refuse_unwritable(out: Path) -> None:
    """Say before the training, not after it, that the model could not be saved."""
    if out.is_dir():
        message = f"is a directory; name a file with --out, such as {out / 'model.json'}"
    elif not out.parent.is_dir():
        message = f"there is no folder {out.parent}; make it, or name another file with --out"
    elif not os.access(out if out.exists() else out.parent, os.W_OK):
        message = "may not be written; name another file with --out"
    else:
        return
    raise InputError(str(out), [Problem("", message)])


def _unseen(folder: str, taught: Sequence[RunFolder]) -> list[RunFolder]:
    runs = runs_of((folder,), _NEEDED)
    refuse_repeated([*taught, *runs], "a model is not tested on what it was taught")
    return runs


def _lesson(runs: Sequence[RunFolder]) -> Lesson:
    for run in runs:
        _refuse_partial_evidence(run)
    lesson = lesson_of(runs)
    frauds = int(lesson.fraud.sum())
    if frauds < FRAUDS_FEWEST:
        message = f"{frauds} fraudulent payments were assessed; {FRAUDS_FEWEST} are needed"
        named = ", ".join(str(run.path) for run in runs)
        raise InputError(named, [Problem("", f"{message}: give more fraud, or runs")])
    return lesson


def _refuse_partial_evidence(run: RunFolder) -> None:
    if run.bank.fraud_service.evidence != Evidence.ALL:
        message = 'kept the evidence of flagged payments alone; it must be "all" to learn from'
        raise InputError(str(run.path), [Problem("fraud_service.evidence", message)])


def _show(made: Trained, qualities: dict[str, Quality], console: Console) -> None:
    for table in (_overall(qualities), _by_typology(qualities)):
        console.print(grid_of(table))
        console.print(Text(table.note, style="dim"))
        console.print()
    trained = made.model.training
    plain(
        console,
        f"{len(made.model.trees)} trees from {trained.payments:,} payments, "
        f"{trained.frauds:,} of them fraud; seeds {', '.join(map(str, trained.seeds))}",
    )


def _overall(qualities: dict[str, Quality]) -> Table:
    rows = tuple(
        (
            name,
            f"{one.pr_auc:.3f}",
            percent(one.prevalence),
            *_recall(one.recall),
            percent(one.twins_flagged.value),
        )
        for name, one in qualities.items()
    )
    return Table(
        "What the model is worth",
        ("score", "PR-AUC", "fraud", "payments caught", "campaigns caught", "twins flagged"),
        rows,
        f"On campaigns and customers held out, and on other runs. Caught: where "
        f"{percent(FALSE_POSITIVES)} of honest payments score higher.",
    )


def _by_typology(qualities: dict[str, Quality]) -> Table:
    names = sorted({name for one in qualities.values() for name in one.by_typology})
    return Table(
        "Payments caught, by typology",
        ("typology", *qualities),
        tuple((name, *_caught(name, list(qualities.values()))) for name in names),
        "Of each typology's payments, at the same share of false alarms.",
    )


def _caught(name: str, qualities: Sequence[Quality]) -> Row:
    return tuple(
        percent(one.by_typology[name].payments.value) if name in one.by_typology else "-"
        for one in qualities
    )


def _recall(one: Recall) -> Row:
    return tuple(
        f"{percent(share.value)} [{percent(share.low)}, {percent(share.high)}]"
        for share in (one.payments, one.campaigns)
    )
