"""The figures by which real and generated customers are compared, and how they are taken."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sanket_sim.calibration.histories import (
    BILLS,
    INFLOWS,
    OF_A_LOAN,
    OPERATIONS,
    Floats,
    Histories,
    Numbers,
    month_of,
)
from sanket_sim.core.config import load_settings
from sanket_sim.core.settings import Settings, Several, Share

FEWEST_MONTHS = 3
"""An account counts if it is watched at least so long; before, its income is not known."""
DECLINE = 0.9
"""A month declines if its last balance is below this share of the month before's."""

_FOLDER = Path(__file__).parent / "references"
_ENDS = np.array([0.005, 0.01, 0.02])
GRID = np.unique(np.concatenate([[0, 1], _ENDS, 1 - _ENDS, np.linspace(0.025, 0.975, 39)]))
"""Shares at which quantiles are kept: every 2.5 %, and finer at the ends."""
_HUNDRED_MINOR = 100_00
_INCOME_DIGITS = 4


class OperationReference(Settings):
    """One operation, as ``[operation.NAME]``."""

    per_month: float
    """Entries per account and month."""
    share: Share
    """Share of all entries, those of loans and overdrafts left out."""
    customers: Share
    """Share of accounts with at least one."""
    hundreds: Share
    """Share of amounts that are multiples of 100 crowns."""
    amounts_minor: Several[int]
    """Quantiles of the amount at `GRID` [hellers]."""
    of_income: Several[float]
    """Quantiles of the amount in the account's own monthly income."""


class Reference(Settings):
    """What a record says, as ``references/NAME.toml``."""

    source: str
    accounts: int
    account_months: int
    watched: dict[str, int]
    """Calendar month -> accounts that are watched in it."""
    income_minor: Several[int]
    """Quantiles of the monthly income at `GRID` [hellers]."""
    balance_incomes: Several[float]
    """Quantiles of balances at the ends of months in monthly incomes."""
    decline10_share: Share
    """Share of months in which the balance declines by more than 10 %."""
    negative_share: Share
    """Share of months with a negative balance at the end of a day."""
    refused_share: Share
    """Share of debits refused for want of funds; records of real banks do not hold them."""
    activity_shape: float
    """Shape of the Gamma law of accounts' monthly numbers of payments of their own."""
    activity_scale: float
    """Its scale [payments a month]: `Gamma(shape, scale)` has mean shape * scale."""
    fano: float
    """Variance over mean of an account's numbers from month to month."""
    operation: dict[str, OperationReference]


def measure(histories: Histories, source: str) -> Reference:
    """Take all figures of the accounts that are watched long enough."""
    grown = histories.watched_for(FEWEST_MONTHS)
    seen = grown.watched()
    income = grown.income_minor()
    shape, scale, fano = _activity(grown, seen)
    ends = grown.month_ends()
    earning = income > 0
    balance = (ends[earning] / income[earning, None])[_during(grown, ends)[earning]]
    return Reference(
        source=source,
        accounts=len(grown),
        account_months=int(grown.months.sum()),
        watched=grown.accounts_watched(),
        income_minor=tuple(np.rint(np.quantile(income, GRID)).astype(int).tolist()),
        balance_incomes=_rounded(np.quantile(balance, GRID)),
        decline10_share=_declines(grown, ends),
        negative_share=_negative(grown),
        refused_share=float(grown.refused.sum() / max(len(seen) + grown.refused.sum(), 1)),
        activity_shape=shape,
        activity_scale=scale,
        fano=fano,
        operation=_operations(grown, seen, income),
    )


@cache
def read_reference(name: str) -> Reference:
    """Read figures that are kept in the project: of `everybody` or of `borrowers`.

    Examples
    --------
    >>> read_reference("everybody").operation["pension"].of_income[0]
    1.0
    """
    return load_settings(_FOLDER / f"{name}.toml", Reference)


def share_below(quantiles: Several[float] | Several[int], x: Floats, *, equal: bool) -> Floats:
    """Return the share of a law, given by its quantiles at `GRID`, below each x.

    Parameters
    ----------
    quantiles : sequence of float
    x : float64 array
    equal : bool
        Whether x itself counts; matters where the law has an atom.
    """
    at = np.asarray(quantiles, dtype=np.float64)
    above = np.searchsorted(at, x, side="right" if equal else "left")
    high, low = np.clip(above, 1, len(at) - 1), np.clip(above, 1, len(at) - 1) - 1
    step = np.where(at[high] > at[low], at[high] - at[low], 1.0)
    share = GRID[low] + (GRID[high] - GRID[low]) * np.clip((x - at[low]) / step, 0.0, 1.0)
    return np.where(above == 0, 0.0, np.where(above == len(at), 1.0, share))


