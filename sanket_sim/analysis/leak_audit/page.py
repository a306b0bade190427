"""The leak audit as tables, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sanket_sim.analysis.findings import to_plain
from sanket_sim.analysis.leak_audit.emitted import FEATURES
from sanket_sim.analysis.leak_audit.separability import AUC_MOST, JUDGED_FROM, Against, Separation
from sanket_sim.analysis.leak_audit.verdict import LeakAudit, TypologyVerdict
from sanket_sim.analysis.report.markdown import table_lines
from sanket_sim.analysis.report.table import Row, Table
from sanket_sim.analysis.specification import Conformity
from sanket_sim.analysis.statistics import Estimate
from sanket_sim.trace.files import write_atomically

FILE_STEM = "leak_audit"
_MISSING = "-"
_FEW = "too few"
_OPEN = " ?"


def tables(audit: LeakAudit) -> list[Table]:
    """Return the tables that the audit consists of, without those that have no row."""
    made = [_separability(audit), _columns(audit), _specification(audit), _verdicts(audit)]
    return [table for table in made if table.rows]


def write_pages(audit: LeakAudit, folder: Path) -> list[Path]:
    """Write ``leak_audit.json`` and ``leak_audit.md``; return their paths."""
    written = {
        folder / f"{FILE_STEM}.json": as_json(audit),
        folder / f"{FILE_STEM}.md": as_markdown(audit),
    }
    for path, text in written.items():
        write_atomically(path, text.encode("utf-8"))
    return list(written)


def as_json(audit: LeakAudit) -> str:
    """Return everything that was measured; what could not be is null."""
    verdicts = {one.typology: one.word for one in audit.verdicts}
    told = {"passes": audit.passes, "verdict_of": verdicts, "columns_audited": FEATURES}
    return json.dumps(told | to_plain(audit), indent=2, allow_nan=False) + "\n"


def as_markdown(audit: LeakAudit) -> str:
    """Return the audit as a page."""
    seeds = ", ".join(map(str, audit.seeds))
    lines = [
        "# Leak audit",
        "",
        f"Runs: {', '.join(audit.runs)}; seeds {seeds}. {verdict_line(audit)}",
        "",
    ]
    for table in tables(audit):
        lines += table_lines(table)
    return "\n".join(lines)


def verdict_line(audit: LeakAudit) -> str:
    """Say in a sentence what the audit came to."""
    by_word: dict[str, list[str]] = {}
    for one in audit.verdicts:
        by_word.setdefault(one.word, []).append(one.typology)
    said = [f"{word}: {', '.join(names)}" for word, names in sorted(by_word.items())]
    if not audit.judged:
        return f"Nothing could be judged ({'; '.join(said)}): give more campaigns, or more runs."
    return f"{'Passes' if audit.passes else 'FAILS'} ({'; '.join(said)})."


def _separability(audit: LeakAudit) -> Table:
    cells: dict[tuple[str, str], dict[Against, Separation]] = {}
    for one in audit.separations:
        cells.setdefault((one.typology, one.band), {})[one.against] = one
    columns = ", ".join(FEATURES)
    return Table(
        "What one row gives away",
        (
            "typology",
            "S",
            "campaigns",
            "rows",
            "against twins",
            "logistic",
            "same kinds",
            "everybody",
        ),
        tuple(_separability_row(name, band, of) for (name, band), of in cells.items()),
        f"AUC [95 % interval] of gradient boosting on {columns}; on campaigns and customers that "
        f"it has not seen. Against twins at most {AUC_MOST:g} passes, from S {JUDGED_FROM:g} on. "
        "With ? the interval is too wide to judge. Honest rows of the same kinds are weighted to "
        "the kinds' shares in the fraud; against everybody the kind of a payment alone says much.",
        names=2,
    )


def _separability_row(name: str, band: str, of: dict[Against, Separation]) -> Row:
    twins = of.get(Against.TWINS)
    first = next(iter(of.values()))
    return (
        name,
        band,
        f"{first.campaigns:,}",
        f"{first.fraud_rows:,}",
        _auc(twins),
        _estimate(twins.regressed) if twins else _MISSING,
        *(_auc(of.get(one)) for one in (Against.SAME_KINDS, Against.EVERYBODY)),
    )


def _auc(one: Separation | None) -> str:
    if one is None:
        return _MISSING
    if not one.boosted.known:
        return _FEW
    return _estimate(one.boosted) + (_OPEN if one.shortfall else "")


def _estimate(one: Estimate) -> str:
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]" if one.known else _MISSING


def _columns(audit: LeakAudit) -> Table:
    known = [one for one in audit.separations if one.best_column]
    return Table(
        "The best single column",
        ("typology", "S", "against", "column", "AUC"),
        tuple(
            (
                one.typology,
                one.band,
                one.against.value,
                one.best_column,
                _estimate(one.columns[one.best_column]),
            )
            for one in known
        ),
        "A rule on one column, learnt and tested on different campaigns. An identifier `by name` "
        "is a blacklist of the values seen in other campaigns.",
        names=4,
    )


def _specification(audit: LeakAudit) -> Table:
    return Table(
        "Specified and realised",
        ("typology", "twin", "worst deviation", "campaigns", "bounds", "not reached", "kept"),
        tuple(_specification_row(one) for one in audit.conformities),
        "Every bound that campaigns state, measured anew from the trace.",
        names=3,
    )


def _specification_row(one: Conformity) -> Row:
    share = f"{100 * one.within.value:.4g} %" if one.within.known else _MISSING
    return (
        one.typology,
        one.twin,
        str(one.worst[0]) if one.worst else "",
        f"{one.campaigns:,}",
        f"{one.bounds:,}",
        f"{one.not_reached:,}",
        share,
    )


def _verdicts(audit: LeakAudit) -> Table:
    rows = tuple((one.typology, one.word, _reasons(one)) for one in audit.verdicts)
    return Table("Verdict", ("typology", "verdict", "why"), rows, names=3)


def _reasons(one: TypologyVerdict) -> str:
    said: list[Sequence[str]] = [one.leaks, one.unkept, one.unmeasured]
    if one.unspecified:
        said.append(["states no bounds"])
    return "; ".join(reason for reasons in said for reason in reasons)
