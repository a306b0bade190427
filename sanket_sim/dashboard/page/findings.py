"""The findings of a run that has ended: its headlines, its report, and another run beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import solara

from sanket_sim.analysis.findings import FINDINGS_NAME
from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.dashboard.page.beside import differences
from sanket_sim.dashboard.page.inspectors.drawing import drawn
from sanket_sim.dashboard.page.inspectors.sheet import (
    Block,
    Fact,
    Facts,
    Sheet,
    State,
    Text,
    filled,
)
from sanket_sim.dashboard.page.ordering import Orders
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import Element, component, from_vue
from sanket_sim.dashboard.page.wording import millis, rate, share, words
from sanket_sim.live.frames.json_text import value_of
from sanket_sim.live.meters.figures import score

Body = Mapping[str, Any]

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
                    Fact("p50", _seconds(_value(latency["p50_s"]))),
                    Fact("p95", _seconds(_value(latency["p95_s"]))),
                    Fact("p99", _seconds(_value(latency["p99_s"]))),
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


def others_than(folder: Path) -> list[str]:
    """Return the other runs beside a run's folder that have findings."""
    found = folder.parent.glob(f"*/{FINDINGS_NAME}")
    return sorted(path.parent.name for path in found if path.parent != folder)


def _seconds(value: float) -> str:
    return millis(None if math.isnan(value) else value * NS_PER_S / NS_PER_MS)
