"""Distinct intents by service, of which each hop tells only that somebody was called."""

import numpy as np

from sanket_sim.live.meters.visits import Visits
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch


def rows(columns, **given):
    table = {c.name: np.zeros(len(next(iter(given.values()))), c.dtype) for c in columns}
    for name, values in given.items():
        table[name][:] = values
    return table


def calls(*pairs):
    """Return a batch in which each of some intents calls a service."""
    tx_ids, services = zip(*pairs, strict=True)
    return TraceBatch(end_ns=0, hops=rows(schema.HOPS, tx_id=tx_ids, service=services))


def ends(*tx_ids, born_ns=10, corrects=-1):
    born = {"created_ns": [born_ns] * len(tx_ids), "original_tx_id": [corrects] * len(tx_ids)}
    return TraceBatch(end_ns=0, transactions=rows(schema.TRANSACTIONS, tx_id=tx_ids, **born))


def counted(*batches, kept=8):
    visits = Visits(3, start_ns=10, kept=kept)
    for batch in batches:
        visits.observe(batch)
    return visits.intents.tolist()


def test_who_calls_again_is_counted_once_and_only_with_his_end():
    both = calls((1, 0), (1, 0), (1, 2), (2, 0))
    assert counted(both) == [0, 0, 0]
    assert counted(both, calls((1, 0)), ends(1)) == [1, 0, 1]
    assert counted(both, ends(1, 2)) == [2, 0, 1]


def test_what_is_called_after_the_end_counts_unless_it_had_been_called_before():
    late = calls((1, 0), (1, 1), (1, 1))
    assert counted(calls((1, 0)), ends(1), late, late) == [1, 1, 0]
    assert counted(ends(1), late) == [1, 1, 0]


def test_neither_the_warm_up_nor_corrections_count():
    assert counted(calls((1, 0)), ends(1, born_ns=9), calls((1, 1))) == [0, 0, 0]
    assert counted(calls((1, 0)), ends(1, corrects=0), calls((1, 1))) == [0, 0, 0]


def test_the_young_push_the_old_out_and_the_old_do_not_come_back():
    young = calls((9, 1)), ends(9)
    assert counted(calls((1, 0)), *young, calls((1, 2)), ends(1)) == [0, 1, 0]
    assert counted(calls((1, 0)), ends(1), *young) == [1, 1, 0]
