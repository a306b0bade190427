"""What moves together, and what a page needs that comes late."""

from __future__ import annotations

from dataclasses import dataclass, field

from sanket_sim.live.frames.board import Point, Tile, Verdicts
from sanket_sim.live.frames.services import EdgeNow, ServiceNow
from sanket_sim.live.frames.standing import Changed, Disturbance, RunStatus


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything that moves at five frames a second but lists and agents."""

    run: RunStatus
    tiles: tuple[Tile, ...]
    services: tuple[ServiceNow, ...]
    edges: tuple[EdgeNow, ...]
    points: tuple[Point, ...]
    """The newest: those that the last frame did not bring, and a few before them."""
    disturbances: tuple[Disturbance, ...]
    point_ns: int = 0
    """Length of a point; a frame in which it has changed brings every point there is, anew."""
    in_force: tuple[Changed, ...] = ()
    """Settings and controls that faults or commands have changed, and that are changed now."""
    stretch: str = ""
    """What rates and shares of services and of the ways between them are of: ``"last 15 s"``, or
    ``"whole run"`` once no customer arrives any more."""
    verdicts: Verdicts = field(default_factory=Verdicts)


@dataclass(frozen=True, slots=True)
class History:
    """What a page needs that comes late: every point so far, and the latest of everything."""

    points: tuple[Point, ...] = field(default_factory=tuple)
