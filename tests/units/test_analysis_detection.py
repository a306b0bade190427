from __future__ import annotations

import numpy as np
import pytest
from synthetic_trace import Plan, write_run

from sanket_sim.analysis.detection import measure_fraud
from sanket_sim.analysis.fraud_payments import is_flagged
from sanket_sim.analysis.fraud_scores import average_precision
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.outcomes import FraudDecision


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("fraud"), Plan(fraud=0.05), rows_per_part=900)


def measured(run: RunFolder):
    frame = run.trace.frame("transactions")
    frame = frame[frame.created_ns >= run.start_ns]
    return frame, frame.fraud_decision.isin(["decline", "step_up"])


def test_the_confusion_table_agrees_with_the_frame(run: RunFolder) -> None:
    frame, flagged = measured(run)
    found = measure_fraud(run)
    assert found.true_positives == (frame.is_fraud & flagged).sum() > 0
    assert found.false_positives == (~frame.is_fraud & flagged).sum() > 0
    assert found.false_negatives == (frame.is_fraud & ~flagged).sum() > 0
    assert found.true_negatives == (~frame.is_fraud & ~flagged).sum()
    assert found.precision.value == pytest.approx(
        found.true_positives / (found.true_positives + found.false_positives)
    )


def test_typologies_add_up(run: RunFolder) -> None:
    found = measure_fraud(run)
    assert set(found.by_typology) == {"card_testing", "account_takeover"}
    detected = sum(one.detected for one in found.by_typology.values())
    assert detected == found.true_positives


def test_losses_before_the_first_flag(run: RunFolder) -> None:
    frame, flagged = measured(run)
    frame = frame.assign(flagged=flagged)
    one = frame[frame.typology.astype(str) == "card_testing"]
    first_ns = one[one.flagged].created_ns.min()
    found = measure_fraud(run).by_typology["card_testing"]
    early = one[one.created_ns < first_ns].d_minor.sum()
    assert found.loss_before_block_minor == {"EUR": early}
    assert found.loss_minor == {"EUR": one.d_minor.sum()}
    assert found.alert_delay_s.value == pytest.approx((first_ns - one.created_ns.min()) * 1e-9)


def test_without_fraud_there_is_no_recall(tmp_path) -> None:
    found = measure_fraud(write_run(tmp_path, Plan(fraud=0.0)))
    assert not found.recall.known
    assert not found.pr_auc.known
    assert found.by_typology == {}


def test_a_second_factor_stands_in_the_way_and_fail_open_does_not() -> None:
    decisions = np.array([FraudDecision.STEP_UP, FraudDecision.UNCHECKED, FraudDecision.APPROVE])
    assert is_flagged(decisions).tolist() == [True, False, False]


def test_scores_without_skill_earn_the_base_rate() -> None:
    honest, fraud = np.full(100, 90), np.full(100, 10)
    assert average_precision(honest, fraud) == pytest.approx(0.1)
