"""The services that hold a run up most, and why each is among them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sanket_sim.analysis.bottleneck import SIGNIFICANCE
from sanket_sim.dashboard.page.inspectors.sheet import Block, Cell, Table, Text
from sanket_sim.dashboard.page.summary.matter import Body, Matter, value
from sanket_sim.dashboard.page.wording import share

TOLD_MOST = 5
_HOW_NOW = "Ranked by how busy a service is times its part of all waiting, in the last seconds."
_HOW = "Ranked by what leaked of all that reached a service, then by time on the slowest paths."


def bottlenecks(matter: Matter) -> Iterator[Block]:
    """Tell the worst five."""
    rows = tuple(_measured(matter) if matter.ended else _now(matter))
    columns = ("", "Service", "Why")
    title = "Bottlenecks" if matter.ended else "Bottlenecks now"
    yield Table(title, columns, rows, (True, False, False))
    if rows:
        yield Text("", (_HOW if matter.ended else _HOW_NOW,))


def _now(matter: Matter) -> Iterator[tuple[Cell, ...]]:
    for place, one in enumerate(matter.so_far["bottlenecks"][:TOLD_MOST], start=1):
        why = f"{share(one['utilisation'])} busy, {share(one['time_share'])} of all waiting"
        yield Cell(str(place)), Cell(one["label"], link=matter.link(one["name"])), Cell(why)


def _measured(matter: Matter) -> Iterator[tuple[Cell, ...]]:
    found = matter.found["resilience"]
    ranked = sorted(found["by_service"].items(), key=_rank)
    asked = [(name, one) for name, one in ranked if one["visited"]]
    for place, (name, one) in enumerate(asked[:TOLD_MOST], start=1):
        why = "; ".join(_reasons(matter, name, one))
        yield Cell(str(place)), Cell(matter.label(name), link=matter.link(name)), Cell(why)


def _rank(named: tuple[str, Body]) -> tuple[float, float]:
    score = value(named[1]["seed_score"])
    return math.inf if math.isnan(score) else score, -float(named[1]["critical_path_share"])


def _reasons(matter: Matter, name: str, one: Body) -> Iterator[str]:
    leaked, visited = one["leaked"], one["visited"]
    if leaked:
        chance = matter.found["resilience"]["bottleneck"]["p_adjusted"].get(name, 1.0)
        sure = ", more than chance" if chance < SIGNIFICANCE else ""
        yield f"{share(leaked / visited)} of {visited:,} payments leaked{sure}"
    yield f"{share(one['critical_path_share'])} of the time on the slowest paths"
    busy = matter.found["latency"]["by_service"][name]["utilisation"]
    if busy is not None:
        yield f"{share(busy)} busy"
