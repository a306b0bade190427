"""What traps injected goes through prevention, detection and recovery, and nothing gets lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from synthetic_trace import CAUGHT, Plan, S, _words, bank, batch_of, judged, write_run

from sanket_sim.analysis.controls import (
    MONEYLESS,
    STAGES,
    WITHOUT_TRAP,
    ControlsFinding,
    hold_totals,
    measure_controls,
)
from sanket_sim.analysis.leakage import measure_leakage
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.bank.description import Controls
from sanket_sim.core.errors import ConservationError
from sanket_sim.core.outcomes import Ack, Decline, LeakClass
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.writer import TraceWriter

PLAN = Plan(
    warmup_s=0, duplicates=0.03, converted=0.3, struck=0.6, found=0.7, righted=0.5, alarms=6
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("controls"), PLAN)


@pytest.fixture(scope="module")
def found(run: RunFolder) -> ControlsFinding:
    return measure_controls(run)


def rewritten(folder: Path, batch: TraceBatch, plan: Plan = PLAN) -> RunFolder:
    write_run(folder, dataclasses.replace(plan, rate_per_s=0))
    writer = TraceWriter(folder, _words())
    writer.write(batch)
    writer.close()
    return RunFolder(folder, bank())


def test_every_stage_agrees_with_the_tables_row_by_row(run, found) -> None:
    rows = run.trace.frame("transactions")
    leaked = rows[rows.leak_class != "NONE"]
    breaks = set(run.trace.frame("decisions").tx_id)
    righted = set(rows[rows.kind == "correction"].original_tx_id)
    lost = leaked[(leaked.glv_minor != 0) | (leaked.second_glv_minor != 0)]
    overall = found.overall
    assert overall.told_wrong.intents == len(leaked) - len(lost) > 0
    assert overall.executed.intents == len(lost) > 0
    assert overall.detected.intents == lost.tx_id.isin(breaks).sum()
    assert overall.undetected.intents == (~lost.tx_id.isin(breaks)).sum()
    whole = leaked.tx_id.isin(righted) & (leaked.second_glv_minor == 0) & (leaked.glv_minor > 0)
    assert overall.recovered.intents == whole.sum() > 0
    assert overall.executed.minor == {
        "EUR": leaked.glv_minor.sum(),
        "JPY": leaked.second_glv_minor.sum(),
    }
    back = rows[rows.kind == "correction"].c_minor.sum()
    assert overall.recovered.minor["EUR"] == back
    assert overall.recovered.minor["JPY"] == 0 < overall.residual.minor["JPY"]


def test_half_of_what_was_lost_is_not_recovered_but_its_money_is(run, found) -> None:
    """The euro leg of a converted duplicate came back, its yen did not."""
    rows = run.trace.frame("transactions")
    righted = set(rows[rows.kind == "correction"].original_tx_id)
    half = rows[rows.tx_id.isin(righted) & (rows.second_glv_minor > 0)]
    assert len(half) > 0
    course = found.by_trap["duplicate_submit"]
    assert course.residual.intents >= len(half)
    assert course.recovered.minor["EUR"] >= half.glv_minor.sum()


def test_each_stage_divides_into_the_next_two(found) -> None:
    for course in (found.overall, *found.by_trap.values()):
        for whole, one, other in (
            ("injected", "prevented", "executed"),
            ("executed", "detected", "undetected"),
            ("detected", "recovered", "residual"),
        ):
            stages = [getattr(course, stage) for stage in (whole, one, other)]
            assert stages[0].intents == stages[1].intents + stages[2].intents
            if whole in MONEYLESS:
                continue
            for currency, minor in stages[0].minor.items():
                halves = (stage.minor.get(currency, 0) for stage in stages[1:])
                assert minor == sum(halves)


def test_what_no_money_left_has_no_value(found) -> None:
    for course in (found.overall, *found.by_trap.values()):
        assert [getattr(course, stage).minor for stage in STAGES if stage in MONEYLESS] == [{}] * 3
        assert course.told_wrong.intents <= course.prevented.intents


def test_a_control_that_keeps_the_money_right_has_prevented_what_was_only_told_wrong(
    tmp_path,
) -> None:
    """Every duplicate is put right in the books, but its customer still heard too late."""
    batch = batch_of(PLAN)
    table = batch.transactions
    struck = table["trap"] > 0
    for leg in ("", "second_"):
        for name in ("d_minor", "c_minor"):
            table[f"{leg}{name}"][struck] = table[f"{leg}e_minor"][struck]
        table[f"{leg}n_posted"][struck] = np.minimum(table[f"{leg}n_posted"][struck], 1)
        table[f"{leg}x_minor"][struck] = 0
    table["ack"][struck] = Ack.FAILED
    batch.transactions = judged(table)
    course = measure_controls(rewritten(tmp_path, batch)).by_trap["duplicate_submit"]
    assert course.told_wrong.intents > 0 == course.executed.intents
    assert course.prevention.value == 1
    assert not course.detection.known


def test_leaks_without_a_trap_stand_in_a_row_of_their_own(run, found) -> None:
    rows = run.trace.frame("transactions")
    alone = rows[(rows.trap.isin(["", "none"])) & (rows.leak_class != "NONE")]
    assert (alone.glv_minor == 0).all(), "a slow network makes answers late and moves no money"
    course = found.by_trap[WITHOUT_TRAP]
    assert course.told_wrong.intents == course.injected.intents == len(alone) > 0
    assert (course.code, course.control, course.executed.intents) == ("", "", 0)


def test_the_rows_sum_to_the_whole(found) -> None:
    for stage in STAGES:
        parts = [getattr(course, stage) for course in found.by_trap.values()]
        whole = getattr(found.overall, stage)
        assert whole.intents == sum(part.intents for part in parts)
        for currency, minor in whole.minor.items():
            assert minor == sum(part.minor.get(currency, 0) for part in parts)


def test_the_control_is_the_runs_own_and_so_is_its_switch(run, found) -> None:
    course = found.by_trap["duplicate_submit"]
    assert (course.code, course.control, course.control_on) == ("T01", "idempotency_key", True)
    off = dataclasses.replace(bank(), controls=Controls(idempotency_key=False))
    again = measure_controls(RunFolder(run.path, off)).by_trap["duplicate_submit"]
    assert again.control_on is False


def test_delays_count_from_the_posting_to_the_first_break(found) -> None:
    """Every break of the synthetic trace comes a second after the answer, where posted."""
    course = found.by_trap["duplicate_submit"]
    assert course.delay_p50.value == pytest.approx(1.0, rel=0.01)
    assert course.delay_p95.value == pytest.approx(1.0, rel=0.01)
    assert course.delay_p50.n == course.detected.intents
    assert sum(course.detected_by.values()) == course.detected.intents


def test_only_the_first_break_of_an_intent_counts(tmp_path) -> None:
    batch = batch_of(PLAN)
    decisions = {name: column.copy() for name, column in batch.decisions.items()}
    decisions["time_ns"] += 100 * S
    decisions["actor"][:] = 2
    batch.decisions = {
        name: np.concatenate([decisions[name], column]) for name, column in batch.decisions.items()
    }
    once = measure_controls(rewritten(tmp_path / "once", batch_of(PLAN)))
    twice = measure_controls(rewritten(tmp_path / "twice", batch))
    assert twice.overall == once.overall
    assert twice.by_detector["complaint"].breaks > once.by_detector["complaint"].breaks
    assert twice.by_detector["complaint"].leaks == once.by_detector["complaint"].leaks


def test_alarms_on_sound_payments_are_counted_against_their_detector(found) -> None:
    wrong = sum(one.false_alarms for one in found.by_detector.values())
    assert wrong == PLAN.alarms
    told_wrong = sum(one.told_wrong for one in found.by_detector.values())
    assert told_wrong > 0, "a complaint about a late answer is no false alarm"
    assert found.false_breaks.value == pytest.approx(
        wrong / (wrong + told_wrong + found.overall.detected.intents)
    )
    assert found.by_break.keys() == {"duplicate", "amount"}


def test_sound_payments_that_a_control_refuses_are_false_positives(tmp_path) -> None:
    batch = batch_of(dataclasses.replace(PLAN, fault=None, fraud=0.0, righted=0.0))
    table = batch.transactions
    refused = np.flatnonzero((table["leak_class"] == LeakClass.NONE) & (table["trap"] == 0))[:7]
    for name in ("d_minor", "c_minor", "n_posted", "second_d_minor", "second_c_minor"):
        table[name][refused] = 0
    table["second_n_posted"][refused] = 0
    table["ack"][refused] = Ack.FAILED
    table["decline_reason"][refused] = Decline.AMOUNT_OUT_OF_RANGE
    table["decline_reason"][refused[0]] = Decline.SUSPECTED_FRAUD
    batch.transactions = judged(table)
    found = measure_controls(rewritten(tmp_path, batch))
    assert found.blocked_for == {"amount_out_of_range": 6}
    assert found.blocked_minor == {"EUR": table["e_minor"][refused[1:]].sum()}
    assert found.blocked.n == ((table["trap"] == 0) & (table["original_tx_id"] < 0)).sum()


@pytest.mark.parametrize(("more", "over"), [(500, 500), (-500, 0)])
def test_a_correction_brings_back_what_was_lost_and_not_a_cent_more(tmp_path, more, over) -> None:
    plan = dataclasses.replace(PLAN, converted=0.0, alarms=0)
    batch = batch_of(plan)
    table = batch.transactions
    place = np.flatnonzero((table["original_tx_id"] >= 0) & (table["e_minor"] > 500))[0]
    for name in ("amount_minor", "e_minor", "d_minor", "c_minor"):
        table[name][place] += more
    before = measure_controls(rewritten(tmp_path / "before", batch_of(plan)))
    after = measure_controls(rewritten(tmp_path / "after", batch))
    missing = 0 if over else 1
    assert after.overcorrected_minor.get("EUR", 0) == over
    assert after.overall.recovered.intents == before.overall.recovered.intents - missing
    residue = after.overall.residual.minor["EUR"] - before.overall.residual.minor["EUR"]
    assert residue == 500 * missing


def test_a_refused_correction_recovers_nothing(tmp_path) -> None:
    batch = batch_of(PLAN)
    table = batch.transactions
    table["ack"][table["original_tx_id"] >= 0] = Ack.UNKNOWN
    found = measure_controls(rewritten(tmp_path, batch))
    assert (found.overall.recovered.intents, found.overall.recovered.minor["EUR"]) == (0, 0)


def test_what_the_traps_executed_is_what_leaked(run, found) -> None:
    leakage = measure_leakage(run)
    hold_totals(found, leakage)
    forged = dataclasses.replace(leakage, leaked=leakage.leaked + 1)
    with pytest.raises(ConservationError, match="L7 failed: residual -1 intents"):
        hold_totals(found, forged)
    yen = leakage.by_currency["JPY"]
    more = leakage.by_currency | {"JPY": dataclasses.replace(yen, glv_minor=yen.glv_minor - 3)}
    with pytest.raises(ConservationError, match="L7 failed: residual 3 JPY"):
        hold_totals(found, dataclasses.replace(leakage, by_currency=more))


def test_a_stage_that_loses_money_fails_the_run(run, monkeypatch) -> None:
    from sanket_sim.analysis import controls

    real = controls._Matrix._stages

    def leaky(self, judgement, struck, broken):
        stages = real(self, judgement, struck, broken)
        reached, purse = stages["undetected"]
        return stages | {"undetected": (reached, purse._replace(minor=purse.minor // 2))}

    monkeypatch.setattr(controls._Matrix, "_stages", leaky)
    with pytest.raises(ConservationError, match="executed less detected and undetected"):
        measure_controls(run)


def test_traps_that_struck_nobody_have_a_row(tmp_path) -> None:
    run = write_run(tmp_path, Plan(duplicates=1e-9, fault=None))
    course = measure_controls(run).by_trap["duplicate_submit"]
    assert course.injected.intents == 0
    assert not course.prevention.known
    assert "T01" in CAUGHT
    assert course.code == "T01"
