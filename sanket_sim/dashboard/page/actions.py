"""What can be laid beside the deck, in its header: experiments, commands, findings."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.dashboard.page.panel import Name, Tab
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import component, from_vue


@from_vue("actions.vue")
def _actions(
    *,
    panel: str,
    against_inject: str,
    against_findings: str,
    event_open_panel: Callable[[Name], None],
) -> None:
    """Draw the buttons."""


@component
def actions(standing: Standing, tab: Tab) -> None:
    """Show what can be opened."""
    _actions(
        panel=tab.panel.value.name,
        against_inject=standing.against("inject"),
        against_findings="" if standing.state == "ended" else "the run has not ended yet",
        event_open_panel=tab.toggle,
    )
