"""A drawer at the right edge: below the header, so that it never covers the run's controls."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.dashboard.page.weaving import Element, from_vue


@from_vue("drawer.vue")
def drawer(
    *,
    name: str,
    title: str,
    subtitle: str = "",
    icon: str = "",
    inside: Element,
    event_shut: Callable[[object], None],
) -> None:
    """Show something beside the deck until it is closed, by its button or by Escape."""
