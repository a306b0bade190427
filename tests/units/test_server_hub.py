import asyncio
import itertools
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from serving import PATIENCE_S, dialled, frame, served, wait_until
from websockets.exceptions import ConnectionClosed

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.app import create_app
from sanket_sim.server.client import QUEUE_MAX, WORDS_MAX, Client, Lanes
from sanket_sim.server.hub import Hub
from sanket_sim.server.line import Line
from sanket_sim.server.messages import FrameMessage

FAT = b'{"points":[],"fat":"%s"}' % (b"x" * 300_000)


class QuickLine(Line):
    HANG_UP_S = 0.2


@pytest.fixture
def deck(tmp_path):
    return FlightDeck(tmp_path)


def tell(deck, *frames):
    for one in frames:
        deck._tell(one)


def hub_with(deck, *clients):
    hub = Hub(deck)
    for client in clients:
        hub.enter(client)
    return hub


def taken(client):
    texts = []
    while (text := client._take()) is not None:
        texts.append(json.loads(text))
    return texts


def fan_out(deck, client, *frames):
    """Let the hub pass frames on while its event loop is busy, then once it is free.

    On a thread of its own: Playwright's loop, once started, stays on that of the tests.
    """

    async def scene():
        hub = hub_with(deck, client)
        with hub.open():
            tell(deck, *frames)
            await asyncio.sleep(0.01)
        return hub

    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, scene()).result()


def test_the_latest_win_and_a_client_is_told_what_he_missed():
    client = Client()
    for sequence in range(5):
        client.offer(FrameMessage(frame("metrics", sequence)))
    client.offer(FrameMessage(frame("alerts", 0)))
    said = [(one["topic"], one["sequence"], one["dropped"]) for one in taken(client)]
    assert said == [("metrics", 3, 3), ("metrics", 4, 3), ("alerts", 0, 0)]
    assert (client.sent, client.dropped) == (3, 3)


def test_words_go_before_frames_and_are_never_dropped():
    client = Client()
    client.offer(FrameMessage(frame("metrics", 1)))
    for number in range(WORDS_MAX):
        client.tell(json.dumps({"topic": "pong", "number": number}))
    assert not client.overrun
    assert [one.get("number") for one in taken(client)] == [*range(WORDS_MAX), None]


def test_who_lets_too_many_words_wait_is_let_go():
    client = Client()
    for _ in range(WORDS_MAX + 1):
        client.tell("{}")
    assert client.overrun
    assert len(taken(client)) == WORDS_MAX


def test_lanes_hold_no_more_than_they_may():
    lanes = Lanes[int]()
    dropped = sum(lanes.put("metrics", number) for number in range(1000))
    assert dropped == 1000 - QUEUE_MAX
    assert list(lanes.take_all()) == [998, 999]


def test_a_busy_loop_gets_the_latest_frames_alone(deck):
    client = Client()
    client.topics = {"metrics"}
    frames = [frame("metrics", sequence, run_id=0) for sequence in range(500)]
    fan_out(deck, client, *frames, frame("alerts", 1, run_id=0))
    assert [one["sequence"] for one in taken(client)] == [498, 499]


def test_a_frame_is_wrapped_once_for_everybody(deck):
    hub, one = Hub(deck), frame("metrics", 1)
    assert hub._wrap(one) is hub._wrap(one)
    assert hub._wrap(one).text() is hub._wrap(one).text()
    assert hub._wrap(frame("metrics", 2)) is not hub._wrap(one)


def test_another_run_is_announced_and_what_waits_of_the_last_is_thrown_away(deck):
    client = Client()
    client.topics = {"metrics"}
    stale = [frame("metrics", 7, run_id=1), frame("metrics", 8, run_id=1)]
    fan_out(deck, client, *stale[:1], frame("metrics", 1, run_id=2))
    said = [(one["topic"], one["run_id"]) for one in taken(client)]
    assert said == [("reset", 1), ("reset", 2), ("history", 2), ("metrics", 2)]


def test_frames_of_a_run_that_has_gone_are_not_passed_on(deck):
    client = Client()
    client.topics = {"metrics"}
    fan_out(deck, client, frame("metrics", 1, run_id=2), frame("metrics", 9, run_id=1))
    assert {one["run_id"] for one in taken(client)} == {2}


def test_a_full_house_lets_nobody_in(deck, monkeypatch):
    monkeypatch.setattr("sanket_sim.server.hub.CLIENTS_MAX", 1)
    hub = Hub(deck)
    assert hub.enter(Client())
    assert not hub.enter(Client())


