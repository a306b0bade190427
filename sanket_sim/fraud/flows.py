"""Stories of money that moves on step by step, each step made once its money has arrived.

What launderers and their honest twins have in common: who pays, how an answer is taken, when people
are about. The laws of amounts, numbers and waits are each story's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from sanket_sim.actors.actor import Actor, Answer
from sanket_sim.actors.calendar import Act
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.exchange import HOME
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import way
from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.bank.description import Bank, Party
from sanket_sim.core.draws import word_of
from sanket_sim.core.money import exponent_of
from sanket_sim.core.outcomes import LegPurpose
from sanket_sim.core.units import HOUR_NS, NS_PER_S
from sanket_sim.fraud.plot import HEARD_LATE_NS, SOPHISTICATED, accepted, scaled, suspected

FIRST_STEP_NS = 12 * HOUR_NS
"""Longest time between the beginning of a campaign and the first step of a story."""
AGAIN = "{} again"
"""Stage of the further tries of a stage; the bounds of the stage hold for what was planned."""
NEVER = -1
"""The tx_id of money that did not arrive."""

_TRIES_MORE = 3
_TRY_AGAIN_NS = (600 * NS_PER_S, 3600 * NS_PER_S)
_OF_LIMIT = 0.95
_PEOPLE_TRIED = 64


class Move(NamedTuple):
    """One payment that a story wants made.

    `person` is the number of the customer who acts; `creditor_account` is -1 for his own, and
    `world` says from where money comes into it.
    """

    kind: int
    person: int
    amount_minor: int
    stage: str
    role: str
    creditor_account: int = -1
    world: Party = Party.CUSTOMER
    hop: int = 0
    parents: tuple[int, ...] = ()
    tainted_share: float = 1.0
    place: int | None = None
    """Where he is, if it is not left to his habits."""


Then = Callable[[Move, int, int], None]
"""What is done once a payment has arrived, told the payment, its tx_id and the time; the tx_id is
`NEVER` if it was given up."""


class Scheme(Actor):
    """Whoever has stories carried out: as many as the campaign is intense, side by side."""

    under_way = 0
    """Stories that have not ended."""
    given_up = False
    """Whether one of them did not end as it was meant to."""

    def begin(self, now_ns: int) -> None:
        """Let every story begin: the campaign's first at once, others within half a day."""
        self.under_way = self.stories
        self.bound()
        for number in range(self.stories):
            story = self.story(number)
            at_ns = now_ns
            if number or self.TWIN:
                at_ns = self.time_ns(now_ns, 0, FIRST_STEP_NS, "story", number)
            self.enter(at_ns, story.begin, "story", number)

    @property
    def stories(self) -> int:
        """How many stories there are."""
        return scaled(1, self.campaign.intensity)

    @property
    def patient(self) -> bool:
        """Whether things are done at the hours at which everybody does them."""
        return bool(self.TWIN) or self.campaign.sophistication >= SOPHISTICATED

    def graded_ns(self, crude_ns: tuple[int, int], patient_ns: tuple[int, int]) -> tuple[int, int]:
        """Return the ends of a wait between those of the crudest and those of the most patient."""
        grade = 1.0 if self.TWIN else self.campaign.sophistication
        low, high = (
            round(crude + grade * (patient - crude))
            for crude, patient in zip(crude_ns, patient_ns, strict=True)
        )
        return low, high

    @abstractmethod
    def story(self, number: int) -> Story:
        """Return the story of that number."""

    def bound(self) -> None:
        """Specify what the stories are to be; honest ones are bound by nothing."""

    def over(self, now_ns: int, *, stopped: bool) -> None:
        """Take note that a story has ended; with the last one the campaign has."""
        self.under_way -= 1
        self.given_up |= stopped
        if not self.under_way:
            self.finish(now_ns, STOPPED if self.given_up else COMPLETE)

    def time_ns(self, now_ns: int, low_ns: int, high_ns: int, purpose: str, *keys: int) -> int:
        """Return a time between two waits from now, at a busy hour for the patient [ns]."""
        if self.patient:
            return self.busy_ns(now_ns, low_ns, high_ns, purpose, *keys)
        return now_ns + self.wait_ns(low_ns, high_ns, purpose, *keys)

    def specify_wait(
        self, stage: str, low_ns: int, high_ns: int, measure: str = "since_parent_ns"
    ) -> None:
        """Specify how long after the arrival of what came before it a stage follows.

        Where payments meet, some of them may arrive only at a further try, and some never.
        """
        pace, tries = self.campaign.pace, 1 + _TRIES_MORE
        heard_ns = tries * (self.city.shortest_reaction_ns + HEARD_LATE_NS)
        latest_ns = (high_ns + _TRIES_MORE * _TRY_AGAIN_NS[1]) * pace + heard_ns
        self.specify(stage, measure, low_ns * pace - 1, latest_ns)

    def size(self, fewest: int, most: int, purpose: str, *keys: int) -> int:
        """Return a number from `fewest` to `most`, the same for a campaign and all its twins."""
        return fewest + int((most - fewest + 1) * self.extent(purpose, *keys))

    def extent(self, purpose: str, *keys: int) -> float:
        """Return a uniform number, the same for a campaign and all its twins."""
        path = ("fraud", self.campaign.typology, self.campaign.name, "extent", purpose)
        return float(self.city.draws.child(*path).uniform(0, *keys))

    def people(self, count: int, purpose: str, *keys: int) -> list[int]:
        """Return honest customers, all different in a city that has so many."""
        found: dict[int, None] = {}
        for attempt in range(_PEOPLE_TRIED + count):
            found[self.person(purpose, *keys, attempt)] = None
            if len(found) == count:
                break
        return (list(found) * count)[:count]

    def people_with(
        self, wanted_minor: int, count: int, purpose: str, *keys: int
    ) -> tuple[list[int], int]:
        """Return different people, the first of whom has so much money, and what he can spare.

        Where nobody asked has that much, the richest one comes first.
        """
        asked = self.people(_PEOPLE_TRIED, purpose, *keys)
        owned_minor = self.population.opening_minor
        able = (number for number in asked if _OF_LIMIT * owned_minor[number] >= wanted_minor)
        first = next(able, max(asked, key=lambda number: int(owned_minor[number])))
        others = [number for number in asked if number != first]
        spare_minor = int(_OF_LIMIT * owned_minor[first])
        return [first, *others[: count - 1]], min(wanted_minor, spare_minor)

    def wish(self, move: Move, now_ns: int, *keys: int) -> Wish:
        """Return a payment as its customer makes it, with his own phone and where he is."""
        own = self.account(move.person)
        paid = own if move.creditor_account < 0 else move.creditor_account
        incoming = move.world != Party.CUSTOMER
        wish = Wish(
            created_ns=now_ns,
            kind=move.kind,
            customer_id=own,
            debtor_account=world_account(move.world) if incoming else own,
            creditor_account=paid,
            amount_minor=move.amount_minor,
            device=self.own_device(move.person, *keys),
            place=self.whereabouts(move.person, *keys) if move.place is None else move.place,
            proves=self.can_prove(*keys),
        )
        return self._converted(wish)

    def _converted(self, wish: Wish) -> Wish:
        """Add the other currency's leg where the route converts."""
        targets = dict(self.bank.routes[wish.kind].converts_to)
        foreign = [self.bank.currencies.index(name) for name in targets]
        foreign = [code for code in foreign if code != HOME]
        if not foreign:
            return wish
        code = foreign[self.whole(0, len(foreign) - 1, "currency", wish.customer_id)]
        amount = np.array([wish.amount_minor])
        paid_minor = int(self.population.exchange.converted_minor(amount, HOME, code)[0])
        return wish._replace(
            creditor_account=world_account(Party.EXCHANGE),
            second_purpose=LegPurpose.EXCHANGE,
            second_currency=code,
            second_debtor=world_account(Party.EXCHANGE, code),
            second_creditor=world_account(Party.OTHER_BANK, code),
            second_amount_minor=max(1, paid_minor),
        )


