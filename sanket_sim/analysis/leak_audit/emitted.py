"""What a single row of a trace shows of a payment, and whose it truly was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS, HOUR_NS, since_midnight_ns
from sanket_sim.trace.batch import Columns, places_of, rows_in
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabulary

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TEXTS = {
    "kind": "kind",
    "channel": "channel",
    "currency": "currency",
    "place": "place",
    "second_purpose": "leg_purpose",
    "second_currency": "currency",
}
"""Columns of text, and the vocabularies behind them."""
NUMBERS = ("amount_minor", "roundness", "hour", "weekday", "batch")
IDENTIFIERS = ("device_id", "customer_id", "debtor_account", "creditor_account")
FEATURES = (*TEXTS, *NUMBERS, *IDENTIFIERS)
"""All that a row says of the payment itself, before the bank has touched it."""

HONEST_MOST = 8_000
HONEST_A_KIND_MOST = 2_000
"""Honest rows drawn from a run: so many in all, and so many of every kind."""
_READ = (
    "tx_id",
    "created_ns",
    "amount_minor",
    "batch_id",
    "is_fraud",
    "original_tx_id",
    *TEXTS,
    *IDENTIFIERS,
)
_ROUNDEST = 6
_RUN_STRIDE = 1 << 48
_HONEST_STRIDE = 1 << 47
_STAGE_STRIDE = 1 << 32


class Side(IntEnum):
    """Whose a row is."""

    FRAUD = 0
    TWIN = 1
    HONEST = 2


@dataclass(frozen=True, slots=True)
class Emitted:
    """Rows of several runs: all of the fraud and its twins, and a sample of honest ones.

    Cover, the clean money that campaigns spend to look honest, is left out; so are the stages of
    twins that are nothing but cover in campaigns, for they are the same doings by construction.

    Parameters
    ----------
    features : Columns
        One float64 column for each of `FEATURES`; text as codes into `words`.
    side : int64 array
        A `Side`.
    typology : int64 array
        Code into ``words["typology"]``, -1 for honest rows.
    sophistication : float64 array
        Of the campaign, or of the one that a twin looks like; NaN for honest rows.
    group : int64 array
        What belongs together: a campaign with its twins, or an honest customer.
    rank : float64 array
        A number in (0, 1) that orders the rows at random.
    sampled : bool array
        Honest rows that are a fair sample of all honest ones, whatever their kind.
    words : dict of list of str
    """

    features: Columns
    side: Integers
    typology: Integers
    sophistication: Floats
    group: Integers
    rank: Floats
    sampled: NDArray[np.bool_]
    words: dict[str, list[str]]

    @property
    def typologies(self) -> list[str]:
        """Kinds of fraud of which there is any row, or a twin's."""
        codes = np.unique(self.typology[self.side != Side.HONEST])
        return [self.words["typology"][code] for code in codes.tolist()]


