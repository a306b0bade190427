"""Structuring: cash paid in just under the amount that is reported, then brought together.

The twin is the owner of a few shops who takes the takings to the bank and pays a supplier.

References
----------
Design page 7, row structuring: 3-20 deposits of T * Beta(18, 2) in [.75, .99] T, together 1.5 to 5
T, over 1-3 accounts or branches within an hour to seven days; then one consolidating transfer,
here from each of the accounts to the same collector. Three deposits are 2.25 T at least: where less
was drawn, it is three deposits as they come.
31 U.S.C. 5324 makes it an offence of its own, T being 10,000 dollars there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Fraudster, Twin
from sanket_sim.actors.routes import way
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank, Party
from sanket_sim.bank.places import PLACES
from sanket_sim.core.units import DAY_NS, HOUR_NS
from sanket_sim.fraud.cash import (
    JUST_UNDER,
    STRUCTURED_FEWEST,
    STRUCTURED_MOST,
    CashStory,
    just_under_minor,
    structured_share,
    takings_minor,
)
from sanket_sim.fraud.flows import FIRST_STEP_NS, Move, Scheme, lacks, must, share_minor, unit_minor
from sanket_sim.fraud.plot import scaled

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_ACCOUNTS_FEWEST, _ACCOUNTS_MOST = 1, 3
_TOTAL = (1.5, 5.0)
_DEPOSITS_MEAN = 3.91
"""The total, U(1.5, 5) T, in deposits of .88 T on average, at least three."""
_SPAN_NS = (HOUR_NS, 7 * DAY_NS)
_CRUDE_SPAN_NS = (HOUR_NS, 12 * HOUR_NS)
_PATIENT_SPAN_NS = (DAY_NS, 7 * DAY_NS)
_TOGETHER_NS = (2 * HOUR_NS, 48 * HOUR_NS)
_TOGETHER = (0.9, 0.99)
_TWIN_TOTAL = (2.0, 5.5)
_TWIN_PAYS = (0.85, 0.99)


@typologies.register("structuring")
class Structuring(Typology):
    """Cash of crimes that is to reach the bank without a report.

    Examples
    --------
    >>> Structuring.model_validate({"typology": "structuring", "at": "1h"}).threshold
    10000
    """

    typology: Literal["structuring"] = "structuring"
    threshold: Annotated[int, Field(ge=100, le=10**9)] = 10_000
    """From so much cash on the bank must report it [units of the bank's currency]."""
    accounts: Annotated[int, Field(ge=1, le=3)] | None = None
    """Accounts that the cash is spread over; by default drawn from 1 to 3."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        longest_ns = FIRST_STEP_NS + _SPAN_NS[1] + _TOGETHER_NS[1]
        return cls.paced(at, sophistication, room_ns, longest_ns)

    def send(self, city: City, campaign_id: int) -> Structurer:
        """Put whoever has the cash into the city."""
        return Structurer(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> ShopOwner:
        """Put an owner of shops into the city."""
        return ShopOwner(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return deposits and transfers, if none is refused."""
        del bank  # every bank that takes cash sees the same campaign
        accounts = self.accounts or (_ACCOUNTS_FEWEST + _ACCOUNTS_MOST) / 2
        return scaled(1, self.intensity) * (_DEPOSITS_MEAN + accounts)

    def missing(self, bank: Bank) -> str:
        """Say whether customers can pay in cash and pay one another."""
        return lacks(bank, (Party.CASH, Party.CUSTOMER), (Party.CUSTOMER, Party.CUSTOMER))


class Hoard(CashStory):
    """Cash that comes into some accounts, most of which then goes on to one other account."""

    stage = "consolidation"
    passed_on: tuple[float, float] = _TOGETHER

    def __init__(self, scheme: Scheme, number: int, accounts: int, threshold: int) -> None:
        super().__init__(scheme, number, accounts + 1)
        self.collector = self.holders.pop()
        self.threshold_minor = threshold * self.unit_minor
        self.transfer = must(way(scheme.bank, Party.CUSTOMER, Party.CUSTOMER))

    def goal_minor(self, low: float, high: float) -> float:
        """Return how much there is, between two multiples of the threshold."""
        extent = self.scheme.extent("total", self.number)
        return (low + (high - low) * extent) * self.threshold_minor

    def paid_in(self, now_ns: int) -> None:
        """Bring together what has arrived, account by account."""
        senders = [holder for holder in self.arrived_minor if holder not in self.burnt]
        self.outstanding = len(senders)
        for sender in senders:
            at_ns = self.time_ns(now_ns, _TOGETHER_NS, "together", sender)
            self.enter(at_ns, partial(self._send, sender), "together", sender)
        if not senders:
            self.over(now_ns)

    def _send(self, sender: int, now_ns: int) -> None:
        parents = self.arrived_minor[sender]
        share = self.between(*self.passed_on, "share", sender)
        move = Move(
            self.transfer,
            sender,
            share_minor(sum(parents.values()), share, *self.passed_on),
            self.stage,
            self.role,
            self.scheme.account(self.collector),
            hop=1,
            parents=tuple(parents),
        )
        self.make_in_parts(move, now_ns, self._sent, sender)

    def _sent(self, move: Move, tx_id: int, now_ns: int) -> None:
        del move, tx_id  # it stays where it is, arrived or not
        self.outstanding -= 1
        if not self.outstanding:
            self.over(now_ns)


class StructuredHoard(Hoard):
    """The same just under the threshold; the crude go from branch to branch for it."""

    role = "holder"

    @property
    def span_ns(self) -> tuple[int, int]:
        """Shortest and longest time from the first deposit to the last, before `pace` [ns]."""
        return self.scheme.graded_ns(_CRUDE_SPAN_NS, _PATIENT_SPAN_NS)

    def amounts_minor(self) -> list[int]:
        """Return deposits that are together what there was to bring."""
        goal = self.goal_minor(*_TOTAL) / self.threshold_minor
        shares: list[float] = []
        while len(shares) < STRUCTURED_FEWEST or sum(shares) < goal:
            shares.append(structured_share(self, len(shares)))
        if goal >= STRUCTURED_FEWEST * JUST_UNDER[0]:
            shares = amounting_to(goal, shares)
        counted = [
            just_under_minor(self, share, self.threshold_minor, deposit)
            for deposit, share in enumerate(shares)
        ]
        if sum(counted) <= _TOTAL[1] * self.threshold_minor:
            return counted
        return [int(share * self.threshold_minor) for share in shares]

    def branch(self, deposit: int) -> int | None:
        """Return a branch anywhere in the country for the crude."""
        return (
            None if self.scheme.patient else self.whole(1, len(PLACES) - 1, "branch", deposit % 3)
        )


class ShopTakings(Hoard):
    """Bags of takings, and the supplier's bill."""

    role, stage = "owner", "payment"
    span_ns = _PATIENT_SPAN_NS
    passed_on = _TWIN_PAYS

    def amounts_minor(self) -> list[int]:
        """Return bags until the bill can be paid."""
        goal_minor = self.goal_minor(*_TWIN_TOTAL)
        amounts: list[int] = []
        while len(amounts) < STRUCTURED_FEWEST or sum(amounts) < goal_minor:
            amounts.append(takings_minor(self, self.threshold_minor, len(amounts)))
        return amounts


class Structurer(Scheme, Fraudster):
    """Has cash paid in, by himself and by those who lend him their accounts."""

    campaign: Structuring

    def story(self, number: int) -> StructuredHoard:
        """Return one hoard of cash."""
        return StructuredHoard(self, number, accounts(self, number), self.campaign.threshold)

    def bound(self) -> None:
        """State the bounds of the design's table."""
        stories, pace = self.stories, self.campaign.pace
        threshold_minor = self.campaign.threshold * unit_minor(self.bank)
        ends = (round(threshold_minor * end) for end in JUST_UNDER)
        self.specify("deposit", "amount_minor", *ends)
        self.specify("deposit", "rows", STRUCTURED_FEWEST * stories, STRUCTURED_MOST * stories)
        totals = (stories * end * threshold_minor for end in _TOTAL)
        self.specify("deposit", "total_minor", *totals)
        apart_ns = FIRST_STEP_NS if stories > 1 else 0
        span_ns = _SPAN_NS[0] * pace - 1, (_SPAN_NS[1] + apart_ns) * pace + 1
        self.specify("deposit", "span_ns", *span_ns)
        self.specify("deposit", "people", 1, _ACCOUNTS_MOST * stories)
        self.specify("consolidation", "forwarded_share", *_TOGETHER)
        self.specify_wait("consolidation", _TOGETHER_NS[0], _TOGETHER_NS[1] + _SPAN_NS[1])


class ShopOwner(Scheme, Twin):
    """Owns one to three shops whose customers pay in cash."""

    TWIN = "cash takings"
    campaign: Structuring

    def story(self, number: int) -> ShopTakings:
        """Return the takings of some days."""
        return ShopTakings(self, number, accounts(self, number), self.campaign.threshold)


def amounting_to(goal: float, shares: list[float]) -> list[float]:
    """Return deposits of a given sum, moved towards the nearer end of what is just under.

    The last one is left out where that brings them nearer. Sums that no number of deposits has,
    such as 2.98 T, are missed by a hundredth of T or two.

    Examples
    --------
    >>> [round(share, 3) for share in amounting_to(2.8, [0.9, 0.92, 0.95, 0.88])]
    [0.913, 0.93, 0.956]
    """
    low, high = JUST_UNDER
    choices = [shares[:count] for count in {max(STRUCTURED_FEWEST, len(shares) - 1), len(shares)}]

    def misses(some: list[float]) -> tuple[float, float]:
        reached = min(max(goal, low * len(some)), high * len(some))
        return abs(reached - goal), abs(sum(some) - goal)

    chosen = min(choices, key=misses)
    total = sum(chosen)
    end = high if total < goal else low
    moved = min(1.0, (goal - total) / (end * len(chosen) - total)) if goal != total else 0.0
    return [share + moved * (end - share) for share in chosen]


def accounts(scheme: Structurer | ShopOwner, number: int) -> int:
    """Return over how many accounts the cash of a story is spread."""
    drawn = scheme.size(_ACCOUNTS_FEWEST, _ACCOUNTS_MOST, "accounts", number)
    return scheme.campaign.accounts or drawn
