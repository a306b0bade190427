"""The hub: takes frames from the flight's thread and fans them out on the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import json_of
from sanket_sim.server.client import Client, Lanes
from sanket_sim.server.messages import FrameMessage, control_message

CLIENTS_MAX = 200
"""More sockets than this are refused."""
STUCK_S_MAX = 20.0
"""Who has taken nothing for so long is let go [s]."""


class Hub:
    """Everyone who watches, on one event loop.

    Frames come on the flight's thread. They are put down in a box of bounded size, and the event
    loop is woken once to fan out what lies there, so that a busy loop holds up nobody: the latest
    frames win here as they do in the queue of each client.

    Parameters
    ----------
    deck : FlightDeck
    stuck_s_max : float
        How long a client may take nothing before he is let go [s].
    """

    def __init__(self, deck: FlightDeck, stuck_s_max: float = STUCK_S_MAX) -> None:
        self.deck, self.stuck_s_max = deck, stuck_s_max
        self.clients: set[Client] = set()
        self.frames_sent = 0
        self.frames_dropped = 0
        self.run_id = deck.plan.run_id if deck.plan else 0
        self._wrapped: dict[str, FrameMessage] = {}
        self._history = FrameMessage(Frame(self.run_id, "history", 0, b'{"points":[]}'))
        self._history_of: Frame | None = None
        self._box: Lanes[Frame] = Lanes()
        self._lock = threading.Lock()
        self._woken = False

    @contextmanager
    def open(self) -> Iterator[None]:
        """Listen to the deck while the application is up."""
        loop = asyncio.get_running_loop()
        stop = self.deck.listen(lambda frame: self._put_down(frame, loop.call_soon_threadsafe))
        try:
            yield
        finally:
            stop()

    def enter(self, client: Client) -> bool:
        """Let somebody in, unless the house is full."""
        if len(self.clients) >= CLIENTS_MAX:
            return False
        self.clients.add(client)
        return True

    def leave(self, client: Client) -> None:
        """Let somebody go, and keep the counts of what he got."""
        self.clients.discard(client)
        self.frames_sent += client.sent
        self.frames_dropped += client.dropped

    def counts(self) -> tuple[int, int]:
        """Return how many frames were sent and dropped, of all who came."""
        present = list(self.clients)
        sent = self.frames_sent + sum(client.sent for client in present)
        return sent, self.frames_dropped + sum(client.dropped for client in present)

    def catch_up(self, client: Client, topics: set[str]) -> None:
        """Offer what there is already: the latest frame of each topic."""
        for topic in sorted(topics):
            if (frame := self.deck.latest(topic)) is not None:
                client.offer(self._wrap(frame))

    def offer_history(self, client: Client) -> None:
        """Offer every point of the charts so far."""
        client.offer(self._history_message())

    def _history_message(self) -> FrameMessage:
        """Return every point so far; written anew only when a frame has brought another."""
        newest, run_id = self.deck.latest("metrics"), self.run_id
        if newest is not self._history_of or run_id != self._history.frame.run_id:
            points = json_of({"points": self.deck.points})
            self._history_of = newest
            self._history = FrameMessage(Frame(run_id, "history", 0, points))
        return self._history

    def _put_down(self, frame: Frame, wake: Callable[[Callable[[], None]], object]) -> None:
        with self._lock:
            self._box.put(frame.topic, frame)
            woken, self._woken = self._woken, True
        if not woken:
            with suppress(RuntimeError):  # the loop has gone: nobody is left to be told
                wake(self._fan_out)

    def _fan_out(self) -> None:
        with self._lock:
            frames, self._woken = list(self._box.take_all()), False
        for frame in frames:
            self._pass_on(frame)

    def _pass_on(self, frame: Frame) -> None:
        if frame.run_id < self.run_id:
            return
        if frame.run_id > self.run_id:
            self._announce(frame.run_id)
        message = self._wrap(frame)
        for client in self.clients:
            if frame.topic in client.topics:
                client.offer(message)

    def _wrap(self, frame: Frame) -> FrameMessage:
        """Wrap a frame, or return it as it was wrapped for somebody else."""
        message = self._wrapped.get(frame.topic)
        if message is None or message.frame is not frame:
            message = self._wrapped[frame.topic] = FrameMessage(frame)
        return message

    def _announce(self, run_id: int) -> None:
        """Tell everyone that another run has begun: what waits of the last one is stale."""
        self.run_id = run_id
        said = control_message("reset", run_id, {"run_id": run_id})
        for client in self.clients:
            client.forget()
            client.tell(said)
            if client.topics:
                self.offer_history(client)
