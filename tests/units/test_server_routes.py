import dataclasses
import json

import pytest
from pydantic import TypeAdapter
from serving import SMALL, asking, flying, wait_for_state

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.inspection.agent import AgentFile
from sanket_sim.live.inspection.alert import AlertFile
from sanket_sim.live.inspection.payment import PaymentStory
from sanket_sim.live.inspection.service import ServiceDetail


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with asking(FlightDeck(tmp_path_factory.mktemp("empty"))) as client:
        yield client


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with flying(tmp_path_factory.mktemp("runs")) as deck, asking(deck) as client:
        yield client


@pytest.fixture(scope="module")
def stepped(api):
    """Let the run wait after ten seconds, with a command given on the way."""
    assert api.post("/api/step", json={"for": "1500ms"}).status_code == 200
    assert wait_for_state(api, "paused")["now_ns"] == 1_500_000_000
    assert api.post("/api/commands", json={"fault": STALL, "by": "Frau Müller"}).status_code == 201
    assert api.post("/api/step", json={"for": "9s"}).status_code == 200
    assert wait_for_state(api, "paused")["now_ns"] == 10_500_000_000
    return api


STALL = {"kind": "pause", "target": "pool", "for": "3s"}


def problems_of(answer):
    return [note["path"] for note in answer.json()["problems"]]


def test_a_deck_without_a_run_says_so_and_never_fails(empty):
    assert empty.get("/api/health").json()["state"] == "empty"
    assert empty.get("/api/status").json()["run_id"] == 0
    for path in ("metrics", "points", "services", "transactions", "agents", "alerts",
                 "fraud-alerts", "commands", "experiments", "commands/kinds"):  # fmt: skip
        assert empty.get(f"/api/{path}").status_code == 200, path


@pytest.mark.parametrize("order", ["pause", "resume", "stop", "reset", "step"])
def test_an_order_without_a_run_is_a_conflict_with_the_remedy(empty, order):
    answer = empty.post(f"/api/{order}")
    assert answer.status_code == 409
    assert "/api/start" in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["services/pool", "transactions/1", "agents/1", "campaigns/1", "alerts/1"]
)
def test_nothing_can_be_looked_into_without_a_run(empty, path):
    assert empty.get(f"/api/{path}").status_code == 409


def test_an_unknown_experiment_names_the_nearest(empty):
    answer = empty.post("/api/start", json={"experiment": "retry_strom"})
    assert answer.status_code == 404
    assert 'did you mean "retry_storm"?' in answer.json()["error"]
    assert empty.get("/api/experiments/retry_strom").status_code == 404


