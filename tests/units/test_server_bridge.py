"""Between a request and the deck: by frames that a test lays there, without a run."""

import pytest
from serving import asking, frame
from starlette.exceptions import HTTPException

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.flying.worker import FlightPlan
from sanket_sim.live.frames import Alert, Alerts, Metrics, RunStatus
from sanket_sim.live.frames.json_text import json_of
from sanket_sim.server.access import BODY_BYTES_MAX
from sanket_sim.server.body_limit import _counted
from sanket_sim.server.bridge import Gate
from sanket_sim.server.refusals import Refusal
from sanket_sim.server.tables import untold


@pytest.fixture
def deck(tmp_path):
    return FlightDeck(tmp_path)


def lay(deck, state, folder):
    """Let the deck have a run in some state."""
    status = RunStatus(1, "small", "", "bank", 0, state, 5, 9, 9, "", 1.0, 0.0, folder=str(folder))
    deck.plan = FlightPlan(1, "small.toml")
    body = json_of(Metrics(status, (), (), (), (), ()))
    deck._take(deck._kept, frame("metrics", 1, body))


def test_the_gate_opens_again_however_the_passage_went():
    gate = Gate()
    with gate.passing(), pytest.raises(Refusal, match="another run"), gate.passing():
        pass
    with pytest.raises(KeyError), gate.passing():
        raise KeyError
    with gate.passing():
        pass


def test_a_report_is_not_shown_while_it_is_being_written(deck, tmp_path):
    for name in ("report.html", "findings.json"):
        (tmp_path / name).write_text("{")
    with asking(deck) as client:
        lay(deck, "measuring", tmp_path)
        for path in ("report", "report/findings.json"):
            assert client.get(f"/api/{path}").status_code == 409
        lay(deck, "ended", tmp_path)
        assert client.get("/api/report").text == "{"
        (tmp_path / "report.html").unlink()
        assert client.get("/api/report").status_code == 404


def test_alerts_are_asked_for_by_topic_and_by_whether_they_last(deck):
    told = (
        Alert(2, "SLO", "critical", "slow", "", 20),
        Alert(1, "LEAKAGE", "warn", "lost", "", 10),
        Alert(0, "SLO", "critical", "slow", "", 1, 5),
    )
    deck._take(deck._kept, frame("alerts", 1, json_of(Alerts(told, 2))))
    wanted = {
        "": [2, 1, 0],
        "?open=true": [2, 1],
        "?open=false": [0],
        "?topic=SLO": [2, 0],
        "?topic=SLO&open=true": [2],
    }
    with asking(deck) as client:
        for query, numbers in wanted.items():
            found = client.get(f"/api/alerts{query}").json()["alerts"]
            assert [one["alert_id"] for one in found] == numbers, query


def test_the_largest_body_is_let_in(deck):
    headers = {"Content-Type": "application/json"}
    with asking(deck) as client:
        for more, status in ((0, 409), (1, 413)):
            body = b'{"speed": 1}'.ljust(BODY_BYTES_MAX + more)
            assert client.post("/api/speed", content=body, headers=headers).status_code == status


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1])
def test_a_number_of_64_bits_can_be_told_and_a_larger_one_cannot(number):
    assert untold({"seed": number}) == []
    larger = number + (1 if number > 0 else -2)
    assert [path for path, _ in untold({"seed": larger})] == ["seed"]


def stepped(coroutine):
    """Let a coroutine that waits for nobody run to its end."""
    with pytest.raises(StopIteration) as over:
        coroutine.send(None)
    return over.value.value


def test_the_pieces_of_a_body_are_added_up():
    async def piece():
        return {"type": "http.request", "body": b" " * (BODY_BYTES_MAX // 2), "more_body": True}

    receive = _counted(piece)
    for _ in range(2):
        assert stepped(receive())["more_body"]
    with pytest.raises(HTTPException, match="413"):
        receive().send(None)
