"""What can be measured of the rows of a campaign, by the names that specifications use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.errors import TraceError
from sanket_sim.core.units import MINUTE_NS
from sanket_sim.trace.batch import Columns, rows_in

Numbers = NDArray[Any]


def measure(stage_rows: Columns, name: str) -> NDArray[np.float64]:
    """Take a measure of the rows of one stage of one campaign.

    Parameters
    ----------
    stage_rows : Columns
        As `specification.joined` returns them, in any order.
    name : str
        A key of `MEASURES`.

    Returns
    -------
    float64 array
        Every value that there is; counts and totals are one value, also of no rows.

    Raises
    ------
    TraceError
        If there is no such measure.

    Examples
    --------
    >>> rows = {"created_ns": np.array([5, 2, 9]), "customer_id": np.array([1, 1, 2])}
    >>> measure(rows, "gap_ns").tolist(), measure(rows, "people").tolist()
    ([3.0, 4.0], [2.0])
    """
    if name not in MEASURES:
        raise TraceError(f"no measure {name!r}; there are {', '.join(MEASURES)}")
    return MEASURES[name](stage_rows).astype(np.float64)


def _rows(rows: Columns) -> Numbers:
    return np.array([rows_in(rows)])


def _distinct(column: str) -> Callable[[Columns], Numbers]:
    return lambda rows: np.array([len(np.unique(rows[column][rows[column] >= 0]))])


def _each(column: str) -> Callable[[Columns], Numbers]:
    def values(rows: Columns) -> Numbers:
        return rows[column]

    return values


def _total(rows: Columns) -> Numbers:
    return np.array([rows["intended_minor"].sum()])


def _person_rows(rows: Columns) -> Numbers:
    counts: Numbers = np.unique(rows["customer_id"], return_counts=True)[1]
    return counts


def _person_totals(rows: Columns) -> Numbers:
    people, place = np.unique(rows["customer_id"], return_inverse=True)
    sums = np.zeros(len(people), np.int64)
    np.add.at(sums, place, rows["intended_minor"])
    return sums


def _gaps(rows: Columns) -> Numbers:
    return np.diff(np.sort(rows["created_ns"]))


def _person_gaps(rows: Columns) -> Numbers:
    order = np.lexsort((rows["created_ns"], rows["customer_id"]))
    same = np.diff(rows["customer_id"][order]) == 0
    gaps_ns: Numbers = np.diff(rows["created_ns"][order])[same]
    return gaps_ns


def _span(rows: Columns) -> Numbers:
    born_ns = rows["created_ns"]
    return np.array([born_ns.max() - born_ns.min()]) if len(born_ns) else born_ns


def _in_five_minutes(rows: Columns) -> Numbers:
    born_ns = np.sort(rows["created_ns"])
    later = np.searchsorted(born_ns, born_ns + 5 * MINUTE_NS, side="right")
    counts: Numbers = later - np.arange(len(born_ns))
    return counts.max(keepdims=True) if len(counts) else counts


def _since_parents(rows: Columns) -> Numbers:
    known = rows["parents_completed_ns"] >= 0
    waits: Numbers = rows["created_ns"] - rows["parents_completed_ns"]
    return waits[known]


def _forwarded(rows: Columns) -> Numbers:
    fed = rows["parents_executed_minor"] > 0
    sets, first, place = np.unique(
        rows["parent_tx_ids"][fed], return_index=True, return_inverse=True
    )
    sums = np.zeros(len(sets), np.int64)
    np.add.at(sums, place, rows["intended_minor"][fed])
    executed: Numbers = rows["parents_executed_minor"][fed][first]
    return sums / executed


def _device_people(rows: Columns) -> Numbers:
    held = rows["device_id"] > 0
    pairs = np.unique(np.stack([rows["device_id"][held], rows["customer_id"][held]]), axis=1)
    counts: Numbers = np.unique(pairs[0], return_counts=True)[1]
    return counts


MEASURES: Mapping[str, Callable[[Columns], Numbers]] = {
    "rows": _rows,
    "rows_5m": _in_five_minutes,
    "people": _distinct("customer_id"),
    "creditors": _distinct("creditor_account"),
    "amount_minor": _each("intended_minor"),
    "total_minor": _total,
    "person_rows": _person_rows,
    "person_total_minor": _person_totals,
    "gap_ns": _gaps,
    "person_gap_ns": _person_gaps,
    "span_ns": _span,
    "hop": _each("hop"),
    "since_parent_ns": _since_parents,
    "forwarded_share": _forwarded,
    "device_people": _device_people,
}
"""What can be measured of the rows of a stage, by the name that specifications use."""
GROWING = frozenset(
    {
        "rows",
        "rows_5m",
        "people",
        "creditors",
        "total_minor",
        "person_rows",
        "person_total_minor",
        "span_ns",
        "forwarded_share",
        "device_people",
    }
)
"""Measures that grow while a campaign goes on: one that was cut short need not reach their lower
bounds."""
