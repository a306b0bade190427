"""The second opinion on the money: it agrees with honest runs and names what was doctored."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import synthetic_trace
from every_trap import CONTROLS, whole_run

from sanket_sim import run
from sanket_sim.__main__ import main
from sanket_sim.analysis.audit import COMPARED, WANTED, audit, audit_tables
from sanket_sim.core.outcomes import Ack, LeakClass, Leg, LegPurpose, Outcome, Phase
from sanket_sim.faults import traps
from sanket_sim.simulation.shelf import entries
from sanket_sim.trace import schema

SHORT = {
    "normal_day": {"demand.rate": "20/s"},
    "peak_load": {"fault.0.at": "3s", "fault.0.for": "5s"},
    "payment_stall": {"fault.0.at": "3s", "fault.0.for": "5s"},
    "retry_storm": {"fault.0.at": "3s"},
    "retry_storm_budget": {"fault.0.at": "3s"},
    "anthos_timeout": {"fault.0.at": "2s", "fault.0.for": "20s", "demand.rate": "40/s"},
}
"""What lets the fault of an experiment strike within a short run."""


LASTS = {"berka_month": "4d", "fraud_school": "9h"}
"""How long a run must be for something to happen, where nobody is in a hurry."""


def short(name, folder, **overrides):
    asked = {"warmup": "0s", **SHORT.get(name, {}), **overrides}
    return run(name, duration=LASTS.get(name, "25s"), overrides=asked, out=folder, report=False)


@pytest.mark.parametrize("entry", entries("experiments"), ids=lambda entry: entry.name)
def test_agrees_with_every_experiment(entry, tmp_path):
    made = audit(short(entry.name, tmp_path).folder)
    assert made.intents > 50
    assert made.agrees, made


def test_agrees_with_every_trap_that_no_control_catches(tmp_path):
    done = whole_run(tmp_path, CONTROLS)
    made = audit(done.folder)
    assert made.agrees, made
    assert made.unbalanced_transfers > 0
    leaked = done.transactions().query("trap != '' and leak_class != 'NONE'")
    found = set(zip(leaked["trap"], leaked["leak_class"], strict=True))
    assert {(kind, trap.LEAK_CLASS.name) for kind, trap in traps.items()} <= found


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("honest") / "run"
    synthetic_trace.write_run(folder, synthetic_trace.Plan(duration_s=20))
    return folder


@pytest.fixture
def doctored(honest, tmp_path):
    """Return a function that rewrites one table of a copy of the honest run."""
    folder = tmp_path / "doctored"
    shutil.copytree(honest, folder)

    def rewrite(table, change):
        (path,) = (folder / table).glob("*.parquet")
        before = pq.read_table(path)
        pq.write_table(change(before), path)
        return folder

    return rewrite


ROW = 100


def with_value(table, column, change):
    place = table.schema.get_field_index(column)
    values = table.column(column).to_pylist()
    values[ROW] = change(values[ROW])
    field = table.schema.field(place)
    return table.set_column(place, field, pa.array(values, field.type))


def without(table, row):
    return pa.concat_tables([table.slice(0, row), table.slice(row + 1)])


def victim(folder, table="postings"):
    """Return the row that was touched, as it was."""
    (path,) = (folder / table).glob("*.parquet")
    return {
        name: column[0] for name, column in pq.read_table(path)[ROW : ROW + 1].to_pydict().items()
    }


def test_the_honest_run_is_honest(honest):
    made = audit(honest)
    assert made.agrees, made
    assert made.postings > 1000


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("amount_minor", lambda minor: minor + 1),
        ("account_id", lambda account: account + 7),
        ("phase", lambda _: "voided"),
        ("posted_ns", lambda time_ns: time_ns + 10**12),
    ],
)
def test_a_changed_posting_names_its_intent(honest, doctored, column, change):
    made = audit(doctored("postings", lambda table: with_value(table, column, change)))
    assert not made.agrees
    assert made.differing == 1
    assert {one.tx_id for one in made.differences} == {victim(honest)["tx_id"]}


def test_a_changed_amount_is_told_by_law_and_by_figure(honest, doctored):
    folder = doctored("postings", lambda t: with_value(t, "amount_minor", lambda minor: minor - 5))
    made, was = audit(folder), victim(honest)
    column = "d_minor" if was["amount_minor"] < 0 else "c_minor"
    told = {one.column: one for one in made.differences}[column]
    assert abs(told.audited - told.recorded) == 5
    assert {"l3_money_minor"} < set(made.by_currency["EUR"].broken)


def test_a_removed_posting_is_named(honest, doctored):
    made, was = audit(doctored("postings", lambda t: without(t, ROW))), victim(honest)
    assert made.flaws == (f"posting {was['posting_id']} is missing",)
    assert was["tx_id"] in {one.tx_id for one in made.differences}


def test_a_duplicated_posting_is_named(honest, doctored):
    def twice(table):
        return pa.concat_tables([table, table.slice(ROW, 1)])

    made, was = audit(doctored("postings", twice)), victim(honest)
    assert made.flaws == (f"posting {was['posting_id']} stands twice",)
    assert was["tx_id"] in {one.tx_id for one in made.differences}


def test_a_posting_of_nobody_is_named(honest, doctored):
    folder = doctored("postings", lambda t: with_value(t, "tx_id", lambda _: 10**9))
    made, was = audit(folder), victim(honest)
    number = was["posting_id"]
    assert f"posting {number} of intent 1000000000" in made.flaws[0]
    assert made.by_currency["EUR"].l4_log_minor == was["amount_minor"]


def test_a_removed_intent_is_named(honest, doctored):
    made = audit(doctored("transactions", lambda t: without(t, ROW)))
    assert made.flaws[0] == f"intent {victim(honest, 'transactions')['tx_id']} is missing"


CLAIMS = [
    "d_minor",
    "c_minor",
    "x_minor",
    "n_posted",
    "glv_minor",
    "second_d_minor",
    "second_c_minor",
    "second_x_minor",
    "second_n_posted",
    "second_glv_minor",
]


@pytest.mark.parametrize("column", CLAIMS)
def test_a_changed_claim_of_the_engine_is_named(honest, doctored, column):
    made = audit(doctored("transactions", lambda t: with_value(t, column, lambda n: n + 1)))
    (told,) = made.differences
    assert (told.tx_id, told.column) == (victim(honest, "transactions")["tx_id"], column)
    assert told.recorded == told.audited + 1


EUR, JPY = 0, 1
ALICE, DESK, YEN_DESK, SHOP, YEN_ALICE = range(5)
PAYMENT = {
    "tx_id": 1,
    "right_debtor_account": ALICE,
    "right_creditor_account": DESK,
    "amount_minor": 2500,
    "currency": EUR,
    "deadline_ns": -1,
    "outcome": Outcome.OK,
    "ack": Ack.OK,
    "e_minor": 2500,
    "second_currency": -1,
    "second_debtor_account": -1,
    "second_creditor_account": -1,
}
CONVERSION = PAYMENT | {
    "second_purpose": LegPurpose.EXCHANGE,
    "second_currency": JPY,
    "second_debtor_account": YEN_DESK,
    "second_creditor_account": SHOP,
    "second_e_minor": 4000,
}
FLOWED = {"d_minor": 2500, "c_minor": 2500, "n_posted": 1}
SECOND_FLOWED = {"second_d_minor": 4000, "second_c_minor": 4000, "second_n_posted": 1}
EUROS = [(ALICE, -2500, EUR, Leg.PRINCIPAL), (DESK, 2500, EUR, Leg.PRINCIPAL)]
YENS = [(YEN_DESK, -4000, JPY, Leg.SECOND), (SHOP, 4000, JPY, Leg.SECOND)]


def audit_of_one(intent, rows):
    """Audit one intent, given its postings as (account, amount, currency, leg) of one transfer."""
    found = {"posted_ns": -1 if not rows else 0} | intent
    transactions = {
        column.name: np.array([found.get(column.name, 0)], column.dtype)
        for column in schema.TRANSACTIONS
        if column.name in {*WANTED, *COMPARED}
    }
    account, amount, currency, leg = (np.array(side) for side in zip(*rows, strict=True))
    zeros = np.zeros(len(rows), np.int64)
    postings = {
        "posting_id": np.arange(len(rows)),
        "tx_id": zeros + 1,
        "transfer_id": zeros,
        "leg": leg,
        "account_id": account,
        "amount_minor": amount,
        "currency": currency,
        "phase": np.full(len(rows), Phase.POSTED),
        "posted_ns": zeros,
    }
    return audit_tables(transactions, postings, ["EUR", "JPY"])


def test_both_legs_of_a_conversion_are_counted():
    made = audit_of_one(CONVERSION | FLOWED | SECOND_FLOWED, EUROS + YENS)
    assert made.agrees, made
    assert made.by_currency["JPY"].debits_minor == made.by_currency["JPY"].credits_minor == 4000


def test_half_a_conversion_is_a_loss_in_the_other_currency():
    made = audit_of_one(CONVERSION | FLOWED, EUROS)
    assert {(one.column, one.audited) for one in made.differences} == {
        ("leak_class", "LOST"),
        ("second_glv_minor", 4000),
    }
    leaked = {"leak_class": LeakClass.LOST, "second_glv_minor": 4000}
    assert audit_of_one(CONVERSION | FLOWED | leaked, EUROS).agrees


def test_a_mismatch_shows_in_the_trial_balance_of_each_currency():
    intent = PAYMENT | {
        "e_minor": 0,
        "d_minor": 2500,
        "n_posted": 1,
        "second_purpose": LegPurpose.MISMATCH,
        "second_currency": JPY,
        "second_x_minor": 2500,
        "second_n_posted": 1,
        "leak_class": LeakClass.ORPHAN_CREDIT,
        "glv_minor": 2500,
        "second_glv_minor": 2500,
    }
    made = audit_of_one(intent, [EUROS[0], (YEN_ALICE, 2500, JPY, Leg.SECOND)])
    assert made.agrees, made
    created = {name: found.net_created_minor for name, found in made.by_currency.items()}
    assert created == {"EUR": -2500, "JPY": 2500}


def test_a_credit_to_oneself_without_its_debit_is_an_orphan():
    intent = PAYMENT | {
        "right_creditor_account": ALICE,
        "e_minor": 0,
        "c_minor": 2500,
        "n_posted": 1,
        "leak_class": LeakClass.ORPHAN_CREDIT,
        "glv_minor": 2500,
    }
    assert audit_of_one(intent, [(ALICE, 2500, EUR, Leg.PRINCIPAL)]).agrees


@pytest.mark.parametrize(
    ("intent", "rows", "flaw"),
    [
        (PAYMENT, YENS, "2 postings are on a second leg that their intent has not"),
        (CONVERSION, [*EUROS[:1], (DESK, 2500, JPY, Leg.PRINCIPAL)], "1 postings are in another"),
        (CONVERSION, [(YEN_DESK, -4000, EUR, Leg.SECOND)], "1 postings are in another currency"),
    ],
)
def test_a_posting_on_a_wrong_leg_is_named(intent, rows, flaw):
    (told,) = audit_of_one(intent, rows).flaws
    assert told.startswith(flaw)
    assert told.endswith("of intent 1")


def test_only_the_first_ten_differences_are_named(doctored):
    def raised(table):
        place = table.schema.get_field_index("d_minor")
        return table.set_column(place, "d_minor", pc.add(table.column("d_minor"), 1))

    made = audit(doctored("transactions", raised))
    assert made.differing == made.intents > 10
    assert len(made.differences) == 10


def test_the_command_exits_0_and_3(honest, doctored, capsys):
    assert main(["audit", str(honest)]) == 0
    assert "agrees with the log" in capsys.readouterr().out
    folder = doctored("postings", lambda t: without(t, ROW))
    assert main(["audit", str(folder)]) == 3
    said = capsys.readouterr().out
    assert f"posting {victim(honest)['posting_id']} is missing" in said
    assert "do not agree" in said
    assert main(["audit", str(folder), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert not told["agrees"]
    assert told["differences"][0]["tx_id"] == victim(honest)["tx_id"]


def test_what_is_no_run_is_refused(tmp_path, capsys):
    assert main(["audit", str(tmp_path)]) == 2
    assert "name a folder below results/" in capsys.readouterr().err


def test_a_run_without_postings_is_refused(tmp_path, capsys):
    words = ["run", "normal_day", "--quiet", "--out", str(tmp_path), "--trace", "transactions"]
    assert main([*words, "--duration", "20s", "--set", "warmup=0s"]) == 0
    (folder,) = tmp_path.iterdir()
    assert main(["audit", str(folder)]) == 2
    assert "kept no postings" in capsys.readouterr().err
