"""What was served once can be flown again, and a deck between two runs says so."""

import pytest
from flown import SMALL, file_of

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
