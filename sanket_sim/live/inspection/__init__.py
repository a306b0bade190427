"""Inspectors: all about one service, agent, payment, campaign, alert or the run itself, if asked.

Each kind of thing has a module of its own, whose function takes the picture and a key, and returns
plain records that become JSON as they are. An inspector looks; it changes nothing, and is done in
well under a tenth of a second, for the run waits for it. Payments are looked up elsewhere: see
`reading_room`.

Neighbours: `live.picture` (what has been folded so far), `analysis.story` (the life of a payment),
`faults` (what can be commanded). This room must not know who asks, or how the answer is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sanket_sim.live.frames import History
from sanket_sim.live.inspection.agent import inspect_agent
from sanket_sim.live.inspection.alert import inspect_alert
from sanket_sim.live.inspection.campaign import inspect_campaign
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.inspection.run import inspect_run
from sanket_sim.live.inspection.service import inspect_service
from sanket_sim.live.picture import Picture

__all__ = ["INSPECTORS", "Missing", "inspect"]


def _inspect_history(picture: Picture, key: str) -> History:
    del key
    return History(tuple(picture.meters.points))


INSPECTORS: Mapping[str, Callable[[Picture, str], Any]] = {
    "history": _inspect_history,
    "service": inspect_service,
    "agent": inspect_agent,
    "campaign": inspect_campaign,
    "alert": inspect_alert,
    "run": inspect_run,
}


def inspect(picture: Picture, kind: str, key: str) -> Any:
    """Return everything about one thing.

    Raises
    ------
    Missing
        If it does not exist.
    """
    if kind not in INSPECTORS:
        raise Missing(f"{kind} {key}")
    return INSPECTORS[kind](picture, key)
