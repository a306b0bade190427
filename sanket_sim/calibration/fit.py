"""Fitting a preset's laws to a record: segments, and a template for every kind of payment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sanket_sim.calibration.histories import INFLOWS, Floats, Histories, code
from sanket_sim.calibration.households import KINDS, Entries, Households

SHARES = np.array([0, 0.01, *np.arange(0.05, 0.96, 0.05), 0.99, 1.0])
"""Where a template's quantiles stand."""
_YEAR_END = (12, 1)
_ORDINARY = tuple(range(2, 12))
_ACTIVITY_SHAPE = 6.8
_FANO = 1.15
_FEWEST = 12
"""Fewer entries in a segment make no template of their own."""
_REST_LEAST = 0.1
_QUARTILES = 1.349
"""Distance of the quartiles of a normal law, in standard deviations."""
_INCOME_BY_CHANCE = 0.7
"""From so many deposits a month on that come at any time they are what a segment lives by."""
_CHARGES_SEVERAL = 0.01
_HUNDRED_MINOR = 100_00

# The record has days, no hours; these are chosen: weight, middle [h] and deviation [h].
_AT_THE_COUNTER = ("cash_withdrawal", "cash_credit", "card_withdrawal")
_COUNTER = [[0.6, 10.0, 1.2], [0.4, 14.5, 1.2]]
_CLEARING = [[1.0, 8.0, 1.0]]
_NIGHT = [[1.0, 3.0, 1.0]]

Table = dict[str, Any]
"""A table of TOML, as it will be written."""
Mask = NDArray[np.bool_]


def fit_preset(histories: Histories, label: str) -> Table:
    """Return the preset of a record, as the table that `PresetSettings` reads.

    Parameters
    ----------
    histories : Histories
    label : str
        Says on what the preset has been validated.
    """
    households = Households.of(histories)
    kinds = [kind for kind in range(len(KINDS)) if (households.kind == kind).any()]
    fits = [_Segment(households, kind) for kind in kinds]
    return {
        "label": label,
        "by_weights": False,
        "segment": [fit.segment() for fit in fits],
        "template": [template for fit in fits for template in fit.templates()],
    }


