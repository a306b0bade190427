"""How scores are judged: areas, other thresholds, and the parts of the fraud service."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from fraud_trace import MINUTE, SHOP, Payment, S, Told, takeover, write

from sanket_sim.analysis.detection import measure_fraud
from sanket_sim.analysis.fraud_scores import area_estimate, average_precision, bins_of
from sanket_sim.analysis.report import write_report
from sanket_sim.core.outcomes import Decline, FraudDecision


def test_the_area_of_a_histogram_is_that_of_the_ranking_itself() -> None:
    # By hand: flagged in this order, precision at each fraud found is 1, 2/3 and 3/6.
    honest, fraud = np.zeros(10, int), np.zeros(10, int)
    for place, is_fraud in zip((9, 8, 7, 6, 5, 4), (1, 0, 1, 0, 0, 1), strict=True):
        (fraud if is_fraud else honest)[place] += 1
    assert average_precision(honest, fraud) == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)


def test_areas_keep_within_their_interval_and_that_within_0_and_1() -> None:
    found = area_estimate(np.array([99, 1]), np.array([1, 9]))
    assert 0 < found.low < found.value < found.high < 1


@pytest.mark.parametrize(("honest", "fraud"), [([5, 0], [0, 5]), ([0, 5], [5, 0])])
def test_a_flawless_ranking_is_uncertain_too(honest: list[int], fraud: list[int]) -> None:
    found = area_estimate(np.array(honest), np.array(fraud))
    assert found.high - found.low > 0.05


def test_scores_of_single_precision_fall_into_the_bin_that_was_meant() -> None:
    thousandths = np.arange(1000)
    assert (bins_of((thousandths / 1000).astype(np.float32)) == thousandths).all()


@pytest.fixture(scope="module")
def curve(tmp_path_factory):
    told = Told([Payment(i * S, 150, SHOP, 1_000, score=i / 100) for i in range(60)])
    takeover(told, 0, MINUTE)
    return measure_fraud(write(tmp_path_factory.mktemp("curve"), told)).curve


def test_at_nothing_everybody_is_flagged_and_no_fraud_missed(curve) -> None:
    first = curve[0]
    assert (first.recall.value, first.flagged_honest, first.missed_minor) == (1, 60, 0)
    assert first.cost_minor == 60 * 1_000


def test_at_one_half_what_lies_below_is_missed(curve) -> None:
    point = next(one for one in curve if one.threshold == 0.5)
    assert (point.recall.value, point.flagged_honest) == (pytest.approx(1 / 3), 10)
    assert point.missed_minor == 70_000
    assert point.cost_minor == 70_000 + 10 * 1_000


def test_recall_falls_as_the_threshold_rises(curve) -> None:
    assert all(a.recall.value >= b.recall.value for a, b in itertools.pairwise(curve))


class TestScorers:
    def told(self, judged: int) -> Told:
        told = Told([Payment(i * S, 150, SHOP, 1_000, score=0.1) for i in range(20)])
        told.payments[3] = told.payments[3].declined()
        ids = takeover(told, 0, MINUTE)
        everyone = range(1, len(told.payments) + 1)
        # Rules see all the fraud, the model none of it.
        told.assessments = [
            (tx_id, 0.5, 1.0 if tx_id in ids else 0.2, 0.0 if tx_id in ids else 0.2)
            for tx_id in everyone
        ][:judged]
        return told

    def test_rules_and_model_are_ranked_on_the_same_payments(self, tmp_path) -> None:
        found = measure_fraud(write(tmp_path, self.told(23))).scorers
        assert found["rules"].pr_auc.value == 1
        assert found["model"].pr_auc.value == pytest.approx(3 / 23)
        # Two payments were flagged, but three tie at the top: none of them can be chosen.
        assert found["rules"].recall.value == 0

    def test_evidence_about_flagged_payments_alone_compares_nothing(self, tmp_path) -> None:
        assert measure_fraud(write(tmp_path, self.told(6))).scorers == {}


def test_where_nobody_judges_nothing_is_said_of_thresholds(tmp_path) -> None:
    told = Told([Payment(S, 150, SHOP, 1_000, score=0.0)])
    takeover(told, 0, MINUTE)
    told.payments = [
        replace(one, score=0.0, decision=FraudDecision.APPROVE, decline=Decline.NONE)
        for one in told.payments
    ]
    run = write(tmp_path, told)
    found = measure_fraud(run)
    assert (found.nobody_judged, found.curve) == (True, ())
    (kind,) = found.by_typology.values()
    unknown = (found.recall, found.false_positive_rate, found.pr_auc, kind.recall)
    assert not any(one.known for one in unknown)
    write_report(run)
    text = (run.path / "report.md").read_text("utf-8")
    assert "Nobody judged payments" in text
    assert not (run.path / "plots" / "thresholds.png").exists()


def test_what_nobody_scored_has_no_place_in_the_curve(tmp_path) -> None:
    told = Told([Payment(S, 150, SHOP, 1_000, score=0.0).unchecked()])
    takeover(told, 0, MINUTE)
    told.payments[1] = replace(told.payments[1], score=0.0).unchecked()
    found = measure_fraud(write(tmp_path, told))
    assert (found.curve[0].flagged_honest, found.curve[0].recall.n) == (0, 2)
