"""Which service is to blame for a leak, when the trace does not already say so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.bank.description import Bank, Effect, StepKind
from sanket_sim.bank.reach import Reach
from sanket_sim.core.outcomes import Outcome
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns

NO_ERROR = (Outcome.OK, Outcome.APP_ERROR, Outcome.FALLBACK, Outcome.IN_FLIGHT)
_POSTS = frozenset({Effect.TRANSFER, Effect.DEBIT})
_MOVES = _POSTS | {Effect.HOLD, Effect.CAPTURE}
_DEEPER = 1_000_000
"""Counts for more than any depth."""
_HOP_COLUMNS = ("hop_id", "parent_hop_id", "tx_id", "service", "operation", "outcome", "fault_id")


def root_services(run: RunFolder, tx_ids: NDArray[np.int64]) -> dict[int, int]:
    """Find the service to blame for each of a few intents.

    The service whose hop an injected fault struck; else the deepest service with an error on the
    intent's hops; else the service that posted its money; else, as all went well and yet nothing
    was posted, the deepest one that answered OK, before others one that posts or has it posted.

    Returns
    -------
    dict
        tx_id -> code of the service; an intent that left no trace at all is missing.
    """
    hops = _rows_of(run, "hops", _HOP_COLUMNS, tx_ids)
    postings = _rows_of(run, "postings", ("tx_id", "service"), tx_ids)
    return blame(hops, postings, money_movers(run.bank, run.trace.words("operation")))


def blame(hops: Columns, postings: Columns, movers: Sequence[int]) -> dict[int, int]:
    """Find the service to blame for each of some intents, as `root_services` does.

    Parameters
    ----------
    hops, postings : Columns
        All their rows.
    movers : sequence of int
        Codes of the operations that move money, from `money_movers`.
    """
    posted = zip(postings["tx_id"].tolist(), postings["service"].tolist(), strict=True)
    return _by_answers(hops, movers) | dict(posted) | _by_troubles(hops)


def publishers(bank: Bank) -> frozenset[str]:
    """Return the operations that leave the posting to an event: ``"clearing.disburse"``."""
    below = Reach(bank).below
    return frozenset(
        f"{bank.services[operation.service].name}.{operation.name}"
        for operation in bank.operations
        for step in operation.steps
        if step.kind == StepKind.PUBLISH and below[bank.edges[step.target].operation] & _POSTS
    )


def money_movers(bank: Bank, operations: Sequence[str]) -> list[int]:
    """Return the codes of the operations that move money, or publish what does."""
    names = set(publishers(bank)) | {
        f"{bank.services[operation.service].name}.{operation.name}"
        for operation, effects in zip(bank.operations, Reach(bank).own, strict=True)
        if effects & _MOVES
    }
    return [code for code, word in enumerate(operations) if word in names]


def _by_troubles(hops: Columns) -> dict[int, int]:
    struck = hops["fault_id"] >= 0
    wrong = ~np.isin(hops["outcome"], NO_ERROR)
    return _gravest(hops, struck | wrong, np.where(struck, _DEEPER, _depths(hops)))


def _by_answers(hops: Columns, movers: Sequence[int]) -> dict[int, int]:
    first = np.isin(hops["operation"], movers)
    depths = _depths(hops) + np.where(first, _DEEPER, 0)
    return _gravest(hops, hops["outcome"] == Outcome.OK, depths)


def _gravest(
    hops: Columns, suspected: NDArray[np.bool_], severity: NDArray[np.int64]
) -> dict[int, int]:
    """Return the service of each intent's gravest suspect."""
    suspects = np.flatnonzero(suspected)
    ordered = suspects[np.argsort(severity[suspects], kind="stable")]
    pairs = zip(hops["tx_id"][ordered].tolist(), hops["service"][ordered].tolist(), strict=True)
    return dict(pairs)


def _depths(hops: Columns) -> NDArray[np.int64]:
    """Return how many callers each hop has above it among the rows given."""
    ids = np.sort(hops["hop_id"])
    order = np.argsort(hops["hop_id"])
    places = np.minimum(np.searchsorted(ids, hops["parent_hop_id"]), max(len(ids) - 1, 0))
    known = ids[places] == hops["parent_hop_id"] if len(ids) else np.empty(0, np.bool_)
    parent = np.where(known, order[places], -1) if len(ids) else places
    depths, here = np.zeros(len(ids), np.int64), parent
    while np.any(here >= 0):
        depths += here >= 0
        here = np.where(here >= 0, parent[here], -1)
    return depths


def _rows_of(
    run: RunFolder, table: str, names: tuple[str, ...], tx_ids: NDArray[np.int64]
) -> Columns:
    """Return the rows of the given intents, as one table."""
    whole = schema.empty(schema.TABLES[table])
    found = [{name: whole[name] for name in names}]
    for batch in run.trace.batches(table, names) if len(tx_ids) else ():
        keep = np.isin(batch["tx_id"], tx_ids)
        found.append({name: column[keep] for name, column in batch.items()})
    return {name: np.concatenate([part[name] for part in found]) for name in names}
