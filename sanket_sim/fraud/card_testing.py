"""Card testing: stolen cards tried with tiny purchases, the live ones bought empty.

References
----------
Design page 7, row card_testing: 20-500 cards, one a second in bursts or one every 20-60 minutes;
1-2 % of enumerated and about 25 % of bought cards are live; cash-out after 1-72 hours.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field

from sanket_sim.actors.actor import Answer, Fraudster, Hearing
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import way
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import ABROAD, Bank, Party
from sanket_sim.core.outcomes import Ack, Decline
from sanket_sim.core.settings import Share
from sanket_sim.core.units import NS_PER_S

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_HOUR_NS = 3600 * NS_PER_S
_CARDS_FEWEST, _CARDS_MOST = 20, 500
_SMALL_CARDS = 6
_BURST_GAP_NS = NS_PER_S
_SLOW_GAP_NS = (1200 * NS_PER_S, 3600 * NS_PER_S)
_CASH_OUT_NS = (_HOUR_NS, 72 * _HOUR_NS)
_PURCHASES_FEWEST, _PURCHASES_MOST = 1, 3
_PURCHASE_GAP_NS = (60 * NS_PER_S, 1800 * NS_PER_S)
_TEST_MINOR = (1, 200)
_LOW_TICKET = (0.01, 0.15)
_CASH_OUT_OF_P95 = (0.5, 0.9)
_MERCHANTS_FEWEST, _MERCHANTS_MOST = 1, 3
_VELOCITY_DECLINES = 2


@typologies.register("card_testing")
class CardTesting(Typology):
    """A list of stolen cards, and somebody who finds out which of them still work.

    Examples
    --------
    >>> CardTesting.model_validate({"typology": "card_testing", "at": "3m", "cards": 40}).cards
    40
    """

    typology: Literal["card_testing"] = "card_testing"
    cards: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Cards on the list, before `intensity`; by default drawn from 20 to 500."""
    live: Share = 0.25
    """Share of the cards that pass a test which also survive a real purchase; about 0.25 when
    bought, 0.015 when enumerated."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        slow_ns = _SMALL_CARDS * _SLOW_GAP_NS[1] if sophistication > 0.5 else 0
        longest_ns = slow_ns + _CASH_OUT_NS[1] + _PURCHASES_MOST * _PURCHASE_GAP_NS[1]
        return cls.model_validate(
            {
                "at": at,
                "cards": _SMALL_CARDS,
                "sophistication": sophistication,
                "pace": min(1.0, max(room_ns, NS_PER_S) / longest_ns),
            }
        )

    def send(self, city: City, campaign_id: int) -> CardTester:
        """Put the tester into the city."""
        return CardTester(city, campaign_id, self)

    def expected_intents(self, bank: Bank) -> float:
        """Return tests and purchases together, if no card is refused."""
        del bank  # every bank with cards sees the same campaign
        cards = self.cards or (_CARDS_FEWEST + _CARDS_MOST) / 2
        purchases = self.live * (_PURCHASES_FEWEST + _PURCHASES_MOST) / 2
        return max(1, round(cards * self.intensity)) * (1 + purchases)

    def missing(self, bank: Bank) -> str:
        """Say whether the bank's customers can pay merchants at all."""
        lacks = way(bank, Party.CUSTOMER, Party.MERCHANT) is None
        return "a route with debtor customer and creditor merchant" if lacks else ""


