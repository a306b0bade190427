"""A payment is looked up in the process of whoever asks: its run only says what is not written."""

from __future__ import annotations

import logging

from sanket_sim.live.flying.flight import Flight, FlightError
from sanket_sim.live.flying.orders import Answer, LookUp
from sanket_sim.live.frames.json_text import json_of
from sanket_sim.live.inspection import Missing
from sanket_sim.live.inspection.reading_room import ReadingRoom
from sanket_sim.live.reading.unwritten import Unwritten

_NO_NUMBER = 0
_log = logging.getLogger(__name__)


def look_up(room: ReadingRoom, flight: Flight, key: str) -> Answer:
    """Answer with the story of a payment, as a run answers that is asked about anything else.

    Raises
    ------
    FlightError
        If the run does not answer.
    """

    def ask(tx_ids: tuple[int, ...], agents_from: int) -> Unwritten:
        answer = flight.ask(LookUp(tx_ids, agents_from))
        if answer.unwritten is None:
            raise FlightError(f"the run cannot tell: {answer.problems}")
        return answer.unwritten

    try:
        return Answer(_NO_NUMBER, json_of(room.story(key, ask)))
    except Missing:
        return Answer(_NO_NUMBER, missing=True)
    except FlightError:
        raise
    except Exception as error:  # noqa: BLE001  # a question brings nobody down
        _log.exception("payment %s could not be looked up", key)
        return Answer(_NO_NUMBER, problems=(("", f"{type(error).__name__}: {error}"),))
