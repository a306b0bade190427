"""What the run looks like: its latest frames, and everything about one thing in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Path, Query, Response
from pydantic import BeforeValidator

from sanket_sim.live.flying.orders import Inspect
from sanket_sim.live.frames import (
    Alerts,
    AlertTopic,
    Crowd,
    Feed,
    FraudDesk,
    ServiceNow,
    Verdict,
)
from sanket_sim.live.frames.json_text import JsonObject
from sanket_sim.live.inspection.agent import AgentFile
from sanket_sim.live.inspection.alert import AlertFile
from sanket_sim.live.inspection.campaign import CampaignFile
from sanket_sim.live.inspection.payment import PaymentStory
from sanket_sim.live.inspection.service import ServiceDetail
from sanket_sim.server.bridge import Deck, answer_of, latest, look_into, status_of
from sanket_sim.server.models import INT64_MAX, Glance, Points, ServiceGlance
from sanket_sim.server.refusals import refusing

router = APIRouter(prefix="/api", tags=["picture"])
_NOTHING_SEEN: JsonObject = {"tiles": [], "points": [], "services": [], "stretch": ""}
_EMPTY_DESK = FraudDesk(
    alerts=(),
    caught=0,
    missed=0,
    false_alarms=0,
    recall=None,
    precision=None,
    stopped_minor=0,
    lost_minor=0,
    waiting=0,
)
LOOKING_INTO = refusing(404, 409, 422, 503)
"""What may be said instead of everything about one thing."""
_TOPICS: Mapping[str, str] = {topic.lower(): topic for topic in get_args(AlertTopic)}
Number = Annotated[int, Path(ge=0, le=INT64_MAX)]


def _in_any_case(topic: str) -> str:
    return _TOPICS.get(topic.lower(), topic)


@router.get("/metrics", summary="The run at a glance", response_model=Glance, responses=refusing())
async def metrics(deck: Deck) -> Response:
    """Return tiles, the newest point of the charts, and every service in a line."""
    body = deck.body("metrics") or _NOTHING_SEEN
    points = body["points"]
    keys = ServiceGlance.model_fields
    services = [{key: service[key] for key in keys} for service in body["services"]]
    newest = points[-1] if points else None
    run = status_of(deck)
    glance = {
        "run": run,
        "tiles": body["tiles"],
        "point": newest,
        "services": services,
        "stretch": body["stretch"],
    }
    return answer_of(glance)


@router.get("/points", summary="The charts", response_model=Points, responses=refusing(422))
async def points(
    deck: Deck, since: Annotated[int, Query(ge=-1, le=INT64_MAX, examples=[41])] = -1
) -> Response:
    """Return every point of the charts after the index `since`."""
    newer = [point for point in deck.points if point["index"] > since]
    return answer_of({"run_id": status_of(deck).run_id, "points": newer})


@router.get(
    "/services", summary="Every service", response_model=list[ServiceNow], responses=refusing()
)
async def services(deck: Deck) -> Response:
    """Return every service as it stands."""
    return answer_of(_services(deck))


@router.get(
    "/services/{name}",
    summary="Everything about a service",
    response_model=ServiceDetail,
    responses=LOOKING_INTO,
)
def service(
    name: Annotated[str, Path(min_length=1, max_length=200, examples=["payment"])], deck: Deck
) -> Response:
    """Return everything about one service."""
    return look_into(deck, Inspect("service", name), [one["name"] for one in _services(deck)])


@router.get(
    "/transactions", summary="The newest payments", response_model=Feed, responses=refusing(422)
)
async def transactions(
    deck: Deck,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    verdict: Annotated[Literal[Verdict, "any"], Query(examples=["leaked"])] = "any",
) -> Response:
    """Return the newest payments of the feed, newest last, of one verdict if one is named."""
    feed = latest(deck, "transactions", Feed((), 0))
    rows = [row for row in feed["rows"] if verdict in ("any", row["verdict"])]
    return answer_of(feed | {"rows": rows[-limit:]})


@router.get(
    "/transactions/{tx_id}",
    summary="The story of a payment",
    response_model=PaymentStory,
    responses=LOOKING_INTO,
)
def transaction(tx_id: Number, deck: Deck) -> Response:
    """Return the life of one payment, hop by hop."""
    return look_into(deck, Inspect("payment", str(tx_id)))


@router.get("/agents", summary="The agent view", response_model=Crowd, responses=refusing())
async def agents(deck: Deck) -> Response:
    """Return a sample of everyone, and everyone who matters."""
    return answer_of(_crowd(deck))


@router.get(
    "/agents/{agent_id}",
    summary="Everything about an agent",
    response_model=AgentFile,
    responses=LOOKING_INTO,
)
def agent(agent_id: Number, deck: Deck) -> Response:
    """Return everything about one customer, merchant, mule or fraudster."""
    return look_into(deck, Inspect("agent", str(agent_id)))


@router.get(
    "/campaigns/{campaign_id}",
    summary="A fraud that is under way",
    response_model=CampaignFile,
    responses=LOOKING_INTO,
)
def campaign(campaign_id: Number, deck: Deck) -> Response:
    """Return everything about one campaign: all of it is ground truth."""
    return look_into(deck, Inspect("campaign", str(campaign_id)))


@router.get("/alerts", summary="Alerts", response_model=Alerts, responses=refusing(422))
async def alerts(
    deck: Deck,
    topic: Annotated[
        Literal[AlertTopic, "any"], BeforeValidator(_in_any_case), Query(examples=["SLO"])
    ] = "any",
    is_open: Annotated[Literal["true", "false", "any"], Query(alias="open")] = "any",
) -> Response:
    """Return the newest alerts, newest first: of one topic, open ones or ended ones."""
    body = latest(deck, "alerts", Alerts((), 0))
    rows = [
        row
        for row in body["alerts"]
        if topic in ("any", row["topic"]) and is_open in ("any", _told(row["end_ns"] is None))
    ]
    return answer_of(body | {"alerts": rows})


@router.get(
    "/alerts/{alert_id}",
    summary="Everything about an alert",
    response_model=AlertFile,
    responses=LOOKING_INTO,
)
def alert(alert_id: Number, deck: Deck) -> Response:
    """Return what was seen, against which threshold, what it is about, what struck around it."""
    return look_into(deck, Inspect("alert", str(alert_id)))


@router.get(
    "/fraud-alerts", summary="The fraud desk", response_model=FraudDesk, responses=refusing()
)
async def fraud_alerts(deck: Deck) -> Response:
    """Return how the fraud service fares, and what analysts have before them."""
    return answer_of(latest(deck, "fraud_alerts", _EMPTY_DESK))


def _told(truth: bool) -> str:
    return "true" if truth else "false"


def _services(deck: Deck) -> list[JsonObject]:
    body = deck.body("metrics")
    return body["services"] if body else []


def _crowd(deck: Deck) -> JsonObject:
    return latest(deck, "agents", Crowd((), (), (), 0))
