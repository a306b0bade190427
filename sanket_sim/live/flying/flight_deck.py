"""The flight deck: the present flight, its latest frames, and everyone who watches them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sanket_sim.core.clock import epoch_ms
from sanket_sim.live.flying.flight import ANSWER_S_MAX, Flight, FlightError
from sanket_sim.live.flying.looking_up import look_up
from sanket_sim.live.flying.orders import (
    SPEED_MAX,
    SPEED_MIN,
    Answer,
    Boarded,
    Inspect,
    News,
    Order,
)
from sanket_sim.live.flying.recent_rows import RecentRows
from sanket_sim.live.flying.worker import FlightPlan
from sanket_sim.live.frames import Frame, Metrics, RunStatus, Topic
from sanket_sim.live.frames.json_text import JsonObject, json_of, object_of
from sanket_sim.live.inspection.reading_room import ReadingRoom
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.shelf import entry_of, title_of

Listener = Callable[[Frame], None]
BOARDING_S_MAX = 120.0
"""How long a run may take to introduce its parts before its first tick."""
_NEVER_FLOWN_S = 3.0
"""How long a run that has not flown is waited for, so that its successor takes its place."""
LEAVING_MAX = 2
"""Most former flights that may still be measured beside the present one."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """The latest of one flight.

    Parameters
    ----------
    frames : dict
        By topic.
    points : dict
        Every point of the charts by its index, the newest of equals.
    point_ns : int
        Their length.
    failure : str
    feed : RecentRows
        What the feed's frames have brought of late.
    boarded : Event
        Set when the flight has come to its start, or has failed.
    room : ReadingRoom or None
        Where its payments are looked up; None before the first flight.
    """

    frames: dict[str, Frame] = field(default_factory=dict)
    points: dict[int, JsonObject] = field(default_factory=dict)
    point_ns: int = 0
    failure: str = ""
    feed: RecentRows = field(default_factory=RecentRows)
    boarded: threading.Event = field(default_factory=threading.Event)
    room: ReadingRoom | None = None

    def keep(self, frame: Frame) -> None:
        """Keep a frame, and the points that it brings."""
        self.frames[frame.topic] = frame
        if frame.topic == "transactions":
            self.feed.keep(frame)
        if frame.topic != "metrics":
            return
        body = object_of(frame.body)
        points = {point["index"]: point for point in body["points"]}
        if body["point_ns"] != self.point_ns:
            self.points, self.point_ns = {}, body["point_ns"]
        self.points = self.points | points


class FlightDeck:
    """One flight at a time, several who watch; before the first there is none, which is no error.

    Safe to use from any thread. Listeners are told of every frame on the flight's own thread, and
    must be quick.

    Parameters
    ----------
    out : Path
        Parent of run folders.

    Attributes
    ----------
    plan : FlightPlan or None
        What flies now.
    sources : list of str
        Every experiment flown so far, by file or name: what lies on no shelf can be flown again.
    """

    def __init__(self, out: Path = Path("results")) -> None:
        self.out = out
        self.plan: FlightPlan | None = None
        self.sources: list[str] = []
        self._flight: Flight | None = None
        self._leaving: list[Flight] = []
        self._kept = Kept()
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell somebody of every frame; returns how to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def start(
        self,
        source: str,
        overrides: Mapping[str, Any] | None = None,
        *,
        seed: int | None = None,
        duration: str | None = None,
        speed: float | None = None,
        play: bool = False,
        wait: bool = True,
    ) -> int:
        """End the present flight, and bring another to its start.

        Parameters
        ----------
        source : str
        overrides : mapping, optional
        seed, duration, speed, play
            See `FlightPlan`.
        wait : bool
            Return only when it has come to its start; else see `wait`.

        Returns
        -------
        int
            Its `run_id`.

        Raises
        ------
        InputError
            If the experiment is wrong; the present flight goes on.
        FlightError
            If the new one does not come to its start.
        """
        with self._lock:
            number = self.plan.run_id + 1 if self.plan else 1
            plan = FlightPlan(
                number,
                source,
                overrides=dict(overrides or {}),
                seed=seed,
                out=self.out,
                speed=speed,
                play=play,
                duration=duration,
            )
            kept = self._begin(plan)
        if wait:
            _await(kept)
        return number

    def reset(self, *, wait: bool = True) -> int:
        """End the present flight, and bring the same to its start again, in a new folder.

        Raises
        ------
        FlightError
            If there is none, or the new one does not come to its start.
        """
        with self._lock:
            if self.plan is None:
                raise FlightError("no run has been started yet")
            status = self.status
            speed = status.speed if status else self.plan.speed
            plan = replace(self.plan, run_id=self.plan.run_id + 1, speed=speed, play=False)
            kept = self._begin(plan)
        if wait:
            _await(kept)
        return plan.run_id

    def wait(self) -> None:
        """Wait until the present flight has come to its start.

        Raises
        ------
        FlightError
            If it does not.
        """
        _await(self._kept)

    def ask(self, order: Order) -> Answer:
        """Give the present flight an order, and wait for its answer.

        One that is still on its way to its start is given some time to come there.

        Raises
        ------
        FlightError
            If there is no flight, or it does not answer.
        """
        flight, kept = self._flight, self._kept
        if flight is None:
            gone = "the run gives way to another; ask again in a moment"
            raise FlightError(
                kept.failure or (gone if self.plan else "no run has been started yet")
            )
        if not kept.boarded.wait(ANSWER_S_MAX):
            raise FlightError("the run is still being brought to its start")
        if kept.room and isinstance(order, Inspect) and order.kind == "payment":
            return look_up(kept.room, flight, order.key)
        return flight.ask(order)

    def latest(self, topic: str) -> Frame | None:
        """Return the latest frame of a topic; of the feed, with the rows of those before it."""
        kept = self._kept
        return kept.feed.frame if topic == "transactions" else kept.frames.get(topic)

    def body(self, topic: Topic) -> JsonObject | None:
        """Return the latest `frames.Body` of a topic as JSON has it; None if there is none."""
        frame = self.latest(topic)
        return None if frame is None else object_of(frame.body)

    @property
    def status(self) -> RunStatus | None:
        """Where the flight stands, also if it came down; None if there is none."""
        metrics = self.body("metrics")
        return None if metrics is None else RunStatus(**metrics["run"])

    @property
    def points(self) -> list[JsonObject]:
        """Every `frames.Point` of the charts so far."""
        points = self._kept.points
        return [points[index] for index in sorted(points)]

    @property
    def leaving(self) -> int:
        """How many former flights are still being measured."""
        return sum(flight.alive for flight in list(self._leaving))

    @property
    def pid(self) -> int | None:
        """Process id of the present flight."""
        return self._flight.pid if self._flight else None

    def dismiss(self, by: str) -> None:
        """Let the present flight end by itself, and be measured; nobody asks it any more."""
        with self._lock:
            if self._flight is not None:
                self._flight.dismiss(by)
                self._leaving.append(self._flight)
                self._flight = None

    def close(self, by: str = "the operator") -> None:
        """End the present flight, and wait until it and those before it have been measured."""
        self.dismiss(by)
        while self._leaving:
            self._leaving[0].wait()
            self._leaving.pop(0)

    def hurry(self) -> None:
        """End every flight without measuring it."""
        self.dismiss("impatience")
        for flight in self._leaving:
            flight.hurry()
        self._leaving.clear()

    def _begin(self, plan: FlightPlan) -> Kept:
        """Begin a flight whose experiment is right; the one before is measured meanwhile."""
        resolved = plan.resolved()
        _check_speed(plan.speed_of(resolved))
        if plan.source not in self.sources:
            self.sources.append(plan.source)
        status = self.status
        flown = status is not None and status.now_ns > 0
        self.dismiss("the operator")
        if self._leaving and not flown:
            self._leaving[-1].wait(_NEVER_FLOWN_S)
        while len(self._leaving) > LEAVING_MAX:
            self._leaving.pop(0).wait()
        self._leaving = [flight for flight in self._leaving if flight.alive]
        kept, first = Kept(room=ReadingRoom(resolved.bank)), _first_frame(plan, resolved)
        kept.keep(first)
        self.plan, self._kept = plan, kept
        self._tell(first)
        self._flight = Flight(plan, partial(self._take, kept))
        return kept

    def _take(self, kept: Kept, report: News) -> None:
        """Keep what a flight reports; only of the present one is anybody told."""
        if isinstance(report, Boarded):
            kept.boarded.set()
        elif isinstance(report, Frame):
            kept.keep(report)
            if kept is self._kept:
                self._tell(report)
        else:
            self._fail(kept, report.message)

    def _fail(self, kept: Kept, message: str) -> None:
        kept.failure = message
        body, sequence = object_of(kept.frames["metrics"].body), kept.frames["metrics"].sequence
        body["run"] |= {"state": "failed", "message": message, "speed_reached": 0.0}
        run_id: int = body["run"]["run_id"]
        self._take(kept, Frame(run_id, "metrics", sequence + 1, json_of(body), epoch_ms()))
        kept.boarded.set()

    def _tell(self, frame: Frame) -> None:
        for listener in list(self._listeners):
            try:
                listener(frame)
            except Exception:  # noqa: BLE001  # one who watches must not blind the others
                _log.exception("a listener failed")


def _await(kept: Kept) -> None:
    if not kept.boarded.wait(BOARDING_S_MAX):
        raise FlightError(f"the run did not come to its start within {BOARDING_S_MAX:g} s")
    if kept.failure:
        raise FlightError(kept.failure)


def _check_speed(speed: float) -> None:
    if not SPEED_MIN <= speed <= SPEED_MAX:
        raise FlightError(f"speed must be from {SPEED_MIN:g} to {SPEED_MAX:,.0f}, is {speed:g}")


def _first_frame(plan: FlightPlan, resolved: ResolvedExperiment) -> Frame:
    """Show that a flight is on its way, while its process builds the bank."""
    asked = resolved.experiment
    status = RunStatus(
        run_id=plan.run_id,
        experiment=asked.name,
        question=entry_of(resolved.source).question,
        model=resolved.bank.name,
        seed=asked.seed,
        state="starting",
        now_ns=0,
        duration_ns=asked.duration,
        end_ns=asked.duration + asked.drain,
        start=asked.start.isoformat(),
        speed=plan.speed_of(resolved),
        speed_reached=0.0,
        title=title_of(resolved.source.stem),
        file=resolved.source.name,
    )
    body = asdict(Metrics(status, (), (), (), (), ()))
    return Frame(plan.run_id, "metrics", 0, json_of(body), epoch_ms())


__all__ = ["FlightDeck", "FlightError"]
