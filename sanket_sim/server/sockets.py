"""The WebSocket: subscribe to topics, get what there is, then every frame that one can take."""

from __future__ import annotations

import asyncio

from fastapi import WebSocket, WebSocketDisconnect

from sanket_sim.live.frames import TOPICS
from sanket_sim.live.json_text import json_of, value_of
from sanket_sim.live.orders import Frame
from sanket_sim.server.hub import Client, Hub


async def attend(ws: WebSocket, hub: Hub) -> None:
    """Serve one connection until it goes."""
    await ws.accept()
    client = Client()
    hub.clients.add(client)
    sending = asyncio.create_task(_send(ws, client))
    try:
        while True:
            _subscribe(hub, client, value_of((await ws.receive_text()).encode()))
    except WebSocketDisconnect:
        pass
    finally:
        hub.clients.discard(client)
        sending.cancel()


def message_of(frame: Frame) -> bytes:
    """Wrap a frame for the wire; its body was serialised when it was made."""
    head = b'{"topic":"%s","run_id":%d,"sequence":%d,"body":' % (
        frame.topic.encode(),
        frame.run_id,
        frame.sequence,
    )
    return head + frame.body + b"}"


def _subscribe(hub: Hub, client: Client, message: dict[str, object]) -> None:
    topics = message.get("topics", TOPICS)
    assert isinstance(topics, (list, tuple)), "topics are a list"
    client.topics.update(str(topic) for topic in topics)
    points = json_of({"points": hub.deck.points})
    client.queue.put_nowait(
        Frame(hub.deck.plan.run_id if hub.deck.plan else 0, "history", 0, points)
    )
    for topic in client.topics:
        frame = hub.deck.latest(topic)
        if frame is not None:
            client.queue.put_nowait(frame)


async def _send(ws: WebSocket, client: Client) -> None:
    while True:
        await ws.send_text(message_of(await client.queue.get()).decode())
