"""Whoever carries a campaign out: plans by a calendar, hears every answer, adapts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import mesa
import numpy as np

from sanket_sim.actors.calendar import Act
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.typology import Typology
from sanket_sim.bank.description import Party
from sanket_sim.core.draws import word_of

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_VICTIM_TRIES = 32


class Answer(NamedTuple):
    """A row of `ANSWERS`: what the bank said to one submission."""

    tx_id: int
    draw_key: int
    customer_id: int
    kind: int
    answered_ns: int
    outcome: int
    ack: int
    decline_reason: int
    submission: int
    may_retry: bool
    amount_minor: int
    balance_minor: int
    typology: int
    campaign_id: int


Hearing = Callable[[Answer], None]
"""What a fraudster does about an answer: enter acts into the calendar, nothing else."""


class Fraudster(mesa.Agent, ABC):  # type: ignore[misc]  # mesa carries no types
    """Base of everyone who steals.

    Acts (methods called with the time they were entered for) change state and submit intents.
    Hearings may only enter further acts, `react_ns` after the answer at the earliest: so the
    same things happen in the same order whatever the length of a tick.

    Parameters
    ----------
    city : City
    campaign_id : int
    campaign : Typology
    """

    def __init__(self, city: City, campaign_id: int, campaign: Typology) -> None:
        super().__init__(city)
        self.city, self.campaign_id, self.campaign = city, campaign_id, campaign
        self.bank, self.population = city.bank, city.population
        self.draws = city.draws.child("fraud", campaign.typology)
        self.typology = city.vocabularies["typology"].code(campaign.typology)
        self.until_ns = city.end_ns
        if campaign.lasts is not None:
            self.until_ns = min(self.until_ns, campaign.at + campaign.lasts)
        self._heard: dict[int, Hearing] = {}

    @abstractmethod
    def begin(self, now_ns: int) -> None:
        """Do the first act of the campaign."""

    def learn(self, answer: Answer) -> None:
        """Hear the bank's answer to one of the campaign's intents."""
        hearing = self._heard.pop(answer.draw_key, None)
        if hearing is not None:
            hearing(answer)

    def u(self, purpose: str, *keys: int) -> float:
        """Return the campaign's uniform number for a purpose."""
        return float(self.draws.child(purpose).uniform(self.campaign_id, *keys))

    def between(self, low: float, high: float, purpose: str, *keys: int) -> float:
        """Return a number between two bounds, equally likely everywhere."""
        return low + (high - low) * self.u(purpose, *keys)

    def whole(self, low: int, high: int, purpose: str, *keys: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.u(purpose, *keys))

    def exponential(self, purpose: str, *keys: int) -> float:
        """Return an exponential number of mean 1."""
        return float(-np.log(self.u(purpose, *keys)))

    def wait_ns(self, low_ns: int, high_ns: int, purpose: str, *keys: int) -> int:
        """Return one of the campaign's long waits, at its pace [ns]."""
        return round(self.between(low_ns, high_ns, purpose, *keys) * self.campaign.pace)

    def enter(self, at_ns: int, act: Act, name: str, *keys: int) -> None:
        """Note an act for later; the name and the keys break ties."""
        key = int(self.draws.key(self.campaign_id, word_of(name), *keys))
        self.city.enter(at_ns, key, act)

    def react_ns(self, answer: Answer, wait_ns: int = 0) -> int:
        """Return when somebody who heard `answer` can act on it, after a wait [ns]."""
        return answer.answered_ns + max(wait_ns, self.city.shortest_reaction_ns)

    def victim(self, *keys: int) -> int:
        """Return the number of an honest customer, equally likely anybody."""
        number = 0
        for attempt in range(_VICTIM_TRIES):
            number = int(self.u("victim", *keys, attempt) * len(self.population))
            if not self.city.is_mule(number):
                break
        return number

    def mule_account(self, *keys: int) -> int:
        """Return the account of somebody who lends it to fraudsters."""
        mules = self.population.mules
        return self.account(int(mules[int(self.u("mule", *keys) * len(mules))]))

    def account(self, number: int) -> int:
        """Return the current account of a customer, which is his id too."""
        return int(self.population.account[number])

    def sink(self, kind: int, mule_account: int) -> int:
        """Return where money sent by a route arrives: at the mule, or out of the bank."""
        creditor = self.bank.routes[kind].creditor
        return mule_account if creditor == Party.CUSTOMER else world_account(creditor)

    def submit(self, wish: Wish, heard: Hearing | None, *keys: int) -> None:
        """Send an intent off as the victim; `heard` hears the answer.

        `wish` needs created_ns, kind and customer_id; and accounts, amount and signals if it
        moves money. The keys name the intent within the campaign.
        """
        if wish.created_ns >= self.until_ns:
            return
        key = int(self.draws.child("intent").key(self.campaign_id, wish.kind, *keys))
        own = wish.customer_id if wish.debtor_account < 0 else wish.debtor_account
        labelled = wish._replace(
            draw_key=key,
            channel=int(self.city.habits.channel(wish.kind, np.array([key]))[0]),
            currency=self.city.habits.currency[wish.kind],
            debtor_account=own,
            typology=self.typology,
            campaign_id=self.campaign_id,
            is_fraud=True,
        )
        if heard is not None:
            self._heard[key] = heard
        self.city.wish(labelled.as_wanted())
