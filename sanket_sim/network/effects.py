"""What COMMIT and CHECK rows mean: the ledger, the desks that judge, and the memory of keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sanket_sim.bank.description import Accounts, Bank, DedupScope, Effect, Step, StepKind
from sanket_sim.core.money import exponent_of
from sanket_sim.core.outcomes import Decline, FraudDecision, Mishap, Outcome
from sanket_sim.network.fraud_desk import FraudDesk
from sanket_sim.network.holds import Holds
from sanket_sim.network.ledger import DONE, Ledger
from sanket_sim.network.loop import Loop
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import PAYMENT, Attempt, Call, Intent, Key, Replica, Served
from sanket_sim.network.rules import amounts, money
from sanket_sim.network.stand_in import StandIn

OK = int(Outcome.OK)
APP_ERROR = int(Outcome.APP_ERROR)
SERVED, CLASH = 1, 2
ANYWHERE = -1
CRASH_BETWEEN_LEGS = int(Mishap.CRASH_BETWEEN_LEGS)
SHARE_KEY = int(Mishap.SHARE_KEY)
WRONG_EXPONENT = int(Mishap.WRONG_EXPONENT)
FOREIGN_NOTATION = int(Mishap.FOREIGN_NOTATION)
MISREAD = WRONG_EXPONENT | FOREIGN_NOTATION
LIMIT_EXCEEDED = int(Decline.LIMIT_EXCEEDED)
UNCHECKED = int(FraudDecision.UNCHECKED)
IDENTITY_NOT_VERIFIED = int(Decline.IDENTITY_NOT_VERIFIED)
EXISTS_WITH_DIFFERENT_AMOUNT = int(Decline.EXISTS_WITH_DIFFERENT_AMOUNT)
EPOCHS_PER_REPLICA = 1 << 20
DIES = (Effect.TRANSFER, Effect.DEBIT, Effect.CAPTURE)
"""Commits of two legs, between which a replica can die."""


class Effects:
    """The business meaning of an operation's rows."""

    def __init__(
        self,
        loop: Loop,
        bank: Bank,
        accounts: Accounts,
        ledger: Ledger,
        recorder: Recorder,
        midnight_ns: int = 0,
    ) -> None:
        self.loop = loop
        self.bank = bank
        self.controls = bank.controls
        self.ledger = ledger
        self.recorder = recorder
        self._refused: Callable[[Intent, int], None] = lambda _i, _now_ns: None
        self.desk = FraudDesk(bank.fraud_service, accounts, recorder, midnight_ns)
        if Effect.CHECK_FRAUD in _checked(bank):
            ledger.credited = self.desk.view.credit
            self._refused = self.desk.view.decline
        self.holds = Holds(loop, ledger)
        self.stand_in = StandIn(bank, self.holds, recorder)
        self.priorities = [route.priority for route in bank.routes]
        self.finish: Callable[[Attempt, int], None] = lambda _a, _o: None
        self.crash: Callable[[Replica], None] = lambda _r: None
        self._owners: list[int] = accounts.owner.tolist()
        self._exponents = [exponent_of(currency) for currency in bank.currencies]
        self._shared_keys: dict[int, dict[Key, Served]] = {}
        self._commits: dict[int, Callable[[Intent, int, int], int]] = {
            Effect.TRANSFER: ledger.transfer,
            Effect.DEBIT: ledger.debit,
            Effect.CREDIT: ledger.credit,
            Effect.HOLD: self.holds.hold,
            Effect.CAPTURE: ledger.capture,
            Effect.VOID: ledger.void,
            Effect.FEE: ledger.fee,
            Effect.REVERSE: ledger.reverse,
        }
        self._judges: dict[int, Callable[[Intent, int], int]] = {
            Effect.CHECK_FUNDS: ledger.check_funds,
            Effect.CHECK_FRAUD: self.desk.check,
            Effect.CHECK_AMOUNT: self._check_amount,
            Effect.CHECK_LIMIT: self._check_limit,
            Effect.CHECK_PAYEE: self._check_payee,
            Effect.CHECK_SETTLEMENT: self._check_settlement,
            Effect.CHECK_STATUS: self._check_status,
        }

    def admit(self, intent: Intent) -> None:
        """Let an intent share the memory of its key with whoever carries the same one."""
        if intent.mishap & SHARE_KEY:
            intent.keys_done = self._shared_keys.setdefault(intent.mishap_value, {})

    def commit(self, attempt: Attempt, step: Step) -> bool:
        """Apply a ledger effect, whether or not the caller still waits."""
        if step.effect == Effect.OPEN_ACCOUNT:
            return self._open_account(attempt)
        if not attempt.call.intent.moves_money:
            return True
        if step.effect == Effect.FEE:
            return self._charge(attempt)
        return self._move(attempt, step)

    def check(self, attempt: Attempt, step: Step) -> bool:
        """Take a business decision; a no ends the operation."""
        intent = attempt.call.intent
        effect = step.effect
        if effect == Effect.READ_BALANCE:
            account = max(intent.debtor, 0)
            intent.balance_minor = self.ledger.store.visible_minor(account, self.loop.now_ns)
            return True
        if effect == Effect.CHECK_FRAUD:
            self._judge_anew(attempt)
        elif effect == Effect.CHECK_IDENTITY:
            return intent.proves or self._decline(attempt, IDENTITY_NOT_VERIFIED)
        if not intent.moves_money:
            return True
        reason = self._judges[effect](intent, self.loop.now_ns)
        return self._decline(attempt, reason) if reason else True

    def recall(self, attempt: Attempt) -> int:
        """Say what an operation remembers of a request's key: nothing, SERVED, or a CLASH."""
        intent = attempt.call.intent
        served = intent.keys_done.get(_key(attempt))
        if served is None:
            return 0
        if self.loop.now_ns - served[0] > attempt.call.edge.operation.dedup.ttl_ns:
            return 0
        return CLASH if self._clashes(served, intent) else SERVED

    def answer_from_memory(self, attempt: Attempt, known: int) -> None:
        """Answer a request whose key is known without doing anything.

        An answer that belongs to another payload has its root here.
        """
        intent, edge = attempt.call.intent, attempt.call.edge
        if _is_other_payload(intent.keys_done[_key(attempt)], intent):
            intent.error_service, intent.error_depth = edge.callee, attempt.depth
        if known == CLASH:
            self._decline(attempt, EXISTS_WITH_DIFFERENT_AMOUNT)
        else:
            self.finish(attempt, OK)

    def stand_in_for(self, call: Call) -> int:
        """Let stand-in processing decide about a hold; it knows the ledger's keys too."""
        intent, edge, now_ns = call.intent, call.edge, self.loop.now_ns
        key = (edge.operation_index, ANYWHERE, call.key_no)
        served = intent.keys_done.get(key)
        if served is not None and edge.operation.dedup.scope:
            return EXISTS_WITH_DIFFERENT_AMOUNT if self._clashes(served, intent) else DONE
        reason = self.stand_in.decide(intent, max(edge.caller, 0), now_ns)
        if reason == DONE:
            intent.keys_done[key] = (now_ns, intent.amount_minor, intent.creditor)
        return reason

    def fail_closed(self, call: Call) -> int:
        """Refuse because a decision was not to be had; return the reason.

        A payment that nobody could judge is on record as such, whatever is decided too late.
        """
        if not call.edge.decides_fraud:
            return int(Decline.CHECK_FAILED)
        intent = call.intent
        if _is_untouched(intent):
            intent.failed_closed = True
            if intent.is_fraud:
                intent.verdict = money.REJECT
        self.recorder.decision(
            self.loop.now_ns, "fraud_fallback", "decline", "payment", "", intent.tx_id
        )
        return int(Decline.SUSPECTED_FRAUD)

    def remember_after(self, attempt: Attempt) -> None:
        """Remember the key once the operation has ended, where that is how it works."""
        if not attempt.call.edge.operation.dedup.atomic:
            self._remember(attempt)

    def _clashes(self, served: Served, intent: Intent) -> bool:
        return self.controls.key_fingerprint and _is_other_payload(served, intent)

    def _note_commit(self, attempt: Attempt) -> None:
        attempt.committed = True
        if attempt.call.edge.operation.dedup.atomic:
            self._remember(attempt)

    def _remember(self, attempt: Attempt) -> None:
        if attempt.call.edge.operation.dedup.scope and not self.recall(attempt):
            intent = attempt.call.intent
            served = (self.loop.now_ns, intent.amount_minor, intent.creditor)
            intent.keys_done[_key(attempt)] = served

    def _move(self, attempt: Attempt, step: Step) -> bool:
        call = attempt.call
        intent, dedup = call.intent, call.edge.operation.dedup
        if (
            dedup.scope
            and dedup.atomic
            and not attempt.committed
            and (known := self.recall(attempt))
        ):
            return known == SERVED or self._decline(attempt, EXISTS_WITH_DIFFERENT_AMOUNT)
        if intent.mishap & CRASH_BETWEEN_LEGS and step.effect in DIES:
            return self._die(attempt, step)
        reason = self._commits[step.effect](intent, call.edge.callee, self.loop.now_ns)
        if reason:
            return self._decline(attempt, reason)
        self._note_commit(attempt)
        return True

    @staticmethod
    def _judge_anew(attempt: Attempt) -> None:
        """Have the fraud service judge what it was not heard about and what came to nothing."""
        intent = attempt.call.intent
        if not attempt.caller_open or not _is_untouched(intent):
            return
        intent.failed_closed = False
        if intent.fraud_decision == UNCHECKED:
            intent.fraud_decision = 0

    def _open_account(self, attempt: Attempt) -> bool:
        """Open the account that its future owner has applied for; one that is open stays as old."""
        intent = attempt.call.intent
        if intent.debtor >= 0 and self.ledger.store.closed[intent.debtor]:
            self.ledger.store.closed[intent.debtor] = False
            self.desk.view.open(intent.debtor, self.loop.now_ns)
        self._note_commit(attempt)
        return True

    def _charge(self, attempt: Attempt) -> bool:
        """Charge a fee that is not linked to its payment, once for each key."""
        call = attempt.call
        operation, place, key_no = _key(attempt)
        key = (~operation, place, key_no)
        if key in call.intent.keys_done:
            return True
        reason = self.ledger.fee(call.intent, call.edge.callee, self.loop.now_ns)
        if reason:
            return self._decline(attempt, reason)
        call.intent.keys_done[key] = (self.loop.now_ns, 0, 0)
        return True

    def _die(self, attempt: Attempt, step: Step) -> bool:
        """Let the replica die between the two legs; of a linked posting there is no between."""
        intent, replica = attempt.call.intent, attempt.replica
        assert replica is not None
        halves: dict[Effect, Callable[[Intent, int, int], int]] = {Effect.DEBIT: self.ledger.debit}
        if not self.controls.atomic_posting:
            halves[Effect.CAPTURE] = partial(self.ledger.capture, credits_too=False)
        if step.effect in halves:
            reason = halves[step.effect](intent, attempt.call.edge.callee, self.loop.now_ns)
            if reason:
                return self._decline(attempt, reason)
            self._note_commit(attempt)
        intent.mishap &= ~CRASH_BETWEEN_LEGS
        self.crash(replica)
        return False

    def _check_amount(self, intent: Intent, _now_ns: int) -> int:
        """Read the amount as this bank reads it, and see that it is one."""
        if intent.mishap & FOREIGN_NOTATION:
            if self.controls.strict_parser:
                return int(Decline.AMOUNT_MALFORMED)
            intent.amount_minor = amounts.read_decimal_comma(intent.amount_minor)
        elif intent.mishap & WRONG_EXPONENT and not self.controls.exponent_table:
            exponent = self._exponents[intent.currency]
            intent.amount_minor = amounts.read_as_hundredths(intent.amount_minor, exponent)
        intent.mishap &= ~MISREAD
        return self.ledger.admission.refuse_amount(intent)

    def _check_limit(self, intent: Intent, _now_ns: int) -> int:
        limit_minor = self.bank.payment_limit_minor
        if not self.controls.amount_range or intent.amount_minor <= limit_minor:
            return DONE
        if intent.e_minor > limit_minor:
            intent.verdict = money.REJECT
        return LIMIT_EXCEEDED

    def _check_payee(self, intent: Intent, _now_ns: int) -> int:
        """Compare the holder of the payee's account with whom the customer means."""
        given, meant = intent.creditor, intent.right_creditor
        if not self.controls.payee_verification or given == meant or meant < 0:
            return DONE
        owners = self._owners
        same_owner = owners[given] == owners[meant] >= 0
        return DONE if same_owner else int(Decline.PAYEE_MISMATCH)

    def _check_settlement(self, intent: Intent, _now_ns: int) -> int:
        return self.ledger.admission.refuse_unsettled(intent)

    @staticmethod
    def _check_status(intent: Intent, _now_ns: int) -> int:
        posted = intent.n_posted > 0 and not intent.tombstone
        return DONE if posted else int(Decline.NOT_FOUND)

    def _decline(self, attempt: Attempt, reason: int) -> bool:
        attempt.decline = reason
        intent = attempt.call.intent
        if intent.moves_money and attempt.call.errand == PAYMENT:
            self._refused(intent, self.loop.now_ns)
        self.finish(attempt, APP_ERROR)
        return False


def _checked(bank: Bank) -> set[Effect]:
    """Return every decision that some operation of a bank takes."""
    return {
        step.effect
        for operation in bank.operations
        for step in operation.steps
        if step.kind == StepKind.CHECK
    }


def _is_untouched(intent: Intent) -> bool:
    return intent.n_posted == 0 and not intent.hold_opened


def _is_other_payload(served: Served, intent: Intent) -> bool:
    return served[1:] != (intent.amount_minor, intent.creditor)


def _key(attempt: Attempt) -> Key:
    call, replica = attempt.call, attempt.replica
    place = ANYWHERE
    if call.edge.operation.dedup.scope == DedupScope.REPLICA and replica is not None:
        place = replica.index * EPOCHS_PER_REPLICA + replica.epoch
    return (call.edge.operation_index, place, call.key_no)
