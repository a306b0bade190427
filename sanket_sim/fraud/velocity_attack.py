"""Velocity attack: one stolen card used as fast as it goes, until it is refused.

Its honest twin is a day at the sales: a family that shops with one card, from shop to shop.

References
----------
Design page 7, row velocity_attack: one card, 20-100 transactions within 1-10 minutes, 50 of them
within any 5, at many merchants, of 50-500 or the victim's own tickets; 3 declines in a row stop it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Actor, Answer, Fraudster, Twin
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import way
from sanket_sim.actors.truth import STOPPED
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank, Party
from sanket_sim.bank.places import ABROAD
from sanket_sim.core.units import MINUTE_NS
from sanket_sim.fraud.plot import HEARD_LATE_NS, SOPHISTICATED, Cast, Nerve, Parts, scaled, size

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_PAYMENTS_FEWEST, _PAYMENTS_MOST = 20, 100
_LASTS_NS = (MINUTE_NS, 10 * MINUTE_NS)
_HURRIED = 50
"""So many payments take five minutes at most, wherever there are as many."""
_STEP_NS_MOST = 5 * MINUTE_NS // _HURRIED
_CARD_GAP_NS = (10 * MINUTE_NS, 120 * MINUTE_NS)
_CRUDE_MINOR = (5_000, 50_000)
_TICKET = (0.02, 0.98)
_DAY_OUT_NS = (120 * MINUTE_NS, 480 * MINUTE_NS)
_BOUGHT_MORE = 1.15
"""A family buys somewhat more often than a thief gets through with."""
_AWAY = 0.04


@typologies.register("velocity_attack")
class VelocityAttack(Typology):
    """A stolen card or a few, each used for as many purchases as possible in minutes.

    Examples
    --------
    >>> VelocityAttack.model_validate({"typology": "velocity_attack", "payments": 60}).cards
    1
    """

    typology: Literal["velocity_attack"] = "velocity_attack"
    cards: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Stolen cards, before `intensity`; one after the other."""
    payments: Annotated[int, Field(ge=_PAYMENTS_FEWEST, le=_PAYMENTS_MOST)] | None = None
    """Purchases with each card; by default drawn from 20 to 100."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        return cls.paced(at, sophistication, room_ns, _DAY_OUT_NS[1], payments=_PAYMENTS_FEWEST)

    def send(self, city: City, campaign_id: int) -> CardRunner:
        """Put the thief into the city."""
        return CardRunner(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> DayAtTheSales:
        """Send families to the sales."""
        return DayAtTheSales(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return all purchases with all cards, if nobody refuses three in a row."""
        del bank  # every bank with cards sees the same campaign
        each = self.payments or (_PAYMENTS_FEWEST + _PAYMENTS_MOST) / 2
        return scaled(self.cards, self.intensity) * each

    def missing(self, bank: Bank) -> str:
        """Say whether the bank's customers can pay merchants at all."""
        lacks = way(bank, Party.CUSTOMER, Party.MERCHANT) is None
        return "a route with debtor customer and creditor merchant" if lacks else ""


class _Spree:
    """Many purchases with one card, spread evenly over a time, each at a shop of its own.

    Parameters
    ----------
    actor : Actor
    asked : VelocityAttack
    """

    def __init__(self, actor: Actor, asked: VelocityAttack) -> None:
        kind = way(actor.bank, Party.CUSTOMER, Party.MERCHANT)
        assert kind is not None, "checked by `missing`"
        self.actor, self.kind = actor, kind
        self.cards = scaled(asked.cards, asked.intensity)
        self.payments = size(actor, asked.payments, _PAYMENTS_FEWEST, _PAYMENTS_MOST)
        self.cast, self.parts = Cast(actor), Parts(actor, self.cards)

    def at_ns(self, begun_ns: int, step_ns: float, card: int, payment: int) -> int:
        """Return when a purchase is made: somewhere in its own step."""
        place = payment + self.actor.u("place", card, payment)
        return begun_ns + int(place * step_ns) + 1

    def ticket_minor(self, card: int, payment: int) -> int:
        """Return what the card's owner pays in shops."""
        u = self.actor.between(*_TICKET, "ticket", card, payment)
        return self.actor.quantile_minor(self.kind, self.cast.number(card), u)

    def wish(
        self, card: int, payment: int, amount_minor: int, now_ns: int, *, away: bool, proves: bool
    ) -> Wish:
        """Return a purchase with a card."""
        number = self.cast.number(card)
        return Wish(
            created_ns=now_ns,
            kind=self.kind,
            customer_id=self.actor.account(number),
            creditor_account=self.actor.shop(card, payment),
            amount_minor=amount_minor,
            place=ABROAD if away else self.actor.whereabouts(number, card, payment),
            proves=proves,
        )


