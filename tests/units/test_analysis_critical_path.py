from __future__ import annotations

import numpy as np
from synthetic_trace import Plan, write_run

from sanket_sim.analysis.critical_path import critical_paths, path_times
from sanket_sim.trace.batch import Columns

COLUMNS = [
    "tx_id",
    "hop_id",
    "parent_hop_id",
    "service",
    "sent_ns",
    "queued_ns",
    "begun_ns",
    "ended_ns",
    "received_ns",
]


def hops(*rows: tuple[int, ...]) -> Columns:
    return dict(zip(COLUMNS, np.array(rows, np.int64).T, strict=True))


def test_calls_in_turn_are_all_on_the_path() -> None:
    found = path_times(
        hops(
            (1, 1, -1, 0, 0, 0, 10, 100, 100),
            (1, 2, 1, 1, 20, 22, 25, 38, 40),
            (1, 3, 1, 2, 50, 50, 50, 90, 90),
        ),
        3,
    )
    # 0: waits 10, works 10..20, 40..50 and 90..100; 1: waits 3, works 13, 4 on the wire.
    assert found.own_ns.tolist() == [30, 13, 40]
    assert found.queue_ns.tolist() == [10, 3, 0]
    assert (found.network_ns, found.trees) == (4, 1)


def test_of_calls_side_by_side_only_the_last_to_end_counts() -> None:
    found = path_times(
        hops(
            (1, 1, -1, 0, 0, 0, 0, 100, 100),
            (1, 2, 1, 1, 10, 10, 10, 40, 40),
            (1, 3, 1, 2, 10, 10, 10, 90, 90),
        ),
        3,
    )
    assert found.own_ns.tolist() == [20, 0, 80]


def test_what_hangs_below_a_quick_sibling_is_off_the_path() -> None:
    found = path_times(
        hops(
            (1, 1, -1, 0, 0, 0, 0, 100, 100),
            (1, 2, 1, 1, 10, 10, 10, 40, 40),
            (1, 4, 2, 3, 15, 15, 15, 35, 35),
            (1, 3, 1, 2, 10, 10, 10, 90, 90),
        ),
        4,
    )
    assert found.own_ns.tolist() == [20, 0, 80, 0]


def test_a_caller_that_gave_up_ends_the_path_there() -> None:
    found = path_times(hops((1, 1, -1, 0, 0, 0, 0, 60, 60), (1, 2, 1, 1, 10, 10, 20, 500, 50)), 2)
    assert (found.own_ns.tolist(), found.queue_ns.tolist()) == ([20, 30], [0, 10])


def test_the_parts_add_up_to_the_time_customers_waited(tmp_path) -> None:
    run = write_run(tmp_path, Plan(rate_per_s=20.0, duration_s=20, warmup_s=0, fault=(5, 10)))
    found = critical_paths(run)
    table = run.trace.columns("hops")
    roots = table["parent_hop_id"] < 0
    waited_ns = int((table["received_ns"] - table["sent_ns"])[roots].sum())
    assert int(found.own_ns.sum() + found.queue_ns.sum()) + found.network_ns == waited_ns
    assert found.trees == int(roots.sum())


def test_a_stall_shows_on_the_path(tmp_path) -> None:
    run = write_run(tmp_path, Plan(rate_per_s=20.0, duration_s=30, warmup_s=0, fault=(5, 25)))
    assert run.services[int(critical_paths(run).shares.argmax())] == "payment"
