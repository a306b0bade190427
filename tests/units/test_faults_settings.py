"""How fault and trap tables are read, and what a wrong one is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from banks import MS, S, chain, compute
from pydantic import ValidationError

from sanket_sim.bank.description import Balancing, Service
from sanket_sim.bank.policies import RetryKind
from sanket_sim.core.outcomes import Outcome
from sanket_sim.core.settings import Settings, Several
from sanket_sim.faults import AnyFault, AnyTrap, Fault, faults
from sanket_sim.faults.settings import misfits
from sanket_sim.network import CommandKind, Direction

OWN_LINES = Balancing.ROUND_ROBIN
SERVICES = (
    Service("gateway", replicas=1, workers=1, balancing=OWN_LINES),
    Service("ledger", replicas=4, workers=1, balancing=OWN_LINES),
)
BANK = chain(*SERVICES, steps=[(compute(MS),), (compute(MS),)])
STALL = {"kind": "latency", "target": "ledger", "at": "3m", "for": "2m", "add": "5s"}


class Tables(Settings):
    fault: Several[AnyFault] = ()
    trap: Several[AnyTrap] = ()


def fault(**table: Any) -> Fault:
    return Tables.model_validate({"fault": [table]}).fault[0]


def complaint(**tables: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        Tables.model_validate(tables)
    (error,) = caught.value.errors()
    return ".".join(map(str, error["loc"])), error["msg"]


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"kind": "latncy"}, "fault.1", "did you mean 'latency'?"),
        ({"kind": 3}, "fault.1", "`kind` must be given: one of abort, config"),
        ({"probabilty": 0.1}, "fault.1.probabilty", 'did you mean "probability"?'),
        ({"probability": 1.1}, "fault.1.probability", "less than or equal to 1"),
        ({"probability": float("nan")}, "fault.1.probability", "finite"),
        ({"for": "-1s"}, "fault.1.for", "greater than or equal to 0"),
        ({"for": 120}, "fault.1.for", "expected a duration with a unit"),
        ({"repeat": "1m"}, "fault.1", "repeat must be at least as long as `for`"),
        ({"jitter": "6s"}, "fault.1", "jitter blurs a fixed `add` and cannot be longer"),
        ({"add": {"law": "lognormall"}}, "fault.1.add", "lognormal"),
        ({"replicas": "150%"}, "fault.1.replicas", 'expected "all", "one", a count'),
        ({"replicas": 0}, "fault.1.replicas", 'expected "all", "one", a count'),
        ({"replicas": True}, "fault.1.replicas", 'expected "all", "one", a count'),
    ],
)
def test_a_wrong_table_is_told_where_and_what(change, path, message) -> None:
    where, what = complaint(fault=[STALL, STALL | change])
    assert where == path
    assert message in what


def test_what_is_no_table_says_so() -> None:
    assert complaint(fault=["latency"]) == ("fault.0", "expected a table with a `kind`")


def test_a_pause_must_say_how_long() -> None:
    table = {"kind": "pause", "target": "ledger", "at": "1s"}
    assert complaint(fault=[table]) == ("fault.0.for", "Field required")


def test_spends_that_the_funds_cover_are_no_trap() -> None:
    where, what = complaint(trap=[{"kind": "stale_balance", "probability": 1, "share": 0.5}])
    assert where == "trap.0"
    assert "spends * share must exceed 1" in what


def test_tables_write_themselves_down_as_read() -> None:
    tables = Tables.model_validate(
        {"fault": [STALL], "trap": [{"kind": "negative_amount", "probability": 0.5}]}
    )
    written = tables.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_defaults=True
    )
    assert written["fault"] == [STALL]
    assert Tables.model_validate(written) == tables


def test_the_schema_offers_every_kind() -> None:
    offered = Tables.model_json_schema(by_alias=True)["properties"]["fault"]["items"]["oneOf"]
    assert {part["properties"]["kind"]["const"] for part in offered} == set(faults)


@pytest.mark.parametrize(
    ("target", "replicas", "struck"),
    [
        ("ledger", "all", ()),
        ("ledger", "one", (0,)),
        ("ledger", 3, (0, 1, 2)),
        ("ledger", "25%", (0,)),
        ("ledger.op", "26%", (0, 1)),
        ("gateway->ledger", "100%", (0, 1, 2, 3)),
        ("gateway->ledger.op", 2, (0, 1)),
        ("client->gateway", "one", (0,)),
    ],
)
def test_replicas_are_counted_at_the_callee(target, replicas, struck) -> None:
    stall = fault(**STALL | {"target": target, "replicas": replicas})
    assert stall.problems(BANK) == []
    assert stall.commands(BANK, 0, 600 * S)[0].replicas == struck


@pytest.mark.parametrize(
    ("table", "fits"),
    [
        ({"kind": "latency", "target": "ledger", "add": "5s"}, True),
        ({"kind": "latency", "target": "gateway->ledger", "add": "5s"}, False),
        ({"kind": "abort", "target": "ledger"}, False),
        ({"kind": "loss", "target": "ledger", "direction": "request"}, False),
        ({"kind": "loss", "target": "gateway->ledger", "direction": "response"}, True),
    ],
)
def test_no_replica_is_chosen_before_a_shared_line(table, fits) -> None:
    shared = chain(*[replace(s, balancing=Balancing.SHARED) for s in SERVICES], steps=[(), ()])
    one = fault(**table, at="1s", replicas="one")
    assert one.problems(BANK) == []
    assert [problem.path for problem in one.problems(shared)] == ["replicas"] * (not fits)
    assert fault(**table, at="1s").problems(shared) == []


@pytest.mark.parametrize(
    ("target", "path", "value"),
    [
        ("ledger", "workers", -1),
        ("ledger", "queue_cap", -2),
        ("gateway->ledger", "retry.attempts", 0),
        ("gateway->ledger", "breaker.half_open_calls", 0),
        ("gateway->ledger", "breaker.failure_share", 1.5),
    ],
)
def test_a_push_out_of_range_is_refused(target, path, value) -> None:
    push = fault(kind="config", target=target, at="1s", set={path: value})
    assert [problem.path for problem in push.problems(BANK)] == [f"set.{path}"]


def test_misfits_are_all_reported_with_their_paths() -> None:
    tables = Tables.model_validate(
        {
            "fault": [
                STALL | {"target": "ledgr"},
                STALL | {"replicas": 5},
                {"kind": "crash", "target": "gateway->ledger", "at": "1s"},
                {"kind": "config", "target": "ledger", "at": "1s", "set": {"worker": 2}},
            ],
            "trap": [{"kind": "negative_amount", "probability": 1, "kinds": ["transfers"]}],
        }
    )
    problems = misfits(tables.fault, tables.trap, BANK)
    assert [problem.path for problem in problems] == [
        "fault.0.target",
        "fault.1.replicas",
        "fault.2.target",
        "fault.3.set.worker",
        "trap.0.kinds",
    ]
    assert 'did you mean "ledger"?' in problems[0].message
    assert problems[1].message == "ledger has 4 replicas, not 5"
    assert "no service is called" in problems[2].message


def test_a_stall_begins_and_ends() -> None:
    begin, end = fault(**STALL, probability=0.05).commands(BANK, 2, 600 * S)
    assert (begin.at_ns, begin.kind, begin.probability) == (180 * S, CommandKind.LATENCY, 0.05)
    assert begin.add.ns(0.7) == 5 * S
    assert (end.at_ns, end.kind, end.fault_id) == (300 * S, CommandKind.END, 2)


def test_jitter_blurs_both_sides() -> None:
    law = fault(**STALL, jitter="1s").commands(BANK, 0, 600 * S)[0].add
    assert [law.ns(u) for u in (0.25, 0.5, 0.75)] == [4.5 * S, 5 * S, 5.5 * S]


def test_without_an_end_it_lasts_to_the_end_of_the_run() -> None:
    stall = {key: value for key, value in STALL.items() if key != "for"}
    assert [c.kind for c in fault(**stall).commands(BANK, 0, 600 * S)] == [CommandKind.LATENCY]
    assert fault(**stall).windows(600 * S) == [(180 * S, 600 * S)]


def test_repeats_fill_the_run() -> None:
    pulse = fault(kind="loss", target="ledger", at="1s", **{"for": "1s"}, repeat="4s")
    acts = [(c.at_ns // S, c.kind) for c in pulse.commands(BANK, 0, 10 * S)]
    loss, end = CommandKind.LOSS, CommandKind.END
    assert acts == [(1, loss), (2, end), (5, loss), (6, end), (9, loss), (10, end)]


def test_each_kind_says_its_own_to_the_network() -> None:
    place = {"target": "ledger", "at": "1s"}
    until_ns = 10 * S
    (lost,) = fault(kind="loss", direction="response", **place).commands(BANK, 0, until_ns)
    (refused,) = fault(kind="abort", code="RATE_LIMITED", **place).commands(BANK, 0, until_ns)
    (dead,) = fault(kind="crash", silent=True, **place).commands(BANK, 0, until_ns)
    (back,) = fault(kind="restart", **place).commands(BANK, 0, until_ns)
    (crawling,) = fault(kind="slow", speed=0.2, **place).commands(BANK, 0, until_ns)
    assert (lost.kind, lost.direction) == (CommandKind.LOSS, Direction.RESPONSE)
    assert refused.code is Outcome.RATE_LIMITED
    assert (dead.kind, dead.silent, dead.duration_ns) == (CommandKind.CRASH, True, 0)
    assert back.kind is CommandKind.RESTART
    assert crawling.speed == 0.2


def test_a_pushed_policy_is_translated_for_the_engine() -> None:
    changes = {"timeout": "250ms", "retry.kind": "aws", "retry.attempts": 3, "breaker.open": "5s"}
    push = fault(kind="config", target="gateway->ledger", at="1s", set=changes)
    assert push.problems(BANK) == []
    assert push.commands(BANK, 0, 10 * S)[0].settings == {
        "timeout_ns": 250 * MS,
        "retry.kind": RetryKind.AWS,
        "retry.attempts": 3,
        "breaker.open_ns": 5 * S,
    }


def test_bare_dotted_keys_of_toml_mean_the_same() -> None:
    place = {"kind": "config", "target": "gateway->ledger", "at": "1s"}
    quoted = fault(**place, set={"retry.attempts": 2, "timeout": "1s"})
    assert fault(**place, set={"retry": {"attempts": 2}, "timeout": "1s"}) == quoted


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("timeout", 3, "expected a duration"),
        ("timeout", "-3s", "expected a duration >= 0"),
        ("timout", "3s", 'did you mean "timeout"?'),
        ("retry.kind", "exponential", "expected one of none, grpc"),
        ("retry.attempts", "3", "expected a value of type int"),
        ("retry.attempts", True, "expected a value of type int"),
        ("retry", 3, '"retry" is a group of settings'),
        ("timeout.kind", 3, '"timeout" has nothing inside'),
        ("retry.codes", 3, "cannot be pushed in mid-run"),
    ],
)
def test_a_wrong_setting_is_told(path, value, message) -> None:
    push = fault(kind="config", target="gateway->ledger", at="1s", set={path: value})
    (problem,) = push.problems(BANK)
    assert problem.path == f"set.{path}"
    assert message in problem.message


def test_a_flash_crowd_is_made_of_customers() -> None:
    crowd = fault(kind="load", at="1s", **{"for": "4s"}, factor=3, shape="triangle")
    assert crowd.commands(BANK, 0, 10 * S) == []
    (surge,) = crowd.surges(10 * S)
    assert (surge.begin_ns, surge.end_ns, surge.factor, surge.ramp_ns) == (S, 5 * S, 3.0, 2 * S)


@pytest.mark.parametrize(
    "shape", [{"shape": "ramp"}, {"ramp": "1s"}, {"shape": "ramp", "ramp": "3s"}]
)
def test_a_ramp_must_fit(shape) -> None:
    where, what = complaint(fault=[{"kind": "load", "at": "1s", "for": "4s", "factor": 3} | shape])
    assert where == "fault.0"
    assert "ramp" in what
