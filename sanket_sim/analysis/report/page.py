"""The report as one page that asks nothing of the network."""

from __future__ import annotations

from html import escape

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.report.markdown import DISCLAIMER, headline
from sanket_sim.analysis.report.sections import Tile, executive_table, tables, tiles
from sanket_sim.analysis.report.style import DARK, LIGHT, Plot
from sanket_sim.analysis.report.table import Table

_CSS = """
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:13px/1.5 Inter,system-ui,-apple-system,
"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1320px;margin:0 auto;padding:12px;display:grid;gap:12px;
grid-template-columns:repeat(12,minmax(0,1fr));grid-auto-flow:dense}
header{grid-column:1/-1;display:flex;gap:28px;align-items:center;flex-wrap:wrap;padding:10px 6px}
.brand{font-size:19px;font-weight:600;letter-spacing:-.02em;display:flex;gap:9px;align-items:center}
.brand svg{width:24px;height:24px}
.brand small{font-weight:400;font-size:13px;color:var(--muted)}
.fact b{display:block;font-weight:500;font-size:13.5px}
.fact span{font-size:11px;color:var(--muted)}
.push{margin-left:auto}
.card{background:var(--card);border:1px solid var(--border);border-radius:10px;padding:14px 16px;
grid-column:span 6;min-width:0}
.wide{grid-column:1/-1}.third{grid-column:span 4}.rest{grid-column:span 8}
.tile{grid-column:span 2;padding:12px 14px}
.tile h2,.card h2{font-size:13.5px;font-weight:600;margin:0}
.tile h2{font-size:12px;font-weight:500;color:var(--muted)}
.value{font-size:30px;font-weight:600;letter-spacing:-.02em;line-height:1.25;white-space:nowrap}
.value small{font-size:12px;font-weight:400;color:var(--muted);letter-spacing:0}
.facts{font-size:11.5px;color:var(--muted);display:flex;flex-direction:column}
.chip{display:inline-block;border-radius:99px;padding:1px 9px;font-size:11px;font-weight:500;
background:color-mix(in srgb,var(--c) 14%,transparent);color:var(--c)}
.ok{--c:var(--ok)}.warn{--c:var(--warn)}.critical{--c:var(--critical)}.muted{--c:var(--muted)}
.note{color:var(--muted);font-size:12px;margin:2px 0 6px}
.plot svg{width:100%;height:auto;display:block}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:12px;margin-top:6px}
th{font-weight:500;color:var(--muted);font-size:11px;text-align:right;padding:4px 8px;
border-bottom:1px solid var(--border);white-space:nowrap}
td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}
.name{text-align:left}
td:first-child,th:first-child{text-align:left;padding-left:0}
tr:last-child td{border-bottom:0}
td i{font-style:normal;color:var(--muted)}
.worth{font-size:12.5px;margin:8px 0 0}
footer{grid-column:1/-1;color:var(--muted);font-size:11.5px;padding:4px 6px 20px}
@media(max-width:960px){.card,.third,.rest{grid-column:1/-1}.tile{grid-column:span 6}}
@media print{body{background:none}.card{break-inside:avoid}}
"""

_LOGO = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="var(--accent)" stroke-width="1.8" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" '
    'r="10"/><path d="M4.5 12h3.6l2-4.5 3.2 9 2.1-4.5h4.1"/></svg>'
)
_WIDE = frozenset(
    {
        "Services",
        "Steady state",
        "Where time goes",
        "Fraud detection",
        "Campaigns",
        "The fraud check in faults",
        "Latency, end to end",
        "Leakage by class, service, trap and control",
        "Control matrix, intents",
        "Control matrix, money",
    }
)


