"""The ledger: a balance store, a posting log, and the rules that decide about money.

The store (running sums per account) and the log (rows of the trace) are separate facts; the
auditor of the simulation compares them after every batch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Accounts, Bank
from sanket_sim.core.outcomes import Decline, Phase
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import NEVER, Intent
from sanket_sim.network.rules import money, timing

DONE = int(Decline.NONE)
EXCEEDS_CREDITS = int(Decline.EXCEEDS_CREDITS)
PENDING = int(Phase.PENDING)
POSTED = int(Phase.POSTED)
VOIDED = int(Phase.VOIDED)


class BalanceStore:
    """Debits and credits of every account, posted and pending [minor units], after TigerBeetle.

    Parameters
    ----------
    accounts : Accounts
    poll_ns : int
        Readers of a cached balance see the state at the last multiple of this (0: no cache).
    """

    def __init__(self, accounts: Accounts, poll_ns: int) -> None:
        self.opening: list[int] = accounts.opening_minor.tolist()
        self.no_overdraft: list[bool] = accounts.no_overdraft.tolist()
        self.balance: list[int] = list(self.opening)
        self.debits_pending = [0] * len(self.opening)
        self.credits_pending = [0] * len(self.opening)
        self._poll_ns = poll_ns
        self._polled: dict[int, tuple[int, int]] = {}

    def available_minor(self, account: int) -> int:
        """Return what the account may spend at this instant: the serialised truth."""
        return self.balance[account] - self.debits_pending[account]

    def visible_minor(self, account: int, now_ns: int) -> int:
        """Return what a reader of the polled cache believes is available."""
        if self._poll_ns == 0:
            return self.available_minor(account)
        epoch, before = self._polled.get(account, (NEVER, 0))
        if epoch == timing.poll_epoch(now_ns, self._poll_ns):
            return before
        return self.available_minor(account)

    def covers(self, account: int, amount_minor: int) -> bool:
        """Say whether the account truly has the funds now."""
        return money.sufficient(
            amount_minor, self.available_minor(account), self.no_overdraft[account]
        )

    def post(self, account: int, amount_minor: int, now_ns: int) -> None:
        """Add a signed amount to the posted balance."""
        self._remember(account, now_ns)
        self.balance[account] += amount_minor

    def reserve(self, debtor: int, creditor: int, amount_minor: int, now_ns: int) -> None:
        """Open (or, with a negative amount, release) a hold from debtor to creditor."""
        self._remember(debtor, now_ns)
        self.debits_pending[debtor] += amount_minor
        self.credits_pending[creditor] += amount_minor

    def _remember(self, account: int, now_ns: int) -> None:
        if self._poll_ns == 0:
            return
        epoch = timing.poll_epoch(now_ns, self._poll_ns)
        if self._polled.get(account, (NEVER, 0))[0] != epoch:
            self._polled[account] = (epoch, self.available_minor(account))


class Ledger:
    """Double entry: every decision about money, at the instant a commit point is reached."""

    def __init__(self, bank: Bank, accounts: Accounts, recorder: Recorder) -> None:
        self.controls = bank.controls
        self.store = BalanceStore(accounts, bank.balance_poll_ns)
        self.recorder = recorder
        self._transfers = 0

    def transfer(self, intent: Intent, service: int, now_ns: int) -> int:
        """Post debit and credit linked, or return the reason not to."""
        refused = self._refused(intent)
        if refused:
            return refused
        transfer_id = self._open_transfer(intent)
        self._leg(intent, intent.debtor, -intent.amount_minor, transfer_id, service, now_ns)
        self._leg(intent, intent.creditor, intent.amount_minor, transfer_id, service, now_ns)
        return DONE

    def debit(self, intent: Intent, service: int, now_ns: int) -> int:
        """Post the debit alone (the first leg of an unlinked posting)."""
        refused = self._refused(intent)
        if refused:
            return refused
        intent.transfer_id = self._open_transfer(intent)
        self._leg(intent, intent.debtor, -intent.amount_minor, intent.transfer_id, service, now_ns)
        return DONE

    def credit(self, intent: Intent, service: int, now_ns: int) -> int:
        """Post the credit alone (the second leg)."""
        transfer_id = intent.transfer_id if intent.transfer_id >= 0 else self._open_transfer(intent)
        self._leg(intent, intent.creditor, intent.amount_minor, transfer_id, service, now_ns)
        return DONE

    def hold(self, intent: Intent, service: int, now_ns: int) -> int:
        """Reserve the amount on the debtor's account (authorise)."""
        refused = self._refused(intent)
        if refused:
            return refused
        amount_minor = intent.amount_minor
        self.store.reserve(intent.debtor, intent.creditor, amount_minor, now_ns)
        intent.hold_minor += amount_minor
        intent.hold_opened = True
        self._pending_legs(intent, amount_minor, PENDING, service, now_ns)
        return DONE

    def capture(self, intent: Intent, service: int, now_ns: int) -> int:
        """Post what the hold reserves; a hold resolves once."""
        if intent.hold_minor == 0:
            return self._no_hold(intent)
        transfer_id = self._open_transfer(intent)
        amount_minor = intent.hold_minor
        self._release(intent, now_ns)
        self._leg(intent, intent.debtor, -amount_minor, transfer_id, service, now_ns)
        self._leg(intent, intent.creditor, amount_minor, transfer_id, service, now_ns)
        return DONE

    def void(self, intent: Intent, service: int, now_ns: int) -> int:
        """Give a hold back."""
        if intent.hold_minor == 0:
            return self._no_hold(intent)
        amount_minor = intent.hold_minor
        self._release(intent, now_ns)
        self._pending_legs(intent, amount_minor, VOIDED, service, now_ns)
        return DONE

    def check_funds(self, intent: Intent, now_ns: int) -> int:
        """Decide on the balance a reader sees; the truth is judged against the serialised one."""
        visible = self.store.visible_minor(intent.debtor, now_ns)
        if money.sufficient(intent.amount_minor, visible, self.store.no_overdraft[intent.debtor]):
            return DONE
        truly = self.store.covers(intent.debtor, intent.amount_minor)
        intent.verdict = money.verdict_after(intent.verdict, truly)
        return EXCEEDS_CREDITS

    def balances_minor(self) -> NDArray[np.int64]:
        """Return every account's posted balance [minor units]."""
        return np.array(self.store.balance, dtype=np.int64)

    def _refused(self, intent: Intent) -> int:
        """Judge a debit at the serialisation point; the oracle judges at the same instant."""
        refused = money.transfer_refused(
            intent.amount_minor, intent.debtor, intent.creditor, self.controls.positive_amount
        )
        if refused:
            return refused
        covered = self.store.covers(intent.debtor, intent.amount_minor)
        if intent.n_posted == 0 and not intent.hold_opened:
            intent.verdict = money.verdict_after(intent.verdict, covered)
        if self.controls.serialised_funds and not covered:
            return EXCEEDS_CREDITS
        return DONE

    def _no_hold(self, intent: Intent) -> int:
        if intent.hold_opened:
            return int(Decline.PENDING_TRANSFER_ALREADY_POSTED)
        return int(Decline.PENDING_TRANSFER_NOT_FOUND)

    def _open_transfer(self, intent: Intent) -> int:
        intent.n_posted += 1
        self._transfers += 1
        return self._transfers

    def _release(self, intent: Intent, now_ns: int) -> None:
        self.store.reserve(intent.debtor, intent.creditor, -intent.hold_minor, now_ns)
        intent.hold_minor = 0

    def _leg(
        self,
        intent: Intent,
        account: int,
        amount_minor: int,
        transfer_id: int,
        service: int,
        now_ns: int,
    ) -> None:
        self.store.post(account, amount_minor, now_ns)
        intent.posted_ns = now_ns
        if account == intent.right_debtor:
            intent.d_minor -= amount_minor
        elif account == intent.right_creditor:
            intent.c_minor += amount_minor
        else:
            intent.x_minor += amount_minor
        self.recorder.posting(
            intent,
            transfer_id,
            0,
            account,
            amount_minor,
            intent.currency,
            POSTED,
            service,
            now_ns,
        )

    def _pending_legs(
        self, intent: Intent, amount_minor: int, phase: int, service: int, now_ns: int
    ) -> None:
        self._transfers += 1
        for account, amount in ((intent.debtor, -amount_minor), (intent.creditor, amount_minor)):
            self.recorder.posting(
                intent,
                self._transfers,
                0,
                account,
                amount,
                intent.currency,
                phase,
                service,
                now_ns,
            )
