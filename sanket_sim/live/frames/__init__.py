"""What leaves a flight: plain records, as JSON, which pages and the API show as they are.

Rates are per simulated second over the last `WINDOW_S` seconds unless said otherwise; shares are in
[0, 1]; money is in minor units with its currency beside it; instants are nanoseconds of simulated
time since the start of the run. What cannot be known yet is None. `state` is one of ``"ok"``,
``"warn"``, ``"critical"`` and ``"idle"`` (nothing to judge); colours are the page's business.
"""

from __future__ import annotations

from sanket_sim.live.frames.alerts import Alert, Alerts, AlertTopic, Evidence
from sanket_sim.live.frames.board import Point, Tile, Verdicts
from sanket_sim.live.frames.frame import Frame
from sanket_sim.live.frames.fraud import Case, FraudDesk, Move, Thresholds, WhatIf
from sanket_sim.live.frames.metrics import History, Metrics
from sanket_sim.live.frames.payments import Feed, FeedRow, Verdict
from sanket_sim.live.frames.people import AgentDot, Campaign, Crowd, Flow
from sanket_sim.live.frames.services import EdgeNow, Judged, Replica, ServiceNow
from sanket_sim.live.frames.standing import (
    POINTS_MAX,
    STEERABLE,
    TOPICS,
    WINDOW_S,
    Changed,
    Disturbance,
    FlightState,
    RunStatus,
    State,
    Topic,
)

Body = Metrics | Feed | FraudDesk | Alerts | Crowd

__all__ = [
    "POINTS_MAX",
    "STEERABLE",
    "TOPICS",
    "WINDOW_S",
    "AgentDot",
    "Alert",
    "AlertTopic",
    "Alerts",
    "Body",
    "Campaign",
    "Case",
    "Changed",
    "Crowd",
    "Disturbance",
    "EdgeNow",
    "Evidence",
    "Feed",
    "FeedRow",
    "FlightState",
    "Flow",
    "Frame",
    "FraudDesk",
    "History",
    "Judged",
    "Metrics",
    "Move",
    "Point",
    "Replica",
    "RunStatus",
    "ServiceNow",
    "State",
    "Thresholds",
    "Tile",
    "Topic",
    "Verdict",
    "Verdicts",
    "WhatIf",
]
