"""The balance store: what every account has, and what readers of a cached balance believe."""

from __future__ import annotations

from array import array
from collections import Counter

from sanket_sim.bank.description import Accounts
from sanket_sim.network.rows import NEVER
from sanket_sim.network.rules import money, timing


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
        self.currency: list[int] = accounts.currency.tolist()
        self.closed: list[bool] = accounts.shut.tolist()
        self.frozen: list[bool] = [False] * len(self.opening)
        """Blocked by anybody: nothing may leave them."""
        self._blocks: Counter[tuple[int, bool]] = Counter()
        self.balance: array[int] = array("q", self.opening)
        self.debits_pending: array[int] = array("q", bytes(8 * len(self.opening)))
        self.credits_pending: array[int] = array("q", bytes(8 * len(self.opening)))
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

    def block(self, account: int, *, blocked: bool, by_bank: bool) -> None:
        """Add a block of the owner's or of the bank's, or take one back; it is open without any."""
        left = self._blocks[account, by_bank] + (1 if blocked else -1)
        self._blocks[account, by_bank] = max(left, 0)
        self.frozen[account] = self._blocks[account, not by_bank] > 0 or left > 0

    def blocked_by_owner(self, account: int) -> bool:
        """Say whether the owner himself wants nothing to leave the account."""
        return self._blocks[account, False] > 0

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
