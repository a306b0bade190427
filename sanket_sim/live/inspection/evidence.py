"""What the fraud service knew of a payment, and what told it most."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sanket_sim.bank.description import Bank
from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.bank.fraud_service import FraudService
from sanket_sim.core.units import NS_PER_MS
from sanket_sim.live.wording import in_words
from sanket_sim.trace.batch import Columns, rows_in
from sanket_sim.trace.vocabulary import Vocabularies

TELLING_MAX = 6
_ORDINARY: Mapping[str, float] = {
    "amount_to_typical": 1.0,
    "payments_5m": 1.0,
    "payments_1h": 1.0,
    "payments_24h": 1.0,
    "amount_24h_to_typical": 1.0,
    "payees_24h": 1.0,
    "since_last_s": 86_400.0,
    "account_age_d": 365.0,
    "payee_age_d": 365.0,
    "amount_to_merchant": 1.0,
    "hour": 12.0,
    "payments_5m_to_usual": 1.0,
    "payments_1h_to_usual": 1.0,
    "amount_24h_to_usual": 1.0,
    "since_last_to_usual": 1.0,
}
"""Features of a payment that nobody would look at twice; those not named: 0."""
_FACTS = ("amount_minor", "to_customer", "to_merchant", "to_other_bank")
"""What a payment is, rather than how odd it is."""
_WORTH_SAYING = 0.005


@dataclass(frozen=True, slots=True)
class Telling:
    """One feature that spoke against a payment.

    Parameters
    ----------
    feature, words : str
    value, ordinary : float
        As it stood, and as it would be for a payment like any other.
    weight : float
        By how much the score would be lower had it been ordinary: a what-if, one feature at a
        time, which need not sum to the score.
    """

    feature: str
    words: str
    value: float
    ordinary: float
    weight: float


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the fraud service made of a payment.

    Parameters
    ----------
    at_ms : float
        Since the payment was asked for.
    decision : str
    score, points, likelihood : float
        The score, from the points of the rules that fired and the trained model's likelihood.
    reasons : tuple of str
        Rules that fired, in words.
    telling : tuple of Telling
        Most telling first.
    review_at, step_up_at, decline_at : float
        Thresholds of the score.
    """

    at_ms: float
    decision: str
    score: float
    points: float
    likelihood: float
    reasons: tuple[str, ...]
    telling: tuple[Telling, ...]
    review_at: float
    step_up_at: float
    decline_at: float


def assessed(rows: Columns, bank: Bank, words: Vocabularies, born_ns: int) -> Assessed | None:
    """Read the newest assessment of a payment; None if it left none."""
    if not rows_in(rows):
        return None
    row = int(rows["time_ns"].argmax())
    service = bank.fraud_service
    fired = words["reasons"].words[int(rows["reasons"][row])]
    values = [float(rows[name][row]) for name in FEATURES]
    telling = sorted(_telling(service, values), key=lambda one: -one.weight)
    return Assessed(
        at_ms=(int(rows["time_ns"][row]) - born_ns) / NS_PER_MS,
        decision=words["fraud_decision"].words[int(rows["decision"][row])],
        score=float(rows["score"][row]),
        points=float(rows["points"][row]),
        likelihood=float(rows["likelihood"][row]),
        reasons=tuple(in_words(reason) for reason in fired.split(",") if reason),
        telling=tuple(telling[:TELLING_MAX]),
        review_at=service.review_at,
        step_up_at=service.step_up_at,
        decline_at=service.decline_at,
    )


def _telling(service: FraudService, values: list[float]) -> Iterator[Telling]:
    """Ask of each feature what the score would be had it been ordinary."""
    score = score_of(service, values)
    for place, name in enumerate(FEATURES):
        ordinary = _ORDINARY.get(name, 0.0)
        if name in _FACTS or values[place] == ordinary:
            continue
        otherwise = score_of(service, [*values[:place], ordinary, *values[place + 1 :]])
        if score - otherwise >= _WORTH_SAYING:
            yield Telling(name, in_words(name), values[place], ordinary, score - otherwise)


def score_of(service: FraudService, values: list[float]) -> float:
    """Return the score of a payment with these features, as `bank.fraud_service` explains it."""
    points = math.fsum(
        rule.points
        for rule in service.rules
        if all(one.low <= values[one.place] <= one.high for one in rule.conditions)
    )
    likelihood = service.model.likelihood(values) if service.model else 0.0
    return 1.0 - (1.0 - min(points, 1.0)) * (1.0 - likelihood)
