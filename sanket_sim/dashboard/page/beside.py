"""Two runs beside one another: what was set differently, what differs for it, and how surely."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sanket_sim.core.errors import SanketError
from sanket_sim.core.money import format_minor
from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.dashboard.page.inspectors.sheet import Block, Cell, State, Table, Text, filled
from sanket_sim.dashboard.page.wording import millis, share, words
from sanket_sim.simulation.compare import Comparison, Difference, compare
from sanket_sim.simulation.settings_apart import NOT_SET, Setting

DIFFERENCES_MAX, SETTINGS_MAX = 16, 12
Write = Callable[[float], str]
_MINUS = "\N{MINUS SIGN}"
_NOTHING = {"[]", NOT_SET}
_MEAN_WINDOW = (
    "Mean window: the mean of these windows, however many payments fell into each; the headlines "
    "below divide by payments."
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How people read a metric.

    Parameters
    ----------
    label : str
    write, write_change : callable
        Writes a value, and how much it has changed, without its sign.
    better : int
        1: more is better; -1: less is; 0: neither.
    """

    label: str
    write: Write
    write_change: Write
    better: int = 0


def differences(base: Path, other: Path) -> tuple[Block, ...]:
    """Compare two runs, the surest differences first."""
    try:
        compared = compare(base, other)
    except SanketError as error:
        return (Text("Compared", (str(error),)),)
    told = [(one, _reading_of(one)) for one in compared.differences if _says_something(one)]
    apart = [pair for pair in told if not _looks_same(*pair)]
    sure = [pair for pair in apart if pair[0].significant]
    doubtful = [pair for pair in apart if not pair[0].significant]
    return filled(
        (
            Text(f"Against {base.name}", (_summary(len(sure), len(doubtful), len(told)),)),
            _settings(compared.settings),
            _table("Surely different", sure),
            _table("Different, perhaps by chance", doubtful),
            Text("How this was compared", tuple(_how(compared))),
        )
    )


def _summary(sure: int, doubtful: int, told: int) -> str:
    said = f"{sure} of {told} figures surely differ, {doubtful} perhaps by chance"
    return f"{said}, {told - sure - doubtful} are the same. There: that run; here: this one."


def _how(compared: Comparison) -> Iterator[str]:
    said = f"{compared.pairing[:1].upper()}{compared.pairing[1:]}."
    yield said.replace("--seeds as proof", "runs of many seeds as proof")
    if any(one.metric in _READINGS for one in compared.differences):
        yield _MEAN_WINDOW
    yield from compared.warnings


def _settings(settings: tuple[Setting, ...]) -> Table:
    told = [one for one in settings if {one.base, one.other} != _NOTHING]
    rows = tuple((Cell(one.key), Cell(one.base), Cell(one.other)) for one in told[:SETTINGS_MAX])
    more = len(told) - len(rows)
    if more > 0:
        rows = (*rows, (Cell(f"and {more} more"), Cell(""), Cell("")))
    return Table("Set differently", ("Setting", "There", "Here"), rows, (False, False, False))


def _table(title: str, told: list[tuple[Difference, Reading]]) -> Table:
    rows = tuple(_difference(one, reading) for one, reading in told[:DIFFERENCES_MAX])
    columns = ("Figure", "There", "Here", "Change", "")
    return Table(title, columns, rows, (False, True, True, True, False))


def _says_something(one: Difference) -> bool:
    return not math.isnan(one.change.value) and any((one.base, one.other))


def _looks_same(one: Difference, reading: Reading) -> bool:
    """Say whether nobody could tell the two apart by what is written."""
    alike = reading.write(one.base) == reading.write(one.other)
    return alike and reading.write_change(abs(one.change.value)) == reading.write_change(0.0)


def _difference(one: Difference, reading: Reading) -> tuple[Cell, ...]:
    change = one.change.value
    sign = "+" if change > 0 else _MINUS if change < 0 else ""
    word, state = _judged(change * reading.better)
    return (
        Cell(reading.label),
        Cell(reading.write(one.base)),
        Cell(reading.write(one.other)),
        Cell(f"{sign}{reading.write_change(abs(change))}"),
        Cell(word, state if one.significant else ""),
    )


def _judged(gain: float) -> tuple[str, State]:
    if gain == 0:
        return "", ""
    return ("better", "ok") if gain > 0 else ("worse", "critical")


def _reading_of(one: Difference) -> Reading:
    """Return how people call a metric, how its values are written, and which way is better."""
    if one.metric in _READINGS:
        return _READINGS[one.metric]
    label, better = _label_of(one.metric.removesuffix(f".{one.currency}"))
    if not one.currency:
        return Reading(label, _count, _count, better)

    def money(minor: float) -> str:
        return format_minor(round(minor), one.currency)

    return Reading(label, money, money, better)


def _label_of(metric: str) -> tuple[str, int]:
    """Return what a metric is called, and which way is better.

    Examples
    --------
    >>> _label_of("leakage.by_class.GHOST_POSTING.leaked")
    ('Leaked: ghost posting', -1)
    >>> _label_of("resources.cpu_seconds")
    ('Resources: cpu seconds', 0)
    """
    for pattern, label, better in _LABELS:
        if found := pattern.fullmatch(metric):
            return label.format(*map(words, found.groups())), better
    said = words(metric.replace(".", ": ", 1).replace(".", ", "))
    return said[:1].upper() + said[1:].removesuffix(" minor"), 0


_LABELS = tuple(
    (re.compile(pattern), label, better)
    for pattern, label, better in (
        (r"leakage\.by_class\.(\w+)\.leaked", "Leaked: {}", -1),
        (r"leakage\.by_currency\.\w+\.glv_minor", "Leaked value", -1),
        (r"controls\.overall\.residual\.intents", "Leaks not put right", -1),
        (r"controls\.overall\.residual\.minor", "Value not put right", -1),
        (r"controls\.overall\.recovered\.intents", "Leaks put right", 0),
        (r"controls\.overall\.recovered\.minor", "Value put right", 0),
        (r"fraud\.alarms\.flagged", "Honest payments flagged", -1),
        (r"fraud\.alarms\.refused", "Honest payments refused", -1),
        (r"fraud\.alarms\.refused_minor", "Honest value refused", -1),
        (r"fraud\.loss_minor", "Lost to fraud", -1),
        (r"fraud\.stopped_minor", "Fraud stopped", 1),
        (r"fraud\.cost\.total_minor", "Cost of fraud", -1),
        (r"fraud\.outage\.overall\.unchecked_count", "Not checked for fraud", -1),
    )
)


def _count(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _points(value: float) -> str:
    """Write a change of a share: percentage points, lest it be taken for a share of the share."""
    return f"{100 * value:.2f} pp"


def _seconds(value: float) -> str:
    return millis(value * NS_PER_S / NS_PER_MS)


def _per_window(value: float) -> str:
    return f"{value:,.1f}"


_READINGS: Mapping[str, Reading] = {
    "availability": Reading("Service level, mean window", share, _points, 1),
    "failure_rate": Reading("Failed, mean window", share, _points, -1),
    "leak_rate_count": Reading("Leak rate, mean window", share, _points, -1),
    "latency_mean_s": Reading("Mean latency", _seconds, _seconds, -1),
    "offered_per_window": Reading("Submitted a window", _per_window, _per_window),
    "fraud_recall": Reading("Fraud caught", share, _points, 1),
    "honest_flagged_rate": Reading("Honest flagged", share, _points, -1),
}
