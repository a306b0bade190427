"""Where pages find the flight deck: Solara imports the page by name and hands it nothing."""

from __future__ import annotations

from sanket_sim.live.flying.flight_deck import FlightDeck

_seated: list[FlightDeck] = []


def seat(deck: FlightDeck) -> None:
    """Give pages their flight deck."""
    _seated[:] = [deck]


def flight_deck() -> FlightDeck:
    """Return the flight deck of this process."""
    assert _seated, "the deck is seated before a page is served"
    return _seated[0]
