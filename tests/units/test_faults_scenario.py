"""What each trap does to a payment, and a scenario's account of itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from banks import MS, S, accounts, chain, compute, intents

from sanket_sim.bank.description import Party, Service
from sanket_sim.bank.reach import Reach
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import Mishap
from sanket_sim.faults import Ground, Scenario, Trap, faults, traps
from sanket_sim.network import CommandKind
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.vocabulary import Vocabularies

BANK = chain(Service("ledger", replicas=1, workers=1), steps=[(compute(MS),)])
CHART = accounts(4, opening_minor=100_001)
STALL = {"kind": "latency", "target": "ledger", "at": "3s", "for": "2s", "add": "1s",
         "probability": 0.05}  # fmt: skip
CRASH = {"kind": "crash", "target": "ledger", "at": "1s", "for": "1s", "repeat": "4s"}
LOAD = {"kind": "load", "at": "2s", "factor": 2.0}


def trap_of(kind: str, **table) -> Trap:
    return traps[kind].model_validate({"kind": kind, "probability": 1} | table)


def spoilt(trap: Trap, rows: np.ndarray, chart=CHART) -> np.ndarray:
    return trap.spoil(rows, Ground(BANK, chart, Draws(1, trap.kind), code=1))


def scenario(struck_by=(), laid=(), bank=BANK) -> Scenario:
    return Scenario(
        [faults[table["kind"]].model_validate(table) for table in struck_by],
        list(laid),
        bank,
        CHART,
        seed=1,
        vocabularies=Vocabularies(),
        until_ns=10 * S,
    )


def changed_columns(trap: Trap) -> dict[str, object]:
    rows = intents(S)
    after = spoilt(trap, rows)[0]
    return {name: after[name].item() for name in rows.dtype.names if after[name] != rows[0][name]}


def test_duplicate_submit_sends_copies() -> None:
    changed = changed_columns(trap_of("duplicate_submit", copies=3, gap="150ms"))
    assert changed == {"copies": 3, "copy_gap_ns": 150 * MS, "trap": 1}


def test_lost_ack_leaves_the_intent_open_for_a_retry() -> None:
    changed = changed_columns(trap_of("lost_ack_new_key"))
    assert changed == {"mishap": Mishap.LOSE_ACK, "may_retry": True, "trap": 1}


def test_crash_between_legs_is_a_mishap() -> None:
    changed = changed_columns(trap_of("crash_between_legs"))
    assert changed == {"mishap": Mishap.CRASH_BETWEEN_LEGS, "trap": 1}


def test_negative_amount_expects_nothing() -> None:
    assert changed_columns(trap_of("negative_amount")) == {
        "amount_minor": -2500,
        "e_minor": 0,
        "trap": 1,
    }


def test_stale_balance_spends_the_same_money_at_one_instant() -> None:
    after = spoilt(trap_of("stale_balance", spends=3, share=0.5), intents(S))
    assert after["created_ns"].tolist() == [S] * 3
    assert after["amount_minor"].tolist() == after["e_minor"].tolist() == [50_000] * 3
    assert after["tx_id"].tolist() == [0, -1, -1]
    assert after["trap"].tolist() == [1, 1, 1]
    assert len(set(after["draw_key"].tolist())) == 3


def test_stale_balance_is_exact_for_the_largest_account() -> None:
    opening_minor = 9_007_199_254_740_993
    after = spoilt(
        trap_of("stale_balance", share=1), intents(S), accounts(4, opening_minor=opening_minor)
    )
    assert after["amount_minor"].tolist() == [opening_minor] * 2


@pytest.mark.parametrize("account", [0, 3])
def test_stale_balance_needs_limited_funds(account: int) -> None:
    chart = replace(CHART, opening_minor=np.array([100, 100, 100, 0]))
    rows = intents(S, debtor_account=account)
    assert np.array_equal(spoilt(trap_of("stale_balance"), rows, chart), rows)


def test_traps_leave_other_peoples_money_alone() -> None:
    """By default only routes on which a customer pays are struck."""
    inflow = replace(BANK.routes[0], debtor=Party.EMPLOYER)
    bank = replace(BANK, routes=(inflow,))
    trap = trap_of("negative_amount")
    assert trap.routes(Reach(bank)) == []
    assert "no route that moves a customer's money" in (
        trap_of("negative_amount", kinds=["transfer"]).problems(bank)[0].message
    )


def test_the_first_trap_takes_the_victim() -> None:
    first, second = trap_of("negative_amount"), trap_of("duplicate_submit")
    after = scenario(laid=[first, second]).spoil(Arrivals(intents=intents(S))).intents
    assert (after["trap"].tolist(), after["copies"].tolist()) == ([1], [1])


def test_spoiled_arrivals_stay_in_time_and_keep_the_rest() -> None:
    arrivals = Arrivals(intents=intents(S, 2 * S, 3 * S), closures=np.array([9]))
    after = scenario(laid=[trap_of("stale_balance")]).spoil(arrivals)
    assert after.intents["created_ns"].tolist() == [S, S, 2 * S, 2 * S, 3 * S, 3 * S]
    assert after.closures.tolist() == [9]


def test_two_traps_of_a_kind_draw_for_themselves() -> None:
    rows = intents(*range(400))
    half = trap_of("negative_amount", probability=0.5)
    after = scenario(laid=[half, half]).spoil(Arrivals(intents=rows)).intents
    # three quarters are struck by at least one of two independent coins
    assert abs((after["trap"] > 0).mean() - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 400)


def test_commands_of_all_faults_come_in_the_order_of_time() -> None:
    acts = scenario([STALL, CRASH, LOAD]).commands()
    assert [(act.at_ns // S, act.kind, act.fault_id) for act in acts] == [
        (1, CommandKind.CRASH, 1),
        (3, CommandKind.LATENCY, 0),
        (5, CommandKind.END, 0),
        (5, CommandKind.CRASH, 1),
        (9, CommandKind.CRASH, 1),
    ]


def test_the_faults_table_tells_every_window() -> None:
    laid = [trap_of("negative_amount", probability=0.25, at="4s")]
    plan = scenario([STALL, CRASH, LOAD], laid)
    table, words = plan.faults_table(), plan.vocabularies

    def said(column: str, vocabulary: str) -> list[str]:
        return [words[vocabulary].words[code] for code in table[column]]

    assert table["fault_id"].tolist() == [1, 2, 0, 3, 1, 1]
    assert (table["begin_ns"] // S).tolist() == [1, 2, 3, 4, 5, 9]
    assert (table["end_ns"] // S).tolist() == [2, 10, 5, 10, 6, 10]
    assert table["probability"].tolist() == [1, 1, 0.05, 0.25, 1, 1]
    kinds = ["crash", "load", "latency", "trap:negative_amount", "crash", "crash"]
    assert said("kind", "fault_kind") == kinds
    assert said("target", "fault_target") == ["ledger", "", "ledger", "", "ledger", "ledger"]
    caught = '{"code": "T06", "control": "positive_amount"}'
    own = ["", '{"factor": 2.0}', '{"add": "1s"}', caught, "", ""]
    assert said("parameters", "fault_parameters") == own


def test_a_silent_fault_keeps_the_numbers_of_the_others() -> None:
    """So a sweep from probability 0 upwards moves nobody else's draws."""
    silent = STALL | {"probability": 0}
    assert {act.fault_id for act in scenario([silent, CRASH]).commands()} == {1}
    assert set(scenario([silent, CRASH]).faults_table()["fault_id"].tolist()) == {1}