def test_a_file_of_this_machine_cannot_be_named_over_the_network(empty):
    for name in ("/etc/passwd", "../experiments/retry_storm.toml", "experiments/retry_storm.toml"):
        assert empty.post("/api/start", json={"experiment": name}).status_code == 404


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({"plugins": ["/tmp/x.py"]}, "plugins"),
        ({'"plugins"': ["x.py"]}, "plugins"),
        ({"population.preset": "../x.toml"}, "population.preset"),
        ({"model": "/tmp/bank.toml"}, "model"),
        ({"population.customers": None}, "population.customers"),
        ({"population.customers": 2**70}, "population.customers"),
        ({"name": "a\ud800b"}, "name"),
        ({"services": {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}}, "services.a.b.c.d.e.f"),
    ],
)
def test_what_no_file_of_the_user_could_mean_is_refused_by_its_key(empty, overrides, path):
    body = json.dumps({"experiment": "retry_storm", "overrides": overrides})
    answer = empty.post("/api/start", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert problems_of(answer) == [path]


def test_a_wrong_override_is_told_by_its_key_and_the_run_goes_on(stepped):
    before = stepped.get("/api/status").json()["run_id"]
    answer = stepped.post(
        "/api/start",
        json={"experiment": "retry_storm", "overrides": {"population.customer": 5, "tick": "-1s"}},
    )
    assert answer.status_code == 422
    assert {"population.customer", "tick"} <= set(problems_of(answer))
    assert stepped.get("/api/status").json()["run_id"] == before


def test_an_experiment_is_shown_as_written_and_as_it_will_run(empty):
    shown = empty.get("/api/experiments/retry_storm").json()
    assert shown["question"].startswith("ten workers")
    assert 'target = "pool"' in shown["toml"]
    assert "gauges = " in shown["resolved"]
    assert "gauges = " not in shown["toml"]
    assert shown["path"] == "experiments/retry_storm.toml"


def test_a_step_ends_on_the_dot_and_is_a_second_if_nobody_says_otherwise(stepped):
    before_ns = stepped.get("/api/status").json()["now_ns"]
    assert stepped.post("/api/step").status_code == 200
    assert wait_for_state(stepped, "paused")["now_ns"] == before_ns + 1_000_000_000


def test_a_step_may_end_between_two_seconds(stepped):
    before_ns = stepped.get("/api/status").json()["now_ns"]
    assert stepped.post("/api/step", json={"for": "0.25s"}).status_code == 200
    assert wait_for_state(stepped, "paused")["now_ns"] == before_ns + 250_000_000


@pytest.mark.parametrize("length", ["0s", "0.0s", "-1s", "1", "1e99s", "", "99999999h", "1s\n"])
def test_a_step_that_is_no_duration_is_refused_with_examples(stepped, length):
    answer = stepped.post("/api/step", json={"for": length})
    assert (answer.status_code, problems_of(answer)) == (422, ["for"])
    assert '"2.5m"' in answer.json()["problems"][0]["message"]


@pytest.mark.parametrize("length", [5, None])
def test_a_step_that_is_no_text_is_refused(stepped, length):
    answer = stepped.post("/api/step", json={"for": length})
    assert (answer.status_code, problems_of(answer)) == (422, ["for"])


@pytest.mark.parametrize("speed", [0, -1, 10_001, "fast", None])
def test_a_speed_out_of_range_is_refused(stepped, speed):
    answer = stepped.post("/api/speed", json={"speed": speed})
    assert (answer.status_code, problems_of(answer)) == (422, ["speed"])


def test_no_number_that_json_has_not_is_a_speed(stepped):
    for text in ("NaN", "Infinity", "1e999", "9" * 5000):
        headers = {"Content-Type": "application/json"}
        body = f'{{"speed": {text}}}'
        assert stepped.post("/api/speed", content=body, headers=headers).status_code in (400, 422)


def test_the_speed_is_set(stepped):
    assert stepped.post("/api/speed", json={"speed": 250}).json()["speed"] == 250


def test_a_command_stands_on_the_record(stepped):
    [said] = stepped.get("/api/commands").json()["commands"]
    assert (said["at"], said["at_ns"], said["by"]) == ("1500ms", 1_500_000_000, "Frau Müller")
    assert STALL.items() <= said["fault"].items()


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, [""]),
        ({"fault": {"kind": "pause"}, "trap": {"kind": "x"}}, [""]),
        ({"fault": None}, ["fault"]),
        ({"fault": STALL | {"target": "pol"}}, ["target"]),
        ({"fault": STALL | {"at": "1s"}}, ["at"]),
        ({"fault": STALL | {"for": None}}, ["for"]),
        ({"fault": {"kind": "slow", "target": "pool", "factr": 2}}, ["factr", "speed"]),
        ({"trap": {"kind": "duplicate_submit", "probability": 2}}, ["probability"]),
        ({"fault": {"kind": "paus"}}, ["kind"]),
        ({"fault": {}}, ["kind"]),
        ({"fault": []}, ["fault"]),
        ({"fault": STALL, "by": ""}, ["by"]),
        ({"fault": STALL, "who": "me"}, ["who"]),
    ],
)
def test_a_bad_command_is_refused_key_by_key(stepped, body, paths):
    answer = stepped.post("/api/commands", json=body)
    assert answer.status_code == 422
    assert sorted(problems_of(answer)) == paths
    assert len(stepped.get("/api/commands").json()["commands"]) == 1


def test_every_kind_of_command_has_a_schema_without_at(empty):
    kinds = empty.get("/api/commands/kinds").json()
    assert {"pause", "config"} <= {kind["kind"] for kind in kinds["faults"]}
    assert "duplicate_submit" in {kind["kind"] for kind in kinds["traps"]}
    for kind in [*kinds["faults"], *kinds["traps"]]:
        assert "at" not in kind["table_schema"]["properties"]
        assert "at" not in kind["table_schema"]["required"]
        assert kind["summary"]


def test_the_picture_is_given_as_the_frames_have_it(stepped):
    glance = stepped.get("/api/metrics").json()
    assert glance["run"]["processed"] > 0
    assert [service["name"] for service in glance["services"]] == ["pool"]
    assert glance["stretch"] == "last 15 s"
    assert stepped.get("/api/services").json()[0]["name"] == "pool"
    points = stepped.get("/api/points").json()["points"]
    newer = stepped.get("/api/points", params={"since": points[0]["index"]}).json()["points"]
    assert newer == points[1:]
    assert glance["point"] == points[-1]


def test_the_feed_is_filtered_and_cut(stepped):
    rows = stepped.get("/api/transactions").json()["rows"]
    assert rows
    verdict = rows[-1]["verdict"]
    asked = {"verdict": verdict, "limit": 2}
    some = stepped.get("/api/transactions", params=asked).json()["rows"]
    assert some == [row for row in rows if row["verdict"] == verdict][-2:]
    assert stepped.get("/api/transactions", params={"verdict": "any"}).json()["rows"] == rows