def emitted(runs: Sequence[RunFolder]) -> Emitted:
    """Gather what is needed from the traces of some runs."""
    pool: dict[str, Vocabulary] = {}
    truths = [_Truth(run.trace, pool) for run in runs]
    clean = _never_dirty(truths)
    parts = [
        _run_rows(run, truth, clean, place * _RUN_STRIDE, pool)
        for place, (run, truth) in enumerate(zip(runs, truths, strict=True))
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    groups = np.unique(columns["group"], return_inverse=True)[1]
    return Emitted(
        features={name: columns[name].astype(np.float64) for name in FEATURES},
        side=columns["side"],
        typology=columns["typology"],
        sophistication=columns["sophistication"],
        group=groups.astype(np.int64),
        rank=columns["rank"],
        sampled=columns["sampled"],
        words={name: list(vocabulary.words) for name, vocabulary in pool.items()},
    )


def _never_dirty(truths: Sequence[_Truth]) -> Integers:
    """Return the doings that in campaigns are nothing but cover."""
    ours = np.concatenate([truth.doing[~truth.twin] for truth in truths])
    cover = np.concatenate([truth.cover[~truth.twin] for truth in truths])
    never: Integers = np.setdiff1d(ours[cover], ours[~cover])
    return never


def _run_rows(
    run: RunFolder, truth: _Truth, clean: Integers, own: int, pool: dict[str, Vocabulary]
) -> Columns:
    draws = Draws(run.experiment.seed, "leak_audit")
    staged: list[Columns] = []
    shown = truth.tx_id[truth.shows(clean)]
    honest = _none(_KEPT)
    for batch in run.trace.batches("transactions", _READ):
        rows = batch | {"rank": draws.uniform(batch["tx_id"])}
        played = places_of(truth.tx_id, rows["tx_id"])
        staged.append(_where(rows, places_of(shown, rows["tx_id"]) >= 0))
        plain = (played < 0) & ~rows["is_fraud"] & (rows["original_tx_id"] < 0)
        honest = _thinned(_joined([honest, _where(rows, plain)]))
    acted = _joined([_none(_KEPT), *staged])
    rows = _joined([acted | truth.told(acted["tx_id"]), honest | _unlabelled(honest)])
    rows |= _derived(rows, run.experiment.start)
    rows["group"] = rows["group"] + own
    return rows | _recoded(rows, run.trace, pool)


_KEPT = (*_READ, "rank")


class _Truth:
    """Labels by payment, in pooled codes.

    Parameters
    ----------
    doing : int64 array
        A number for each kind of fraud and stage.
    twin, cover : bool arrays
        Whether a twin's; whether a campaign's, of clean money.
    """

    def __init__(self, trace: Trace, pool: dict[str, Vocabulary]) -> None:
        rows = trace.columns("truth", ["tx_id", "campaign_id", "stage", "tainted_share"])
        campaigns = trace.columns("campaigns")
        order = np.argsort(rows["tx_id"], kind="stable")
        self.tx_id = rows["tx_id"][order]
        by_id = np.argsort(campaigns["campaign_id"], kind="stable")
        at = by_id[places_of(campaigns["campaign_id"][by_id], rows["campaign_id"][order])]
        ours = {name: values[at] for name, values in campaigns.items()}
        words = np.array([bool(word) for word in trace.words("twin")] or [False])
        self.twin = twin = words[ours["twin"]]
        self.cover = ~twin & (rows["tainted_share"][order] <= 0)
        stage = _pooled(rows["stage"][order], trace.words("stage"), "stage", pool)
        self.labels: Columns = {
            "side": np.where(twin, Side.TWIN, Side.FRAUD).astype(np.int64),
            "typology": _pooled(ours["typology"], trace.words("typology"), "typology", pool),
            "sophistication": ours["sophistication"],
            "group": np.where(twin, ours["twin_of"], ours["campaign_id"]).astype(np.int64),
            "sampled": np.zeros(len(at), np.bool_),
        }
        self.doing: Integers = self.labels["typology"] * _STAGE_STRIDE + stage

    def shows(self, clean: Integers) -> NDArray[np.bool_]:
        """Say which rows are to be told apart: neither cover nor a twin's `clean` doings."""
        shown: NDArray[np.bool_] = ~self.cover & ~(self.twin & np.isin(self.doing, clean))
        return shown

    def told(self, tx_id: Integers) -> Columns:
        places = places_of(self.tx_id, tx_id)
        return {name: values[places] for name, values in self.labels.items()}


def _unlabelled(honest: Columns) -> Columns:
    size = rows_in(honest)
    fair = np.zeros(size, np.bool_)
    fair[np.argsort(honest["rank"], kind="stable")[:HONEST_MOST]] = True
    return {
        "side": np.full(size, Side.HONEST, np.int64),
        "typology": np.full(size, -1, np.int64),
        "sophistication": np.full(size, np.nan),
        "group": _HONEST_STRIDE + honest["customer_id"].astype(np.int64),
        "sampled": fair,
    }


def _thinned(rows: Columns) -> Columns:
    """Return the first rows by rank, in all and of every kind."""
    rank, kind = rows["rank"], rows["kind"]
    order = np.argsort(rank, kind="stable")
    keep = np.zeros(len(rank), np.bool_)
    keep[order[:HONEST_MOST]] = True
    for one in np.unique(kind).tolist():
        keep[order[kind[order] == one][:HONEST_A_KIND_MOST]] = True
    return _where(rows, keep)


def _derived(rows: Columns, start: datetime | None) -> Columns:
    """Return what a reader of the row sees at once: the clock, the day, how round the amount is."""
    clock = start or datetime.min  # noqa: DTZ901  # simulated time has no zone
    since_ns = rows["created_ns"] + since_midnight_ns(clock)
    days = since_ns // DAY_NS
    return {
        "hour": since_ns % DAY_NS / HOUR_NS,
        "weekday": (clock.weekday() + days) % 7,
        "roundness": _roundness(rows["amount_minor"]),
        "batch": rows["batch_id"] > 0,
    }


def _roundness(amounts_minor: Integers) -> Integers:
    """Return how many zeros amounts end with, 0 for no amount."""
    zeros = np.zeros(len(amounts_minor), np.int64)
    for power in range(1, _ROUNDEST + 1):
        zeros += (amounts_minor % 10**power == 0) & (amounts_minor > 0)
    return zeros


def _recoded(rows: Columns, trace: Trace, pool: dict[str, Vocabulary]) -> Columns:
    return {
        name: _pooled(rows[name], trace.words(vocabulary), vocabulary, pool)
        for name, vocabulary in TEXTS.items()
    }


def _pooled(
    codes: NDArray[Any], words: Sequence[str], vocabulary: str, pool: dict[str, Vocabulary]
) -> Integers:
    """Return codes that mean the same in every run; -1 stays."""
    common = pool.setdefault(vocabulary, Vocabulary())
    table = np.array([*(common.code(word) for word in words), -1], np.int64)
    pooled: Integers = table[codes]
    return pooled


def _where(rows: Columns, keep: NDArray[np.bool_]) -> Columns:
    return {name: values[keep] for name, values in rows.items()}


def _joined(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _none(names: Sequence[str]) -> Columns:
    return {name: np.empty(0, np.bool_ if name == "is_fraud" else np.int64) for name in names}
