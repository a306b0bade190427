"""How fast the error budget burns, by the rules of the SRE workbook."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sanket_sim.analysis.report.wording import duration, number
from sanket_sim.core.units import NS_PER_S
from sanket_sim.dashboard.page.inspectors.sheet import Block, Cell, Fact, Facts, Table, Text
from sanket_sim.dashboard.page.summary.matter import Body, Matter, value
from sanket_sim.dashboard.page.wording import clock_s, share
from sanket_sim.live.meters.figures import TIMES


def burn(matter: Matter) -> Iterator[Block]:
    """Tell how much of the error budget is used up, and when somebody was called for it."""
    resilience = matter.resilience
    if not resilience:
        return
    yield Facts(matter.titled("Error budget burn"), tuple(_facts(resilience)))
    rows = tuple(_rule(matter, one) for one in resilience["burn"])
    columns = ("Rule", "Windows here", "Highest burn", "Alerts above", "First alert", "Alerting")
    numeric = (False, False, True, True, True, True)
    yield Table("", columns, rows, numeric)
    scale = resilience["burn_window_scale"]
    if scale < 1:
        yield Text("", (f"The run is shorter than three days: windows are scaled by {scale:.2g}.",))


def _facts(resilience: Body) -> Iterator[Fact]:
    target, served = resilience["target"], value(resilience["sli"])
    yield Fact("Objective", f"{100 * target:g} % good")
    if math.isnan(served):
        return
    used = (1 - served) / (1 - target)
    yield Fact("Ended badly", share(1 - served))
    yield Fact("Budget used", used_up(used), "critical" if used > 1 else "ok")


def used_up(used: float) -> str:
    """Write how much of a budget is gone.

    Examples
    --------
    >>> used_up(0.25), used_up(1.0), used_up(112.4)
    ('25 %', '100 %', '112 times all of it')
    """
    return f"{100 * used:.0f} %" if used < 2 else f"{used:,.3g} times all of it"


def _rule(matter: Matter, one: Body) -> tuple[Cell, ...]:
    first_s, burned = value(one["first_alert_s"]), one["burn_max"] > one["threshold"]
    spans = f"{duration(one['long_window_s'])} & {duration(one['short_window_s'])}"
    never = math.isnan(first_s)
    return (
        Cell(one["rule"]),
        Cell(spans),
        Cell(f"{number(one['burn_max'])}{TIMES}", "critical" if burned else ""),
        Cell(f"{number(one['threshold'])}{TIMES}"),
        Cell("never" if never else clock_s(matter.start, round(first_s * NS_PER_S))),
        Cell(share(one["alerting_share"])),
    )
