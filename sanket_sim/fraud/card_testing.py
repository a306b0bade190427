"""Card testing: stolen cards tried with tiny purchases, the live ones bought empty.

Its honest twin is a flash sale: many people buy something cheap at the same shops within a short
time, and some of them come back for more.

References
----------
Design page 7, row card_testing: 20-500 cards at 1-3 shops, one a second in bursts of up to an hour
or one every 20-60 minutes; 1-2 % of enumerated and about 25 % of bought cards are live; cash-out
after 1-72 hours in 1-3 purchases of .5-.9 of the card's p95.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field

from sanket_sim.actors.actor import Actor, Answer, Fraudster, Hearing, Twin
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import way
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank, Party
from sanket_sim.bank.places import ABROAD
from sanket_sim.core.settings import Share
from sanket_sim.core.units import HOUR_NS, NS_PER_S
from sanket_sim.fraud.plot import (
    RETRY_NS,
    SOPHISTICATED,
    Cast,
    Judge,
    Nerve,
    Parts,
    accepted,
    scaled,
    size,
    suspected,
    undecided,
)

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_CARDS_FEWEST, _CARDS_MOST = 20, 500
_SMALL_CARDS = 6
_BURST_GAP_NS, _BURST_GAP_MOST_NS = NS_PER_S, 5 * NS_PER_S
_BURST_LASTS_NS = HOUR_NS
_SLOW_ABOVE = 0.5
_SLOW_GAP_NS = (1200 * NS_PER_S, 3600 * NS_PER_S)
_CASH_OUT_NS = (HOUR_NS, 72 * HOUR_NS)
_PURCHASES_FEWEST, _PURCHASES_MOST = 1, 3
_PURCHASE_GAP_NS = (60 * NS_PER_S, 1800 * NS_PER_S)
_TEST_MINOR = (1, 200)
_LOW_TICKET = (0.01, 0.5)
"""Quantiles of an owner's own purchases: the cheaper half."""
_CASH_OUT_OF_P95 = (0.5, 0.9)
_SHOPS_FEWEST, _SHOPS_MOST = 1, 3
_VELOCITY_DECLINES = 2
_BUYERS_PER_CARD = 1.1
"""A sale has somewhat more customers than a list has cards, and more of them come back."""
_MORE_COME_BACK = 0.15


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
        slow_ns = _SMALL_CARDS * _SLOW_GAP_NS[1] if sophistication > _SLOW_ABOVE else 0
        longest_ns = slow_ns + _CASH_OUT_NS[1] + _PURCHASES_MOST * _PURCHASE_GAP_NS[1]
        return cls.paced(at, sophistication, room_ns, longest_ns, cards=_SMALL_CARDS)

    def send(self, city: City, campaign_id: int) -> CardTester:
        """Put the tester into the city."""
        return CardTester(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> FlashSale:
        """Hold a flash sale."""
        return FlashSale(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return tests and purchases together, if no card is refused."""
        del bank  # every bank with cards sees the same campaign
        cards = self.cards or (_CARDS_FEWEST + _CARDS_MOST) / 2
        purchases = self.live * (_PURCHASES_FEWEST + _PURCHASES_MOST) / 2
        return scaled(cards, self.intensity) * (1 + purchases)

    def missing(self, bank: Bank) -> str:
        """Say whether the bank's customers can pay merchants at all."""
        lacks = way(bank, Party.CUSTOMER, Party.MERCHANT) is None
        return "a route with debtor customer and creditor merchant" if lacks else ""


class _Till:
    """What happens at the same few shops, purchase after purchase: tests, or a sale.

    Parameters
    ----------
    actor : Actor
        Whose draws, pace and sophistication count.
    buyers : int
        How many cards are used, each of somebody else.
    """

    def __init__(self, actor: Actor, buyers: int) -> None:
        kind = way(actor.bank, Party.CUSTOMER, Party.MERCHANT)
        assert kind is not None, "checked by `missing`"
        self.actor, self.kind = actor, kind
        self.cast, self.parts, self.nerve = Cast(actor), Parts(actor, buyers), Nerve()
        self.shops = actor.whole(_SHOPS_FEWEST, _SHOPS_MOST, "shops")
        self.slow = actor.campaign.sophistication > _SLOW_ABOVE
        self.burst_begun_ns: int | None = None

    def next_ns(self, now_ns: int, buyer: int) -> int:
        """Return when the next card is used: the bold hurry, bursts rest after an hour."""
        if self.slow:
            return self.actor.busy_ns(now_ns, *self.nerve.hurried(*_SLOW_GAP_NS), "gap", buyer)
        if self.burst_begun_ns is None:
            self.burst_begun_ns = now_ns
        waits = self.actor.exponential("gap", buyer)
        next_ns = now_ns + min(round(_BURST_GAP_NS * waits) + 1, _BURST_GAP_MOST_NS)
        if next_ns - self.burst_begun_ns < _BURST_LASTS_NS:
            return next_ns
        self.burst_begun_ns = next_ns + self.actor.wait_ns(*_SLOW_GAP_NS, "rest", buyer)
        return self.burst_begun_ns

    def gap_bounds_ns(self, buyers: int) -> tuple[float, float]:
        """Return the bounds of the time between two cards [ns]."""
        slow_ns = [wait_ns * self.actor.campaign.pace for wait_ns in _SLOW_GAP_NS]
        if self.slow:
            return slow_ns[0] - 1, slow_ns[1] + 1
        rests = buyers * _BURST_GAP_MOST_NS > _BURST_LASTS_NS
        return 0, _BURST_GAP_MOST_NS + rests * (slow_ns[1] + 1)

    def low_ticket_minor(self, buyer: int) -> int:
        """Return a small purchase, as the owner of the card makes them."""
        u = self.actor.between(*_LOW_TICKET, "ticket", buyer)
        return self.actor.quantile_minor(self.kind, self.cast.number(buyer), u)

    def large_minor(self, buyer: int, purchase: int) -> int:
        """Return a large purchase, a share of the owner's 95th percentile."""
        p95_minor = self.actor.quantile_minor(self.kind, self.cast.number(buyer), 0.95)
        share = self.actor.between(*_CASH_OUT_OF_P95, "share", buyer, purchase)
        return max(1, round(p95_minor * share))

    def purchases(self, buyer: int) -> int:
        """Return how many large purchases are made with a card."""
        return self.actor.whole(_PURCHASES_FEWEST, _PURCHASES_MOST, "purchases", buyer)

    def purchase_gap_ns(self, buyer: int, purchase: int) -> int:
        """Return the time from one large purchase to the next [ns]."""
        return self.actor.wait_ns(*_PURCHASE_GAP_NS, "purchase_gap", buyer, purchase) + 1

    def extreme_minor(self, u: float) -> tuple[int, int]:
        """Return the least and the greatest u-quantile of anybody's purchases [minor units]."""
        affluence = self.actor.population.affluence
        ends = (int(np.argmin(affluence)), int(np.argmax(affluence)))
        least, most = (self.actor.quantile_minor(self.kind, number, u) for number in ends)
        return least, most


class CardTester(Fraudster):
    """Tries one card after the other at one to three shops; cashes the live ones out.

    A refused card is dropped. Every second refusal on suspicion sends him to other shops. Where
    nobody decides (a timeout, a service that is down) he tries the same payment once more, as a
    new one: a check that failed open lets both pass. Three approvals in a row make the slow hurry.
    """

    def __init__(self, city: City, campaign_id: int, campaign: CardTesting) -> None:
        super().__init__(city, campaign_id, campaign)
        self.live = campaign.live
        listed = size(self, campaign.cards, _CARDS_FEWEST, _CARDS_MOST)
        self.cards = scaled(listed, campaign.intensity)
        self.till = _Till(self, self.cards)
        self.parts = self.till.parts
        self.suspicions = 0
        self.rotation = 0

    def begin(self, now_ns: int) -> None:
        """Try the first card."""
        self._state_bounds()
        self._test(0, now_ns)

    def _state_bounds(self) -> None:
        self.specify("", "rows", self.cards, 2 * self.cards * (1 + _PURCHASES_MOST))
        self.specify("test", "rows", 1, self.cards)
        self.specify("test", "creditors", 1, _SHOPS_MOST)
        self.specify("test", "gap_ns", *self.till.gap_bounds_ns(self.cards))
        low, high = _TEST_MINOR
        if self.campaign.sophistication >= SOPHISTICATED:
            low = self.till.extreme_minor(_LOW_TICKET[0])[0]
            high = self.till.extreme_minor(_LOW_TICKET[1])[1]
        self.specify("test", "amount_minor", low, high)
        least, most = self.till.extreme_minor(0.95)
        bounds = _CASH_OUT_OF_P95[0] * least - 1, _CASH_OUT_OF_P95[1] * most + 1
        self.specify("cash_out", "amount_minor", *bounds)
        if self.till.cast.distinct(self.cards):
            self.specify("test", "person_rows", 1, 1)
            self.specify("cash_out", "person_rows", 1, _PURCHASES_MOST)

    def _test(self, card: int, now_ns: int) -> None:
        stage = "evading_test" if self.rotation else "test"
        self._pay_test(card, 0, stage, now_ns)
        if card + 1 < self.cards:
            next_ns = self.till.next_ns(now_ns, card)
            self.enter(next_ns, partial(self._test, card + 1), "test", card + 1)

    def _pay_test(self, card: int, attempt: int, stage: str, now_ns: int) -> None:
        heard = partial(self._hear, partial(self._judge_test, card, attempt), card)
        shop = self.shop(self.rotation * self.till.shops + card % self.till.shops)
        self._pay(now_ns, card, self._test_minor(card), shop, heard, 0, attempt, stage=stage)

    def _test_minor(self, card: int) -> int:
        """Return a micro-amount; the sophisticated copy the low tickets of the shop."""
        if self.campaign.sophistication >= SOPHISTICATED:
            return self.till.low_ticket_minor(card)
        return self.whole(*_TEST_MINOR, "ticket", card)

    def _hear(self, judge: Judge, card: int, answer: Answer) -> None:
        self.enter(self.react_ns(answer), partial(judge, answer), "judge", card, answer.tx_id)

    def _judge_test(self, card: int, attempt: int, answer: Answer, now_ns: int) -> None:
        self.till.nerve.note(answer)
        if undecided(answer) and attempt == 0:
            again_ns = now_ns + round(self.between(*RETRY_NS, "retry", card))
            self.enter(again_ns, partial(self._pay_test, card, 1, "retry"), "retry", card)
            return
        if suspected(answer):
            self._suspect()
        if not accepted(answer) or self.u("live", card) > self.live:
            self.parts.end(card, now_ns)
            return
        at_ns = self.busy_ns(answer.answered_ns, *_CASH_OUT_NS, "cash_out", card)
        buy = partial(self._cash_out, card, 0)
        self.enter(max(now_ns, at_ns), buy, "cash_out", card)

    def _suspect(self) -> None:
        """Count a refusal on suspicion; move on to other shops after every second."""
        self.suspicions += 1
        if self.suspicions % _VELOCITY_DECLINES == 0:
            self.rotation += 1

    def _cash_out(self, card: int, purchase: int, now_ns: int) -> None:
        if card not in self.parts:
            return
        self._buy(card, purchase, 0, "cash_out", now_ns)
        if purchase + 1 < self.till.purchases(card):
            next_ns = now_ns + self.till.purchase_gap_ns(card, purchase)
            buy = partial(self._cash_out, card, purchase + 1)
            self.enter(next_ns, buy, "cash_out", card, purchase + 1)

    def _buy(self, card: int, purchase: int, attempt: int, stage: str, now_ns: int) -> None:
        judge = partial(self._judge_purchase, card, purchase, attempt)
        heard = partial(self._hear, judge, card)
        amount_minor = self.till.large_minor(card, purchase)
        shop = self.shop(card, 1 + purchase)
        keys = (1 + purchase, attempt)
        self._pay(now_ns, card, amount_minor, shop, heard, *keys, stage=stage)

    def _judge_purchase(
        self, card: int, purchase: int, attempt: int, answer: Answer, now_ns: int
    ) -> None:
        if undecided(answer) and attempt == 0 and card in self.parts:
            again_ns = now_ns + round(self.between(*RETRY_NS, "retry", card, purchase))
            again = partial(self._buy, card, purchase, 1, "retry")
            self.enter(again_ns, again, "retry", card, purchase)
        elif not accepted(answer) or purchase + 1 == self.till.purchases(card):
            self.parts.end(card, now_ns, stopped=not accepted(answer))

    def _pay(
        self,
        now_ns: int,
        card: int,
        amount_minor: int,
        shop: int,
        heard: Hearing,
        *keys: int,
        stage: str,
    ) -> None:
        number = self.till.cast.number(card)
        abroad = self.u("abroad", card) < SOPHISTICATED - self.campaign.sophistication
        wish = Wish(
            created_ns=now_ns,
            kind=self.till.kind,
            customer_id=self.account(number),
            creditor_account=shop,
            amount_minor=amount_minor,
            place=ABROAD if abroad else self.whereabouts(number, card, *keys),
            proves=False,
        )
        self.submit(wish, heard, card, *keys, stage=stage, role="victim")


class FlashSale(Twin):
    """Something cheap at a few shops that everybody wants at once; some come back for more."""

    TWIN = "flash_sale"

    def __init__(
        self, city: City, campaign_id: int, campaign: CardTesting, twin_of: int, episode: int
    ) -> None:
        super().__init__(city, campaign_id, campaign, twin_of, episode)
        cards = size(self, campaign.cards, _CARDS_FEWEST, _CARDS_MOST)
        self.buyers = int(np.ceil(_BUYERS_PER_CARD * scaled(cards, campaign.intensity)))
        self.come_back = min(1.0, campaign.live + _MORE_COME_BACK)
        self.till = _Till(self, self.buyers)
        self.parts = self.till.parts

    def begin(self, now_ns: int) -> None:
        """Sell to the first customer."""
        self.specify("sale", "creditors", 1, _SHOPS_MOST)
        self._sell(0, now_ns)

    def _sell(self, buyer: int, now_ns: int) -> None:
        shop = self.shop(buyer % self.till.shops)
        self._pay(now_ns, buyer, self.till.low_ticket_minor(buyer), shop, 0, stage="sale")
        if buyer + 1 < self.buyers:
            self.enter(self.till.next_ns(now_ns, buyer), partial(self._sell, buyer + 1), "sell")
        if self.u("come back", buyer) > self.come_back:
            self.parts.end(buyer, now_ns)
            return
        at_ns = self.busy_ns(now_ns, *_CASH_OUT_NS, "basket", buyer)
        self.enter(at_ns, partial(self._fill_basket, buyer, 0), "basket", buyer)

    def _fill_basket(self, buyer: int, purchase: int, now_ns: int) -> None:
        amount_minor = self.till.large_minor(buyer, purchase)
        shop = self.shop(buyer, 1 + purchase)
        self._pay(now_ns, buyer, amount_minor, shop, 1 + purchase, stage="basket")
        if purchase + 1 == self.till.purchases(buyer):
            self.parts.end(buyer, now_ns)
            return
        next_ns = now_ns + self.till.purchase_gap_ns(buyer, purchase)
        more = partial(self._fill_basket, buyer, purchase + 1)
        self.enter(next_ns, more, "basket", buyer, purchase + 1)

    def _pay(
        self, now_ns: int, buyer: int, amount_minor: int, shop: int, ordinal: int, *, stage: str
    ) -> None:
        number = self.till.cast.number(buyer)
        wish = Wish(
            created_ns=now_ns,
            kind=self.till.kind,
            customer_id=self.account(number),
            creditor_account=shop,
            amount_minor=amount_minor,
            place=self.whereabouts(number, buyer, ordinal),
            proves=self.can_prove(buyer, ordinal),
        )
        self.submit(wish, None, buyer, ordinal, stage=stage, role="customer")
