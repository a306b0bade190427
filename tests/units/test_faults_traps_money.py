"""What each trap does to a payment, which payments and routes it chooses, and what it refuses."""

from __future__ import annotations

import re
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from banks import MS, S
from pydantic import ValidationError
from trap_ground import (
    BANK,
    CARD,
    CHART,
    CLOSED_ACCOUNTS,
    CODE,
    EXCHANGE,
    FEE,
    INBOUND,
    PAYROLL,
    REACH,
    REFUND,
    TRANSFER,
    YEN_ACCOUNTS,
    ground,
    payments,
    trap_of,
)

from sanket_sim.bank.description import Bank, Controls, Party
from sanket_sim.bank.policies import NO_POLICY
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.faults import Ground, Trap, traps
from sanket_sim.simulation.resolve import resolve

OWN = """
name = "own"
model = "retail_bank"
start = 2026-11-27T08:00:00
duration = "10s"
plugins = ["own.py"]
[[trap]]
kind = "rounded_up"
probability = 1
"""
DOCS = Path(__file__).parents[2] / "docs"
ROUTES_FIT = {
    "credit_before_settlement": [INBOUND],
    "integer_wrap": [TRANSFER, CARD, PAYROLL, INBOUND],
    "self_transfer": [TRANSFER],
    "currency_mismatch": [TRANSFER],
    "early_reversal": [TRANSFER],
    "excess_refund": [CARD],
    "double_capture": [CARD],
    "excess_capture": [CARD],
    "late_capture": [CARD],
    "batch_run_twice": [PAYROLL],
    "kept_fee": [TRANSFER],
    "closed_account": [TRANSFER],
    "stale_alias": [TRANSFER],
    "dropped_event": [PAYROLL],
    "redelivered_event": [PAYROLL],
    "stand_in_overrun": [CARD],
    "late_payee": [TRANSFER],
    "wrong_exponent": [TRANSFER, CARD, INBOUND],
    "locale_amount": [TRANSFER, CARD],
}
"""Of `BANK`; every other trap fits each route on which a customer pays."""


def spoilt(trap: Trap, rows: np.ndarray, laid: Ground | None = None) -> np.ndarray:
    return trap.spoil(rows, laid or ground(trap))


def changed(kind: str, **table: Any) -> dict[str, Any]:
    """Return the columns of one payment that a trap changes, its mark left out."""
    trap = trap_of(kind, **table)
    rows = payments(trap, 1)
    after = spoilt(trap, rows)[0]
    names = set(rows.dtype.names) - {"trap"}
    assert after["trap"] == CODE
    return {name: after[name].item() for name in names if after[name] != rows[0][name]}


def struck(trap: Trap, laid: Ground | None = None, **columns: Any) -> list[bool]:
    """Say which of as many payments as the columns are long are struck."""
    count = max(len(column) for column in columns.values())
    rows = payments(trap, count, **columns)
    return (spoilt(trap, rows, laid)["trap"][:count] == CODE).tolist()


def mishap(bit: Mishap, value: int = 0) -> dict[str, int]:
    return {"mishap": int(bit)} | ({"mishap_value": value} if value else {})


@pytest.mark.parametrize("kind", list(traps))
def test_each_trap_fits_the_routes_that_it_needs(kind: str) -> None:
    assert trap_of(kind).routes(REACH) == ROUTES_FIT.get(kind, [TRANSFER, CARD])