@contextmanager
def subscribed(port, count=1):
    """Open as many lines, each subscribed to the metrics."""
    with ExitStack() as stack:
        address = f"ws://127.0.0.1:{port}/ws"
        lines = [stack.enter_context(dialled(address, max_size=None)) for _ in range(count)]
        for line in lines:
            line.send('{"type": "subscribe", "topics": ["metrics"]}')
            assert json.loads(line.recv(timeout=PATIENCE_S))["topic"] == "history"
        yield lines


def stuck_line(port):
    """Open a socket by hand, subscribe, and never read again."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sendall(
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % port
    )
    assert b" 101 " in line.recv(4096)
    text = b'{"type":"subscribe","topics":["agents"]}'
    line.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
    return line


def is_cut(line):
    """Say whether the other end has hung up for good: a line that is only closed takes pings."""
    try:
        line.sendall(bytes([0x89, 0x80, 0, 0, 0, 0]))
    except OSError:
        return True
    return False


def newest(line, last):
    """Read until a frame of at least this sequence has come."""
    while (got := json.loads(line.recv(timeout=PATIENCE_S)))["sequence"] < last:
        pass
    return got


def test_nineteen_clients_get_every_newest_frame_beside_one_who_never_reads(deck):
    app = create_app(deck)
    hub = app.state.hub
    hub.stuck_s_max = 0.5
    with served(app, ws=QuickLine) as port, subscribed(port, 19) as readers:
        stuck = stuck_line(port)
        wait_until(lambda: len(hub.clients) == 20)
        for sequence in itertools.count(1):
            tell(deck, frame("agents", sequence, FAT, run_id=0))
            tell(deck, frame("metrics", sequence, run_id=0))
            assert {newest(line, sequence)["sequence"] for line in readers} == {sequence}
            if len(hub.clients) == 19:
                break
            time.sleep(0.01)
        wait_until(lambda: is_cut(stuck))
        stuck.close()
        sent, _ = hub.counts()
    assert sent >= 19 * sequence


def test_what_waits_for_one_who_never_reads_is_bounded(deck):
    app = create_app(deck)
    hub = app.state.hub
    with served(app) as port:
        stuck = stuck_line(port)
        wait_until(lambda: hub.clients and all(client.topics for client in hub.clients))
        [client] = hub.clients
        for sequence in range(1, 81):
            tell(deck, frame("agents", sequence, FAT, run_id=0))
            wait_until(lambda: not hub._woken)
        assert len(client._frames._lanes["agents"]) == QUEUE_MAX
        assert client.dropped > 0
        stuck.close()
        wait_until(lambda: not hub.clients)


def test_words_on_the_socket(deck):
    with served(create_app(deck)) as port, dialled(f"ws://127.0.0.1:{port}/ws") as line:
        for bad in ("{", '{"type":"sing"}', "[]", '{"type":"subscribe","topics":["x"]}'):
            line.send(bad)
            said = json.loads(line.recv(timeout=PATIENCE_S))
            assert said["topic"] == "error"
            assert said["body"]["error"]
        line.send('{"type":"ping"}')
        assert json.loads(line.recv(timeout=PATIENCE_S))["topic"] == "pong"
        line.send('{"type":"history"}')
        history = json.loads(line.recv(timeout=PATIENCE_S))
        assert (history["topic"], history["body"]) == ("history", {"points": []})
        line.send(b"\xff\x00")
        with pytest.raises(ConnectionClosed, match="1008"):
            line.recv(timeout=PATIENCE_S)


def test_topics_are_left_again(deck):
    with served(create_app(deck)) as port, subscribed(port) as [line]:
        tell(deck, frame("metrics", 1, run_id=0), frame("alerts", 1, run_id=0))
        assert json.loads(line.recv(timeout=PATIENCE_S))["topic"] == "metrics"
        line.send('{"type":"unsubscribe","topics":["metrics"]}')
        line.send('{"type":"subscribe","topics":["alerts"]}')
        assert json.loads(line.recv(timeout=PATIENCE_S))["topic"] == "history"
        tell(deck, frame("metrics", 2, run_id=0), frame("alerts", 2, run_id=0))
        said = json.loads(line.recv(timeout=PATIENCE_S))
        assert (said["topic"], said["sequence"]) == ("alerts", 2)


def test_the_server_ends_while_clients_watch(deck):
    with ExitStack() as stack:
        with served(create_app(deck)) as port:
            lines = stack.enter_context(subscribed(port, 3))
        for line in lines:
            with pytest.raises(ConnectionClosed, match="1012"):
                line.recv(timeout=PATIENCE_S)
