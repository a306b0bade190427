"""Inspectors: any payment of a run while it goes on and after it, and any service."""

import onlooker
import pytest

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story import tell
from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.live.inspection import Missing, inspect
from sanket_sim.live.inspection.alert import AROUND_NS
from sanket_sim.live.inspection.evidence import score_of


@pytest.fixture(scope="module")
def storm():
    return onlooker.storm()


@pytest.fixture(scope="module")
def day():
    return onlooker.day()


@pytest.fixture(scope="module")
def noted(storm):
    return storm[0].notes[79]


def test_a_payment_can_be_opened_whatever_its_age(noted):
    assert noted["parts"] >= 1, "the first payments are on the disk by now"
    assert noted["first"]["tx_id"] == 0
    assert noted["first"]["status"] == "OK"
    assert noted["first"]["hops"]
    assert noted["newest"]["status"] != "IN_FLIGHT"


def test_a_payment_under_way_says_so(noted):
    seen = noted["under_way"]
    assert seen["status"] == "IN_FLIGHT"
    assert "still under way" in seen["headline"]
    assert seen["hops"]
    assert seen["answer"] == ""


def test_the_waterfall_names_the_hop_that_leaked(noted):
    seen = noted["leaked"]
    assert seen["leak_class"] == "DUPLICATE"
    (blamed,) = [bar for bar in seen["hops"] if bar["blamed"]]
    assert blamed["hop_id"] == seen["blamed_hop_id"]
    assert blamed["service"] == seen["root"] == seen["leaked_at"] == "pool"
    assert blamed["committed"]
    assert blamed["late"]
    assert f"hop {blamed['hop_id']}" in seen["verdict"][0]
    assert any(journal["blamed"] for journal in seen["journals"])


def test_a_bar_waits_works_and_ends(noted):
    for bar in noted["leaked"]["hops"]:
        assert bar["begin_ms"] >= 0
        done_ms = bar["begin_ms"] + bar["queue_ms"] + bar["compute_ms"]
        assert done_ms == pytest.approx(bar["worked_until_ms"], abs=1)
        assert bar["end_ms"] - bar["begin_ms"] == 1000.0, "its caller waits a second"


def test_the_ledger_is_held_against_what_was_ordered(noted):
    seen = noted["leaked"]
    (leg,) = seen["ledger"]
    assert leg["debited_minor"] == leg["journals"] * leg["expected_minor"] > 0
    assert leg["leak_minor"] == leg["debited_minor"] - leg["expected_minor"]
    assert not leg["balanced"]
    posted = [leg["amount_minor"] for one in seen["journals"] for leg in one["legs"]]
    assert sum(posted) == 0
    assert sum(minor for minor in posted if minor > 0) == leg["credited_minor"]


def test_the_story_after_the_run_is_the_one_told_before(storm, noted):
    """Only what the back office found later has been added to it."""
    look, _ = storm
    for name in ("first", "leaked", "newest"):
        before, after = noted[name], look.seen("payment", noted[name]["tx_id"])
        added = [line for line in after["moments"] if line not in before["moments"]]
        assert [line for line in after["moments"] if line not in added] == before["moments"]
        assert all("reconciliation" in line["said"] for line in added)
        assert after | {"moments": []} == before | {"moments": []}


def test_stories_judge_as_the_command_line_does(day):
    look, run = day
    folder = RunFolder(run.folder)
    leaked = [row.tx_id for row in look.rows if row.leak_class][::9]
    assert len(leaked) >= 3
    for tx_id in leaked:
        seen, told = look.seen("payment", tx_id), tell(folder, tx_id)
        assert seen["leak_class"] == told.verdict.leak_class
        assert seen["blamed_hop_id"] == told.verdict.hop_id
        assert seen["leaked_at"] == told.verdict.service
        assert [bar["hop_id"] for bar in seen["hops"]] == [one.hop_id for one in told.visits]
        assert len(seen["moments"]) == len(told.moments)
        assert all(line["said"] for line in seen["moments"])


def test_a_leak_has_one_root_in_feed_and_story_and_the_story_says_where_else_it_leaked(day):
    look, _ = day
    rows = [row for row in look.rows if row.leak_class]
    apart = 0
    for row in rows[::4]:
        seen = look.seen("payment", row.tx_id)
        assert seen["root"] == row.root
        elsewhere = seen["leaked_at"] not in ("", row.root)
        said = f"It leaked at {seen['leaked_at']}, because of trouble at {row.root}"
        assert any(sentence.startswith(said) for sentence in seen["verdict"]) == elsewhere
        apart += elsewhere
    assert apart > 0


def test_every_kind_of_end_can_be_told(day):
    look, _ = day
    ends = {}
    for row in look.rows:
        ends.setdefault(row.verdict, row.tx_id)
    for verdict, tx_id in ends.items():
        seen = look.seen("payment", tx_id)
        assert (seen["status"] == "LEAKED") == (verdict == "leaked")
        assert seen["verdict"][0].endswith(".")
        assert seen["customer"]["name"]


