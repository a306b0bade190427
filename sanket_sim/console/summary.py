"""One screen that says what a run showed; every figure stands beside its interval."""

from __future__ import annotations

import math

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sanket_sim.analysis.findings import Findings
from sanket_sim.console.wording import clock, counted, interval, money, percent, seconds, span
from sanket_sim.core.units import NS_PER_S
from sanket_sim.simulation.run import Run

SERVICES_SHOWN = 6
TWO_COLUMNS = 108
"""Width of a terminal from which two blocks stand side by side."""
_MUTED = "dim"
_ALARM = "bold red"
_FINE = "green"


def summarise(run: Run, console: Console) -> None:
    """Print the summary of a run."""
    found = run.findings
    console.print(_title(run, found))
    if not run.complete:
        console.print(Text(f"PARTIAL RUN: {run.manifest.reason}", style=_ALARM))
    blocks = [_executive(found), _leakage(found), _service_level(found), _energy(found)]
    if found.fraud.by_typology or found.fraud.false_positives:
        blocks.append(_fraud(found))
    console.print(_arranged(blocks, 2 if console.width >= TWO_COLUMNS else 1))
    console.print(_services(found))
    console.print(_last_line(found))
    _print_files(run, console)


def _title(run: Run, found: Findings) -> Rule:
    about, manifest = found.run, run.manifest
    wall_s = max(manifest.wall_s, 1e-9)
    text = Text.assemble(
        (about.name, "bold"),
        f" on {about.model}, seed {about.seed}: {clock(round(about.simulated_s * NS_PER_S))} "
        f"simulated in {seconds(wall_s)}, {found.conservation.intents / wall_s:,.0f} intents/s",
    )
    return Rule(text, align="left", style=_MUTED)


