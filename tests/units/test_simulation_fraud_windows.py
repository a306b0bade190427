"""Fraud in windows of time: sums that two runs are compared by are those of their findings."""

from __future__ import annotations

import numpy as np
import pytest
from fraud_trace import MINUTE, SHOP, Payment, S, Told, card_testing, takeover, write

from sanket_sim.analysis.detection import measure_fraud
from sanket_sim.analysis.findings import to_plain
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate
from sanket_sim.console.tables import _cells
from sanket_sim.simulation.compare import Difference, is_total, leaves
from sanket_sim.simulation.fraud_windows import fraud_windows

EDGES_NS = np.linspace(0, 60 * MINUTE, 31).astype(np.int64)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    told = Told([Payment(i * S, 150 + i % 40, SHOP, 900) for i in range(300)])
    told.payments[7:12] = [one.declined() for one in told.payments[7:12]]
    told.payments[12:15] = [one.asked(proved=True) for one in told.payments[12:15]]
    told.payments[20:29] = [one.closed() for one in told.payments[20:29]]
    told.payments[30:34] = [one.unchecked() for one in told.payments[30:34]]
    takeover(told, 0, 5 * MINUTE)
    told.payments[-2] = told.payments[-2].unchecked()
    card_testing(told, 1, 8 * MINUTE)
    told.add(Payment(61 * MINUTE, 150, SHOP, 4_000).declined())
    return write(tmp_path_factory.mktemp("windows"), told)


def test_sums_over_windows_are_those_of_the_findings(run: RunFolder) -> None:
    windows = fraud_windows(run, EDGES_NS)
    totals = {name: counts.sum() for name, counts in windows.items() if is_total(name)}
    findings = leaves({"fraud": to_plain(measure_fraud(run))})
    assert len(totals) == 8
    assert totals == {name: findings[name] for name in totals}


def test_what_came_after_a_shared_end_stays_out_where_the_run_goes_on(run: RunFolder) -> None:
    until_30 = fraud_windows(run, EDGES_NS[:16])
    assert until_30["fraud.alarms.refused"].sum() == 5 + 9
    assert fraud_windows(run, EDGES_NS)["fraud.alarms.refused"].sum() == 5 + 9 + 1


def test_rates_are_unknown_where_there_was_nothing_to_flag(run: RunFolder) -> None:
    windows = fraud_windows(run, EDGES_NS)
    assert np.isnan(windows["fraud_recall"][0])
    assert windows["honest_flagged_rate"][0] == pytest.approx(8 / (120 - 9 - 4))


@pytest.mark.parametrize(
    ("metric", "said", "figure"),
    [
        ("fraud.loss_minor.JPY", "lost to fraud, JPY", "-1,200"),
        ("fraud.cost.total_minor.EUR", "loss and alarms, EUR", "-12.00"),
        ("fraud.alarms.refused", "honest refused", "-1,200"),
    ],
)
def test_totals_are_told_in_words_and_in_money(metric: str, said: str, figure: str) -> None:
    change = Difference(metric, 1_500.0, 300.0, Estimate(-1_200.0, -1_300.0, -1_100.0, 30))
    name, *_, told, _ = _cells(change)
    assert (name, told) == (said, figure)
