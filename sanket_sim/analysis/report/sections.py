"""The words and tables of a report, once for Markdown and for the page."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.latency import Percentiles
from sanket_sim.analysis.report.fraud_sections import fraud_tables
from sanket_sim.analysis.report.money_sections import money_tables
from sanket_sim.analysis.report.table import Row, Table
from sanket_sim.analysis.report.wording import (
    MISSING,
    duration,
    durations,
    estimate,
    interval,
    number,
    per_second,
    percent,
    percent_interval,
    percents,
    probability,
    words,
)
from sanket_sim.analysis.statistics import Estimate
from sanket_sim.core import shares


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline: a figure, its state, its interval, and a fact beside it."""

    label: str
    value: str
    unit: str
    state: str
    chip: str
    interval: str
    fact: str


def tiles(findings: Findings) -> list[Tile]:
    """Return the headlines of a run."""
    return [
        _throughput(findings),
        _latency(findings),
        _leakage(findings),
        _score(findings),
        _fraud(findings),
        _carbon(findings),
    ]


def _throughput(findings: Findings) -> Tile:
    traffic, sli = findings.traffic, findings.resilience.sli
    met = not sli.known or sli.high >= findings.resilience.target
    return Tile(
        "Goodput",
        number(traffic.goodput_per_s.value),
        "tx/s",
        "ok" if met else "critical",
        "on target" if met else "below target",
        interval(traffic.goodput_per_s),
        f"{percent(sli.value)} good of offered" if sli.known else "nothing offered",
    )


def _latency(findings: Findings) -> Tile:
    p99 = findings.latency.end_to_end.p99_s
    factor, unit = (1000.0, "ms") if p99.value < 1 else (1.0, "s")
    met = findings.latency.slo_p99_met
    return Tile(
        "p99 latency",
        number(p99.value * factor),
        unit,
        "ok" if met else "critical",
        "within SLO" if met else "SLO breach",
        interval(p99, factor),
        f"p50 {duration(findings.latency.end_to_end.p50_s.value)}",
    )


def _leakage(findings: Findings) -> Tile:
    leakage = findings.leakage
    state, chip = ("critical", "leaking") if leakage.leaked else ("ok", "tight")
    return Tile(
        "Leakage rate",
        *_percent_apart(leakage.rate_count.value),
        state,
        chip,
        percent_interval(leakage.rate_count),
        f"{leakage.leaked:,} intents",
    )


def _percent_apart(share: float) -> tuple[str, str]:
    """Return a share in percent and its unit, for a tile."""
    return (MISSING if math.isnan(share) else shares.percent(share)), "%"


def _score(findings: Findings) -> Tile:
    executive = findings.executive
    state = "critical" if executive.bottleneck_significant else "ok"
    chip = "significant" if executive.bottleneck_significant else "within chance"
    return Tile(
        "Resilience score",
        number(executive.resilience_score.value, 4),
        "/ 100",
        state,
        chip,
        interval(executive.resilience_score, digits=4),
        f"worst service: {executive.critical_bottleneck or 'none'}",
    )


def _fraud(findings: Findings) -> Tile:
    fraud = findings.fraud
    if fraud.nobody_judged and fraud.by_typology:
        why = "neither rules nor a model"
        return Tile("Fraud recall", "-", "", "muted", "nobody judged", "-", why)
    if not fraud.recall.known:
        return Tile("Fraud recall", "-", "", "muted", "no fraud", "-", "none was attempted")
    return Tile(
        "Fraud recall",
        *_percent_apart(fraud.recall.value),
        "warn" if fraud.recall.value < 0.9 else "ok",
        f"{fraud.true_positives} of {fraud.recall.n}",
        percent_interval(fraud.recall),
        f"precision {percent(fraud.precision.value)}",
    )


def _carbon(findings: Findings) -> Tile:
    energy = findings.energy
    return Tile(
        "Carbon per good payment",
        number(energy.sci_mg.value),
        "mg CO2e",
        "ok" if energy.believable else "warn",
        energy.grid if energy.believable else "check the model",
        interval(energy.sci_mg),
        f"{number(energy.per_payment_j.value)} J each",
    )


