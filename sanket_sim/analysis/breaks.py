"""What the bank itself noticed of its leaks, and what it put right: breaks and corrections."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.outcomes import Ack
from sanket_sim.trace.batch import Columns, places_of

DETECTORS = {
    "reconciliation:intraday": "intraday",
    "reconciliation:end_of_day": "end of day",
    "complaint": "complaint",
}
"""Who finds breaks, as the decisions table calls them -> in words."""
_DETECTOR_PLACES = {actor: place for place, actor in enumerate(DETECTORS)}
BREAK = "break"
CORRECTION = "correction"
_READ = ("time_ns", "actor", "decision", "subject", "tx_id")


@dataclass(frozen=True, slots=True)
class Breaks:
    """The first break of every intent that has one.

    Parameters
    ----------
    tx_ids : int64 array, ascending
    time_ns : int64 array
        When it was found.
    detector : int8 array
        Place in `DETECTORS`.
    by_detector, by_subject : Counter
        All breaks, the first and the later ones of an intent.
    """

    tx_ids: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    detector: NDArray[np.int8]
    by_detector: Counter[str]
    by_subject: Counter[str]

    def rows_of(self, tx_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each intent, -1 for one without a break."""
        return places_of(self.tx_ids, tx_ids)


def breaks_of(run: RunFolder) -> Breaks:
    """Read every break that the bank found."""
    found = _break_rows(run)
    order = np.lexsort((found["time_ns"], found["tx_id"]))
    tx_ids, first = np.unique(found["tx_id"][order], return_index=True)
    names, subjects = list(DETECTORS.values()), run.trace.words("subject")
    return Breaks(
        tx_ids,
        found["time_ns"][order][first],
        found["detector"][order][first].astype(np.int8),
        Counter(names[place] for place in found["detector"].tolist()),
        Counter(subjects[code] for code in found["subject"].tolist()),
    )


def _break_rows(run: RunFolder) -> Columns:
    parts = [{name: np.empty(0, np.int64) for name in (*_READ, "detector")}]
    for batch in run.trace.batches("decisions", _READ):
        actors = run.trace.words("actor")
        places = np.array([_DETECTOR_PLACES.get(actor, -1) for actor in actors])
        detector = places[batch["actor"]]
        keep = (batch["decision"] == _code(run, "decision", BREAK)) & (detector >= 0)
        keep &= batch["tx_id"] >= 0
        rows = batch | {"detector": detector}
        parts.append({name: column[keep].astype(np.int64) for name, column in rows.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _code(run: RunFolder, vocabulary: str, word: str) -> int:
    """Return the code of a word among those met so far, -2 if it was not met."""
    words = run.trace.words(vocabulary)
    return words.index(word) if word in words else -2


def corrections_of(run: RunFolder) -> dict[int, Counter[int]]:
    """Return the money that corrections brought back.

    Returns
    -------
    dict
        tx_id of what was put right -> minor units by the code of a currency. A correction that was
        refused, or moved nothing, brought nothing back.
    """
    found: dict[int, Counter[int]] = {}
    names = ("kind", "original_tx_id", "ack", "c_minor", "currency")
    for batch in run.trace.batches("transactions", names):
        done = (batch["ack"] == Ack.OK) & (batch["c_minor"] > 0) & (batch["original_tx_id"] >= 0)
        done &= batch["kind"] == _code(run, "kind", CORRECTION)
        columns = (batch[name][done].tolist() for name in ("original_tx_id", "currency", "c_minor"))
        for original, currency, minor in zip(*columns, strict=True):
            found.setdefault(original, Counter())[currency] += minor
    return found
