"""The tables about money: what leaked where, what stood in its way, what was put right."""

from __future__ import annotations

from collections.abc import Iterator

from sanket_sim.analysis.controls import WITHOUT_TRAP, Passage, TrapCourse
from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.leakage import LeakGroup
from sanket_sim.analysis.report.table import Table
from sanket_sim.analysis.report.wording import MISSING, durations, moneys, percent, percents, words
from sanket_sim.core.money import format_minor

CELLS_SHOWN = 25
"""Rows of the cross table; findings.json has them all."""


def money_tables(findings: Findings) -> list[Table]:
    """Return the tables about money, in the order of the report."""
    leakage = findings.leakage
    return [
        _cross(findings),
        _matrix(findings),
        _matrix_money(findings),
        _detection(findings),
        _currencies(findings),
        _conservation(findings),
        _leak_groups("Leakage by class", leakage.by_class),
        _leak_groups("Leakage by service", leakage.by_service),
        _leak_groups("Leakage by kind", leakage.by_kind),
        _leak_groups("Leakage by trap", leakage.by_trap),
    ]


def _cross(findings: Findings) -> Table:
    every = findings.leakage.cells
    cells = [cell for cell in every if any(cell.glv_minor.values())] or every
    rows = tuple(
        (
            words(cell.leak_class),
            cell.service,
            words(cell.trap) if cell.trap else "no trap",
            cell.control or MISSING,
            f"{cell.leaked:,}",
            percent(cell.leaked / findings.leakage.leaked),
            moneys(cell.glv_minor) if any(cell.glv_minor.values()) else "no money",
        )
        for cell in cells[:CELLS_SHOWN]
    )
    headings = ("Class", "Service", "Trap", "Control", "Leaked", "Share", "Gross leak")
    rest = sum(cell.leaked for cell in cells[CELLS_SHOWN:])
    more = f"{len(cells) - CELLS_SHOWN} more rows with {rest:,} leaks are in findings.json. "
    told = findings.leakage.leaked - sum(cell.leaked for cell in cells)
    wrong = f"{told:,} leaks without money (told wrong, late or held) are left out. "
    note = (
        f"{more if rest else ''}{wrong if told else ''}What leaked most money first, at "
        "the bank's own rates; the service is the root of the leak, the control the one that "
        "catches the trap."
    )
    return Table("Leakage by class, service, trap and control", headings, rows, note, names=4)


def _matrix(findings: Findings) -> Table:
    rows = tuple(
        (
            *trap_names(kind, course),
            *(f"{intents:,}" for intents in _counts(course)),
            percents(course.prevention) if course.control else MISSING,
            percents(course.detection),
            durations(course.delay_p50),
            durations(course.delay_p95),
        )
        for kind, course in courses(findings)
    )
    headings = (
        "Trap",
        "Control",
        "Switch",
        "Injected",
        "No leak",
        "Told wrong",
        *_IN_MONEY,
        "Prevention",
        "Detection",
        "Delay p50",
        "p95",
    )
    note = (
        f"{_idle(findings)}No leak: stopped, put right by itself, or never at risk. Told wrong: no "
        "money went wrong, but the customer was told so or too late, or a hold stayed open. "
        "Executed: money went wrong. Prevention is all but executed. L7: injected = no leak + told "
        "wrong + executed, executed = detected + undetected, detected = recovered + residual. The "
        "delay is that from the leak to the first break."
    )
    return Table("Control matrix, intents", headings, rows, note, names=3)


def _matrix_money(findings: Findings) -> Table:
    rows = tuple(
        (*trap_names(kind, course), *(moneys(passage.minor) for passage in _passages(course)))
        for kind, course in courses(findings)
        if course.executed.intents
    )
    headings = ("Trap", "Control", "Switch", *_IN_MONEY)
    over = findings.controls.overcorrected_minor
    note = (
        "What leaked; traps that leaked no money are left out. L7: executed = detected + "
        "undetected, detected = recovered + residual, divided unit by unit."
    )
    if over:
        note += f" Corrections moved {moneys(over)} beyond the gross leak."
    return Table("Control matrix, money", headings, rows, note, names=3)


_IN_MONEY = ("Executed", "Undetected", "Detected", "Recovered", "Residual")


