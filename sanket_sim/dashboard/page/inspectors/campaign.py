"""The campaign inspector: what somebody is up to, with whom, and what has been noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sanket_sim.core.money import format_minor
from sanket_sim.dashboard.page.inspectors.shared_blocks import agent_link, payment_link
from sanket_sim.dashboard.page.inspectors.sheet import (
    Block,
    Cell,
    Chip,
    Fact,
    Facts,
    Gauge,
    Gauges,
    Sheet,
    Table,
    Text,
    filled,
)
from sanket_sim.dashboard.page.wording import clock, clock_s, share, words

Body = Mapping[str, Any]
NODES_MOST = 8
"""Most who are listed of one layer and part: a campaign may have hundreds of victims."""


def campaign_sheet(body: Body, start: str, *, truth: bool) -> Sheet:
    """Return the sheet of one campaign.

    Parameters
    ----------
    body : mapping
        As `live.inspection.campaign.CampaignFile`.
    start : str
        When the run began, by the bank's clock.
    truth : bool
        Whether the plan behind it may be told.
    """
    case = body["case"]
    found = case["found"]
    if not (found or truth):
        return _hidden(case)
    return Sheet(
        title=case["label"] or f"Campaign {case['campaign_id']}",
        subtitle=f"{words(case['typology'])} · campaign {case['campaign_id']}",
        blocks=filled(_blocks(body, start, truth=truth)),
        chips=(Chip("noticed by the bank", "ok") if found else Chip("not noticed", "critical"),),
        icon="fraudster",
    )


def _hidden(case: Body) -> Sheet:
    """Return the sheet of a campaign that only the simulator knows of."""
    said = (
        "The bank has not noticed this campaign.",
        "What it is and who takes part is ground truth: switch that on, by the eye in the header.",
    )
    title = f"Campaign {case['campaign_id']}"
    return Sheet(title, "Not noticed yet", (Text("", said),), (Chip("ground truth hidden"),))


def _blocks(body: Body, start: str, *, truth: bool) -> Iterator[Block]:
    yield Facts("", tuple(_facts(body, start)))
    yield _caught(body["case"])
    if truth and body["plan"]:
        yield Facts("Truth: the plan", tuple(_plan(body["plan"])))
    yield _nodes(body)
    yield _edges(body)
    yield _moves(body["case"]["moves"], start)


def _facts(body: Body, start: str) -> Iterator[Fact]:
    case, currency = body["case"], body["currency"]
    yield Fact("Began", clock(start, case["begun_ns"]))
    found_ns = body["found_ns"]
    yield Fact("Noticed", "not yet" if found_ns is None else clock(start, found_ns))
    yield Fact("Payments", f"{case['payments']:,}")
    if case["uncounted"]:
        yield Fact("of them in the warm-up", f"{case['uncounted']:,}, not counted on the desk")
    yield Fact("Accounts", f"{case['accounts']:,}")
    yield Fact("Moved", format_minor(body["moved_minor"], currency))
    yield Fact("Stopped", format_minor(case["stopped_minor"], currency), "ok")
    lost = case["lost_minor"]
    yield Fact("Lost", format_minor(lost, currency), "critical" if lost else "")


def _caught(case: Body) -> Gauges:
    judged = case["caught"] + case["missed"]
    if not judged:
        return Gauges("", ())
    caught = case["caught"] / judged
    text = f"{case['caught']} of {judged}"
    return Gauges("", (Gauge("Payments caught", caught, text, "ok"),), f"{share(caught)} of them")


def _plan(plan: Body) -> Iterator[Fact]:
    yield Fact("Name", plan["name"])
    yield Fact("Sophistication", f"{plan['sophistication']:.2f}")
    yield Fact("Pace", f"{plan['pace']:.2g}")
    if plan["end"]:
        yield Fact("Ended", words(plan["end"]))


def _nodes(body: Body) -> Table:
    """List who takes part; of many in one layer and part only the first, and how many more."""
    shown, left_out = _shortened(body["nodes"])
    rows = tuple(
        (
            Cell(one["name"], link=agent_link(one["agent_id"])),
            Cell(words(one["part"])),
            Cell(str(one["layer"])),
        )
        for one in shown
    ) + tuple(
        (Cell(f"and {count:,} more"), Cell(words(part)), Cell(str(layer)))
        for (layer, part), count in left_out.items()
    )
    return Table("Who takes part", ("Name", "Part", "Layer"), rows, (False, False, True))


def _shortened(nodes: list[Body]) -> tuple[list[Body], Counter[tuple[int, str]]]:
    """Return whom to list, and how many of each layer and part are not listed."""
    met: Counter[tuple[int, str]] = Counter()
    shown, left_out = [], Counter[tuple[int, str]]()
    for one in sorted(nodes, key=lambda one: int(one["layer"])):
        group = (one["layer"], one["part"])
        met[group] += 1
        if met[group] <= NODES_MOST:
            shown.append(one)
        else:
            left_out[group] += 1
    return shown, left_out


def _edges(body: Body) -> Table:
    names = {one["agent_id"]: one["name"] for one in body["nodes"]}
    currency = body["currency"]
    rows = tuple(
        (
            Cell(names.get(one["debtor"], "-")),
            Cell(names.get(one["creditor"], "-")),
            Cell(f"{one['payments']:,}"),
            Cell(format_minor(one["moved_minor"], currency)),
            Cell(format_minor(one["stopped_minor"], currency)),
        )
        for one in body["edges"]
    )
    columns = ("From", "To", "Payments", "Moved", "Stopped")
    return Table("The way of the money", columns, rows, (False, False, True, True, True))


def _moves(moves: list[Body], start: str) -> Table:
    rows = tuple(
        (
            Cell(clock_s(start, one["at_ns"])),
            Cell(words(one["stage"]), link=payment_link(one["tx_id"])),
            Cell(format_minor(one["amount_minor"], one["currency"])),
            Cell(words(one["fate"]), "warn" if one["flagged"] else ""),
        )
        for one in moves
    )
    columns = ("Time", "Stage", "Amount", "Fate")
    return Table("Its latest moves", columns, rows, (False, False, True, False))
