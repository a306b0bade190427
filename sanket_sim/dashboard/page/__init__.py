"""The page that Solara serves: the deck, what steers it, and what looks into it.

Every tab has its own; what they share is the flight deck. A component either weaves others (a
function under `weaving.component`) or draws markup of its own (a ``.vue`` template beside it,
under `weaving.from_vue`), with no Vuetify in between, so that everything looks as the deck does.
"""

from __future__ import annotations

import solara

from sanket_sim.dashboard.cabin import flight_deck
from sanket_sim.dashboard.page.actions import actions
from sanket_sim.dashboard.page.chooser import chooser
from sanket_sim.dashboard.page.controls import run_controls
from sanket_sim.dashboard.page.drawer import drawer
from sanket_sim.dashboard.page.findings import findings
from sanket_sim.dashboard.page.host import deck_host
from sanket_sim.dashboard.page.inject import inject
from sanket_sim.dashboard.page.inspectors import inspector
from sanket_sim.dashboard.page.looks import looks
from sanket_sim.dashboard.page.notices import snackbar
from sanket_sim.dashboard.page.ordering import Orders
from sanket_sim.dashboard.page.panel import Tab, tab_of
from sanket_sim.dashboard.page.polling import use_polled
from sanket_sim.dashboard.page.standing import Standing, standing_of
from sanket_sim.dashboard.page.weaving import Element, component

LOOKS_S = 0.25
"""How often a tab looks what became of the flight."""


@component
def Page() -> None:  # noqa: N802  # Solara's name for it
    """Show the flight deck."""
    solara.Title("Sanket flight deck")
    deck = flight_deck()
    asked = solara.use_router().search
    tab = solara.use_memo(lambda: tab_of(asked), [])
    orders = solara.use_memo(lambda: Orders(deck, tab.notice.set), [])
    standing = use_polled(lambda: standing_of(deck), Standing(), LOOKS_S).value
    deck_host(
        ws="/ws",
        view=tab.view.value,
        truth=tab.truth.value,
        controls=[run_controls(standing, orders), actions(standing, tab), looks(tab)],
        event_show_truth=tab.truth.set,
        event_inspect=lambda seen: tab.open("inspect", seen["kind"], seen["key"]),
    )
    beside_deck(standing, orders, tab)
    said = tab.notice.value
    snackbar(text=said.text, tone=said.tone, number=said.number)


@component
def beside_deck(standing: Standing, orders: Orders, tab: Tab) -> None:
    """Show what lies beside the deck, if anything does."""
    panel = tab.panel.value
    if panel.name == "experiments":
        chooser(standing, orders, tab)
    elif panel.name == "inject":
        drawer(
            name="inject",
            title="Inject",
            subtitle="Disturb the run, or mend it; every command is recorded",
            icon="inject",
            inside=inject(standing, orders, tab, panel.key),
            event_shut=lambda _: tab.close(),
        )
    elif panel.name == "findings":
        drawer(
            name="findings",
            title="Findings" if standing.state == "ended" else "Findings so far",
            subtitle=standing.folder,
            icon="report",
            inside=findings(standing, orders, tab),
            event_shut=lambda _: tab.close(),
        )
    elif panel.name == "inspect":
        inspector(orders.deck, tab, panel, standing.run_id)
    else:
        solara.Div()


@component
def Layout(children: list[Element]) -> None:  # noqa: N802  # Solara's name for it
    """Give the window to the page: no bar, no title row, no padding."""
    solara.Div(children=children, classes=["sk-page"])