class Story(ABC):
    """One course of events; everything that it draws is keyed by its number.

    Payments that fail for technical reasons or want of funds are made again later, a few times in
    a story. An account that is refused as suspicious is burnt: the story goes `elsewhere` with
    the money, or gives up what depends on it.
    """

    def __init__(self, scheme: Scheme, number: int) -> None:
        self.scheme, self.number = scheme, number
        self.tries_left = _TRIES_MORE
        self.unit_minor = unit_minor(scheme.bank)
        self.burnt: set[int] = set()
        self.stopped = False

    @abstractmethod
    def begin(self, now_ns: int) -> None:
        """Do the first step."""

    def elsewhere(self, move: Move) -> Move | None:
        """Return another way to make a payment whose account is burnt, None without one."""
        del move  # those who have a second account answer otherwise
        return None

    def u(self, purpose: str, *keys: int) -> float:
        """Return the story's uniform number for a purpose."""
        return self.scheme.u(purpose, self.number, *keys)

    def between(self, low: float, high: float, purpose: str, *keys: int) -> float:
        """Return a number between two bounds, equally likely everywhere."""
        return self.scheme.between(low, high, purpose, self.number, *keys)

    def whole(self, low: int, high: int, purpose: str, *keys: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return self.scheme.whole(low, high, purpose, self.number, *keys)

    def time_ns(self, now_ns: int, wait_ns: tuple[int, int], purpose: str, *keys: int) -> int:
        """Return a time between two waits from now at the campaign's pace [ns]."""
        return self.scheme.time_ns(now_ns, *wait_ns, purpose, self.number, *keys)

    def enter(self, at_ns: int, act: Act, name: str, *keys: int) -> None:
        """Note an act of this story for later."""
        self.scheme.enter(at_ns, act, name, self.number, *keys)

    def over(self, now_ns: int) -> None:
        """End the story."""
        self.scheme.over(now_ns, stopped=self.stopped)

    def make(self, move: Move, now_ns: int, then: Then, *keys: int) -> None:
        """Make a payment; `then` is done when it has arrived or was given up."""
        self._try(move, then, (word_of(move.stage), *keys), 0, now_ns)

    def make_in_parts(self, move: Move, now_ns: int, then: Then, *keys: int) -> None:
        """Make a payment in as few parts as the bank's limit allows; `then` hears of the last."""
        parts = parts_minor(move.amount_minor, self.scheme.bank.payment_limit_minor)
        left = len(parts)

        def settled(part: Move, tx_id: int, at_ns: int) -> None:
            nonlocal left
            left -= 1
            if not left:
                then(part, tx_id, at_ns)

        for place, part_minor in enumerate(parts):
            self.make(move._replace(amount_minor=part_minor), now_ns, settled, *keys, place)

    def _try(self, move: Move, then: Then, keys: tuple[int, ...], attempt: int, now: int) -> None:
        scheme, named = self.scheme, (self.number, *keys, attempt)
        scheme.submit(
            scheme.wish(move, now, *named),
            partial(self._hear, move, then, keys, attempt),
            *named,
            stage=AGAIN.format(move.stage) if attempt else move.stage,
            role=move.role,
            hop=move.hop,
            tainted_share=0.0 if scheme.TWIN else move.tainted_share,
            parents=move.parents,
        )

    def _hear(
        self, move: Move, then: Then, keys: tuple[int, ...], attempt: int, answer: Answer
    ) -> None:
        scheme = self.scheme
        if accepted(answer):
            act: Act = partial(then, move, answer.tx_id)
            self.enter(scheme.react_ns(answer), act, "arrived", *keys, attempt)
            return
        wait_ns = scheme.wait_ns(*_TRY_AGAIN_NS, "again", self.number, *keys, attempt)
        warned = suspected(answer)
        act = partial(self._try_again, move, then, keys, attempt, warned)
        self.enter(scheme.react_ns(answer, 0 if warned else wait_ns), act, "again", *keys, attempt)

    def _try_again(
        self, move: Move, then: Then, keys: tuple[int, ...], attempt: int, warned: bool, now: int
    ) -> None:
        if warned:
            self.burnt.add(move.person)
        other = self.elsewhere(move) if warned else move
        if other is None or not self.tries_left:
            self.stopped = True
            then(move, NEVER, now)
            return
        self.tries_left -= 1
        self._try(other, then, keys, attempt + 1, now)


def share_minor(amount_minor: int, share: float, low: float, high: float) -> int:
    """Return a share of an amount, whole and still between two shares of it.

    Examples
    --------
    >>> share_minor(50_001, 0.97, 0.9, 0.97), share_minor(50_001, 0.9, 0.9, 0.97)
    (48500, 45001)
    """
    wanted = round(amount_minor * share)
    return min(max(wanted, int(np.ceil(amount_minor * low))), int(amount_minor * high))


def rounded_minor(amount_minor: float, step_minor: int, low_minor: int, high_minor: int) -> int:
    """Return an amount as a multiple of a step, where one lies between the ends.

    Examples
    --------
    >>> rounded_minor(123_456.7, 10_000, 75_000, 125_000), rounded_minor(103.2, 500, 60, 200)
    (120000, 103)
    """
    wanted = round(amount_minor / step_minor) * step_minor
    if low_minor <= wanted <= high_minor:
        return wanted
    return min(max(round(amount_minor), low_minor), high_minor)


def parts_minor(amount_minor: int, limit_minor: int) -> list[int]:
    """Cut an amount into as few nearly equal parts as a limit for one payment allows.

    Examples
    --------
    >>> parts_minor(1_000, 2_000), parts_minor(1_000, 400)
    ([1000], [334, 333, 333])
    """
    most_minor = max(1, int(limit_minor * _OF_LIMIT))
    count = -(-amount_minor // most_minor)
    each, left = divmod(amount_minor, count)
    return [each + (part < left) for part in range(count)]


def unit_minor(bank: Bank) -> int:
    """Return what one unit of the bank's own currency is [minor units]."""
    return int(10 ** exponent_of(bank.currencies[HOME]))


def lacks(bank: Bank, *ways: tuple[Party, Party]) -> str:
    """Say which of the ways of money a bank lacks, empty for none."""
    missing = [
        f"{debtor.name.lower()} to {creditor.name.lower()}"
        for debtor, creditor in ways
        if way(bank, debtor, creditor) is None
    ]
    return f"a route from {' and from '.join(missing)}" if missing else ""


def must(kind: int | None) -> int:
    """Return a route that `missing` has made sure of."""
    assert kind is not None, "checked by `missing`"
    return kind


def way_abroad(bank: Bank) -> int | None:
    """Return the route by which money leaves the country: the one that converts, if there is."""
    converting = [
        kind
        for kind, route in enumerate(bank.routes)
        if route.converts_to
        and not route.batch
        and route.currency == bank.currencies[HOME]
        and (route.debtor, route.creditor) == (Party.CUSTOMER, Party.OTHER_BANK)
    ]
    plain = way(bank, Party.CUSTOMER, Party.OTHER_BANK)
    return max(converting, key=lambda kind: bank.routes[kind].weight, default=plain)
