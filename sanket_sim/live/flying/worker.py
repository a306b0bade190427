"""The process of a run: resolves, flies, measures, and answers questions until it is let go."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from sanket_sim.core.errors import SanketError
from sanket_sim.live.flying.orders import Failure
from sanket_sim.live.flying.outbox import Outbox
from sanket_sim.live.flying.pace import speed_for
from sanket_sim.live.flying.pilot import NeverFlownError, Pilot
from sanket_sim.simulation.resolve import ResolvedExperiment, resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.simulation.shelf import entry_of

_log = logging.getLogger(__name__)


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
    speed : float or None
        None: see `speed_of`.
    play : bool
        Begin at once.
    duration : str or None
        Instead of the file's.
    """

    run_id: int
    source: str
    _: KW_ONLY
    overrides: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    out: Path = Path("results")
    speed: float | None = None
    play: bool = False
    duration: str | None = None

    def resolved(self) -> ResolvedExperiment:
        """Read the experiment, and everything it names.

        Raises
        ------
        InputError
            If anything is wrong with it.
        """
        return resolve(self.source, self.overrides, seed=self.seed, duration=self.duration)

    def speed_of(self, resolved: ResolvedExperiment) -> float:
        """Return the speed that was named, or else one at which so long a run can be watched."""
        return speed_for(resolved.experiment.duration) if self.speed is None else self.speed


def fly(plan: FlightPlan, orders: Connection, reports: Connection) -> None:
    """Carry a flight out; the target of its process, which does not come back from here."""
    outbox, aboard = Outbox(reports), list[Pilot]()
    try:
        _fly(plan, orders, outbox, aboard)
    except KeyboardInterrupt:
        pass  # whoever could not wait for the run to be measured
    except Exception as error:  # noqa: BLE001  # it is told, with where it happened
        outbox.put(Failure(plan.run_id, explain(error)))
    finally:
        outbox.close()
    _leave()


def _leave() -> NoReturn:
    """End this process at once: all that it had to write and to say is out.

    To take a run apart object by object, as Python does at its end, can take longer than a minute
    where a million requests wait in line, and whoever ends the server would wait for that.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def _fly(plan: FlightPlan, orders: Connection, outbox: Outbox, aboard: list[Pilot]) -> None:
    """Fly; whoever is put `aboard` has all of the run in his hands, and outlasts this call."""
    resolved = plan.resolved()
    question = entry_of(resolved.source).question
    speed = plan.speed_of(resolved)
    pilot = Pilot(orders, outbox, plan.run_id, question, speed=speed, play=plan.play)
    aboard.append(pilot)
    try:
        run = run_once(resolved, Options(out=plan.out), crew=pilot)
    except NeverFlownError:
        shutil.rmtree(pilot.folder)
        pilot.folder = ""
        pilot.enter("ended", "given up before its first tick; nothing was kept")
    except Exception as error:
        if not pilot.boarded:
            raise
        pilot.fail(error, explain(error))
    else:
        pilot.enter("ended", run.manifest.reason)
    pilot.linger()


def explain(error: Exception) -> str:
    """Say what went wrong: as it says itself, or for a surprise, what it was and where."""
    if isinstance(error, SanketError):
        return str(error)
    _log.error("the run came down", exc_info=error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"
