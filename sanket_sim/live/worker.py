"""The process of a run: resolves, flies, measures, and answers questions until it is let go."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sanket_sim.core.errors import SanketError
from sanket_sim.live.orders import Answer, Frame
from sanket_sim.live.pilot import NeverFlownError, Pilot
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.simulation.shelf import entry_of


@dataclass(frozen=True, slots=True)
class FlightPlan:
    """What to fly, and how.

    Parameters
    ----------
    run_id : int
    source : str
        An experiment's file or name.
    overrides : mapping
        Dotted key -> value.
    seed : int or None
        Instead of the file's.
    out : Path
        Parent of the run's folder.
    speed : float
    play : bool
        Begin at once.
    """

    run_id: int
    source: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    out: Path = Path("results")
    speed: float = 60.0
    play: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """The flight could not begin, or came down."""

    run_id: int
    message: str


def fly(plan: FlightPlan, orders: Connection, reports: Connection) -> None:
    """Carry a flight out; the target of its process."""

    def send(report: Frame | Answer | Failure) -> None:
        with suppress(BrokenPipeError, OSError):
            reports.send(report)

    try:
        _fly(plan, orders, send)
    except SanketError as error:
        send(Failure(plan.run_id, str(error)))
    except KeyboardInterrupt:
        pass


def _fly(plan: FlightPlan, orders: Connection, send: Any) -> None:
    resolved = resolve(plan.source, plan.overrides, seed=plan.seed)
    question = entry_of(resolved.source).question
    pilot = Pilot(orders, send, plan.run_id, question, speed=plan.speed, play=plan.play)
    try:
        run = run_once(resolved, Options(out=plan.out), crew=pilot)
    except NeverFlownError:
        shutil.rmtree(pilot.cockpit.folder)
        return
    except SanketError as error:
        pilot.enter("failed", str(error))
    else:
        pilot.enter("ended", run.manifest.reason)
    pilot.linger()
