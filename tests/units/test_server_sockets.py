"""What a client is told: by a hub and a client of the test's own, without a network between."""

import json

import pytest
from serving import frame

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.client import QUEUE_MAX, Client
from sanket_sim.server.hub import Hub
from sanket_sim.server.messages import FrameMessage
from sanket_sim.server.sockets import BYTES_MAX, Attendance, BadMessageError, read_message


@pytest.fixture
def deck(tmp_path):
    return FlightDeck(tmp_path)


def taken(client):
    texts = []
    while (text := client._take()) is not None:
        texts.append(json.loads(text))
    return texts


def test_what_somebody_got_is_counted_after_he_has_gone(deck):
    client = Client()
    hub = Hub(deck)
    hub.enter(client)
    for sequence in range(QUEUE_MAX + 1):
        client.offer(FrameMessage(frame("metrics", sequence)))
    assert len(taken(client)) == QUEUE_MAX
    assert hub.counts() == (QUEUE_MAX, 1)
    hub.leave(client)
    assert hub.counts() == (QUEUE_MAX, 1)


def points(sequence, *indices):
    body = {"points": [{"index": one} for one in indices], "point_ns": 1}
    return frame("metrics", sequence, json.dumps(body).encode(), run_id=0)


def test_history_is_written_anew_only_when_there_is_more_of_it(deck):
    hub, client = Hub(deck), Client()
    seen = []
    for one in (points(1, 0), None, points(2, 0, 1)):
        if one is not None:
            deck._take(deck._kept, one)
        hub.offer_history(client)
        seen.append(hub._history)
    assert seen[0] is seen[1] is not seen[2]
    [newest] = taken(client)[-1:]
    assert [point["index"] for point in newest["body"]["points"]] == [0, 1]


def test_a_message_has_an_end():
    longest = f'{{"type":"ping","pad":"{"x" * (BYTES_MAX - 24)}"}}'
    assert len(longest) == BYTES_MAX
    assert read_message(longest)["type"] == "ping"
    with pytest.raises(BadMessageError, match="4,096 bytes"):
        read_message(f"{longest} ")


def test_topics_are_added_to_those_before_and_left_one_by_one(deck):
    client = Client()
    attendance = Attendance(None, Hub(deck), client)
    for word, topic, left in (
        ("subscribe", "metrics", {"metrics"}),
        ("subscribe", "alerts", {"metrics", "alerts"}),
        ("unsubscribe", "metrics", {"alerts"}),
    ):
        attendance._obey(json.dumps({"type": word, "topics": [topic]}))
        assert client.topics == left
    assert [one["topic"] for one in taken(client)] == ["history", "history"]
