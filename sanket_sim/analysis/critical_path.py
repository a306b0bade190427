"""Where the time of the slowest path goes: own and queue time of each service on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.edges import waited_until_ns
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.trees import inherit, whole_trees
from sanket_sim.trace.batch import Columns, places_of, sums_by_code

_COLUMNS = (
    "tx_id",
    "hop_id",
    "parent_hop_id",
    "service",
    "sent_ns",
    "queued_ns",
    "begun_ns",
    "ended_ns",
    "received_ns",
)
_PATIENCE = ("caller", "operation", "late", "outcome")


@dataclass(frozen=True, slots=True)
class PathTime:
    """Time on the slowest paths, by service [ns], and on the wires between them."""

    own_ns: NDArray[np.int64]
    queue_ns: NDArray[np.int64]
    network_ns: int
    trees: int

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of own and queue time on the slowest paths, by service."""
        spent = (self.own_ns + self.queue_ns).astype(np.float64)
        return np.asarray(spent / spent.sum()) if spent.sum() else spent


def critical_paths(run: RunFolder) -> PathTime:
    """Walk every call tree of the run backwards along what finished last."""
    services = len(run.services)
    own, queue = np.zeros(services, np.int64), np.zeros(services, np.int64)
    network, trees = 0, 0
    for hops in whole_trees(run, (*_COLUMNS, *_PATIENCE)):
        waited = {**hops, "received_ns": waited_until_ns(run, hops)}
        found = path_times(waited, services)
        own += found.own_ns
        queue += found.queue_ns
        network += found.network_ns
        trees += found.trees
    return PathTime(own, queue, network, trees)


def path_times(hops: Columns, services: int) -> PathTime:
    """Return the time on the slowest paths of some call trees.

    A caller waits for its calls one after another, or for several at once. Going backwards from a
    hop's end, the call that ended last is on the path; the next one on it is that which ended last
    before the former was sent; and so on. What lies between them is the hop's own time.

    Parameters
    ----------
    hops : Columns
        Whole trees; a hop whose parent is missing is a root. ``received_ns`` is when the caller
        stopped waiting, be it that it gave up.
    services : int

    References
    ----------
    Z. Zhang et al., "CRISP: Critical path analysis of large-scale microservice architectures",
    USENIX ATC (2022).
    """
    tree = _Tree.of(hops)
    covered_ns, on_path = _walk(tree)
    begun_ns = np.minimum(tree.begun_ns, tree.until_ns)
    ended_ns = np.minimum(tree.ended_ns, tree.until_ns)
    queued_ns = np.minimum(tree.queued_ns, tree.until_ns)
    own = np.where(on_path, np.maximum(ended_ns - begun_ns - covered_ns, 0), 0)
    queue = np.where(on_path, begun_ns - queued_ns, 0)
    whole_ns = np.where(on_path, tree.until_ns - tree.sent_ns - covered_ns, 0)
    return PathTime(
        sums_by_code(tree.service, own, services),
        sums_by_code(tree.service, queue, services),
        int((whole_ns - own - queue).sum()),
        int((tree.parent < 0).sum()),
    )


@dataclass(frozen=True, slots=True)
class _Tree:
    """Hops with the place of their parent (-1 for a root) and gaps in their times filled."""

    parent: NDArray[np.int64]
    service: NDArray[np.int64]
    sent_ns: NDArray[np.int64]
    queued_ns: NDArray[np.int64]
    begun_ns: NDArray[np.int64]
    ended_ns: NDArray[np.int64]
    until_ns: NDArray[np.int64]
    """When the caller stopped waiting."""

    @classmethod
    def of(cls, hops: Columns) -> _Tree:
        order = np.argsort(hops["hop_id"], kind="stable")
        table = {name: hops[name][order] for name in _COLUMNS}
        last = np.maximum.reduce([table[name] for name in _COLUMNS[4:]])
        until = np.where(table["received_ns"] >= 0, table["received_ns"], last)
        queued = np.where(table["queued_ns"] >= 0, table["queued_ns"], until)
        ended = np.where(table["ended_ns"] >= 0, table["ended_ns"], until)
        begun = np.where(table["begun_ns"] >= 0, table["begun_ns"], ended)
        parent = places_of(table["hop_id"], table["parent_hop_id"])
        service = table["service"].astype(np.int64)
        return cls(parent, service, table["sent_ns"], queued, begun, ended, until)


def _walk(tree: _Tree) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the time of each hop that calls on its path cover, and which hops are on a path."""
    rows = len(tree.parent)
    children = np.flatnonzero(tree.parent >= 0)
    order = children[np.lexsort((-tree.until_ns[children], tree.parent[children]))]
    rank = _ranks(tree.parent[order])
    cursor_ns = np.minimum(tree.ended_ns, tree.until_ns)
    covered_ns = np.zeros(rows, np.int64)
    chosen = tree.parent < 0
    by_rank = order[np.argsort(rank, kind="stable")]
    for siblings in np.split(by_rank, np.cumsum(np.bincount(rank))[:-1]) if len(rank) else ():
        parents = tree.parent[siblings]
        next_one = tree.until_ns[siblings] <= cursor_ns[parents]
        taken, above = siblings[next_one], parents[next_one]
        chosen[taken] = True
        covered_ns[above] += tree.until_ns[taken] - tree.sent_ns[taken]
        cursor_ns[above] = tree.sent_ns[taken]
    return covered_ns, ~inherit(tree.parent, ~chosen)


def _ranks(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the rows of each run of equal groups from 0.

    Examples
    --------
    >>> _ranks(np.array([3, 3, 5, 8, 8, 8])).tolist()
    [0, 1, 0, 0, 1, 2]
    """
    places = np.arange(len(groups))
    first = np.concatenate([[True], groups[1:] != groups[:-1]]) if len(groups) else places
    return np.asarray(places - np.maximum.accumulate(np.where(first, places, 0)))
