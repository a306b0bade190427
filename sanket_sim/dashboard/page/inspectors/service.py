"""The service inspector: how it fares, what it owes its callers, and what leaks there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from sanket_sim.dashboard.page.inspectors.plainly import blocks_of
from sanket_sim.dashboard.page.inspectors.sheet import (
    Block,
    Chip,
    Fact,
    Facts,
    Gauge,
    Gauges,
    Sheet,
    State,
    filled,
)
from sanket_sim.dashboard.page.wording import millis, rate, share
from sanket_sim.live.frames import ServiceNow

Body = Mapping[str, Any]
_SHOWN = frozenset(field.name for field in fields(ServiceNow))
"""What the head of the sheet tells already."""
_WORDS: Mapping[str, str] = {"ok": "healthy", "warn": "strained", "critical": "failing"}


def service_sheet(body: Body) -> Sheet:
    """Return the sheet of one service.

    Parameters
    ----------
    body : mapping
        As `live.inspection.service` has it.
    """
    now = body.get("now", body)
    return Sheet(
        title=now["label"] or now["name"],
        subtitle=_replicas(now),
        blocks=filled((*_now(now), *blocks_of(body, _SHOWN | {"now"}))),
        chips=tuple(_chips(now)),
        target=now["name"],
    )


def _replicas(now: Body) -> str:
    up = sum(one["state"] == "UP" for one in now["replicas"])
    workers = sum(one["workers"] for one in now["replicas"])
    return f"{now['name']} · {up} of {len(now['replicas'])} replicas up · {workers} workers"


def _chips(now: Body) -> Iterator[Chip]:
    yield Chip(_WORDS.get(now["state"], "idle"), now["state"])
    if now["breaker"] and now["breaker"] != "closed":
        yield Chip(f"breaker {now['breaker'].replace('_', '-')}", "critical")


def _now(now: Body) -> Iterator[Block]:
    yield Facts(
        "",
        (
            Fact("Answered", rate(now["rate_per_s"])),
            Fact("In line", f"{now['queue']:,}", "warn" if now["queue"] else ""),
            Fact("Median", millis(now["p50_ms"])),
            Fact("p95", millis(now["p95_ms"])),
            Fact("p99", millis(now["p99_ms"])),
            Fact("Power", f"{now['power_w']:,.1f} W"),
        ),
    )
    yield Gauges("Load and trouble", tuple(_gauges(now)))


def _gauges(now: Body) -> Iterator[Gauge]:
    busy = now["utilisation"]
    yield Gauge("Utilisation", busy, share(busy), _judged(busy, 0.7, 0.9))
    for label, key in (("Errors", "error"), ("Retries", "retry"), ("Time-outs", "timeout")):
        value = now[f"{key}_share"]
        yield Gauge(label, value, share(value), _judged(value, 0.001, 0.05))
    yield Gauge("Leaks", now["leak_share"], share(now["leak_share"]), _judged(now["leaked"], 1, 1))


def _judged(value: float, warn: float, critical: float) -> State:
    if value >= critical:
        return "critical"
    return "warn" if value >= warn else "ok"
