"""What people do when they act: which route, which channel, with whom, for how much."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sanket_sim.actors.chart import world_account
from sanket_sim.actors.devices import Devices
from sanket_sim.actors.exchange import HOME
from sanket_sim.actors.intents import Wish, blank_intents
from sanket_sim.actors.manner import USUAL, Manner
from sanket_sim.actors.population import Floats, Numbers, Population, jump_hash
from sanket_sim.bank.description import Bank, Party, Route
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import LegPurpose
from sanket_sim.trace.arrivals import no_intents

_AFFINITY = 0.5
"""Correlation between a person's affluence and the size of a payment, on the normal scale."""
_TICKET = 0.6
"""Correlation between a shop's ticket and the size of a payment there, on the normal scale."""
_DETOURS = 4
"""Favourites that somebody tries who stands before a closed shop."""
_NEW_YEAR = datetime.fromisoformat("1970-01-01")
_NEW_PAYEE_SHARE = 0.03
PROVES_SHARE = 0.97
"""Share of honest people who pass when they are asked for a second factor."""
_DEVICE_CHANNELS = ("app", "web")
_PRESENT_CHANNELS = ("app", "web", "card", "atm", "branch")
_TYPICAL_GRID = 65
_NOTHING = -1
_STRANGER = 1 << 32
"""Contacts under keys from here on are people whom the customer has never paid."""


