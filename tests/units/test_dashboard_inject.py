"""Forms for everything that can be commanded, and drafts of commands tried on a bank."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("solara")

from sanket_sim.dashboard.page.deeds import Deed, sentence, table_of
from sanket_sim.dashboard.page.drafting import UNCHANGED, Workshop
from sanket_sim.dashboard.page.inject import changed_now, controls_of, given_so_far
from sanket_sim.dashboard.page.policies import settings_of, targets_of
from sanket_sim.faults.description import described
from sanket_sim.faults.fault import faults
from sanket_sim.faults.traps import traps
from sanket_sim.live.flying.commanding import command_of
from sanket_sim.live.in_force import with_changes
from sanket_sim.simulation.record import commands_in
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.steering import OperatorCommand

CHANGED = {"target": "", "setting": "", "value": "", "by": "operator", "since_ns": 0}


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(resolve("peak_load"))


def form(tab: str, kind: str = "", place: str = "", lasts: str = "", **values: Any) -> Any:
    return {"tab": tab, "kind": kind, "target": place, "lasts": lasts, "values": values}


def test_every_fault_and_trap_has_a_form(workshop: Workshop) -> None:
    settings = {("config", False), ("control", False)}
    kinds = {(kind, False) for kind in faults} | {(kind, True) for kind in traps}
    assert set(workshop.deeds) == kinds - settings
    assert all(deed.says for deed in workshop.deeds.values())


def test_a_form_asks_for_what_the_description_has(workshop: Workshop) -> None:
    for (kind, is_trap), deed in workshop.deeds.items():
        about = described((traps if is_trap else faults)[kind])
        asked = {entry.key: entry.required for entry in deed.entries}
        assert set(asked) == set(about.schema["properties"]) - {"kind"}
        assert {key for key, needed in asked.items() if needed} == (
            set(about.schema["required"]) - {"kind"}
        )


@pytest.mark.parametrize("kind", sorted(set(faults) - {"config", "control"}))
def test_a_fault_as_its_form_begins_is_accepted(workshop: Workshop, kind: str) -> None:
    assert (
        workshop.draft(form("fault", kind, **_beginning(workshop.deeds[kind, False])), 0).problems
        == ()
    )


@pytest.mark.parametrize("kind", sorted(traps))
def test_a_trap_as_its_form_begins_is_accepted(workshop: Workshop, kind: str) -> None:
    values = _beginning(workshop.deeds[kind, True])
    assert workshop.draft(form("trap", kind, **values), 0).problems == ()


def _beginning(deed: Deed) -> dict[str, str | bool]:
    """Return what stands in a form before anybody types."""
    return {
        entry.key: entry.example if entry.required and not entry.value else entry.value
        for entry in deed.entries
    }


def test_a_target_is_chosen_among_what_the_bank_has(workshop: Workshop) -> None:
    for deed in workshop.deeds.values():
        for entry in deed.entries:
            if entry.key == "target":
                assert entry.kind == "names"
                assert entry.example in entry.options


def test_a_draft_sees_what_has_been_commanded(workshop: Workshop, tmp_path: Path) -> None:
    crowd = form("fault", "load", factor="300", **{"for": "5m"})
    first = workshop.draft(crowd, 0)
    assert first.problems == ()
    (tmp_path / "experiment.toml").write_text(first.toml)
    given = commands_in(str(tmp_path))
    assert [command.deed.kind for command in given] == ["load"]
    again = workshop.draft(crowd, 0, (), given)
    assert [path for path, _ in again.problems] == ["factor"]


def test_a_draft_is_what_will_be_recorded(workshop: Workshop) -> None:
    values = {"target": "payment", "add": "5s", "for": "30s", "probability": "0.05"}
    draft = workshop.draft(form("fault", "latency", **values), 90_000_000_000)
    assert draft.problems == ()
    [command] = tomllib.loads(draft.toml)["command"]
    assert OperatorCommand.model_validate(command).at_ns == 90_000_000_000
    assert command["fault"]["add"] == "5s"


@pytest.mark.parametrize(
    "asked",
    [
        form("fault", "latency", target="payment", add="5s", probability="0.05"),
        form("trap", "duplicate_submit", probability="0.5", kinds="transfer"),
        form("policy", place="gateway->payment", lasts="30s", timeout="250ms"),
    ],
    ids=("fault", "trap", "policy"),
)
def test_a_draft_is_written_as_the_record_is(workshop: Workshop, asked: Any) -> None:
    draft = workshop.draft(asked, 140_685_000_000)
    command = command_of(draft.order, 140_685_000_000, workshop.resolved)
    assert draft.toml.strip() in workshop.resolved.steered([command]).experiment_toml


def test_what_would_be_refused_is_not_shown_as_a_record(workshop: Workshop) -> None:
    assert workshop.draft(form("fault", "latency", target="paiment", add="5s"), 0).toml == ""


def test_hints_leave_what_is_to_be_typed_as_it_is(workshop: Workshop) -> None:
    hints = {entry.hint for deed in workshop.deeds.values() for entry in deed.entries if entry.hint}
    assert {hint[0] for hint in hints if not hint[0].isupper()} == {'"'}
    assert sentence("`payment` or a list") == "payment or a list"
    assert sentence("share of calls") == "Share of calls"


def test_problems_name_their_keys(workshop: Workshop) -> None:
    draft = workshop.draft(form("fault", "latency", target="paiment", add="5s"), 0)
    assert [path for path, _ in draft.problems] == ["target"]
    draft = workshop.draft(form("fault", "latency", target="payment", add="soon"), 0)
    assert draft.problems[0][0].startswith("add")


def test_what_was_not_touched_is_left_out(workshop: Workshop) -> None:
    deed = workshop.deeds["latency", False]
    typed = {entry.key: entry.value for entry in deed.entries}
    assert table_of(deed, typed | {"target": "ledger", "add": "1s"}) == {
        "kind": "latency",
        "target": "ledger",
        "add": "1s",
    }


def test_traps_lie_on_routes(workshop: Workshop) -> None:
    values = {"probability": "0.5", "kinds": "transfer, instant_payment"}
    draft = workshop.draft(form("trap", "duplicate_submit", **values), 0)
    assert draft.problems == ()
    assert draft.order.is_trap
    assert draft.order.table["kinds"] == ["transfer", "instant_payment"]


def test_policies_of_every_edge_can_be_changed(workshop: Workshop) -> None:
    for target in targets_of(workshop.bank):
        typed = {entry.key: "" for entry in settings_of(workshop.bank, target)}
        assert typed, target
    changed = {"timeout": "250ms", "retry.attempts": "2"}
    draft = workshop.draft(form("policy", place="gateway->payment", lasts="30s", **changed), 0)
    assert draft.problems == ()
    assert draft.order.table["set"] == {"timeout": "250ms", "retry.attempts": 2}


def test_a_policy_that_is_not_changed_is_refused(workshop: Workshop) -> None:
    draft = workshop.draft(form("policy", place="gateway->payment"), 0)
    assert draft.problems == (("set", UNCHANGED),)


def test_controls_are_switched_by_difference(workshop: Workshop) -> None:
    offered = {one["key"]: one["on"] for one in controls_of(workshop.bank)}
    assert "atomic_posting" not in offered
    told = {one["key"]: one["hint"] for one in controls_of(workshop.bank)}
    assert told["inbox"] == "A consumer knows the messages that it has handled already."
    draft = workshop.draft(form("control", **offered | {"outbox": False}), 0)
    assert draft.problems == ()
    assert draft.order.table["set"] == {"outbox": False}


def test_only_what_was_commanded_is_listed() -> None:
    planned = {"begin_ns": 0, "label": "latency on payment", "by": "experiment"}
    commanded = {"begin_ns": 60_000_000_000, "label": "pause on ledger", "by": "operator"}
    metrics = {"run": {"start": "2026-11-27T08:00:00"}, "disturbances": [planned, commanded]}
    assert given_so_far(metrics) == [
        {"at": "08:01:00.0", "label": "pause on ledger", "by": "operator"}
    ]
    assert given_so_far(None) == []


def test_a_control_that_was_switched_off_can_be_switched_on_again(workshop: Workshop) -> None:
    off = changed_now({"in_force": [CHANGED | {"setting": "outbox", "value": False}]})
    offered = {one["key"]: one["on"] for one in controls_of(with_changes(workshop.bank, off))}
    assert not offered["outbox"]
    draft = workshop.draft(form("control", **offered | {"outbox": True}), 0, off)
    assert draft.problems == ()
    assert draft.order.table["set"] == {"outbox": True}


def test_a_policy_is_changed_from_what_is_in_force(workshop: Workshop) -> None:
    target = "gateway->payment.pay"
    pushed = CHANGED | {"target": target, "setting": "timeout", "value": "250ms"}
    bank = with_changes(workshop.bank, changed_now({"in_force": [pushed]}))
    shown = {entry.key: entry.value for entry in settings_of(bank, target)}
    assert shown["timeout"] == "250ms"
    mended = next(one for one in settings_of(workshop.bank, target) if one.key == "timeout").value
    asked = form("policy", place=target, timeout=str(mended))
    assert workshop.draft(asked, 0).problems[0][0] == "set", "the bank has it so"
    draft = workshop.draft(asked, 0, changed_now({"in_force": [pushed]}))
    assert draft.order.table["set"] == {"timeout": mended}
