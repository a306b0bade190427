"""The fraud service's judgement, with what is known when it is asked."""

from __future__ import annotations

from collections import deque

from sanket_sim.bank.description import Accounts, FraudRules
from sanket_sim.core.outcomes import Decline, FraudDecision
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import Intent
from sanket_sim.network.rules import fraud, money

DONE = int(Decline.NONE)
SUSPECTED_FRAUD = int(Decline.SUSPECTED_FRAUD)


class FraudDesk:
    """Decides about payments with what is known at that instant."""

    def __init__(self, rules: FraudRules, accounts: Accounts, recorder: Recorder) -> None:
        self.rules = rules
        self.recorder = recorder
        self.accounts = accounts
        self._typical_minor: list[int] = accounts.typical_minor.tolist()
        self._recent: dict[int, deque[int]] = {}

    def check(self, intent: Intent, now_ns: int) -> int:
        """Score a payment once; return the reason to decline it, 0 for none."""
        if intent.fraud_decision == 0:
            intent.fraud_score = self._score(intent, now_ns)
            rules = self.rules
            intent.fraud_decision = fraud.decide(
                intent.fraud_score, rules.step_up_at, rules.decline_at
            )
            self._put_on_record(intent, now_ns)
        if intent.fraud_decision != FraudDecision.DECLINE:
            return DONE
        if intent.is_fraud:
            intent.verdict = money.REJECT
        return SUSPECTED_FRAUD

    def _score(self, intent: Intent, now_ns: int) -> float:
        rules = self.rules
        return fraud.score(
            self._count_recent(intent.debtor, now_ns),
            rules.velocity_limit,
            rules.velocity_points,
            intent.amount_minor,
            self._typical_minor[intent.debtor],
            rules.amount_ratio,
            rules.amount_points,
            self._new_device(intent),
            rules.new_device_points,
            self._new_payee(intent),
            rules.new_payee_points,
            self._away(intent),
            rules.foreign_points,
        )

    def _new_device(self, intent: Intent) -> bool:
        known = self.accounts.device
        return len(known) > 0 and intent.device not in (0, known[max(intent.debtor, 0)])

    def _new_payee(self, intent: Intent) -> bool:
        known = self.accounts.payees
        return len(known) > 0 and intent.creditor not in known[max(intent.debtor, 0)]

    def _away(self, intent: Intent) -> bool:
        home = self.accounts.home
        return len(home) > 0 and intent.place not in (-1, home[max(intent.debtor, 0)])

    def _count_recent(self, account: int, now_ns: int) -> int:
        recent = self._recent.setdefault(account, deque(maxlen=256))
        while recent and recent[0] <= now_ns - self.rules.velocity_window_ns:
            recent.popleft()
        recent.append(now_ns)
        return len(recent)

    def _put_on_record(self, intent: Intent, now_ns: int) -> None:
        if intent.fraud_decision > FraudDecision.APPROVE:
            decision = FraudDecision(intent.fraud_decision).name.lower()
            self.recorder.decision(
                now_ns, "fraud", decision, "payment", "score", intent.tx_id, intent.fraud_score
            )
