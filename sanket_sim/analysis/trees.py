"""Call trees out of a stream of hops, no more than a minute of them at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.batch import Columns

HORIZON_NS = 60 * NS_PER_S
"""Hops of one intent lie at most this far apart in the file; later ones start a new tree."""


def whole_trees(run: RunFolder, names: Sequence[str]) -> Iterator[Columns]:
    """Yield hops so that those of one intent come together.

    A hop is written when it is over, so a caller may stand in a later part than its calls; what
    may not be whole yet is kept back for the next part.
    """
    wanted = list(dict.fromkeys([*names, "tx_id", "sent_ns"]))
    kept: Columns | None = None
    for part in run.hops(wanted):
        hops = part if kept is None else _joined(kept, part)
        newest_ns = int(hops["sent_ns"].max(initial=0))
        recent = np.unique(hops["tx_id"][hops["sent_ns"] > newest_ns - HORIZON_NS])
        hold = np.isin(hops["tx_id"], recent)
        kept = {name: column[hold] for name, column in hops.items()}
        yield {name: column[~hold] for name, column in hops.items()}
    if kept is not None:
        yield kept


def _joined(first: Columns, second: Columns) -> Columns:
    return {name: np.concatenate([column, second[name]]) for name, column in first.items()}


def inherit(parent: NDArray[np.int64], marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark every hop below a marked one.

    Parameters
    ----------
    parent : int64 array, shape (hops,)
        Place of each hop's caller, -1 for a root.
    marked : bool array, shape (hops,)

    Examples
    --------
    >>> inherit(np.array([-1, 0, 1, -1]), np.array([False, True, False, False])).tolist()
    [False, True, True, False]
    """
    found, above = marked.copy(), parent
    while np.any(above >= 0):
        found |= (above >= 0) & marked[np.maximum(above, 0)]
        above = np.where(above >= 0, parent[np.maximum(above, 0)], -1)
    return found
