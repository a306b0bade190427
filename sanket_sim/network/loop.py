"""The event loop: SimPy's environment with integer nanoseconds and a written order of ties.

Events are ordered by (time, rank, serial): SimPy's own heap entry, its priority being our rank.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any

import simpy


class Rank(IntEnum):
    """Who goes first among events at the same nanosecond; 0 is SimPy's own end-of-run event."""

    COMPLETION = 1
    TIMEOUT = 2
    RETRY = 3
    DELIVERY = 4
    ARRIVAL = 5
    COMMAND = 6
    GAUGE = 7


Callback = Callable[[Any], None]


class Occurrence:
    """Something that will happen once: the least that SimPy's loop asks of an event.

    It may be scheduled again after it has happened. There is no way to take it out of the heap;
    whoever no longer wants it remembers so and lets it pass (a tombstone costs O(1)).
    """

    __slots__ = ("callbacks",)

    _ok = True
    callbacks: tuple[Callback, ...] | None


class Alarm(Occurrence):
    """An occurrence that carries its subject.

    Examples
    --------
    >>> loop, rung = Loop(), []
    >>> loop.after(5, Rank.TIMEOUT, Alarm("tea"), (lambda alarm: rung.append(alarm.subject),))
    >>> loop.run_until(5), rung
    (None, [])
    >>> loop.run_until(6), rung
    (None, ['tea'])
    """

    __slots__ = ("subject",)

    def __init__(self, subject: Any) -> None:
        self.subject = subject


class Loop(simpy.Environment):
    """Simulated time in nanoseconds and the heap of what is still to happen.

    `run_until` does what SimPy's `run` and `step` do, less what our occurrences never do (fail, be
    waited for), and keeps `now_ns` as a plain integer, which the network reads some ten times a
    hop; `step` is there for whoever wants to watch one occurrence at a time.
    """

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self.now_ns = 0
        """The current instant [ns since the start of the run]."""

    def after(
        self,
        delay_ns: int,
        rank: int,
        occurrence: Occurrence,
        callbacks: tuple[Callback, ...],
    ) -> None:
        """Let `occurrence` happen `delay_ns` from now, calling each of `callbacks` with it."""
        occurrence.callbacks = callbacks
        entry: Any = (self.now_ns + delay_ns, rank, next(self._eid), occurrence)
        heappush(self._queue, entry)

    def step(self) -> None:
        """Let the next occurrence happen."""
        instant: Any
        instant, _, _, event = heappop(self._queue)
        self._now = self.now_ns = instant
        for callback in event.callbacks:
            callback(event)

    def run_until(self, until_ns: int) -> None:
        """Let everything happen that lies in [now, until_ns)."""
        heap: Any = self._queue
        while heap and heap[0][0] < until_ns:
            self.now_ns, _, _, occurrence = heappop(heap)
            for callback in occurrence.callbacks:
                callback(occurrence)
        self._now = self.now_ns = max(until_ns, self.now_ns)
