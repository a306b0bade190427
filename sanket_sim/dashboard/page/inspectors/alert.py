"""The alert inspector: what was seen, against which threshold, and what happened around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sanket_sim.core.money import format_minor
from sanket_sim.dashboard.page.inspectors.shared_blocks import (
    agent_link,
    edges_table,
    payment_link,
    service_link,
    struck_log,
)
from sanket_sim.dashboard.page.inspectors.sheet import (
    Block,
    Cell,
    Chip,
    Fact,
    Facts,
    Gauge,
    Gauges,
    Line,
    Link,
    Log,
    Sheet,
    State,
    Table,
    Text,
    filled,
)
from sanket_sim.dashboard.page.wording import clock, clock_s, lasted, millis, share, words

Body = Mapping[str, Any]
_SEVERITIES: Mapping[str, str] = {"critical": "critical", "warn": "warning", "ok": "information"}
_VERDICTS: Mapping[str, State] = {"ok": "ok", "moved": "", "leaked": "critical"}
"""What is not among them needs a look."""
_ROOM = 1.15
"""A gauge reaches this much beyond the largest of its figures."""


def alert_sheet(body: Body, start: str) -> Sheet:
    """Return the sheet of one alert.

    Parameters
    ----------
    body : mapping
        As `live.inspection.alert.AlertFile`.
    start : str
        When the run began, by the bank's clock.
    """
    alert = body["alert"]
    of_service = alert["subject_kind"] == "service"
    return Sheet(
        title=alert["title"],
        subtitle=f"Alert {alert['alert_id']} · {_topic(alert['topic'])}",
        blocks=filled(_blocks(body, start)),
        chips=tuple(_chips(alert)),
        icon="alert",
        target=alert["subject"] if of_service else "",
    )


def _topic(topic: str) -> str:
    return topic if topic == "SLO" else topic.lower()


def _chips(alert: Body) -> Iterator[Chip]:
    yield Chip(_SEVERITIES.get(alert["severity"], "note"), alert["severity"])
    yield Chip("still open", "warn") if alert["end_ns"] is None else Chip("over", "ok")


def _blocks(body: Body, start: str) -> Iterator[Block]:
    alert = body["alert"]
    yield Text("", tuple(filter(None, (alert["detail"],))))
    yield _when(body, start)
    yield from _figure(body, start)
    yield _subjects(body["subjects"])
    yield edges_table("Edges", body["edges"])
    yield struck_log("What struck or was commanded around it", body["disturbances"], start)
    yield _payments(body["payments"], start)
    yield _log(body["turns"], alert["detail"], start)
    yield _others(body["alerts"], start)
    yield Text("When it is raised, and when it is over", tuple(filter(None, (body["rule"],))))


def _when(body: Body, start: str) -> Facts:
    alert = body["alert"]
    is_open = alert["end_ns"] is None
    until_ns = body["now_ns"] if is_open else alert["end_ns"]
    over = "still open" if is_open else clock(start, until_ns)
    facts = (
        Fact("Seen since", clock(start, alert["begin_ns"])),
        Fact("Ended", over, "warn" if is_open else ""),
        Fact("Lasts" if is_open else "Lasted", lasted(until_ns - alert["begin_ns"])),
    )
    return Facts("", facts)


def _figure(body: Body, start: str) -> Iterator[Gauges]:
    """Draw the figure on one scale with its threshold."""
    measure = body["measure"]
    if measure is None:
        return
    told, worst = measure["value"], body["worst"]
    limits = [one for one in (measure["raised_at"], measure["critical_at"]) if one is not None]
    top = _ROOM * max(*limits, told or 0.0, worst or 0.0, 1e-9)
    rows = [("As last told", told)] if told == worst else [("As last told", told), ("Worst", worst)]
    mark = measure["raised_at"] / top
    gauges = tuple(
        Gauge(
            label, _reach(value, top), _written(value, measure["unit"]), _judged(value, body), mark
        )
        for label, value in rows
    )
    yield Gauges(measure["name"], gauges, _limits(measure, clock(start, body["told_ns"])))


def _reach(value: float | None, top: float) -> float:
    return 1.0 if value is None else value / top


def _judged(value: float | None, body: Body) -> State:
    """Judge a value as its alert was judged: what has no second threshold is as grave as that."""
    critical_at = body["measure"]["critical_at"]
    if critical_at is None:
        return "critical" if body["alert"]["severity"] == "critical" else "warn"
    return "critical" if value is None or value >= critical_at else "warn"


def _limits(measure: Body, told: str) -> str:
    """Say against what the figure is held."""
    unit, raised_at, critical_at = measure["unit"], measure["raised_at"], measure["critical_at"]
    said = [f"raised {'from' if raised_at else 'above'} {_written(raised_at, unit)}"]
    if critical_at is not None:
        said.append(f"critical from {_written(critical_at, unit)}")
    return f"Threshold (the mark): {', '.join(said)}. Last told at {told}."


def _written(value: float | None, unit: str) -> str:
    """Write a figure in its unit.

    Examples
    --------
    >>> _written(1230.0, "ms"), _written(0.0462, "share"), _written(162, "waiting")
    ('1.23 s', '4.62 %', '162 waiting')
    >>> _written(None, "ratio")
    'beyond any number'
    """
    if value is None:
        return "beyond any number"
    if unit in _UNITS:
        return _UNITS[unit](value)
    return f"{value:,.4g} {unit.removesuffix('s') if value == 1 else unit}"


def _times(value: float) -> str:
    return f"{value:,.3g}\N{MULTIPLICATION SIGN}"


_UNITS = {"ms": millis, "share": share, "ratio": _times}


def _subjects(subjects: list[Body]) -> Table:
    rows = tuple(
        (
            Cell(words(one["kind"])),
            Cell(one["label"], link=Link(one["kind"], one["key"])),
            Cell(one["said"]),
        )
        for one in subjects
    )
    return Table("What it is about", ("", "Name", "Now"), rows, (False, False, False))


def _payments(payments: list[Body], start: str) -> Table:
    """List the payments; nobody to blame and no latency belong to what was merely suspected."""
    judged = any(one["latency_ms"] is not None or one["root"] for one in payments)
    rows = tuple(_struck(one, start) if judged else _suspected(one, start) for one in payments)
    columns = ("Took", "Root") if judged else ("Customer",)
    numeric = (True, False) if judged else (False,)
    return Table(
        "Payments that show it",
        ("Time", "Payment", "Amount", "Verdict", *columns),
        rows,
        (False, False, True, False, *numeric),
    )


def _struck(one: Body, start: str) -> tuple[Cell, ...]:
    root = one["root"]
    return (
        *_payment(one, start),
        Cell(millis(one["latency_ms"])),
        Cell(root or "-", link=service_link(root)),
    )


def _suspected(one: Body, start: str) -> tuple[Cell, ...]:
    who = one["customer"]
    return (
        *_payment(one, start),
        Cell(who or "-", link=agent_link(one["customer_id"]) if who else None),
    )


def _payment(one: Body, start: str) -> tuple[Cell, ...]:
    verdict = words(one["leak_class"]) or one["verdict"]
    label = words(one["kind"]) or f"TX-{one['tx_id']}"
    return (
        Cell(clock_s(start, one["at_ns"])),
        Cell(label, link=payment_link(one["tx_id"])),
        Cell(format_minor(one["amount_minor"], one["currency"]) if one["amount_minor"] else "-"),
        Cell(verdict, "critical" if one["leak_class"] else _VERDICTS.get(one["verdict"], "warn")),
    )


def _log(turns: list[Body], detail: str, start: str) -> Log:
    """List the turns; what is said above already is not said again."""
    rows = tuple(
        Line(
            clock(start, one["at_ns"]),
            one["said"].removesuffix(f": {detail}"),
            _tone(one["severity"]),
        )
        for one in turns
    )
    return Log("What became of it", rows, 8)


def _standing(alert: Body) -> Cell:
    severity = _SEVERITIES.get(alert["severity"], "note")
    if alert["end_ns"] is not None:
        return Cell(f"{severity}, over")
    return Cell(f"{severity}, open", _tone(alert["severity"]))


def _tone(severity: State) -> State:
    return severity if severity in ("warn", "critical") else ""


def _others(others: list[Body], start: str) -> Table:
    rows = tuple(
        (
            Cell(clock_s(start, one["begin_ns"])),
            Cell(one["title"], link=Link("alert", str(one["alert_id"]))),
            _standing(one),
        )
        for one in others
    )
    return Table("Other alerts around it", ("Since", "Alert", ""), rows, (False, False, False))
