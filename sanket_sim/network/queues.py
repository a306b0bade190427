"""The waiting line of a service or replica: O(1) to join, to leave and to be called.

Whoever gives up while waiting becomes a tombstone that is skipped when its turn comes, so that
20,000 cancelled requests cost no more each than ten.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Generic, Protocol, TypeVar

from sanket_sim.bank.description import Discipline


class Waiting(Protocol):
    """What can wait in a line."""

    dead: bool


W = TypeVar("W", bound=Waiting)
TOMBSTONES_KEPT = 64


class WaitingLine(Generic[W]):
    """Requests waiting for a worker.

    Parameters
    ----------
    discipline : Discipline
        FIFO, LIFO, or PRIORITY (lowest class first, first come first served within a class).

    Attributes
    ----------
    length : int
        How many wait, tombstones not counted.

    Examples
    --------
    >>> class Guest:
    ...     dead = False
    >>> line, first, second = WaitingLine(Discipline.FIFO), Guest(), Guest()
    >>> line.join(first), line.join(second)
    (None, None)
    >>> first.dead = True
    >>> line.leave(), line.length
    (None, 1)
    >>> line.call() is second, line.call(), line.length
    (True, None, 0)
    """

    __slots__ = ("_heap", "_lifo", "_places", "_serial", "length")

    def __init__(self, discipline: Discipline) -> None:
        self._lifo = discipline == Discipline.LIFO
        self._heap: list[tuple[int, int, W]] | None = (
            [] if discipline == Discipline.PRIORITY else None
        )
        self._places: deque[W] = deque()
        self._serial = 0
        self.length = 0

    def join(self, guest: W, priority: int = 0) -> None:
        """Let `guest` wait."""
        self.length += 1
        if self._heap is not None:
            self._serial += 1
            heapq.heappush(self._heap, (priority, self._serial, guest))
        else:
            self._places.append(guest)

    def leave(self) -> None:
        """Count one guest out who has just been marked dead.

        When most places are tombstones they are swept: nobody's turn comes at the bottom of a
        stack that never empties. That is a constant cost per guest who leaves.
        """
        self.length -= 1
        if len(self._places) > 2 * self.length + TOMBSTONES_KEPT:
            self._places = deque(guest for guest in self._places if not guest.dead)

    def call(self) -> W | None:
        """Take the next living guest out of the line, None if nobody waits."""
        while self._heap or self._places:
            guest = self._next()
            if not guest.dead:
                self.length -= 1
                return guest
        return None

    def _next(self) -> W:
        if self._heap is not None:
            return heapq.heappop(self._heap)[2]
        return self._places.pop() if self._lifo else self._places.popleft()

    def empty(self) -> list[W]:
        """Take everybody out (the house has burnt down)."""
        guests = []
        while (guest := self.call()) is not None:
            guests.append(guest)
        return guests
