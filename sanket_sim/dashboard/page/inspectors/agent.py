"""The agent inspector: who it is, what money did, and, behind a switch, what it is up to."""

from __future__ import annotations

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
    Line,
    Link,
    Log,
    Sheet,
    State,
    Table,
    filled,
)
from sanket_sim.dashboard.page.wording import clock, clock_s, words

Body = Mapping[str, Any]
_VERDICTS: Mapping[str, State] = {
    "ok": "ok",
    "moved": "ok",
    "leaked": "critical",
}
"""What is not among them needs a look."""


def agent_sheet(body: Body, start: str, *, truth: bool) -> Sheet:
    """Return the sheet of one agent.

    Parameters
    ----------
    body : mapping
        As `live.inspection.agent.AgentFile`.
    start : str
        When the run began, by the bank's clock.
    truth : bool
        Whether it may be told what the agent is really up to.
    """
    role = body["truth"]["role"] if truth else body["role"]
    said = [words(role), body["segment"], body["home"] or body["region"], f"no. {body['agent_id']}"]
    return Sheet(
        title=body["name"],
        subtitle=" · ".join(words(word) for word in said if word),
        blocks=filled(_blocks(body, start, truth=truth)),
        chips=tuple(_chips(body, truth=truth)),
        icon=role,
    )


def _chips(body: Body, *, truth: bool) -> Iterator[Chip]:
    if any(account["blocked_by"] for account in body["accounts"]):
        yield Chip("blocked", "critical")
    if body["left"]:
        yield Chip("has left the bank", "warn")
    if truth:
        known = body["truth"]
        if known["role"] != body["role"]:
            yield Chip(f"truth: {words(known['role'])}", "critical")
        if known["twin"]:
            yield Chip(f"honest, looks like {words(known['twin'])}", "accent")


def _blocks(body: Body, start: str, *, truth: bool) -> Iterator[Block]:
    if truth:
        yield _parts(body["truth"]["parts"])
    yield _accounts(body["accounts"])
    yield Facts("", tuple(_facts(body)))
    yield _alerts(body["alerts"], start)
    yield _payments(body["payments"], start, truth=truth)


def _parts(parts: list[Body]) -> Table:
    rows = tuple(
        (
            Cell(one["label"], link=Link("campaign", str(one["campaign_id"]))),
            Cell(words(one["part"])),
            Cell("yes" if one["found"] else "no", "ok" if one["found"] else "critical"),
        )
        for one in parts
    )
    return Table("Truth: campaigns", ("Campaign", "Part", "Noticed"), rows, (False, False, False))


def _accounts(accounts: list[Body]) -> Table:
    return Table(
        "Accounts",
        ("Account", "Balance", "At the start", ""),
        tuple(map(_account, accounts)),
        (False, True, True, False),
    )


def _account(account: Body) -> tuple[Cell, ...]:
    balance, currency = account["balance_minor"], account["currency"]
    closed = "closed" if account["closed"] else ", ".join(map(words, account["blocked_by"]))
    return (
        Cell(str(account["account_id"])),
        Cell(format_minor(balance, currency), "critical" if balance < 0 else ""),
        Cell(format_minor(account["opening_minor"], currency)),
        Cell(closed, "critical"),
    )


def _facts(body: Body) -> Iterator[Fact]:
    yield Fact("Devices", f"{body['devices_seen']} seen, {body['devices_enrolled']} enrolled")
    for key in ("failures", "complaints"):
        if body[key] is not None:
            yield Fact(key.capitalize(), str(body[key]), "warn" if body[key] else "")


def _alerts(alerts: list[Body], start: str) -> Log:
    rows = tuple(
        Line(clock(start, one["begin_ns"]), f"{one['title']}: {one['detail']}", one["severity"])
        for one in alerts
    )
    return Log("Alerts", rows, 6)


def _payments(payments: list[Body], start: str, *, truth: bool) -> Table:
    told = ("Truth",) if truth else ()
    columns = ("Time", "Payment", "With", "Amount", "Verdict", *told)
    rows = tuple(_payment(one, start, truth=truth) for one in payments)
    return Table("Latest payments", columns, rows, (False, False, False, True, False, False))


def _payment(one: Body, start: str, *, truth: bool) -> tuple[Cell, ...]:
    verdict = "leaked" if one["leaked"] else one["verdict"]
    cells = (
        Cell(clock_s(start, one["at_ns"])),
        Cell(words(one["kind"]), link=payment_link(one["tx_id"])),
        Cell(one["other"] or "-", link=agent_link(one["other_id"])),
        Cell(_amount(one)),
        Cell(verdict, _VERDICTS.get(verdict, "warn")),
    )
    return (*cells, Cell(words(one["truth"]), "critical")) if truth else cells


def _amount(one: Body) -> str:
    """Write an amount with its direction, where there is money."""
    if not one["amount_minor"]:
        return "-"
    sign = "+" if one["direction"] == "in" else "-"
    return sign + format_minor(one["amount_minor"], one["currency"])
