"""What a run amounts to while it goes on: at its end that is what the findings say."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import numpy as np
import onlooker
import pytest

from sanket_sim.analysis.findings import measure, to_plain
from sanket_sim.analysis.intents import JUDGED, judge_wishes
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.live.reading import settling

BACK_OFFICE = {
    "intraday": "10s",
    "grace": "2s",
    "investigation": {"law": "lognormal", "median": "5s", "p99": "20s"},
    "approval": "1s",
    "await_corrections": True,
}
STALL = {"kind": "latency", "target": "payment", "at": "20s", "for": "10s", "add": "5s"}


@pytest.fixture(scope="module")
def looked() -> tuple[Any, Any]:
    """Fly a stalling bank with leaks that its back office finds and puts right."""
    settings = {
        "warmup": "5s",
        "drain": "5m",
        "fault": [STALL],
        "trap": onlooker.TRAPS,
        "demand.rate": "60/s",
        "controls.idempotency_key": False,
        "controls.exponent_table": False,
        "reconciliation": BACK_OFFICE,
    }
    looks = {at: lambda one: one.seen("run", "") for at in (3, 15, 40)}
    return onlooker.fly("peak_load", "60s", settings, looks)


@pytest.fixture(scope="module")
def seen(looked: tuple[Any, Any]) -> Any:
    return looked[0].seen("run", "")


@pytest.fixture(scope="module")
def found(looked: tuple[Any, Any]) -> Any:
    return json.loads(json.dumps(to_plain(measure(looked[1].folder))))


def test_incidents_and_burn_end_as_in_the_findings(seen: Any, found: Any) -> None:
    level, resilience = seen["resilience"], found["resilience"]
    assert level["sli"] == resilience["sli"]["value"]
    for name in ("target", "t_detect_s", "burn_window_scale", "recovery", "burn"):
        assert level[name] == resilience[name], name
    assert not math.isnan(level["t_detect_s"])


def test_amounts_end_as_in_the_findings(seen: Any, found: Any) -> None:
    amounts, traffic, energy = seen["amounts"], found["traffic"], found["energy"]
    assert amounts["submitted"] == traffic["submitted"]
    assert amounts["good"] == traffic["good"]
    assert amounts["leaked"] == traffic["leaked"] > 0
    lost = {name: one["glv_minor"] for name, one in found["leakage"]["by_currency"].items()}
    assert amounts["leaked_minor"] == {name: minor for name, minor in lost.items() if minor}
    assert amounts["good_payments"] == energy["good_payments"]
    for name in ("energy_j", "operational_gco2e", "embodied_gco2e"):
        assert amounts[name] == pytest.approx(energy[name])


def test_breaks_by_kind_end_as_in_the_findings(seen: Any, found: Any) -> None:
    kinds = {one["kind"]: one for one in seen["breaks"]}
    assert {kind: one["found"] for kind, one in kinds.items()} == found["controls"]["by_break"]
    assert kinds["duplicate"]["corrected"] > 0
    assert kinds["duplicate"]["returned_minor"]["EUR"] > 0


def test_money_of_breaks_is_what_their_orders_leaked(looked: tuple[Any, Any], seen: Any) -> None:
    run = RunFolder(looked[1].folder)
    duplicates = _orders_with(run, "duplicate")
    leaked: Counter[str] = Counter()
    for columns in run.trace.batches("transactions", [*JUDGED, "tx_id"]):
        judgement = judge_wishes(columns)
        for loss in judgement.losses():
            theirs = np.isin(judgement.columns["tx_id"][loss.rows], duplicates)
            theirs &= loss.glv_minor != 0
            for code, minor in zip(loss.currency[theirs], loss.glv_minor[theirs], strict=True):
                leaked[run.trace.words("currency")[code]] += int(minor)
    told = next(one for one in seen["breaks"] if one["kind"] == "duplicate")
    assert told["leaked_minor"] == leaked


def _orders_with(run: RunFolder, kind: str) -> list[int]:
    found: list[int] = []
    for rows in run.trace.batches("decisions", ["decision", "subject", "tx_id"]):
        said, subjects = run.trace.words("decision"), run.trace.words("subject")
        theirs = rows["decision"] == said.index("break")
        theirs &= rows["subject"] == (subjects.index(kind) if kind in subjects else -1)
        found += rows["tx_id"][theirs].tolist()
    return found


def test_orders_that_are_forgotten_one_by_one_still_count(
    looked: tuple[Any, Any], seen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, scene = RunFolder(looked[1].folder), looked[0].picture.scene
    monkeypatch.setattr(settling, "ORDERS_MOST", 5)
    few = settling.Settling(scene)
    nothing = {"original_tx_id": np.empty(0, np.int64)}
    coded = ["actor", "decision", "subject", "reason"]
    for rows in run.trace.batches("decisions", [*coded, "time_ns", "tx_id", "score"]):
        codes = {
            name: np.array([scene.words[name].code(run.trace.words(name)[c]) for c in rows[name]])
            for name in coded
        }
        few.observe(nothing, {**rows, **codes})
    counted = {one.kind: one.found for one in few.kinds()}
    assert counted == {one["kind"]: one["found"] for one in seen["breaks"]}


def test_nothing_is_measured_during_the_warm_up(looked: tuple[Any, Any]) -> None:
    early = looked[0].notes[3]
    assert early["resilience"] is None
    assert early["counted"] == "counts from 08:00:05"
    assert early["amounts"]["submitted"] == 0


def test_a_fault_to_come_is_none_yet(looked: tuple[Any, Any]) -> None:
    before, during = (looked[0].notes[at]["resilience"]["recovery"] for at in (15, 40))
    assert before["t_fault_s"] is None
    assert during["t_fault_s"] == 20.0


def test_the_burn_of_a_run_that_goes_on_is_told_in_the_windows_of_the_whole(
    looked: tuple[Any, Any], seen: Any
) -> None:
    early = looked[0].notes[15]["resilience"]
    assert early["burn_window_scale"] == seen["resilience"]["burn_window_scale"]
    spans = [one["long_window_s"] for one in early["burn"]]
    assert spans == [one["long_window_s"] for one in seen["resilience"]["burn"]]


def test_open_bottlenecks_are_ranked_while_customers_come(looked: tuple[Any, Any]) -> None:
    ranked = looked[0].notes[40]["bottlenecks"]
    assert ranked
    assert [one["score"] for one in ranked] == sorted(
        (one["score"] for one in ranked), reverse=True
    )
