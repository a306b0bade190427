"""The payment inspector: the whole life of one payment, while the run goes on or after it."""

from __future__ import annotations

from sanket_sim.analysis.story import Story, tell
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.picture import Picture
from sanket_sim.live.so_far import RunSoFar


def inspect_payment(picture: Picture, key: str) -> Story:
    """Tell the story of one payment.

    Raises
    ------
    Missing
        If the run has no such payment.
    """
    if not key.isdecimal():
        raise Missing(f"payment {key}")
    try:
        return tell(RunSoFar(picture.cockpit), int(key))
    except KeyError:
        raise Missing(f"payment {key}") from None
