"""How a sheet is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sanket_sim.dashboard.page.inspectors.sheet import Sheet
from sanket_sim.dashboard.page.weaving import Element, from_vue

LookInto = Callable[[dict[str, str]], None]


@from_vue("sheet.vue")
def _sheet(
    *,
    chips: list[dict[str, Any]],
    blocks: list[dict[str, Any]],
    target: str,
    event_look_into: LookInto,
    event_inject_at: Callable[[str], None],
) -> None:
    """Draw a sheet."""


def drawn(
    sheet: Sheet,
    look_into: LookInto = lambda _: None,
    inject_at: Callable[[str], None] = lambda _: None,
) -> Element:
    """Return a sheet as an element.

    Parameters
    ----------
    sheet : Sheet
    look_into : callable
        Takes ``{"kind", "key"}`` of what somebody wants to see.
    inject_at : callable
        Takes the target that somebody wants to disturb.
    """
    return _sheet(
        chips=[asdict(chip) for chip in sheet.chips],
        blocks=[asdict(block) for block in sheet.blocks],
        target=sheet.target,
        event_look_into=look_into,
        event_inject_at=inject_at,
    )
