"""Where the deck stands: the custom element, with what the page puts into its header."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.dashboard.page.weaving import Element, from_vue


@from_vue("host.vue")
def deck_host(
    *,
    ws: str,
    view: str,
    truth: bool,
    controls: list[Element],
    event_inspect: Callable[[dict[str, str]], None],
    event_show_truth: Callable[[bool], None],
) -> None:
    """Fill the window with `<sanket-deck>`."""
