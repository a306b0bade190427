"""The report as Markdown."""

from __future__ import annotations

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.report.sections import executive_table, tables, tiles
from sanket_sim.analysis.report.style import Plot
from sanket_sim.analysis.report.table import Table
from sanket_sim.analysis.report.wording import duration

DISCLAIMER = (
    "A simulation is evidence about a model, never evidence of threat-led penetration testing "
    "(TLPT), and its energy figures cover compute only."
)


def markdown(findings: Findings, plots: list[Plot]) -> str:
    """Return the whole report as Markdown; plots are linked below ``plots/``."""
    run = findings.run
    lines = [
        f"# {run.name}, seed {run.seed}",
        "",
        headline(findings),
        "",
        "| Headline | Value | 95 % interval | |",
        "|---|---|---|---|",
        *(
            f"| {one.label} | {one.value} {one.unit} | {one.interval} | {one.chip}, {one.fact} |"
            for one in tiles(findings)
        ),
        "",
        *table_lines(executive_table(findings)),
    ]
    for plot in plots:
        lines += [
            f"## {plot.title}",
            "",
            f"![{plot.title}](plots/{plot.name}.png)",
            "",
            plot.note,
            "",
        ]
    for table in tables(findings):
        lines += table_lines(table)
    return "\n".join([*lines, DISCLAIMER, ""])


def headline(findings: Findings) -> str:
    """Say in two sentences which run this was and whether it came to its end."""
    run = findings.run
    measured = f"{duration(run.measured_s)} measured after {duration(run.warmup_s)} of warm-up"
    if not run.warmup_s:
        measured = f"{duration(run.measured_s)} measured"
    whole = "" if run.complete else f" **Partial run: {run.reason}.**"
    made = findings.traffic.corrections
    own = f" (and {made:,} corrections, the bank's own work)" if made else ""
    people = f", people of preset {run.people}" if run.people else ""
    return (
        f"Model {run.model}{people}, {measured}, {findings.traffic.submitted:,} intents{own}. "
        f"Verdict: {findings.verdict.verdict}.{whole}"
    )


def table_lines(table: Table) -> list[str]:
    """Return a table under its title, and the note under it."""
    lines = [f"## {table.title}", ""]
    rule = "|---" * table.names + "|---:" * (len(table.headings) - table.names)
    lines += [f"| {' | '.join(table.headings)} |", f"{rule}|"]
    lines += [f"| {' | '.join(cell or ' ' for cell in row)} |" for row in table.rows]
    return [*lines, "", *([table.note, ""] if table.note else [])]