class CardRunner(Fraudster):
    """Uses one card after the other as fast as he can, and stops at three refusals in a row.

    Timeouts neither stop him nor count as refusals: he does not wait for answers.
    """

    def __init__(self, city: City, campaign_id: int, campaign: VelocityAttack) -> None:
        super().__init__(city, campaign_id, campaign)
        self.spree = _Spree(self, campaign)
        self.parts = self.spree.parts
        self.nerve = Nerve()

    def begin(self, now_ns: int) -> None:
        """Use the first card."""
        spree, pace = self.spree, self.campaign.pace
        self.specify("", "rows", spree.cards * spree.payments, spree.cards * spree.payments)
        self.specify("spree", "amount_minor", *self._amount_bounds())
        if spree.cards == 1:
            self.specify("spree", "people", 1, 1)
            bounds = [lasts_ns * pace for lasts_ns in _LASTS_NS]
            self.specify("spree", "span_ns", bounds[0] - 2, bounds[1] + 2)
            late_ns = HEARD_LATE_NS + self.city.shortest_reaction_ns
            fewest = min(_HURRIED, spree.payments) if pace <= 1.0 else 1
            self.specify("spree", "rows_5m", fewest, spree.payments)
            self.specify("spree", "gap_ns", 0, 2 * _STEP_NS_MOST * pace + late_ns)
        elif spree.cast.distinct(spree.cards):
            self.specify("spree", "person_rows", spree.payments, spree.payments)
        self._use(0, now_ns)

    def _amount_bounds(self) -> tuple[float, float]:
        if self.campaign.sophistication < SOPHISTICATED:
            return _CRUDE_MINOR
        law = self.bank.routes[self.spree.kind].amount_minor
        assert law is not None, "card payments move money"
        return max(1, law.ns(1e-12)), law.ns(1.0 - 1e-12)

    def _use(self, card: int, now_ns: int) -> None:
        if self.nerve.lost:
            return
        step_ns = self._step_ns(card)
        for payment in range(self.spree.payments):
            at_ns = self.spree.at_ns(now_ns, step_ns, card, payment)
            self.enter(at_ns, partial(self._pay, card, payment), "pay", card, payment)
        if card + 1 < self.spree.cards:
            at_ns = self.busy_ns(now_ns, *_CARD_GAP_NS, "next", card) + 1
            self.enter(at_ns, partial(self._use, card + 1), "next", card)

    def _step_ns(self, card: int) -> float:
        """Return the time for each purchase; all of them take between one and ten minutes."""
        least_ns = _LASTS_NS[0] / (self.spree.payments - 2)
        return self.between(least_ns, _STEP_NS_MOST, "step", card) * self.campaign.pace

    def _pay(self, card: int, payment: int, now_ns: int) -> None:
        if self.nerve.lost:
            return
        abroad = self.u("abroad", card) < SOPHISTICATED - self.campaign.sophistication
        amount_minor = self.whole(*_CRUDE_MINOR, "amount", card, payment)
        if self.campaign.sophistication >= SOPHISTICATED:
            amount_minor = self.spree.ticket_minor(card, payment)
        wish = self.spree.wish(card, payment, amount_minor, now_ns, away=abroad, proves=False)
        heard = partial(self._hear, card, payment)
        self.submit(wish, heard, card, payment, stage="spree", role="victim")

    def _hear(self, card: int, payment: int, answer: Answer) -> None:
        judge = partial(self._judge, card, payment, answer)
        self.enter(self.react_ns(answer), judge, "judge", card, payment)

    def _judge(self, card: int, payment: int, answer: Answer, now_ns: int) -> None:
        self.nerve.note(answer)
        if self.nerve.lost:
            self.finish(now_ns, STOPPED)
        elif payment + 1 == self.spree.payments:
            self.parts.end(card, now_ns)


class DayAtTheSales(Twin):
    """A family's day out with one card: many shops, many tickets, from morning to evening."""

    TWIN = "day_at_the_sales"

    def __init__(
        self, city: City, campaign_id: int, campaign: VelocityAttack, twin_of: int, episode: int
    ) -> None:
        super().__init__(city, campaign_id, campaign, twin_of, episode)
        self.spree = _Spree(self, campaign)
        self.purchases = round(_BOUGHT_MORE * self.spree.payments)

    def begin(self, now_ns: int) -> None:
        """Send the first family off."""
        lasts_ns = round(_DAY_OUT_NS[1] * self.campaign.pace)
        for card in range(self.spree.cards):
            out_ns = now_ns + int(0.2 * lasts_ns * self.u("out", card))
            self._go_out(card, out_ns)

    def _go_out(self, card: int, out_ns: int) -> None:
        step_ns = self.between(*_DAY_OUT_NS, "lasts", card) / self.purchases
        for purchase in range(self.purchases):
            at_ns = self.spree.at_ns(out_ns, step_ns * self.campaign.pace, card, purchase)
            self.enter(at_ns, partial(self._buy, card, purchase), "buy", card, purchase)

    def _buy(self, card: int, purchase: int, now_ns: int) -> None:
        amount_minor = self.spree.ticket_minor(card, purchase)
        away = self.u("away", card) < _AWAY
        proves = self.can_prove(card, purchase)
        wish = self.spree.wish(card, purchase, amount_minor, now_ns, away=away, proves=proves)
        self.submit(wish, None, card, purchase, stage="shopping", role="customer")
        if purchase + 1 == self.purchases:
            self.spree.parts.end(card, now_ns)
