"""What a run amounts to, so far or in the end; its report, and another run beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara

from sanket_sim.analysis.findings import FINDINGS_NAME
from sanket_sim.dashboard.page.beside import differences
from sanket_sim.dashboard.page.inspectors.drawing import drawn
from sanket_sim.dashboard.page.inspectors.sheet import Block, Sheet, Text
from sanket_sim.dashboard.page.ordering import Orders
from sanket_sim.dashboard.page.panel import Tab
from sanket_sim.dashboard.page.polling import use_polled
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.summary import Matter, summary
from sanket_sim.dashboard.page.weaving import Element, component, from_vue
from sanket_sim.live.flying.flight_deck import FlightDeck, FlightError
from sanket_sim.live.flying.orders import Inspect
from sanket_sim.live.frames.json_text import JsonObject, object_of

LOOKS_S = 1.0
"""How often an open panel asks the run again what it amounts to."""
ASKING: tuple[Block, ...] = (Text("", ("Looking …",)),)


@from_vue("findings.vue")
def _findings(
    *,
    ended: bool,
    others: list[str],
    other: str,
    inside: Element,
    event_set_beside: Callable[[str], None],
) -> None:
    """Draw the panel."""


@component
def findings(standing: Standing, orders: Orders, tab: Tab) -> None:
    """Show what a run amounts to; when it has ended, beside another one, if somebody names it."""
    folder, ended = Path(standing.folder), standing.state == "ended"
    other = solara.use_reactive("")
    beside: solara.Reactive[tuple[Block, ...]] = solara.use_reactive(())

    def set_beside(name: str) -> None:
        other.set(name)
        beside.set((Text("Compared", ("Comparing …",)),) if name else ())
        if name:
            orders.in_background(lambda: beside.set(differences(folder.parent / name, folder)))

    subjects = standing.run_id, ended
    told = use_polled(lambda: told_of(orders.deck, folder, ended=ended), ASKING, LOOKS_S, *subjects)
    _findings(
        ended=ended,
        others=solara.use_memo(
            lambda: others_than(folder) if ended and folder.name else [], list(subjects)
        ),
        other=other.value,
        inside=drawn(
            Sheet("", "", (*beside.value, *told.value)),
            look_into=lambda link: tab.open("inspect", link["kind"], link["key"]),
        ),
        event_set_beside=set_beside,
    )


def told_of(deck: FlightDeck, folder: Path, *, ended: bool) -> tuple[Block, ...]:
    """Tell what is known of a run: by its findings, if it has ended, and by what it answers."""
    metrics, alerts = deck.body("metrics"), deck.body("alerts")
    if metrics is None:
        return (Text("", ("There is no run.",)),)
    matter = Matter(so_far=so_far_of(deck), metrics=metrics, alerts=alerts or {})
    if ended:
        found = read_findings(folder) if folder.name else {}
        if not found:
            return (Text("", ("This run left no findings: nothing was measured.",)),)
        return summary(replace(matter, found=found))
    if not matter.so_far:
        return (Text("", ("The run is not there yet, or does not answer.",)),)
    return summary(matter)


def so_far_of(deck: FlightDeck) -> JsonObject:
    """Ask the run what it amounts to; nothing if it does not answer."""
    try:
        answer = deck.ask(Inspect("run"))
    except FlightError:
        return {}
    return {} if answer.missing or answer.problems else object_of(answer.body)


def read_findings(folder: Path) -> dict[str, Any]:
    """Read what a run came to; nothing if it left no findings."""
    path = folder / FINDINGS_NAME
    return object_of(path.read_bytes()) if path.is_file() else {}


def others_than(folder: Path) -> list[str]:
    """Return the other runs beside a run's folder that have findings."""
    found = folder.parent.glob(f"*/{FINDINGS_NAME}")
    return sorted(path.parent.name for path in found if path.parent != folder)
