"""Authorised push payment scam: the victim pays of his own free will, deceived.

Its honest twin is a house purchase: the same small payments first, to somebody never paid before,
and then deposits that take most of what there is.

References
----------
Design page 7, row app_scam: 1-3 trust payments of .02-.1 I, then 1-6 I, within days to weeks, from
the victim's own device; I is the monthly income, and nobody pays more than he has.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Actor, Answer, Fraudster, Twin
from sanket_sim.actors.calendar import Act
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import errand, way_out
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank
from sanket_sim.core.units import DAY_NS, HOUR_NS, NS_PER_S
from sanket_sim.fraud.plot import (
    RETRY_NS,
    SOPHISTICATED,
    Cast,
    Judge,
    Parts,
    accepted,
    new_payee,
    restate,
    scaled,
    split_minor,
    suspected,
    undecided,
)

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_TRUST_FEWEST, _TRUST_MOST = 1, 3
_TRUST_OF_INCOME = (0.02, 0.1)
_TRUST_GAP_NS = (12 * HOUR_NS, 4 * DAY_NS)
_LARGE_AFTER_NS = (2 * DAY_NS, 10 * DAY_NS)
_LARGE_GAP_NS = (4 * HOUR_NS, 3 * DAY_NS)
_LARGE_FEWEST, _LARGE_MOST = 1, 4
_LARGE_OF_INCOME = (1.0, 6.0)
_OF_FUNDS = (0.7, 0.98)
_OF_SAVED = 0.9
_SPARED_FOR_TRUST = _TRUST_MOST * _TRUST_OF_INCOME[1]
_PEOPLE_TRIED = 128
_LOOKS_BEFORE_NS = (60 * NS_PER_S, 600 * NS_PER_S)
_VICTIM_GAP_NS = (1 * HOUR_NS, 24 * HOUR_NS)
_SMALLER_AGAIN_NS = (1 * HOUR_NS, 12 * HOUR_NS)
_TURNED_AWAY = 2
"""At the second refusal on suspicion the victim begins to listen to the bank."""
_MORE_DEPOSITS = 1
"""A house takes a deposit more than a scam, so that the honest are not fewer."""
_LONGEST_NS = (
    _TRUST_MOST * _TRUST_GAP_NS[1] + _LARGE_AFTER_NS[1] + (_LARGE_MOST + 1) * _LARGE_GAP_NS[1]
)


@typologies.register("app_scam")
class AppScam(Typology):
    """People who are talked into sending money, first a little, then most of what they have.

    Examples
    --------
    >>> AppScam.model_validate({"typology": "app_scam", "victims": 3, "pace": 0.01}).victims
    3
    """

    typology: Literal["app_scam"] = "app_scam"
    victims: Annotated[int, Field(ge=1, le=100_000)] = 1
    """People who fall for it, before `intensity`."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        return cls.paced(at, sophistication, room_ns, _LONGEST_NS)

    def send(self, city: City, campaign_id: int) -> Scammer:
        """Put the scammer into the city."""
        return Scammer(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> HousePurchase:
        """Let people buy houses."""
        return HousePurchase(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return trust payments, looks at the balance and large payments, if nobody wakes up."""
        trust = (_TRUST_FEWEST + _TRUST_MOST) / 2
        large = (_LARGE_FEWEST + _LARGE_MOST) / 2
        looks = errand(bank, "balance_enquiry") is not None
        return scaled(self.victims, self.intensity) * (trust + looks + large)

    def missing(self, bank: Bank) -> str:
        """Say whether money can leave a customer's account towards another person."""
        return "" if way_out(bank) is not None else "a route from customer to customer or bank"


class _Means(Cast):
    """People who have what they are to be talked into paying, as far as there are any."""

    def wanted(self, part: int) -> float:
        """Return how much somebody is to pay, in his monthly incomes."""
        return self.actor.between(*_LARGE_OF_INCOME, "total", part)

    def spare(self, number: int) -> float:
        """Return how much a customer can spare, in his monthly incomes."""
        people = self.actor.population
        saved = float(people.opening_minor[number]) / float(people.income_minor[number])
        return _OF_SAVED * saved - _SPARED_FOR_TRUST

    def _draw(self, part: int) -> int:
        """Ask one after the other; where nobody has enough, the one with the most is taken."""
        wanted, asked = self.wanted(part), list[int]()
        for attempt in range(_PEOPLE_TRIED):
            number = self.actor.person("victim", part, attempt)
            if number not in self._taken and self.spare(number) >= wanted:
                return number
            asked.append(number)
        free = [number for number in asked if number not in self._taken]
        return max(free or asked, key=self.spare)


class _Persuaded(Actor):
    """Base of stories in which people, one after the other, come to pay much to one payee."""

    STAGES: ClassVar[tuple[str, str, str]]
    """What the small payments, the look at the balance and the large payments are called."""
    ROLE: ClassVar[str]
    LARGE: ClassVar[tuple[int, int]]
    """Fewest and most large payments."""

    campaign: AppScam
    victims: int
    cast: _Means
    parts: Parts
    out: int
    enquiry: int | None

    def settle(self) -> None:
        """Find the ways to pay, and the people."""
        out = way_out(self.bank)
        assert out is not None, "checked by `missing`"
        self.out, self.enquiry = out, errand(self.bank, "balance_enquiry")
        self.victims = scaled(self.campaign.victims, self.campaign.intensity)
        self.cast, self.parts = _Means(self), Parts(self, self.victims)

    def begin(self, now_ns: int) -> None:
        """Begin with the first one."""
        self._state_bounds()
        self._turn_to(0, now_ns)

    @abstractmethod
    def payee(self, victim: int) -> int:
        """Return the account that somebody pays to."""

    def hurried(self, bounds_ns: tuple[int, int]) -> tuple[int, int]:
        """Return the bounds of a wait: all of it, or the shorter half where S is low."""
        low_ns, high_ns = bounds_ns
        patient = self.campaign.sophistication >= SOPHISTICATED
        return low_ns, high_ns if patient else (low_ns + high_ns) // 2

    def _state_bounds(self) -> None:
        trust, look, large = self.STAGES
        pace = self.campaign.pace
        if not self.cast.distinct(self.victims):
            return
        self.specify("", "device_people", 1, 1)
        for stage, most in ((trust, _TRUST_MOST), (look, 1), (large, self.LARGE[1])):
            self.specify(stage, "person_rows", 1, most)
        for stage, (low_ns, high_ns) in ((trust, _TRUST_GAP_NS), (large, _LARGE_GAP_NS)):
            self.specify(stage, "person_gap_ns", low_ns * pace - 1, high_ns * pace + 2)

    def _turn_to(self, victim: int, now_ns: int) -> None:
        _Payer(self, victim).trust(0, now_ns)
        if victim + 1 < self.victims:
            at_ns = self.busy_ns(now_ns, *_VICTIM_GAP_NS, "next", victim) + 1
            self.enter(at_ns, partial(self._turn_to, victim + 1), "next", victim)


class Scammer(_Persuaded, Fraudster):
    """Talks one victim after the other into paying a mule.

    What the bank refuses on suspicion the victim, coached, tries again later with half of it; at
    the second time he listens to the bank instead. Where nobody decides he pays once more.
    """

    STAGES, ROLE = ("trust", "enquiry", "payment"), "victim"
    LARGE = (_LARGE_FEWEST, _LARGE_MOST)

    def __init__(self, city: City, campaign_id: int, campaign: AppScam) -> None:
        super().__init__(city, campaign_id, campaign)
        self.settle()

    def payee(self, victim: int) -> int:
        """Return the mule's account that a victim pays to."""
        return self.mule_account(victim)


class HousePurchase(_Persuaded, Twin):
    """People who buy or renovate: surveyor and notary first, then deposits to the seller."""

    TWIN = "house_purchase"
    STAGES, ROLE = ("fees", "enquiry", "deposit"), "customer"
    LARGE = (_LARGE_FEWEST + _MORE_DEPOSITS, _LARGE_MOST + _MORE_DEPOSITS)

    def __init__(
        self, city: City, campaign_id: int, campaign: AppScam, twin_of: int, episode: int
    ) -> None:
        super().__init__(city, campaign_id, campaign, twin_of, episode)
        self.settle()

    def payee(self, victim: int) -> int:
        """Return the seller's account."""
        return new_payee(self, self.cast.number(victim), victim)


class _Payer:
    """One of those who pay, from the first small payment to the last large one.

    Parameters
    ----------
    story : Scammer or HousePurchase
    victim : int
        Which of its people; part of every draw's key.
    """

    def __init__(self, story: _Persuaded, victim: int) -> None:
        self.story, self.victim = story, victim
        self.number = story.cast.number(victim)
        self.payee = story.sink(story.out, story.payee(victim))
        self.income_minor = int(story.population.income_minor[self.number])
        self.balance_minor: int | None = None
        """What the look at the balance told; None: nothing."""
        self.parts_minor: list[int] = []
        self.refusals = 0
        self.hindered = False

    def trust(self, payment: int, now_ns: int) -> None:
        """Make a small payment; after the last one comes what they were for."""
        story = self.story
        stage = story.STAGES[0]
        low, high = (share * self.income_minor for share in _TRUST_OF_INCOME)
        restate(story, stage, "amount_minor", low - 1, high + 1)
        amount_minor = max(1, round(story.between(low, high, "trust", self.victim, payment)))
        self._pay(amount_minor, now_ns, payment, 0, stage, self._judge_trust)
        if payment + 1 < story.whole(_TRUST_FEWEST, _TRUST_MOST, "trusts", self.victim):
            self._later(now_ns, _TRUST_GAP_NS, partial(self.trust, payment + 1), "trust", payment)
        else:
            self._later(now_ns, _LARGE_AFTER_NS, self._look, "look")

    def _judge_trust(self, answer: Answer, now_ns: int) -> None:
        if suspected(answer):
            self._doubt(now_ns)

    def _look(self, now_ns: int) -> None:
        story = self.story
        if story.enquiry is None:
            self._commit(now_ns)
            return
        wish = self._wish(story.enquiry, now_ns)
        heard = partial(self._hear, self._note_balance)
        story.submit(wish, heard, self.victim, stage=story.STAGES[1], role=story.ROLE)

    def _note_balance(self, answer: Answer, now_ns: int) -> None:
        if accepted(answer):
            self.balance_minor = answer.balance_minor
        wait_ns = self.story.wait_ns(*_LOOKS_BEFORE_NS, "think", self.victim)
        self._enter(now_ns + wait_ns, self._commit, "commit")

    def _commit(self, now_ns: int) -> None:
        """Settle how much is paid in all, and in how many payments; nobody pays what he lacks."""
        story = self.story
        count = story.whole(*story.LARGE, "count", self.victim)
        least_minor, most_minor = (end * self.income_minor for end in _LARGE_OF_INCOME)
        total_minor = min(max(self._wanted_minor(), least_minor + count), most_minor)
        if self.balance_minor is not None:
            share = story.between(*_OF_FUNDS, "of", self.victim)
            total_minor = min(total_minor, share * self.balance_minor)
        if total_minor < least_minor + count:
            story.parts.end(self.victim, now_ns, stopped=True)
            return
        self.parts_minor = split_minor(story, total_minor, count, "size", self.victim)
        restate(story, story.STAGES[2], "person_total_minor", least_minor, most_minor)
        self._large(0, now_ns)

    def _wanted_minor(self) -> float:
        """Return what the person is to pay, or what he can spare."""
        cast = self.story.cast
        return self.income_minor * min(cast.wanted(self.victim), cast.spare(self.number))

    def _large(self, part: int, now_ns: int) -> None:
        self._pay_part(part, 0, self.story.STAGES[2], now_ns)
        if part + 1 < len(self.parts_minor):
            self._later(now_ns, _LARGE_GAP_NS, partial(self._large, part + 1), "large", part)

    def _pay_part(self, part: int, attempt: int, stage: str, now_ns: int) -> None:
        judge = partial(self._judge_large, part, attempt)
        self._pay(self.parts_minor[part], now_ns, _TRUST_MOST + part, attempt, stage, judge)

    def _judge_large(self, part: int, attempt: int, answer: Answer, now_ns: int) -> None:
        if suspected(answer):
            self._doubt(now_ns)
        if not accepted(answer) and attempt == 0:
            self._try_again(part, answer, now_ns)
        elif part + 1 == len(self.parts_minor):
            self.story.parts.end(self.victim, now_ns, stopped=self.hindered)

    def _try_again(self, part: int, answer: Answer, now_ns: int) -> None:
        """Pay the same where nobody decided, and half of what is left where the bank refused."""
        story = self.story
        if undecided(answer):
            at_ns = now_ns + round(story.between(*RETRY_NS, "retry", self.victim, part))
        else:
            self.hindered = True
            self.parts_minor = [max(1, one // 2) for one in self.parts_minor]
            at_ns = story.busy_ns(now_ns, *_SMALLER_AGAIN_NS, "retry", self.victim, part)
        self._enter(at_ns, partial(self._pay_part, part, 1, "retry"), "retry", part)

    def _doubt(self, now_ns: int) -> None:
        self.hindered = True
        self.refusals += 1
        if self.refusals >= _TURNED_AWAY:
            self.story.parts.end(self.victim, now_ns, stopped=True)

    def _pay(
        self,
        amount_minor: int,
        now_ns: int,
        payment: int,
        attempt: int,
        stage: str,
        judge: Judge,
    ) -> None:
        story = self.story
        wish = self._wish(story.out, now_ns, payment, attempt)._replace(
            creditor_account=self.payee, amount_minor=amount_minor
        )
        heard = partial(self._hear, judge)
        keys = (self.victim, payment, attempt)
        story.submit(wish, heard, *keys, stage=stage, role=story.ROLE)

    def _wish(self, kind: int, now_ns: int, *keys: int) -> Wish:
        """Return what the person does himself, on his own device and wherever he is."""
        story, named = self.story, (self.victim, kind, *keys)
        return Wish(
            created_ns=now_ns,
            kind=kind,
            customer_id=story.account(self.number),
            device=story.own_device(self.number, *named),
            place=story.whereabouts(self.number, *named),
            proves=story.can_prove(*named) or not story.TWIN,
        )

    def _hear(self, judge: Judge, answer: Answer) -> None:
        at_ns = self.story.react_ns(answer)
        self._enter(at_ns, partial(judge, answer), "judge", answer.tx_id)

    def _later(
        self, now_ns: int, bounds_ns: tuple[int, int], act: Act, name: str, *keys: int
    ) -> None:
        story = self.story
        at_ns = story.busy_ns(now_ns, *story.hurried(bounds_ns), name, self.victim, *keys) + 1
        self._enter(at_ns, act, name, *keys)

    def _enter(self, at_ns: int, act: Act, name: str, *keys: int) -> None:
        """Enter an act that is not done once the person has come to doubt."""

        def unless_over(now_ns: int) -> None:
            if self.victim in self.story.parts:
                act(now_ns)

        self.story.enter(at_ns, unless_over, name, self.victim, *keys)
