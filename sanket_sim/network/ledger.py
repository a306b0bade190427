"""The ledger: double entry, holds, and the posting log.

The store (running sums per account) and the log (rows of the trace) are separate facts; the
auditor of the simulation compares them after every batch. The vocabulary is TigerBeetle's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Accounts, Bank, Party
from sanket_sim.core.outcomes import Ack, Decline, Leg, LegPurpose, Mishap, Phase
from sanket_sim.network.admission import Admission
from sanket_sim.network.balances import BalanceStore
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import NEVER, Intent
from sanket_sim.network.rules import amounts, money

DONE = int(Decline.NONE)
EXCEEDS_CREDITS = int(Decline.EXCEEDS_CREDITS)
ACCOUNT_FROZEN = int(Decline.ACCOUNT_FROZEN)
ACK_FAILED = int(Ack.FAILED)
PRINCIPAL, SECOND = int(Leg.PRINCIPAL), int(Leg.SECOND)
EXCHANGE, FEE, MISMATCH = (
    int(purpose) for purpose in (LegPurpose.EXCHANGE, LegPurpose.FEE, LegPurpose.MISMATCH)
)
PENDING, POSTED, VOIDED, EXPIRED = (int(phase) for phase in Phase)
UNSETTLED = int(Mishap.UNSETTLED)
CAPTURE_AMOUNT = int(Mishap.CAPTURE_AMOUNT)
CAPTURE_LATE = int(Mishap.CAPTURE_LATE)
SPLIT = int(Mishap.SPLIT)


class Journal:
    """One transfer while it is written: its id, who writes it, and when."""

    __slots__ = ("now_ns", "service", "transfer_id")

    def __init__(self, transfer_id: int, service: int, now_ns: int) -> None:
        self.transfer_id = transfer_id
        self.service = service
        self.now_ns = now_ns


class Ledger:
    """Double entry: every decision about money, at the instant a commit point is reached."""

    def __init__(self, bank: Bank, accounts: Accounts, recorder: Recorder) -> None:
        self.controls = bank.controls
        self.store = BalanceStore(accounts, bank.balance_poll_ns)
        self.admission = Admission(bank, self.store)
        self.recorder = recorder
        self.hold_ttl_ns = bank.hold_ttl_ns
        self.open_holds: dict[int, Intent] = {}
        """By tx_id, in the order in which they lapse; empty where holds have no time-out."""
        self.credited: Callable[[Intent, int, int, int], None] = lambda _i, _a, _m, _now_ns: None
        """Told of each posted credit: its payment, the account, the amount, and when."""
        self._suspense = _suspense(accounts)
        self._transfers = 0

    def transfer(self, intent: Intent, service: int, now_ns: int) -> int:
        """Post debit and credit linked, or return the reason not to."""
        refused = self.admission.refuse(intent, now_ns) or self.admission.refuse_unsettled(intent)
        if refused:
            return refused
        journal = self._open(intent, service, now_ns)
        self._debit(intent, intent.amount_minor, journal)
        self._credit(intent, intent.amount_minor, journal)
        return DONE

    def debit(self, intent: Intent, service: int, now_ns: int) -> int:
        """Post the debit alone (the first leg of an unlinked posting)."""
        refused = self.admission.refuse(intent, now_ns) or self.admission.refuse_unsettled(intent)
        if refused:
            return refused
        if self._takes_debit(intent):
            journal = self._open(intent, service, now_ns)
            intent.half_done.append(journal.transfer_id)
            self._debit(intent, intent.amount_minor, journal)
        return DONE

    def credit(self, intent: Intent, service: int, now_ns: int) -> int:
        """Post the credit alone (the second leg)."""
        if intent.half_done:
            journal = Journal(intent.half_done.pop(0), service, now_ns)
        else:
            journal = self._open(intent, service, now_ns)
        self._credit(intent, intent.amount_minor, journal)
        return DONE

    def hold(self, intent: Intent, service: int, now_ns: int) -> int:
        """Reserve the amount, and a linked fee, on the debtor's account (authorise)."""
        if intent.stood_in:
            return DONE
        refused = self.admission.refuse(intent, now_ns)
        if refused:
            return refused
        needed_minor = self.admission.needed_minor(intent)
        self.store.reserve(intent.debtor, intent.creditor, needed_minor, now_ns)
        intent.hold_minor += needed_minor
        intent.holds.append((intent.amount_minor, needed_minor - intent.amount_minor))
        intent.hold_opened = True
        if self.hold_ttl_ns:
            intent.hold_expires_ns = now_ns + self.hold_ttl_ns
            self.open_holds.pop(intent.tx_id, None)
            self.open_holds[intent.tx_id] = intent
        self._pending_legs(intent, needed_minor, PENDING, service, now_ns)
        return DONE

    def capture(
        self, intent: Intent, service: int, now_ns: int, *, credits_too: bool = True
    ) -> int:
        """Post what the hold reserves; a hold resolves once.

        Without the credit it is what an unlinked capture has done when it dies between its legs.
        """
        refused = self._refuse_capture(intent, now_ns)
        if refused:
            return refused
        amount_minor = self._captured_minor(intent, now_ns)
        journal = self._open(intent, service, now_ns)
        self._debit(intent, amount_minor, journal)
        if credits_too:
            self._credit(intent, amount_minor, journal)
        return DONE

    def void(self, intent: Intent, service: int, now_ns: int) -> int:
        """Give a hold back; where there is none yet, leave a mark that stops it."""
        if intent.hold_minor == 0:
            if not intent.hold_opened and self.controls.reversal_tombstone:
                intent.tombstone = True
            return self._no_hold(intent)
        intent.voided = True
        self._end_hold(intent, VOIDED, service, now_ns)
        return DONE

    def expire(self, intent: Intent, now_ns: int) -> None:
        """Let a hold lapse at its time-out.

        If the merchant has not presented it in time nobody has a claim any more, and the customer
        sees the reservation go; a claim that the bank itself has lost stays.
        """
        intent.lapsed = True
        if intent.mishap & CAPTURE_LATE:
            intent.e_minor = 0
            intent.ack, intent.decline = ACK_FAILED, int(Decline.PENDING_TRANSFER_EXPIRED)
        while intent.holds:
            self._end_hold(intent, EXPIRED, intent.hold_service, now_ns)

    def fee(self, intent: Intent, service: int, now_ns: int) -> int:
        """Charge the fee on its own, where it is not linked to its payment."""
        if intent.second_purpose != FEE or self.controls.linked_fee:
            return DONE
        if self.store.frozen[intent.debtor]:
            return ACCOUNT_FROZEN
        if self.controls.serialised_funds and not self.store.covers(
            intent.debtor, intent.second_amount_minor
        ):
            return EXCEEDS_CREDITS
        self._transfers += 1
        self._post_second(intent, Journal(self._transfers, service, now_ns))
        return DONE

    def reverse(self, intent: Intent, service: int, now_ns: int) -> int:
        """Take a payment back: its hold, or what it posted; if nothing is there, say so."""
        undone = bool(intent.hold_minor or intent.d_minor or intent.c_minor or intent.x_minor)
        if intent.hold_minor:
            intent.voided = True
            while intent.holds:
                self._end_hold(intent, VOIDED, service, now_ns)
        elif undone:
            self._post_back(intent, self._open(intent, service, now_ns))
        if undone or self.controls.reversal_tombstone:
            intent.tombstone = True
        return DONE

    def check_funds(self, intent: Intent, now_ns: int) -> int:
        """Decide on the balance a reader sees; the truth is judged against the serialised one."""
        visible = self.store.visible_minor(intent.debtor, now_ns)
        if money.sufficient(intent.amount_minor, visible, self.store.no_overdraft[intent.debtor]):
            return DONE
        truly = self.store.covers(intent.debtor, intent.e_minor or intent.amount_minor)
        intent.verdict = money.verdict_after(intent.verdict, truly)
        return EXCEEDS_CREDITS

    def balances_minor(self) -> NDArray[np.int64]:
        """Return every account's posted balance [minor units]."""
        return np.array(self.store.balance, dtype=np.int64)

    def _refuse_capture(self, intent: Intent, now_ns: int) -> int:
        if intent.hold_minor:
            return self.admission.refuse_time(intent, now_ns)
        if intent.captured_minor and not self.controls.resolve_once:
            return DONE
        if intent.stood_in and not (
            intent.hold_opened or intent.captured_minor or intent.tombstone
        ):
            self.admission.judge_funds(intent, self.admission.needed_minor(intent))
            return self.admission.refuse_time(intent, now_ns)
        return self._no_hold(intent)

    def _captured_minor(self, intent: Intent, now_ns: int) -> int:
        """Return how much this capture takes; the hold, if there still is one, ends with it."""
        if intent.hold_minor == 0:
            intent.captured_minor = intent.captured_minor or intent.amount_minor
            return intent.captured_minor
        held_minor, fee_minor = intent.holds.pop(0)
        asked_minor = intent.mishap_value if intent.mishap & CAPTURE_AMOUNT else held_minor
        if self.controls.capture_cap:
            asked_minor = min(asked_minor, held_minor)
        if intent.mishap & CAPTURE_LATE and 0 <= intent.hold_expires_ns <= now_ns:
            intent.e_minor = 0
        self._release(intent, held_minor + fee_minor, now_ns)
        intent.captured_minor = asked_minor
        return int(asked_minor)

    def _no_hold(self, intent: Intent) -> int:
        if intent.lapsed:
            return int(Decline.PENDING_TRANSFER_EXPIRED)
        if intent.voided:
            return int(Decline.PENDING_TRANSFER_ALREADY_VOIDED)
        if intent.hold_opened or intent.captured_minor:
            return int(Decline.PENDING_TRANSFER_ALREADY_POSTED)
        return int(Decline.PENDING_TRANSFER_NOT_FOUND)

    def _open(self, intent: Intent, service: int, now_ns: int) -> Journal:
        intent.n_posted += 1
        self._transfers += 1
        return Journal(self._transfers, service, now_ns)

    @staticmethod
    def _takes_debit(intent: Intent) -> bool:
        """Say whether a debit will be booked.

        Not where the money has not come, and not where the credit to the same account is computed
        from the balance before: the write of the debit is lost (T08).
        """
        return not intent.mishap & UNSETTLED and intent.debtor != intent.creditor

    def _debit(self, intent: Intent, amount_minor: int, journal: Journal) -> None:
        self.admission.note_captured(intent, amount_minor)
        if self._takes_debit(intent):
            stored_minor = self._stored(amount_minor)
            self._leg(intent, PRINCIPAL, intent.debtor, -stored_minor, journal)

    def _credit(self, intent: Intent, amount_minor: int, journal: Journal) -> None:
        account, stored_minor = self._credited_account(intent), self._stored(amount_minor)
        if intent.mishap & SPLIT:
            self._credit_parts(intent, account, stored_minor, journal)
        else:
            self._leg(intent, PRINCIPAL, account, stored_minor, journal)
        self.credited(intent, account, stored_minor, journal.now_ns)
        linked = intent.second_purpose == FEE and self.controls.linked_fee
        if linked or intent.second_purpose == EXCHANGE:
            self._post_second(intent, journal)

    def _credit_parts(
        self, intent: Intent, account: int, amount_minor: int, journal: Journal
    ) -> None:
        parts, exact = intent.mishap_value, self.controls.largest_remainder
        for place in range(parts):
            part_minor = amounts.part_minor(amount_minor, parts, place, exact)
            self._leg(intent, PRINCIPAL, account, part_minor, journal)

    def _credited_account(self, intent: Intent) -> int:
        account: int = intent.creditor
        if self.store.closed[account]:
            return self._suspense.get(intent.currency, account)
        return account

    def _stored(self, amount_minor: int) -> int:
        return amount_minor if self.controls.amount_range else amounts.wrapped(amount_minor)

    def _post_second(self, intent: Intent, journal: Journal) -> None:
        intent.second_n_posted += 1
        amount_minor = intent.second_amount_minor
        self._leg(intent, SECOND, intent.second_debtor, -amount_minor, journal)
        self._leg(intent, SECOND, intent.second_creditor, amount_minor, journal)

    def _post_back(self, intent: Intent, journal: Journal) -> None:
        """Post the opposite of everything that was posted for an intent."""
        debited_minor, credited_minor = intent.d_minor, intent.c_minor + intent.x_minor
        self._leg(intent, PRINCIPAL, intent.debtor, debited_minor, journal)
        self._leg(intent, PRINCIPAL, self._credited_account(intent), -credited_minor, journal)
        back_minor = intent.second_d_minor
        if back_minor:
            intent.second_n_posted += 1
            self._leg(intent, SECOND, intent.second_debtor, back_minor, journal)
            self._leg(intent, SECOND, intent.second_creditor, -back_minor, journal)

    def _end_hold(self, intent: Intent, phase: int, service: int, now_ns: int) -> None:
        """End the latest hold of an intent without posting it."""
        amount_minor = sum(intent.holds.pop())
        self._release(intent, amount_minor, now_ns)
        self._pending_legs(intent, amount_minor, phase, service, now_ns)

    def _release(self, intent: Intent, amount_minor: int, now_ns: int) -> None:
        self.store.reserve(intent.debtor, intent.creditor, -amount_minor, now_ns)
        intent.hold_minor -= amount_minor
        if not intent.holds:
            self.open_holds.pop(intent.tx_id, None)

    def _leg(
        self, intent: Intent, leg: int, account: int, amount_minor: int, journal: Journal
    ) -> None:
        """Write one row: to the store, to the log, and to the intent's own sums."""
        self.store.post(account, amount_minor, journal.now_ns)
        currency = self.store.currency[account]
        if leg == PRINCIPAL and currency != intent.currency:
            leg = self._mismatched(intent, currency)
        intent.posted_ns = journal.now_ns
        if leg == SECOND:
            _sum_second(intent, account, amount_minor)
        else:
            _sum_principal(intent, account, amount_minor)
        self.recorder.posting(
            intent,
            journal.transfer_id,
            leg,
            account,
            amount_minor,
            currency,
            POSTED,
            journal.service,
            journal.now_ns,
        )

    @staticmethod
    def _mismatched(intent: Intent, currency: int) -> int:
        """Book an amount of the wrong currency for what it is: a movement that nobody wanted."""
        intent.second_purpose, intent.second_currency = MISMATCH, currency
        intent.second_debtor = intent.second_creditor = NEVER
        intent.second_n_posted += 1
        return SECOND

    def _pending_legs(
        self, intent: Intent, amount_minor: int, phase: int, service: int, now_ns: int
    ) -> None:
        intent.hold_service = service
        self._transfers += 1
        for account, amount in ((intent.debtor, -amount_minor), (intent.creditor, amount_minor)):
            self.recorder.posting(
                intent,
                self._transfers,
                PRINCIPAL,
                account,
                amount,
                intent.currency,
                phase,
                service,
                now_ns,
            )


def _sum_principal(intent: Intent, account: int, amount_minor: int) -> None:
    to_himself = intent.right_debtor == intent.right_creditor and amount_minor > 0
    if account == intent.right_debtor and not to_himself:
        intent.d_minor -= amount_minor
    elif account == intent.right_creditor:
        intent.c_minor += amount_minor
    else:
        intent.x_minor += amount_minor


def _sum_second(intent: Intent, account: int, amount_minor: int) -> None:
    if account == intent.second_debtor:
        intent.second_d_minor -= amount_minor
    elif account == intent.second_creditor:
        intent.second_c_minor += amount_minor
    else:
        intent.second_x_minor += amount_minor


def _suspense(accounts: Accounts) -> dict[int, int]:
    """Return the suspense account of each currency that has one."""
    found = np.flatnonzero(accounts.party == Party.SUSPENSE).tolist()
    return {int(accounts.currency[account]): account for account in reversed(found)}
