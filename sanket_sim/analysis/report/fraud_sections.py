"""The tables about fraud: what was caught and lost, whom it troubled, what outages let through."""

from __future__ import annotations

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.fraud_outage import CheckService
from sanket_sim.analysis.fraud_review import ReviewedKind
from sanket_sim.analysis.report.table import Row, Table
from sanket_sim.analysis.report.wording import (
    MISSING,
    duration,
    durations,
    estimate,
    moneys,
    number,
    percents,
    words,
)

CAMPAIGNS_SHOWN = 15
"""Rows of the table of campaigns; findings.json has more."""

_BLIND = "Nobody judged payments: the fraud service has neither rules nor a model."


def fraud_tables(findings: Findings) -> list[Table]:
    """Return the tables about fraud, in the order of the report; empty ones are left out by it."""
    return [
        _detection(findings),
        _campaigns(findings),
        _stages(findings),
        _alarms(findings),
        _outage(findings),
        _cost(findings),
        _scorers(findings),
        _reviews(findings),
    ]


def _detection(findings: Findings) -> Table:
    fraud = findings.fraud
    rows = tuple(
        (
            words(name),
            f"{found.intents:,}",
            percents(found.recall),
            percents(found.precision),
            f"{found.campaigns_blocked:,} of {found.campaigns:,}",
            moneys(found.value_minor),
            moneys(found.stopped_minor),
            moneys(found.executed_minor),
            moneys(found.loss_minor),
            moneys(found.loss_before_block_minor),
            durations(found.alert_delay_s),
        )
        for name, found in fraud.by_typology.items()
    )
    headings = (
        "Typology",
        "Intents",
        "Recall",
        "Precision against twins",
        "Campaigns blocked",
        "Attempted",
        "Stopped",
        "Executed",
        "Lost",
        "Lost before first block",
        "Alert delay",
    )
    note = (
        _BLIND
        if fraud.nobody_judged
        else f"Precision over everything {percents(fraud.precision)}, false positives "
        f"{percents(fraud.false_positive_rate)} of honest payments judged, PR-AUC "
        f"{estimate(fraud.pr_auc)}. Recall leaves out logins, and what failed before anybody could "
        "judge it."
    )
    note += " Lost is what victims lost, each sum once; executed counts money each time it moves."
    return Table("Fraud detection", headings, rows, note + _cover(findings))


def _cover(findings: Findings) -> str:
    """Say how much clean money went by that is counted nowhere; nothing without any."""
    cover = findings.fraud.cover
    if not cover:
        return ""
    counts = ", ".join(f"{words(name)} {count:,}" for name, count in cover.items())
    return f" Cover, clean money that campaigns spend to look honest, counts nowhere: {counts}."


def _campaigns(findings: Findings) -> Table:
    every = findings.fraud.campaigns
    rows = tuple(
        (
            one.name,
            words(one.typology),
            number(one.sophistication, 2),
            f"{one.intents:,}",
            moneys(one.value_minor),
            moneys(one.executed_minor),
            moneys(one.loss_minor),
            moneys(one.loss_before_block_minor),
            duration(one.begun_s),
            _after(one.first_flag_s, one.begun_s),
            _after(one.first_block_s, one.begun_s),
            one.end or MISSING,
        )
        for one in every[:CAMPAIGNS_SHOWN]
    )
    headings = (
        "Campaign",
        "Typology",
        "S",
        "Intents",
        "Attempted",
        "Executed",
        "Lost",
        "Lost before first block",
        "Begun at",
        "First flag after",
        "First block after",
        "End",
    )
    rest = len(every) - CAMPAIGNS_SHOWN
    more = f"{rest:,} more are in findings.json. " if rest > 0 else ""
    note = f"{more}Those after most money first. S is sophistication, 0 crude to 1 patient."
    return Table("Campaigns", headings, rows, note, names=2)


def _after(at_s: float, begun_s: float) -> str:
    """Write how long after its beginning something happened to a campaign."""
    return "at once" if at_s == begun_s else duration(at_s - begun_s).replace(MISSING, "never")


def _stages(findings: Findings) -> Table:
    rows = tuple(
        (
            words(name),
            words(stage),
            f"{found.intents:,}",
            percents(found.recall),
            moneys(found.value_minor),
            moneys(found.executed_minor),
        )
        for name, typology in findings.fraud.by_typology.items()
        for stage, found in typology.by_stage.items()
    )
    headings = ("Typology", "Stage", "Intents", "Recall", "Attempted", "Executed")
    return Table("Fraud by stage", headings, rows, names=2)


