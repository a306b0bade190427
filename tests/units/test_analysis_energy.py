from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from synthetic_trace import Plan, write_run

from sanket_sim.analysis.energy import attribute, draw_of, embodied_gco2e, measure_energy
from sanket_sim.analysis.energy_work import ABANDONED, FAILED, USEFUL, USES, account_work, uses_of
from sanket_sim.analysis.grid import grid, grids
from sanket_sim.analysis.intents import Fate
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.bank.description import Bank, Power, Service
from sanket_sim.core.errors import InputError
from sanket_sim.core.outcomes import Outcome
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

S = 1_000_000_000


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("energy"), Plan(struck=0.5), rows_per_part=4000)


def steady(folder: Path, utilisation: float, services: int = 1, replicas: int = 1) -> RunFolder:
    """A minute of replicas (2 vCPU, 4 GB) at one utilisation, and no request at all."""
    described = [Service(f"s{place}", replicas, 8) for place in range(services)]
    words = Vocabularies()
    codes = [words["service"].code(service.name) for service in described]
    seconds, places, numbers = (
        axis.ravel() for axis in np.meshgrid(np.arange(1, 61), codes, np.arange(replicas))
    )
    table = {c.name: np.zeros(len(seconds), c.dtype) for c in schema.GAUGES}
    table |= {"time_ns": seconds * S, "service": places, "replica": numbers}
    table["cpu_ns"] = np.full(len(seconds), int(utilisation * 2 * S))
    write_run(folder, Plan(rate_per_s=0, duration_s=60, warmup_s=0))
    writer = TraceWriter(folder, words)
    writer.write(TraceBatch(end_ns=60 * S, gauges=table))
    writer.close()
    return RunFolder(folder, Bank("steady", tuple(described), (), (), ()))


@pytest.mark.parametrize(("utilisation", "watts"), [(0.0, 3.46), (0.2, 5.60), (1.0, 9.72)])
def test_a_replica_draws_what_the_design_says(tmp_path, utilisation: float, watts: float) -> None:
    draw = draw_of(steady(tmp_path, utilisation))
    energy_j = float((draw.idle_j + draw.memory_j + draw.dynamic_j).sum())
    assert energy_j / 60 == pytest.approx(watts, abs=0.005)


def test_a_payment_costs_what_the_design_says(tmp_path) -> None:
    run = steady(tmp_path, 0.2, services=8, replicas=3)
    draw, payments = draw_of(run), 50 * 60
    energy_j = float((draw.idle_j + draw.memory_j + draw.dynamic_j).sum()) / payments
    assert energy_j == pytest.approx(2.69, abs=0.005)
    operational_mg = energy_j / 3.6e6 * grid("DEU").ci_gco2e_per_kwh * 1000
    assert operational_mg == pytest.approx(0.28, abs=0.005)
    embodied_mg = embodied_gco2e(run, draw, Power()) / payments * 1000
    assert embodied_mg == pytest.approx(0.12, abs=0.005)


def test_uses_add_up_to_all_the_energy(run: RunFolder) -> None:
    found = measure_energy(run)
    parts = (found.idle_j, found.memory_j, found.dynamic_j, found.spin_j, found.network_j)
    assert math.fsum(found.by_use_j.values()) == pytest.approx(math.fsum(parts), rel=1e-9)
    assert found.energy_j == pytest.approx(math.fsum(parts), rel=1e-9)
    assert all(joules >= 0 for joules in found.by_use_j.values())


def test_services_add_up_to_all_but_the_network(run: RunFolder) -> None:
    found = measure_energy(run)
    services_j = math.fsum(one.energy_j for one in found.by_service.values())
    assert services_j + found.network_j == pytest.approx(found.energy_j)


def test_wasted_work_is_all_computing_that_came_to_nothing(tmp_path) -> None:
    run = write_run(tmp_path, Plan(struck=0.5, duplicates=0.05))
    draw, work = draw_of(run), account_work(run)
    in_vain = [place for place, use in enumerate(USES) if use not in ("useful", "open")]
    assert (work.cpu_s[in_vain].sum(axis=1) > 0).sum() >= 3, "retried or abandoned, failed, leaked"
    wasted_j = draw.dynamic_j * work.cpu_s[in_vain].sum(axis=0) / work.cpu_s.sum(axis=0)
    assert measure_energy(run).wasted_j == pytest.approx(float(wasted_j.sum()))


def test_messages_cost_by_their_size_and_the_building(run: RunFolder) -> None:
    hops = sum(len(batch["tx_id"]) for batch in run.hops(["tx_id"]))
    gb_each, kwh_per_gb, pue = 2e-6, 0.001, 1.135
    expected_j = hops * gb_each * kwh_per_gb * 3.6e6 * pue
    assert measure_energy(run).network_j == pytest.approx(expected_j)


def test_energy_lost_in_attribution_is_an_internal_error(run: RunFolder) -> None:
    draw, work = draw_of(run), account_work(run)
    work.network_j[0] = math.nan
    with pytest.raises(AssertionError, match="energy attributed"):
        attribute(draw, work)


def test_leakage_and_failure_make_a_good_payment_dearer(tmp_path) -> None:
    calm = measure_energy(write_run(tmp_path / "calm", Plan(fault=None, duplicates=0.0)))
    hurt = measure_energy(write_run(tmp_path / "hurt", Plan(struck=0.9, duplicates=0.05)))
    assert hurt.sci_mg.value > calm.sci_mg.value
    assert hurt.by_use_j["leaked"] > calm.by_use_j["leaked"] == 0.0
    assert hurt.wasted_j > calm.wasted_j


def test_high_energy_events_are_the_stalled_hops(run: RunFolder) -> None:
    frame = run.trace.frame("hops")
    early = run.trace.frame("transactions").query("created_ns < @run.start_ns").tx_id
    late = frame.late & ~frame.tx_id.isin(early)
    assert measure_energy(run).high_energy_events == late.sum() > 0


def test_work_below_an_abandoned_hop_is_abandoned() -> None:
    hops = {
        "hop_id": np.array([3, 1, 2, 4]),
        "parent_hop_id": np.array([2, -1, 1, -1]),
        "late": np.array([False, False, True, False]),
        "outcome": np.array([Outcome.OK, Outcome.OK, Outcome.TIMEOUT, Outcome.OK]),
    }
    fates = np.array([Fate.GOOD, Fate.GOOD, Fate.GOOD, Fate.FAILED], np.uint8)
    assert uses_of(hops, fates).tolist() == [ABANDONED, USEFUL, ABANDONED, FAILED]


@pytest.mark.parametrize(("utilisation", "replicas", "needed"), [(0.2, 5, 2), (0.5, 7, 5)])
def test_surplus_replicas_are_over_provisioned(tmp_path, utilisation, replicas, needed) -> None:
    found = measure_energy(steady(tmp_path, utilisation, replicas=replicas)).by_service["s0"]
    assert found.replicas_needed == needed  # replicas x utilisation / .7, rounded up
    surplus = (replicas - needed) / replicas
    assert found.over_provisioned_j == pytest.approx((found.idle_j + found.memory_j) * surplus)


def test_an_unknown_grid_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean DEU"):
        grid("DEW")
    assert len(grids()) > 25
