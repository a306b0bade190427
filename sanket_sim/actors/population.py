"""Who lives in the city: columns for the mass, every number keyed by the person it belongs to.

No column is normalised by what was drawn for others, so one more customer changes nobody else, and
accounts are numbered so that a newcomer renames nobody either: first the worlds, all of one
currency after all of another; then old accounts that are closed; then accounts that may be applied
for and are not open yet; then merchants; then the customers in the order of their numbers, each
with his current account and, directly behind it, a savings account if he has one and a wallet for
every foreign currency that he keeps. So the worlds depend on the bank alone, merchants on the
settings, and a customer's ids on those who came before him; no id stands for nothing. An agent's id
is the id of its account: a customer's, that of his current account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sanket_sim.actors.exchange import HOME, Exchange
from sanket_sim.actors.merchants import Merchants
from sanket_sim.actors.people import choose, means_of
from sanket_sim.actors.presets import PresetSettings, read_preset
from sanket_sim.actors.settings import PopulationSettings
from sanket_sim.actors.wallets import Wallets, open_accounts
from sanket_sim.bank.description import Party
from sanket_sim.bank.places import PLACES
from sanket_sim.core.draws import Draws

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

WORLDS = (
    Party.CASH,
    Party.OTHER_BANK,
    Party.EMPLOYER,
    Party.BILLER,
    Party.EXCHANGE,
    Party.FEES,
    Party.SUSPENSE,
    Party.LENDER,
)
"""Who has an account in every currency, in the order of their ids: the worlds outside the bank,
and the bank's own books."""

REGIONS = PLACES[1:]

_REGION_SHARES = np.array([0.08, 0.07, 0.10, 0.11, 0.19, 0.12, 0.15, 0.18])

_ONE_CURRENCY = Exchange()

_FAVOURITES_FEWEST, _FAVOURITES_MOST, _ZIPF = 5, 20, 1.1
_PAYEES_FEWEST, PAYEES_MOST = 2, 6
_REDIRECTION = 0.5
_POPULARITY = 2.0


