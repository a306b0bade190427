"""What lies beside the deck in one tab: nothing, experiments, a command, a look into a thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs

import solara

from sanket_sim.dashboard.page.ordering import Notice

Name = Literal["", "experiments", "inject", "inspect", "findings"]


@dataclass(frozen=True, slots=True)
class Panel:
    """One thing beside the deck.

    Parameters
    ----------
    name : str
        Empty: nothing.
    kind, key : str
        With ``inspect`` what is looked into; with ``inject`` the target, set beforehand.
    """

    name: Name = ""
    kind: str = ""
    key: str = ""


CLOSED = Panel()


@dataclass(frozen=True, slots=True)
class Tab:
    """What one tab shows; other tabs have their own.

    Parameters
    ----------
    panel, notice : reactive
    view : reactive str
        ``"resilience"`` or ``"fraud"``.
    truth : reactive bool
        Whether the ground truth may be seen.
    """

    panel: solara.Reactive[Panel] = field(default_factory=lambda: solara.reactive(CLOSED))
    notice: solara.Reactive[Notice] = field(default_factory=lambda: solara.reactive(Notice("")))
    view: solara.Reactive[str] = field(default_factory=lambda: solara.reactive("resilience"))
    truth: solara.Reactive[bool] = field(default_factory=lambda: solara.reactive(False))

    def open(self, name: Name, kind: str = "", key: str = "") -> None:
        """Lay something beside the deck, in the place of what lies there."""
        self.panel.set(Panel(name, kind, key))

    def toggle(self, name: Name) -> None:
        """Lay something beside the deck, or take it away if it lies there already."""
        self.panel.set(CLOSED if self.panel.value.name == name else Panel(name))

    def close(self) -> None:
        """Give the deck its room back."""
        self.panel.set(CLOSED)


def tab_of(query: str | None) -> Tab:
    """Return a tab that begins as its address asks: ``?view=fraud``, ``&truth``.

    Examples
    --------
    >>> tab_of("view=fraud&truth").view.value, tab_of("truth").truth.value
    ('fraud', True)
    >>> tab_of("view=other").view.value, tab_of(None).truth.value
    ('resilience', False)
    """
    tab = Tab()
    asked = parse_qs((query or "").removeprefix("?"), keep_blank_values=True)
    if asked.get("view") == ["fraud"]:
        tab.view.set("fraud")
    tab.truth.set("truth" in asked)
    return tab