class _Segment:
    """One kind of household: its means, and what it pays and is paid."""

    def __init__(self, households: Households, kind: int) -> None:
        self.households, self.name = households, KINDS[kind]
        self.members = households.kind == kind
        self.entries = households.entries.only(self.members[households.entries.account])
        self.account_months = households.months_of(self.members)

    def segment(self) -> Table:
        """Return who they are: their share, incomes and balances."""
        able = self.members & self.households.earning
        income = self.households.income[able]
        balance = self._opening(able) / income
        low, middle, high = np.log(np.quantile(balance[balance > 0], [0.25, 0.5, 0.75]))
        sigma = (high - low) / _QUARTILES
        return {
            "name": self.name,
            "share": _short(self.account_months / self.households.histories.months.sum()),
            "income": {"law": "empirical", "quantiles": self._incomes(income)},
            "activity_shape": _ACTIVITY_SHAPE,
            "balance": _short(np.exp(middle + sigma**2 / 2)),
            "balance_sigma": _short(sigma),
        }

    def _incomes(self, income: Floats) -> list[list[float]]:
        """Return the law of mean incomes: that of incomes seen, less what few deposits make of it.

        Notes
        -----
        The mean of a month's deposits, N of them in all and of squared coefficient of variation
        c2 each, has a relative variance of about (F + c2) / N with F the Fano factor of N.
        """
        rows = self._of("cash_credit")
        rows = rows.only(~rows.regular)
        if len(rows) < _INCOME_BY_CHANCE * self.account_months:
            return _quantiles(income, whole=True)
        multiples = self._multiples(rows, self.households.income)
        scatter = float(np.var(multiples) / np.mean(multiples) ** 2)
        chance = (_FANO + scatter) / (len(rows) / self.members.sum())
        logs = np.log(np.quantile(income, SHARES))
        spread = (
            np.log(np.quantile(income, 0.75)) - np.log(np.quantile(income, 0.25))
        ) / _QUARTILES
        kept = np.sqrt(max(1.0 - chance / spread**2, 0.0))
        middle = logs[len(logs) // 2]
        return _points(np.exp(middle + kept * (logs - middle)), whole=True)

    def templates(self) -> list[Table]:
        """Return everything they pay and are paid."""
        scheduled = ("collection_in", "pension", "household", "other_remittance", "insurance")
        parts = [self._scheduled(name, self._of(name), [5, 14]) for name in scheduled]
        parts += [self._deposits(), self._withdrawals(), self._card()]
        parts += [self._interest(), self._fee()]
        return [template for part in parts for template in part]

    def _of(self, operation: str) -> Entries:
        return self.entries.only(self.entries.operation == code(operation))

    def _opening(self, able: Mask) -> Floats:
        """Return balances at the end of the month before each account is watched."""
        histories = self.households.histories
        ends = histories.month_ends()
        first = histories.first_month - histories.first_month.min()
        return np.asarray(ends[np.arange(len(ends)), first][able], dtype=np.float64)

    def _named(self, name: str, route: str, **rest: Any) -> Table:
        hours = _COUNTER if route in _AT_THE_COUNTER else _CLEARING if route in INFLOWS else _NIGHT
        table = {"name": f"{name}.{self.name}", "route": route, "segments": [self.name]}
        return table | rest | {"peaks": hours}

    def _multiples(self, rows: Entries, base: Floats) -> Floats:
        """Return amounts in their accounts' own incomes (or what is left of them)."""
        own = base[rows.account]
        known = self.households.earning[rows.account]
        known &= own >= _REST_LEAST * self.households.income[rows.account]
        return np.asarray(rows.amount_minor[known] / own[known])

    def _scheduled(
        self, route: str, rows: Entries, day: Any, orders: Sequence[int] = (1, 2, 3)
    ) -> list[Table]:
        """Return what comes once a month for some, for a few of them twice or three times."""
        if len(rows) < _FEWEST:
            return []
        months = self.households.histories.months
        count = np.bincount(rows.account, minlength=len(months))
        rate = (count / months)[self.members]
        shares = [self._share(rate >= number - 0.5) for number in orders]
        misses = 1.0 - len(rows) / self.account_months / sum(shares)
        usual = rows.only(rows.month != 12)
        law = self._multiples(usual, self.households.income)
        december = _december(rows)
        found = []
        for number, share in enumerate(shares, start=1):
            if share > 0:
                name = route if number == 1 else f"{route}_{number}"
                table = self._named(name, route, share=_short(share), day=day)
                if misses > 0:
                    table["misses"] = _short(misses)
                table |= {"of_income": _quantiles(law), "steady": _steadiness(usual)}
                if december:
                    table["amount_months"] = [1.0] * 11 + [december]
                found.append(table)
        return found

    def _loose(
        self, name: str, route: str, per_month: float, law: Table, **rest: Any
    ) -> list[Table]:
        if per_month <= 0 or not law:
            return []
        table = self._named(name, route, **rest, per_month=_short(per_month))
        return [table | {"fano": _FANO} | law]

    def _deposits(self) -> list[Table]:
        """Return cash that is paid in: as wages on a day of one's own, and otherwise."""
        rows = self._of("cash_credit")
        wages = self._scheduled("cash_credit", rows.only(rows.regular), [5, 14])
        others = rows.only(~rows.regular)
        if len(others) < _FEWEST:
            return wages
        mean = len(others) / self.account_months
        share = _share_of(others, self.members, mean * self.account_months / self.members.sum())
        law: Table = {"of_income": _quantiles(self._multiples(others, self.households.income))}
        law |= {"steady": _steadiness(others)} | _rounding(others)
        name = "cash_credit_now_and_then"
        return wages + self._loose(name, "cash_credit", mean / share, law, share=_short(share))

    def _withdrawals(self) -> list[Table]:
        """Return withdrawals: every month for some, now and then, and those of the year's end."""
        rows = self._of("cash_withdrawal")
        regular = rows.only(rows.regular)
        faithful = np.bincount(regular.account, minlength=len(self.members)) > 0
        share = self._share(faithful[self.members])
        found = self._every_month(regular, faithful, share)
        others = rows.only(~rows.regular)
        ordinary = others.only(np.isin(others.month, _ORDINARY))
        beside = ordinary.only(faithful[ordinary.account])
        instead = ordinary.only(~faithful[ordinary.account])
        extra_rate = self._rate(beside, faithful, _ORDINARY) if share else 0.0
        rate = self._rate(instead, self.members & ~faithful, _ORDINARY)
        found += self._loose(
            "cash_withdrawal_irregular",
            "cash_withdrawal",
            rate - extra_rate,
            self._beyond(instead, rate, beside, extra_rate),
            share=_short(1.0 - share),
            one_of="withdrawals",
        )
        extra = self._law(beside)
        found += self._loose("cash_withdrawal_extra", "cash_withdrawal", extra_rate, extra)
        return found + self._year_end(others, ordinary)

    def _every_month(self, regular: Entries, faithful: Mask, share: float) -> list[Table]:
        if not share:
            return []
        misses = 1.0 - len(regular) / self.households.months_of(faithful & self.members)
        table = self._named(
            "cash_withdrawal", "cash_withdrawal", share=_short(share), one_of="withdrawals"
        )
        table |= {"day": [1, 30], "misses": _short(max(misses, 0.0))}
        if december := _december(regular):
            table["amount_months"] = [1.0] * 11 + [december]
        usual = regular.only(regular.month != 12) if december else regular
        return [table | self._law(usual)]

    def _year_end(self, others: Entries, ordinary: Entries) -> list[Table]:
        """Return what December and January have beyond the ordinary months."""
        usual = self._rate(ordinary, self.members, _ORDINARY)
        rates = {
            month: self._rate(others.only(others.month == month), self.members, (month,))
            for month in _YEAR_END
        }
        beyond = {month: max(rate - usual, 0.0) for month, rate in rates.items()}
        at_end = others.only(np.isin(others.month, _YEAR_END))
        rate = self._rate(at_end, self.members, _YEAR_END)
        most = max(beyond.values())
        months = [_short(beyond.get(month, 0.0) / most) if most else 0.0 for month in range(1, 13)]
        law = self._beyond(at_end, rate, ordinary, usual)
        name = "cash_withdrawal_year_end"
        return self._loose(name, "cash_withdrawal", most, law, months=months)

    def _card(self) -> list[Table]:
        rows = self._of("card_withdrawal")
        if not len(rows):
            return []
        mean = len(rows) / self.account_months
        share = _share_of(rows, self.members, mean * self.account_months / self.members.sum())
        law = {"of_income": _quantiles(self._multiples(rows, self.households.income))}
        return self._loose(
            "card_withdrawal",
            "card_withdrawal",
            mean / share,
            law | {"round_to": _HUNDRED_MINOR},
            share=_short(share),
        )

    def _interest(self) -> list[Table]:
        return self._scheduled("interest", self._of("interest"), "last", orders=(1,))

    def _fee(self) -> list[Table]:
        """Return the price of statements: a few sums, the same one for an account."""
        rows = self._of("statement_fee")
        table = self._scheduled("statement_fee", rows, "last", orders=(1,))
        for one in table:
            del one["of_income"]
            one["amount"], one["steady"] = _price_list(rows), 1.0
        return table

    def _share(self, those: Mask) -> float:
        """Return the share of some of the members, each as long as it is watched."""
        months = self.households.histories.months[self.members]
        return float(np.average(those, weights=months))

    def _rate(self, rows: Entries, members: Mask, calendar: Sequence[int]) -> float:
        months = self.households.months_of(members & self.members, tuple(calendar))
        return len(rows) / months if months else 0.0

    def _law(self, rows: Entries) -> Table:
        """Return the law of withdrawals, in what standing orders leave of the income."""
        if len(rows) < _FEWEST:
            return {}
        law = _quantiles(self._multiples(rows, self.households.rest))
        return {"of_rest": law, "steady": _steadiness(rows)} | _rounding(rows)

    def _beyond(self, rows: Entries, rate: float, part: Entries, part_rate: float) -> Table:
        """Return the law of what comes beyond a part that comes in any case."""
        law = self._law(rows)
        if not law or len(part) < _FEWEST or rate <= part_rate:
            return law
        all_of_them = self._multiples(rows, self.households.rest)
        usual = self._multiples(part, self.households.rest)
        return law | {"of_rest": _remainder(all_of_them, usual, part_rate / rate)}


def _remainder(whole: Floats, part: Floats, weight: float) -> list[list[float]]:
    """Return quantiles of the law that, mixed with `part`, makes `whole`."""
    x = np.unique(whole)
    of_whole = np.searchsorted(np.sort(whole), x, side="right") / len(whole)
    of_part = np.searchsorted(np.sort(part), x, side="right") / len(part)
    below = np.maximum.accumulate(np.clip((of_whole - weight * of_part) / (1 - weight), 0, 1))
    rising = np.concatenate([[True], np.diff(below) > 0])
    values = np.interp(SHARES, below[rising], x[rising])
    return _points(values)


def _december(rows: Entries) -> float:
    """Return by how much December's amounts exceed each account's others; 0 if by nothing."""
    ratios = []
    for account in np.unique(rows.account[rows.month == 12]):
        own = rows.account == account
        usual = rows.amount_minor[own & (rows.month != 12)]
        if len(usual):
            of_december = rows.amount_minor[own & (rows.month == 12)]
            ratios.append(np.median(of_december) / np.median(usual))
    ratio = float(np.median(ratios)) if ratios else 1.0
    return _short(ratio) if ratio > 1.05 else 0.0


def _steadiness(rows: Entries) -> float:
    """Return the correlation of two amounts of one account, on the normal scale."""
    _, place, count = np.unique(rows.amount_minor, return_inverse=True, return_counts=True)
    below = np.cumsum(count) - count / 2  # amounts that are alike share a rank
    score = ndtri(below / len(rows))[place]
    groups = [score[rows.account == account] for account in np.unique(rows.account)]
    several = [group for group in groups if len(group) > 1]
    if not several or score.var() == 0.0:
        return 1.0 if several else 0.0
    within = sum(((g - g.mean()) ** 2).sum() for g in several) / sum(len(g) - 1 for g in several)
    return _short(float(np.clip(1.0 - within / score.var(), 0.0, 1.0)))


def _rounding(rows: Entries) -> Table:
    share = float((rows.amount_minor % _HUNDRED_MINOR == 0).mean())
    return {"round_to": _HUNDRED_MINOR, "round_share": _short(share)}


def _share_of(rows: Entries, members: Mask, expected: float) -> float:
    """Return the share of accounts that do it at all, corrected for those who had no time to."""
    seen = len(np.unique(rows.account)) / int(members.sum())
    share = seen
    for _ in range(20):
        share = min(1.0, seen / -np.expm1(-expected / share))
    return max(share, seen)


def _price_list(rows: Entries) -> Table:
    price, count = np.unique(rows.amount_minor, return_counts=True)
    usual = count >= _CHARGES_SEVERAL * len(rows)
    weights = [_short(share) for share in count[usual] / count[usual].sum()]
    return {"law": "mixture", "laws": price[usual].tolist(), "weights": weights}


def _quantiles(values: Floats, *, whole: bool = False) -> list[list[float]]:
    return _points(np.quantile(values, SHARES), whole=whole)


def _points(values: Floats, *, whole: bool = False) -> list[list[float]]:
    """Return pairs of share and value, with as few points as draw the same line."""
    rounded = [round(float(value)) if whole else _short(value) for value in values]
    last = len(rounded) - 1
    kept = [
        place
        for place in range(len(rounded))
        if place in (0, last) or not rounded[place - 1] == rounded[place] == rounded[place + 1]
    ]
    return [[_short(SHARES[place]), rounded[place]] for place in kept]


def _short(value: float) -> float:
    """Round to four digits that count."""
    return float(f"{value:.4g}")


def more_often(preset: Table, route: str, factor: float) -> Table:
    """Return a preset in which people take a route more often, where they take it at any time.

    A record holds the payments that were made; wanted ones are more by those that balances do not
    cover.
    """
    templates = [
        one | {"per_month": _short(one["per_month"] * factor)}
        if one["route"] == route and "per_month" in one
        else one
        for one in preset["template"]
    ]
    return preset | {"template": templates}
