"""Where the run stands, and everything that moves it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response

from sanket_sim import __version__
from sanket_sim.core.units import parse_duration_ns
from sanket_sim.live.flying.orders import Order, Pause, Play, SetSpeed, Step, Stop
from sanket_sim.live.frames import RunStatus
from sanket_sim.server.bridge import Deck, Gate, answer_of, check_flown, order, status_of
from sanket_sim.server.catalogue import path_of
from sanket_sim.server.models import Health, SpeedRequest, StartRequest, StepRequest
from sanket_sim.server.refusals import Refusal, refusing
from sanket_sim.server.tables import barred, dated, untold

router = APIRouter(prefix="/api", tags=["run"])
ONE_SECOND = StepRequest()


async def _gate_of(request: Request) -> Gate:
    gate = request.app.state.gate
    assert isinstance(gate, Gate), "create_app keeps it there"
    return gate


TheGate = Annotated[Gate, Depends(_gate_of)]


@router.get("/health", summary="Is the server alive?", responses=refusing())
async def health(deck: Deck, request: Request) -> Health:
    """Say that the server lives, its version, and the state of the run."""
    clients = len(request.app.state.hub.clients)
    return Health(version=__version__, state=status_of(deck).state, clients=clients)


@router.get(
    "/status", summary="Where does the run stand?", response_model=RunStatus, responses=refusing()
)
async def status(deck: Deck) -> Response:
    """Return where the run stands; without one, `state` is ``empty``."""
    return answer_of(status_of(deck))


@router.post(
    "/start",
    summary="Fly an experiment",
    response_model=RunStatus,
    responses=refusing(400, 404, 409, 413, 415, 422, 503),
)
def start(asked: StartRequest, deck: Deck, gate: TheGate) -> Response:
    """End the present run, and bring another to its start.

    The experiment is checked first: if anything is wrong with it, the present run goes on.
    """
    if found := [*untold(asked.overrides), *barred(asked.overrides)]:
        raise Refusal(422, "the overrides hold what they must not", found)
    source = path_of(asked.experiment, deck)
    with gate.passing():
        overrides = dated(asked.overrides)
        deck.start(source, overrides, seed=asked.seed, speed=asked.speed, play=asked.play)
    return answer_of(status_of(deck))


@router.post(
    "/reset",
    summary="Bring the same run to its start again",
    response_model=RunStatus,
    responses=refusing(409, 503),
)
def reset(deck: Deck, gate: TheGate) -> Response:
    """End the present run, and bring the same experiment to its start, where it waits."""
    check_flown(deck)
    with gate.passing():
        deck.reset()
    return answer_of(status_of(deck))


@router.post("/pause", summary="Wait", response_model=RunStatus, responses=refusing(409, 503))
def pause(deck: Deck) -> Response:
    """Wait, after the tick that is under way."""
    return _steer(deck, Pause())


@router.post("/resume", summary="Go on", response_model=RunStatus, responses=refusing(409, 503))
def resume(deck: Deck) -> Response:
    """Go on from where the run waits, or begin."""
    return _steer(deck, Play())


@router.post("/stop", summary="End the run", response_model=RunStatus, responses=refusing(409, 503))
def stop(deck: Deck) -> Response:
    """End the run after the tick that is under way; what was written stays and is measured."""
    return _steer(deck, Stop())


@router.post(
    "/step",
    summary="Go on for a while, then wait",
    response_model=RunStatus,
    responses=refusing(400, 409, 413, 415, 422, 503),
)
def step(deck: Deck, asked: Annotated[StepRequest, Body()] = ONE_SECOND) -> Response:
    """Go on for a stretch of simulated time, a second if none is named, then wait."""
    return _steer(deck, Step(parse_duration_ns(asked.length)))


@router.post(
    "/speed",
    summary="Go on at another speed",
    response_model=RunStatus,
    responses=refusing(400, 409, 413, 415, 422, 503),
)
def speed(asked: SpeedRequest, deck: Deck) -> Response:
    """Go on at another speed from now; a run goes no faster than the machine lets it."""
    return _steer(deck, SetSpeed(asked.speed))


def _steer(deck: Deck, given: Order) -> Response:
    order(deck, given)
    return answer_of(status_of(deck))
