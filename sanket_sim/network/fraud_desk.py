"""The fraud service's judgement, with what is known when it is asked."""

from __future__ import annotations

from sanket_sim.bank.description import Accounts
from sanket_sim.bank.fraud_service import Evidence, FraudService
from sanket_sim.core.outcomes import Decline, FraudDecision
from sanket_sim.network.fraud_view import FraudView
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import Intent
from sanket_sim.network.rules import fraud, money

DONE = int(Decline.NONE)
SUSPECTED_FRAUD = int(Decline.SUSPECTED_FRAUD)
NOT_AUTHENTICATED = int(Decline.NOT_AUTHENTICATED)
APPROVE, STEP_UP, DECLINE = fraud.APPROVE, fraud.STEP_UP, fraud.DECLINE
WORDS = {int(decision): decision.name.lower() for decision in FraudDecision}
Rule = tuple[str, float, tuple[int, ...], tuple[float, ...], tuple[float, ...]]
"""Name, points, and the features that it asks for with the ranges in which they must lie."""


class FraudDesk:
    """Decides about payments with what is known at that instant.

    Parameters
    ----------
    service : FraudService
    accounts : Accounts
    recorder : Recorder
    midnight_ns : int
        Local time of day when the run begins [ns].
    """

    def __init__(
        self, service: FraudService, accounts: Accounts, recorder: Recorder, midnight_ns: int = 0
    ) -> None:
        self.service = service
        self.recorder = recorder
        self.view = FraudView(accounts, service.threshold_minor, midnight_ns)
        self._rules: list[Rule] = [
            (
                rule.name,
                rule.points,
                tuple(condition.place for condition in rule.conditions),
                tuple(condition.low for condition in rule.conditions),
                tuple(condition.high for condition in rule.conditions),
            )
            for rule in service.rules
        ]

    def check(self, intent: Intent, now_ns: int) -> int:
        """Judge a payment once; return the reason to decline it, 0 for none.

        Whoever is asked for a second factor goes on if he has it. What is decided stays on the
        intent, whatever becomes of the answer.
        """
        if intent.fraud_decision == 0 and not intent.failed_closed:
            self._judge(intent, now_ns)
        decision = intent.fraud_decision
        if decision == DECLINE:
            reason = SUSPECTED_FRAUD
        elif decision == STEP_UP and not intent.proves:
            reason = NOT_AUTHENTICATED
        else:
            return DONE
        if intent.is_fraud:
            intent.verdict = money.REJECT
        return reason

    def _judge(self, intent: Intent, now_ns: int) -> None:
        service = self.service
        values = self.view.ask(intent, now_ns)
        points, fired = self._points(values)
        likelihood = service.model.likelihood(values) if service.model else 0.0
        score = fraud.combined(points, likelihood)
        decision = fraud.decide(score, service.step_up_at, service.decline_at)
        intent.fraud_score, intent.fraud_decision = score, decision
        if decision == APPROVE or (decision == STEP_UP and intent.proves):
            self.view.approve(intent, now_ns)
        flagged = score >= service.review_at
        reasons = ",".join(fired)
        if flagged:
            word = "review" if decision == APPROVE else WORDS[decision]
            self.recorder.decision(
                now_ns, "fraud", word, "payment", reasons or "model", intent.tx_id, score
            )
        if service.evidence == Evidence.ALL or (flagged and service.evidence == Evidence.FLAGGED):
            self.recorder.assessment(intent, now_ns, score, points, likelihood, reasons, values)

    def _points(self, values: tuple[float, ...]) -> tuple[float, list[str]]:
        """Add up the points of the rules that fire, and name them."""
        points, fired = 0.0, []
        for name, worth, asked, low, high in self._rules:
            if fraud.fires(values, asked, low, high):
                points += worth
                fired.append(name)
        return points, fired