def _alarms(findings: Findings) -> Table:
    found = findings.fraud.alarms
    if not found.scored or findings.fraud.nobody_judged:
        return Table("False alarms", (), ())
    twins = sorted(found.by_twin.items())
    rows: list[Row] = [
        (
            words(one.twin),
            words(name),
            f"{one.scored:,}",
            f"{one.flagged:,}",
            percents(one.rate),
            moneys(one.value_minor),
        )
        for name, one in twins
    ]
    plain = found.ordinary
    everyday = round(plain.value * plain.n) if plain.known else 0
    rows.append(("Everything else", MISSING, f"{plain.n:,}", f"{everyday:,}", percents(plain), ""))
    headings = ("Honest payments", "Look like", "Judged", "Flagged", "Rate", "Their value")
    ratio = number(found.per_true_positive)
    note = (
        f"Declined {percents(found.declined)}, asked for a second factor "
        f"{percents(found.asked)} of {found.scored:,} honest payments judged; "
        f"{ratio} honest payments flagged for each fraud that was. {found.refused:,} honest "
        f"payments of {moneys(found.refused_minor)} did not go through, accounts frozen and "
        "checks that failed included."
    )
    return Table("False alarms", headings, tuple(rows), note, names=2)


def _outage(findings: Findings) -> Table:
    found = findings.fraud.outage
    troubled = found.overall.unchecked_count or found.overall.closed.value > 0
    if not troubled and not found.in_faults.payments:
        return Table("The fraud check in faults", (), ())
    sides = {"In faults": found.in_faults, "Otherwise": found.otherwise, "All": found.overall}
    rows = tuple((name, *_check(one)) for name, one in sides.items() if one.payments)
    headings = (
        "Born",
        "Payments",
        "Recall",
        "Passed unchecked",
        "Fraud among them",
        "Lost through them",
        "Refused unchecked",
        "Honest among them",
        "Honest money refused",
        "All losses",
    )
    note = (
        "Passed unchecked: the check failed and the edge to it fails open. Refused unchecked: it "
        "fails closed. What passes unchecked counts as missed."
    )
    return Table("The fraud check in faults", headings, rows, note)


def _check(one: CheckService) -> Row:
    return (
        f"{one.payments:,}",
        percents(one.recall),
        percents(one.unchecked),
        f"{one.unchecked_fraud:,}",
        moneys(one.unchecked_loss_minor),
        percents(one.closed),
        f"{one.closed_honest:,}",
        moneys(one.closed_honest_minor),
        moneys(one.loss_minor),
    )


def _cost(findings: Findings) -> Table:
    found = findings.fraud.cost
    parts = {
        "Lost to fraud": found.lost_minor,
        "Honest payments refused": found.refused_minor,
        "Second factors asked of the honest": found.asked_minor,
        "Analysts' time": found.review_minor,
        "All": found.total_minor,
    }
    if not any(found.total_minor.values()):
        return Table("What fraud and its prevention cost", (), ())
    rows = tuple((name, moneys(minor)) for name, minor in parts.items())
    note = (
        "At the prices of [report], which are assumptions unless you set your own: "
        "false_positive_cost_minor, step_up_cost_minor, review_minute_cost_minor. Money in other "
        "currencies at the bank's rates."
    )
    return Table("What fraud and its prevention cost", ("Part", "Cost"), rows, note)


def _scorers(findings: Findings) -> Table:
    names = {"rules": "Rules alone", "model": "Model alone", "both": "Both, as in service"}
    found = findings.fraud.scorers
    rows = tuple(
        (said, estimate(found[name].pr_auc), percents(found[name].recall))
        for name, said in names.items()
        if name in found and found[name].pr_auc.known
    )
    headings = ("Scored by", "PR-AUC", "Recall at as many flags")
    return Table("Rules against model", headings, rows)


def _reviews(findings: Findings) -> Table:
    found = findings.fraud.reviews
    every = {**found.by_typology, "all": ReviewedKind(found.reviews, found.confirmed)}
    rows = tuple(
        (words(name), f"{one.reviews:,}", percents(one.confirmed))
        for name, one in every.items()
        if found.reviews or found.unfinished
    )
    patterns = ", ".join(f"{words(name).lower()} {n:,}" for name, n in found.by_pattern.items())
    note = (
        f"{found.reviews:,} alerts judged, {percents(found.confirmed)} confirmed, "
        f"{found.unfinished:,} at work when the run ended, {found.waiting:,} not taken up, or "
        "joined to an earlier one about the same account; an alert waits "
        f"{durations(found.wait_p50_s)}, one in twenty {durations(found.wait_p95_s)} or more; "
        f"{duration(found.handling_s)} of work. Monitoring raised {found.monitoring_alerts:,}"
        f"{f' ({patterns})' if patterns else ''}."
    )
    headings = ("Raised by", "Reviews", "Confirmed as fraud")
    return Table("Reviews by analysts", headings, rows, note)
