"""Fraud by its kind and by its campaign: what was caught, what got away, and how soon it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sanket_sim.analysis.fraud_payments import Mask, Payments, sums_by_currency
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, t_interval, wilson
from sanket_sim.core.units import NS_PER_S

CAMPAIGNS_KEPT = 200
"""Campaigns that the findings name, those after most money first; a long background has more."""


@dataclass(frozen=True, slots=True)
class StageDetection:
    """One stage of a kind of fraud, as the truth names them."""

    intents: int
    recall: Estimate
    value_minor: dict[str, int]
    executed_minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class TypologyDetection:
    """How one kind of fraud fared.

    Parameters
    ----------
    intents, detected : int
        All its intents, and those flagged.
    recall : Estimate
        Flagged of those that were judged, or executed without a judgement. What failed before
        anybody could judge it, and logins, count neither as caught nor as missed.
    precision : Estimate
        Flagged of the flagged among this fraud and its honest twins.
    share_of_flags : Estimate
        Its part in everything that was flagged, honest payments included, cover left out.
    value_minor, value_detected_minor, stopped_minor, executed_minor : dict
        By currency: what was attempted, what of that was flagged, what was refused for suspicion,
        and what moved, however often the same money moved.
    loss_minor : dict
        What its owners lost: the executed payments that took money from victims, each once.
    campaigns, campaigns_blocked : int
        Campaigns, and those of which at least one of these intents was refused for suspicion.
    alert_delay_s : Estimate
        Mean time from a campaign's first intent to its first flag, over those flagged.
    loss_before_block_minor : dict
        What victims lost to each campaign before its first refusal; all of it if there was none.
    """

    intents: int
    detected: int
    recall: Estimate
    precision: Estimate
    share_of_flags: Estimate
    value_minor: dict[str, int]
    value_detected_minor: dict[str, int]
    stopped_minor: dict[str, int]
    executed_minor: dict[str, int]
    loss_minor: dict[str, int]
    campaigns: int
    campaigns_blocked: int
    blocked_share: Estimate
    alert_delay_s: Estimate
    loss_before_block_minor: dict[str, int]
    by_stage: dict[str, StageDetection]


@dataclass(frozen=True, slots=True)
class CampaignDetection:
    """How one campaign fared; times are since the run began, NaN for never.

    Parameters
    ----------
    sophistication : float
        S; NaN where the trace does not say.
    end : str
        "cut" by the run's end, "complete", or "stopped" by the bank or a victim; empty: unknown.
    """

    campaign_id: int
    name: str
    typology: str
    sophistication: float
    intents: int
    flagged: int
    value_minor: dict[str, int]
    executed_minor: dict[str, int]
    loss_minor: dict[str, int]
    loss_before_block_minor: dict[str, int]
    begun_s: float
    first_flag_s: float
    first_block_s: float
    last_s: float
    end: str


def by_typology(run: RunFolder, rows: Payments, flags: int) -> dict[str, TypologyDetection]:
    """Judge each kind of fraud by its rows; `rows` holds fraud and honest twins, `flags` all flags.

    Parameters
    ----------
    flags : int
        Everything that was flagged in the run.
    """
    words = run.trace.words("typology")
    found = {}
    for code in np.unique(rows.columns["typology"][rows.fraud]).tolist():
        here = rows.where(rows.columns["typology"] == code)
        found[words[code] or "unlabelled"] = _typology(run, here, flags)
    return found


def _typology(run: RunFolder, here: Payments, flags: int) -> TypologyDetection:
    rows, money = here.where(here.fraud), run.trace.words("currency")
    early, flag_delays_s = _times(rows)
    flagged = int(rows.flagged.sum())
    campaigns = np.unique(rows.columns["campaign_id"])
    blocked = len(np.unique(rows.columns["campaign_id"][rows.stopped]))
    amounts = rows.columns["amount_minor"]
    executed = np.maximum(rows.columns["d_minor"], 0)
    return TypologyDetection(
        intents=len(rows),
        detected=flagged,
        recall=recall_of(rows),
        precision=wilson(flagged, int(here.flagged.sum())),
        share_of_flags=wilson(flagged, flags),
        value_minor=sums_by_currency(rows, amounts, money),
        value_detected_minor=sums_by_currency(rows, amounts * rows.flagged, money),
        stopped_minor=sums_by_currency(rows, amounts * rows.stopped, money),
        executed_minor=sums_by_currency(rows, executed, money),
        loss_minor=sums_by_currency(rows, rows.lost_minor, money),
        campaigns=len(campaigns),
        campaigns_blocked=blocked,
        blocked_share=wilson(blocked, len(campaigns)),
        alert_delay_s=_mean(flag_delays_s),
        loss_before_block_minor=sums_by_currency(rows, rows.lost_minor * early, money),
        by_stage=_stages(run, rows),
    )


def recall_of(rows: Payments) -> Estimate:
    """Return the flagged share of the fraud that was judged, or executed without a judgement.

    Payments of nothing (logins, enquiries) are left out: nobody asks the fraud service about them.
    """
    counted = rows.fraud & rows.decided & (rows.columns["amount_minor"] > 0)
    return wilson(int((counted & rows.flagged).sum()), int(counted.sum()))


def _mean(delays_s: list[float]) -> Estimate:
    """Return the mean delay; it cannot be negative, whatever the interval says."""
    mean = t_interval(delays_s)
    low = mean.low if math.isnan(mean.low) else max(0.0, mean.low)
    return Estimate(mean.value, low, mean.high, mean.n)


def _times(rows: Payments) -> tuple[Mask, list[float]]:
    """Return which intents came before their campaign's first refusal, and the delays of flags."""
    early, delays_s = np.ones(len(rows), np.bool_), []
    born_ns, campaign_ids = rows.columns["created_ns"], rows.columns["campaign_id"]
    for campaign in np.unique(campaign_ids).tolist():
        here = campaign_ids == campaign
        early[here] = born_ns[here] < _first(born_ns, here & rows.stopped, np.iinfo(np.int64).max)
        if (here & rows.flagged).any():
            delays_s.append(
                int(_first(born_ns, here & rows.flagged) - _first(born_ns, here)) * 1e-9
            )
    return early, delays_s


