from __future__ import annotations

import numpy as np
import pytest
from synthetic_trace import NAMES, Plan, _words, bank, batch_of, judged, write_run

from sanket_sim.analysis.conservation import measure_conservation
from sanket_sim.analysis.leakage import measure_leakage
from sanket_sim.analysis.root_cause import root_services
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.trace.writer import TraceWriter

PLAN = Plan(duplicates=0.02, struck=0.6)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("leakage"), PLAN, rows_per_part=3000)


def test_classes_agree_with_one_group_by(run: RunFolder) -> None:
    frame = run.trace.frame("transactions")
    frame = frame[(frame.created_ns >= run.start_ns) & (frame.leak_class != "NONE")]
    expected = frame.groupby("leak_class", observed=True).glv_minor.agg(["size", "sum"])
    found = measure_leakage(run).by_class
    assert {name: group.leaked for name, group in found.items()} == expected["size"].to_dict()
    assert {n: g.glv_minor["EUR"] for n, g in found.items()} == expected["sum"].to_dict()
    assert len(found) == 2


def test_every_leak_has_exactly_one_root(run: RunFolder) -> None:
    found = measure_leakage(run)
    assert sum(group.leaked for group in found.by_service.values()) == found.leaked > 0
    lost = sum(group.glv_minor["EUR"] for group in found.by_service.values())
    assert lost == found.by_currency["EUR"].glv_minor


def test_kinds_and_traps_add_up_too(run: RunFolder) -> None:
    found = measure_leakage(run)
    assert sum(group.leaked for group in found.by_kind.values()) == found.leaked
    assert found.by_trap["duplicate_submit"].rate.value == 1.0


def test_the_struck_service_is_blamed_for_what_the_trace_leaves_open(run: RunFolder) -> None:
    found = measure_leakage(run)
    assert found.by_service["payment"].leaked == found.by_class["GHOST_POSTING"].leaked
    assert found.by_service["ledger"].leaked == found.by_class["DUPLICATE"].leaked


def test_failure_is_not_leakage(run: RunFolder) -> None:
    found = measure_leakage(run)
    assert found.failure_rate.value > found.rate_count.value > 0
    assert found.hard.value + found.soft.value == pytest.approx(found.rate_count.value)


def test_value_rate_is_gross_leak_over_what_should_move(run: RunFolder) -> None:
    found = measure_leakage(run)
    euro = found.by_currency["EUR"]
    assert found.rate_value.value == pytest.approx(euro.glv_minor / euro.expected_minor)
    assert found.rate_value.low < found.rate_value.value < found.rate_value.high
    assert euro.net_created_minor == 0


def test_blame_falls_on_the_fault_then_the_deepest_error_then_the_poster(tmp_path) -> None:
    batch = batch_of(Plan(rate_per_s=2, duration_s=5, fault=None))
    hops = batch.hops
    hops["fault_id"][:] = -1
    hops["outcome"][:] = 0
    mine = {tx: np.flatnonzero(hops["tx_id"] == tx) for tx in (1, 2, 3)}

    def of(tx: int, service: str) -> int:
        return int(mine[tx][hops["service"][mine[tx]] == NAMES.index(service)][0])

    hops["outcome"][of(1, "gateway")] = hops["outcome"][of(1, "identity")] = 2
    hops["outcome"][of(2, "identity")] = 2
    hops["fault_id"][of(2, "gateway")] = 0
    writer = TraceWriter(tmp_path, _words())
    writer.write(batch)
    writer.close()
    write_run(tmp_path / "manifest", Plan(rate_per_s=0))
    for name in ("manifest.json", "experiment.toml"):
        (tmp_path / name).write_bytes((tmp_path / "manifest" / name).read_bytes())
    found = root_services(RunFolder(tmp_path, bank()), np.array([1, 2, 3]))
    assert [NAMES[found[tx]] for tx in (1, 2, 3)] == ["identity", "gateway", "ledger"]


def test_the_laws_hold(run: RunFolder) -> None:
    found = measure_conservation(run)
    assert (found.holds, found.whole, found.class_mismatches) == (True, True, 0)
    assert found.intents == PLAN.rate_per_s * PLAN.duration_s


