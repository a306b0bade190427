"""The pilot: obeys orders between two ticks, keeps the pace, and lets frames of the picture go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import assert_never

from sanket_sim.core.clock import epoch_ms, wall_s
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.commanding import Refused, command_of
from sanket_sim.live.frames import FlightState, RunStatus
from sanket_sim.live.inspection import Missing, inspect
from sanket_sim.live.json_text import json_of
from sanket_sim.live.orders import (
    Answer,
    Frame,
    Give,
    Inspect,
    Order,
    Pause,
    Play,
    Request,
    SetSpeed,
    Step,
    Stop,
)
from sanket_sim.live.pace import Pace
from sanket_sim.live.picture import Picture
from sanket_sim.network.protocol import Command
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.steering import OperatorCommand, Replay
from sanket_sim.trace.batch import TraceBatch

INTERVALS_S = {
    "metrics": 0.12,
    "transactions": 0.2,
    "alerts": 0.25,
    "fraud_alerts": 0.5,
    "agents": 0.5,
}
"""Least time on the wall between two frames of a topic."""
_LOOK_S = 0.05
"""How often a pilot who waits looks whether the run has been interrupted."""


class NeverFlownError(Exception):
    """The flight was given up before its first tick."""


class Pilot:
    """Sits in the process of the run, on its loop's own thread.

    Parameters
    ----------
    orders : Connection
        Brings a `Request` at a time.
    send : callable
        Takes frames and answers to whoever looks.
    run_id : int
    question : str
        The experiment's own.
    speed : float
        Simulated seconds per second of wall time, to begin with.
    play : bool
        Begin at once, instead of waiting for `Play`.
    """

    def __init__(
        self,
        orders: Connection,
        send: Callable[[Frame | Answer], None],
        run_id: int,
        question: str = "",
        *,
        speed: float = 60.0,
        play: bool = False,
    ) -> None:
        self.run_id, self.question = run_id, question
        self.state: FlightState = "running" if play else "ready"
        self.message = ""
        self.pace = Pace(speed)
        self._orders, self._send = orders, send
        self._stop = False
        self._step_until_ns = -1
        self._given: list[OperatorCommand] = []
        self._taken: list[OperatorCommand] = []
        self._sequence = dict.fromkeys(INTERVALS_S, 0)
        self._shown_s = dict.fromkeys(INTERVALS_S, 0.0)

    def board(self, cockpit: Cockpit) -> None:
        """Take the operator's seat and an observer's."""
        simulation, asked = cockpit.simulation, cockpit.resolved.experiment
        self.cockpit = cockpit
        self.picture = Picture(cockpit)
        self._interrupted = simulation.stopped
        self._replay = Replay(asked.command)
        self._given = list(asked.command)
        simulation.observers = (*simulation.observers, self)
        simulation.operator = self
        simulation.stopped = lambda: self._stop or self._interrupted()
        self.show()

    def leave(self) -> None:
        """Say that the last tick is over."""
        self.enter("measuring")

    def enter(self, state: FlightState, message: str = "") -> None:
        """Go over to another state, and show it."""
        self.state, self.message = state, message
        self.show()

    @property
    def now_ns(self) -> int:
        """How far the run has come."""
        return self.cockpit.simulation.now_ns

    @property
    def status(self) -> RunStatus:
        """Where the flight stands."""
        asked = self.cockpit.resolved.experiment
        return RunStatus(
            run_id=self.run_id,
            experiment=asked.name,
            question=self.question,
            model=self.cockpit.resolved.bank.name,
            seed=asked.seed,
            state=self.state,
            now_ns=self.now_ns,
            duration_ns=asked.duration,
            end_ns=asked.duration + asked.drain,
            start=asked.start.isoformat(),
            speed=self.pace.speed,
            speed_reached=self.pace.reached if self.state == "running" else 0.0,
            folder=str(self.cockpit.folder),
            message=self.message,
            processed=self.picture.processed,
        )

    def until_ns(self, begin_ns: int, end_ns: int) -> int:
        """Cut ticks so that slow flights move smoothly, and steps and replays end on the dot."""
        end_ns = min(self._replay.until_ns(begin_ns, end_ns), begin_ns + self.pace.slice_ns)
        if begin_ns < self._step_until_ns:
            end_ns = min(end_ns, self._step_until_ns)
        return end_ns

    def given(self, now_ns: int) -> Sequence[OperatorCommand]:
        """Obey what has been ordered, wait as long as it says, and hand over what is commanded."""
        self._end_step(now_ns)
        self._wait_for(lambda: self.pace.ahead_s(now_ns))
        if self._stop and now_ns == 0:
            raise NeverFlownError
        taken, self._taken = self._taken, []
        return [*self._replay.given(now_ns), *taken]

    def observe(self, batch: TraceBatch) -> Sequence[Command]:
        """Put a batch into the picture; command nothing."""
        self.picture.observe(batch)
        self.pace.note(batch.end_ns)
        self._show_what_is_due()
        return ()

    def linger(self) -> None:
        """Answer questions after the run has ended, until nobody can ask any more."""
        while self._hear(timeout_s=None):
            pass

    def _wait_for(self, ahead_s: Callable[[], float]) -> None:
        """Obey orders until the run may go on: at once if it runs and is not too fast."""
        self._hear_all()
        while not self._stop and not self._interrupted():
            wait_s = ahead_s() if self.state == "running" else _LOOK_S
            if wait_s <= 0 or not self._hear(min(wait_s, _LOOK_S)):
                break
            self._hear_all()

    def _hear_all(self) -> None:
        while self._orders.poll() and self._hear(timeout_s=None):
            pass

    def _hear(self, timeout_s: float | None) -> bool:
        """Obey one order, if one comes in time; False if nobody can give one any more."""
        try:
            if timeout_s is not None and not self._orders.poll(timeout_s):
                return True
            request: Request = self._orders.recv()
        except (EOFError, OSError):
            self._stop = True
            return False
        self._send(self._obey(request))
        return True

    def _obey(self, request: Request) -> Answer:
        try:
            return Answer(request.number, self._carry_out(request.order))
        except Refused as refusal:
            return Answer(request.number, problems=refusal.problems)
        except Missing:
            return Answer(request.number, missing=True)

    def _carry_out(self, order: Order) -> bytes:
        match order:
            case Inspect():
                return json_of(inspect(self.picture, order.kind, order.key))
            case Give():
                return self._take(order)
            case SetSpeed():
                self.pace.set_speed(order.speed, self.now_ns)
            case Stop():
                self._stop = True
            case Play() | Pause() | Step():
                self._move(order)
            case _:
                assert_never(order)
        self.show()
        return b"{}"

    def _move(self, order: Play | Pause | Step) -> None:
        if self.state not in ("ready", "running", "paused"):
            raise Refused((("", f"the run has {self.state}; reset it, or start another"),))
        self._step_until_ns = self.now_ns + order.for_ns if isinstance(order, Step) else -1
        self.state = "paused" if isinstance(order, Pause) else "running"
        self.pace.start(self.now_ns)

    def _end_step(self, now_ns: int) -> None:
        if 0 <= self._step_until_ns <= now_ns:
            self._step_until_ns = -1
            self.enter("paused")

    def _take(self, order: Give) -> bytes:
        """Note a command on the run's record, then let it take effect at this instant."""
        if self.state not in ("ready", "running", "paused"):
            raise Refused((("", f"the run has {self.state}: nothing can be commanded any more"),))
        command = command_of(order, self.now_ns, self.cockpit.resolved)
        self._given.append(command)
        self.cockpit.note(self._given)
        self._taken.append(command)
        return json_of({"at_ns": command.at_ns, "kind": command.deed.kind, "by": command.by})

    def _show_what_is_due(self) -> None:
        now_s = wall_s()
        for topic, interval_s in INTERVALS_S.items():
            if now_s - self._shown_s[topic] >= interval_s:
                self._show(topic, now_s)

    def show(self) -> None:
        """Let a frame of every topic go now."""
        now_s = wall_s()
        for topic in INTERVALS_S:
            self._show(topic, now_s)

    def _show(self, topic: str, now_s: float) -> None:
        body = self.picture.body(topic, self.status)
        if body is None:
            return
        self._shown_s[topic] = now_s
        self._sequence[topic] += 1
        self._send(Frame(self.run_id, topic, self._sequence[topic], json_of(body), epoch_ms()))


__all__ = ["INTERVALS_S", "NS_PER_S", "NeverFlownError", "Pilot"]
