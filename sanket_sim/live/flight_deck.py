"""The flight deck: the present flight, its latest frames, and everyone who watches them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sanket_sim.core.errors import InputError
from sanket_sim.live.flight import Flight, FlightError
from sanket_sim.live.frames import POINTS_MAX
from sanket_sim.live.json_text import value_of
from sanket_sim.live.orders import Answer, Frame, Order
from sanket_sim.live.worker import Failure, FlightPlan
from sanket_sim.simulation.resolve import resolve

Listener = Callable[[Frame], None]
BOARDING_S_MAX = 120.0
"""How long a run may take to introduce its parts before its first tick."""


@dataclass(slots=True)
class Kept:
    """The latest of one flight.

    Parameters
    ----------
    frames : dict
        By topic.
    points : dict
        Every point of the charts by its index, the newest of equals.
    failure : str
    """

    frames: dict[str, Frame] = field(default_factory=dict)
    points: dict[int, Any] = field(default_factory=dict)
    failure: str = ""
    boarded: threading.Event = field(default_factory=threading.Event)


class FlightDeck:
    """One flight at a time, several who watch.

    Safe to use from any thread. Listeners are told of every frame on the flight's own thread, and
    must be quick.

    Parameters
    ----------
    out : Path
        Parent of run folders.
    """

    def __init__(self, out: Path = Path("results")) -> None:
        self.out = out
        self.plan: FlightPlan | None = None
        self._flight: Flight | None = None
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
        speed: float = 60.0,
        play: bool = False,
    ) -> int:
        """End the present flight, and bring another to its start.

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
        resolve(source, overrides, seed=seed)
        with self._lock:
            number = self.plan.run_id + 1 if self.plan else 1
            plan = FlightPlan(number, source, dict(overrides or {}), seed, self.out, speed, play)
            self.close()
            self._begin(plan)
        return number

    def reset(self) -> int:
        """End the present flight, and bring the same to its start again."""
        with self._lock:
            if self.plan is None:
                raise FlightError("no run has been started yet")
            plan = replace(self.plan, run_id=self.plan.run_id + 1, play=False)
            self.close()
            self._begin(plan)
        return plan.run_id

    def ask(self, order: Order) -> Answer:
        """Give the present flight an order, and wait for its answer.

        Raises
        ------
        FlightError
            If there is no flight, or it does not answer.
        """
        flight = self._flight
        if flight is None:
            raise FlightError("no run has been started yet")
        return flight.ask(order)

    def latest(self, topic: str) -> Frame | None:
        """Return the latest frame of a topic."""
        return self._kept.frames.get(topic)

    def body(self, topic: str) -> Any:
        """Return the latest of a topic as JSON has it; None if there is none."""
        frame = self.latest(topic)
        return None if frame is None else value_of(frame.body)

    @property
    def status(self) -> Any:
        """Where the flight stands, as `frames.RunStatus`; None if there is none."""
        metrics = self.body("metrics")
        return None if metrics is None else metrics["run"]

    @property
    def points(self) -> list[Any]:
        """Every point of the charts so far."""
        points = self._kept.points
        return [points[index] for index in sorted(points)]

    @property
    def failure(self) -> str:
        """Why the flight came down, if it did."""
        return self._kept.failure

    def close(self) -> None:
        """End the present flight."""
        with self._lock:
            if self._flight is not None:
                self._flight.close()
                self._flight = None

    def _begin(self, plan: FlightPlan) -> None:
        self.plan, self._kept = plan, Kept()
        self._flight = Flight(plan, self._keep, self._fail)
        if not self._kept.boarded.wait(BOARDING_S_MAX):
            raise FlightError(f"the run did not come to its start within {BOARDING_S_MAX:g} s")
        if self._kept.failure:
            raise FlightError(self._kept.failure)

    def _keep(self, frame: Frame) -> None:
        if self.plan is None or frame.run_id != self.plan.run_id:
            return
        kept = self._kept
        kept.frames[frame.topic] = frame
        if frame.topic == "metrics":
            kept.points |= {point["index"]: point for point in value_of(frame.body)["points"]}
            assert len(kept.points) <= 2 * POINTS_MAX, "a chart has at most POINTS_MAX points"
        for listener in list(self._listeners):
            with suppress(Exception):  # one who watches must not blind the others
                listener(frame)
        if frame.topic == "agents":
            kept.boarded.set()

    def _fail(self, failure: Failure) -> None:
        if self.plan is not None and failure.run_id == self.plan.run_id:
            self._kept.failure = failure.message
            self._kept.boarded.set()


__all__ = ["FlightDeck", "FlightError", "InputError"]
