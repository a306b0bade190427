"""Smurfing: many people pay in small amounts of cash and send them on to one who wires them out.

The twin is a club: members pay in what they took at its stalls and send it, less what they spent
for it, to the treasurer, who pays for the hall.

References
----------
Design page 7, row smurfing: 4-15 people, 1-4 deposits of .5-3 k each within two hours, forwarded
less a fee of 3-10 % after 1-6 h; 85-95 % of it leaves the bank; the sophisticated stagger days.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Fraudster, Twin
from sanket_sim.actors.laws import truncated_lognormal
from sanket_sim.actors.routes import way
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank, Party
from sanket_sim.core.units import DAY_NS, HOUR_NS
from sanket_sim.fraud.cash import round_minor
from sanket_sim.fraud.flows import (
    FIRST_STEP_NS,
    NEVER,
    Move,
    Scheme,
    Story,
    lacks,
    must,
    share_minor,
    unit_minor,
)
from sanket_sim.fraud.plot import scaled

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_PEOPLE_FEWEST, _PEOPLE_MOST = 4, 15
_DEPOSITS_FEWEST, _DEPOSITS_MOST = 1, 4
_SMALL_DEPOSITS = 2
_AMOUNT_UNITS = (500, 3_000)
_AMOUNT_MEDIAN, _AMOUNT_SIGMA = 1_250.0, 0.55
_WINDOW_NS = 2 * HOUR_NS
_STAGGERED_FROM = 0.5
_STAGGER_NS = 3 * DAY_NS
_FORWARD_NS = (HOUR_NS, 6 * HOUR_NS)
_FORWARDED = (0.90, 0.97)
_OUT_NS = (HOUR_NS, 12 * HOUR_NS)
_OUT = (0.85, 0.95)
_SUSPICIONS_BORNE = 2
_TWIN_AMOUNT_UNITS = (300, 3_500)
_TWIN_FORWARDED = (0.88, 1.0)
_TWIN_OUT = (0.8, 0.98)


@typologies.register("smurfing")
class Smurfing(Typology):
    """A crowd with a little cash each, and a collector.

    Examples
    --------
    >>> Smurfing.model_validate({"typology": "smurfing", "at": "1h", "smurfs": 6}).deposits_most
    4
    """

    typology: Literal["smurfing"] = "smurfing"
    smurfs: Annotated[int, Field(ge=4, le=15)] | None = None
    """People who pay in; by default drawn from 4 to 15."""
    deposits_most: Annotated[int, Field(ge=1, le=4)] = _DEPOSITS_MOST
    """Most deposits of one of them."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        steps_ns = FIRST_STEP_NS + _STAGGER_NS + _WINDOW_NS + _FORWARD_NS[1] + _OUT_NS[1]
        return cls.paced(
            at,
            sophistication,
            room_ns,
            steps_ns,
            smurfs=_PEOPLE_FEWEST,
            deposits_most=_SMALL_DEPOSITS,
        )

    def send(self, city: City, campaign_id: int) -> Collector:
        """Put the collector into the city."""
        return Collector(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> Treasurer:
        """Put a club's treasurer into the city."""
        return Treasurer(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return deposits, what is forwarded and the wire, if nothing is refused."""
        del bank  # every bank that takes cash sees the same campaign
        smurfs = self.smurfs or (_PEOPLE_FEWEST + _PEOPLE_MOST) / 2
        each = (_DEPOSITS_FEWEST + self.deposits_most) / 2 + 1
        return scaled(1, self.intensity) * (smurfs * each + 1)

    def missing(self, bank: Bank) -> str:
        """Say whether cash can come in, go from one to another and leave the bank."""
        pairs = ((Party.CASH, Party.CUSTOMER), (Party.CUSTOMER, Party.CUSTOMER))
        return lacks(bank, *pairs, (Party.CUSTOMER, Party.OTHER_BANK))


class Crowd(Story):
    """Many who pay in and send on, and one who pays out.

    A member whose account is burnt drops out; after two of them nobody pays in any more, and what
    has arrived goes out.
    """

    forwarded, out = _FORWARDED, _OUT
    member, head = "smurf", "collector"
    more_members = 0

    def __init__(self, scheme: Collector | Treasurer, number: int) -> None:
        super().__init__(scheme, number)
        bank, campaign = scheme.bank, scheme.campaign
        self.deposit = must(way(bank, Party.CASH, Party.CUSTOMER))
        self.transfer = must(way(bank, Party.CUSTOMER, Party.CUSTOMER))
        self.wire = must(way(bank, Party.CUSTOMER, Party.OTHER_BANK))
        drawn = scheme.size(_PEOPLE_FEWEST, _PEOPLE_MOST, "people", number)
        count = (campaign.smurfs or drawn) + self.more_members
        self.collector, *self.members = scheme.people(count + 1, "member", number)
        most = campaign.deposits_most
        self.planned = [
            scheme.size(_DEPOSITS_FEWEST, most, "deposits", number, place) for place in range(count)
        ]
        self.outstanding = list(self.planned)
        """Deposits of each member that are still to come."""
        self.paid_in_minor: list[dict[int, int]] = [{} for _ in self.members]
        self.collected_minor: dict[int, int] = {}
        self.open_members = count

    def amount_minor(self, place: int, deposit: int) -> int:
        """Return what a member pays in at a time."""
        return _small_minor(self, _AMOUNT_UNITS, place, deposit)

    def staggers(self) -> bool:
        """Say whether everybody comes on a day of his own."""
        return self.scheme.campaign.sophistication >= _STAGGERED_FROM

    def begin(self, now_ns: int) -> None:
        """Let everybody come, the first at once."""
        for place, count in enumerate(self.planned):
            at_ns = now_ns
            if self.staggers() and place:
                at_ns = self.time_ns(now_ns, (0, _STAGGER_NS), "day", place)
            for deposit in range(count):
                due_ns = at_ns
                if place or deposit:
                    due_ns = self.time_ns(at_ns, (0, _WINDOW_NS), "deposit", place, deposit)
                self.enter(due_ns, partial(self._pay_in, place, deposit), "deposit", place, deposit)

    def _pay_in(self, place: int, deposit: int, now_ns: int) -> None:
        amount_minor = self.amount_minor(place, deposit)
        person = self.members[place]
        move = Move(self.deposit, person, amount_minor, "deposit", self.member, world=Party.CASH)
        then = partial(self._paid_in, place)
        if person in self.burnt or len(self.burnt) >= _SUSPICIONS_BORNE:
            then(move, NEVER, now_ns)
        else:
            self.make(move, now_ns, then, place, deposit)

    def _paid_in(self, place: int, move: Move, tx_id: int, now_ns: int) -> None:
        self.outstanding[place] -= 1
        if tx_id != NEVER:
            self.paid_in_minor[place][tx_id] = move.amount_minor
        if self.outstanding[place]:
            return
        if self.paid_in_minor[place] and self.members[place] not in self.burnt:
            at_ns = self.time_ns(now_ns, _FORWARD_NS, "forward", place)
            self.enter(at_ns, partial(self._forward, place), "forward", place)
        else:
            self._member_done(now_ns)

    def _forward(self, place: int, now_ns: int) -> None:
        parents = self.paid_in_minor[place]
        share = self.between(*self.forwarded, "forwarded", place)
        move = Move(
            self.transfer,
            self.members[place],
            _neat_share(self, sum(parents.values()), share, self.forwarded, place),
            "forward",
            self.member,
            self.scheme.account(self.collector),
            hop=1,
            parents=tuple(parents),
        )
        self.make(move, now_ns, self._forwarded, place)

    def _forwarded(self, move: Move, tx_id: int, now_ns: int) -> None:
        if tx_id != NEVER:
            self.collected_minor[tx_id] = move.amount_minor
        self._member_done(now_ns)

    def _member_done(self, now_ns: int) -> None:
        self.open_members -= 1
        if self.open_members:
            return
        if self.collected_minor:
            self.enter(self.time_ns(now_ns, _OUT_NS, "out"), self._pay_out, "out")
        else:
            self.over(now_ns)

    def _pay_out(self, now_ns: int) -> None:
        collected_minor = sum(self.collected_minor.values())
        share = self.between(*self.out, "out_share")
        move = Move(
            self.wire,
            self.collector,
            _neat_share(self, collected_minor, share, self.out, len(self.members)),
            "out",
            self.head,
            self.scheme.sink(self.wire, self.collector),
            hop=2,
            parents=tuple(self.collected_minor),
        )
        self.make_in_parts(move, now_ns, self._paid_out)

    def _paid_out(self, move: Move, tx_id: int, now_ns: int) -> None:
        del move, tx_id  # arrived or not, there is nothing more to do
        self.over(now_ns)


class Club(Crowd):
    """Members, their cash box and the hall that has to be paid."""

    forwarded, out = _TWIN_FORWARDED, _TWIN_OUT
    member, head = "member", "treasurer"
    more_members = 1

    def amount_minor(self, place: int, deposit: int) -> int:
        """Return what a stall has taken."""
        return _small_minor(self, _TWIN_AMOUNT_UNITS, place, deposit)

    def staggers(self) -> bool:
        """Members come when it suits them."""
        return True


class Collector(Scheme, Fraudster):
    """Has others pay in, and wires out what they send."""

    campaign: Smurfing

    def story(self, number: int) -> Crowd:
        """Return one crowd."""
        return Crowd(self, number)

    def bound(self) -> None:
        """State the bounds of the design's table."""
        stories, unit = self.stories, unit_minor(self.bank)
        fewest, most = _PEOPLE_FEWEST * stories, _PEOPLE_MOST * stories
        self.specify("deposit", "amount_minor", *(end * unit for end in _AMOUNT_UNITS))
        self.specify("deposit", "people", _PEOPLE_FEWEST, most)
        self.specify("deposit", "rows", fewest, most * self.campaign.deposits_most)
        self.specify("deposit", "person_rows", 1, self.campaign.deposits_most * stories)
        self.specify("forward", "forwarded_share", *_FORWARDED)
        self.specify("forward", "rows", fewest, most)
        self.specify_wait("forward", _FORWARD_NS[0], _FORWARD_NS[1])
        self.specify("out", "forwarded_share", *_OUT)
        meeting_ns = _STAGGER_NS + _WINDOW_NS + _FORWARD_NS[1]
        self.specify_wait("out", _OUT_NS[0], _OUT_NS[1] + meeting_ns)
        if stories == 1:
            window_ns = _WINDOW_NS * self.campaign.pace + 1
            staggered = self.campaign.sophistication >= _STAGGERED_FROM
            self.specify("deposit", "person_gap_ns" if staggered else "span_ns", 0, window_ns)


class Treasurer(Scheme, Twin):
    """Collects what a club's members have taken, and pays its bills."""

    TWIN = "club dues"
    campaign: Smurfing

    def story(self, number: int) -> Club:
        """Return one event of the club."""
        return Club(self, number)


def _small_minor(story: Story, ends_units: tuple[int, int], *keys: int) -> int:
    low, high = (end * story.unit_minor for end in ends_units)
    median_minor = _AMOUNT_MEDIAN * story.unit_minor
    wanted = truncated_lognormal(story.u("amount", *keys), median_minor, _AMOUNT_SIGMA, low, high)
    return round_minor(story, wanted, low, high, *keys)


def _neat_share(
    story: Story, amount_minor: int, share: float, ends: tuple[float, float], place: int
) -> int:
    """Return a share of an amount, every other time neat where the ends leave room for that."""
    low, high = (share_minor(amount_minor, end, *ends) for end in ends)
    wanted = share_minor(amount_minor, share, *ends)
    return round_minor(story, wanted, low, high, place, _DEPOSITS_MOST)