def page(findings: Findings, plots: list[Plot]) -> str:
    """Return the whole report as HTML; styles and plots are inside, nothing is fetched."""
    run = findings.run
    drawn = {plot.name: plot for plot in plots}
    body = [
        _header(findings),
        *map(_tile, tiles(findings)),
        _plot(drawn.pop("service_map"), "wide"),
        _table(executive_table(findings), "third"),
        _plot(drawn.pop("quality"), "rest"),
        *(_plot(plot, "wide" if plot.name == "controls" else "") for plot in drawn.values()),
        *(_table(table, _span(table)) for table in tables(findings)),
        f"<footer>{escape(DISCLAIMER)}</footer>",
    ]
    title = escape(f"{run.name}, seed {run.seed} - Sanket")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title><style>{_palette()}{_CSS}</style></head>\n"
        f"<body><main>\n{chr(10).join(body)}\n</main></body></html>\n"
    )


def _palette() -> str:
    light, dark = (
        "".join(f"--{token}:{colour};" for token, colour in palette.items())
        for palette in (LIGHT, DARK)
    )
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _header(findings: Findings) -> str:
    run = findings.run
    states = {"PASS": "ok", "FAIL": "critical", "INCONCLUSIVE": "muted"}
    facts = {
        "Experiment": f"{run.name}, seed {run.seed}",
        "Model": run.model,
        "People": run.people or "unknown",
        "Engine": run.engine or "unknown",
    }
    shown = "".join(
        f'<div class="fact"><span>{name}</span><b>{escape(fact)}</b></div>'
        for name, fact in facts.items()
    )
    partial = "" if run.complete else '<span class="chip warn">partial run</span>'
    laws = "ok" if findings.conservation.holds else "critical"
    said = "money conserved" if findings.conservation.holds else "a law of money is broken"
    verdict = str(findings.verdict.verdict)
    return (
        f'<header><div class="brand">{_LOGO}sanket <small>run report</small></div>{shown}'
        f'<div class="push">{partial} <span class="chip {laws}">{said}</span> '
        f'<span class="chip {states[verdict]}">steady state: {verdict.lower()}</span></div>'
        f'<div class="note" style="flex-basis:100%">{escape(headline(findings).replace("**", ""))}'
        "</div></header>"
    )


def _tile(tile: Tile) -> str:
    return (
        f'<section class="card tile"><h2>{escape(tile.label)}</h2>'
        f'<div class="value">{escape(tile.value)} <small>{escape(tile.unit)}</small></div>'
        f'<div class="facts"><span>95 %: {escape(tile.interval)}</span>'
        f"<span>{escape(tile.fact)}</span></div>"
        f'<span class="chip {tile.state}">{escape(tile.chip)}</span></section>'
    )


def _plot(plot: Plot, span: str) -> str:
    return (
        f'<section class="card plot {span}"><h2>{escape(plot.title)}</h2>'
        f'<p class="note">{escape(plot.note)}</p>{plot.svg}</section>'
    )


def _span(table: Table) -> str:
    return "wide" if table.title in _WIDE else ""


def _table(table: Table, span: str) -> str:
    sides = [' class="name"'] * table.names + [""] * (len(table.headings) - table.names)
    heads = "".join(
        f"<th{side}>{escape(heading)}</th>"
        for side, heading in zip(sides, table.headings, strict=True)
    )
    rows = "".join(
        f"<tr>{''.join(_cell(text, side) for text, side in zip(row, sides, strict=True))}</tr>"
        for row in table.rows
    )
    note = f'<p class="worth">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<section class="card {span}"><h2>{escape(table.title)}</h2><div class="scroll">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{note}</section>"
    )


def _cell(text: str, side: str = "") -> str:
    """Write a cell, its interval in a quieter colour, a verdict as a chip."""
    states = {"PASS": "ok", "FAIL": "critical", "INCONCLUSIVE": "muted"}
    if text in states:
        return f'<td><span class="chip {states[text]}">{text.lower()}</span></td>'
    value, bracket, rest = text.partition(" (")
    quiet = f" <i>({escape(rest)}</i>" if bracket else ""
    return f"<td{side}>{escape(value)}{quiet}</td>"
