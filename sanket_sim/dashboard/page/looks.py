"""How the deck is looked at: which view, whether the ground truth shows, in which theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sanket_sim.dashboard.page.panel import Tab
from sanket_sim.dashboard.page.weaving import component, from_vue

_VIEWS = (("resilience", "Resilience"), ("fraud", "Fraud"))


@from_vue("looks.vue")
def _looks(
    *,
    view: str,
    views: list[dict[str, Any]],
    truth: bool,
    event_show_view: Callable[[str], None],
    event_show_truth: Callable[[bool], None],
) -> None:
    """Draw the switches; the theme is the browser's own business, and remembered there."""


@component
def looks(tab: Tab) -> None:
    """Show the switches of one tab."""
    _looks(
        view=tab.view.value,
        views=[{"value": value, "label": label} for value, label in _VIEWS],
        truth=tab.truth.value,
        event_show_view=tab.view.set,
        event_show_truth=tab.truth.set,
    )
