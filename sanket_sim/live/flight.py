"""The other end of a flight: starts its process, gives orders, keeps the latest frames."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from multiprocessing.connection import Connection

from sanket_sim.core.errors import SanketError
from sanket_sim.live.orders import Answer, Frame, Order, Request, Stop
from sanket_sim.live.worker import Failure, FlightPlan, fly

ANSWER_S_MAX = 10.0
"""How long an order may wait for the tick that is under way."""
_END_S_MAX = 60.0
"""How long a run that is told to stop may measure what it has."""


class FlightError(SanketError):
    """The run's process has gone, or does not answer."""


class Flight:
    """A run in a process of its own.

    Parameters
    ----------
    plan : FlightPlan
    on_frame : callable
        Told of every frame, on a thread of the flight's own.
    on_failure : callable
        Told why the run could not begin, or came down.
    """

    def __init__(
        self,
        plan: FlightPlan,
        on_frame: Callable[[Frame], None],
        on_failure: Callable[[Failure], None],
    ) -> None:
        self.plan = plan
        self._on_frame, self._on_failure = on_frame, on_failure
        context = multiprocessing.get_context("spawn")
        theirs, self._orders = context.Pipe(duplex=False)
        self._reports, their_reports = context.Pipe(duplex=False)
        self._process = context.Process(
            target=fly, args=(plan, theirs, their_reports), name=f"flight-{plan.run_id}"
        )
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Answer]] = {}
        self._lock = threading.Lock()
        self._process.start()
        theirs.close()
        their_reports.close()
        self._reader = threading.Thread(target=self._read, args=(self._reports,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """Process id of the run."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the run's process is there."""
        return self._process.is_alive()

    def give(self, order: Order) -> Future[Answer]:
        """Give an order; its answer comes after the tick that is under way.

        Raises
        ------
        FlightError
            If nobody is there to take it.
        """
        number, answer = next(self._numbers), Future[Answer]()
        with self._lock:
            self._waiting[number] = answer
            try:
                self._orders.send(Request(number, order))
            except (OSError, ValueError) as error:
                self._waiting.pop(number, None)
                raise FlightError("the run's process has gone") from error
        return answer

    def ask(self, order: Order, timeout_s: float = ANSWER_S_MAX) -> Answer:
        """Give an order and wait for its answer.

        Raises
        ------
        FlightError
            If none comes.
        """
        try:
            return self.give(order).result(timeout_s)
        except FutureTimeoutError as error:
            raise FlightError(f"the run has not answered within {timeout_s:g} s") from error

    def close(self) -> None:
        """Stop the run, let it measure what it has, and end its process."""
        with suppress(FlightError):
            self.give(Stop())
        self._orders.close()
        self._process.join(_END_S_MAX)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()
        self._reader.join(1.0)

    def _read(self, reports: Connection) -> None:
        while True:
            try:
                report = reports.recv()
            except (EOFError, OSError):
                break
            if isinstance(report, Frame):
                self._on_frame(report)
            elif isinstance(report, Answer):
                self._settle(report)
            else:
                self._on_failure(report)
        self._abandon()

    def _settle(self, answer: Answer) -> None:
        with self._lock:
            waiting = self._waiting.pop(answer.number, None)
        if waiting is not None:
            waiting.set_result(answer)

    def _abandon(self) -> None:
        """Tell everyone who still waits that no answer will come."""
        with self._lock:
            waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            future.set_exception(FlightError("the run's process has gone"))
