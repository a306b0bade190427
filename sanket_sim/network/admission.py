"""The ledger's judgement: may this money move? And the oracle's, at the same instant.

The oracle judges what depends on time (funds, clocks, what was captured) where the ledger does: at
the serialisation point. What it finds stays with the intent, whatever the bank then does.
"""

from __future__ import annotations

from sanket_sim.bank.description import Bank
from sanket_sim.core.outcomes import Ack, Decline, LegPurpose, Mishap
from sanket_sim.network.balances import BalanceStore
from sanket_sim.network.rows import Intent
from sanket_sim.network.rules import amounts, money

DONE = int(Decline.NONE)
ACK_OK, ACK_FAILED = int(Ack.OK), int(Ack.FAILED)
FEE = int(LegPurpose.FEE)
REFERRED = int(Mishap.REFERRED)
REFUSED = int(Mishap.REFUSED)
UNSETTLED = int(Mishap.UNSETTLED)


class Admission:
    """Says why money may not move; `Decline.NONE` where it may.

    Parameters
    ----------
    bank : Bank
    store : BalanceStore
    """

    def __init__(self, bank: Bank, store: BalanceStore) -> None:
        self.controls = bank.controls
        self.store = store
        self._refunds = [bool(route.reverses) for route in bank.routes]
        self._clocks_ns = [route.clock_ns for route in bank.routes]
        self._captured: dict[int, int] = {}

    def refuse(self, intent: Intent, now_ns: int) -> int:
        """Judge a movement out of the debtor's account."""
        return (
            self._refuse_payload(intent)
            or self._refuse_frozen(intent)
            or self.refuse_time(intent, now_ns)
            or self._refuse_refund(intent)
            or self.refuse_funds(intent, self.needed_minor(intent))
        )

    def refuse_time(self, intent: Intent, now_ns: int) -> int:
        """Judge by the scheme's clock; whoever was told "failed" when it ran out wants no more.

        A payment whose payer has been told that it is made is beyond the clock.
        """
        clock_ns = self._clocks_ns[intent.kind]
        if clock_ns == 0 or now_ns - intent.asked_ns <= clock_ns or intent.ack == ACK_OK:
            return DONE
        answered = intent.answers == intent.submissions
        if answered and intent.ack == ACK_FAILED and intent.n_posted == 0:
            intent.e_minor = 0
        return int(Decline.CREDITOR_TIMEOUT) if self.controls.payment_clock else DONE

    def refuse_funds(self, intent: Intent, needed_minor: int) -> int:
        """Judge the funds, as the ledger does."""
        covered = self.judge_funds(intent, needed_minor)
        if self.controls.serialised_funds and not covered:
            return int(Decline.EXCEEDS_CREDITS)
        return DONE

    def judge_funds(self, intent: Intent, needed_minor: int) -> bool:
        """Say whether the funds cover it; the oracle asks whether they covered what was wanted."""
        store, debtor = self.store, intent.debtor
        covered = store.covers(debtor, needed_minor)
        if intent.n_posted == 0 and not intent.hold_opened:
            wanted = intent.e_minor
            beside = needed_minor - intent.amount_minor
            truly = covered
            if wanted not in (0, intent.amount_minor):
                truly = store.covers(debtor, wanted + beside)
            truly = truly and self._refund_covered(intent)
            intent.verdict = money.verdict_after(intent.verdict, truly)
        return covered

    def needed_minor(self, intent: Intent) -> int:
        """Return what a payment takes from its debtor, a linked fee included."""
        amount_minor: int = intent.amount_minor
        if intent.second_purpose == FEE and self.controls.linked_fee:
            amount_minor += intent.second_amount_minor
        return amount_minor

    def note_captured(self, intent: Intent, amount_minor: int) -> None:
        """Remember what refunds may give back, and what they have given."""
        if intent.mishap & REFERRED:
            sign = -1 if self._refunds[intent.kind] else 1
            left = self._captured.get(intent.mishap_value, 0)
            self._captured[intent.mishap_value] = left + sign * amount_minor

    def _refuse_payload(self, intent: Intent) -> int:
        """Judge what the request says, whatever the time and the funds."""
        if intent.tombstone:
            return int(Decline.ALREADY_REVERSED)
        if intent.mishap & REFUSED:
            return int(Decline.REFUSED_BY_CREDITOR)
        return self.refuse_amount(intent) or self._refuse_accounts(intent)

    def refuse_amount(self, intent: Intent) -> int:
        """Judge the amount by itself, at the door as well as in the ledger."""
        if self.controls.positive_amount and intent.amount_minor <= 0:
            return int(Decline.AMOUNT_MUST_BE_POSITIVE)
        if self.controls.amount_range and not amounts.storable(intent.amount_minor):
            return int(Decline.AMOUNT_OUT_OF_RANGE)
        return DONE

    def refuse_unsettled(self, intent: Intent) -> int:
        """Judge whether the funds have come, at the door as well as in the ledger."""
        waits = intent.mishap & UNSETTLED and self.controls.settle_before_credit
        return int(Decline.NOT_SETTLED) if waits else DONE

    def _refuse_accounts(self, intent: Intent) -> int:
        controls, debtor, creditor = self.controls, intent.debtor, intent.creditor
        currency = self.store.currency
        closed = self.store.closed
        if debtor == creditor and controls.accounts_differ:
            return int(Decline.ACCOUNTS_MUST_BE_DIFFERENT)
        if controls.same_ledger and not currency[debtor] == intent.currency == currency[creditor]:
            return int(Decline.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER)
        if closed[debtor]:
            self._note_impossible(intent)
            return int(Decline.DEBIT_ACCOUNT_ALREADY_CLOSED)
        if controls.account_status and closed[creditor]:
            if creditor == intent.right_creditor:
                self._note_impossible(intent)
            return int(Decline.CREDIT_ACCOUNT_ALREADY_CLOSED)
        return DONE

    def _refuse_frozen(self, intent: Intent) -> int:
        """Let nothing leave a blocked account; what it has promised before can still be taken.

        The owner's own block is what he wants. The bank's is wrong about an honest payment, which
        is judged by its funds.
        """
        if not self.store.frozen[intent.debtor]:
            return DONE
        if intent.is_fraud or self.store.blocked_by_owner(intent.debtor):
            self._note_impossible(intent)
        else:
            self.judge_funds(intent, self.needed_minor(intent))
        return int(Decline.ACCOUNT_FROZEN)

    @staticmethod
    def _note_impossible(intent: Intent) -> None:
        """Let the oracle find that nothing should move, unless something already has."""
        if intent.n_posted == 0 and not intent.hold_opened:
            intent.verdict = money.REJECT

    def _refuse_refund(self, intent: Intent) -> int:
        if self._refund_covered(intent):
            return DONE
        if not self.controls.refund_cap:
            return DONE
        intent.verdict = money.verdict_after(intent.verdict, False)
        known = intent.mishap_value in self._captured
        return int(Decline.REFUND_EXCEEDS_CAPTURE if known else Decline.NOT_CAPTURED)

    def _refund_covered(self, intent: Intent) -> bool:
        """Say whether enough of what was captured is left; of what is no refund, always."""
        if not intent.mishap & REFERRED or not self._refunds[intent.kind]:
            return True
        return bool(intent.amount_minor <= self._captured.get(intent.mishap_value, 0))
