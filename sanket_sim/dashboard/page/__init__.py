"""The page that Solara serves: the deck, what steers it, and what looks into it.

Every tab has its own; what they share is the flight deck. A component either weaves others (a
function under `weaving.component`) or draws markup of its own (a ``.vue`` template beside it,
under `weaving.from_vue`), with no Vuetify in between, so that everything looks as the deck does.
"""

from __future__ import annotations

import solara

from sanket_sim.dashboard.cabin import flight_deck
from sanket_sim.dashboard.page.controls import run_controls
from sanket_sim.dashboard.page.host import deck_host
from sanket_sim.dashboard.page.ordering import Notice, Orders
from sanket_sim.dashboard.page.polling import use_polled
from sanket_sim.dashboard.page.standing import standing_of
from sanket_sim.dashboard.page.weaving import Element, component

LOOKS_S = 0.25
"""How often a tab looks what became of the flight."""


@component
def Page() -> None:  # noqa: N802  # Solara's name for it
    """Show the flight deck."""
    solara.Title("Sanket flight deck")
    deck = flight_deck()
    notice = solara.use_reactive(Notice(""))
    orders = solara.use_memo(lambda: Orders(deck, notice.set), [])
    standing = use_polled(lambda: standing_of(deck), LOOKS_S)
    deck_host(
        ws="/ws",
        view="resilience",
        truth=False,
        controls=run_controls(standing.value, orders),
        event_inspect=print,
    )


@component
def Layout(children: list[Element]) -> None:  # noqa: N802  # Solara's name for it
    """Give the window to the page: no bar, no title row, no padding."""
    solara.Div(children=children, classes=["sk-page"])
