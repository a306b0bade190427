"""Blocks that several inspectors show: edges with their breakers, what struck, links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sanket_sim.dashboard.page.inspectors.sheet import Cell, Line, Link, Log, State, Table
from sanket_sim.dashboard.page.wording import clock, clock_s

Body = Mapping[str, Any]
BREAKERS: Mapping[str, State] = {"open": "critical", "half_open": "warn", "closed": "ok"}
STRUCK_SHOWN = 8


def agent_link(agent_id: int) -> Link | None:
    """Return the way to an agent's inspector; None for nobody."""
    return Link("agent", str(agent_id)) if agent_id >= 0 else None


def payment_link(tx_id: int) -> Link:
    """Return the way to a payment's inspector."""
    return Link("payment", str(tx_id))


def service_link(name: str) -> Link | None:
    """Return the way to a service's inspector; None for none."""
    return Link("service", name) if name else None


def breaker_word(state: str) -> str:
    """Write the state of a breaker.

    Examples
    --------
    >>> breaker_word("half_open"), breaker_word("")
    ('half-open', 'none')
    """
    return state.replace("_", "-") or "none"


def edges_table(title: str, edges: list[Body]) -> Table:
    """Return what is agreed on edges, and how their breakers stand."""
    rows = tuple(
        (
            Cell(one["edge"]),
            Cell("; ".join(one["policy"])),
            Cell(breaker_word(one["breaker"]), BREAKERS.get(one["breaker"], "")),
        )
        for one in edges
    )
    return Table(title, ("Edge", "Policy", "Breaker"), rows, (False, False, False))


def struck_log(title: str, disturbances: list[Body], start: str) -> Log:
    """Return faults, traps and commands: since when, what, by whom, until when."""
    rows = tuple(
        Line(
            clock(start, one["begin_ns"]),
            f"{one['label']}, by {one['by']}, until {clock_s(start, one['end_ns'])}",
        )
        for one in disturbances
    )
    return Log(title, rows, STRUCK_SHOWN)