@pytest.mark.parametrize(
    ("kind", "table", "changes"),
    [
        ("credit_before_settlement", {}, mishap(Mishap.UNSETTLED) | {"e_minor": 0}),
        ("integer_wrap", {}, {"amount_minor": 3_000_000_000, "e_minor": 3_000_000_000}),
        ("integer_wrap", {"amount": 2**31}, {"amount_minor": 2**31, "e_minor": 2**31}),
        ("self_transfer", {}, {"creditor_account": 1, "right_creditor": 1, "e_minor": 0}),
        ("early_reversal", {}, mishap(Mishap.REVERSED, 2 * S) | {"e_minor": 0}),
        ("early_reversal", {"delay": "4s"}, mishap(Mishap.REVERSED, 4 * S) | {"e_minor": 0}),
        ("double_capture", {"gap": "3s"}, mishap(Mishap.REPLAY_CAPTURE, 3 * S)),
        ("excess_capture", {}, mishap(Mishap.CAPTURE_AMOUNT, 3000)),
        ("excess_capture", {"factor": 1.0005}, mishap(Mishap.CAPTURE_AMOUNT, 2501)),
        ("late_capture", {}, mishap(Mishap.CAPTURE_LATE, 70 * S)),
        ("late_capture", {"late": "1m"}, mishap(Mishap.CAPTURE_LATE, 120 * S)),
        (
            "batch_run_twice",
            {"gap": "1h"},
            mishap(Mishap.BATCH_RERUN) | {"copies": 2, "copy_gap_ns": 3600 * S},
        ),
        ("rounding_split", {}, mishap(Mishap.SPLIT, 3)),
        ("rounding_split", {"parts": 7}, mishap(Mishap.SPLIT, 7)),
        ("kept_fee", {}, mishap(Mishap.REFUSED)),
        ("dropped_event", {}, mishap(Mishap.DROP_EVENT)),
        ("redelivered_event", {}, mishap(Mishap.LOSE_MESSAGE_ACK, 1)),
        ("redelivered_event", {"deliveries": 3}, mishap(Mishap.LOSE_MESSAGE_ACK, 2)),
        (
            "stand_in_overrun",
            {},
            mishap(Mishap.NO_LEDGER) | {"amount_minor": 22_000, "e_minor": 22_000},
        ),
        ("late_payee", {}, mishap(Mishap.SLOWED, 12 * S)),
        ("late_payee", {"delay": "5s"}, mishap(Mishap.SLOWED, 5 * S)),
        ("wrong_exponent", {}, mishap(Mishap.WRONG_EXPONENT)),
        ("locale_amount", {}, mishap(Mishap.FOREIGN_NOTATION)),
    ],
)
def test_a_trap_changes_this_and_nothing_else(kind: str, table: dict, changes: dict) -> None:
    assert changed(kind, **table) == changes


def test_a_reused_key_names_the_first_payment_and_another_amount() -> None:
    trap = trap_of("reused_key", gap="1500ms", more=7)
    rows = payments(trap, 1)
    first, second = spoilt(trap, rows)
    assert first["mishap"] == second["mishap"] == Mishap.SHARE_KEY
    assert first["mishap_value"] == second["mishap_value"] == rows[0]["draw_key"]
    assert (first["amount_minor"], first["e_minor"]) == (2500, 2500)
    assert (second["amount_minor"], second["e_minor"]) == (2507, 2507)
    assert second["created_ns"] - first["created_ns"] == 1500 * MS
    for name in ("customer_id", "kind", "debtor_account", "creditor_account", "right_creditor"):
        assert first[name] == second[name]


