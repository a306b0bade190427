"""The page that Solara serves."""

from __future__ import annotations

from pathlib import Path

import ipyvue
import solara
import traitlets

from sanket_sim.dashboard.cabin import flight_deck
from sanket_sim.live.orders import Pause, Play


class Deck(ipyvue.VueTemplate):  # type: ignore[misc]  # ipyvue carries no types
    """Hosts the custom element."""

    template_file = str(Path(__file__).parent / "deck.vue")
    ws = traitlets.Unicode("/ws").tag(sync=True)


@solara.component  # type: ignore[untyped-decorator]  # solara carries no types
def Page() -> None:  # noqa: N802  # Solara's name for it
    """Show the flight deck."""
    solara.Title("Sanket flight deck")
    with solara.Row():
        solara.Button("Play", on_click=lambda: flight_deck().ask(Play()))
        solara.Button("Pause", on_click=lambda: flight_deck().ask(Pause()))
    Deck.element(ws="/ws")