def test_evidence_is_what_the_fraud_service_knew(day):
    look, run = day
    assessments = run.trace.frame("assessments")
    service = look.picture.scene.bank.fraud_service
    for row in assessments.iloc[:: max(len(assessments) // 8, 1)].itertuples():
        seen = look.seen("payment", row.tx_id)
        evidence = seen["fraud"]
        values = [float(getattr(row, name)) for name in FEATURES]
        assert evidence["score"] == pytest.approx(row.score, abs=1e-6)
        assert score_of(service, values) == pytest.approx(row.score, abs=0.02)
        weights = [one["weight"] for one in evidence["telling"]]
        assert weights == sorted(weights, reverse=True)
        assert all(0 < weight <= evidence["score"] + 0.02 for weight in weights)


@pytest.mark.parametrize("key", ["999999999", "-1", "abc", "", "٣"])
def test_a_payment_that_never_was_is_missing(storm, key):
    with pytest.raises(Missing):
        storm[0].story(key)


@pytest.mark.parametrize(("kind", "key"), [("service", "vault"), ("planet", "pool")])
def test_a_thing_that_is_not_there_is_missing(storm, kind, key):
    with pytest.raises(Missing):
        inspect(storm[0].picture, kind, key)


def test_a_service_adds_up(storm, noted):
    look, run = storm
    seen = look.seen("service", "pool")
    assert seen["total"]["attempts"] == run.findings.resilience.attempts
    assert sum(one["since_start"] for one in seen["endings"]) == seen["total"]["attempts"]
    assert sum(one["lately"] for one in seen["endings"]) == seen["lately"]["attempts"]
    assert len(noted["pool"]["past"]["end_ns"]) == 79
    assert noted["pool"]["past"]["queue"][-1] == noted["pool"]["now"]["queue"]
    (top,) = noted["pool"]["leaking"]
    assert top["operation"] == "pool.pay"
    assert top["tx_ids"][-1] <= look.picture.feed.newest_tx_id


def test_a_service_knows_its_faults_and_its_place_among_bottlenecks(noted):
    (pause,) = noted["pool"]["faults"]
    assert (pause["kind"], pause["target"]) == ("pause", "pool")
    assert noted["pool"]["rank"] == 1


def test_policies_are_told_in_words(day):
    seen = day[0].seen("service", "fraud")
    incoming = [edge for edge in seen["edges"] if edge["incoming"]]
    said = next(edge for edge in incoming if edge["edge"].startswith("payment->fraud"))
    assert said["policy"][0] == "waits 500ms"
    assert any("fail-open" in words for words in said["policy"])
    assert said["breaker"] in ("closed", "open", "half_open")
    assert seen["breaker_log"]


@pytest.fixture(scope="module")
def alarms(day):
    """Return the file of every alert of the troubled day, with its key."""
    return _files(day[0])


def _files(look):
    alerts = look.picture.alarms.book.newest().alerts
    files = [look.seen("alert", one.alert_id) for one in alerts]
    return [file | {"key": _key(look, file)} for file in files]


def _key(look, file):
    _, past = look.picture.alarms.book.find(file["alert"]["alert_id"])
    return past.notice.key


def _of(alarms, topic):
    found = [one for one in alarms if one["alert"]["topic"] == topic]
    assert found, f"the troubled day raises {topic}"
    return found


def test_an_alert_that_never_was_is_missing(day):
    for key in ("99999", "-1", "x", "٣"):
        with pytest.raises(Missing):
            inspect(day[0].picture, "alert", key)


def test_an_alert_says_since_when_and_by_which_rule(alarms):
    for one in alarms:
        assert one["turns"][0]["at_ns"] == one["alert"]["begin_ns"]
        assert one["turns"][0]["said"].startswith("raised")
        assert one["rule"].startswith(("Raised", "Put on record"))
        over = [turn for turn in one["turns"] if turn["said"].startswith("over")]
        assert bool(over) == (one["alert"]["end_ns"] is not None)


def test_the_figure_of_an_alert_is_beyond_its_threshold(alarms):
    measured = [one for one in alarms if one["measure"]]
    assert {"SLO", "LEAKAGE"} <= {one["alert"]["topic"] for one in measured}
    for one in measured:
        figure = one["measure"]
        assert figure["value"] >= figure["raised_at"]
        assert one["worst"] >= figure["value"]
        assert one["told_ns"] >= one["alert"]["begin_ns"]


def test_the_payments_of_a_leak_leaked_so_the_dearest_first(alarms, day):
    for one in _of(alarms, "LEAKAGE"):
        assert one["payments"]
        for payment in one["payments"]:
            assert payment["leak_class"] == one["key"]
            seen = day[0].seen("payment", payment["tx_id"])
            assert (seen["leak_class"], seen["root"]) == (one["key"], payment["root"])


def test_the_payments_of_a_fault_were_struck_by_it(alarms, day):
    struck = 0
    for one in _of(alarms, "FAULT"):
        for payment in one["payments"]:
            hops = day[0].seen("payment", payment["tx_id"])["hops"]
            assert any(hop["fault"] for hop in hops)
            struck += 1
    assert struck > 0


def test_the_slowest_payments_stand_for_a_breached_latency(storm):
    (breach,) = [one for one in _of(_files(storm[0]), "SLO") if one["key"] == "latency"]
    took_ms = [payment["latency_ms"] for payment in breach["payments"]]
    assert took_ms == sorted(took_ms, reverse=True)
    assert took_ms[0] > breach["measure"]["raised_at"]


def test_a_breaker_s_alert_names_both_ends_and_its_edges(alarms):
    for one in _of(alarms, "BREAKER"):
        ends = set(one["key"].split(" → ")) - {"client"}
        assert {subject["key"] for subject in one["subjects"]} == ends
        assert one["edges"]
        assert all(edge["breaker"] for edge in one["edges"])


def test_an_alert_knows_what_struck_around_it_and_which_others_were_open(alarms):
    for one in alarms:
        begin_ns, end_ns = one["alert"]["begin_ns"], one["alert"]["end_ns"] or one["now_ns"]
        for struck in one["disturbances"]:
            assert struck["begin_ns"] <= end_ns
            assert struck["end_ns"] >= begin_ns - AROUND_NS
        assert one["alert"]["alert_id"] not in [other["alert_id"] for other in one["alerts"]]
    (crash,) = [one for one in _of(alarms, "REPLICA") if one["alert"]["subject"] == "ledger"]
    assert "crash on ledger" in [struck["label"] for struck in crash["disturbances"]]
