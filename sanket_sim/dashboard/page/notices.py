"""A sentence at the foot of the window, which goes away by itself."""

from __future__ import annotations

from sanket_sim.dashboard.page.weaving import from_vue


@from_vue("notices.vue")
def snackbar(*, text: str, tone: str, number: int) -> None:
    """Say what has been done, or why it has not."""