def courses(findings: Findings) -> Iterator[tuple[str, TrapCourse]]:
    """Yield the traps in the order of their numbers, then what leaked without one, then all.

    Traps that struck nobody are left out.
    """
    by_trap = findings.controls.by_trap
    struck = [(kind, course) for kind, course in by_trap.items() if course.injected.intents]
    yield from sorted(struck, key=lambda item: (item[0] == WITHOUT_TRAP, item[1].code))
    if len(struck) > 1:
        yield "all", findings.controls.overall


def idle_traps(findings: Findings) -> str:
    """Name the traps that were laid and struck nobody; empty if all struck."""
    idle = [
        (course.code, f"{course.code} {words(kind).lower()}".strip())
        for kind, course in findings.controls.by_trap.items()
        if not course.injected.intents
    ]
    return ", ".join(name for _, name in sorted(idle))


def _idle(findings: Findings) -> str:
    idle = idle_traps(findings)
    return f"Struck nobody: {idle}. " if idle else ""


def trap_names(kind: str, course: TrapCourse) -> tuple[str, str, str]:
    """Name a trap, the control that catches it, and how that was switched."""
    name = f"{course.code} {words(kind).lower()}" if course.code else words(kind)
    switch = ("on" if course.control_on else "off") if course.control else MISSING
    return name, course.control or MISSING, switch


def _passages(course: TrapCourse) -> tuple[Passage, ...]:
    passages: tuple[Passage, ...] = tuple(getattr(course, stage.lower()) for stage in _IN_MONEY)
    return passages


def no_leak(course: TrapCourse) -> int:
    """Count the intents that came to no harm, not even by what was told."""
    return course.prevented.intents - course.told_wrong.intents


def _counts(course: TrapCourse) -> tuple[int, ...]:
    early = course.injected.intents, no_leak(course), course.told_wrong.intents
    return *early, *(passage.intents for passage in _passages(course))


def _detection(findings: Findings) -> Table:
    found = findings.controls
    rows = tuple(
        (
            words(name),
            f"{one.breaks:,}",
            f"{one.leaks:,}",
            f"{one.told_wrong:,}",
            f"{one.false_alarms:,}",
        )
        for name, one in found.by_detector.items()
    )
    kinds = ", ".join(f"{words(name).lower()} {n:,}" for name, n in found.by_break.items())
    refused = ", ".join(f"{name} {n:,}" for name, n in found.blocked_for.items())
    note = (
        f"Breaks by kind: {kinds}. False alarms: {percents(found.false_breaks)} of the "
        f"intents with a break. Sound payments that a control refused: "
        f"{percents(found.blocked)}{f' ({refused})' if refused else ''}."
    )
    headings = ("Found first by", "Breaks raised", "Leaks found", "Told wrong", "False alarms")
    return Table("Detection", headings, rows, note)


def _currencies(findings: Findings) -> Table:
    rows = tuple(
        (
            currency,
            format_minor(one.expected_minor, currency),
            format_minor(one.glv_minor, currency),
            percents(one.rate_value),
            format_minor(one.net_created_minor, currency),
        )
        for currency, one in findings.leakage.by_currency.items()
    )
    headings = ("Currency", "Should have moved", "Gross leak", "Of value", "Money created")
    note = "Each leg of a payment counts in its own currency; a negative sum is money destroyed."
    return Table("Leakage by currency", headings, rows, note)


def _leak_groups(title: str, groups: dict[str, LeakGroup]) -> Table:
    rows = tuple(
        (words(name), f"{group.leaked:,}", percents(group.rate), moneys(group.glv_minor))
        for name, group in groups.items()
        if group.leaked
    )
    return Table(title, ("Group", "Leaked", "Rate", "Gross leak"), rows)


def _conservation(findings: Findings) -> Table:
    found = findings.conservation
    rows = tuple(
        (
            currency,
            str(one.l1_debit_minor),
            str(one.l2_credit_minor),
            str(one.l3_money_minor),
            str(one.l4_log_minor),
            str(one.l5_count),
            str(one.l6_holds_minor),
            format_minor(one.net_created_minor, currency),
        )
        for currency, one in found.by_currency.items()
    )
    headings = ("Currency", "L1", "L2", "L3", "L4 log", "L5", "L6", "Money created")
    state = "Every law holds" if found.holds else "A LAW IS BROKEN"
    note = (
        f"{state}; residuals in minor units over all {found.intents:,} intents, warm-up included."
    )
    if not found.whole:
        note += " The run was cut short: log and holds were not checked."
    return Table("Conservation of money", headings, rows, note)
