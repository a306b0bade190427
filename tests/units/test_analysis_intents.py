"""What a judgement tells of intents with two legs, and the laws over a trace that has some."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import synthetic_trace

from sanket_sim.analysis.conservation import measure_conservation
from sanket_sim.analysis.decomposition import intents, with_second_legs
from sanket_sim.analysis.intents import judge
from sanket_sim.core.outcomes import LegPurpose

EUR, USD = 0, 1
FX, FEE = LegPurpose.EXCHANGE, LegPurpose.FEE


def judged_three():
    """A plain payment paid twice, a conversion half done, a conversion that ended well."""
    table = intents(
        e=[100, 200, 300], d=[200, 200, 300], c=[200, 200, 300], n=[2, 1, 1], ack=[1, 1, 1]
    )
    done = {"e": [0, 220, 330], "d": [0, 0, 330], "c": [0, 0, 330], "n": [0, 0, 1]}
    table = with_second_legs(table, [0, FX, FX], **done, currency=USD)
    table |= {"is_fraud": np.zeros(3, np.bool_), "decline_reason": np.zeros(3, np.int8)}
    return judge(table)


def test_an_intent_is_good_only_if_both_legs_are():
    assert judged_three().good.tolist() == [False, False, True]


def test_losses_are_told_in_the_currency_of_each_leg():
    principal, second = judged_three().losses()
    assert principal.rows.tolist() == [0, 1]
    assert principal.glv_minor.tolist() == [100, 0]
    assert (second.rows.tolist(), second.glv_minor.tolist()) == ([1], [220])
    assert (principal.currency.tolist(), second.currency.tolist()) == ([EUR, EUR], [USD])


def test_what_is_kept_of_a_judgement_is_what_would_be_judged_of_the_rows():
    plan = synthetic_trace.Plan(duplicates=0.1, converted=0.4)
    rows = synthetic_trace.batch_of(plan).transactions
    keep = rows["tx_id"] % 3 > 0
    kept, anew = judge(rows).where(keep), judge({name: one[keep] for name, one in rows.items()})
    assert len(kept.parts.second_rows)
    assert kept.leaked.any()
    for one in ("good", "fates", "leaked"):
        assert np.array_equal(getattr(kept, one), getattr(anew, one))
    assert kept.columns["tx_id"].tolist() == anew.columns["tx_id"].tolist()
    for ours, theirs in zip(kept.losses(), anew.losses(), strict=True):
        assert [column.tolist() for column in ours] == [column.tolist() for column in theirs]
    assert sum(len(loss.rows) for loss in kept.losses()) > 0


ROW = 7


def rewrite(folder, name, changes, more=None):
    """Set the columns of one row of a run's table, and add other tables' rows below it."""
    (path,) = (folder / name).glob("*.parquet")
    table = pq.read_table(path)
    for column, value in changes.items():
        place = table.schema.get_field_index(column)
        values = table.column(column).to_pylist()
        values[ROW] = value
        field = table.schema.field(place)
        table = table.set_column(place, field, pa.array(values, field.type))
    pq.write_table(pa.concat_tables([table, *(more(table) if more else ())]), path)


def fee_rows(transactions, amounts):
    """Make the rows of a fee out of a posting of the same run."""

    def rows(postings):
        row = postings.slice(0, 1).to_pylist()[0]
        fee = {"tx_id": transactions["tx_id"][ROW].as_py(), "leg": "second"}
        made = [row | fee | {"amount_minor": amount} for amount in amounts]
        return [pa.Table.from_pylist(made, schema=postings.schema)]

    return rows


@pytest.mark.parametrize(("amounts", "broken"), [((-30, 30), []), ((-30, 29), ["l4_log_minor"])])
def test_a_fee_is_part_of_the_laws_of_its_currency(tmp_path, amounts, broken):
    plan = synthetic_trace.Plan(duration_s=5, warmup_s=0, fault=None, duplicates=0, fraud=0)
    run = synthetic_trace.write_run(tmp_path / "run", plan)
    fee = {"second_purpose": "fee", "second_currency": "EUR", "second_n_posted": 1}
    fee |= {f"second_{name}_minor": 30 for name in "edc"}
    rewrite(run.path, "transactions", fee)
    transactions = run.trace.table("transactions")
    rewrite(run.path, "postings", {}, more=fee_rows(transactions, amounts))
    found = measure_conservation(run)
    assert found.by_currency["EUR"].broken == broken
    assert found.holds == (not broken)


def test_a_loss_on_the_second_leg_that_the_engine_did_not_see_is_counted(tmp_path):
    plan = synthetic_trace.Plan(duration_s=5, warmup_s=0, fault=None, duplicates=0, fraud=0)
    run = synthetic_trace.write_run(tmp_path / "run", plan)
    fee = {"second_purpose": "fee", "second_currency": "EUR", "second_e_minor": 30}
    rewrite(run.path, "transactions", fee)
    found = measure_conservation(run)
    assert (found.class_mismatches, found.holds) == (1, False)
    assert found.by_currency["EUR"].broken == []