class Habits:
    """Turns "customer c acts for the n-th time" into an intent; every choice keyed by (c, n).

    Parameters
    ----------
    bank : Bank
    population : Population
    draws : Draws
    start : datetime
        Local time at which the run begins; shops have opening hours.
    left : collection of int
        Routes that people do not choose by their weights, as templates have them.

    Notes
    -----
    A route for which one needs a wallet is used by those who have it: somebody else who draws it
    leaves it to a holder, always the same (by jump hash, so that a new holder takes his fair share
    and moves nothing else), which keeps the route's weight. While nobody holds one, the bank's
    first route that needs none is used in its place.
    """

    def __init__(
        self,
        bank: Bank,
        population: Population,
        draws: Draws,
        start: datetime = _NEW_YEAR,
        left: Collection[int] = (),
    ) -> None:
        self.bank, self.population, self.start = bank, population, start
        self.draws = draws.child("habits")
        weights = np.array([0.0 if r.batch else r.weight for r in bank.routes], dtype=np.float64)
        weights[list(left)] = 0.0
        self._draws_routes = bool(weights.any())
        self._route_edges = np.cumsum(weights / (weights.sum() or 1.0))[:-1]
        self.devices = Devices(draws, population.home)
        self._on_device = np.isin(bank.channels, _DEVICE_CHANNELS)
        self._in_person = np.isin(bank.channels, _PRESENT_CHANNELS)
        self._channels = [_channel_law(route, bank) for route in bank.routes]
        self.currency = [bank.currencies.index(route.currency) for route in bank.routes]
        self._targets = [_target_law(route, bank) for route in bank.routes]
        self._for_holders = [k for k in range(len(weights)) if self.may_need_wallet(k)]
        anybody = (k for k in np.flatnonzero(weights).tolist() if k not in self._for_holders)
        self._instead = next(anybody, _NOTHING)

    def intents(self, customer: Numbers, ordinal: Numbers, at_ns: Numbers) -> NDArray[np.void]:
        """Return the intents of customers acting at `at_ns`, row by row.

        None where nothing is theirs to choose, as every payment comes in a file.
        """
        if not self._draws_routes:
            return no_intents()
        key = self.draws.child("intent").key(customer, ordinal)
        u = self.draws.child("route").uniform(key)
        customer = customer.copy()
        kind = np.searchsorted(self._route_edges, u, side="right")
        for of_holders in self._for_holders:
            here = np.flatnonzero(kind == of_holders)
            able = self.whoever_can(of_holders, customer[here], key[here])
            kind[here[able < 0]] = self._instead
            customer[here] = np.where(able < 0, customer[here], able)
        rows = self.rows_of(kind, customer, key, at_ns)
        rows["may_retry"] = True
        return rows[kind >= 0] if self._instead == _NOTHING else rows

    def rows_of(
        self,
        kind: Numbers,
        customer: Numbers,
        key: Numbers,
        at_ns: Numbers,
        manner: Manner = USUAL,
    ) -> NDArray[np.void]:
        """Return intents of which route, person, name and time are settled."""
        rows = blank_intents(len(kind))
        rows["kind"], rows["draw_key"], rows["created_ns"] = kind, key, at_ns
        rows["customer_id"] = self.population.account[customer]
        for one in np.unique(kind[kind >= 0]).tolist():
            here = np.flatnonzero(kind == one)
            self._fill(rows, here, customer[here], one, manner)
        self._locate(rows, customer)
        rows["e_minor"] = rows["amount_minor"]
        rows["right_debtor"] = rows["debtor_account"]
        rows["right_creditor"] = rows["creditor_account"]
        return rows

    def whoever_can(self, kind: int, customer: Numbers, key: Numbers) -> Numbers:
        """Return who carries out intents that fell to `customer`: he, or the holder of a wallet.

        Returns
        -------
        int64 array
            Customer numbers; -1 where nobody has the account that it takes.
        """
        needed = self._own_currency(kind, key)
        able = customer.copy()
        for currency in np.unique(needed).tolist():
            lacks = (needed == currency) & (self.population.account_in(customer, currency) < 0)
            able[lacks] = self._holder("holder", customer[lacks], currency)
        return able

    def channel(self, kind: int, key: Numbers) -> Numbers:
        """Return the channel by which each intent of a kind enters."""
        edges, channels = self._channels[kind]
        u = self.draws.child("channel").uniform(key)
        return channels[np.searchsorted(edges, u, side="right")]

    def as_seen(self, wish: Wish, channel: int) -> Wish:
        """Return a wish with what a channel sees of it: card readers and branches see no device."""
        return wish._replace(
            channel=channel,
            device=wish.device if self._on_device[channel] else 0,
            place=wish.place if self._in_person[channel] else -1,
        )

    def amounts_minor(
        self, kind: int, customer: Numbers, u: Floats, ticket: Floats | None = None
    ) -> Numbers:
        """Return the u-quantiles of what each customer spends by a route [minor units].

        Parameters
        ----------
        kind : int
        customer : int64 array
        u : float64 array
        ticket : float64 array, optional
            Tickets of the shops where it is spent; without, wherever he spends.

        Notes
        -----
        A Gaussian copula ties the size of a payment to the customer's affluence and to the shop's
        ticket, so that people and shops differ while the whole city's payments follow the route's
        law: exactly over people, over shops as far as the shops that there are make up the law.
        """
        law = self.bank.routes[kind].amount_minor
        assert law is not None, "only routes that move money have amounts"
        known = _AFFINITY * self.population.affluence[customer]
        rest = 1.0 - _AFFINITY**2
        if ticket is not None:
            known += _TICKET * ticket
            rest -= _TICKET**2
        city = ndtr(known + np.sqrt(rest) * ndtri(u))
        return np.array([max(1, law.ns(p)) for p in city.tolist()], dtype=np.int64)

    def typical_minor(self, customer: Numbers, currency: int) -> Numbers:
        """Return customers' median payments, averaged over the ways of spending in a currency."""
        spending = [
            route
            for kind, route in enumerate(self.bank.routes)
            if route.amount_minor
            and route.debtor == Party.CUSTOMER
            and route.weight > 0
            and not route.batch
            and self.currency[kind] == currency
        ]
        u = ndtr(_AFFINITY * self.population.affluence[customer])
        grid = (np.arange(_TYPICAL_GRID) + 0.5) / _TYPICAL_GRID
        typical = np.zeros(len(u))
        total = sum(route.weight for route in spending)
        for route in spending:
            assert route.amount_minor is not None, "filtered above"
            medians = np.array([route.amount_minor.ns(p) for p in grid.tolist()])
            typical += route.weight / total * np.interp(u, grid, medians)
        return np.maximum(np.rint(typical), 1).astype(np.int64)

    def open_shop(self, customer: Numbers, key: Numbers, at_ns: Numbers) -> Numbers:
        """Return the merchants whom customers visit at instants: favourites that are open then.

        Who finds a few of his favourites closed buys where it is never closed.
        """
        shops, people = self.population.shops, self.population
        chosen = people.favourite(customer, self.draws.child("merchant").uniform(key))
        shut = np.flatnonzero(~shops.are_open(chosen, at_ns, self.start))
        for detour in range(_DETOURS):
            u = self.draws.child("detour").uniform(key[shut], detour)
            chosen[shut] = people.favourite(customer[shut], u)
            shut = shut[~shops.are_open(chosen[shut], at_ns[shut], self.start)]
        chosen[shut] = people.shop_that_never_closes(customer[shut], key[shut] % 3)
        return chosen

    def may_need_wallet(self, kind: int) -> bool:
        """Say whether the person who uses a route may have to have a foreign account."""
        route = self.bank.routes[kind]
        if not route.moves_money or Party.CUSTOMER not in (route.debtor, route.creditor):
            return False
        if route.debtor == Party.CUSTOMER:
            return self.currency[kind] != HOME
        return bool(np.any(self._targets[kind][1] != HOME))

    def _own_currency(self, kind: int, key: Numbers) -> Numbers:
        """Return the currencies of the accounts that whoever uses a route needs for it."""
        if not self.may_need_wallet(kind):
            return np.full(len(key), HOME)
        if self.bank.routes[kind].debtor == Party.CUSTOMER:
            return np.full(len(key), self.currency[kind])
        return self._target(kind, key)

    def _target(self, kind: int, key: Numbers) -> Numbers:
        """Return the currencies in which payees are paid."""
        edges, currencies = self._targets[kind]
        if len(currencies) == 1:
            return np.full(len(key), currencies[0])
        u = self.draws.child("target").uniform(key)
        return currencies[np.searchsorted(edges, u, side="right")]

    def _holder(self, purpose: str, key: Numbers, currency: int) -> Numbers:
        """Return a keyed holder of a wallet, -1 where there is none."""
        wallets = self.population.wallets.get(currency)
        if wallets is None or len(wallets) == 0:
            return np.full(len(key), -1, dtype=np.int64)
        draws = self.draws.child(purpose, self.bank.currencies[currency])
        return wallets.holders[jump_hash(draws, key, np.zeros_like(key), len(wallets))]

    def _fill(
        self,
        rows: NDArray[np.void],
        here: Numbers,
        customer: Numbers,
        kind: int,
        manner: Manner,
    ) -> None:
        route, key, currency = self.bank.routes[kind], rows["draw_key"][here], self.currency[kind]
        channel = manner.channel(self.draws.child("channel"), key)
        rows["channel"][here] = self.channel(kind, key) if channel is None else channel
        rows["currency"][here] = currency
        if not route.moves_money:
            rows["debtor_account"][here] = self.population.account[customer]
            return
        target = self._target(kind, key)
        ends = manner.ends(customer)
        if ends is None:
            ends = self._ends(kind, customer, key, rows["created_ns"][here], target)
        rows["debtor_account"][here], rows["creditor_account"][here] = ends
        u = manner.luck(customer, self.draws.child("amount").uniform(key))
        amount_minor = manner.amounts_minor(customer, u)
        if amount_minor is None:
            amount_minor = self.amounts_minor(kind, customer, u, self._tickets(kind, *ends))
        rows["amount_minor"][here] = manner.rounded(key, amount_minor)
        for paid_in in np.unique(target[target != currency]).tolist():
            self._convert(rows, here[target == paid_in], currency, paid_in)

    def _ends(
        self, kind: int, customer: Numbers, key: Numbers, at_ns: Numbers, target: Numbers
    ) -> tuple[Numbers, Numbers]:
        """Return the accounts of who pays and, in the target currencies, of who is paid."""
        route, creditor = self.bank.routes[kind], np.empty_like(customer)
        debtor = self._party(route.debtor, customer, key, at_ns, self.currency[kind])
        among_customers = route.debtor == Party.CUSTOMER == route.creditor
        for paid_in in np.unique(target).tolist():
            part = np.flatnonzero(target == paid_in)
            who, named = customer[part], key[part]
            creditor[part] = (
                self._payee(who, named, paid_in)
                if among_customers
                else self._party(route.creditor, who, named, at_ns[part], paid_in)
            )
        return debtor, creditor

    def _tickets(self, kind: int, debtor: Numbers, creditor: Numbers) -> Floats | None:
        """Return the tickets of the shops at which a route's payments are made, if it has some."""
        route, people = self.bank.routes[kind], self.population
        if Party.MERCHANT not in (route.debtor, route.creditor):
            return None
        shop = (debtor if route.debtor == Party.MERCHANT else creditor) - people.first_merchant
        at_home = (shop >= 0) & (shop < people.merchants)
        return np.where(at_home, people.shops.ticket[np.where(at_home, shop, 0)], 0.0)

    def _convert(self, rows: NDArray[np.void], here: Numbers, currency: int, paid_in: int) -> None:
        """Send payments to somebody paid in another currency through the bank's positions."""
        amount_minor = self.population.exchange.converted_minor(
            rows["amount_minor"][here], currency, paid_in
        )
        rows["second_creditor"][here] = rows["creditor_account"][here]
        rows["creditor_account"][here] = world_account(Party.EXCHANGE, currency)
        rows["second_purpose"][here] = LegPurpose.EXCHANGE
        rows["second_currency"][here] = paid_in
        rows["second_debtor"][here] = world_account(Party.EXCHANGE, paid_in)
        rows["second_amount_minor"][here] = np.maximum(amount_minor, 1)

    def _party(
        self, party: Party, customer: Numbers, key: Numbers, at_ns: Numbers, currency: int
    ) -> Numbers:
        """Return the account at one end of a movement, the customer's own for CUSTOMER.

        Shops here bank in the bank's own currency; shops abroad are paid through their banks.
        """
        if party == Party.CUSTOMER:
            return self.population.account_in(customer, currency)
        if party == Party.MERCHANT and currency == HOME:
            return self.population.first_merchant + self.open_shop(customer, key, at_ns)
        world = Party.OTHER_BANK if party == Party.MERCHANT else party
        return np.full(len(customer), world_account(world, currency), dtype=np.int64)

    def _payee(self, customer: Numbers, key: Numbers, currency: int) -> Numbers:
        """Return payees' accounts in a currency; now and then somebody never paid before."""
        elsewhere = np.full(len(customer), world_account(Party.OTHER_BANK, currency))
        if len(self.population) == 1:
            return elsewhere
        u = self.draws.child("payee").uniform(key)
        slot = (u * self.population.payees[customer]).astype(np.int64)
        new = self.draws.child("new_payee").uniform(key) < _NEW_PAYEE_SHARE
        contact = np.where(new, _STRANGER + key % _STRANGER, slot)
        if currency == HOME:
            return self.population.account[self.population.acquaintance(customer, contact)]
        named = self.draws.child("contact").key(customer, contact)
        known = self._holder("payee", named, currency)
        account = self.population.account_in(known, currency)
        return np.where((known < 0) | (known == customer), elsewhere, account)

    def _locate(self, rows: NDArray[np.void], customer: Numbers) -> None:
        """Say on what device and where each act is done, and whether its person can prove it."""
        key = rows["draw_key"]
        device = np.flatnonzero(self._on_device[rows["channel"]])
        rows["device"][device] = self.devices.own(customer[device], key[device])
        person = np.flatnonzero(self._in_person[rows["channel"]])
        rows["place"][person] = self.devices.place(customer[person], key[person])
        rows["proves"] = self.draws.child("proves").uniform(key) < PROVES_SHARE


def _channel_law(route: Route, bank: Bank) -> tuple[Floats, Numbers]:
    """Return the edges of the channels' shares and the channels' codes."""
    shares = dict(route.channels) or {bank.channels[0]: 1.0}
    weights = np.array(list(shares.values()), dtype=np.float64)
    codes = np.array([bank.channels.index(channel) for channel in shares], dtype=np.int64)
    return np.cumsum(weights / weights.sum())[:-1], codes


def _target_law(route: Route, bank: Bank) -> tuple[Floats, Numbers]:
    """Return the edges of the shares of the currencies that payees are paid in, and their codes."""
    shares = dict(route.converts_to) or {route.currency: 1.0}
    weights = np.array(list(shares.values()), dtype=np.float64)
    codes = np.array([bank.currencies.index(currency) for currency in shares], dtype=np.int64)
    return np.cumsum(weights / weights.sum())[:-1], codes
