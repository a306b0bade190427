"""The honest twin of an account takeover: people log in from a new phone, and some move house."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sanket_sim.actors.actor import Answer, Twin
from sanket_sim.actors.calendar import Act
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import errand, way_out
from sanket_sim.bank.places import ABROAD
from sanket_sim.core.units import DAY_NS, MINUTE_NS, NS_PER_S
from sanket_sim.fraud.plot import Cast, Parts, accepted, known_payee, new_payee, split_minor

if TYPE_CHECKING:
    from sanket_sim.actors.city import City
    from sanket_sim.actors.typology import Typology

_LOOK_GAP_NS = (20 * NS_PER_S, 120 * NS_PER_S)
_ENQUIRIES_MOST = 2
_PAY_AFTER_NS = (30 * MINUTE_NS, 180 * MINUTE_NS)
_NEXT_DAY_ABOVE = 0.6
_PAY_GAP_NS = (2 * MINUTE_NS, 25 * MINUTE_NS)
_PAYMENTS_FEWEST, _PAYMENTS_MOST = 5, 10
_PERSON_GAP_NS = (10 * MINUTE_NS, 120 * MINUTE_NS)
_ON_HOLIDAY = 0.1
_MOVES_HOUSE = 0.7
_FOR_THE_MOVE = (0.5, 0.98)
_LARGE_QUANTILE = (0.6, 0.98)
_NEW_PAYEE = 0.4


class NewPhone(Twin):
    """A few people with new phones, one after the other, at home or on holiday.

    They look at their account, then pay a few people known and unknown; those who move house pay
    deposit, movers and furniture out of most of what they have.
    """

    TWIN = "new_phone"

    def __init__(
        self,
        city: City,
        campaign_id: int,
        campaign: Typology,
        twin_of: int,
        episode: int,
        people: int,
    ) -> None:
        super().__init__(city, campaign_id, campaign, twin_of, episode)
        out = way_out(city.bank)
        assert out is not None, "checked by `missing`"
        self.out = out
        self.login = errand(city.bank, "login")
        self.enquiry = errand(city.bank, "balance_enquiry")
        self.people = people
        self.cast, self.parts = Cast(self), Parts(self, people)

    def begin(self, now_ns: int) -> None:
        """Let the first one unpack the phone."""
        self._turn_to(0, now_ns)

    def _turn_to(self, person: int, now_ns: int) -> None:
        _Owner(self, person).log_in(now_ns)
        if person + 1 < self.people:
            at_ns = self.busy_ns(now_ns, *_PERSON_GAP_NS, "next", person) + 1
            self.enter(at_ns, partial(self._turn_to, person + 1), "next", person)


class _Owner:
    """One of them."""

    def __init__(self, story: NewPhone, person: int) -> None:
        self.story, self.person = story, person
        self.number = story.cast.number(person)
        self.device = story.strange_device(person)
        self.away = story.u("holiday", person) < _ON_HOLIDAY
        self.moves_house = story.u("moves house", person) < _MOVES_HOUSE
        self.balance_minor: int | None = None
        self.parts_minor: list[int] = []

    def log_in(self, now_ns: int) -> None:
        """Log in for the first time on the new phone, look around, and settle when to pay."""
        story = self.story
        if story.login is not None:
            self._submit(self._errand(story.login, now_ns), stage="login")
        looks = story.whole(0, _ENQUIRIES_MOST, "enquiries", self.person)
        at_ns = now_ns
        for look in range(looks if story.enquiry is not None else 0):
            at_ns += story.wait_ns(*_LOOK_GAP_NS, "look", self.person, look) + 1
            self._enter(at_ns, partial(self._enquire, look), "look", look)
        self._enter(max(at_ns, now_ns + self._until_paying_ns()), self._pay_all, "pay")

    def _until_paying_ns(self) -> int:
        wait_ns = self.story.wait_ns(*_PAY_AFTER_NS, "pay", self.person)
        patient = self.story.campaign.sophistication > _NEXT_DAY_ABOVE
        return wait_ns + patient * round(DAY_NS * self.story.campaign.pace)

    def _enquire(self, look: int, now_ns: int) -> None:
        assert self.story.enquiry is not None, "entered only where there is such a route"
        wish = self._errand(self.story.enquiry, now_ns, look)
        self._submit(wish, look, stage="enquiry", ask=True)

    def _hear(self, answer: Answer) -> None:
        if accepted(answer):
            note = partial(self._note, answer.balance_minor)
            self._enter(self.story.react_ns(answer), note, "note", answer.tx_id)

    def _note(self, balance_minor: int, now_ns: int) -> None:
        del now_ns  # from now on, whenever that is
        self.balance_minor = balance_minor

    def _pay_all(self, now_ns: int) -> None:
        story = self.story
        count = story.whole(_PAYMENTS_FEWEST, _PAYMENTS_MOST, "payments", self.person)
        self.parts_minor = [self._habit_minor(part) for part in range(count)]
        if self.moves_house and self.balance_minor:
            total_minor = self.balance_minor * story.between(*_FOR_THE_MOVE, "move", self.person)
            self.parts_minor = split_minor(story, total_minor, count, "size", self.person)
        self._pay(0, now_ns)

    def _habit_minor(self, part: int) -> int:
        """Return what the person often pays, or often pays when much has to be paid."""
        least, most = _LARGE_QUANTILE if self.moves_house else (0.01, 0.99)
        u = self.story.between(least, most, "amount", self.person, part)
        return self.story.quantile_minor(self.story.out, self.number, u)

    def _pay(self, part: int, now_ns: int) -> None:
        story = self.story
        payee = known_payee(story, self.number, self.person, part)
        if story.u("new", self.person, part) < _NEW_PAYEE:
            payee = new_payee(story, self.number, self.person, part)
        wish = self._errand(story.out, now_ns, part)._replace(
            creditor_account=story.sink(story.out, payee), amount_minor=self.parts_minor[part]
        )
        self._submit(wish, part, stage="payment")
        if part + 1 == len(self.parts_minor):
            story.parts.end(self.person, now_ns)
            return
        at_ns = now_ns + story.wait_ns(*_PAY_GAP_NS, "gap", self.person, part) + 1
        self._enter(at_ns, partial(self._pay, part + 1), "pay", part)

    def _errand(self, kind: int, now_ns: int, *keys: int) -> Wish:
        story = self.story
        where = ABROAD if self.away else story.whereabouts(self.number, self.person, kind, *keys)
        return Wish(
            created_ns=now_ns,
            kind=kind,
            customer_id=story.account(self.number),
            device=self.device,
            place=where,
            proves=story.can_prove(self.person, kind, *keys),
        )

    def _submit(self, wish: Wish, *keys: int, stage: str, ask: bool = False) -> None:
        heard = self._hear if ask else None
        self.story.submit(wish, heard, self.person, *keys, stage=stage, role="customer")

    def _enter(self, at_ns: int, act: Act, name: str, *keys: int) -> None:
        self.story.enter(at_ns, act, name, self.person, *keys)