def test_alerts_are_filtered_by_a_topic_in_whatever_case(stepped):
    alerts = stepped.get("/api/alerts").json()["alerts"]
    about = [row for row in alerts if row["topic"] == "COMMAND"]
    assert 0 < len(about) < len(alerts)
    for topic in ("COMMAND", "command"):
        found = stepped.get("/api/alerts", params={"topic": topic}).json()["alerts"]
        assert found == about


@pytest.mark.parametrize(
    ("record", "address"),
    [
        (PaymentStory, "transactions/{tx_id}"),
        (AgentFile, "agents/{customer_id}"),
        (ServiceDetail, "services/pool"),
        (AlertFile, "alerts/0"),
    ],
)
def test_everything_about_one_thing_is_what_its_schema_says(stepped, record, address):
    row = stepped.get("/api/transactions").json()["rows"][-1]
    answer = stepped.get(f"/api/{address.format(**row)}")
    assert answer.status_code == 200, answer.text
    TypeAdapter(record).validate_json(answer.content)
    assert list(answer.json()) == [field.name for field in dataclasses.fields(record)]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=1e400"])
def test_a_wrong_limit_is_refused(empty, query):
    answer = empty.get(f"/api/transactions?{query}")
    assert (answer.status_code, problems_of(answer)) == (422, ["limit"])


@pytest.mark.parametrize("number", ["-1", "9223372036854775808", "x", "1.5", "%00", "٣x"])
def test_a_number_that_is_none_is_refused(stepped, number):
    assert stepped.get(f"/api/transactions/{number}").status_code == 422
    assert stepped.get(f"/api/agents/{number}").status_code == 422


def test_what_the_run_has_not_is_not_found(stepped):
    assert stepped.get(f"/api/transactions/{2**63 - 1}").status_code == 404
    assert stepped.get(f"/api/agents/{2**63 - 1}").status_code == 404
    answer = stepped.get("/api/services/pol")
    assert answer.status_code == 404
    assert 'did you mean "pool"?' in answer.json()["error"]


def test_a_run_whose_process_is_killed_is_told_as_gone(tmp_path):
    import os
    import signal

    with flying(tmp_path) as deck, asking(deck) as client:
        os.kill(deck.pid, signal.SIGKILL)
        assert "SIGKILL" in wait_for_state(client, "failed")["message"]
        answer = client.post("/api/resume")
        assert answer.status_code == 503
        assert "reset" in answer.json()["error"]
        assert client.get("/api/services/pool").status_code == 503
        assert client.post("/api/reset").status_code == 200
        assert client.get("/api/status").json()["state"] == "ready"


def test_a_start_without_a_speed_lets_the_length_of_the_run_choose_it(tmp_path):
    deck = FlightDeck(tmp_path)
    asked = {"experiment": "retry_storm", "overrides": SMALL | {"duration": "2h"}}
    with asking(deck) as client:
        try:
            assert client.post("/api/start", json=asked).json()["speed"] == 20
            assert client.post("/api/start", json=asked | {"speed": 7}).json()["speed"] == 7
        finally:
            deck.hurry()


def test_one_start_at_a_time(api):
    with api.app.state.gate.passing():
        answer = api.post("/api/start", json={"experiment": "retry_storm"})
    assert answer.status_code == 409


def test_the_report_comes_when_the_run_has_ended(stepped):
    early = stepped.get("/api/report")
    assert early.status_code == 409
    stepped.post("/api/speed", json={"speed": 10_000})
    stepped.post("/api/resume")
    measured = wait_for_state(stepped, "measuring", "ended", "failed")
    assert stepped.get("/api/services/pool").json()["total"]["attempts"] > 0, measured["state"]
    status = wait_for_state(stepped, "ended", "failed")
    assert status["state"] == "ended", status["message"]
    assert stepped.get("/api/report").headers["content-type"].startswith("text/html")
    assert stepped.get("/api/report/findings.json").json()
    for order in ("pause", "resume", "step"):
        assert stepped.post(f"/api/{order}").status_code == 409
    assert stepped.post("/api/stop").status_code == 200
    late = stepped.post("/api/commands", json={"fault": STALL})
    assert late.status_code == 409


@pytest.mark.parametrize("table", [STALL, {"kind": "pause"}])
def test_what_is_commanded_while_a_run_drains_comes_too_late(draining, table):
    answer = draining.post("/api/commands", json={"fault": table})
    assert answer.status_code == 409, answer.text


@pytest.fixture(scope="module")
def draining(tmp_path_factory):
    """Let the run wait a second after the last customer has come."""
    stall = {"kind": "pause", "target": "pool", "at": "18s", "for": "10s"}
    overrides = {"fault": [stall]}
    with (
        flying(tmp_path_factory.mktemp("drain"), overrides=overrides) as deck,
        asking(deck) as client,
    ):
        client.post("/api/speed", json={"speed": 10_000})
        client.post("/api/step", json={"for": "21s"})
        assert wait_for_state(client, "paused", "ended")["state"] == "paused"
        yield client