@pytest.mark.parametrize(
    ("table", "column", "law"),
    [("postings", "amount_minor", "l4_log_minor"), ("transactions", "glv_minor", "")],
)
def test_a_forged_trace_is_found_out(tmp_path, table: str, column: str, law: str) -> None:
    run = write_run(tmp_path, Plan(rate_per_s=0))
    batch = batch_of(Plan(rate_per_s=5, duration_s=10))
    getattr(batch, table)[column][0] += 1
    writer = TraceWriter(tmp_path, _words())
    writer.write(batch)
    writer.close()
    found = measure_conservation(RunFolder(tmp_path, run.bank))
    assert not found.holds
    assert found.by_currency["EUR"].broken == ([law] if law else [])
    assert found.class_mismatches == (0 if law else 1)


def test_a_partial_run_does_not_accuse_the_log(tmp_path) -> None:
    run = write_run(tmp_path, Plan(complete=False), rows_per_part=1000)
    run.trace.parts("postings")[-1].unlink()
    found = measure_conservation(run)
    assert (found.holds, found.whole) == (True, False)


def test_what_came_late_is_soft_and_what_went_twice_is_hard(tmp_path) -> None:
    plan = Plan(fault=None, fraud=0.0, duplicates=0.02, warmup_s=0)
    batch = batch_of(plan)
    table = batch.transactions
    twice = table["n_posted"] == 2
    late = np.flatnonzero(~twice)[:100]
    table["deadline_ns"][late] = table["completed_ns"][late] - 1
    write_run(tmp_path, Plan(rate_per_s=0, warmup_s=0))
    writer = TraceWriter(tmp_path, _words())
    writer.write(batch)
    writer.close()
    found = measure_leakage(RunFolder(tmp_path, bank()))
    assert found.soft.value == pytest.approx(100 / len(twice))
    assert found.hard.value == pytest.approx(twice.mean())
    assert twice.any()


@pytest.fixture(scope="module")
def abroad(tmp_path_factory) -> RunFolder:
    plan = Plan(duplicates=0.03, struck=0.6, converted=0.4)
    return write_run(tmp_path_factory.mktemp("abroad"), plan, rows_per_part=700)


def test_cells_agree_with_one_group_by_in_both_currencies(abroad: RunFolder) -> None:
    frame = abroad.trace.frame("transactions")
    frame = frame[(frame.created_ns >= abroad.start_ns) & (frame.leak_class != "NONE")]
    way = ["leak_class", "trap"]
    sums = frame.groupby(way, observed=True)[["glv_minor", "second_glv_minor"]].sum()
    found: dict[tuple[str, str], list[int]] = {}
    for cell in measure_leakage(abroad).cells:
        lost = [cell.glv_minor.get(currency, 0) for currency in ("EUR", "JPY")]
        known = found.setdefault((cell.leak_class, cell.trap), [0, 0])
        found[cell.leak_class, cell.trap] = [a + b for a, b in zip(known, lost, strict=True)]
    expected = {key: row.tolist() for key, row in zip(sums.index, sums.to_numpy(), strict=True)}
    assert found == expected
    assert found["DUPLICATE", "duplicate_submit"][1] > 0


def test_an_intent_of_two_legs_leaks_once(abroad: RunFolder) -> None:
    found = measure_leakage(abroad)
    assert sum(cell.leaked for cell in found.cells) == found.leaked
    for currency, one in found.by_currency.items():
        assert sum(cell.glv_minor.get(currency, 0) for cell in found.cells) == one.glv_minor > 0


def test_cells_name_the_control_and_stand_in_the_order_of_money(abroad: RunFolder) -> None:
    cells = measure_leakage(abroad).cells
    control = {cell.trap: cell.control for cell in cells}
    assert control == {"duplicate_submit": "idempotency_key", "": ""}
    worth = [abroad.worth(cell.glv_minor) for cell in cells]
    assert worth == sorted(worth, reverse=True)
    assert abroad.worth({"EUR": 100, "JPY": 163}) == 2


def test_a_second_leg_that_comes_short_leaks_in_its_own_currency(tmp_path) -> None:
    plan = Plan(fault=None, fraud=0.0, duplicates=0.0, converted=1.0, warmup_s=0)
    batch = batch_of(plan)
    batch.transactions["second_c_minor"][3] -= 7
    batch.transactions = judged(batch.transactions)
    write_run(tmp_path, Plan(rate_per_s=0, warmup_s=0))
    writer = TraceWriter(tmp_path, _words())
    writer.write(batch)
    writer.close()
    found = measure_leakage(RunFolder(tmp_path, bank()))
    (cell,) = found.cells
    assert (cell.leak_class, cell.glv_minor) == ("ORPHAN_DEBIT", {"EUR": 0, "JPY": 7})
    assert found.by_currency["JPY"].net_created_minor == -7
    assert found.by_currency["EUR"].net_created_minor == 0
