"""What the fraud service sees of a payment: the features, from what it remembers.

It knows what it has been asked, what the bank has answered, and what was credited; nobody tells it
what is fraud.
"""

from __future__ import annotations

import math

from sanket_sim.bank.description import Accounts, Party
from sanket_sim.bank.fraud_features import PLACES
from sanket_sim.core.units import DAY_NS, HOUR_NS, MINUTE_NS
from sanket_sim.network.fraud_memory import (
    DEVICES_MAX,
    WEEK_NS,
    YEAR_D,
    AccountHistory,
    AddressBook,
    ShopHistory,
    Traffic,
)
from sanket_sim.network.rows import Intent
from sanket_sim.network.rules import fraud

CUSTOMER, MERCHANT, CASH = int(Party.CUSTOMER), int(Party.MERCHANT), int(Party.CASH)
OTHER_BANK = int(Party.OTHER_BANK)
JUST_BELOW = 0.75
GAPS_MOST = 10.0
"""Silence for more usual gaps than that is just silence, as it is before the first payment."""
NOBODY = (0.0, 0.0, YEAR_D)
NO_SHOP = (0.0, 0.0, 0.0, 0.0, 0.0)


class FraudView:
    """Remembers accounts, shops and devices, and describes payments by `fraud_features`.

    Parameters
    ----------
    accounts : Accounts
    threshold_minor : int
        The amount of cash from which a bank must report.
    midnight_ns : int
        Local time of day when the run begins [ns].
    """

    def __init__(self, accounts: Accounts, threshold_minor: int, midnight_ns: int = 0) -> None:
        self.threshold_minor = threshold_minor
        self._just_below_minor = JUST_BELOW * threshold_minor
        self._midnight_ns = midnight_ns
        self._party: list[int] = accounts.party.tolist()
        self._typical_minor: list[int] = [max(1, t) for t in accounts.typical_minor.tolist()]
        self._device: list[int] = accounts.device.tolist()
        self._home: list[int] = accounts.home.tolist()
        self._payees = accounts.payees
        self._histories: dict[int, AccountHistory] = {}
        self._shops: dict[int, ShopHistory] = {}
        self._users: dict[int, AddressBook] = {}
        self._opened_ns: dict[int, int] = {}
        self._traffic = Traffic(self._party.count(CUSTOMER))

    def judged(self, intent: Intent) -> int:
        """Return the customer's account that a payment is about."""
        party = self._party
        receives = party[intent.creditor] == CUSTOMER != party[intent.debtor]
        account: int = intent.creditor if receives else intent.debtor
        return account

    def ask(self, intent: Intent, now_ns: int) -> tuple[float, ...]:
        """Remember that a payment is asked for; return its features, in the order of `FEATURES`."""
        account = self.judged(intent)
        history = self.history(account, now_ns)
        news = self._news(intent, account, history, now_ns)
        usual_gap_ns = self._usual_gap_ns(account, history, now_ns)
        own = self._own(intent, account, history, now_ns)
        *shop, shop_declines_share = self._shop(intent, now_ns)
        return (
            *own,
            *news,
            *self._flow(intent, account, history, now_ns),
            *self._payee(intent, now_ns),
            *shop,
            self._users_of(intent.device, account, now_ns),
            (now_ns + self._midnight_ns) % DAY_NS / HOUR_NS,
            *_to_usual(own, usual_gap_ns, now_ns),
            shop_declines_share,
        )

    def history(self, account: int, now_ns: int) -> AccountHistory:
        """Return what is remembered of an account, brought up to now."""
        history = self._histories.get(account)
        if history is None:
            history = AccountHistory(now_ns, self._typical_minor[account])
            self._histories[account] = history
        else:
            history.fade(now_ns)
        return history

    def approve(self, intent: Intent, now_ns: int) -> None:
        """Remember that a payment that has just been asked for was let pass.

        Its device is no stranger any more, once a day has gone.
        """
        account = self.judged(intent)
        history = self._histories[account]
        if intent.device and not self._enrolled(intent.device, account):
            history.devices.meet(intent.device, now_ns)
        if account == intent.debtor:
            history.out_24h += intent.amount_minor
            history.learn_amount(math.log(max(1, intent.amount_minor)))

    def decline(self, intent: Intent, now_ns: int) -> None:
        """Remember that the bank refused a payment, for whatever reason."""
        account = self.judged(intent)
        self.history(account, now_ns).declines_1h += 1.0
        if self._party[intent.creditor] == MERCHANT:
            self._shop_history(intent, now_ns).declines_1h += 1.0

    def credit(self, intent: Intent, account: int, amount_minor: int, now_ns: int) -> None:
        """Remember that a customer has been paid."""
        if self._party[account] != CUSTOMER:
            return
        history = self.history(account, now_ns)
        history.in_24h += amount_minor
        history.payers.meet(intent.debtor, now_ns)
        if self._near_threshold(intent, amount_minor):
            history.deposits_7d += 1.0

    def open(self, account: int, now_ns: int) -> None:
        """Remember when an account was opened."""
        self._opened_ns.setdefault(account, now_ns)

    def _own(
        self, intent: Intent, account: int, history: AccountHistory, now_ns: int
    ) -> tuple[float, ...]:
        amount_minor, typical_minor = intent.amount_minor, self._typical_minor[account]
        log_amount = math.log(max(1, amount_minor))
        gap_ns = min(now_ns - history.last_ns, WEEK_NS)
        out_minor = history.out_24h
        if account == intent.debtor:
            out_minor += amount_minor
            history.last_ns = now_ns
            history.payments += 1
            self._traffic.payments += 1
            history.payments_5m += 1.0
            history.payments_1h += 1.0
            history.payments_24h += 1.0
        return (
            float(amount_minor),
            amount_minor / typical_minor,
            fraud.surprise(log_amount, history.mean, history.variance),
            history.payments_5m,
            history.payments_1h,
            history.payments_24h,
            out_minor / typical_minor,
            float(history.payees.met_since(now_ns - DAY_NS)),
            gap_ns / 1e9,
            history.declines_1h,
        )

    def _usual_gap_ns(self, account: int, history: AccountHistory, now_ns: int) -> float:
        """Return what passed between an account's payments, as far as is known before this one."""
        self._traffic.watched(now_ns)
        watched_ns = now_ns - self._opened_ns.get(account, 0)
        return self._traffic.usual_gap_ns(history.payments, watched_ns)

    def _news(
        self, intent: Intent, account: int, history: AccountHistory, now_ns: int
    ) -> tuple[float, ...]:
        device, place = intent.device, intent.place
        new_device = (
            device != 0
            and len(self._device) > 0
            and not self._enrolled(device, account)
            and history.devices.newcomer(device, now_ns)
        )
        away = len(self._home) > 0 and place >= 0 and place != self._home[account]
        return (
            float(self._new_payee(intent, account, history, now_ns)),
            float(new_device),
            float(away),
            self._age_d(account, now_ns),
        )

    def _new_payee(
        self, intent: Intent, account: int, history: AccountHistory, now_ns: int
    ) -> bool:
        """Say whether the payee is a stranger; the worlds outside have no names here."""
        payee = intent.creditor
        if account == payee:
            return False
        stranger = (
            self._party[payee] == CUSTOMER
            and len(self._payees) > 0
            and history.payees.newcomer(payee, now_ns)
            and payee not in self._payees[account].tolist()
        )
        history.payees.meet(payee, now_ns)
        return stranger

    def _flow(
        self, intent: Intent, account: int, history: AccountHistory, now_ns: int
    ) -> tuple[float, ...]:
        deposits, out_minor = history.deposits_7d, history.out_24h
        if account == intent.debtor:
            out_minor += intent.amount_minor
        elif self._near_threshold(intent, intent.amount_minor):
            deposits += 1.0
        return (
            history.in_24h,
            fraud.ratio(out_minor, history.in_24h),
            float(history.payers.met_since(now_ns - DAY_NS)),
            deposits,
        )

    def _payee(self, intent: Intent, now_ns: int) -> tuple[float, ...]:
        payee = intent.creditor
        party = self._party[payee]
        kind = (float(party == CUSTOMER), float(party == MERCHANT), float(party == OTHER_BANK))
        if party != CUSTOMER:
            return (*kind, *NOBODY)
        age_d, history = self._age_d(payee, now_ns), self._histories.get(payee)
        if history is None:
            return (*kind, 0.0, 0.0, age_d)
        history.fade(now_ns)
        payers = float(history.payers.met_since(now_ns - DAY_NS))
        return (*kind, payers, fraud.ratio(history.out_24h, history.in_24h), age_d)

    def _shop(self, intent: Intent, now_ns: int) -> tuple[float, ...]:
        if self._party[intent.creditor] != MERCHANT:
            return NO_SHOP
        shop = self._shop_history(intent, now_ns)
        size = shop.take(intent.amount_minor)
        payments, small, declines = shop.payments_1h, shop.small_1h, shop.declines_1h
        return size, small, small / payments, declines, declines / payments

    def _shop_history(self, intent: Intent, now_ns: int) -> ShopHistory:
        shop = self._shops.get(intent.creditor)
        if shop is None:
            shop = ShopHistory(now_ns, self._typical_minor[intent.debtor])
            self._shops[intent.creditor] = shop
        else:
            shop.fade(now_ns)
        return shop

    def _enrolled(self, device: int, account: int) -> bool:
        """Say whether it is the device that the account's owner has enrolled."""
        known = self._device
        return len(known) > 0 and device == known[account]

    def _users_of(self, device: int, account: int, now_ns: int) -> float:
        if device == 0:
            return 0.0
        users = self._users.get(device)
        if users is None and self._enrolled(device, account):
            return 1.0
        if users is None:
            users = self._users[device] = AddressBook()
            if len(self._users) > DEVICES_MAX:
                del self._users[next(iter(self._users))]
        users.meet(account, now_ns)
        return float(users.met_since(now_ns - DAY_NS))

    def _age_d(self, account: int, now_ns: int) -> float:
        opened_ns = self._opened_ns.get(account)
        return YEAR_D if opened_ns is None else min(YEAR_D, (now_ns - opened_ns) / DAY_NS)

    def _near_threshold(self, intent: Intent, amount_minor: int) -> bool:
        return (
            self._party[intent.debtor] == CASH
            and self._just_below_minor <= amount_minor < self.threshold_minor
        )


def _to_usual(own: tuple[float, ...], usual_gap_ns: float, now_ns: int) -> tuple[float, ...]:
    """Return what an account does over what is usual for it."""
    usual_5m, usual_1h, usual_24h = (
        1.0 + min(window_ns, now_ns) / usual_gap_ns
        for window_ns in (5 * MINUTE_NS, HOUR_NS, DAY_NS)
    )
    return (
        own[PLACES["payments_5m"]] / usual_5m,
        own[PLACES["payments_1h"]] / usual_1h,
        own[PLACES["amount_24h_to_typical"]] / usual_24h,
        min(own[PLACES["since_last_s"]] * 1e9 / usual_gap_ns, GAPS_MOST),
    )
