"""Everybody's accounts: worlds in every currency, closed ones, shops and the customers'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sanket_sim.actors.exchange import HOME
from sanket_sim.actors.population import PAYEES_MOST, WORLDS, Numbers, Population
from sanket_sim.bank.description import Accounts, Party

if TYPE_CHECKING:
    from sanket_sim.actors.habits import Habits


def world_account(party: Party, currency: int = HOME) -> int:
    """Return the account of a world in a currency; -1 where nobody stands.

    Examples
    --------
    >>> world_account(Party.OTHER_BANK), world_account(Party.CASH, 2), world_account(Party.NONE)
    (1, 16, -1)
    """
    return currency * len(WORLDS) + WORLDS.index(party) if party in WORLDS else -1


def chart_of_accounts(population: Population, habits: Habits, standing: Numbers) -> Accounts:
    """Open everybody's account: worlds and merchants without limit, customers without overdraft.

    Customers' known payees are those whom they return to, and those of their standing orders
    (`standing`, a row per account; -1: nobody).

    Closed accounts are nobody's: their party is NONE and they have no owner. Those of applicants
    are theirs, and closed until the bank opens them.
    """
    count = population.accounts
    chart = Accounts(
        opening_minor=np.zeros(count, dtype=np.int64),
        currency=np.zeros(count, dtype=np.int16),
        no_overdraft=np.zeros(count, dtype=np.bool_),
        typical_minor=np.zeros(count, dtype=np.int64),
        party=np.full(count, Party.CUSTOMER, dtype=np.int8),
        owner=np.arange(count, dtype=np.int64),
        closed=np.zeros(count, dtype=np.bool_),
        device=np.zeros(count, dtype=np.int64),
        home=np.full(count, -1, dtype=np.int8),
        payees=np.hstack([np.full((count, PAYEES_MOST), -1, dtype=np.int64), standing]),
    )
    _open_worlds(chart, population)
    _open_customers(chart, population, habits)
    return chart


def _open_worlds(chart: Accounts, population: Population) -> None:
    """Open what stands before the first customer."""
    worlds, merchants = population.first_closed, population.first_merchant
    applicants = population.first_applicant
    currencies = len(population.exchange.currencies)
    chart.currency[:worlds] = np.repeat(np.arange(currencies), len(WORLDS))
    chart.party[:worlds] = np.tile(WORLDS, currencies)
    chart.party[worlds:applicants] = Party.NONE
    chart.party[merchants : population.first_customer] = Party.MERCHANT
    chart.owner[:applicants] = -1
    chart.closed[worlds:merchants] = True
    chart.no_overdraft[worlds:merchants] = True


def _open_customers(chart: Accounts, population: Population, habits: Habits) -> None:
    everybody = np.arange(len(population), dtype=np.int64)
    chart.no_overdraft[population.first_customer :] = True
    chart.opening_minor[population.account] = population.opening_minor
    chart.typical_minor[population.account] = habits.typical_minor(everybody, HOME)
    chart.device[population.account] = habits.devices.enrolled(everybody)
    chart.home[population.account] = population.home
    for slot in range(PAYEES_MOST if len(everybody) > 1 else 0):
        known = everybody[population.payees > slot]
        payee = population.acquaintance(known, np.full(len(known), slot, dtype=np.int64))
        chart.payees[population.account[known], slot] = population.account[payee]
    for currency, wallets in [(HOME, population.savings), *population.wallets.items()]:
        chart.currency[wallets.accounts] = currency
        chart.owner[wallets.accounts] = population.account[wallets.holders]
        chart.opening_minor[wallets.accounts] = wallets.opening_minor
        chart.typical_minor[wallets.accounts] = habits.typical_minor(wallets.holders, currency)
