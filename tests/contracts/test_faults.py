"""What every registered fault and trap must obey, built in or plugged in."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import trap_ground
from banks import MS, S, accounts, chain, compute, drive, intents
from hypothesis import given, settings
from hypothesis import strategies as st
from trap_ground import CODE, EXCHANGE, LOGIN, REACH, ground, payments

from sanket_sim.bank.description import Controls, Service
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults import Fault, Scenario, Trap, faults, traps
from sanket_sim.network import CommandKind
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.vocabulary import Vocabularies

UNTIL_NS = 10 * S
DESK = Service("desk", replicas=2, workers=2, reset_delay_ns=MS)
BANK = chain(DESK, steps=[(compute(20 * MS),)])
CHART = accounts(8)
VANISHING = ({"probability": 0}, {"for": "0s"}, {"factor": 1}, {"speed": 1}, {"add": "0s"})


def filled(table: Mapping[str, Any]) -> dict[str, Any]:
    places = {"{service}": "desk", "{edge}": "client->desk"}
    return {key: places.get(value, value) if isinstance(value, str) else value
            for key, value in table.items()}  # fmt: skip


def fault_of(kind: str, **changes: Any) -> Fault:
    return faults[kind].model_validate(filled(faults[kind].EXAMPLE) | changes)


def trap_of(kind: str, **changes: Any) -> Trap:
    return traps[kind].model_validate(dict(traps[kind].EXAMPLE) | changes)


def scenario(*parts: Fault | Trap, seed: int = 5) -> Scenario:
    struck_by = [part for part in parts if isinstance(part, Fault)]
    laid = [part for part in parts if isinstance(part, Trap)]
    bank, chart = (trap_ground.BANK, trap_ground.CHART) if laid else (BANK, CHART)
    words = Vocabularies()
    return Scenario(struck_by, laid, bank, chart, seed=seed, vocabularies=words, until_ns=UNTIL_NS)


def same_hops(one: Columns, other: Columns) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in ("outcome", "ended_ns", "tx_id"))


@pytest.mark.parametrize("kind", list(faults))
class TestFault:
    def test_writes_itself_down_as_it_was_read(self, kind: str) -> None:
        fault = fault_of(kind)
        written = fault.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert faults[kind].model_validate(written) == fault

    def test_names_its_kind_and_fits_its_example(self, kind: str) -> None:
        assert fault_of(kind).kind == kind
        assert fault_of(kind).problems(BANK) == []

    def test_a_wrong_target_names_the_nearest(self, kind: str) -> None:
        if "target" not in faults[kind].model_fields:
            return
        target = fault_of(kind).place.replace("desk", "desq")
        problems = fault_of(kind, target=target).problems(BANK)
        assert [problem.path for problem in problems] == ["target"]
        assert "desk" in problems[0].message

    def test_commands_stay_inside_its_windows(self, kind: str) -> None:
        fault = fault_of(kind)
        windows = fault.windows(UNTIL_NS)
        begins = {window.begin_ns for window in windows}
        ends = {window.end_ns for window in windows}
        for command in fault.commands(BANK, 7, UNTIL_NS):
            assert command.fault_id == 7
            assert command.at_ns in (ends if command.kind is CommandKind.END else begins)
        for surge in fault.surges(UNTIL_NS):
            assert (surge.begin_ns, surge.end_ns) in windows

    def test_what_cannot_act_leaves_no_byte(self, kind: str) -> None:
        keys = {field.alias or name for name, field in faults[kind].model_fields.items()}
        for nothing in VANISHING:
            if set(nothing) <= keys and not (faults[kind].INSTANT and "for" in nothing):
                fault = fault_of(kind, **{"jitter": "0s"} if "add" in nothing else {}, **nothing)
                assert fault.vanishes
                assert fault.commands(BANK, 0, UNTIL_NS) == []
                assert scenario(fault).faults_table()["fault_id"].size == 0

    def test_nothing_begins_after_the_end(self, kind: str) -> None:
        assert fault_of(kind).commands(BANK, 0, 1 * S) == []

    def test_no_effect_outside_its_window(self, kind: str) -> None:
        """Payments answered before it begins are hop for hop what they are without it."""
        fault = fault_of(kind)
        rows = intents(*range(100 * MS, 8 * S, 100 * MS))
        before = rows["created_ns"] < 1500 * MS
        calm, struck = drive(BANK, rows), drive(BANK, rows, scenario(fault).commands())
        for name in ("outcome", "completed_ns", "ack"):
            assert np.array_equal(
                calm.transactions[name][before], struck.transactions[name][before]
            )
        spares_the_network = kind in {"load", "control"}  # one makes customers, one bites on traps
        assert same_hops(calm.hops, struck.hops) == spares_the_network

    def test_the_trace_tells_of_it(self, kind: str) -> None:
        words_of = scenario(fault_of(kind))
        table = words_of.faults_table()
        assert set(table["fault_id"].tolist()) == {0}
        assert words_of.vocabularies["fault_kind"].words == [kind]
        parameters = words_of.vocabularies["fault_parameters"].words[0]
        assert parameters == "" or isinstance(json.loads(parameters), dict)


@pytest.mark.parametrize("kind", list(traps))
class TestTrap:
    def test_names_its_control_its_code_and_its_leak(self, kind: str) -> None:
        trap = traps[kind]
        assert trap.CONTROL in ("", *Controls.__dataclass_fields__)
        assert re.fullmatch(r"[A-Z]\d\d", trap.CODE), "T and a number are the catalogue's own"
        assert trap.LEAK_CLASS is not LeakClass.NONE
        assert trap.CODE in f"{inspect.getdoc(inspect.getmodule(trap))} {inspect.getdoc(trap)}"

    def test_writes_itself_down_as_it_was_read(self, kind: str) -> None:
        trap = trap_of(kind)
        written = trap.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert traps[kind].model_validate(written) == trap

    def test_fits_its_ground_and_says_what_other_banks_lack(self, kind: str) -> None:
        assert trap_of(kind).problems(trap_ground.BANK) == []
        idle = replace(trap_ground.BANK, routes=trap_ground.BANK.routes[LOGIN:])
        (problem,) = trap_of(kind).problems(idle)
        assert problem.path == "kind"
        assert problem.message == (
            f"this bank has no route that {traps[kind].NEEDS}; {traps[kind].REMEDY}"
        )

    def test_strikes_its_share_and_records_the_truth(self, kind: str) -> None:
        trap = trap_of(kind, probability=0.25)
        rows = payments(trap, 4000)
        spoilt = trap.spoil(rows, ground(trap))[: len(rows)]
        struck = spoilt["trap"] == CODE
        # four standard errors of a share of 4000
        assert abs(struck.mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)
        assert np.array_equal(spoilt[~struck], rows[~struck])
        assert np.all(spoilt[struck]["e_minor"] >= 0)
        assert not np.any(rows["trap"]), "the argument is not changed"

    def test_window_and_kinds_bound_it(self, kind: str) -> None:
        trap = trap_of(kind, probability=1, at="2s", **{"for": "3s"})
        rows = payments(trap)
        spoilt = trap.spoil(rows, ground(trap))[: len(rows)]
        inside = (spoilt["created_ns"] >= 2 * S) & (spoilt["created_ns"] < 5 * S)
        assert np.array_equal(spoilt["trap"] == CODE, inside)

    def test_strikes_only_routes_that_it_can_work_on(self, kind: str) -> None:
        trap = trap_of(kind, probability=1)
        for route in set(range(len(trap_ground.ROUTES))) - set(trap.routes(REACH)):
            rows = payments(trap, 20, kind=route)
            assert np.array_equal(trap.spoil(rows, ground(trap)), rows)

    def test_what_it_adds_are_payments_of_their_own(self, kind: str) -> None:
        trap = trap_of(kind, probability=1)
        rows = payments(trap, may_retry=True)
        added = trap.spoil(rows, ground(trap))[len(rows) :]
        assert set(added["trap"].tolist()) <= {CODE}
        assert set(added["tx_id"].tolist()) <= {-1}, "numbered later"
        assert not added["may_retry"].any(), "nobody knows of them who could try again"
        assert not np.isin(added["draw_key"], rows["draw_key"]).any()
        assert np.array_equal(added["amount_minor"], added["e_minor"])

    def test_keeps_both_sides_of_a_conversion_together(self, kind: str) -> None:
        """What was paid out in another currency must still be what was paid in."""
        trap = trap_of(kind, probability=1)
        rows = payments(trap, **EXCHANGE)
        spoilt = trap.spoil(rows, ground(trap))
        for name in ("amount_minor", "e_minor", "right_debtor", "right_creditor",
                     "debtor_account", "creditor_account", "second_amount_minor"):  # fmt: skip
            assert np.array_equal(spoilt[name], rows[name])

    @pytest.mark.parametrize("nothing", [{"probability": 0}, {"for": "0s"}])
    def test_what_cannot_act_changes_no_byte(self, kind: str, nothing: dict[str, Any]) -> None:
        silent = scenario(trap_of(kind, **nothing))
        rows = payments(trap_of(kind))
        assert silent.spoil(Arrivals(intents=rows)).intents.tobytes() == rows.tobytes()
        assert silent.faults_table()["fault_id"].size == 0
        assert silent.vocabularies["trap"].words == [""]

    def test_leaves_fraud_and_the_already_trapped_alone(self, kind: str) -> None:
        trap = trap_of(kind, probability=1)
        rows = payments(trap)
        rows["typology"][::2] = 1
        rows["trap"][1::2] = 2
        assert np.array_equal(trap.spoil(rows, ground(trap)), rows)

    @settings(max_examples=20, deadline=None)
    @given(keep=st.sets(st.integers(0, 199), min_size=1))
    def test_other_intents_change_nobodys_fate(self, kind: str, keep: set[int]) -> None:
        trap = trap_of(kind)
        rows = payments(trap)
        some = rows[sorted(keep)]
        whole, part = trap.spoil(rows, ground(trap)), trap.spoil(some, ground(trap))
        fate = {row["draw_key"]: row.tobytes() for row in whole}
        assert all(fate[row["draw_key"]] == row.tobytes() for row in part)
        assert len(np.unique(whole["draw_key"])) == len(whole)

    def test_same_key_same_fate_other_seed_other_fate(self, kind: str) -> None:
        trap = trap_of(kind)
        rows = Arrivals(intents=payments(trap))
        first, again = scenario(trap).spoil(rows), scenario(trap).spoil(rows)
        assert first.intents.tobytes() == again.intents.tobytes()
        assert first.intents.tobytes() != scenario(trap, seed=6).spoil(rows).intents.tobytes()

    def test_a_trap_of_another_kind_moves_no_draw(self, kind: str) -> None:
        alone = trap_of(kind)
        rows = Arrivals(intents=payments(alone))
        other = next(name for name in traps if name != kind)
        never = trap_of(other, probability=1, at="1h")
        fates = scenario(alone).spoil(rows).intents["draw_key"]
        assert np.array_equal(fates, scenario(never, alone).spoil(rows).intents["draw_key"])

    def test_unknown_route_names_the_nearest(self, kind: str) -> None:
        name = trap_ground.ROUTES[trap_of(kind).routes(REACH)[0]]
        (problem,) = trap_of(kind, kinds=[f"{name}s"]).problems(trap_ground.BANK)
        assert problem.path == "kinds"
        assert f'did you mean "{name}"?' in problem.message
