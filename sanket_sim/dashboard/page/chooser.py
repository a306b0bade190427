"""The experiment chooser: what is on the shelf, what it asks, its knobs; and off it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import solara

from sanket_sim.core.errors import InputError
from sanket_sim.dashboard.page.ordering import Notice, Orders
from sanket_sim.dashboard.page.panel import Tab
from sanket_sim.dashboard.page.parameters import (
    Offer,
    as_fields,
    check,
    file_of,
    offer_of,
    overrides_from,
    shelf,
)
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import component, from_vue
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.flying.orders import Problems

Complaints = list[dict[str, str]]
"""What is wrong, key by key, as the page shows it: ``path`` and ``message``."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to start, and whether the present run may end for it."""

    source: str
    overrides: dict[str, Any]
    sure: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """What became of a wish: it is under way, or wrong, or somebody must be asked first."""

    gone: bool = False
    asking: bool = False
    problems: Complaints = field(default_factory=list)


@from_vue("chooser.vue")
def _chooser(
    *,
    entries: list[dict[str, str]],
    source: str,
    parameters: list[dict[str, Any]],
    problems: Complaints,
    busy: bool,
    asking: bool,
    flying: str,
    event_look_at: Callable[[str], None],
    event_start_run: Callable[[dict[str, Any]], None],
    event_keep: Callable[[object], None],
    event_shut: Callable[[object], None],
) -> None:
    """Draw the dialog."""


@component
def chooser(standing: Standing, orders: Orders, tab: Tab) -> None:
    """Let somebody choose an experiment, turn its knobs and start it."""
    deck = orders.deck
    chosen = solara.use_reactive(file_of(deck.plan.source) if deck.plan else "")
    ask_for, offers, arrived = use_offers(orders)
    problems: solara.Reactive[Complaints] = solara.use_reactive([])
    busy, asking = solara.use_reactive(False), solara.use_reactive(False)

    def look_at(source: str) -> None:
        problems.set([])
        asking.set(False)
        chosen.set(source)
        ask_for(source)

    def start(asked: dict[str, Any]) -> None:
        source = asked["source"]
        if busy.value or source != chosen.value or source not in offers:
            return
        busy.set(True)
        problems.set([])
        overrides = overrides_from(asked["values"], offers[source].parameters)
        orders.in_background(lambda: carry_out(Wish(source, overrides, asking.value)))

    def carry_out(wish: Wish) -> None:
        try:
            became = depart(wish, deck, standing)
            asking.set(became.asking)
            problems.set(became.problems)
            if became.gone:
                tab.close()
                tab.notice.set(Notice("Off it goes"))
        finally:
            busy.set(False)

    solara.use_effect(lambda: look_at(chosen.value), [])
    unread = Offer(chosen.value, [], [])
    offer = solara.use_memo(lambda: offers.get(chosen.value, unread), [chosen.value, arrived])
    entries = solara.use_memo(lambda: shelf(served(deck)), [])
    _chooser(
        entries=entries,
        source=chosen.value,
        parameters=as_fields(offer.parameters),
        problems=[*problems.value, *_told(offer.problems)],
        busy=busy.value,
        asking=asking.value,
        flying=standing.experiment if standing.flying else "",
        event_look_at=look_at,
        event_start_run=start,
        event_keep=lambda _: asking.set(False),
        event_shut=lambda _: tab.close(),
    )


def use_offers(orders: Orders) -> tuple[Callable[[str], None], dict[str, Offer], int]:
    """Return how to ask for an experiment's knobs, those that have come, and how many these are.

    Each is kept beside the others, whichever is chosen by the time it comes.
    """
    offers: dict[str, Offer] = solara.use_memo(dict, [])
    arrived = solara.use_reactive(0)

    def read(source: str) -> None:
        offers[source] = offer_of(source)
        arrived.set(len(offers))

    def ask_for(source: str) -> None:
        if source not in offers:
            orders.in_background(lambda: read(source))

    return ask_for, offers, arrived.value


def depart(wish: Wish, deck: FlightDeck, standing: Standing) -> Departure:
    """Start what somebody wishes, unless it is wrong or would end a run that he may want."""
    try:
        check(wish.source, wish.overrides)
        if standing.flying and not wish.sure:
            return Departure(asking=True)
        speed = standing.speed if standing.state else None  # of the run before, if there is one
        deck.start(wish.source, wish.overrides, speed=speed, play=True)
    except InputError as error:
        return Departure(problems=_told(error.notes))
    return Departure(gone=True)


def served(deck: FlightDeck) -> list[str]:
    """Return the files of everything flown so far."""
    return list(dict.fromkeys(map(file_of, deck.sources)))


def _told(problems: Problems) -> Complaints:
    return [{"path": path, "message": message} for path, message in problems]
