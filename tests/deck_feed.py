"""A feed for the deck without a simulation: synthetic frames at 8 Hz, and pages that show them.

Run it from the folder of the repository and open the page:

    python tests/deck_feed.py --port 8806
    http://127.0.0.1:8806/?mode=fault&at=240&speed=1&theme=light&view=fraud

``mode``: calm, fault, leak (controls off, books broken), ended, empty (nothing has happened yet);
``at``: the instant to begin with [s], of 480 and 300 more of draining; ``speed``: simulated seconds
per second, 0 is paused; ``state``: overrides the flight's state (``failed``, ``measuring``);
``theme``, ``view`` and ``truth`` go to the element. `/wall` shows the wall page with the default
mode. Every connection sees a play of its own from `at`, and the same instant always looks the same.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from typing import Any

import uvicorn
from deck_scene import END_S, MODES, Scene
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from sanket_sim.dashboard.wall import deck_files, wall_route
from sanket_sim.live.frames import TOPICS, FlightState
from sanket_sim.live.frames.json_text import json_of

FRAMES_PER_S = 8
MEASURING_S = 2.0
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Deck feed</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/deck/wall.css">
<script type="module" src="/deck/deck.js"></script></head>
<body><sanket-deck {attributes}></sanket-deck></body></html>"""


class Play:
    """One performance before one spectator.

    Parameters
    ----------
    wishes : mapping
        The query of the page: ``mode``, ``at``, ``speed``, ``state``.
    """

    def __init__(self, wishes: Any) -> None:
        mode = wishes.get("mode", "fault")
        assert mode in MODES, f"mode is one of {', '.join(MODES)}"
        self.scene = Scene(mode, run_id=int(wishes.get("run", 1)))
        at = {"ended": float(END_S), "empty": 0.0}.get(mode, 240.0)
        self.begin_s = float(wishes.get("at", at))
        self.speed = 0.0 if mode in {"ended", "empty"} else float(wishes.get("speed", 1.0))
        self.forced = wishes.get("state")
        self.sequence = 0

    @property
    def played_s(self) -> float:
        return self.begin_s + self.speed * self.sequence / FRAMES_PER_S

    @property
    def now_s(self) -> float:
        return min(self.played_s, float(END_S))

    @property
    def state(self) -> FlightState:
        if self.forced:
            return self.forced
        if self.scene.mode == "empty":
            return "ready"
        if self.played_s >= END_S:
            over_s = (self.played_s - END_S) / max(self.speed, 1e-9)
            return "measuring" if self.speed and over_s < MEASURING_S else "ended"
        return "running" if self.speed else "paused"

    def bodies(self) -> Iterator[tuple[str, Any]]:
        """Yield what goes out with the present frame: lists and agents twice a second."""
        t, scene = self.now_s, self.scene
        yield "metrics", scene.metrics(t, self.state, self.speed or 60.0)
        yield "transactions", scene.feed(t)
        if self.sequence % 4 == 0:
            yield "fraud_alerts", scene.desk(t)
            yield "alerts", scene.alerts(t)
            yield "agents", scene.crowd(t)

    def history(self) -> dict[str, Any]:
        return {"points": self.scene.points(self.now_s)}


def message(play: Play, topic: str, body: Any) -> str:
    envelope = {
        "topic": topic,
        "run_id": play.scene.run_id,
        "sequence": play.sequence,
        "sent_ms": time.time() * 1000,
        "body": body,
    }
    return json_of(envelope).decode()


async def perform(ws: WebSocket) -> None:
    """Play to one spectator until he goes."""
    await ws.accept()
    play = Play(ws.query_params)
    wish = await ws.receive_json()
    topics = set(wish.get("topics", TOPICS))
    with suppress(WebSocketDisconnect):
        await ws.send_text(message(play, "history", play.history()))
        while True:
            for topic, body in play.bodies():
                if topic in topics:
                    await ws.send_text(message(play, topic, body))
            play.sequence += 1
            await asyncio.sleep(1 / FRAMES_PER_S)


def stage(request: Request) -> Response:
    """Show the element on a plain page."""
    query = str(request.url.query)
    wishes = {"ws": "/ws" + (f"?{query}" if query else "")}
    wishes |= {name: request.query_params.get(name, "") for name in ("theme", "view")}
    given = [f'{name}="{escape(value)}"' for name, value in wishes.items() if value]
    attributes = " ".join(given + ["truth"] * ("truth" in request.query_params))
    return HTMLResponse(_PAGE.format(attributes=attributes))


app = Starlette(
    routes=[
        WebSocketRoute("/ws", perform),
        Route("/", stage),
        wall_route(),
        *(Mount(path, part) for path, part in deck_files().items()),
    ]
)


@contextmanager
def berth() -> Iterator[int]:
    """Keep a port, so that nobody else takes it while no server of ours listens there."""
    with _bound(0) as kept:
        yield kept.getsockname()[1]


@contextmanager
def served(port: int = 0, what: ASGIApp = app) -> Iterator[str]:
    """Serve the feed on a thread; gives its address, and ends with the block."""
    server = uvicorn.Server(uvicorn.Config(what, log_level="error", timeout_graceful_shutdown=1))
    with _bound(port) as bound:
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server has come to nothing"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _bound(port: int) -> socket.socket:
    """Bind a port that our other sockets may share; no one is answered until one listens."""
    bound = socket.socket()
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
    bound.bind(("127.0.0.1", port))
    return bound


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8806)
    uvicorn.run(app, port=parser.parse_args().port, log_level="warning")
