"""Which leaked payments of a run are worth reading."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.decomposition import IntentStatus, decompose
from sanket_sim.analysis.intents import JUDGED
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.trace.batch import Columns, rows_in

_WAY = ("leak_class", "kind", "trap", "root_service", "submitted_again")
_SHOWN = ("tx_id", "created_ns", "currency", "submissions", "attempts")
_READ = (*JUDGED, *_SHOWN, "kind", "trap", "root_service", "fault_ids")


@dataclass(frozen=True, slots=True)
class Specimen:
    """A leaked payment that stands for others like it.

    Parameters
    ----------
    glv_minor, currency : int, str
        Gross leak of the principal leg, or of the second one where it leaked alone.
    born_ns : int
        Since the start of the run.
    alike : int
        How many payments of the run leaked in the same way: class, kind, trap, service to blame,
        and whether the customer tried again.
    """

    tx_id: int
    leak_class: str
    glv_minor: int
    currency: str
    kind: str
    trap: str
    service: str
    submissions: int
    attempts: int
    born_ns: int
    alike: int


def instructive(run: RunFolder, count: int) -> list[Specimen]:
    """Choose the leaked payments of a run that are worth reading, those that cost most first.

    Each way to leak is shown before any is shown twice, by the payment that leaked most. What they
    cost is compared at the bank's own rates; of equals the graver class comes first, then what a
    fault struck rather than what suffered from others' misfortune.
    """
    leaked = _leaked(run)
    if not rows_in(leaked):
        return []
    ties = (leaked[name] for name in ("tx_id", "attempts", "spared", "leak_class"))
    dearest = np.lexsort((*ties, -_worth(run, leaked)))
    ways = _grouped(leaked, dearest, count)
    turns = [row for turn in zip_longest(*(way.places for way in ways)) for row in turn]
    chosen = set(islice((row for row in turns if row is not None), count))
    alike = {row: way.alike for way in ways for row in way.places}
    return [_specimen(run, leaked, row, alike[row]) for row in dearest.tolist() if row in chosen]


def _worth(run: RunFolder, leaked: Columns) -> NDArray[np.float64]:
    """Return what each payment leaked, in units of the bank's first currency."""
    words = run.trace.words("currency")
    rates = np.array([float(run.worth({word: 1})) for word in words])
    return np.asarray(leaked["glv_minor"] * rates[leaked["currency"]])


@dataclass(frozen=True, slots=True)
class _Way:
    places: list[int]
    alike: int


def _leaked(run: RunFolder) -> Columns:
    found = []
    for batch in run.trace.batches("transactions", _READ):
        parts = decompose(batch)
        judged = {**batch, "leak_class": parts.leak_class, "glv_minor": parts.glv_minor}
        alone = (parts.glv_minor == 0) & (parts.second_glv_minor > 0)
        judged["glv_minor"] = np.where(alone, parts.second_glv_minor, parts.glv_minor)
        judged["currency"] = np.where(alone, batch["second_currency"], batch["currency"])
        judged["submitted_again"] = batch["submissions"] > 1
        faultless = [not word for word in run.trace.words("fault_ids")]
        judged["spared"] = np.array(faultless, np.bool_)[batch["fault_ids"]]
        keep = parts.status == IntentStatus.LEAKED
        found.append({name: column[keep] for name, column in judged.items()})
    return {name: np.concatenate([one[name] for one in found]) for name in (found or [{}])[0]}


def _grouped(leaked: Columns, order: NDArray[np.int64], count: int) -> list[_Way]:
    """Gather the rows of each way to leak in their order, the way of the first row first."""
    keys = np.stack([leaked[name].astype(np.int64) for name in _WAY], axis=1)[order]
    _, first, way_of, sizes = np.unique(
        keys, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    ranked = np.argsort(first)
    return [_Way(order[way_of.ravel() == way][:count].tolist(), int(sizes[way])) for way in ranked]


def _specimen(run: RunFolder, leaked: Columns, row: int, alike: int) -> Specimen:
    def word(name: str, vocabulary: str) -> str:
        words = [*run.trace.words(vocabulary), ""]
        return words[int(leaked[name][row])]

    trap = word("trap", "trap")
    return Specimen(
        tx_id=int(leaked["tx_id"][row]),
        leak_class=word("leak_class", "leak_class"),
        glv_minor=int(leaked["glv_minor"][row]),
        currency=word("currency", "currency"),
        kind=word("kind", "kind"),
        trap="" if trap == "none" else trap,
        service=word("root_service", "service"),
        submissions=int(leaked["submissions"][row]),
        attempts=int(leaked["attempts"][row]),
        born_ns=int(leaked["created_ns"][row]),
        alike=alike,
    )
