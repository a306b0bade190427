"""False alarms: which honest payments were troubled, and what fraud and its prevention cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from sanket_sim.analysis.fraud_payments import Payments, sums_by_currency
from sanket_sim.analysis.fraud_scores import in_first_currency
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, wilson


@dataclass(frozen=True, slots=True)
class TwinAlarms:
    """How honest payments fared that look like one kind of fraud.

    Parameters
    ----------
    twin : str
        What the ordinary thing is called.
    scored, flagged : int
        Judged by the fraud service, and declined or asked for a second factor.
    value_minor : dict
        By currency: what those flagged were about.
    """

    twin: str
    scored: int
    flagged: int
    rate: Estimate
    value_minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Honest payments that suspicion met.

    Parameters
    ----------
    scored : int
        Honest payments that the fraud service judged.
    declined, asked : Estimate
        Of these, those it declined, and those it asked for a second factor.
    refused : int
        Honest payments that did not go through: declined, second factor not given, account frozen
        by the bank, or refused because the check was not to be had.
    flagged_minor, refused_minor : dict
        By currency: what the flagged, and the refused ones, were about.
    per_true_positive : float
        Flagged honest payments for each flagged fraud; NaN without any.
    ordinary : Estimate
        Flagged among the honest that look like no fraud.
    by_twin : dict
        By the typology that they look like.
    """

    scored: int
    flagged: int
    declined: Estimate
    asked: Estimate
    refused: int
    flagged_minor: dict[str, int]
    refused_minor: dict[str, int]
    per_true_positive: float
    ordinary: Estimate
    by_twin: dict[str, TwinAlarms]


@dataclass(frozen=True, slots=True)
class FraudCost:
    """What fraud cost, and what its prevention did; all in the bank's first currency.

    Parameters
    ----------
    lost_minor : dict
        What victims lost.
    refused_minor, asked_minor : dict
        Honest payments that did not go through for suspicion or want of a check, and second
        factors asked of the honest, each at the report's price.
    review_minor : dict
        Minutes of analysts, at the report's price.
    """

    lost_minor: dict[str, int]
    refused_minor: dict[str, int]
    asked_minor: dict[str, int]
    review_minor: dict[str, int]
    total_minor: dict[str, int]


@dataclass(slots=True)
class HonestCounts:
    """What is counted of honest payments as they go by; twins' own rows are kept elsewhere."""

    scored: int = 0
    declined: int = 0
    asked: int = 0
    refused: int = 0
    ordinary: Counter[bool] = field(default_factory=Counter)
    flagged_minor: Counter[str] = field(default_factory=Counter)
    refused_minor: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Payments, money: list[str]) -> None:
        """Count honest payments."""
        amounts = rows.columns["amount_minor"]
        ordinary = rows.where(rows.scored & ~rows.twin)
        self.scored += int(rows.scored.sum())
        self.declined += int(rows.declined.sum())
        self.asked += int((rows.flagged & ~rows.declined).sum())
        self.refused += int((rows.stopped & (amounts > 0)).sum())
        self.ordinary[True] += int(ordinary.flagged.sum())
        self.ordinary[False] += int((~ordinary.flagged).sum())
        self.flagged_minor.update(sums_by_currency(rows, amounts * rows.flagged, money))
        self.refused_minor.update(sums_by_currency(rows, amounts * rows.stopped, money))

    @property
    def flagged(self) -> int:
        """Declined or asked for a second factor."""
        return self.declined + self.asked


def false_alarms(
    run: RunFolder, honest: HonestCounts, twins: Payments, true_positives: int
) -> FalseAlarms:
    """Say whom suspicion met wrongly.

    Parameters
    ----------
    twins : Payments
        Every payment of an honest twin.
    true_positives : int
        Flagged frauds.
    """
    flagged = honest.ordinary[True]
    return FalseAlarms(
        scored=honest.scored,
        flagged=honest.flagged,
        declined=wilson(honest.declined, honest.scored),
        asked=wilson(honest.asked, honest.scored),
        refused=honest.refused,
        flagged_minor=dict(honest.flagged_minor),
        refused_minor=dict(honest.refused_minor),
        per_true_positive=honest.flagged / true_positives if true_positives else float("nan"),
        ordinary=wilson(flagged, flagged + honest.ordinary[False]),
        by_twin=_by_twin(run, twins),
    )


def _by_twin(run: RunFolder, twins: Payments) -> dict[str, TwinAlarms]:
    words, names = run.trace.words("typology"), run.trace.words("twin")
    found = {}
    for code in np.unique(twins.columns["typology"]).tolist():
        here = twins.where(twins.columns["typology"] == code)
        found[words[code]] = _twin(run, here, names[int(here.columns["twin"][0])])
    return found


def _twin(run: RunFolder, here: Payments, name: str) -> TwinAlarms:
    scored, flagged = int(here.scored.sum()), int(here.flagged.sum())
    about = here.columns["amount_minor"] * here.flagged
    return TwinAlarms(
        name,
        scored,
        flagged,
        wilson(flagged, scored),
        sums_by_currency(here, about, run.trace.words("currency")),
    )


def cost_of(
    run: RunFolder, honest: HonestCounts, loss_minor: dict[str, int], review_s: float
) -> FraudCost:
    """Put what fraud took and what its prevention cost side by side, at the report's prices."""
    prices, currency = run.experiment.report, run.bank.currencies[0]
    parts = (
        in_first_currency(run, loss_minor),
        honest.refused * prices.false_positive_cost_minor,
        honest.asked * prices.step_up_cost_minor,
        round(review_s / 60 * prices.review_minute_cost_minor),
    )
    return FraudCost(*({currency: minor} for minor in (*parts, sum(parts))))
