"""A flight deck with a small real run, and its API on a port of its own: for server tests."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn
from starlette.testclient import TestClient
from websockets.sync.client import connect

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.frames import Frame
from sanket_sim.server.app import create_app
from sanket_sim.server.line import SERVING

HOME = "http://127.0.0.1"
SMALL = {
    "population.customers": 300,
    "duration": "20s",
    "drain": "30s",
    "warmup": "0s",
    "fault": [],
}
"""Overrides that make `retry_storm` a run of a second."""
PATIENCE_S = 300.0
"""How long anything may take on a machine that has much else to do: a safety net, no measure."""
SEND_BYTES = 1 << 16
"""What a kernel may keep for a client who does not read: by itself it may take many megabytes."""


@contextmanager
def flying(out, source="retry_storm", overrides=None, **options):
    """Have a run in the air."""
    deck = FlightDeck(out)
    try:
        deck.start(source, SMALL | (overrides or {}), **({"speed": 60.0} | options))
        yield deck
    finally:
        deck.hurry()


@contextmanager
def asking(deck, **options):
    """Ask the API of a deck without a network between."""
    with TestClient(create_app(deck, **options), base_url=HOME) as client:
        yield client


@contextmanager
def served(app, **options):
    """Serve an application on a port that was free; yields the port."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)  # of its clients too
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        config = uvicorn.Config(app, log_level="error", **(SERVING | options))
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join()


def dialled(address, **options):
    """Open a WebSocket, however long it takes."""
    return connect(address, open_timeout=PATIENCE_S, ping_timeout=PATIENCE_S, **options)


def wait_until(holds, patience_s=PATIENCE_S):
    """Wait until something holds; fail if it never does."""
    end_s = time.monotonic() + patience_s
    while not (held := holds()):
        assert time.monotonic() < end_s, "it never came true"
        time.sleep(0.02)
    return held


def wait_for_state(client, *states):
    """Wait until the run is in one of these states; returns its status."""
    wait_until(lambda: client.get("/api/status").json()["state"] in states)
    return client.get("/api/status").json()


def frame(topic, sequence, body=b"{}", run_id=1, sent_ms=0):
    """Make a frame by hand."""
    return Frame(run_id, topic, sequence, body, sent_ms)