def test_refunds_go_back_the_way_the_money_came() -> None:
    trap = trap_of("excess_refund", refunds=3, after="10s")
    rows = payments(trap, 2, batch_id=0, device=3, original_tx_id=-1)
    after = spoilt(trap, rows)
    originals, refunds = after[:2], after[2:]
    assert originals["mishap"].tolist() == [Mishap.REFERRED] * 2
    assert originals["mishap_value"].tolist() == rows["draw_key"].tolist()
    assert refunds["mishap_value"].tolist() == np.repeat(rows["draw_key"], 3).tolist()
    assert set(refunds["kind"].tolist()) == {REFUND}
    assert set(refunds["channel"].tolist()) == {BANK.channels.index("till")}
    delays = refunds["created_ns"] - np.repeat(rows["created_ns"], 3)
    assert (delays // S).tolist() == [10, 20, 30] * 2
    assert set(refunds["debtor_account"].tolist()) == set(refunds["right_debtor"].tolist()) == {2}
    assert set(refunds["creditor_account"].tolist()) == {1}
    assert set(refunds["right_creditor"].tolist()) == {1}
    assert refunds["amount_minor"].tolist() == refunds["e_minor"].tolist() == [2500] * 6
    assert set(refunds["device"].tolist()) == {0}


def test_refunds_cost_nothing() -> None:
    trap = trap_of("excess_refund")
    after = spoilt(trap, payments(trap, 1, **FEE))
    assert after["second_purpose"].tolist() == [FEE["second_purpose"], 0, 0]
    assert after["second_debtor"].tolist() == [1, -1, -1]
    assert after["second_amount_minor"].tolist() == [20, 0, 0]


def test_stand_in_overrun_spends_more_than_there_is_within_the_limit() -> None:
    trap = trap_of("stand_in_overrun")
    after = spoilt(trap, payments(trap, 1))
    assert after["amount_minor"].tolist() == after["e_minor"].tolist() == [22_000] * 5
    assert after["amount_minor"].sum() > CHART.opening_minor[1] > after["amount_minor"][:4].sum()
    assert set(after["mishap"].tolist()) == {Mishap.NO_LEDGER}
    assert set(after["created_ns"].tolist()) == {0}
    tight = Ground(replace(BANK, stand_in_limit_minor=21_999), CHART, ground(trap).draws, CODE)
    assert struck(trap, tight, debtor_account=[1, 3]) == [False, False]


@pytest.mark.parametrize(
    ("kind", "columns", "expected"),
    [
        ("integer_wrap", {"debtor_account": [0, 1]}, [True, False]),
        ("stand_in_overrun", {"debtor_account": [0, 1]}, [False, True]),
        ("excess_capture", {"amount_minor": [4, 5]}, [False, True]),
        ("batch_run_twice", {"batch_id": [0, 7]}, [False, True]),
        ("rounding_split", {"amount_minor": [2499, 2500, 1]}, [False, True, True]),
        ("kept_fee", {"second_purpose": [0, 1, 2]}, [False, False, True]),
        ("currency_mismatch", {"second_purpose": [0, 1, 2]}, [True, False, False]),
        ("wrong_exponent", {"currency": [0, 1]}, [False, True]),
        (
            "wrong_exponent",
            {"debtor_account": [9, 9, 0], "amount_minor": [1000, 1001, 1001]},
            [True, False, True],
        ),
        ("locale_amount", {"amount_minor": [99_999, 100_000]}, [False, True]),
        ("locale_amount", {"currency": [0, 1]}, [True, False]),
        ("negative_amount", {"amount_minor": [0, 1, -1]}, [False, True, False]),
    ],
)
def test_a_trap_leaves_payments_alone_on_which_it_cannot_work(kind, columns, expected) -> None:
    assert struck(trap_of(kind), **columns) == expected


CHANGES_MONEY = sorted(set(traps) - {
    "duplicate_submit", "lost_ack_new_key", "crash_between_legs", "double_capture", "late_capture",
    "batch_run_twice", "dropped_event", "redelivered_event", "late_payee"})  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES_MONEY)
def test_no_amount_or_account_is_changed_on_one_side_of_a_conversion(kind: str) -> None:
    trap = trap_of(kind)
    rows = payments(trap, 3, **EXCHANGE)
    assert np.array_equal(spoilt(trap, rows), rows)


@pytest.mark.parametrize(
    ("kind", "pool", "meant"),
    [
        ("currency_mismatch", YEN_ACCOUNTS, True),
        ("closed_account", CLOSED_ACCOUNTS, True),
        ("stale_alias", (3, 4, 5, 6, 7), False),
    ],
)
def test_another_account_is_picked_by_the_payments_own_key(kind, pool, meant) -> None:
    trap = trap_of(kind)
    rows = payments(trap, 300)
    after = spoilt(trap, rows)
    assert set(after["creditor_account"].tolist()) == set(pool)
    expected = after["creditor_account"] if meant else rows["right_creditor"]
    assert np.array_equal(after["right_creditor"], expected)
    assert np.array_equal(spoilt(trap, rows[::3])["creditor_account"],
                          after["creditor_account"][::3])  # fmt: skip
    assert set(after["e_minor"].tolist()) == ({0} if meant else {2500})


