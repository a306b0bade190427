"""What COMMIT and CHECK rows mean: the ledger, the fraud desk, and the memory of keys."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sanket_sim.bank.description import Accounts, Bank, DedupScope, Effect, FraudRules, Step
from sanket_sim.core.outcomes import Decline, FraudDecision, Mishap, Outcome
from sanket_sim.network.ledger import DONE, Ledger
from sanket_sim.network.loop import Loop
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import Attempt, Intent, Replica
from sanket_sim.network.rules import fraud, money

APP_ERROR = int(Outcome.APP_ERROR)
CRASH_BETWEEN_LEGS = int(Mishap.CRASH_BETWEEN_LEGS)
LIMIT_EXCEEDED = int(Decline.LIMIT_EXCEEDED)
SUSPECTED_FRAUD = int(Decline.SUSPECTED_FRAUD)
EPOCHS_PER_REPLICA = 1 << 20


class FraudDesk:
    """Decides about payments with what is known at that instant."""

    def __init__(self, rules: FraudRules, accounts: Accounts, recorder: Recorder) -> None:
        self.rules = rules
        self.recorder = recorder
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
            intent.signals,
            rules.new_device_points,
            rules.new_payee_points,
            rules.foreign_points,
        )

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


class Effects:
    """The business meaning of an operation's rows."""

    def __init__(
        self, loop: Loop, bank: Bank, accounts: Accounts, ledger: Ledger, recorder: Recorder
    ) -> None:
        self.loop = loop
        self.bank = bank
        self.ledger = ledger
        self.desk = FraudDesk(bank.fraud_rules, accounts, recorder)
        self.priorities = [route.priority for route in bank.routes]
        self.finish: Callable[[Attempt, int], None] = lambda _a, _o: None
        self.crash: Callable[[Replica], None] = lambda _r: None
        self._commits: dict[int, Callable[[Intent, int, int], int]] = {
            Effect.TRANSFER: ledger.transfer,
            Effect.DEBIT: ledger.debit,
            Effect.CREDIT: ledger.credit,
            Effect.HOLD: ledger.hold,
            Effect.CAPTURE: ledger.capture,
            Effect.VOID: ledger.void,
        }

    def commit(self, attempt: Attempt, step: Step) -> bool:
        """Apply a ledger effect, whether or not the caller still waits."""
        call = attempt.call
        intent = call.intent
        if not intent.moves_money or self._exists(attempt):
            return True
        replica = attempt.replica
        assert replica is not None
        crashes = intent.mishap & CRASH_BETWEEN_LEGS and step.effect <= Effect.DEBIT
        if crashes and step.effect == Effect.TRANSFER:
            self._crash(intent, replica)
            return False
        reason = self._commits[step.effect](intent, call.edge.callee, self.loop.now_ns)
        if reason:
            return self._decline(attempt, reason)
        attempt.committed = True
        if call.edge.operation.dedup.atomic:
            self._remember(attempt)
        if crashes:
            self._crash(intent, replica)
            return False
        return True

    def _crash(self, intent: Intent, replica: Replica) -> None:
        intent.mishap &= ~CRASH_BETWEEN_LEGS
        self.crash(replica)

    def check(self, attempt: Attempt, step: Step) -> bool:
        """Take a business decision; a no ends the operation."""
        intent = attempt.call.intent
        effect = step.effect
        if effect == Effect.READ_BALANCE:
            account = max(intent.debtor, 0)
            intent.balance_minor = self.ledger.store.visible_minor(account, self.loop.now_ns)
            return True
        if not intent.moves_money:
            return True
        reason = self._judge(intent, effect)
        return self._decline(attempt, reason) if reason else True

    def _judge(self, intent: Intent, effect: Effect) -> int:
        now_ns = self.loop.now_ns
        if effect == Effect.CHECK_FUNDS:
            return self.ledger.check_funds(intent, now_ns)
        if effect == Effect.CHECK_FRAUD:
            return self.desk.check(intent, now_ns)
        if effect == Effect.CHECK_AMOUNT:
            return money.amount_refused(intent.amount_minor, self.bank.controls.positive_amount)
        if intent.amount_minor > self.bank.payment_limit_minor:
            intent.verdict = money.REJECT
            return LIMIT_EXCEEDED
        return DONE

    def _decline(self, attempt: Attempt, reason: int) -> bool:
        attempt.decline = reason
        self.finish(attempt, APP_ERROR)
        return False

    def already_done(self, attempt: Attempt) -> bool:
        """Say whether the operation knows the request's idempotency key."""
        done_ns = attempt.call.intent.keys_done.get(self._key(attempt))
        if done_ns is None:
            return False
        return self.loop.now_ns - done_ns <= attempt.call.edge.operation.dedup.ttl_ns

    def _exists(self, attempt: Attempt) -> bool:
        dedup = attempt.call.edge.operation.dedup
        return (
            dedup.scope != DedupScope.NONE
            and dedup.atomic
            and not attempt.committed
            and self.already_done(attempt)
        )

    def remember_after(self, attempt: Attempt) -> None:
        """Remember the key once the operation has ended, where that is how it works."""
        if not attempt.call.edge.operation.dedup.atomic:
            self._remember(attempt)

    def _remember(self, attempt: Attempt) -> None:
        if attempt.call.edge.operation.dedup.scope and not self.already_done(attempt):
            attempt.call.intent.keys_done[self._key(attempt)] = self.loop.now_ns

    @staticmethod
    def _key(attempt: Attempt) -> tuple[int, int, int]:
        call, replica = attempt.call, attempt.replica
        place = -1
        if call.edge.operation.dedup.scope == DedupScope.REPLICA and replica is not None:
            place = replica.index * EPOCHS_PER_REPLICA + replica.epoch
        return (call.edge.operation_index, place, call.key_no)
