"""The other end of a flight: starts its process, gives orders, hears reports, lets it go."""

from __future__ import annotations

import itertools
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

from sanket_sim.core.errors import SanketError
from sanket_sim.live.flying.orders import Answer, Failure, News, Order, Report, Request, Stop
from sanket_sim.live.flying.worker import FlightPlan, fly

ANSWER_S_MAX = 10.0
"""How long an order may wait for the tick that is under way."""
_END_S_MAX = 120.0
"""How long a run that is told to stop may measure what it has."""
_TICK_S = 0.2
"""How long a tick may end by itself; whoever is in a hurry does not wait for the report as well."""
_HURRY_S = 2.0
"""How long a run may take to put down its last word once nobody waits for it."""
_REAPED_S = 30.0
"""How long a busy machine may take to say how a process has ended whose pipe is closed already."""


class FlightError(SanketError):
    """The run's process has gone, or does not answer."""


class Flight:
    """A run in a process of its own.

    Parameters
    ----------
    plan : FlightPlan
    on_report : callable
        Told of every report but answers, on a thread of the flight's own; also if the process dies.
    """

    def __init__(self, plan: FlightPlan, on_report: Callable[[News], None]) -> None:
        self.plan = plan
        self._on_report = on_report
        context = multiprocessing.get_context("spawn")
        theirs, self._orders = context.Pipe(duplex=False)
        self._reports, their_reports = context.Pipe(duplex=False)
        self._process = context.Process(
            target=fly,
            args=(plan, theirs, their_reports),
            name=f"flight-{plan.run_id}",
            daemon=True,
        )
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Answer]] = {}
        self._lock = threading.Lock()
        self._dismissed = self._down = False
        with _deaf_to_the_keyboard():
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
            try:
                self._orders.send(Request(number, order))
            except (OSError, ValueError) as error:
                raise FlightError("the run's process has gone; reset the run") from error
            self._waiting[number] = answer
            if self._down:
                self._abandon()
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

    def dismiss(self, by: str) -> None:
        """Let it end by itself: stop, measure what it has, and go; nobody asks any more."""
        self._dismissed = True
        with suppress(FlightError):
            self.give(Stop(by))
        self._orders.close()

    def wait(self, timeout_s: float = _END_S_MAX) -> None:
        """Wait until its process has gone; what takes too long is hurried."""
        self._process.join(timeout_s)
        if self._process.is_alive():
            self.hurry()
        self._reader.join(_HURRY_S)

    def hurry(self) -> None:
        """End the process: let it put down its last word, but measure nothing."""
        process = self._process
        for end, patience_s in (
            (process.terminate, _TICK_S),
            (process.terminate, _HURRY_S),
            (process.kill, _HURRY_S),
        ):
            end()
            process.join(patience_s)
            if not self._process.is_alive():
                return

    def _read(self, reports: Connection) -> None:
        while True:
            try:
                report = reports.recv()
            except (EOFError, OSError):
                break
            self._take(report)
        self._mourn()

    def _take(self, report: Report) -> None:
        if isinstance(report, Answer):
            with self._lock:
                waiting = self._waiting.pop(report.number, None)
            if waiting is not None:
                waiting.set_result(report)
            return
        self._dismissed |= isinstance(report, Failure)
        self._on_report(report)

    def _mourn(self) -> None:
        """Tell everyone that no answer will come, and if it has not gone by itself, why."""
        self._process.join(_HURRY_S)
        with self._lock:
            self._down = True
            self._abandon()
        if not self._dismissed:
            self._process.join(_REAPED_S)
            self._on_report(Failure(self.plan.run_id, _cause_of(self._process.exitcode)))

    def _abandon(self) -> None:
        waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            future.set_exception(FlightError("the run's process has gone; reset the run"))


@contextmanager
def _deaf_to_the_keyboard() -> Iterator[None]:
    """Let a process that is started here never hear Ctrl-C: whoever started it decides its end.

    A terminal sends SIGINT to every process of its group. What a thread has blocked, the process
    that it starts begins with, before any of its code could set a handler.
    """
    resource_tracker.ensure_running()  # it lifts the block of the thread that first needs it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cause_of(exitcode: int | None) -> str:
    """Say how a process has ended that nobody sent away; None: nobody knows yet.

    Examples
    --------
    >>> _cause_of(-9)
    "the run's process was ended by SIGKILL (out of memory?); what it had written stays"
    >>> _cause_of(None)
    "the run's process does not speak any more; what it had written stays"
    """
    if exitcode is None:
        said = "does not speak any more"
    elif exitcode < 0:
        name = signal.Signals(-exitcode).name
        said = f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    else:
        said = f"has gone (exit status {exitcode})"
    return f"the run's process {said}; what it had written stays"
