"""What leaves a flight goes by a thread of its own, so that nobody who reads slowly holds it up."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection

from sanket_sim.live.flying.joining import joined
from sanket_sim.live.flying.orders import Report
from sanket_sim.live.frames import Frame

_CLOSE_S_MAX = 10.0
"""How long whoever looks may take to hear the last word: after it this process is no more."""


class Outbox:
    """Sends reports in the order in which they are put.

    A newer frame takes the place of one that waits, and what only that one tells with it
    (`joined`), so that an answer never arrives before what was shown with it.

    Parameters
    ----------
    reports : Connection
        Whoever looks is at its other end, and may have gone.
    """

    def __init__(self, reports: Connection) -> None:
        self._reports = reports
        self._waiting: dict[str | int, Report] = {}
        self._number = 0
        self._closed = False
        self._changed = threading.Condition()
        self._sender = threading.Thread(target=self._send, name="outbox", daemon=True)
        self._sender.start()

    def put(self, report: Report) -> None:
        """Let a report go as soon as it can; never waits."""
        with self._changed:
            self._number += 1
            if isinstance(report, Frame):
                self._replace(report)
            else:
                self._waiting[self._number] = report
            self._changed.notify()

    def _replace(self, frame: Frame) -> None:
        waiting = self._waiting.get(frame.topic)
        self._waiting[frame.topic] = joined(waiting, frame) if isinstance(waiting, Frame) else frame

    def holds(self, topic: str) -> bool:
        """Whether the last frame of a topic has not left yet."""
        return topic in self._waiting

    def close(self) -> None:
        """Let go what still waits, if anybody takes it."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._sender.join(_CLOSE_S_MAX)

    def _send(self) -> None:
        while (report := self._next()) is not None:
            try:
                self._reports.send(report)
            except OSError:
                return

    def _next(self) -> Report | None:
        """Wait for a report; None once the box is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            return self._waiting.pop(next(iter(self._waiting)))
