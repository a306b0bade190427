"""How far generated customers are from the record, figure by figure, and how far they may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sanket_sim.calibration.histories import OPERATIONS, Floats, Histories
from sanket_sim.calibration.reference import (
    FEWEST_MONTHS,
    Reference,
    distance,
    measure,
    multiples,
)

KS_MAX = 0.10
"""Largest distance between laws of amounts, per operation."""
COUNTS_MAX = 0.05
"""Largest relative difference of the payments per account and month."""
ENTRIES_FEWEST = 100
"""Operations of which the record has fewer are told, but not judged by amounts and counts."""
SHARES_MAX = 0.01
"""Largest difference of an operation's share of all payments."""
DECLINES_MAX = 0.03
"""Largest difference of the share of months whose balance declines by more than 10 %."""


@dataclass(frozen=True, slots=True)
class OperationFit:
    """One operation, compared.

    Parameters
    ----------
    operation : str
    entries, entries_reference : int
        Generated, and in the record.
    ks_of_income, ks_amount : float
        Kolmogorov-Smirnov distances of amounts in the account's own monthly incomes, in money.
    per_month, per_month_reference : float
    share, share_reference : float
    """

    operation: str
    entries: int
    entries_reference: int
    ks_of_income: float
    ks_amount: float
    per_month: float
    per_month_reference: float
    share: float
    share_reference: float

    @property
    def share_apart(self) -> float:
        """Difference of shares."""
        return self.share - self.share_reference

    @property
    def counts_apart(self) -> float:
        """Relative difference of the counts per month."""
        return self.per_month / self.per_month_reference - 1.0

    @property
    def is_judged(self) -> bool:
        """Whether the record has enough of it for its laws to be known within the bounds."""
        return self.entries_reference >= ENTRIES_FEWEST

    @property
    def passes(self) -> bool:
        """Whether amounts, count and share are within their bounds."""
        if abs(self.share_apart) > SHARES_MAX:
            return False
        near = max(self.ks_of_income, self.ks_amount) <= KS_MAX
        return not self.is_judged or (near and abs(self.counts_apart) <= COUNTS_MAX)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Generated customers beside the record.

    Parameters
    ----------
    reference, generated : Reference
    operations : tuple of OperationFit
    samples : dict
        Operation -> its amounts in monthly incomes, for plots.
    """

    reference: Reference
    generated: Reference
    operations: tuple[OperationFit, ...]
    samples: dict[str, Floats]

    @property
    def counts(self) -> tuple[float, float]:
        """Payments per account and month: generated, reference."""
        return _per_month(self.generated), _per_month(self.reference)

    @property
    def counts_apart(self) -> float:
        """Relative difference of all counts per month."""
        generated, reference = self.counts
        return generated / reference - 1.0

    @property
    def declines_apart(self) -> float:
        """Difference of the shares of months in decline."""
        return self.generated.decline10_share - self.reference.decline10_share

    @property
    def passes(self) -> bool:
        """Whether everything is within its bound."""
        overall = abs(self.counts_apart) <= COUNTS_MAX and abs(self.declines_apart) <= DECLINES_MAX
        return overall and all(one.passes for one in self.operations)


def compare(histories: Histories, reference: Reference) -> Verdict:
    """Compare generated customers with a record's figures."""
    generated = measure(histories, "generated")
    grown = histories.watched_for(FEWEST_MONTHS)
    seen, income = grown.watched(), grown.income_minor()
    of_income = multiples(seen, income)
    fits, samples = [], {}
    for name, wanted in reference.operation.items():
        here = seen["operation"] == OPERATIONS.index(name)
        found = generated.operation.get(name)
        recorded = round(wanted.per_month * reference.account_months)
        if found is None:
            nothing = OperationFit(name, 0, recorded, 1, 1, 0, wanted.per_month, 0, wanted.share)
            fits.append(nothing)
            continue
        known = of_income[here]
        samples[name] = known[np.isfinite(known)]
        amounts = seen["amount_minor"][here].astype(np.float64)
        fits.append(
            OperationFit(
                operation=name,
                entries=int(here.sum()),
                entries_reference=recorded,
                ks_of_income=distance(samples[name], wanted.of_income),
                ks_amount=distance(amounts, wanted.amounts_minor),
                per_month=found.per_month,
                per_month_reference=wanted.per_month,
                share=found.share,
                share_reference=wanted.share,
            )
        )
    return Verdict(reference, generated, tuple(fits), samples)


def _per_month(figures: Reference) -> float:
    return sum(one.per_month for one in figures.operation.values())
