"""The pilot: obeys orders between two ticks and keeps the pace; what it does not do, nobody did."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import assert_never

from sanket_sim.core.errors import ConservationError, SanketError
from sanket_sim.live.flying.commanding import Refused, command_of
from sanket_sim.live.flying.orders import (
    SPEED_MAX,
    SPEED_MIN,
    Answer,
    Boarded,
    Deed,
    Give,
    Inspect,
    LookUp,
    Pause,
    Play,
    Request,
    SetSpeed,
    Step,
    Stop,
)
from sanket_sim.live.flying.outbox import Outbox
from sanket_sim.live.flying.pace import Pace
from sanket_sim.live.flying.projector import Projector
from sanket_sim.live.frames import STEERABLE, FlightState, RunStatus
from sanket_sim.live.frames.json_text import json_of
from sanket_sim.live.inspection import Missing, inspect
from sanket_sim.live.inspection.reading_room import tell_unwritten
from sanket_sim.live.picture import Picture
from sanket_sim.network.protocol import Command
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.shelf import title_of
from sanket_sim.simulation.steering import OperatorCommand, Replay
from sanket_sim.trace.batch import TraceBatch

COMMANDS_MAX = 500
"""Most commands that a run takes: all of them stand in its experiment."""
_LOOK_S = 0.05
"""How often a pilot who waits looks whether the run has been interrupted, or a frame is due."""
_NOBODY_LEFT = "the loss of its server"

_log = logging.getLogger(__name__)


class NeverFlownError(Exception):
    """The flight was given up before its first tick."""


class Pilot:
    """Sits in the process of the run, on its loop's own thread.

    Orders are obeyed between two ticks, or at once while the run waits; so a command is given at
    the instant at which the next tick begins, and takes effect when time passes again. While a run
    is being measured they are answered on a thread of their own.

    Parameters
    ----------
    orders : Connection
        Brings a `Request` at a time.
    outbox : Outbox
        Takes frames and answers to whoever looks.
    run_id : int
    question : str
        The experiment's own.
    speed : float
        Simulated seconds per second of wall time, to begin with.
    play : bool
        Begin at once, instead of waiting for `Play`.

    Attributes
    ----------
    cockpit : Cockpit
    picture : Picture
    projector : Projector
        These are there from `board` on; whoever is not `boarded` flies nothing.
    """

    cockpit: Cockpit
    picture: Picture
    projector: Projector

    def __init__(
        self,
        orders: Connection,
        outbox: Outbox,
        run_id: int,
        question: str = "",
        *,
        speed: float,
        play: bool = False,
    ) -> None:
        self.run_id, self.question = run_id, question
        self.state: FlightState = "running" if play else "ready"
        self.message = self.folder = ""
        self.pace = Pace(speed)
        self._orders, self._outbox = orders, outbox
        self._conserved = True
        self.boarded = False
        self._step_until_ns = -1
        self._replay = Replay(())
        self._given: list[OperatorCommand] = []
        self._taken: list[OperatorCommand] = []
        self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)

    def board(self, cockpit: Cockpit) -> None:
        """Take the operator's seat and an observer's."""
        simulation, asked = cockpit.simulation, cockpit.resolved.experiment
        self.cockpit, self.folder = cockpit, str(cockpit.folder)
        self.picture = Picture(cockpit)
        self.projector = Projector(self.picture, self._outbox, lambda: self.status)
        self._replay = Replay(asked.command)
        self._given = list(asked.command)
        simulation.observers = (*simulation.observers, self)
        simulation.operator = self
        self.projector.show()
        self.boarded = True
        self._outbox.put(Boarded(self.run_id))
        self.pace.start(self.now_ns)

    def leave(self) -> None:
        """Say that the last tick is over; from now on, answer questions beside what goes on."""
        self.picture.close()
        self.enter("measuring")
        self._listener.start()

    def enter(self, state: FlightState, message: str = "") -> None:
        """Go over to another state, and show it."""
        self.state, self.message = state, message
        self.projector.show()

    def fail(self, error: Exception, message: str) -> None:
        """Say why the run came down."""
        self._conserved = not isinstance(error, ConservationError)
        if not self._conserved:
            self.picture.alarms.break_law(message, self.now_ns)
        self.enter("failed", message)

    def linger(self) -> None:
        """Stay after the run has ended, until nobody can ask any more."""
        self._listener.join()

    @property
    def now_ns(self) -> int:
        """How far the run has come."""
        return self.cockpit.simulation.now_ns

    @property
    def flown(self) -> bool:
        """Whether any simulated time has passed."""
        return self.now_ns > 0

    @property
    def status(self) -> RunStatus:
        """Where the flight stands."""
        asked, source = self.cockpit.resolved.experiment, self.cockpit.resolved.source
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
            folder=self.folder,
            message=self.message,
            processed=self.picture.processed,
            conserved=self._conserved,
            counts_from_ns=asked.warmup,
            title=title_of(source.stem),
            file=source.name,
        )

    def until_ns(self, begin_ns: int, end_ns: int) -> int:
        """Wait as long as it says; then cut the tick, so that whatever is due is met on the dot.

        Waiting comes before cutting: an order that comes meanwhile may ask for a shorter tick.

        Raises
        ------
        NeverFlownError
            If the run is to end before it has begun.
        """
        self._wait(begin_ns)
        if self._stopped and not self.flown:
            raise NeverFlownError
        self.pace.begin(begin_ns)
        end_ns = min(self._replay.until_ns(begin_ns, end_ns), begin_ns + self.pace.slice_ns)
        return min(end_ns, self._step_until_ns) if begin_ns < self._step_until_ns else end_ns

    def given(self, now_ns: int) -> Sequence[OperatorCommand]:
        """Hand over what is commanded at this instant."""
        taken, self._taken = self._taken, []
        return [*self._replay.given(now_ns), *taken]

    def observe(self, batch: TraceBatch) -> Sequence[Command]:
        """Put a batch into the picture; command nothing."""
        self.pace.note(batch.end_ns)
        self.picture.observe(batch)
        self.projector.show_due()
        return ()

    @property
    def _stopped(self) -> bool:
        return self.cockpit.simulation.stopped()

    def _wait(self, now_ns: int) -> None:
        """Obey orders until the run may go on: at once if it runs and is not too fast."""
        self._hear_all()
        self._end_step(now_ns)
        while not self._stopped:
            wait_s = self.pace.ahead_s(now_ns) if self.state == "running" else _LOOK_S
            if wait_s <= 0 or not self._hear(min(wait_s, _LOOK_S)):
                break
            self._hear_all()

    def _hear_all(self) -> None:
        while self._orders.poll() and self._hear(timeout_s=None):
            pass

    def _listen(self) -> None:
        while self._hear(timeout_s=None):
            pass

    def _hear(self, timeout_s: float | None) -> bool:
        """Obey one order, if one comes in time; False if nobody can give one any more."""
        try:
            if timeout_s is not None and not self._orders.poll(timeout_s):
                return True
            request: Request = self._orders.recv()
        except (EOFError, OSError):
            if self.state in STEERABLE:
                self.cockpit.stop(_NOBODY_LEFT)
            return False
        self._outbox.put(self._obey(request))
        return True

    def _obey(self, request: Request) -> Answer:
        """Answer an order; whatever is wrong with it is an answer too."""
        number, order = request.number, request.order
        try:
            if isinstance(order, LookUp):
                seen = tell_unwritten(self.picture, order.tx_ids, order.agents_from)
                return Answer(number, unwritten=seen)
            return Answer(number, self._carry_out(order))
        except Refused as refusal:
            return Answer(number, problems=refusal.problems)
        except Missing:
            return Answer(number, missing=True)
        except Exception as error:  # noqa: BLE001  # no question may bring the run down
            _log.exception("an order failed: %s", order)
            return Answer(number, problems=(("", f"{type(error).__name__}: {error}"),))

    def _carry_out(self, order: Deed) -> bytes:
        match order:
            case Inspect():
                return json_of(inspect(self.picture, order.kind, order.key))
            case Give():
                body = self._take(order)
            case SetSpeed():
                body = self._set_speed(order.speed)
            case Stop():
                body = self._stop(order.by)
            case Play() | Pause() | Step():
                body = self._move(order)
            case _:
                assert_never(order)
        self.projector.show()
        return body

    def _set_speed(self, speed: float) -> bytes:
        if not (math.isfinite(speed) and SPEED_MIN <= speed <= SPEED_MAX):
            reason = f"must be from {SPEED_MIN:g} to {SPEED_MAX:,.0f}, is {speed:g}"
            raise Refused((("speed", reason),))
        self.pace.set_speed(speed, self.now_ns)
        return b"{}"

    def _stop(self, by: str) -> bytes:
        """End the run, if it has not ended: to ask twice does no harm."""
        if self.state in STEERABLE:
            self.cockpit.stop(by)
        return b"{}"

    def _move(self, order: Play | Pause | Step) -> bytes:
        self._demand_aloft("reset it to fly it again, or start another")
        if isinstance(order, Step) and order.for_ns <= 0:
            raise Refused((("for", "must be longer than nothing"),))
        self._step_until_ns = self.now_ns + order.for_ns if isinstance(order, Step) else -1
        if isinstance(order, Pause):
            self.state = "paused" if self.flown else "ready"
        else:
            self.state = "running"
        self.pace.start(self.now_ns)
        return b"{}"

    def _demand_aloft(self, remedy: str) -> None:
        if self.state not in STEERABLE or self._stopped:
            gone = {"measuring": "is over and is being measured", "failed": "has failed"}
            said = gone.get(self.state, "is over" if self.flown else "was given up")
            raise Refused((("", f"the run {said}; {remedy}"),))

    def _end_step(self, now_ns: int) -> None:
        if 0 <= self._step_until_ns <= now_ns:
            self._step_until_ns = -1
            self.enter("paused")

    def _take(self, order: Give) -> bytes:
        """Note a command on the run's record, then let it take effect at this instant."""
        self._demand_aloft("nothing can be commanded any more")
        if len(self._given) >= COMMANDS_MAX:
            raise Refused((("", f"a run takes at most {COMMANDS_MAX} commands"),))
        command = command_of(order, self.now_ns, self.cockpit.resolved.steered(self._given))
        try:
            self.cockpit.note([*self._given, command])
        except SanketError as error:
            raise Refused((("", f"it cannot be put on the run's record: {error}"),)) from error
        self._given.append(command)
        self._taken.append(command)
        self.picture.announce(command)
        return json_of({"at_ns": command.at_ns, "kind": command.deed.kind, "by": command.by})


__all__ = ["NeverFlownError", "Pilot"]