def _first(born_ns: np.ndarray, here: Mask, never: int = -1) -> int:
    return int(born_ns[here].min()) if here.any() else never


def _stages(run: RunFolder, rows: Payments) -> dict[str, StageDetection]:
    """Judge each stage that the truth names, in the order in which they begin."""
    words, money = run.trace.words("stage"), run.trace.words("currency")
    order = np.argsort(rows.columns["created_ns"], kind="stable")
    codes = dict.fromkeys(rows.columns["stage"][order].tolist())
    found = {}
    for code in (code for code in codes if code >= 0):
        here = rows.where(rows.columns["stage"] == code)
        executed = np.maximum(here.columns["d_minor"], 0)
        found[words[code] or "unnamed"] = StageDetection(
            len(here),
            recall_of(here),
            sums_by_currency(here, here.columns["amount_minor"], money),
            sums_by_currency(here, executed, money),
        )
    return found


def campaigns_of(run: RunFolder, rows: Payments) -> tuple[CampaignDetection, ...]:
    """Judge each campaign, those after most money first; `rows` are fraud alone."""
    told = _told(run)
    found = [
        _campaign(run, rows.where(rows.columns["campaign_id"] == campaign), told.get(campaign))
        for campaign in np.unique(rows.columns["campaign_id"]).tolist()
    ]
    found.sort(key=lambda one: (-run.worth(one.value_minor), one.campaign_id))
    return tuple(found[:CAMPAIGNS_KEPT])


@dataclass(frozen=True, slots=True)
class _Told:
    """What the table of campaigns says of one."""

    name: str
    sophistication: float
    end: str


def _told(run: RunFolder) -> dict[int, _Told]:
    names = ("campaign_id", "name", "sophistication", "end")
    table = run.trace.columns("campaigns", names)
    words, ends = run.trace.words("campaign"), run.trace.words("campaign_end")
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return {number: _Told(words[name], s, ends[end]) for number, name, s, end in rows}


def _campaign(run: RunFolder, rows: Payments, told: _Told | None) -> CampaignDetection:
    money, number = run.trace.words("currency"), int(rows.columns["campaign_id"][0])
    typology = run.trace.words("typology")[int(rows.columns["typology"][0])] or "unlabelled"
    born_ns = rows.columns["created_ns"]
    early, _ = _times(rows)
    return CampaignDetection(
        campaign_id=number,
        name=told.name if told and told.name else f"{typology} {number}",
        typology=typology,
        sophistication=told.sophistication if told else math.nan,
        intents=len(rows),
        flagged=int(rows.flagged.sum()),
        value_minor=sums_by_currency(rows, rows.columns["amount_minor"], money),
        executed_minor=sums_by_currency(rows, np.maximum(rows.columns["d_minor"], 0), money),
        loss_minor=sums_by_currency(rows, rows.lost_minor, money),
        loss_before_block_minor=sums_by_currency(rows, rows.lost_minor * early, money),
        begun_s=float(born_ns.min()) / NS_PER_S,
        first_flag_s=_since(born_ns, rows.flagged),
        first_block_s=_since(born_ns, rows.stopped),
        last_s=float(born_ns.max()) / NS_PER_S,
        end=told.end if told else "",
    )


def _since(born_ns: np.ndarray, here: Mask) -> float:
    return float(born_ns[here].min()) / NS_PER_S if here.any() else math.nan
