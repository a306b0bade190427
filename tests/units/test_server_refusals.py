from typing import get_args

import pytest
from serving import PATIENCE_S, asking, served

from sanket_sim.live.feed import STATES
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.frames import AlertTopic, Verdict
from sanket_sim.server.app import create_app

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with asking(FlightDeck(tmp_path_factory.mktemp("empty"))) as client:
        yield client


def shape(answer):
    content = answer.json()
    assert set(content) == {"error", "problems"}
    assert all(set(note) == {"path", "message"} for note in content["problems"])
    return answer.status_code


@pytest.mark.parametrize("body", ["{", "", "nul", '{"speed": 1}x', "[" * 60_000, '{"speed":'])
def test_what_is_no_json_is_refused(api, body):
    assert shape(api.post("/api/speed", content=body, headers=JSON)) in (400, 422)


@pytest.mark.parametrize("body", [b"\xff\xfe", '{"speed": "\\ud800"}', '{"\\ud800": 1}', "[]", "1"])
def test_odd_text_is_refused_and_told_in_text_that_can_be_written(api, body):
    assert shape(api.post("/api/speed", content=body, headers=JSON)) in (400, 422)


def test_a_body_is_declared_as_json(api):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        headers = {"Content-Type": kind}
        assert shape(api.post("/api/speed", content='{"speed": 1}', headers=headers)) == 415
    with_charset = {"Content-Type": "application/json; charset=utf-8"}
    assert shape(api.post("/api/speed", content='{"speed": 1}', headers=with_charset)) == 409


def test_a_large_body_is_refused_by_what_it_says_it_is(api):
    assert shape(api.post("/api/speed", content=b" " * 70_000, headers=JSON)) == 413


def test_a_large_body_that_does_not_say_its_length_is_refused_too(tmp_path):
    import httpx

    def pieces():
        for _ in range(100):
            yield b" " * 1_000

    with served(create_app(FlightDeck(tmp_path))) as port:
        url = f"http://127.0.0.1:{port}/api/speed"
        answer = httpx.post(url, content=pieces(), headers=JSON, timeout=PATIENCE_S)
    assert shape(answer) == 413


def test_wrong_methods_and_addresses_are_told_as_errors_also_behind_a_page():
    async def page(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})

    with asking(FlightDeck(), mounts={"/": page}) as client:
        assert client.get("/anything").text == "page"
        assert shape(client.get("/api/nothing")) == 404
        assert shape(client.get("/api/status/")) == 404
        wrong = client.post("/api/status")
        assert shape(wrong) == 405
        assert wrong.headers["allow"] == "GET"


def test_a_mistake_of_our_own_is_no_traceback(tmp_path):
    from starlette.testclient import TestClient

    app = create_app(FlightDeck(tmp_path))
    app.state.deck = None
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    answer = client.get("/api/status")
    assert shape(answer) == 500
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("speed", {"spee": 60}, {
            "speed": 'is missing; give it, as in {"speed": 600}',
            "spee": 'unknown key; did you mean "speed"? known: speed',
        }),
        ("speed", {"speed": "f"}, {"speed": 'must be a number, is "f", as in {"speed": 600}'}),
        ("speed", {"speed": 0}, {"speed": "must be >= 0.1, is 0"}),
        ("speed", [], {"": 'must be an object of JSON, is an array of 0, as in {"speed": 600}'}),
        ("speed", None, {"": 'is missing; give it, as in {"speed": 600}'}),
        ("step", {"length": "1s"}, {"length": "unknown key; known: for"}),
        ("step", {"for": 5}, {"for": 'must be text in quotes, is 5, as in {"for": "1s"}'}),
        ("start", {"experiment": "x", "seed": 1.5, "play": "yes"}, {
            "seed": 'must be a whole number, is 1.5, as in {"seed": 3}',
            "play": 'must be true or false, is "yes", as in {"play": true}',
        }),
        ("commands", {}, {"": "give either a `fault` or a `trap` table"}),
        ("commands", {"fault": {}, "by": ""}, {
            "by": 'expected a name of 1 to 60 characters that can be printed, such as "Ada", is ""',
        }),
    ],
)  # fmt: skip
def test_a_wrong_body_is_told_what_was_expected_and_how_it_is_written(api, path, body, said):
    answer = api.post(f"/api/{path}", **({} if body is None else {"json": body}))
    assert shape(answer) == 422
    assert {one["path"]: one["message"] for one in answer.json()["problems"]} == said


@pytest.mark.parametrize(
    ("address", "path", "said"),
    [
        (
            "transactions?verdict=leakd",
            "verdict",
            'is "leakd"; did you mean "leaked"? known: any, ',
        ),
        ("transactions?verdict=", "verdict", 'is ""; known: any, blocked, decline, failed, '),
        ("alerts?topic=leaks", "topic", 'is "leaks"; did you mean "LEAKAGE"? known: BREAKER, '),
        ("alerts?open=yes", "open", 'is "yes"; known: any, false, true'),
        ("transactions?limit=x", "limit", 'must be a whole number, is "x"'),
        ("transactions?limit=0", "limit", 'must be >= 1, is "0"'),
        ("agents/x", "agent_id", 'must be a whole number, is "x"'),
    ],
)
def test_a_wrong_filter_is_told_with_those_there_are(api, address, path, said):
    answer = api.get(f"/api/{address}")
    assert shape(answer) == 422
    [problem] = answer.json()["problems"]
    assert problem["path"] == path
    assert problem["message"].startswith(said)


def test_filters_are_enumerated_in_the_description(api):
    paths = api.get("/openapi.json").json()["paths"]

    def choices(path, name):
        [asked] = [one for one in paths[path]["get"]["parameters"] if one["name"] == name]
        return asked["schema"]["enum"]

    assert choices("/api/transactions", "verdict") == [*get_args(Verdict), "any"]
    assert set(STATES) == set(get_args(Verdict))
    assert choices("/api/alerts", "topic") == [*get_args(AlertTopic), "any"]
