"""Incidents: what struck, how soon it was noticed, and when service was back."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sanket_sim.analysis.report.wording import duration, number
from sanket_sim.core.units import NS_PER_S
from sanket_sim.dashboard.page.inspectors.sheet import (
    Block,
    Cell,
    Fact,
    Facts,
    Link,
    State,
    Table,
    Text,
)
from sanket_sim.dashboard.page.summary.matter import Body, Matter, value
from sanket_sim.dashboard.page.wording import capital, clock_s, lasted

TOLD_MOST = 8
"""Rows of a table: the time-line and the list of alerts have them all."""
_TOPICS = ("SLO", "REPLICA", "BREAKER", "QUEUE")
"""Alerts that are about service; leaks, fraud and the books are told elsewhere."""
_LATER = "How long each service was down, on average, is told when the run has ended."


def incidents(matter: Matter) -> Iterator[Block]:
    """Tell what happened to service."""
    if matter.resilience:
        yield Facts(matter.titled("Incidents"), tuple(_facts(matter)))
    yield _struck(matter)
    yield _alerts(matter)
    if matter.ended:
        yield _services(matter)
    else:
        yield Text("", (_LATER,))


def _facts(matter: Matter) -> Iterator[Fact]:
    resilience, found = matter.resilience, matter.resilience["recovery"]
    struck_s, told_s = value(found["t_fault_s"]), value(resilience["t_detect_s"])
    yield Fact("First struck", _at(matter, struck_s, "nothing"))
    yield Fact("Time to detect", _detected(struck_s, told_s))
    yield _recovered(matter, found)
    after_s = value(found["after_effect_s"])
    if not math.isnan(after_s):
        yield Fact("After-effect", duration(after_s) if after_s else "none")
    yield Fact("Deepest fall", f"{number(found['depth_percent'])} points")
    yield Fact(
        "Loss of service", f"as {number(value(found['loss_percent_s']) / 100)} s of full outage"
    )


def _at(matter: Matter, instant_s: float, nothing: str) -> str:
    return nothing if math.isnan(instant_s) else clock_s(matter.start, round(instant_s * NS_PER_S))


def _detected(struck_s: float, told_s: float) -> str:
    if math.isnan(told_s):
        return "no alert"
    return f"{duration(told_s)} after start" if math.isnan(struck_s) else _after(told_s - struck_s)


def _after(seconds: float) -> str:
    return duration(seconds) if seconds > 0 else "at once"


def _recovered(matter: Matter, found: Body) -> Fact:
    if not found["degraded"]:
        return Fact("Time to recover", "never off target", "ok")
    if not found["recovered"]:
        return Fact(
            "Time to recover", "not before the end" if matter.ended else "not yet", "critical"
        )
    spent_s = value(found["time_to_recover_s"])
    if math.isnan(spent_s):
        back_s = value(found["t_recover_s"])
        return Fact("Back on target", _at(matter, back_s, "-"))
    return Fact("Time to recover", duration(spent_s))


def _struck(matter: Matter) -> Table:
    """List faults and traps, the newest first."""
    begun = [
        one
        for one in matter.metrics["disturbances"]
        if one["begin_ns"] <= matter.now_ns and not one["pending"]
    ]
    rows = tuple(
        (
            Cell(clock_s(matter.start, one["begin_ns"])),
            Cell(capital(one["label"]), link=matter.link(one["target"])),
            Cell(_until(matter, one)),
            Cell("planned" if one["by"] == "experiment" else f"by {one['by']}"),
        )
        for one in sorted(begun, key=lambda one: -int(one["begin_ns"]))[:TOLD_MOST]
    )
    return Table("What struck", ("At", "Fault or trap", "Until", "Who"), rows, (False,) * 4)


def _until(matter: Matter, one: Body) -> str:
    if one["end_ns"] > matter.now_ns:
        return "to the end" if matter.ended else "goes on"
    return clock_s(matter.start, one["end_ns"])


def _alerts(matter: Matter) -> Table:
    about = [one for one in matter.alerts.get("alerts", ()) if one["topic"] in _TOPICS]
    rows = tuple(
        (
            Cell(clock_s(matter.start, one["begin_ns"])),
            Cell(one["title"], link=Link("alert", str(one["alert_id"]))),
            Cell(*_lasted(one)),
        )
        for one in sorted(about, key=_gravity)[:TOLD_MOST]
    )
    more = len(about) - len(rows)
    gravest = f": the {TOLD_MOST} gravest of {len(about)}" if more > 0 else ""
    return Table(f"Alerts about service{gravest}", ("Since", "Alert", "Lasted"), rows, (False,) * 3)


def _gravity(alert: Body) -> tuple[bool, bool, int]:
    return alert["severity"] != "critical", alert["topic"] != "SLO", -int(alert["begin_ns"])


def _lasted(alert: Body) -> tuple[str, State]:
    if alert["end_ns"] is None:
        return "open", "critical" if alert["severity"] == "critical" else "warn"
    return lasted(alert["end_ns"] - alert["begin_ns"]), ""


def _services(matter: Matter) -> Table:
    """List the services that fell below the objective, those that were down longest first."""
    fell = [one for one in matter.resilience["by_service"].items() if one[1]["episodes"]]
    fell.sort(key=lambda one: -float(one[1]["episodes"]) * value(one[1]["mttr_s"]))
    rows = tuple(
        (
            Cell(matter.label(name), link=matter.link(name)),
            Cell(f"{one['episodes']:,}"),
            Cell(duration(value(one["mttr_s"]))),
            Cell(duration(value(one["mtbf_s"]))),
        )
        for name, one in fell[:TOLD_MOST]
    )
    columns = ("Service", "Times", "Time to recover", "Up between")
    return Table("Below the objective, on average", columns, rows, (False, True, True, True))
