"""The service inspector: how it fares, what it owes its callers, and what leaks there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sanket_sim.bank.health import UTILISATION
from sanket_sim.dashboard.page.inspectors.shared_blocks import (
    BREAKERS,
    breaker_word,
    edges_table,
    payment_link,
    struck_log,
)
from sanket_sim.dashboard.page.inspectors.sheet import (
    Block,
    Cell,
    Chart,
    Chip,
    Fact,
    Facts,
    Gauge,
    Gauges,
    Line,
    Log,
    Sheet,
    Table,
    filled,
)
from sanket_sim.dashboard.page.wording import clock, millis, rate, share, words

Body = Mapping[str, Any]
RANKS_TOLD = 3
"""Bottlenecks that are worth a word: some service always is the last of them."""
_WORDS: Mapping[str, str] = {"ok": "healthy", "warn": "strained", "critical": "failing"}


def service_sheet(body: Body, start: str) -> Sheet:
    """Return the sheet of one service.

    Parameters
    ----------
    body : mapping
        As `live.inspection.service.ServiceDetail`.
    start : str
        When the run began, by the bank's clock.
    """
    now = body["now"]
    return Sheet(
        title=now["label"] or now["name"],
        subtitle=_size(body),
        blocks=filled(_blocks(body, start)),
        chips=tuple(_chips(body)),
        target=now["name"],
    )


def _size(body: Body) -> str:
    replicas = body["now"]["replicas"]
    up = sum(one["state"] == "UP" for one in replicas)
    size = f"{up} of {len(replicas)} replicas up, {body['workers']} workers each"
    cap = body["queue_cap"]
    return f"{size}, {f'queue of {cap}' if cap >= 0 else 'queue without a cap'}"


def _chips(body: Body) -> Iterator[Chip]:
    now = body["now"]
    yield Chip(_WORDS.get(now["state"], "idle"), now["state"])
    if now["breaker"] and now["breaker"] != "closed":
        yield Chip(f"breaker {breaker_word(now['breaker'])}", BREAKERS[now["breaker"]])
    if body["rank"] == 1:
        yield Chip("bottleneck", "warn")
    elif 1 < body["rank"] <= RANKS_TOLD:
        yield Chip(f"bottleneck no. {body['rank']}")


def _blocks(body: Body, start: str) -> Iterator[Block]:
    now = body["now"]
    yield _now(body)
    yield Gauges("Load and trouble", tuple(_gauges(now)))
    yield from _charts(body["past"])
    yield Gauges("Replicas", tuple(_replicas(body)))
    yield _leaks(body)
    yield _endings(body)
    yield _changes(body["in_force"], start)
    yield from _policies(body["edges"])
    yield _breaker_log(body["breaker_log"], start)
    yield struck_log("What strikes it", body["faults"], start)


def _now(body: Body) -> Facts:
    now, ever = body["now"], body["since_start"]
    return Facts(
        "",
        (
            Fact("Answered", rate(now["rate_per_s"])),
            Fact("In line", f"{now['queue']:,}", now["judged"]["queue"].replace("ok", "")),
            Fact("Power", f"{now['power_w']:,.1f} W"),
            *(Fact(name, millis(now[f"{name}_ms"])) for name in ("p50", "p95", "p99")),
            *(
                Fact(f"{name} since start", millis(ever[f"{name}_ms"]))
                for name in ("p50", "p95", "p99")
            ),
        ),
    )


def _gauges(now: Body) -> Iterator[Gauge]:
    for label, key, state in (
        ("Utilisation", "utilisation", "utilisation"),
        ("Errors", "error_share", "errors"),
        ("Retries", "retry_share", "retries"),
        ("Time-outs", "timeout_share", "timeouts"),
        ("Leaks", "leak_share", "leaks"),
    ):
        yield Gauge(label, now[key], share(now[key]), now["judged"][state])


def _charts(past: Body) -> Iterator[Chart]:
    for title, key, write in (
        ("Answered", "rate_per_s", rate),
        ("p99", "p99_ms", millis),
        ("In line", "queue", str),
        ("Utilisation", "utilisation", share),
    ):
        values = tuple(past[key])
        if any(values):
            yield Chart(title, values, write(values[-1]), "warn" if key == "queue" else "accent")


def _replicas(body: Body) -> Iterator[Gauge]:
    pairs = zip(body["now"]["replicas"], body["replica_utilisation"], strict=False)
    for place, (replica, busy) in enumerate(pairs):
        up = replica["state"] == "UP"
        said = share(busy) if up else replica["state"].lower()
        yield Gauge(f"Replica {place}", busy, said, UTILISATION.judge(busy) if up else "critical")


def _leaks(body: Body) -> Table:
    rows = tuple(
        (Cell(one["operation"], "critical"), Cell(f"{one['leaks']:,}"), _payment(one["tx_ids"]))
        for one in body["leaking"]
    )
    return Table("Where it leaks", ("Operation", "Leaks", "Such as"), rows, (False, True, False))


def _payment(tx_ids: list[int]) -> Cell:
    if not tx_ids:
        return Cell("-")
    return Cell(f"TX-{tx_ids[-1]}", link=payment_link(tx_ids[-1]))


def _endings(body: Body) -> Table:
    rows = tuple(
        (Cell(one["words"]), Cell(f"{one['lately']:,}"), Cell(f"{one['since_start']:,}"))
        for one in body["endings"]
    )
    return Table("How attempts ended", ("", "Lately", "In all"), rows, (False, True, True))


def _changes(changes: list[Body], start: str) -> Table:
    rows = tuple(
        (
            Cell(one["target"] or "controls"),
            Cell(words(one["setting"])),
            Cell(_value(one["value"]), "warn"),
            Cell(f"{one['by']}, {clock(start, one['since_ns'])}"),
        )
        for one in changes
    )
    title, heads = "Changed, and in force now", ("Of", "Setting", "Now", "By, since")
    return Table(title, heads, rows, (False, False, False, False))


def _value(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _policies(edges: list[Body]) -> Iterator[Table]:
    for title, incoming in (("What its callers do", True), ("What it does when it calls", False)):
        yield edges_table(title, [one for one in edges if one["incoming"] == incoming])


def _breaker_log(changes: list[Body], start: str) -> Log:
    rows = tuple(
        Line(
            clock(start, one["at_ns"]),
            f"{one['edge']}: {breaker_word(one['state'])}",
            BREAKERS.get(one["state"], ""),
        )
        for one in changes
    )
    return Log("Breakers", rows, 8)
