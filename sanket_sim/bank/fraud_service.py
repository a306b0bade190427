"""The fraud service as users write it, ``[fraud_service]``, and as engines read it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from sanket_sim.bank.fraud_features import PLACES
from sanket_sim.bank.fraud_model import FraudModel
from sanket_sim.core.settings import AmountMinor, Settings, Several, Share, nearest


class Evidence(IntEnum):
    """Which payments leave a row of evidence in the trace."""

    NONE = 0
    FLAGGED = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class Condition:
    """A feature, by its place among `FEATURES`, and the closed range in which it must lie."""

    place: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FraudRule:
    """What adds points when all its conditions hold."""

    name: str
    conditions: tuple[Condition, ...]
    points: float


@dataclass(frozen=True, slots=True)
class FraudService:
    """How the fraud service judges; `fraud_features` says what it knows.

    Parameters
    ----------
    rules : tuple of FraudRule
        The points of those that fire add up, to 1 at most.
    model : FraudModel or None
        What gives the likelihood; without it the likelihood is 0. The score is
        1 - (1 - points)(1 - likelihood): two witnesses, either of whom may convince.
    model_file : str
        Where the model was read, empty without one.
    review_at, step_up_at, decline_at : float
        Scores from which a payment is looked at afterwards, has to be confirmed with a second
        factor, and is declined; none is above the next.
    threshold_minor : int
        The amount of cash from which a bank must report.
    evidence : Evidence
    """

    rules: tuple[FraudRule, ...] = ()
    model: FraudModel | None = None
    model_file: str = ""
    review_at: float = 0.5
    step_up_at: float = 0.6
    decline_at: float = 0.8
    threshold_minor: int = 1_000_000
    evidence: Evidence = Evidence.FLAGGED


_NUMBER = r"-?\d+(?:_\d+)*(?:\.\d+)?"
_CONDITION = re.compile(rf"([a-z]\w*)(?:\s*(>=|<=|==|>|<)\s*({_NUMBER}))?")


def read_condition(text: str) -> Condition:
    """Read a condition: a feature compared with a number, or one that is 1 when it holds.

    Raises
    ------
    ValueError
        If it is neither, or there is no such feature.

    Examples
    --------
    >>> read_condition("payments_5m >= 5")
    Condition(place=3, low=5.0, high=inf)
    >>> read_condition("new_device").low
    1.0
    """
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            'expected a feature compared with a number, such as "payments_5m > 5", or a feature '
            f'that holds or does not, such as "new_device"; is "{text}"'
        )
    name, sign, number = match.groups()
    if name not in PLACES:
        raise ValueError(f'unknown feature "{name}"; {nearest(name, PLACES)}')
    low, high = _range(sign or ">=", float(number or "1"))
    return Condition(PLACES[name], low, high)


def _range(sign: str, bound: float) -> tuple[float, float]:
    """Return the closed range that a comparison leaves."""
    ranges = {
        ">": (math.nextafter(bound, math.inf), math.inf),
        ">=": (bound, math.inf),
        "==": (bound, bound),
        "<=": (-math.inf, bound),
        "<": (-math.inf, math.nextafter(bound, -math.inf)),
    }
    return ranges[sign]


def _checked(text: str) -> str:
    read_condition(text)
    return text


class RuleSettings(Settings):
    """One rule, as ``[[fraud_service.rule]]``."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*$", max_length=60)]
    when: Several[Annotated[str, AfterValidator(_checked)]]
    """Conditions that must all hold, such as ``["payments_5m > 5", "new_device"]``."""
    points: Share
    """What it adds to the score when it fires."""

    @field_validator("when")
    @classmethod
    def _asks_something(cls, when: tuple[str, ...]) -> tuple[str, ...]:
        if not when:
            raise ValueError("must not be empty: a rule without conditions would always fire")
        return when

    def build(self) -> FraudRule:
        """Return the rule as engines read it."""
        return FraudRule(self.name, tuple(map(read_condition, self.when)), self.points)


class FraudServiceSettings(Settings):
    """How the fraud service judges, as ``[fraud_service]``."""

    review_at: Share = FraudService().review_at
    """Score from which a payment is put before an analyst, whatever becomes of it."""
    step_up_at: Share = FraudService().step_up_at
    """Score from which the customer must confirm it with a second factor."""
    decline_at: Share = FraudService().decline_at
    """Score from which it is declined."""
    threshold: AmountMinor = FraudService().threshold_minor
    """The amount of cash from which a bank must report [minor units]."""
    evidence: Literal["none", "flagged", "all"] = "flagged"
    """Which payments leave a row in the table of assessments."""
    model: str = ""
    """File of a trained model (JSON), beside the bank's or on a models shelf; none if empty."""
    rule: Annotated[Several[RuleSettings], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.name for rule in self.rule]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"rules need names of their own; twice: {', '.join(twice)}")
        return self

    def build(self, model: FraudModel | None, model_file: str) -> FraudService:
        """Return the service as engines read it."""
        return FraudService(
            rules=tuple(rule.build() for rule in self.rule),
            model=model,
            model_file=model_file,
            review_at=self.review_at,
            step_up_at=self.step_up_at,
            decline_at=self.decline_at,
            threshold_minor=self.threshold,
            evidence=Evidence[self.evidence.upper()],
        )
