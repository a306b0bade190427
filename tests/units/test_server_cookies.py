"""Tokens and cookies: nearly right is wrong, and what one server gives another does not get."""

import pytest
from serving import HOME, asking
from starlette.testclient import TestClient

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.app import create_app

TOKEN = "wörd-of-the-day"


@pytest.fixture
def deck(tmp_path):
    return FlightDeck(tmp_path)


@pytest.fixture
def locked(deck):
    with asking(deck, token=TOKEN) as client:
        yield client


def bearer(token):
    return {"Authorization": f"Bearer {token}".encode()}


@pytest.mark.parametrize("guess", [TOKEN[:-1], f"{TOKEN}s", TOKEN.upper(), f" {TOKEN[1:]}"])
def test_nearly_the_token_is_not_the_token(locked, guess):
    assert locked.get("/api/status", headers=bearer(guess)).status_code == 401
    assert locked.get("/api/status", params={"token": guess}).status_code == 401


def test_over_tls_the_cookie_never_goes_in_the_clear(deck):
    app = create_app(deck, token=TOKEN)
    for scheme, secure in (("https", True), ("http", False)):
        with TestClient(app, base_url=f"{scheme}://127.0.0.1") as client:
            cookie = client.get("/api/status", params={"token": TOKEN}).headers["set-cookie"]
        assert ("Secure" in cookie) == secure


def test_two_servers_of_one_machine_keep_their_cookies_apart(deck):
    names = set()
    for port in (8001, 8002):
        home = f"{HOME}:{port}"
        with TestClient(create_app(deck, token=TOKEN), base_url=home) as client:
            client.get("/api/status", params={"token": TOKEN})
            names |= set(client.cookies.keys())
    assert len(names) == 2
