import json

import httpx
import pytest
from serving import HOME, PATIENCE_S, asking, dialled, served
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.access import Rules
from sanket_sim.server.app import create_app

TOKEN = "wörd-of-the-day"


async def page(scope, receive, send):
    """Stand for Solara: answers everything, and opens every socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


@pytest.fixture
def deck(tmp_path):
    return FlightDeck(tmp_path)


@pytest.fixture
def open_house(deck):
    with asking(deck, mounts={"/": page}) as client:
        yield client


@pytest.fixture
def locked(deck):
    with asking(deck, mounts={"/": page}, token=TOKEN) as client:
        yield client


def answers(ws):
    ws.send('{"type": "ping"}')
    return json.loads(ws.recv(timeout=PATIENCE_S))["topic"] == "pong"


def bearer(token):
    return {"Authorization": f"Bearer {token}".encode()}


@pytest.mark.parametrize("path", ["/api/status", "/metrics", "/docs", "/openapi.json", "/", "/x"])
def test_nothing_is_shown_without_the_token(locked, path):
    assert locked.get(path).status_code == 401
    assert locked.get(path, headers=bearer("guess")).status_code == 401
    assert locked.get(path, params={"token": "guess"}).status_code == 401
    assert locked.get(path, headers=bearer(TOKEN)).status_code == 200


def test_one_without_the_token_is_told_how_to_come_in(locked):
    told = locked.get("/api/status")
    assert "Bearer" in told.json()["error"]
    assert told.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/", "/wall", "/docs", "/api/report"])
def test_a_browser_without_the_token_is_shown_where_to_type_it(locked, path):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    shown = locked.get(path, headers=browser)
    assert shown.status_code == 401
    assert shown.headers["content-type"].startswith("text/html")
    assert "?token=" in shown.text
    assert "not the token" not in shown.text
    assert "<script" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["www-authenticate"].startswith("Bearer")
    again = locked.get(path, params={"token": "guess"}, headers=browser)
    assert again.status_code == 401
    assert "not the token" in again.text
    assert "guess" not in again.text


def test_a_token_once_in_the_address_lets_a_browser_in_for_good(locked):
    first = locked.get("/", params={"token": TOKEN})
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert locked.get("/api/status").status_code == 200


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/", "/"),
        ("/?view=fraud&truth=", "/?view=fraud&truth="),
        ("//else.where/x", "/else.where/x"),
    ],
)
def test_a_browser_does_not_keep_the_token_in_its_address(locked, asked, shown):
    joint = "&" if "?" in asked else "?"
    address = f"{locked.base_url}{asked}{joint}token={TOKEN}"
    first = locked.get(address, headers={"Accept": "text/html"}, follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, shown)
    assert locked.get(shown, headers={"Accept": "text/html"}).status_code == 200


def test_a_cookie_opens_the_socket(deck):
    with served(create_app(deck, token=TOKEN)) as port:
        address = f"127.0.0.1:{port}"
        first = httpx.get(
            f"http://{address}/api/status", params={"token": TOKEN}, timeout=PATIENCE_S
        )
        [(name, value)] = first.cookies.items()
        with dialled(f"ws://{address}/ws", additional_headers={"Cookie": f"{name}={value}"}) as ws:
            assert answers(ws)


def test_a_cookie_of_another_process_is_worth_nothing(deck, locked):
    with asking(deck, token=TOKEN) as other:
        other.get("/", params={"token": TOKEN})
        [(name, value)] = other.cookies.items()
    locked.cookies.set(name, value)
    assert locked.get("/api/status").status_code == 401


@pytest.mark.parametrize("path", ["/ws", "/jupyter/websocket"])
def test_no_socket_is_opened_without_the_token_or_for_another_page(deck, path):
    app = create_app(deck, {"/": page}, token=TOKEN)
    with served(app) as port:
        address = f"ws://127.0.0.1:{port}{path}"
        with pytest.raises(InvalidStatus, match="401"), dialled(address):
            pass
        knows = {"Authorization": "Bearer guess"}
        with pytest.raises(InvalidStatus, match="401"), dialled(address, additional_headers=knows):
            pass
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
            with pytest.raises(InvalidStatus, match="403"), dialled(address, origin=origin):
                pass
        own = f"http://127.0.0.1:{port}"
        with dialled(f"{address}?token=w%C3%B6rd-of-the-day", origin=own):
            pass


def test_a_listed_page_may_watch_and_not_steer(deck):
    wall = "https://wall.example"
    with served(create_app(deck, origins=(wall,))) as port:
        address = f"127.0.0.1:{port}"
        with dialled(f"ws://{address}/ws", origin=wall) as ws:
            assert answers(ws)
        steered = httpx.post(
            f"http://{address}/api/pause", headers={"Origin": wall}, timeout=PATIENCE_S
        )
    assert steered.status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8000", ""])
def test_another_page_cannot_steer(open_house, origin):
    for path in ("/api/pause", "/api/start", "/_solara/api/close/1"):
        assert open_house.post(path, headers={"Origin": origin}).status_code == 403
    assert open_house.get("/api/status", headers={"Origin": origin}).status_code == 200


def test_our_own_page_steers(open_house):
    assert open_house.post("/api/pause", headers={"Origin": HOME}).status_code == 409


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "["])
def test_a_name_that_turns_into_this_machine_is_refused(open_house, host):
    assert open_house.get("/api/status", headers={"Host": host}).status_code == 403
    assert open_house.get("/", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765", "LOCALHOST"])
def test_this_machine_by_its_names(open_house, host):
    assert open_house.get("/api/status", headers={"Host": host}).status_code == 200


def test_beyond_loopback_any_name_will_do_because_a_token_is_needed(deck):
    with asking(deck, token=TOKEN, host="0.0.0.0") as client:
        headers = {"Host": "bank.example"} | bearer(TOKEN)
        assert client.get("/api/status", headers=headers).status_code == 200
        assert client.get("/api/status", headers={"Host": "bank.example"}).status_code == 401


def test_every_answer_forbids_frames_and_guessing(open_house):
    for path in ("/", "/api/status", "/docs", "/api/none"):
        headers = open_house.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"


def test_a_page_keeps_its_own_policy(deck):
    async def strict(_scope, _receive, send):
        headers = [(b"content-security-policy", b"script-src 'self'")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"wall"})

    app = create_app(deck, {"/": strict})
    with TestClient(app, base_url=HOME) as client:
        policies = client.get("/wall").headers["content-security-policy"]
    assert "script-src 'self'" in policies
    assert "frame-ancestors 'none'" in policies


def test_a_session_is_not_the_token():
    rules = Rules(token=TOKEN)
    assert rules.is_session(rules.session)
    assert not rules.is_session(TOKEN)
    assert not rules.is_session("")
    assert not Rules().is_token("")


def test_a_body_that_comes_in_pieces_is_a_body(open_house):
    pieces = iter([b"speed", b"=1"])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = open_house.post("/api/pause", content=pieces, headers=form)
    assert "content-length" not in sent.request.headers
    assert sent.status_code == 415
    assert open_house.post("/api/pause").status_code == 409, "nothing was sent"
