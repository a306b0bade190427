"""Inspectors: everything about one service, agent, payment, campaign or alert, in a drawer."""

from __future__ import annotations

from typing import Any

from sanket_sim.dashboard.page.drawer import drawer
from sanket_sim.dashboard.page.inspectors.agent import agent_sheet
from sanket_sim.dashboard.page.inspectors.alert import alert_sheet
from sanket_sim.dashboard.page.inspectors.campaign import campaign_sheet
from sanket_sim.dashboard.page.inspectors.drawing import drawn
from sanket_sim.dashboard.page.inspectors.payment import payment_sheet
from sanket_sim.dashboard.page.inspectors.service import service_sheet
from sanket_sim.dashboard.page.inspectors.sheet import Chip, Sheet, Text
from sanket_sim.dashboard.page.panel import Panel, Tab
from sanket_sim.dashboard.page.polling import use_polled
from sanket_sim.dashboard.page.weaving import component
from sanket_sim.live.flying.flight_deck import FlightDeck, FlightError
from sanket_sim.live.flying.orders import Inspect
from sanket_sim.live.frames.json_text import value_of

LOOKS_S = 1.0
"""How often an open inspector asks again."""
ASKING = Sheet("Looking …", "", ())


@component
def inspector(deck: FlightDeck, tab: Tab, panel: Panel, run_id: int) -> None:
    """Show everything about one thing, and follow it while it is open."""

    def look() -> Sheet:
        return sheet_of(deck, panel, truth=tab.truth.value)

    seen = use_polled(look, ASKING, LOOKS_S, panel, run_id, tab.truth.value).value
    drawer(
        name=f"inspect-{panel.kind}",
        title=seen.title,
        subtitle=seen.subtitle,
        icon=seen.icon,
        inside=drawn(
            seen,
            look_into=lambda link: tab.open("inspect", link["kind"], link["key"]),
            inject_at=lambda target: tab.open("inject", "service", target),
        ),
        event_shut=lambda _: tab.close(),
    )


def sheet_of(deck: FlightDeck, panel: Panel, *, truth: bool) -> Sheet:
    """Ask the flight about one thing, and lay the answer out."""
    try:
        answer = deck.ask(Inspect(panel.kind, panel.key))  # type: ignore[arg-type]
    except FlightError as error:
        return Sheet(f"{panel.kind} {panel.key}", "", (Text("", (str(error),)),))
    if answer.missing or answer.problems:
        return _unknown(panel)
    status = deck.status
    assert status is not None, "a flight that answers has shown itself"
    return laid_out(panel.kind, value_of(answer.body), status.start, truth=truth)


def _unknown(panel: Panel) -> Sheet:
    what = f"{panel.kind} {panel.key}"
    said = f"There is no {what} in this run, or nothing is known of it yet."
    return Sheet(what.capitalize(), "", (Text("", (said,)),), (Chip("unknown"),))


def laid_out(kind: str, body: Any, start: str, *, truth: bool) -> Sheet:
    """Return the sheet of an answer."""
    match kind:
        case "payment":
            return payment_sheet(body, truth=truth)
        case "service":
            return service_sheet(body, start)
        case "alert":
            return alert_sheet(body, start)
        case "agent":
            return agent_sheet(body, start, truth=truth)
        case _:
            return campaign_sheet(body, start, truth=truth)


__all__ = ["inspector", "laid_out"]
