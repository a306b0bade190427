"""The experiment chooser: what is on the shelf, what it asks, its knobs; and off it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from sanket_sim.core.errors import InputError
from sanket_sim.dashboard.page.ordering import Notice, Orders
from sanket_sim.dashboard.page.panel import Tab
from sanket_sim.dashboard.page.parameters import (
    Offer,
    as_fields,
    file_of,
    offer_of,
    overrides_from,
    shelf,
)
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import component, from_vue

Problems = list[dict[str, str]]


@from_vue("chooser.vue")
def _chooser(
    *,
    entries: list[dict[str, str]],
    source: str,
    parameters: list[dict[str, Any]],
    problems: Problems,
    busy: bool,
    flying: str,
    event_look_at: Callable[[str], None],
    event_start_run: Callable[[dict[str, Any]], None],
    event_shut: Callable[[object], None],
) -> None:
    """Draw the dialog."""


@component
def chooser(standing: Standing, orders: Orders, tab: Tab) -> None:
    """Let somebody choose an experiment, turn its knobs and start it."""
    plan = orders.deck.plan
    offer = solara.use_reactive(Offer(file_of(plan.source) if plan else "", [], []))
    problems: solara.Reactive[Problems] = solara.use_reactive([])
    busy = solara.use_reactive(False)

    def look_at(source: str) -> None:
        problems.set([])
        offer.set(Offer(source, [], []))
        orders.in_background(lambda: offer.set(offer_of(source)))

    def start(turned: dict[str, Any]) -> None:
        overrides = overrides_from(turned, offer.value.parameters)
        busy.set(True)
        problems.set([])
        orders.in_background(lambda: fly(overrides))

    def fly(overrides: dict[str, Any]) -> None:
        try:
            orders.deck.start(offer.value.source, overrides, speed=standing.speed, play=True)
        except InputError as error:
            problems.set([{"path": one.path, "message": one.message} for one in error.problems])
        else:
            tab.close()
            tab.notice.set(Notice("Off it goes"))
        finally:
            busy.set(False)

    solara.use_effect(lambda: look_at(offer.value.source), [])
    _chooser(
        entries=solara.use_memo(lambda: shelf(offer.value.source), []),
        source=offer.value.source,
        parameters=as_fields(offer.value.parameters),
        problems=[*problems.value, *_said(offer.value)],
        busy=busy.value,
        flying=standing.experiment if standing.flying else "",
        event_look_at=look_at,
        event_start_run=start,
        event_shut=lambda _: tab.close(),
    )


def _said(offer: Offer) -> Problems:
    return [{"path": one.path, "message": one.message} for one in offer.problems]
