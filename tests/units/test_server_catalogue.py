"""What was served once can be flown again, and a deck between two runs says so."""

import pytest
from flown import SMALL, file_of
from serving import asking

from sanket_sim.live.flying.flight_deck import FlightDeck, FlightError
from sanket_sim.live.flying.orders import Play
from sanket_sim.live.flying.worker import FlightPlan
from sanket_sim.server.catalogue import experiments, path_of
from sanket_sim.server.refusals import Refusal


def test_a_file_that_was_served_stays_on_offer_when_another_flies(tmp_path):
    own, deck = file_of(tmp_path, SMALL, "mine.toml"), FlightDeck(tmp_path)
    with pytest.raises(Refusal):
        path_of("mine", deck)
    deck.sources += [str(own), "peak_load"]
    deck.plan = FlightPlan(2, "peak_load")
    assert path_of("mine", deck) == str(own)
    names = [entry.name for entry in experiments(deck)]
    assert names == sorted(set(names))


def test_an_order_between_two_runs_is_told_to_come_again(tmp_path):
    deck = FlightDeck(tmp_path)
    with pytest.raises(FlightError, match="no run has been started"):
        deck.ask(Play())
    deck.plan = FlightPlan(1, "peak_load")
    with pytest.raises(FlightError, match="gives way to another"):
        deck.ask(Play())


def test_a_file_that_was_broken_since_it_flew_is_told_by_its_name_and_line(tmp_path):
    own, deck = file_of(tmp_path, "seed = 1\nseed = x\n", "mine.toml"), FlightDeck(tmp_path)
    deck.sources, deck.plan = [str(own)], FlightPlan(1, str(own))
    with asking(deck) as client:
        answers = [
            client.get("/api/experiments/mine"),
            client.post("/api/start", json={"experiment": "mine"}),
            client.post("/api/reset"),
        ]
    for answer in answers:
        assert answer.status_code == 422
        [problem] = answer.json()["problems"]
        assert problem["message"].startswith("mine.toml, line 2: is not TOML")
        assert str(tmp_path) not in answer.text


def test_an_override_that_is_wrong_is_told_without_the_file_it_was_laid_over(tmp_path):
    own, deck = file_of(tmp_path, SMALL, "mine.toml"), FlightDeck(tmp_path)
    deck.sources = [str(own)]
    asked = {"experiment": "mine", "overrides": {"population.customers": -5}}
    with asking(deck) as client:
        [problem] = client.post("/api/start", json=asked).json()["problems"]
    assert problem == {"path": "population.customers", "message": "must be >= 1, is -5"}