@dataclass(frozen=True, slots=True)
class Population:
    """Customers as columns, indexed by customer number (0, 1, ...).

    Parameters
    ----------
    draws : Draws
        The family of everything that is drawn about people.
    exchange : Exchange
        The bank's currencies, which say how many worlds there are.
    preset : PresetSettings
        The laws of income, balance and activity, and the names of the segments.
    closed, applicants : int
        How many accounts are closed, how many not open yet.
    shops : Merchants
    account : int64 array, shape (customers,)
        Ids of the current accounts, which are the customers' own.
    savings : Wallets
        Savings accounts, in the bank's own currency.
    wallets : mapping
        Index of a foreign currency -> wallets in it.
    activity : float64 array, shape (customers,)
        Weight of the customer's demand; its law has mean 1 over the city.
    affluence : float64 array, shape (customers,)
        Standard normal; drives the size of payments, and income within the segment.
    segment, region : int8 array, shape (customers,)
        Index into the preset's segments and into `REGIONS`.
    income_minor, opening_minor : int64 array, shape (customers,) [minor units]
        Monthly income and opening balance of the current account.
    favourites, payees : int8 array, shape (customers,)
        How many merchants (5-20) and payees (2-6) the customer returns to.
    model : int32 array, shape (customers,)
        Whom of the earlier customers the customer's acquaintance leads to (see `payee`).
    mules : int64 array
        Customer numbers who lend their account to fraudsters, ascending; at least one.
    """

    draws: Draws
    exchange: Exchange
    preset: PresetSettings
    closed: int
    applicants: int
    shops: Merchants
    account: Numbers
    savings: Wallets
    wallets: Mapping[int, Wallets]
    activity: Floats
    affluence: Floats
    segment: NDArray[np.int8]
    region: NDArray[np.int8]
    income_minor: Numbers
    opening_minor: Numbers
    favourites: NDArray[np.int8]
    payees: NDArray[np.int8]
    model: NDArray[np.int32]
    mules: Numbers

    @classmethod
    def settle(
        cls, settings: PopulationSettings, draws: Draws, exchange: Exchange = _ONE_CURRENCY
    ) -> Population:
        """Draw everybody, each by his own number.

        Examples
        --------
        >>> few = Population.settle(PopulationSettings(customers=3), Draws(42))
        >>> more = Population.settle(PopulationSettings(customers=4), Draws(42))
        >>> (few.opening_minor == more.opening_minor[:3]).all()
        np.True_
        """
        draws = draws.child("population")
        number = np.arange(settings.customers, dtype=np.int64)
        affluence = ndtri(draws.child("affluence").uniform(number))
        preset = read_preset(settings.preset)
        means = means_of(preset, draws, number, affluence)
        saves = means.saves if settings.savings is None else means.thrift < settings.savings
        outside = len(WORLDS) * len(exchange.currencies) + settings.closed_accounts
        before = outside + settings.applicants + settings.merchants
        account, savings, wallets = open_accounts(
            saves, settings.wallets, exchange, draws, means.income_minor, before
        )
        return cls(
            draws=draws,
            exchange=exchange,
            preset=preset,
            closed=settings.closed_accounts,
            applicants=settings.applicants,
            shops=Merchants.open_shops(settings.merchants, draws.child("merchant")),
            account=account,
            savings=savings,
            wallets=wallets,
            activity=means.activity,
            affluence=affluence,
            segment=means.segment,
            region=choose(_REGION_SHARES, draws.child("region").uniform(number)),
            income_minor=means.income_minor,
            opening_minor=means.opening_minor,
            favourites=_between(_FAVOURITES_FEWEST, _FAVOURITES_MOST, draws, "favourites", number),
            payees=_between(_PAYEES_FEWEST, PAYEES_MOST, draws, "payees", number),
            model=_models(draws, number),
            mules=_mules(settings.mules, draws, number),
        )

    def __len__(self) -> int:
        return len(self.activity)

    @property
    def home(self) -> NDArray[np.int8]:
        """Where each customer lives, as a code of the vocabulary "place"."""
        return (self.region + 1).astype(np.int8)

    @property
    def merchants(self) -> int:
        """How many shops there are."""
        return len(self.shops)

    @property
    def first_closed(self) -> int:
        """Id of the first closed account."""
        return len(WORLDS) * len(self.exchange.currencies)

    @property
    def first_applicant(self) -> int:
        """Id of the first account that is not open yet."""
        return self.first_closed + self.closed

    @property
    def first_merchant(self) -> int:
        """Account id of merchant 0."""
        return self.first_applicant + self.applicants

    @property
    def first_customer(self) -> int:
        """Account id of customer 0; see `account` for those of the others."""
        return self.first_merchant + self.merchants

    @property
    def accounts(self) -> int:
        """How many accounts the city has, worlds and wallets included."""
        beside = len(self.savings) + sum(map(len, self.wallets.values()))
        return self.first_customer + len(self) + beside

    def account_in(self, customer: Numbers, currency: int) -> Numbers:
        """Return each customer's account in a currency, -1 for those who have none."""
        if currency == HOME:
            return self.account[customer]
        if currency not in self.wallets:
            return np.full(len(customer), -1, dtype=np.int64)
        return self.wallets[currency].account(customer)

    def number(self, account: Numbers) -> Numbers:
        """Return the numbers of the customers to whom accounts belong, whichever of theirs."""
        return np.searchsorted(self.account, account, side="right") - 1

    def favourite(self, customer: Numbers, u: Floats) -> Numbers:
        """Return the merchant number that `u` picks among each customer's favourites.

        The k-th favourite is visited with weight k**-1.1; popular merchants are many people's
        favourites.
        """
        rank = (u[:, None] > _ZIPF_SHARES[self.favourites[customer]]).sum(axis=1)
        taste = self.draws.child("favourite").uniform(customer, rank)
        return self.merchant(taste)

    def merchant(self, taste: Floats) -> Numbers:
        """Return the merchant number that a uniform taste falls on; low numbers are popular."""
        return (self.merchants * taste**_POPULARITY).astype(np.int64)

    def shop_that_never_closes(self, customer: Numbers, which: Numbers) -> Numbers:
        """Return a merchant who sells at any hour; the same one under the same `which`."""
        always = self.shops.always
        return always[jump_hash(self.draws.child("always"), customer, which, len(always))]

    def payee(self, customer: Numbers, u: Floats) -> Numbers:
        """Return the customer number that `u` picks among each customer's payees."""
        slot = (u * self.payees[customer]).astype(np.int64)
        return self.acquaintance(customer, slot)

    def acquaintance(self, customer: Numbers, key: Numbers) -> Numbers:
        """Return another customer whom `customer` knows under `key`; never himself.

        Notes
        -----
        A contact is a jump-hash bucket, so that a newcomer becomes the contact of one in n and
        changes no other tie (Lamping and Veach 2014). With probability 1/2 the tie leads on to
        the person whom the contact copies, which makes in-degrees scale-free with exponent 3
        (Krapivsky and Redner 2001, growing networks with redirection).
        """
        met = jump_hash(self.draws.child("contact"), customer, key, len(self))
        leads_on = self.draws.child("redirect").uniform(customer, key) < _REDIRECTION
        known = np.where(leads_on, self.model[met], met)
        return np.where(known == customer, (customer + 1) % len(self), known)


