"""The findings of a run that has ended: its headlines, its report, and another run beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import solara

from sanket_sim.analysis.findings import FINDINGS_NAME
from sanket_sim.core.errors import SanketError
from sanket_sim.core.money import format_minor
from sanket_sim.core.units import NS_PER_S
from sanket_sim.dashboard.page.inspectors.drawing import drawn
from sanket_sim.dashboard.page.inspectors.sheet import (
    Block,
    Cell,
    Fact,
    Facts,
    Sheet,
    State,
    Table,
    Text,
    filled,
)
from sanket_sim.dashboard.page.ordering import Orders
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import Element, component, from_vue
from sanket_sim.dashboard.page.wording import rate, share, span, words
from sanket_sim.live.frames.json_text import value_of
from sanket_sim.live.meters.figures import score
from sanket_sim.simulation.compare import Comparison, Difference, compare

Body = Mapping[str, Any]
DIFFERENCES_MAX = 16

_VERDICTS: Mapping[str, State] = {"PASS": "ok", "FAIL": "critical"}


@from_vue("findings.vue")
def _findings(
    *,
    others: list[str],
    other: str,
    inside: Element,
    event_set_beside: Callable[[str], None],
) -> None:
    """Draw the headlines."""


@component
def findings(standing: Standing, orders: Orders) -> None:
    """Show what a run came to; beside another one, if somebody names it."""
    folder = Path(standing.folder)
    other = solara.use_reactive("")
    beside: solara.Reactive[tuple[Block, ...]] = solara.use_reactive(())

    def set_beside(name: str) -> None:
        other.set(name)
        beside.set((Text("Compared", ("Comparing …",)),) if name else ())
        if name:
            orders.in_background(lambda: beside.set(differences(folder.parent / name, folder)))

    own = solara.use_memo(lambda: headlines(read_findings(folder)), [standing.run_id])
    _findings(
        others=solara.use_memo(lambda: others_than(folder), [standing.run_id]),
        other=other.value,
        inside=drawn(Sheet("", "", (*own, *beside.value))),
        event_set_beside=set_beside,
    )


def read_findings(folder: Path) -> Body:
    """Read what a run came to; nothing if it left no findings."""
    path = folder / FINDINGS_NAME
    found: Body = value_of(path.read_bytes()) if path.is_file() else {}
    return found


def headlines(found: Body) -> tuple[Block, ...]:
    """Return the headlines of a run."""
    if not found:
        return (Text("", ("This run left no findings: nothing was measured.",)),)
    traffic, latency = found["traffic"], found["latency"]["end_to_end"]
    verdict = found["verdict"]["verdict"]
    return filled(
        (
            Facts("Money and verdict", tuple(_money(found, verdict))),
            Facts(
                "Traffic",
                (
                    Fact("Submitted", f"{traffic['submitted']:,}"),
                    Fact("Good", rate(_value(traffic["goodput_per_s"]))),
                    Fact("Failed, clean", f"{traffic['failed_clean']:,}"),
                    Fact("p50", span(_ns(latency["p50_s"]))),
                    Fact("p95", span(_ns(latency["p95_s"]))),
                    Fact("p99", span(_ns(latency["p99_s"]))),
                ),
            ),
            Text(
                "Resilience score: the leaks of the worst service",
                (found["executive"].get("worth", ""),),
            ),
        )
    )


def _money(found: Body, verdict: str) -> Iterator[Fact]:
    leaked = found["traffic"]["leaked"]
    yield Fact("Leaked", f"{leaked:,} payments", "critical" if leaked else "ok")
    held = found["conservation"]["holds"]
    yield Fact("Money", "conserved" if held else "not conserved", "ok" if held else "critical")
    yield Fact("Steady state", words(verdict), _VERDICTS.get(verdict, "warn"))
    executive = found["executive"]
    level = 100 * _value(found["resilience"]["sli"])
    yield Fact("Service level", f"{score(level)} % good" if not math.isnan(level) else "no demand")
    yield Fact("Resilience score", f"{_value(executive['resilience_score']):.4g} / 100")
    yield Fact("Bottleneck", _named(executive["critical_bottleneck"]))
    yield Fact("Leak rate", share(_value(executive["global_leakage_rate_percent"]) / 100))


def _named(service: str | None) -> str:
    """Write a service's name as people say it; at most one is the worst."""
    said = words(service or "none")
    return said[:1].upper() + said[1:]


def _value(finding: Any) -> float:
    value = finding["value"] if isinstance(finding, dict) else finding
    return float("nan") if value is None else float(value)


def _ns(finding: Any) -> float:
    return 1e9 * _value(finding)


def others_than(folder: Path) -> list[str]:
    """Return the other runs beside a run's folder that have findings."""
    found = folder.parent.glob(f"*/{FINDINGS_NAME}")
    return sorted(path.parent.name for path in found if path.parent != folder)


def differences(base: Path, other: Path) -> tuple[Block, ...]:
    """Compare two runs, the surest differences first."""
    try:
        compared = compare(base, other)
    except SanketError as error:
        return (Text("Compared", (str(error),)),)
    return filled((_table(base.name, compared), Text("", tuple(compared.warnings))))


def _table(name: str, compared: Comparison) -> Table:
    told = sorted(filter(_says_something, compared.differences), key=_doubt)
    rows = tuple(map(_difference, told[:DIFFERENCES_MAX]))
    columns = ("", "There", "Here", "Change")
    return Table(f"Against {name}", columns, rows, (False, True, True, True))


def _says_something(one: Difference) -> bool:
    return not math.isnan(one.change.value) and any((one.base, one.other))


def _doubt(one: Difference) -> bool:
    return not one.significant


def _difference(one: Difference) -> tuple[Cell, ...]:
    label, write = _reading_of(one.metric, one.currency)
    change = one.change.value
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else ""
    doubt = "" if one.significant else " (may be chance)"
    state: State = "warn" if one.significant else ""
    return (
        Cell(label[:1].upper() + label[1:]),
        Cell(write(one.base)),
        Cell(write(one.other)),
        Cell(f"{sign}{write(abs(change))}{doubt}", state),
    )


def _reading_of(metric: str, currency: str) -> tuple[str, Callable[[float], str]]:
    """Return how people call a metric, and how its values are written."""
    if metric in _READINGS:
        return _READINGS[metric]
    label = words(metric.removesuffix(f".{currency}").replace(".", ", ")).lower()
    if currency:
        label = label.removesuffix(" minor")
        return label, lambda value: format_minor(round(value), currency)
    return label, lambda value: f"{value:,.4g}"


def _seconds(value: float) -> str:
    return span(value * NS_PER_S)


_READINGS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "availability": ("availability", share),
    "failure_rate": ("failed", share),
    "leak_rate_count": ("leaked", share),
    "latency_mean_s": ("mean latency", _seconds),
    "offered_per_window": ("submitted a window", lambda value: f"{value:,.1f}"),
    "fraud_recall": ("fraud caught", share),
    "honest_flagged_rate": ("honest payments flagged", share),
}