def executive_table(findings: Findings) -> Table:
    """Return the figures of a SANKET audit under their own names."""
    found = findings.executive
    rows = (
        ("Critical bottleneck", found.critical_bottleneck or "none", ""),
        (
            "Resilience score",
            number(found.resilience_score.value, 4),
            interval(found.resilience_score, digits=4),
        ),
        (
            "Leaked intents",
            _whole(found.detected_leakage),
            interval(found.detected_leakage),
        ),
        ("Stress volume", f"{found.stress_volume:,}", ""),
        (
            "Global leakage rate",
            percent(found.global_leakage_rate_percent.value / 100),
            percent_interval(found.global_leakage_rate_percent.scaled(0.01)),
        ),
        (
            "Failure rate",
            percent(found.failure_rate_percent.value / 100),
            percent_interval(found.failure_rate_percent.scaled(0.01)),
        ),
        (
            "High-energy events",
            _whole(found.high_energy_events),
            interval(found.high_energy_events),
        ),
    )
    return Table("Executive summary", ("Figure", "Value", "95 % interval"), rows, found.worth)


def _whole(found: Estimate) -> str:
    return f"{found.value:,.0f}" if found.known else MISSING


def tables(findings: Findings) -> list[Table]:
    """Return every table of a report, in its order."""
    found = [
        _verdict(findings),
        _services(findings),
        _percentiles(findings),
        _split(findings),
        _recovery(findings),
        _energy(findings),
        _burn(findings),
        *money_tables(findings),
        *fraud_tables(findings),
    ]
    return [table for table in found if table.rows]


def _verdict(findings: Findings) -> Table:
    rows = tuple(
        (
            f"{words(probe.metric)} in every {duration(probe.window_s)}",
            str(probe.verdict),
            f"{number(probe.low)} to {number(probe.high)}",
            estimate(probe.pooled),
            estimate(probe.worst),
            f"{probe.deviated} of {probe.windows}",
        )
        for probe in findings.verdict.probes
    )
    headings = ("Steady state", "Verdict", "Tolerance", "Whole run", "Worst window", "Deviated")
    note = (
        "FAIL: some window lies outside the tolerance by more than chance. PASS: none does and the "
        "interval over the whole run lies inside. INCONCLUSIVE: the run cannot tell."
    )
    return Table("Steady state", headings, rows, note)


def _services(findings: Findings) -> Table:
    rows = []
    for name, fared in findings.resilience.by_service.items():
        latency = findings.latency.by_service[name]
        rows.append(
            (
                name,
                per_second(latency.arrival_rate_per_s),
                duration(latency.total.p50_s.value),
                duration(latency.total.p99_s.value),
                percent(latency.utilisation),
                number(latency.queue_length_max),
                percents(fared.availability),
                estimate(fared.seed_score, digits=4),
                percent(fared.retry_share),
                percent(fared.critical_path_share),
            )
        )
    headings = (
        "Service",
        "Requests",
        "p50",
        "p99",
        "Busy",
        "Longest queue",
        "Availability",
        "Score",
        "Retries",
        "Critical path",
    )
    return Table("Services", headings, tuple(rows), _bottleneck_note(findings))


def _bottleneck_note(findings: Findings) -> str:
    found = findings.resilience.bottleneck
    p = found.p_adjusted.get(found.by_leakage, 1.0)
    leak = (
        f"By leakage: {found.by_leakage} (Holm-adjusted p {probability(p)})."
        if found.by_leakage
        else "By leakage: no service significantly worse."
    )
    path = f"By time on the slowest paths: {found.by_critical_path or 'none'}"
    return f"{leak} {path} ({percent(found.critical_path_share)}). A what-if over seeds decides."


def _recovery(findings: Findings) -> Table:
    resilience = findings.resilience
    found = resilience.recovery
    rows = (
        ("Service level (good of offered)", percents(resilience.sli)),
        ("Target", f"{100 * resilience.target:g} %"),
        ("Fault struck at", duration(found.t_fault_s)),
        ("First alert at", duration(resilience.t_detect_s)),
        ("Fault over at", duration(found.t_clear_s)),
        ("Back on target at", _back(findings)),
        ("Time to recover", duration(found.time_to_recover_s)),
        ("After-effect", duration(found.after_effect_s)),
        ("Deepest fall of Q", percent(found.depth_percent / 100)),
        ("Resilience loss", f"{number(found.loss_percent_s)} % s"),
        ("Resilience area", f"{number(found.resilience_area_percent, 4)} %"),
        ("Apdex", estimate(findings.latency.apdex)),
        ("Attempts per intent", number(resilience.amplification)),
        ("in the worst 10 s", number(resilience.amplification_peak)),
        ("Services hit", percents(resilience.blast_radius.services)),
        ("Customers hit", percents(resilience.blast_radius.customers)),
        ("Value hit", percent(resilience.blast_radius.value)),
    )
    note = (
        f"Recovery needs 300 s on target; this run was watched for {duration(found.sustained_s)} "
        "after it."
        if found.recovered and found.degraded and found.sustained_s < 300
        else ""
    )
    return Table("Resilience", ("Figure", "Value"), rows, note)


