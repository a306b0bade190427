"""What the bank says about the edge a hop came along, and when its caller stopped waiting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.outcomes import Outcome
from sanket_sim.trace.batch import Columns

GIVEN_UP = (Outcome.TIMEOUT, Outcome.DEADLINE_EXCEEDED, Outcome.CANCELLED)
"""Outcomes that say that the caller stopped waiting."""


def per_edge(run: RunFolder, hops: Columns, values: Sequence[float]) -> NDArray[np.float64]:
    """Look a value of each hop's edge up.

    Parameters
    ----------
    run : RunFolder
    hops : Columns
        With ``caller`` and ``operation``.
    values : sequence of float
        One for each of the bank's edges.

    Returns
    -------
    float64 array, shape (hops,)
        0 for a hop along an edge that the bank does not know.
    """
    bank = run.bank
    callers = {word: code for code, word in enumerate(run.trace.words("caller"))}
    operations = {word: code for code, word in enumerate(run.trace.words("operation"))}
    # The last row and column take the edges that no hop has come along.
    table = np.zeros((len(callers) + 1, len(operations) + 1))
    for edge, value in zip(bank.edges, values, strict=True):
        operation = bank.operations[edge.operation]
        caller = "client" if edge.caller < 0 else bank.services[edge.caller].name
        called = f"{bank.services[operation.service].name}.{operation.name}"
        table[callers.get(caller, -1), operations.get(called, -1)] = value
    return np.asarray(table[hops["caller"], hops["operation"]])


def waited_until_ns(run: RunFolder, hops: Columns) -> NDArray[np.int64]:
    """Return when each hop's caller stopped waiting: at the answer, or when it gave up.

    The trace keeps when a late answer came, not when its caller lost patience; that is the edge's
    time-out after sending. -1 where the caller neither heard nor gave up.

    Parameters
    ----------
    run : RunFolder
    hops : Columns
        With ``caller operation sent_ns received_ns late outcome``.
    """
    heard_ns = hops["received_ns"]
    patience_ns = per_edge(run, hops, [edge.policy.timeout_ns for edge in run.bank.edges])
    gave_up_ns = hops["sent_ns"] + patience_ns.astype(np.int64)
    impatient = (hops["late"] | np.isin(hops["outcome"], GIVEN_UP)) & (patience_ns > 0)
    sooner = impatient & ((heard_ns < 0) | (gave_up_ns < heard_ns))
    return np.where(sooner, gave_up_ns, heard_ns)
