"""One who watches: what he wants, and the little that may wait for him."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from sanket_sim.server.messages import FrameMessage

QUEUE_MAX = 2
"""Frames of a topic that may wait; the oldest is dropped."""
WORDS_MAX = 64
"""Control messages that may wait; they are never dropped, so who lets more wait is let go."""

T = TypeVar("T")


class Lanes(Generic[T]):
    """Queues by topic, each of `QUEUE_MAX`, emptied in the order in which things came.

    Examples
    --------
    >>> lanes = Lanes[int]()
    >>> [lanes.put("metrics", number) for number in (1, 2, 3)], lanes.put("alerts", 4)
    ([False, False, True], False)
    >>> list(lanes.take_all())
    [2, 3, 4]
    """

    def __init__(self) -> None:
        self._lanes: dict[str, deque[tuple[int, T]]] = {}
        self._count = 0

    def put(self, topic: str, thing: T) -> bool:
        """Put something in; say whether something older had to go."""
        lane = self._lanes.setdefault(topic, deque(maxlen=QUEUE_MAX))
        full = len(lane) == QUEUE_MAX
        self._count += 1
        lane.append((self._count, thing))
        return full

    def take(self) -> T | None:
        """Take out what came first; None if nothing waits."""
        waiting = [lane for lane in self._lanes.values() if lane]
        return min(waiting, key=lambda lane: lane[0][0]).popleft()[1] if waiting else None

    def take_all(self) -> Iterator[T]:
        """Take everything out."""
        while (thing := self.take()) is not None:
            yield thing

    def clear(self) -> None:
        """Throw everything away."""
        self._lanes.clear()


class Client:
    """One connection.

    Nothing here waits for the client, and what waits for him is bounded, so that whoever offers is
    never held up. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.sent = 0
        self.overrun = False
        self._words: deque[str] = deque()
        self._frames: Lanes[FrameMessage] = Lanes()
        self._missed: Counter[str] = Counter()
        self._something = asyncio.Event()

    @property
    def dropped(self) -> int:
        """Frames that he was too slow for."""
        return self._missed.total()

    def offer(self, message: FrameMessage) -> None:
        """Let a frame wait for him, the latest before all others."""
        topic = message.frame.topic
        self._missed[topic] += self._frames.put(topic, message)
        self._something.set()

    def tell(self, text: str) -> None:
        """Let a word wait for him; it goes before any frame."""
        self.overrun = len(self._words) >= WORDS_MAX
        if not self.overrun:
            self._words.append(text)
        self._something.set()

    def forget(self) -> None:
        """Throw away the frames that wait."""
        self._frames.clear()

    async def next(self) -> str:
        """Return what to send him now, as soon as there is something."""
        while (text := self._take()) is None:
            self._something.clear()
            await self._something.wait()
        return text

    def _take(self) -> str | None:
        if self._words:
            return self._words.popleft()
        message = self._frames.take()
        if message is None:
            return None
        self.sent += 1
        return message.text(self._missed[message.frame.topic])
