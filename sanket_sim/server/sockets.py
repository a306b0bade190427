"""The WebSocket: subscribe to topics, get what there is, then every frame that one can take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from sanket_sim.core.settings import nearest
from sanket_sim.live.frames import TOPICS
from sanket_sim.live.frames.json_text import value_of
from sanket_sim.server.client import Client
from sanket_sim.server.hub import Hub
from sanket_sim.server.messages import control_message

BAD_MAX = 5
"""Messages that may be wrong before a client is let go."""
BYTES_MAX = 4_096
"""Longest message of a client."""
_POLICY, _TRY_LATER = 1008, 1013


class BadMessageError(Exception):
    """A client has sent what nobody understands; the text says what would be."""


class Attendance:
    """One client from his coming to his going.

    Parameters
    ----------
    ws : WebSocket
        Accepted.
    hub : Hub
    client : Client
    """

    def __init__(self, ws: WebSocket, hub: Hub, client: Client) -> None:
        self._ws, self._hub, self._client = ws, hub, client
        self._bad = 0
        self._answers: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "history": lambda _: hub.offer_history(client),
            "ping": lambda _: self._tell("pong", {}),
        }

    async def last(self) -> None:
        """Send and hear until the client goes, is stuck, or talks too much nonsense."""
        speaking = asyncio.create_task(self._speak())
        hearing = asyncio.create_task(self._hear())
        try:
            await asyncio.wait({speaking, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (speaking, hearing):
                task.cancel()
            await asyncio.gather(speaking, hearing, return_exceptions=True)

    async def _speak(self) -> None:
        while not self._client.overrun:
            text = await self._client.next()
            try:
                async with asyncio.timeout(self._hub.stuck_s_max):
                    await self._ws.send_text(text)
            except (TimeoutError, WebSocketDisconnect, RuntimeError):
                return
        await self._close(_POLICY, "too many answers are left unread")

    async def _hear(self) -> None:
        while self._bad < BAD_MAX:
            message = await self._ws.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._obey(message.get("text") or message.get("bytes") or "")
        await self._close(_POLICY, "too many messages that nobody understands")

    async def _close(self, code: int, reason: str) -> None:
        with suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(1.0):
                await self._ws.close(code, reason)

    def _obey(self, text: str | bytes) -> None:
        try:
            asked = read_message(text)
            self._answers[asked["type"]](asked)
        except BadMessageError as error:
            self._bad += 1
            if self._bad < BAD_MAX:
                self._tell("error", {"error": str(error)})

    def _subscribe(self, asked: dict[str, Any]) -> None:
        topics = topics_of(asked)
        self._client.topics |= topics
        self._hub.offer_history(self._client)
        self._hub.catch_up(self._client, topics)

    def _unsubscribe(self, asked: dict[str, Any]) -> None:
        self._client.topics -= topics_of(asked)

    def _tell(self, topic: str, body: dict[str, Any]) -> None:
        self._client.tell(control_message(topic, self._hub.run_id, body))


async def attend(ws: WebSocket, hub: Hub) -> None:
    """Serve one connection until it goes."""
    await ws.accept()
    client = Client()
    if not hub.enter(client):
        await ws.close(_TRY_LATER, "too many clients watch already")
        return
    try:
        await Attendance(ws, hub, client).last()
    finally:
        hub.leave(client)


def read_message(text: str | bytes) -> dict[str, Any]:
    """Read what a client sent.

    Raises
    ------
    BadMessageError
        If it is too long, no JSON, or of no known type.

    Examples
    --------
    >>> read_message('{"type": "ping"}')
    {'type': 'ping'}
    >>> read_message("{")
    Traceback (most recent call last):
    sanket_sim.server.sockets.BadMessageError: a message is JSON
    """
    if len(text) > BYTES_MAX:
        raise BadMessageError(f"a message has at most {BYTES_MAX:,} bytes")
    try:
        asked = value_of(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    except ValueError:
        raise BadMessageError("a message is JSON") from None
    kinds = ("subscribe", "unsubscribe", "history", "ping")
    if not isinstance(asked, dict) or asked.get("type") not in kinds:
        said = asked.get("type", "") if isinstance(asked, dict) else ""
        raise BadMessageError(f"unknown type; {nearest(str(said), kinds)}")
    return asked


def topics_of(asked: Mapping[str, Any]) -> set[str]:
    """Return the topics that are meant: all, if none is named.

    Raises
    ------
    BadMessageError
        If one is unknown, or they are no list.
    """
    topics = asked.get("topics", list(TOPICS))
    if not isinstance(topics, list):
        raise BadMessageError("`topics` is a list")
    for topic in topics:
        if topic not in TOPICS:
            raise BadMessageError(f"unknown topic; {nearest(str(topic), TOPICS)}")
    return set(topics)
