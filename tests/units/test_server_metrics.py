"""What Prometheus is told."""

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import asking, flying, wait_for_state

from sanket_sim.live.flying.flight_deck import FlightDeck


def families_of(client):
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value_of(family, **labels):
    [value] = [one.value for one in family.samples if labels.items() <= one.labels.items()]
    return value


@pytest.fixture(scope="module")
def stepped(tmp_path_factory):
    """Have a run that waits after ten seconds."""
    with flying(tmp_path_factory.mktemp("runs")) as deck, asking(deck) as client:
        client.post("/api/step", json={"for": "10s"})
        wait_for_state(client, "paused")
        yield client


def test_a_deck_without_a_run_is_measured_too(tmp_path):
    with asking(FlightDeck(tmp_path)) as client:
        families = families_of(client)
    assert value_of(families["sanket_run_number"]) == 0
    assert value_of(families["sanket_run_state"], state="empty") == 1
    assert "process_resident_memory_bytes" in families


def test_the_figures_are_those_of_the_latest_frame(stepped):
    glance, families = stepped.get("/api/metrics").json(), families_of(stepped)
    assert value_of(families["sanket_simulated_seconds"]) == 10.0
    assert value_of(families["sanket_run_state"], state="paused") == 1
    assert value_of(families["sanket_intents_ended"]) == glance["run"]["processed"]
    point = glance["point"]
    completed = value_of(families["sanket_intents_per_second"], outcome="completed")
    assert completed == point["completed"]
    waited_s = value_of(families["sanket_latency_seconds"], quantile="0.99")
    assert waited_s == pytest.approx(point["p99_ms"] / 1000)
    assert value_of(families["sanket_leakage_ratio"]) == point["leak_share"]
    busy = value_of(families["sanket_service_utilisation_ratio"], service="pool")
    assert busy == glance["services"][0]["utilisation"]


def test_verdicts_are_counted_as_rates_of_two_outcomes(stepped):
    families = families_of(stepped)
    outcomes = [one.labels["outcome"] for one in families["sanket_intents_per_second"].samples]
    assert outcomes == ["completed", "failed"]


def test_intents_are_counted_by_verdict_since_the_start(stepped):
    glance, families = stepped.get("/api/metrics").json(), families_of(stepped)
    judged = families["sanket_intents_judged"].samples
    counts = {one.labels["verdict"]: one.value for one in judged}
    assert set(counts) == {"good", "failed", "leaked"}
    assert sum(counts.values()) == glance["run"]["processed"] > 0


def test_labels_are_few_and_known(stepped):
    known = {"state", "outcome", "quantile", "cause", "service", "version", "verdict"}
    families = families_of(stepped)
    labels = {label for one in families.values() for row in one.samples for label in row.labels}
    assert labels <= known
    assert sum(len(one.samples) for one in families.values()) < 100


def test_names_carry_their_unit(stepped):
    units = ("_seconds", "_ratio", "_per_second", "_watts", "_bytes", "_requests")
    counts = (
        "_clients",
        "_number",
        "_state",
        "_ended",
        "_judged",
        "_sent",
        "_dropped",
        "_fds",
        "_info",
    )
    for name in families_of(stepped):
        assert name.endswith((*units, *counts, "_info")), name


def test_frames_and_clients_are_counted(stepped):
    before = value_of(families_of(stepped)["sanket_websocket_frames_sent"])
    with stepped.websocket_connect("ws://127.0.0.1/ws") as ws:
        ws.send_json({"type": "subscribe", "topics": ["metrics"]})
        assert json.loads(ws.receive_text())["topic"] == "history"
        assert json.loads(ws.receive_text())["topic"] == "metrics"
        families = families_of(stepped)
        assert value_of(families["sanket_websocket_clients"]) == 1
        ws.send_json({"type": "ping"})
        assert json.loads(ws.receive_text())["topic"] == "pong"
        sent = value_of(families_of(stepped)["sanket_websocket_frames_sent"])
    assert sent >= before + 2, "what came before the pong has been counted"
