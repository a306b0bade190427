"""What people do when they act: which route, which channel, with whom, for how much."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sanket_sim.actors.intents import blank_intents
from sanket_sim.actors.population import WORLDS, Floats, Numbers, Population
from sanket_sim.bank.description import Accounts, Bank, Party, Route
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import Signal

_AFFINITY = 0.5
"""Correlation between a person's affluence and the size of a payment, on the normal scale."""
_NEW_PAYEE_SHARE = 0.03
_NEW_DEVICE_SHARE = 0.004
_FOREIGN_SHARE = 0.015
_TYPICAL_GRID = 65
_STRANGER = 1 << 32
"""Contacts under keys from here on are people whom the customer has never paid."""


class Habits:
    """Turns "customer c acts for the n-th time" into an intent; every choice keyed by (c, n).

    Parameters
    ----------
    bank : Bank
    population : Population
    draws : Draws

    Raises
    ------
    ValueError
        If a route moves money in another currency than the bank's first: customers hold one
        current account each, in that currency.
    """

    def __init__(self, bank: Bank, population: Population, draws: Draws) -> None:
        self.bank, self.population = bank, population
        self.draws = draws.child("habits")
        weights = np.array([route.weight for route in bank.routes], dtype=np.float64)
        self._route_edges = np.cumsum(weights / weights.sum())[:-1]
        self._channels = [_channel_law(route, bank) for route in bank.routes]
        self.currency = [bank.currencies.index(route.currency) for route in bank.routes]
        for route in bank.routes:
            if route.moves_money and route.currency != bank.currencies[0]:
                raise ValueError(
                    f"route.{route.name}.currency: customers hold {bank.currencies[0]} accounts, "
                    f"cannot pay in {route.currency}"
                )

    def intents(self, customer: Numbers, ordinal: Numbers, at_ns: Numbers) -> NDArray[np.void]:
        """Return the intents of customers acting at `at_ns`, row by row."""
        rows = blank_intents(len(customer))
        key = self.draws.child("intent").key(customer, ordinal)
        rows["draw_key"], rows["created_ns"], rows["may_retry"] = key, at_ns, True
        rows["customer_id"] = customer + self.population.first_customer
        rows["kind"] = np.searchsorted(
            self._route_edges, self.draws.child("route").uniform(key), side="right"
        )
        rows["signals"] = self._rare(key, "new_device", _NEW_DEVICE_SHARE, Signal.NEW_DEVICE)
        for kind in np.unique(rows["kind"]).tolist():
            here = np.flatnonzero(rows["kind"] == kind)
            self._fill(rows, here, customer[here], kind)
        rows["e_minor"] = rows["amount_minor"]
        rows["right_debtor"] = rows["debtor_account"]
        rows["right_creditor"] = rows["creditor_account"]
        return rows

    def channel(self, kind: int, key: Numbers) -> Numbers:
        """Return the channel by which each intent of a kind enters."""
        edges, channels = self._channels[kind]
        u = self.draws.child("channel").uniform(key)
        return channels[np.searchsorted(edges, u, side="right")]

    def amounts_minor(self, kind: int, customer: Numbers, u: Floats) -> Numbers:
        """Return the u-quantiles of what each customer spends by a route [minor units].

        Notes
        -----
        A Gaussian copula ties the size of a payment to the customer's affluence, so that people
        differ while the whole city's payments follow the route's law exactly.
        """
        law = self.bank.routes[kind].amount_minor
        assert law is not None, "only routes that move money have amounts"
        own = _AFFINITY * self.population.affluence[customer]
        city = ndtr(own + np.sqrt(1.0 - _AFFINITY**2) * ndtri(u))
        return np.array([max(1, law.ns(p)) for p in city.tolist()], dtype=np.int64)

    def typical_minor(self) -> Numbers:
        """Return each customer's median payment, averaged over the ways in which he spends."""
        spending = [
            route
            for route in self.bank.routes
            if route.amount_minor and route.debtor == Party.CUSTOMER and route.weight > 0
        ]
        u = ndtr(_AFFINITY * self.population.affluence)
        grid = (np.arange(_TYPICAL_GRID) + 0.5) / _TYPICAL_GRID
        typical = np.zeros(len(u))
        total = sum(route.weight for route in spending)
        for route in spending:
            assert route.amount_minor is not None, "filtered above"
            medians = np.array([route.amount_minor.ns(p) for p in grid.tolist()])
            typical += route.weight / total * np.interp(u, grid, medians)
        return np.maximum(np.rint(typical), 1).astype(np.int64)

    def _fill(self, rows: NDArray[np.void], here: Numbers, customer: Numbers, kind: int) -> None:
        route, key = self.bank.routes[kind], rows["draw_key"][here]
        rows["channel"][here] = self.channel(kind, key)
        rows["currency"][here] = self.currency[kind]
        own = customer + self.population.first_customer
        if not route.moves_money:
            rows["debtor_account"][here] = own
            return
        rows["amount_minor"][here] = self.amounts_minor(
            kind, customer, self.draws.child("amount").uniform(key)
        )
        rows["debtor_account"][here] = self._party(route.debtor, customer, key)
        if route.debtor == Party.CUSTOMER == route.creditor:
            rows["creditor_account"][here], signals = self._payee(customer, key)
            rows["signals"][here] |= signals
        else:
            rows["creditor_account"][here] = self._party(route.creditor, customer, key)
        if Party.MERCHANT in (route.debtor, route.creditor):
            rows["signals"][here] |= self._rare(key, "foreign", _FOREIGN_SHARE, Signal.FOREIGN)

    def _party(self, party: Party, customer: Numbers, key: Numbers) -> Numbers:
        """Return the account at one end of a movement, the customer's own for CUSTOMER."""
        if party == Party.CUSTOMER:
            return customer + self.population.first_customer
        if party == Party.MERCHANT:
            u = self.draws.child("merchant").uniform(key)
            return self.population.first_merchant + self.population.favourite(customer, u)
        return np.full(len(customer), world_account(party), dtype=np.int64)

    def _payee(self, customer: Numbers, key: Numbers) -> tuple[Numbers, NDArray[np.int16]]:
        """Return payees' accounts, and the signal that some of them are new."""
        if len(self.population) == 1:
            elsewhere = world_account(Party.OTHER_BANK)
            return np.full(len(customer), elsewhere), np.zeros(len(customer), dtype=np.int16)
        u = self.draws.child("payee").uniform(key)
        slot = (u * self.population.payees[customer]).astype(np.int64)
        signals = self._rare(key, "new_payee", _NEW_PAYEE_SHARE, Signal.NEW_PAYEE)
        contact = np.where(signals > 0, _STRANGER + key % _STRANGER, slot)
        known = self.population.acquaintance(customer, contact)
        return known + self.population.first_customer, signals

    def _rare(self, key: Numbers, purpose: str, share: float, signal: Signal) -> NDArray[np.int16]:
        strikes = self.draws.child(purpose).uniform(key) < share
        return np.where(strikes, signal, 0).astype(np.int16)


