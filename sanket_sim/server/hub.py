"""The hub: takes frames from the flight's thread and fans them out on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sanket_sim.live.flight_deck import FlightDeck
from sanket_sim.live.orders import Frame

QUEUE_MAX = 2
"""Frames of a topic that may wait for a slow client; the oldest is dropped."""


class Client:
    """One connection: what it wants, and what waits for it."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.queue: asyncio.Queue[Frame] = asyncio.Queue(maxsize=8 * QUEUE_MAX)


class Hub:
    """Everyone who watches, on one event loop."""

    def __init__(self, deck: FlightDeck) -> None:
        self.deck = deck
        self.clients: set[Client] = set()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Listen to the deck while the application is up."""
        loop = asyncio.get_running_loop()

        def hand_over(frame: Frame) -> None:
            loop.call_soon_threadsafe(self._fan_out, frame)

        stop = self.deck.listen(hand_over)
        try:
            yield
        finally:
            stop()

    def _fan_out(self, frame: Frame) -> None:
        for client in self.clients:
            if frame.topic in client.topics:
                if client.queue.full():
                    client.queue.get_nowait()
                client.queue.put_nowait(frame)
