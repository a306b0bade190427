"""A calendar of due wake-ups: only who has something to decide is woken."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

Act = Callable[[int], None]
"""What is done when its time has come; it is told the time [ns]."""


class Calendar:
    """Acts in the order of their times.

    Ties are broken by a key that the caller draws, so that the order does not depend on when an
    act was entered, and hence not on the length of a tick.

    Examples
    --------
    >>> diary, told = Calendar(), []
    >>> diary.enter(20, 0, told.append)
    >>> diary.enter(10, 0, told.append)
    >>> diary.wake_until(20)
    >>> told, diary.next_ns
    ([10], 20)
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, Act]] = []
        self._entered = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_ns(self) -> int | None:
        """When the next act is due [ns], None when nothing is."""
        return self._heap[0][0] if self._heap else None

    def enter(self, at_ns: int, key: int, act: Act) -> None:
        """Note that `act` is due at `at_ns`."""
        self._entered += 1
        heapq.heappush(self._heap, (at_ns, key, self._entered, act))

    def wake_until(self, end_ns: int) -> None:
        """Do everything due before `end_ns`, including what is entered on the way."""
        for at_ns, act in self._due(end_ns):
            act(at_ns)

    def _due(self, end_ns: int) -> Iterator[tuple[int, Act]]:
        while self._heap and self._heap[0][0] < end_ns:
            at_ns, _, _, act = heapq.heappop(self._heap)
            yield at_ns, act
