from __future__ import annotations

import dataclasses

import numpy as np
from synthetic_trace import NAMES, Plan, bank, write_run

from sanket_sim.analysis.edges import per_edge, waited_until_ns
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.bank.policies import Policy
from sanket_sim.core.outcomes import Outcome

MS = 1_000_000


def folder(tmp_path, timeout_ms: int) -> RunFolder:
    run = write_run(tmp_path, Plan(rate_per_s=5, duration_s=5, warmup_s=0, fault=None))
    one = bank()
    edges = tuple(
        dataclasses.replace(edge, message_kb=float(place), policy=Policy(timeout_ms * MS))
        for place, edge in enumerate(one.edges)
    )
    return RunFolder(run.path, dataclasses.replace(one, edges=edges))


def test_every_hop_finds_its_edge(tmp_path) -> None:
    run = folder(tmp_path, 1000)
    for hops in run.hops(("caller", "operation", "service")):
        found = per_edge(run, hops, [edge.message_kb for edge in run.bank.edges])
        assert found.tolist() == hops["service"].tolist()


def test_a_caller_waits_for_the_answer_or_for_its_time_out(tmp_path) -> None:
    run = folder(tmp_path, 100)
    assert len(run.trace.columns("hops", ["caller", "operation"])["caller"])
    place = NAMES.index("gateway")
    hops = {
        "caller": np.full(4, run.trace.words("caller").index("channels")),
        "operation": np.full(4, run.trace.words("operation").index("gateway.do")),
        "service": np.full(4, place),
        "sent_ns": np.full(4, 1000 * MS),
        "received_ns": np.array([1020, 5000, -1, -1]) * MS,
        "late": np.array([False, True, False, False]),
        "outcome": np.array([Outcome.OK, Outcome.TIMEOUT, Outcome.TIMEOUT, Outcome.IN_FLIGHT]),
    }
    hops["received_ns"][2:] = -1
    assert waited_until_ns(run, hops).tolist() == [1020 * MS, 1100 * MS, 1100 * MS, -1]


def test_without_a_time_out_nobody_gives_up(tmp_path) -> None:
    run = folder(tmp_path, 0)
    hops = next(run.hops(("caller", "operation", "received_ns", "late", "outcome")))
    hops["late"][:] = True
    assert np.array_equal(waited_until_ns(run, hops), hops["received_ns"])
