"""What the run controls must know of a flight: no more, so that they are seldom drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.frames import STEERABLE

Control = Literal["play", "step", "stop", "reset", "speed", "inject", "findings"]
_FLYING = ("running", "paused", "measuring")
_TELLING = (*STEERABLE, "ended")
"""States in which a run says what it amounts to."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a flight stands, without its clock.

    Parameters
    ----------
    state : str
        As `live.frames.FlightState`; empty if there is no flight.
    run_id : int
    speed : float
        Asked for [simulated s per s].
    experiment : str
    folder : str
        The run's.
    message : str
        Why it came down.
    """

    state: str = ""
    run_id: int = 0
    speed: float = 60.0
    experiment: str = ""
    folder: str = ""
    message: str = ""

    @property
    def flying(self) -> bool:
        """Whether something would be lost if another run began."""
        return self.state in _FLYING

    def against(self, control: Control) -> str:
        """Say why a control cannot be used now; empty if it can.

        Examples
        --------
        >>> Standing("running").against("step")
        'pause the run to go on step by step'
        >>> Standing("paused").against("step"), Standing("ended").against("findings")
        ('', '')
        """
        if not self.state:
            return "no run has been started yet: choose an experiment"
        if control == "reset":
            return "the run is at its start" if self.state == "ready" else ""
        if self.state not in (_TELLING if control == "findings" else STEERABLE):
            return _over(self.state)
        if control == "step" and self.state == "running":
            return "pause the run to go on step by step"
        if control == "stop" and self.state == "ready":
            return "the run has not begun"
        return ""


def _over(state: str) -> str:
    if state == "measuring":
        return "findings and report are being written"
    if state == "starting":
        return "the run is being brought to its start"
    return f"the run has {state}: reset it, or start another"


def standing_of(deck: FlightDeck) -> Standing:
    """Look where the flight stands."""
    status = deck.status
    if status is None:
        return Standing()
    names = ("state", "run_id", "speed", "experiment", "folder", "message")
    return Standing(**{name: getattr(status, name) for name in names})