def world_account(party: Party) -> int:
    """Return the account of an outside world; -1 where nobody stands.

    Examples
    --------
    >>> world_account(Party.OTHER_BANK), world_account(Party.NONE)
    (1, -1)
    """
    return WORLDS.index(party) if party in WORLDS else -1


def chart_of_accounts(population: Population, habits: Habits) -> Accounts:
    """Open everybody's account: worlds and merchants without limit, customers without overdraft."""
    outside = population.first_customer
    opening = np.zeros(population.accounts, dtype=np.int64)
    opening[outside:] = population.opening_minor
    typical = np.zeros(population.accounts, dtype=np.int64)
    typical[outside:] = habits.typical_minor()
    party = np.full(population.accounts, Party.CUSTOMER, dtype=np.int8)
    party[: len(WORLDS)] = WORLDS
    party[len(WORLDS) : outside] = Party.MERCHANT
    owner = np.arange(population.accounts, dtype=np.int64)
    owner[: len(WORLDS)] = -1
    return Accounts(
        opening_minor=opening,
        currency=np.zeros(population.accounts, dtype=np.int16),
        no_overdraft=owner >= outside,
        typical_minor=typical,
        party=party,
        owner=owner,
    )


def _channel_law(route: Route, bank: Bank) -> tuple[Floats, Numbers]:
    """Return the edges of the channels' shares and the channels' codes."""
    shares = dict(route.channels) or {bank.channels[0]: 1.0}
    weights = np.array(list(shares.values()), dtype=np.float64)
    codes = np.array([bank.channels.index(channel) for channel in shares], dtype=np.int64)
    return np.cumsum(weights / weights.sum())[:-1], codes