def _back(findings: Findings) -> str:
    found = findings.resilience.recovery
    if not found.degraded:
        return "never left it"
    return duration(found.t_recover_s) if found.recovered else "not before the end"


def _burn(findings: Findings) -> Table:
    rows = tuple(
        (
            alert.rule,
            f"{duration(alert.long_window_s)} & {duration(alert.short_window_s)}",
            number(alert.threshold),
            number(alert.burn_max),
            duration(alert.first_alert_s),
            percent(alert.alerting_share),
        )
        for alert in findings.resilience.burn
    )
    scale = findings.resilience.burn_window_scale
    note = (
        f"The run is shorter than three days: windows are scaled by {scale:.2g} (1 s at least)."
        if scale < 1
        else ""
    )
    headings = ("Rule", "Windows", "Threshold", "Highest burn", "First alert", "Alerting")
    return Table("Error budget burn", headings, rows, note)


def _percentiles(findings: Findings) -> Table:
    kinds = {"all": findings.latency.end_to_end, **findings.latency.by_kind}
    rows = tuple((words(name), *_row(found)) for name, found in kinds.items())
    headings = ("Kind", "Intents", "p50", "p90", "p95", "p99", "p99.9")
    return Table("Latency, end to end", headings, rows, "Quantiles are within 1 %.")


def _row(found: Percentiles) -> Row:
    quantiles: tuple[Estimate, ...] = (
        found.p50_s,
        found.p90_s,
        found.p95_s,
        found.p99_s,
        found.p999_s,
    )
    return (f"{found.n:,}", *(durations(quantile) for quantile in quantiles))


def _split(findings: Findings) -> Table:
    rows = tuple(
        (
            name,
            duration(found.wait_s_mean),
            duration(found.service_s_mean),
            duration(found.network_s_mean),
            duration(found.wait.p99_s.value),
            number(found.in_system_mean),
            per_second(found.arrival_rate_per_s),
            duration(found.sojourn_s_mean),
            str(found.little_residual_ns),
        )
        for name, found in findings.latency.by_service.items()
    )
    headings = (
        "Service",
        "Wait",
        "At work",
        "Network",
        "p99 wait",
        "L",
        "lambda",
        "W",
        "Residual, ns",
    )
    note = "Means over whole exchanges. Little's law, L = lambda W, must leave a residual of 0."
    return Table("Where time goes", headings, rows, note)


def _energy(findings: Findings) -> Table:
    found = findings.energy
    whole = found.energy_j
    parts = {
        "Idle": found.idle_j,
        "Memory": found.memory_j,
        "Computing": found.dynamic_j,
        "Spinning": found.spin_j,
        "Network": found.network_j,
        "of all this: waiting": found.waiting_j,
        "of all this: wasted work": found.wasted_j,
        "of all this: over-provisioning": found.over_provisioned_j,
    }
    rows = [(name, f"{number(joules)} J", _part(joules, whole)) for name, joules in parts.items()]
    rows += [
        ("All", f"{number(whole)} J", "100 %"),
        ("Operational carbon", f"{number(found.operational_gco2e)} g CO2e", ""),
        ("Embodied carbon", f"{number(found.embodied_gco2e)} g CO2e", ""),
        ("SCI per good payment", estimate(found.sci_mg, unit="mg CO2e"), ""),
    ]
    note = (
        f"R = {found.good_payments:,} good payments; boundary: replicas and the network between "
        f"them, compute only, never the whole of a payment. Grid {found.grid} {found.grid_year}, "
        f"annual mean {found.grid_gco2e_per_kwh:g} g CO2e/kWh (Our World in Data, Ember, Energy "
        f"Institute); PUE {found.pue:g}; TE 1000 kg, EL 35,040 h, ToR 64 vCPU."
    )
    if not found.believable:
        note += " Outside 0.05 to 50 mg: distrust the model before the bank."
    return Table("Energy and carbon", ("Part", "Energy", "Share"), tuple(rows), note)


def _part(joules: float, whole: float) -> str:
    return percent(joules / whole) if whole else "-"