def distance(sample: Floats, quantiles: Several[float] | Several[int]) -> float:
    """Return the Kolmogorov-Smirnov distance of a sample from a law given by quantiles.

    Examples
    --------
    >>> law = tuple(GRID.tolist())
    >>> distance(np.array([0.25, 0.75]), law), distance(np.array([1.5]), law)
    (0.25, 1.0)
    """
    values = np.sort(sample)
    points = np.unique(np.concatenate([values, np.asarray(quantiles, dtype=np.float64)]))
    gaps = [
        np.abs(
            np.searchsorted(values, points, side=side) / len(values)
            - share_below(quantiles, points, equal=side == "right")
        ).max()
        for side in ("left", "right")
    ]
    return float(max(gaps))


def multiples(seen: NDArray[np.void], income: Floats) -> Floats:
    """Return entries' amounts in their accounts' own incomes, NaN for those without any."""
    own = income[seen["account"]]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(own > 0, np.round(seen["amount_minor"] / own, _INCOME_DIGITS), np.nan)


def _operations(
    grown: Histories, seen: NDArray[np.void], income: Floats
) -> dict[str, OperationReference]:
    counted = [name for name in OPERATIONS if name not in OF_A_LOAN]
    total = np.isin(seen["operation"], [OPERATIONS.index(name) for name in counted]).sum()
    of_income = multiples(seen, income)
    told = {}
    for name in counted:
        here = seen["operation"] == OPERATIONS.index(name)
        if here.any():
            told[name] = _operation(grown, seen[here], of_income[here], int(total))
    return told


def _operation(
    grown: Histories, rows: NDArray[np.void], of_income: Floats, total: int
) -> OperationReference:
    amounts = rows["amount_minor"]
    known = of_income[np.isfinite(of_income)]
    return OperationReference(
        per_month=round(len(rows) / int(grown.months.sum()), 5),
        share=round(len(rows) / total, 5),
        customers=round(len(np.unique(rows["account"])) / len(grown), 5),
        hundreds=round(float((amounts % _HUNDRED_MINOR == 0).mean()), 5),
        amounts_minor=tuple(np.rint(np.quantile(amounts, GRID)).astype(int).tolist()),
        of_income=_rounded(np.quantile(known, GRID)),
    )


def _during(grown: Histories, ends: Numbers) -> NDArray[np.bool_]:
    """Say in which columns of `month_ends` each account is watched."""
    month = int(grown.first_month.min()) - 1 + np.arange(ends.shape[1])
    return (month >= grown.first_month[:, None]) & (month < grown.end_month[:, None])


def _declines(grown: Histories, ends: Numbers) -> float:
    falls = ends[:, 1:] < DECLINE * ends[:, :-1]
    return round(float(falls[_during(grown, ends)[:, 1:]].mean()), 5)


def _negative(grown: Histories) -> float:
    account, day, balance = grown.day_ends()
    month = month_of(day)
    inside = (month >= grown.first_month[account]) & (month < grown.end_month[account])
    below = inside & (balance < 0)
    return round(len(np.unique(account[below] * 4096 + month[below])) / int(grown.months.sum()), 5)


def _activity(grown: Histories, seen: NDArray[np.void]) -> tuple[float, float, float]:
    """Return shape and scale of the Gamma law between accounts, and the Fano factor within.

    Notes
    -----
    By moments, over customers' own payments. What varies within an account's months is taken out
    of what varies between accounts.
    """
    own = seen[np.isin(seen["operation"], [OPERATIONS.index(name) for name in _OWN])]
    first = int(grown.first_month.min())
    count = np.zeros((len(grown), int(grown.end_month.max()) - first))
    np.add.at(count, (own["account"], month_of(own["day"]) - first), 1)
    month = first + np.arange(count.shape[1])
    inside = (month >= grown.first_month[:, None]) & (month < grown.end_month[:, None])
    season = (count * inside).sum(0) / np.maximum(inside.sum(0), 1)
    level = count / (season / season[season > 0].mean() + (season == 0))
    mean = (level * inside).sum(1) / grown.months
    within = ((level - mean[:, None]) ** 2 * inside).sum(1) / (grown.months - 1)
    between = max(float(mean.var() - (within / grown.months).mean()), 1e-9)
    average = float(mean.mean())
    fano = float(within.mean()) / average
    return round(average**2 / between, 3), round(between / average, 3), round(fano, 3)


_OWN = (*INFLOWS, "cash_withdrawal", *BILLS, "card_withdrawal")


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(values, _INCOME_DIGITS).tolist())
