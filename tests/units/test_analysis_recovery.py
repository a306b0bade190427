from __future__ import annotations

import math

import numpy as np
import pytest

from sanket_sim.analysis.recovery import ServiceLevel, burn_alerts, burn_scale, recovery_of


def level(good: list[int], offered: int = 1000, width_s: float = 10.0) -> ServiceLevel:
    return ServiceLevel(0.0, width_s, np.full(len(good), offered), np.array(good))


def test_a_run_that_stays_on_target_never_degrades() -> None:
    found = recovery_of(level([1000] * 40), 100.0, 200.0, 0.999)
    assert not found.degraded
    assert (found.time_to_recover_s, found.loss_percent_s, found.depth_percent) == (0.0, 0.0, 0.0)


def test_the_triangle_of_a_clean_outage() -> None:
    found = recovery_of(level([1000] * 10 + [600] * 5 + [1000] * 40), 100.0, 150.0, 0.999)
    assert (found.t_degraded_s, found.t_recover_s, found.after_effect_s) == (100.0, 150.0, 0.0)
    assert found.loss_percent_s == pytest.approx(5 * 10 * 40)
    assert found.resilience_area_percent == pytest.approx(60.0)
    assert (found.depth_percent, found.sustained_s) == (40.0, 300.0)


def test_an_after_effect_outlives_its_fault() -> None:
    found = recovery_of(level([1000] * 10 + [600] * 20 + [1000] * 30), 100.0, 120.0, 0.999)
    assert (found.time_to_recover_s, found.after_effect_s) == (200.0, 180.0)


def test_a_short_watch_is_said() -> None:
    found = recovery_of(level([1000] * 10 + [600] * 5 + [1000] * 6), 100.0, 150.0, 0.999)
    assert found.recovered
    assert found.sustained_s == 60.0


def test_a_storm_that_lasts_is_no_recovery() -> None:
    found = recovery_of(level([1000] * 10 + [0] * 30), 100.0, 110.0, 0.999)
    assert not found.recovered
    assert math.isnan(found.t_recover_s)


def test_a_single_good_window_at_the_very_end_is_no_recovery() -> None:
    assert not recovery_of(level([1000] * 10 + [0] * 29 + [1000]), 100.0, 110.0, 0.999).recovered


def test_a_relapse_within_300_s_restarts_the_clock() -> None:
    good = [1000] * 10 + [500] * 2 + [1000] * 10 + [500] + [1000] * 35
    assert recovery_of(level(good), 100.0, 120.0, 0.999).t_recover_s == 230.0


def test_one_unlucky_payment_is_no_outage() -> None:
    good = [100] * 20 + [99] + [100] * 20
    assert not recovery_of(level(good, offered=100), 0.0, 10.0, 0.999).degraded


def test_fine_windows_are_pooled_to_ten_seconds() -> None:
    fine = level([100] * 100 + [60] * 50 + [100] * 400, offered=100, width_s=1.0)
    assert recovery_of(fine, 100.0, 150.0, 0.999).t_recover_s == 150.0


def test_burn_rate_of_a_steady_loss() -> None:
    found = burn_alerts(level([980] * 100), slo=0.99, after_s=0.0)
    assert [alert.burn_max for alert in found] == pytest.approx([2.0] * 3)
    assert [alert.first_alert_s >= 0 for alert in found] == [False, False, True]


def test_a_fault_is_detected_after_it_struck() -> None:
    good = [1000] * 100 + [0] * 20 + [1000] * 240
    page = burn_alerts(level(good), slo=0.999, after_s=1000.0)[0]
    assert 1000.0 < page.first_alert_s <= 1020.0
    assert page.alerting_share == pytest.approx(20 / 360)  # the short window ends the alert


def test_windows_scale_only_when_the_run_is_short() -> None:
    assert burn_scale(259_200.0) == burn_scale(1e9) == 1.0
    assert burn_scale(480.0) == pytest.approx(480 / 259_200)
