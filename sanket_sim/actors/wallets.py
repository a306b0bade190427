"""Savings accounts and accounts in foreign currencies, beside the current accounts."""

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
_SAVED_INCOMES_MEDIAN = 3.0
_SIGMA = 0.9


@dataclass(frozen=True, slots=True)
class Wallets:
    """One kind of account of those who have it: savings, or money of one foreign currency.

    Parameters
    ----------
    holders : int64 array, shape (accounts,)
        Customer numbers, ascending.
    accounts : int64 array, shape (accounts,)
        Account ids, ascending.
    opening_minor : int64 array, shape (accounts,) [minor units of the currency]
    """

    holders: Numbers
    accounts: Numbers
    opening_minor: Numbers

    def __len__(self) -> int:
        return len(self.holders)

    def account(self, customer: Numbers) -> Numbers:
        """Return each customer's account of this kind, -1 for those who have none."""
        if len(self) == 0:
            return np.full(len(customer), -1, dtype=np.int64)
        place = np.searchsorted(self.holders, customer).clip(max=len(self) - 1)
        return np.where(self.holders[place] == customer, self.accounts[place], -1)


def open_accounts(
    saves: NDArray[np.bool_],
    shares: Mapping[str, float],
    exchange: Exchange,
    draws: Draws,
    income_minor: Numbers,
    first_customer: int,
) -> tuple[Numbers, Wallets, dict[int, Wallets]]:
    """Give everybody's accounts their ids, and say who holds wallets in which currencies.

    Parameters
    ----------
    saves : bool array, shape (customers,)
        Who has a savings account.
    shares : mapping
        Currency -> share of customers with a wallet in it. A currency that the bank has not, that
        is its own, or that it has no rate for, matters not.
    exchange : Exchange
    draws : Draws
    income_minor : int64 array, shape (customers,) [minor units of the bank's own currency]
        Savings and wallets open with lognormal multiples of it (medians 3 and 0.4), wallets at
        the bank's rates.
    first_customer : int
        Account id of customer 0.

    Returns
    -------
    accounts : int64 array, shape (customers,)
        Ids of the current accounts.
    savings : Wallets
    wallets : dict
        Index of the currency -> wallets in it, in the order of the bank's currencies.

    Notes
    -----
    A customer's savings account and wallets follow his current account, and he is followed by the
    next customer: ids depend on who came before, never on who comes after.
    """
    number = np.arange(len(income_minor), dtype=np.int64)
    holders = {HOME: np.flatnonzero(saves)} | {
        currency: np.flatnonzero(draws.child("wallet", name).uniform(number) < shares[name])
        for currency, name in enumerate(exchange.currencies)
        if currency != HOME and name in shares and exchange.trades(currency)
    }
    held = np.zeros(len(number), dtype=np.int64)
    for those in holders.values():
        held[those] += 1
    accounts = first_customer + number + np.cumsum(held) - held
    opened, next_account = {}, accounts + 1
    for currency, those in holders.items():
        name = "savings" if currency == HOME else exchange.currencies[currency]
        spread = _SIGMA * ndtri(draws.child("wallet_balance", name).uniform(those))
        incomes = _SAVED_INCOMES_MEDIAN if currency == HOME else _INCOMES_MEDIAN
        worth_minor = np.rint(incomes * income_minor[those] * np.exp(spread)).astype(np.int64)
        opening = exchange.converted_minor(worth_minor, HOME, currency)
        opened[currency] = Wallets(those, next_account[those], opening)
        next_account[those] += 1
    return accounts, opened.pop(HOME), opened