def jump_hash(draws: Draws, customer: Numbers, key: Numbers, buckets: int) -> Numbers:
    """Hash keys to buckets so that one more bucket takes its fair share and moves nothing else.

    Examples
    --------
    >>> who, key = np.arange(1000), np.zeros(1000, dtype=np.int64)
    >>> few, more = (jump_hash(Draws(1), who, key, n) for n in (50, 51))
    >>> set(more[few != more].tolist())
    {50}
    """
    bucket = np.zeros(len(customer), dtype=np.int64)
    jumping = np.arange(len(customer))
    step = 0
    while len(jumping):
        u = draws.uniform(customer[jumping], key[jumping], step)
        ahead = (bucket[jumping] + 1) / u
        stays = ahead >= buckets
        jumping = jumping[~stays]
        bucket[jumping] = ahead[~stays].astype(np.int64)
        step += 1
    return bucket


def jump_bucket(draws: Draws, customer: int, key: int, buckets: int) -> int:
    """Hash one key as `jump_hash` does, far faster than a column of one.

    Examples
    --------
    >>> draws, one = Draws(1), np.array([5])
    >>> jump_bucket(draws, 5, 5, 1000) == jump_hash(draws, one, one, 1000)[0]
    np.True_
    """
    bucket, step = 0, 0
    ahead = 1 / draws.unit(customer, key, step)
    while ahead < buckets:
        bucket, step = int(ahead), step + 1
        ahead = (bucket + 1) / draws.unit(customer, key, step)
    return bucket


def _zipf_shares() -> Floats:
    """Cumulative weights of the favourites, a row per number of favourites."""
    weights = np.arange(1, _FAVOURITES_MOST + 1) ** -_ZIPF
    rows = np.full((_FAVOURITES_MOST + 1, _FAVOURITES_MOST), 1.0)
    for count in range(1, _FAVOURITES_MOST + 1):
        rows[count, :count] = np.cumsum(weights[:count]) / weights[:count].sum()
        rows[count, count - 1] = 1.0
    return rows


_ZIPF_SHARES = _zipf_shares()


def _between(
    fewest: int, most: int, draws: Draws, purpose: str, number: Numbers
) -> NDArray[np.int8]:
    u = draws.child(purpose).uniform(number)
    return (fewest + (u * (most - fewest + 1)).astype(np.int64)).astype(np.int8)


def _models(draws: Draws, number: Numbers) -> NDArray[np.int32]:
    """Return whom each customer copies: an earlier one, or with probability 1/2 that one's model.

    Customer 0 has nobody before him and copies himself.
    """
    earlier = (draws.child("model").uniform(number) * number).astype(np.int64)
    copies = draws.child("copy").uniform(number) < _REDIRECTION
    model = earlier.copy()
    leading_on = np.flatnonzero(copies & (number > 0))
    while len(leading_on):
        reached = model[leading_on]
        model[leading_on] = earlier[reached]
        leading_on = leading_on[copies[reached] & (reached > 0)]
    return model.astype(np.int32)


def _mules(share: float, draws: Draws, number: Numbers) -> Numbers:
    u = draws.child("mule").uniform(number)
    return np.flatnonzero((u < share) | (u == u.min()))
