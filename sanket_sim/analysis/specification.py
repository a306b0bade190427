"""Whether campaigns came out as they were specified: every bound, measured from what was paid.

Bounds are those that a campaign's author stated (`Actor.specify`); what is measured here comes
from the truth and the transactions alone, so that an author's slip shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.measures import GROWING, measure
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, wilson
from sanket_sim.trace.batch import Columns, places_of
from sanket_sim.trace.vocabulary import Vocabularies

Numbers = NDArray[Any]

TRUTH_COLUMNS = (
    "tx_id",
    "created_ns",
    "campaign_id",
    "stage",
    "hop",
    "parent_tx_ids",
    "intended_minor",
)
TRANSACTION_COLUMNS = (
    "tx_id",
    "customer_id",
    "creditor_account",
    "device_id",
    "completed_ns",
    "d_minor",
)
_COMPLETE = "complete"
_TOLERANCE = 1e-9
"""Relative rounding of a bound that was computed in floating point."""
WORST_SHOWN = 5


class Verdict(StrEnum):
    """What became of a bound."""

    WITHIN = "within"
    OUT = "out"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Finding:
    """One bound of one campaign, and what came of it.

    Parameters
    ----------
    twin : str
        What the honest doings are called; empty for the fraud itself.
    stage : str
        Empty: all rows of the campaign.
    measure : str
        A key of `measures.MEASURES`.
    low, high : float
        What was specified, both ends included.
    least, most : float
        What came of it; NaN where there was nothing to measure.
    n : int
        How many values were measured.
    """

    campaign_id: int
    campaign: str
    typology: str
    twin: str
    stage: str
    measure: str
    low: float
    high: float
    least: float
    most: float
    n: int
    verdict: Verdict

    def __str__(self) -> str:
        where = f"{self.campaign or self.campaign_id}, {self.twin or self.typology}"
        stage = f" of {self.stage}" if self.stage else ""
        return (
            f"{where}: {self.measure}{stage} {self.least:.6g} to {self.most:.6g}, "
            f"specified {self.low:.6g} to {self.high:.6g}"
        )

    @property
    def deviation(self) -> float:
        """How far the worst value lies outside, as a share of the bound it broke; 0 if none does.

        Examples
        --------
        >>> Finding(1, "a", "x", "", "", "rows", 2, 4, 5, 5, 1, Verdict.OUT).deviation
        0.25
        """
        if self.verdict != Verdict.OUT:
            return 0.0
        below = (self.low - self.least) / max(abs(self.low), 1.0)
        above = (self.most - self.high) / max(abs(self.high), 1.0)
        return max(below, above)


@dataclass(frozen=True, slots=True)
class Conformity:
    """How the campaigns of a typology (`twin` empty) or its twins kept to their specification."""

    typology: str
    twin: str
    campaigns: int
    specified: int
    """Campaigns that state any bound."""
    bounds: int
    not_reached: int
    out: int
    within: Estimate
    """Share of the bounds that were reached and kept."""
    worst: tuple[Finding, ...]

    @property
    def kept(self) -> bool:
        """Whether something was checked, and all of it held."""
        return self.within.n > 0 and self.within.value == 1.0


def joined(truth: Columns, transactions: Columns, vocabularies: Vocabularies) -> Columns:
    """Put beside each row of the truth what its transaction, and its parents, say.

    Returns
    -------
    Columns
        The truth's, the transactions' customer_id, creditor_account and device_id, and for rows
        with parents ``parents_completed_ns`` (the latest; -1 if one has not completed) and
        ``parents_executed_minor`` (their sum).
    """
    order = np.argsort(transactions["tx_id"], kind="stable")
    ids = transactions["tx_id"][order]
    own = places_of(ids, truth["tx_id"])
    rows = {name: truth[name][own >= 0] for name in TRUTH_COLUMNS}
    taken = order[own[own >= 0]]
    for name in ("customer_id", "creditor_account", "device_id"):
        rows[name] = transactions[name][taken]
    fates = _Fates(ids, transactions["completed_ns"][order], transactions["d_minor"][order])
    ended, executed = fates.of_parents(rows["parent_tx_ids"], vocabularies["tx_ids"].words)
    return rows | {"parents_completed_ns": ended, "parents_executed_minor": executed}


def check(
    truth: Columns,
    transactions: Columns,
    campaigns: Columns,
    specifications: Columns,
    vocabularies: Vocabularies,
) -> list[Finding]:
    """Compare every bound of every campaign and twin with what came of it.

    The lower bounds of what grows with time (`measures.GROWING`) count only for campaigns that
    ended complete. `transactions` needs `TRANSACTION_COLUMNS` of the truth's rows and of their
    parents.

    Raises
    ------
    TraceError
        If a specification names a measure that does not exist.
    """
    stages = _Stages(joined(truth, transactions, vocabularies))
    told = _Told(campaigns, vocabularies)
    words = vocabularies["stage"].words
    measures = vocabularies["measure"].words
    rows = zip(
        *(specifications[name].tolist() for name in ("campaign_id", "stage", "measure")),
        *(specifications[name].tolist() for name in ("low", "high")),
        strict=True,
    )
    return [
        told.finding(
            campaign,
            words[stage],
            measures[kind],
            (low, high),
            measure(stages.of(campaign, stage if words[stage] else -1), measures[kind]),
        )
        for campaign, stage, kind, low, high in rows
    ]


def check_run(run: RunFolder) -> tuple[list[Finding], Columns, Vocabularies]:
    """Check the specifications of a run on disk; return what `conformities` takes.

    See Also
    --------
    check : the same for tables in memory.
    """
    trace = run.trace
    truth = trace.columns("truth", TRUTH_COLUMNS)
    parents = [_numbers(text) for text in trace.words("tx_ids")]
    wanted = np.unique(np.concatenate([truth["tx_id"], *map(np.asarray, parents)]).astype(np.int64))
    transactions = _kept(trace.batches("transactions", TRANSACTION_COLUMNS), wanted)
    campaigns, words = trace.columns("campaigns"), trace.vocabularies
    stated = trace.columns("specifications")
    return check(truth, transactions, campaigns, stated, words), campaigns, words


def conformities(
    findings: Sequence[Finding], campaigns: Columns, vocabularies: Vocabularies
) -> list[Conformity]:
    """Sum findings up by typology, and by twin."""
    told = _Told(campaigns, vocabularies)
    groups: dict[tuple[str, str], list[int]] = {}
    for campaign_id, one in told.campaigns.items():
        groups.setdefault((one.typology, one.twin), []).append(campaign_id)
    by_campaign: dict[int, list[Finding]] = {}
    for finding in findings:
        by_campaign.setdefault(finding.campaign_id, []).append(finding)
    return [
        _conformity(name, [by_campaign.get(one, []) for one in members])
        for name, members in sorted(groups.items())
    ]


def pooled(runs: Sequence[Sequence[Conformity]]) -> list[Conformity]:
    """Sum the conformities of several runs up."""
    groups: dict[tuple[str, str], list[Conformity]] = {}
    for one in (one for run in runs for one in run):
        groups.setdefault((one.typology, one.twin), []).append(one)
    return [_together(name, members) for name, members in sorted(groups.items())]


def _together(name: tuple[str, str], members: Sequence[Conformity]) -> Conformity:
    reached = sum(one.within.n for one in members)
    out = sum(one.out for one in members)
    worst = sorted((w for one in members for w in one.worst), key=lambda w: -w.deviation)
    return Conformity(
        *name,
        sum(one.campaigns for one in members),
        sum(one.specified for one in members),
        sum(one.bounds for one in members),
        sum(one.not_reached for one in members),
        out,
        wilson(reached - out, reached),
        tuple(worst[:WORST_SHOWN]),
    )


def _conformity(name: tuple[str, str], members: Sequence[Sequence[Finding]]) -> Conformity:
    found = [finding for member in members for finding in member]
    reached = [one for one in found if one.verdict != Verdict.NOT_REACHED]
    out = sorted(
        (one for one in reached if one.verdict == Verdict.OUT),
        key=lambda one: (-one.deviation, one.campaign_id),
    )
    return Conformity(
        *name,
        len(members),
        sum(bool(member) for member in members),
        len(found),
        len(found) - len(reached),
        len(out),
        wilson(len(reached) - len(out), len(reached)),
        tuple(out[:WORST_SHOWN]),
    )


@dataclass(frozen=True, slots=True)
class _Campaign:
    name: str
    typology: str
    twin: str
    complete: bool


class _Told:
    """The campaigns by number, in words."""

    def __init__(self, campaigns: Columns, vocabularies: Vocabularies) -> None:
        words = [
            [vocabularies[vocabulary].words[code] for code in campaigns[column].tolist()]
            for column, vocabulary in _WORDED
        ]
        ids = campaigns["campaign_id"].tolist()
        self.campaigns = {
            campaign_id: _Campaign(name, typology, twin, end == _COMPLETE)
            for campaign_id, name, typology, twin, end in zip(ids, *words, strict=True)
        }

    def finding(
        self,
        campaign_id: int,
        stage: str,
        kind: str,
        bounds: tuple[float, float],
        values: NDArray[np.float64],
    ) -> Finding:
        """Judge what was measured of a bound."""
        one = self.campaigns[campaign_id]
        least, most = (values.min(), values.max()) if len(values) else (math.nan, math.nan)
        excused = kind in GROWING and not one.complete
        verdict = _verdict(bounds, float(least), float(most), excused=excused)
        return Finding(
            campaign_id,
            one.name,
            one.typology,
            one.twin,
            stage,
            kind,
            *bounds,
            float(least),
            float(most),
            len(values),
            verdict,
        )


_WORDED = (
    ("name", "campaign"),
    ("typology", "typology"),
    ("twin", "twin"),
    ("end", "campaign_end"),
)


def _verdict(bounds: tuple[float, float], least: float, most: float, *, excused: bool) -> Verdict:
    low, high = bounds
    if math.isnan(least) or (excused and most == 0.0):
        return Verdict.NOT_REACHED
    if most > high + _TOLERANCE * abs(high):
        return Verdict.OUT
    if least < low - _TOLERANCE * abs(low) and not excused:
        return Verdict.OUT
    return Verdict.WITHIN


class _Stages:
    """Rows of the truth by campaign and stage."""

    def __init__(self, rows: Columns) -> None:
        order = np.lexsort((rows["stage"], rows["campaign_id"]))
        self.rows = {name: column[order] for name, column in rows.items()}
        self.campaign = self.rows["campaign_id"]

    def of(self, campaign: int, stage: int) -> Columns:
        """Return the rows of a stage; -1: of all of them."""
        begin = int(np.searchsorted(self.campaign, campaign, side="left"))
        end = int(np.searchsorted(self.campaign, campaign, side="right"))
        if stage >= 0:
            within = self.rows["stage"][begin:end]
            first = int(np.searchsorted(within, stage, side="left"))
            end = begin + int(np.searchsorted(within, stage, side="right"))
            begin += first
        return {name: column[begin:end] for name, column in self.rows.items()}


@dataclass(frozen=True, slots=True)
class _Fates:
    """When transactions completed, and what they moved; ids ascend."""

    ids: Numbers
    completed_ns: Numbers
    executed_minor: Numbers

    def of_parents(self, codes: Numbers, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Return when the latest parent of each row completed, and what all of them moved."""
        known, place = np.unique(codes, return_inverse=True)
        fates = [self._of(_numbers(texts[code])) for code in known.tolist()]
        table = np.array(fates, dtype=np.int64).reshape(-1, 2)
        return table[place, 0], table[place, 1]

    def _of(self, parents: Sequence[int]) -> tuple[int, int]:
        places = places_of(self.ids, np.array(parents, dtype=np.int64))
        if not len(places) or (places < 0).any():
            return -1, 0
        completed = self.completed_ns[places]
        latest = int(completed.max()) if (completed >= 0).all() else -1
        return latest, int(self.executed_minor[places].sum())


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")] if text else []


def _kept(batches: Iterator[Columns], wanted: NDArray[np.int64]) -> Columns:
    """Return the rows whose ids are wanted; those ascend."""
    parts = [
        {name: column[places_of(wanted, batch["tx_id"]) >= 0] for name, column in batch.items()}
        for batch in batches
    ]
    if not parts:
        return {name: np.empty(0, np.int64) for name in TRANSACTION_COLUMNS}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
