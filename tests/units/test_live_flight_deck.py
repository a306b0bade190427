"""What a deck keeps of flights, and to whom it tells it: by frames made by hand."""

import pytest
from serving import frame

from sanket_sim.live.flying.flight_deck import FlightDeck, Kept
from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import json_of, value_of


def points(sequence, *indices, point_ns=1_000):
    body = {"points": [{"index": one} for one in indices], "point_ns": point_ns}
    return frame("metrics", sequence, json_of(body))


def rows(sequence, *tx_ids):
    body = {"rows": [{"tx_id": one} for one in tx_ids], "processed": sequence}
    return frame("transactions", sequence, json_of(body))


@pytest.fixture
def deck(tmp_path):
    return FlightDeck(tmp_path)


def test_points_are_gathered_until_they_get_another_length(deck):
    deck._take(deck._kept, points(1, 0, 1))
    deck._take(deck._kept, points(2, 1, 2))
    assert [point["index"] for point in deck.points] == [0, 1, 2]
    deck._take(deck._kept, points(3, 0, point_ns=2_000))
    assert [point["index"] for point in deck.points] == [0]


def test_the_latest_of_the_feed_has_the_rows_of_frames_before_it(deck):
    for one in (rows(1, 4, 5), rows(2, 6)):
        deck._take(deck._kept, one)
    latest = deck.latest("transactions")
    assert latest.sequence == 2
    assert [row["tx_id"] for row in value_of(latest.body)["rows"]] == [4, 5, 6]


def test_of_a_former_flight_nobody_is_told(deck):
    told: list[Frame] = []
    stop = deck.listen(told.append)
    former = deck._kept
    deck._take(former, points(1, 0))
    deck._kept = Kept()
    deck._take(former, points(2, 1))
    assert [one.sequence for one in told] == [1]
    assert sorted(former.points) == [0, 1], "it is kept all the same"
    stop()
    deck._take(deck._kept, points(3, 0))
    assert len(told) == 1


def test_one_who_watches_badly_does_not_blind_the_others(deck, caplog):
    told: list[Frame] = []

    def stumble(one: Frame) -> None:
        raise KeyError(one.topic)

    deck.listen(stumble)
    deck.listen(told.append)
    deck._take(deck._kept, points(1, 0))
    assert len(told) == 1
    assert "KeyError" in caplog.text