class CardTester(Fraudster):
    """Tries one card after the other at one to three shops; cashes the live ones out.

    A refused card is dropped. Every second refusal as suspected fraud sends him to other shops.
    """

    def __init__(self, city: City, campaign_id: int, campaign: CardTesting) -> None:
        super().__init__(city, campaign_id, campaign)
        kind = way(city.bank, Party.CUSTOMER, Party.MERCHANT)
        assert kind is not None, "checked by `missing`"
        self.kind = kind
        self.live = campaign.live
        listed = campaign.cards or self.whole(_CARDS_FEWEST, _CARDS_MOST, "cards")
        self.cards = max(1, round(listed * campaign.intensity))
        self.shops = self.whole(_MERCHANTS_FEWEST, _MERCHANTS_MOST, "shops")
        self.refusals = 0
        self.rotation = 0
        self.dropped: set[int] = set()

    def begin(self, now_ns: int) -> None:
        """Try the first card."""
        self._test(0, now_ns)

    def _test(self, card: int, now_ns: int) -> None:
        amount_minor = self._test_minor(card)
        self._pay(now_ns, card, amount_minor, partial(self._hear_test, card), 0)
        if card + 1 < self.cards:
            next_ns = now_ns + self._gap_ns(card)
            self.enter(next_ns, partial(self._test, card + 1), "test", card + 1)

    def _gap_ns(self, card: int) -> int:
        if self.campaign.sophistication > 0.5:
            return self.wait_ns(*_SLOW_GAP_NS, "gap", card)
        return round(_BURST_GAP_NS * self.exponential("gap", card)) + 1

    def _test_minor(self, card: int) -> int:
        """Return a micro-amount; the sophisticated copy the shop's own low tickets."""
        if self.campaign.sophistication > 0.5:
            low = np.array([self.between(*_LOW_TICKET, "ticket", card)])
            owner = np.array([self.person("victim", card)])
            return int(self.city.habits.amounts_minor(self.kind, owner, low)[0])
        return self.whole(*_TEST_MINOR, "ticket", card)

    def _hear_test(self, card: int, answer: Answer) -> None:
        refused = answer.ack != Ack.OK
        if refused and answer.decline_reason == Decline.SUSPECTED_FRAUD:
            self.enter(self.react_ns(answer), self._suspect, "suspect", card)
        if refused or self.u("live", card) > self.live:
            return
        at_ns = self.react_ns(answer, self.wait_ns(*_CASH_OUT_NS, "cash_out", card))
        self.enter(at_ns, partial(self._cash_out, card, 0), "cash_out", card)

    def _suspect(self, now_ns: int) -> None:
        """Count a refusal by the fraud service; move on to other shops after every second."""
        del now_ns  # what he knows matters, not when he came to know it
        self.refusals += 1
        if self.refusals % _VELOCITY_DECLINES == 0:
            self.rotation += 1

    def _cash_out(self, card: int, purchase: int, now_ns: int) -> None:
        if card in self.dropped:
            return
        p95 = np.array([0.95])
        most = self.city.habits.amounts_minor(
            self.kind, np.array([self.person("victim", card)]), p95
        )[0]
        share = self.between(*_CASH_OUT_OF_P95, "share", card, purchase)
        hearing = partial(self._hear_purchase, card)
        self._pay(now_ns, card, max(1, round(float(most) * share)), hearing, 1 + purchase)
        if purchase + 1 < self.whole(_PURCHASES_FEWEST, _PURCHASES_MOST, "purchases", card):
            next_ns = now_ns + self._purchase_gap_ns(card, purchase)
            self.enter(next_ns, partial(self._cash_out, card, purchase + 1), "cash_out", card)

    def _purchase_gap_ns(self, card: int, purchase: int) -> int:
        return self.wait_ns(*_PURCHASE_GAP_NS, "purchase_gap", card, purchase) + 1

    def _hear_purchase(self, card: int, answer: Answer) -> None:
        if answer.ack != Ack.OK:
            self.enter(self.react_ns(answer), partial(self._drop, card), "drop", card)

    def _drop(self, card: int, now_ns: int) -> None:
        del now_ns  # from now on, whenever that is
        self.dropped.add(card)

    def _pay(self, now_ns: int, card: int, amount_minor: int, heard: Hearing, stage: int) -> None:
        number = self.person("victim", card)
        owner = self.account(number)
        abroad = self.u("abroad", card) < 0.5 * (1.0 - self.campaign.sophistication)
        wish = Wish(
            created_ns=now_ns,
            kind=self.kind,
            customer_id=owner,
            creditor_account=self._shop_account(card, stage),
            amount_minor=amount_minor,
            place=ABROAD if abroad else self.home(number),
        )
        self.submit(wish, heard, card, stage, stage="cash_out" if stage else "test", role="victim")

    def _shop_account(self, card: int, stage: int) -> int:
        """Return where a card is used: tests at the few shops of the day, purchases anywhere."""
        if stage == 0:
            taste = self.u("shop", self.rotation * self.shops + card % self.shops)
        else:
            taste = self.u("mall", card, stage)
        return self.population.first_merchant + int(self.population.merchant(np.array([taste]))[0])