def test_every_account_of_the_pool_is_as_likely() -> None:
    trap = trap_of("currency_mismatch")
    after = spoilt(trap, payments(trap, 4000))
    share = np.mean(after["creditor_account"] == YEN_ACCOUNTS[0])
    # four standard errors of a share of 4000
    assert abs(share - 0.5) < 4 * np.sqrt(0.25 / 4000)


@pytest.mark.parametrize(
    ("kind", "chart"),
    [
        ("closed_account", replace(CHART, closed=np.zeros(12, bool))),
        ("currency_mismatch", replace(CHART, currency=np.zeros(12, np.int16))),
        ("stale_alias", replace(CHART, party=np.full(12, Party.MERCHANT, np.int8))),
    ],
)
def test_without_such_an_account_nobody_is_struck(kind, chart) -> None:
    trap = trap_of(kind)
    chart = replace(chart, party=np.where(np.isin(np.arange(12), [1, 2]), Party.CUSTOMER,
                                          chart.party).astype(np.int8))  # fmt: skip
    laid = Ground(BANK, chart, ground(trap).draws, CODE)
    assert struck(trap, laid, amount_minor=[2500] * 50) == [False] * 50


def test_a_closed_account_is_never_the_payers_own() -> None:
    trap = trap_of("closed_account")
    mine, other = CLOSED_ACCOUNTS
    after = spoilt(trap, payments(trap, 50, debtor_account=mine))
    assert set(after["creditor_account"].tolist()) == {other}


def test_a_file_is_struck_as_a_whole_and_each_by_itself() -> None:
    trap = trap_of("batch_run_twice", probability=0.5)
    rows = payments(trap, 4000, batch_id=1 + np.arange(4000) // 20)
    by_file = (spoilt(trap, rows)["trap"] == CODE).reshape(200, 20)
    assert np.all(by_file == by_file[:, :1])
    # four standard errors of a share of 200 files
    assert abs(by_file[:, 0].mean() - 0.5) < 4 * np.sqrt(0.25 / 200)


@pytest.mark.parametrize(
    ("kind", "bank", "message"),
    [
        ("currency_mismatch", replace(BANK, currencies=("EUR",)), "accounts in EUR alone"),
        ("late_capture", replace(BANK, hold_ttl_ns=0), "give its accounts a hold_ttl"),
        ("wrong_exponent", replace(BANK, currencies=("EUR", "GBP")), "add one such as JPY"),
        ("locale_amount", replace(BANK, currencies=("JPY", "KWD")), "add one such as EUR"),
    ],
)
def test_what_the_bank_as_a_whole_lacks_is_said_with_its_remedy(kind, bank: Bank, message) -> None:
    (problem,) = trap_of(kind).problems(bank)
    assert problem.path == "kind"
    assert message in problem.message


@pytest.mark.parametrize(
    ("kind", "table", "message"),
    [
        ("late_payee", {"delay": "4s"}, "give a route a `clock`, or the trap a longer `delay`"),
        ("redelivered_event", {"deliveries": 4}, "on an edge with a retry"),
    ],
)
def test_a_parameter_that_no_route_meets_is_told(kind, table, message) -> None:
    (problem,) = trap_of(kind, **table).problems(BANK)
    assert problem.path == "kind"
    assert message in problem.message


def test_no_stand_in_no_overrun() -> None:
    lone = replace(BANK, edges=tuple(replace(edge, policy=NO_POLICY) for edge in BANK.edges))
    assert trap_of("stand_in_overrun").routes(Reach(lone)) == []
    assert trap_of("redelivered_event").routes(Reach(lone)) == []
    assert trap_of("dropped_event").routes(Reach(lone)) == [PAYROLL]


def test_a_known_route_that_does_not_fit_is_told_what_it_lacks() -> None:
    (problem,) = trap_of("late_payee", kinds=["card"]).problems(BANK)
    assert problem.path == "kinds"
    assert 'under a clock that ends within `delay` is called "card"' in problem.message
    assert problem.message.endswith("known: transfer")


@pytest.mark.parametrize(
    ("kind", "table", "where", "message"),
    [
        ("reused_key", {"gap": "0s"}, "gap", "greater than 0"),
        ("reused_key", {"more": 0}, "more", "greater than or equal to 1"),
        ("integer_wrap", {"amount": 2**31 - 1}, "amount", "greater than or equal to 2147483648"),
        ("integer_wrap", {"amount": 3e9}, "amount", "valid integer"),
        ("early_reversal", {"delay": 3}, "delay", "expected a duration with a unit"),
        ("excess_refund", {"refunds": 1}, "refunds", "greater than or equal to 2"),
        ("excess_capture", {"factor": 1.0}, "factor", "greater than 1"),
        ("rounding_split", {"parts": 1}, "parts", "greater than or equal to 2"),
        ("redelivered_event", {"deliveries": 1}, "deliveries", "greater than or equal to 2"),
        ("stand_in_overrun", {"share": 0.2}, None, "spends * share must exceed 1"),
        ("stand_in_overrun", {"spend": 3}, "spend", 'did you mean "spends"?'),
    ],
)
def test_a_wrong_parameter_is_told(kind, table, where, message) -> None:
    with pytest.raises(ValidationError) as caught:
        trap_of(kind, **table)
    (error,) = caught.value.errors()
    assert error["loc"] == ((where,) if where else ())
    assert message in error["msg"]


def test_every_control_catches_one_trap() -> None:
    assert {traps[kind].CONTROL for kind in traps} == {field.name for field in fields(Controls)}
    assert len({traps[kind].CODE for kind in traps}) == len(list(traps)) == 26


def rows_of(page: str, columns: int) -> list[list[str]]:
    """Return the body of the first table of a page that has as many columns."""
    lines = (DOCS / page).read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in lines if line.startswith("|")]  # fmt: skip
    return [row for row in cells if len(row) == columns][2:]


