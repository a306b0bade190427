"""From a request to the flight deck and back: what each of its refusals means in HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response
from starlette.requests import HTTPConnection

from sanket_sim.core.settings import nearest
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.flying.orders import Give, Inspect, Order
from sanket_sim.live.frames import STEERABLE, Body, RunStatus, Topic
from sanket_sim.live.frames.json_text import JsonObject, json_of, object_of
from sanket_sim.server.refusals import Refusal

NOBODY = RunStatus(
    run_id=0,
    experiment="",
    question="",
    model="",
    seed=0,
    state="empty",
    now_ns=0,
    duration_ns=0,
    end_ns=0,
    start="",
    speed=0.0,
    speed_reached=0.0,
)
"""What there is to say of a run before any was started."""


async def _deck_of(connection: HTTPConnection) -> FlightDeck:
    deck = connection.app.state.deck
    assert isinstance(deck, FlightDeck), "create_app keeps it there"
    return deck


Deck = Annotated[FlightDeck, Depends(_deck_of)]
"""A route's flight deck."""


class Gate:
    """Lets one start or reset through at a time: a second one is told so instead of waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Hold the gate while a run is brought to its start.

        Raises
        ------
        Refusal
            If somebody else is doing so.
        """
        if not self._lock.acquire(blocking=False):
            raise Refusal(409, "another run is being brought to its start; ask again in a moment")
        try:
            yield
        finally:
            self._lock.release()


def status_of(deck: FlightDeck) -> RunStatus:
    """Return where the run stands, whatever has become of it."""
    return deck.status or NOBODY


def json_response(body: bytes, status: int = 200) -> Response:
    """Answer with what is JSON already."""
    return Response(body, status, media_type="application/json")


def answer_of(value: object) -> Response:
    """Answer with dataclasses, numbers and lists."""
    return json_response(json_of(value))


def order(deck: FlightDeck, given: Order) -> bytes:
    """Give an order that the run can take in its present state; return its answer.

    Raises
    ------
    Refusal
        409 if there is no run or it takes no orders any more (and no commands while it drains,
        whatever is asked), 422 if the order is wrong.
    FlightError
        If the run's process has gone.
    """
    _check_boarded(deck)
    answer = deck.ask(given)
    if answer.problems:
        pointless = not any(path for path, _ in answer.problems) and not isinstance(given, Give)
        status = status_of(deck)
        drains = isinstance(given, Give) and status.now_ns >= status.duration_ns
        late = pointless or drains or status.state not in STEERABLE
        told = "; ".join(message for _, message in answer.problems)
        raise Refusal(409 if late else 422, told, answer.problems)
    return answer.body


def look_into(deck: FlightDeck, asked: Inspect, known: list[str] | None = None) -> Response:
    """Answer with everything about one thing.

    Parameters
    ----------
    deck : FlightDeck
    asked : Inspect
    known : list of str, optional
        Names among which to seek the nearest, if there is no such thing.

    Raises
    ------
    Refusal
        404 if there is no such thing, 409 if there is no run to look into.
    """
    _check_boarded(deck)
    answer = deck.ask(asked)
    if answer.problems:
        raise Refusal(503, f"the run cannot tell: {answer.problems[0][1]}")
    if answer.missing:
        hint = f"; {nearest(asked.key, known)}" if known else ""
        raise Refusal(404, f"the run has no {asked.kind} {asked.key}{hint}")
    return json_response(answer.body)


def check_flown(deck: FlightDeck) -> None:
    """Refuse what needs a run while there is none.

    Raises
    ------
    Refusal
        409.
    """
    if deck.plan is None:
        raise Refusal(409, "no run has been started; POST /api/start names an experiment")


def _check_boarded(deck: FlightDeck) -> None:
    check_flown(deck)
    if status_of(deck).state == "starting":
        raise Refusal(409, "the run is still being brought to its start; ask again in a moment")


def latest(deck: FlightDeck, topic: Topic, otherwise: Body) -> JsonObject:
    """Return the latest of a topic as JSON has it, or what stands for nothing."""
    body = deck.body(topic)
    return object_of(json_of(otherwise)) if body is None else body
