"""Prometheus metrics: what the latest frame says, and what the server does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from sanket_sim import __version__
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.frames import FlightState, RunStatus
from sanket_sim.live.frames.json_text import JsonObject
from sanket_sim.server.bridge import status_of
from sanket_sim.server.hub import Hub

router = APIRouter(tags=["machines"])
_MS_PER_S = 1000.0
_OF_A_SERVICE = (
    ("utilisation_ratio", "utilisation", "Busy workers as a share of all."),
    ("queue_requests", "queue", "Requests that wait."),
    ("attempts_per_second", "rate_per_s", "Attempts answered per simulated second."),
    ("error_ratio", "error_share", "Failed attempts as a share of all."),
    ("leak_ratio", "leak_share", "Leaks it is to blame for as a share of intents."),
)


class FlightCollector(Collector):
    """Reads the latest frame when somebody asks, so that nothing is counted twice."""

    def __init__(self, deck: FlightDeck, hub: Hub) -> None:
        self._deck, self._hub = deck, hub

    def describe(self) -> list[Metric]:
        """Return nothing: what there is depends on the run."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return everything there is to say now."""
        yield InfoMetricFamily("sanket_build", "Version of Sanket.", {"version": __version__})
        yield from self._of_the_hub()
        yield from _of_the_run(status_of(self._deck))
        if (body := self._deck.body("metrics")) is not None:
            yield _verdicts(body["verdicts"])
            yield from _of_the_bank(body)
            yield from _of_services(body["services"])

    def _of_the_hub(self) -> Iterator[Metric]:
        sent, dropped = self._hub.counts()
        yield GaugeMetricFamily(
            "sanket_websocket_clients", "Open WebSockets.", len(self._hub.clients)
        )
        frames = "sanket_websocket_frames"
        yield CounterMetricFamily(f"{frames}_sent", "Frames sent to clients.", sent)
        yield CounterMetricFamily(f"{frames}_dropped", "Frames slow clients missed.", dropped)


def _of_the_run(status: RunStatus) -> Iterator[Metric]:
    state = GaugeMetricFamily("sanket_run_state", "1 for the state of the run.", labels=["state"])
    for name in get_args(FlightState):
        state.add_metric([name], float(status.state == name))
    yield state
    seconds = "seconds of simulated time since the start of the run."
    yield GaugeMetricFamily("sanket_run_number", "Grows with every start.", status.run_id)
    yield GaugeMetricFamily("sanket_simulated_seconds", f"Now: {seconds}", status.now_ns / NS_PER_S)
    speed = "Simulated seconds per second"
    yield GaugeMetricFamily("sanket_speed_ratio", f"{speed}, asked for.", status.speed)
    yield GaugeMetricFamily("sanket_speed_reached_ratio", f"{speed}.", status.speed_reached)
    yield CounterMetricFamily("sanket_intents_ended", "Intents ended.", status.processed)


def _verdicts(counts: dict[str, int]) -> Metric:
    judged = CounterMetricFamily(
        "sanket_intents_judged", "Intents ended, by verdict.", labels=["verdict"]
    )
    for verdict, count in counts.items():
        judged.add_metric([verdict], count)
    return judged


def _of_the_bank(body: JsonObject) -> Iterator[Metric]:
    point = body["points"][-1] if body["points"] else None
    if point is None:
        return
    rate = GaugeMetricFamily(
        "sanket_intents_per_second", "Intents ended per simulated second.", labels=["outcome"]
    )
    for outcome in ("completed", "failed"):
        rate.add_metric([outcome], point[outcome])
    yield rate
    yield _latency(point)
    yield GaugeMetricFamily("sanket_leakage_ratio", "Leaked intents.", point["leak_share"])
    leaks = GaugeMetricFamily(
        "sanket_leakage_by_cause_ratio", "The same by cause.", labels=["cause"]
    )
    for cause, share in point["leaks"].items():
        leaks.add_metric([cause], share)
    yield leaks
    yield GaugeMetricFamily("sanket_power_watts", "Power of all services.", point["power_w"])


def _latency(point: JsonObject) -> Metric:
    latency = GaugeMetricFamily(
        "sanket_latency_seconds", "Time that customers waited.", labels=["quantile"]
    )
    for quantile, key in (("0.5", "p50_ms"), ("0.95", "p95_ms"), ("0.99", "p99_ms")):
        if point[key] is not None:
            latency.add_metric([quantile], point[key] / _MS_PER_S)
    return latency


def _of_services(services: list[JsonObject]) -> Iterator[Metric]:
    for name, key, said in _OF_A_SERVICE:
        family = GaugeMetricFamily(f"sanket_service_{name}", said, labels=["service"])
        for service in services:
            family.add_metric([service["name"]], service[key])
        yield family


def registry_of(deck: FlightDeck, hub: Hub) -> CollectorRegistry:
    """Return a registry of this application's own."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FlightCollector(deck, hub))
    ProcessCollector(registry=registry)
    return registry


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus' text format"}},
)
async def metrics(request: Request) -> Response:
    """Return what the latest frame says, and what the server does, for Prometheus."""
    text = generate_latest(request.app.state.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
