"""Accounts in foreign currencies, beside the current accounts of those who have some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sanket_sim.actors.exchange import HOME, Exchange
from sanket_sim.core.draws import Draws

Numbers = NDArray[np.int64]

_INCOMES_MEDIAN = 0.4
_SIGMA = 0.9


@dataclass(frozen=True, slots=True)
class Wallets:
    """Everybody's wallets in one currency.

    Parameters
    ----------
    holders : int64 array, shape (wallets,)
        Customer numbers, ascending.
    accounts : int64 array, shape (wallets,)
        Account ids, ascending.
    opening_minor : int64 array, shape (wallets,) [minor units of the currency]
    """

    holders: Numbers
    accounts: Numbers
    opening_minor: Numbers

    def __len__(self) -> int:
        return len(self.holders)

    def account(self, customer: Numbers) -> Numbers:
        """Return each customer's wallet, -1 for those who have none."""
        if len(self) == 0:
            return np.full(len(customer), -1, dtype=np.int64)
        place = np.searchsorted(self.holders, customer).clip(max=len(self) - 1)
        return np.where(self.holders[place] == customer, self.accounts[place], -1)


def open_wallets(
    shares: Mapping[str, float],
    exchange: Exchange,
    draws: Draws,
    income_minor: Numbers,
    first_customer: int,
) -> tuple[Numbers, dict[int, Wallets]]:
    """Give everybody's accounts their ids, and say who holds wallets in which currencies.

    Parameters
    ----------
    shares : mapping
        Currency -> share of customers with a wallet in it. A currency that the bank has not, that
        is its own, or that it has no rate for, matters not.
    exchange : Exchange
    draws : Draws
    income_minor : int64 array, shape (customers,) [minor units of the bank's own currency]
        Wallets open with a lognormal multiple of it (median 0.4), at the bank's rates.
    first_customer : int
        Account id of customer 0.

    Returns
    -------
    accounts : int64 array, shape (customers,)
        Ids of the current accounts.
    wallets : dict
        Index of the currency -> wallets in it, in the order of the bank's currencies.

    Notes
    -----
    A customer's wallets follow his current account, and he is followed by the next customer: ids
    depend on who came before, never on who comes after.
    """
    number = np.arange(len(income_minor), dtype=np.int64)
    holders = {
        currency: np.flatnonzero(draws.child("wallet", name).uniform(number) < shares[name])
        for currency, name in enumerate(exchange.currencies)
        if currency != HOME and name in shares and exchange.trades(currency)
    }
    held = np.zeros(len(number), dtype=np.int64)
    for those in holders.values():
        held[those] += 1
    accounts = first_customer + number + np.cumsum(held) - held
    wallets, next_account = {}, accounts + 1
    for currency, those in holders.items():
        name = exchange.currencies[currency]
        spread = _SIGMA * ndtri(draws.child("wallet_balance", name).uniform(those))
        worth_minor = np.rint(_INCOMES_MEDIAN * income_minor[those] * np.exp(spread))
        opening = exchange.converted_minor(worth_minor.astype(np.int64), HOME, currency)
        wallets[currency] = Wallets(those, next_account[those], opening)
        next_account[those] += 1
    return accounts, wallets
