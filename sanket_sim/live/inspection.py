"""Inspectors: everything about one service, one agent or one payment."""

from __future__ import annotations

from typing import Any

from sanket_sim.live.frames import History
from sanket_sim.live.picture import Picture


class Missing(Exception):  # noqa: N818  # an answer, not a mishap
    """There is no such thing."""


def inspect(picture: Picture, kind: str, key: str) -> Any:
    """Return everything about one thing.

    Raises
    ------
    Missing
        If it does not exist.
    """
    if kind == "history":
        return History(tuple(picture.meters.points))
    raise Missing(f"{kind} {key}")
