"""What can be laid beside the deck, in its header: experiments, commands, findings."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.dashboard.page.panel import Name, Tab
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import component, from_vue

_ACTIONS: tuple[tuple[Name, str, str], ...] = (
    ("experiments", "experiments", "Choose another experiment"),
    ("inject", "inject", "Inject a fault or trap, change a policy or control"),
    ("findings", "report", "Findings of this run, and its report when it has ended"),
)
"""Panel, icon, and what it is for."""


@from_vue("actions.vue")
def _actions(
    *,
    panel: str,
    actions: list[dict[str, str]],
    event_open_panel: Callable[[Name], None],
) -> None:
    """Draw the buttons."""


@component
def actions(standing: Standing, tab: Tab) -> None:
    """Show what can be opened."""
    against = {
        "inject": standing.against("inject"),
        "findings": standing.against("findings"),
    }
    _actions(
        panel=tab.panel.value.name,
        actions=[
            {"name": name, "icon": icon, "title": title, "against": against.get(name, "")}
            for name, icon, title in _ACTIONS
        ],
        event_open_panel=tab.toggle,
    )
