"""What else stands in the header: experiments, commands, findings, view, truth and theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sanket_sim.dashboard.page.panel import Name, Tab
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import component, from_vue

_VIEWS = (("resilience", "Resilience"), ("fraud", "Fraud"))


@from_vue("actions.vue")
def _actions(
    *,
    panel: str,
    view: str,
    views: list[dict[str, Any]],
    truth: bool,
    against_inject: str,
    against_findings: str,
    event_open_panel: Callable[[Name], None],
    event_show_view: Callable[[str], None],
    event_show_truth: Callable[[bool], None],
) -> None:
    """Draw the buttons."""


@component
def actions(standing: Standing, tab: Tab) -> None:
    """Show what can be opened, and how the deck is looked at."""
    _actions(
        panel=tab.panel.value.name,
        view=tab.view.value,
        views=[{"value": value, "label": label} for value, label in _VIEWS],
        truth=tab.truth.value,
        against_inject=standing.against("inject"),
        against_findings="" if standing.state == "ended" else "the run has not ended yet",
        event_open_panel=tab.open,
        event_show_view=tab.view.set,
        event_show_truth=tab.truth.set,
    )