def _block(title: str, note: str = "") -> Table:
    """Start a table without lines: a name, its figure, and a muted note beside it."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("", min_width=19, no_wrap=True)
    table.add_column("", min_width=12, justify="right", no_wrap=True)
    table.add_column(
        note, min_width=18, justify="right", style=_MUTED, header_style=_MUTED, no_wrap=True
    )
    return table


def _arranged(blocks: list[Table], columns: int) -> Table:
    arranged = Table.grid(padding=(0, 3, 1, 0))
    for begin in range(0, len(blocks), columns):
        arranged.add_row(*blocks[begin : begin + columns])
    return arranged


def _executive(found: Findings) -> Table:
    audit = found.executive
    table = _block("Executive", "95 % interval")
    proof = "" if audit.bottleneck_significant else "not significant"
    table.add_row("critical bottleneck", audit.critical_bottleneck or "none", proof)
    score = audit.resilience_score
    table.add_row("resilience score", _number(score.value), interval(score))
    leaked = audit.detected_leakage
    leak_style = _ALARM if leaked.value > 0 else _FINE
    table.add_row(
        "leaked intents", Text(f"{leaked.value:,.0f}", style=leak_style), interval(leaked, _count)
    )
    warmup = "after the warm-up" if found.run.warmup_s else ""
    table.add_row("intents measured", f"{audit.stress_volume:,}", warmup)
    for name, rate in (
        ("global leakage rate", audit.global_leakage_rate_percent.scaled(0.01)),
        ("failure rate", audit.failure_rate_percent.scaled(0.01)),
    ):
        table.add_row(name, percent(rate.value), interval(rate, percent))
    events = audit.high_energy_events
    table.add_row("high-energy events", f"{events.value:,.0f}", interval(events, _count))
    return table


def _leakage(found: Findings) -> Table:
    table = _block("Leakage", "gross leak")
    for name, group in found.leakage.by_class.items():
        if group.leaked:
            table.add_row(name, Text(f"{group.leaked:,}", style=_ALARM), _sum(group.glv_minor))
    if not found.leakage.leaked:
        table.add_row("none", Text("0", style=_FINE), "")
    _add_currencies(table, found)
    _add_course(table, found)
    laws = found.conservation
    verdict = Text("hold", style=_FINE) if laws.holds else Text("BROKEN", style=_ALARM)
    warmup = ", warm-up too" if found.run.warmup_s else ""
    table.add_row("laws of money L1-L7", verdict, f"{laws.intents:,} intents{warmup}")
    traffic = found.traffic
    table.add_row("completed", f"{traffic.ok:,}", "")
    table.add_row("declined rightly", f"{traffic.rejected_right:,}", "")
    table.add_row("failed clean", f"{traffic.failed_clean:,}", "")
    table.add_row("still in flight", f"{traffic.in_flight:,}", "")
    return table


def _sum(amounts_minor: dict[str, int]) -> str:
    """Write money in one currency; of several the table shows each in a row of its own."""
    told = [(minor, currency) for currency, minor in amounts_minor.items() if minor]
    if not told:
        return "no money"
    more = f" + {len(told) - 1} more" if len(told) > 1 else ""
    return f"{money(*told[0])}{more}"


def _add_currencies(table: Table, found: Findings) -> None:
    currencies = found.leakage.by_currency
    leaking = [currency for currency, leakage in currencies.items() if leakage.glv_minor]
    for currency in leaking if len(currencies) > 1 else ():
        leakage = currencies[currency]
        share = percent(leakage.rate_value.value)
        table.add_row(f"in {currency}", share, money(leakage.glv_minor, currency))
    for currency, leakage in currencies.items():
        if leakage.net_created_minor:
            table.add_row("net money created", "", money(leakage.net_created_minor, currency))


def _add_course(table: Table, found: Findings) -> None:
    """Say in a line how much of what leaked was noticed and put right."""
    course = found.controls.overall
    if course.executed.intents:
        back = f"{course.recovered.intents:,} put right, {_sum(course.recovered.minor)}"
        found_of = f"{course.detected.intents:,} of {course.executed.intents:,}"
        table.add_row("found by the bank", found_of, back)


def _service_level(found: Findings) -> Table:
    level, latency = found.resilience, found.latency
    table = _block("Resilience", "95 % interval")
    fine = level.sli.value >= level.target
    sli = Text(percent(level.sli.value), style=_FINE if fine else _ALARM)
    table.add_row("served well (SLI)", sli, interval(level.sli, percent))
    table.add_row("its goal", percent(level.target), "")
    for name, quantile in (
        ("latency p50", latency.end_to_end.p50_s),
        ("latency p95", latency.end_to_end.p95_s),
        ("latency p99", latency.end_to_end.p99_s),
    ):
        table.add_row(name, seconds(quantile.value), span(quantile))
    recovery = level.recovery
    table.add_row("deepest fall", _points(recovery.depth_percent), "")
    table.add_row("time to recover", _recovered(found), "")
    table.add_row("attempts per intent", f"{level.amplification:.2f}", "")
    table.add_row("Apdex", _number(latency.apdex.value), interval(latency.apdex))
    return table


def _energy(found: Findings) -> Table:
    energy = found.energy
    table = _block("Energy and carbon", "compute only")
    table.add_row("CO2e per payment", f"{energy.sci_mg.value:.3g} mg", _grid(found))
    table.add_row("energy per payment", f"{energy.per_payment_j.value:.3g} J", "good ones only")
    for name, joules in (
        ("all energy", energy.energy_j),
        ("idle", energy.idle_j),
        ("waiting", energy.waiting_j),
        ("wasted work", energy.wasted_j),
        ("over-provisioning", energy.over_provisioned_j),
    ):
        share = percent(joules / energy.energy_j) if energy.energy_j else "-"
        table.add_row(name, f"{joules / 1000:,.2f} kJ", "" if name == "all energy" else share)
    return table


def _fraud(found: Findings) -> Table:
    """Say what was caught, what it cost, whom it troubled, and what passed without a check."""
    fraud = found.fraud
    table = _block("Fraud", "95 % interval")
    if fraud.nobody_judged:
        table.add_row("fraud caught", "nobody judged", "no rules, no model")
    for name, share in (
        ("fraud caught", fraud.recall),
        ("flagged rightly", fraud.precision),
        ("honest flagged", fraud.false_positive_rate),
        ("campaigns blocked", fraud.campaigns_blocked),
    ):
        if share.known:
            table.add_row(name, percent(share.value), interval(share, percent))
    _add_fraud_money(table, found)
    _add_unchecked(table, found)
    _add_reviews(table, found)
    return table


def _add_fraud_money(table: Table, found: Findings) -> None:
    fraud, kinds = found.fraud, found.fraud.by_typology
    if kinds:
        style = _ALARM if any(fraud.loss_minor.values()) else _FINE
        campaigns = counted(sum(one.campaigns for one in kinds.values()), "campaign")
        table.add_row("victims lost", Text(_sum(fraud.loss_minor), style=style), campaigns)
        table.add_row("before a first block", _sum(fraud.loss_before_block_minor), "")
        table.add_row("stopped", _sum(fraud.stopped_minor), "")
    judged = [(name, one.recall) for name, one in kinds.items() if one.recall.known]
    if len(judged) > 1:
        name, recall = min(judged, key=lambda kind: (kind[1].value, -kind[1].n))
        table.add_row("caught least", percent(recall.value), name.replace("_", " "))
    if fraud.cost.total_minor != fraud.cost.lost_minor:
        table.add_row("loss and alarms", _sum(fraud.cost.total_minor), "assumed prices")


def _add_unchecked(table: Table, found: Findings) -> None:
    """Say what an outage of the check did, if it did anything."""
    overall = found.fraud.outage.overall
    if overall.unchecked_count:
        lost = f"{_sum(overall.unchecked_loss_minor)} lost"
        table.add_row("passed, no check", f"{overall.unchecked_count:,}", lost)
    if overall.closed_honest:
        refused = _sum(overall.closed_honest_minor)
        table.add_row("honest, no check", f"{overall.closed_honest:,}", f"{refused} refused")


def _add_reviews(table: Table, found: Findings) -> None:
    """Say how many of the alerts that analysts looked into they took for fraud, if any."""
    confirmed = found.fraud.reviews.confirmed
    if confirmed.known and confirmed.value > 0:
        count = round(confirmed.value * confirmed.n)
        reviewed = f"of {counted(confirmed.n, 'alert')} reviewed"
        table.add_row("alerts confirmed", f"{count:,}", reviewed)


def _grid(found: Findings) -> str:
    energy = found.energy
    return (
        f"SCI, grid {energy.grid} {energy.grid_year}" if energy.believable else "outside 0.05-50 mg"
    )


def _services(found: Findings) -> Table:
    """Show the services on which the slowest paths spend most time."""
    table = Table(title="Services", title_justify="left", title_style="bold", box=None)
    table.pad_edge = False
    table.add_column("on the slowest paths", header_style=_MUTED, min_width=19)
    for name in ("busy", "wait p99", "answer p99", "critical path", "leaked"):
        table.add_column(name, header_style=_MUTED, justify="right", min_width=7, no_wrap=True)
    by_share = sorted(
        found.resilience.by_service.items(),
        key=lambda item: (-_known(item[1].critical_path_share), item[0]),
    )
    for name, level in by_share[:SERVICES_SHOWN]:
        latency = found.latency.by_service[name]
        table.add_row(
            name,
            percent(latency.utilisation),
            seconds(latency.wait.p99_s.value),
            seconds(latency.total.p99_s.value),
            percent(level.critical_path_share),
            f"{level.leaked:,}",
        )
    return table


def _last_line(found: Findings) -> Text:
    verdict = found.verdict
    if not verdict.probes:
        return Text(f"\n{found.executive.worth}")
    style = {"PASS": _FINE, "FAIL": _ALARM}.get(verdict.verdict, "yellow")
    return Text.assemble(
        "\nSteady state: ", (str(verdict.verdict), style), f"\n{found.executive.worth}"
    )


def _print_files(run: Run, console: Console) -> None:
    report = run.folder / "report.html"
    shown = report if report.is_file() else run.folder / "findings.json"
    console.print(
        Text(f"\n{shown}", style="bold"), Text("(the report)", style=_MUTED), soft_wrap=True
    )
    trace = "" if "transactions" in run.manifest.tables_dropped else "trace in Parquet, "
    text = f"{run.folder}/  {trace}findings.json, experiment.toml to run again"
    console.print(Text(text, style=_MUTED), soft_wrap=True)


def _recovered(found: Findings) -> Text:
    recovery = found.resilience.recovery
    if not recovery.degraded:
        return Text("never needed", style=_FINE)
    if not recovery.recovered:
        return Text("never", style=_ALARM)
    return Text(seconds(recovery.time_to_recover_s))


def _points(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f} points"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value
