"""What became of fraud, and of the honest, while the check was not to be had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sanket_sim.analysis.fraud_payments import Payments, sums_by_currency
from sanket_sim.analysis.statistics import Estimate, wilson


@dataclass(frozen=True, slots=True)
class CheckService:
    """How the fraud check fared for payments born in a part of the run.

    Parameters
    ----------
    payments : int
        Payments that were judged, or had to go without.
    fraud : int
        The fraud among them.
    recall : Estimate
        Flagged of this fraud, of which what passed unchecked is missed; what was refused without a
        check is neither caught nor missed.
    unchecked : Estimate
        Let through because the check failed (fail-open), of `payments`.
    unchecked_count, unchecked_fraud : int
    unchecked_loss_minor : dict
        By currency: what victims lost through them.
    closed : Estimate
        Refused because the check failed (fail-closed), of `payments`.
    closed_honest : int
    closed_honest_minor : dict
        By currency: honest money that was refused.
    closed_fraud_minor : dict
        By currency: fraud that was refused in the same way.
    loss_minor : dict
        By currency: all that victims lost.
    """

    payments: int
    fraud: int
    recall: Estimate
    unchecked: Estimate
    unchecked_count: int
    unchecked_fraud: int
    unchecked_loss_minor: dict[str, int]
    closed: Estimate
    closed_honest: int
    closed_honest_minor: dict[str, int]
    closed_fraud_minor: dict[str, int]
    loss_minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class OutageFinding:
    """The check while some fault was on, and while none was; by when payments were born."""

    in_faults: CheckService
    otherwise: CheckService
    overall: CheckService


@dataclass(slots=True)
class CheckCounts:
    """Counts behind a `CheckService`."""

    counts: Counter[str] = field(default_factory=Counter)
    minor: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, rows: Payments, money: list[str]) -> None:
        """Count payments."""
        asked = rows.scored | rows.unchecked | rows.closed
        cases = {
            "payments": asked,
            "fraud": rows.fraud & asked,
            "decided": rows.fraud & asked & ~rows.closed,
            "flagged": rows.fraud & rows.flagged,
            "unchecked": rows.unchecked,
            "unchecked_fraud": rows.unchecked & rows.fraud,
            "closed": rows.closed,
            "closed_honest": rows.closed & ~rows.fraud,
        }
        self.counts.update({name: int(mask.sum()) for name, mask in cases.items()})
        amounts = rows.columns["amount_minor"]
        sums = {
            "unchecked_loss": rows.lost_minor * rows.unchecked,
            "closed_honest": amounts * cases["closed_honest"],
            "closed_fraud": amounts * (rows.closed & rows.fraud),
            "loss": rows.lost_minor,
        }
        for name, amount in sums.items():
            into = self.minor.setdefault(name, Counter())
            into.update(sums_by_currency(rows, amount, money))

    def service(self) -> CheckService:
        """Return what was counted."""
        count = self.counts
        minor = {name: dict(sums) for name, sums in self.minor.items()}
        asked = count["payments"]
        return CheckService(
            payments=asked,
            fraud=count["fraud"],
            recall=wilson(count["flagged"], count["decided"]),
            unchecked=wilson(count["unchecked"], asked),
            unchecked_count=count["unchecked"],
            unchecked_fraud=count["unchecked_fraud"],
            unchecked_loss_minor=minor.get("unchecked_loss", {}),
            closed=wilson(count["closed"], asked),
            closed_honest=count["closed_honest"],
            closed_honest_minor=minor.get("closed_honest", {}),
            closed_fraud_minor=minor.get("closed_fraud", {}),
            loss_minor=minor.get("loss", {}),
        )


@dataclass(slots=True)
class OutageCounts:
    """Counts of payments in faults, otherwise, and overall."""

    in_faults: CheckCounts = field(default_factory=CheckCounts)
    otherwise: CheckCounts = field(default_factory=CheckCounts)
    overall: CheckCounts = field(default_factory=CheckCounts)

    def add(self, rows: Payments, money: list[str]) -> None:
        """Count payments."""
        self.in_faults.add(rows.where(rows.struck), money)
        self.otherwise.add(rows.where(~rows.struck), money)
        self.overall.add(rows, money)

    def finding(self) -> OutageFinding:
        """Return what was counted."""
        sides = self.in_faults, self.otherwise, self.overall
        return OutageFinding(*(side.service() for side in sides))