def test_the_page_of_traps_tells_of_every_trap_in_order() -> None:
    of_code = {traps[kind].CODE: kind for kind in traps}
    said = [(row[0], row[1], row[2].split(",")[0]) for row in rows_of("traps.md", 4)]
    assert said == [
        (f"{code} `{kind}`", f"`{traps[kind].CONTROL}`", traps[kind].LEAK_CLASS.name)
        for code, kind in sorted(of_code.items())
    ]
    page = (DOCS / "traps.md").read_text()
    for code, kind in of_code.items():
        section = page.split(f"\n## {code} `{kind}`\n")[1].split("\n## ")[0]
        for part in ("**What happens.**", "**Who had it.**", "**Control.**"):
            assert section.count(part) == 1


def test_five_traps_unbalance_the_books_and_the_page_says_which() -> None:
    orphans = {LeakClass.ORPHAN_CREDIT, LeakClass.ORPHAN_DEBIT}
    for trap, _, _, balanced in rows_of("traps.md", 4):
        kind = trap.split("`")[1]
        assert (balanced == "yes") == (traps[kind].LEAK_CLASS not in orphans)


def test_the_page_of_controls_has_a_row_for_every_control() -> None:
    rows = rows_of("controls.md", 4)
    assert [row[0] for row in rows] == [f"`{field.name}`" for field in fields(Controls)]
    caught = {traps[kind].CONTROL: traps[kind].CODE for kind in traps}
    assert [row[1] for row in rows] == [caught[field.name] for field in fields(Controls)]
    assert all(row[2].endswith(".") and row[2].count(". ") == 0 and row[3] for row in rows)


@pytest.fixture
def own(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "traps.md").read_text(), re.DOTALL)
    (tmp_path / "own.py").write_text(code)
    (tmp_path / "own.toml").write_text(OWN)
    yield resolve(tmp_path / "own.toml").experiment.trap[0]
    traps._parts.pop("rounded_up", None)
    for name in [name for name in sys.modules if name.startswith("sanket_plugin_")]:
        del sys.modules[name]


def test_the_example_of_a_trap_of_your_own_works(own) -> None:
    rows = payments(own, 3)
    rows["amount_minor"] = rows["e_minor"] = [2500, 2501, 99]
    after = spoilt(own, rows)
    assert after["amount_minor"].tolist() == [2500, 2600, 100]
    assert after["e_minor"].tolist() == [2500, 2501, 99]
    assert after["trap"].tolist() == [0, CODE, CODE]
