"""U-turn: money goes out through a few hands and comes back to where it began.

The twin is a circle of friends who lend one another what each of them needs for a while.

References
----------
Design page 7, row u_turn: 3-15 k through 2-5 intermediaries, 70-90 % come back after days to weeks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Fraudster, Twin
from sanket_sim.actors.laws import dirichlet, truncated_lognormal
from sanket_sim.actors.routes import way
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank, Party
from sanket_sim.core.units import HOUR_NS
from sanket_sim.fraud.cash import round_minor
from sanket_sim.fraud.flows import (
    FIRST_STEP_NS,
    NEVER,
    Move,
    Scheme,
    Story,
    lacks,
    must,
    unit_minor,
)
from sanket_sim.fraud.plot import scaled

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_HANDS_FEWEST, _HANDS_MOST = 2, 5
_AMOUNT_UNITS = (3_000, 15_000)
_BACK = (0.7, 0.9)
_KEPT_CONCENTRATION = 2.0
_CRUDE_HOP_NS = (12 * HOUR_NS, 36 * HOUR_NS)
_PATIENT_HOP_NS = (12 * HOUR_NS, 72 * HOUR_NS)
_TWIN_AMOUNT_UNITS = (2_000, 16_000)
_TWIN_MEDIAN, _TWIN_SIGMA = 8_000.0, 0.6
_TWIN_BACK = (0.65, 1.0)


@typologies.register("u_turn")
class UTurn(Typology):
    """Money of somebody who wants it to look as if others had paid it to him.

    Examples
    --------
    >>> UTurn.model_validate({"typology": "u_turn", "at": "1h", "hands": 3}).hands
    3
    """

    typology: Literal["u_turn"] = "u_turn"
    hands: Annotated[int, Field(ge=2, le=5)] | None = None
    """Intermediaries; by default drawn from 2 to 5."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        longest_ns = FIRST_STEP_NS + _HANDS_MOST * _PATIENT_HOP_NS[1]
        return cls.paced(at, sophistication, room_ns, longest_ns)

    def send(self, city: City, campaign_id: int) -> RoundTripper:
        """Put the owner of the money into the city."""
        return RoundTripper(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> Lender:
        """Put somebody into the city who helps friends out."""
        return Lender(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return the transfers of the way out and back, if none is refused."""
        del bank  # every bank with transfers sees the same campaign
        hands = self.hands or (_HANDS_FEWEST + _HANDS_MOST) / 2
        return scaled(1, self.intensity) * (hands + 1)

    def missing(self, bank: Bank) -> str:
        """Say whether customers can pay one another."""
        return lacks(bank, (Party.CUSTOMER, Party.CUSTOMER))


class Circle(Story):
    """Money that passes from hand to hand, each of which keeps a little, until it is back.

    Whoever is refused as suspicious ends it; the money stays with him.
    """

    back = _BACK
    owner, hand = "owner", "intermediary"
    more_hands = 0

    def __init__(self, scheme: RoundTripper | Lender, number: int) -> None:
        super().__init__(scheme, number)
        self.transfer = must(way(scheme.bank, Party.CUSTOMER, Party.CUSTOMER))
        drawn = scheme.size(_HANDS_FEWEST, _HANDS_MOST, "hands", number)
        hands = (scheme.campaign.hands or drawn) + self.more_hands
        wanted_minor, low_minor = self.wanted_minor()
        people, amount_minor = scheme.people_with(wanted_minor, hands + 1, "hand", number)
        self.people = [*people, people[0]]
        self.amount_minor = max(amount_minor, low_minor)
        shares = dirichlet([self.u("kept", place) for place in range(hands)], _KEPT_CONCENTRATION)
        back = self.between(*self.back, "back")
        self.passed = [back**share for share in shares.tolist()]

    def wanted_minor(self) -> tuple[int, int]:
        """Return what is to be sent out, and the least that is worth while."""
        low, high = (end * self.unit_minor for end in _AMOUNT_UNITS)
        return round_minor(self, self.between(low, high, "amount"), low, high), low

    def begin(self, now_ns: int) -> None:
        """Send the money out."""
        self._pass_on(0, self.amount_minor, (), now_ns)

    def _pass_on(self, hop: int, amount_minor: int, parents: tuple[int, ...], now_ns: int) -> None:
        stage = "out" if hop == 0 else "back" if hop + 2 == len(self.people) else "between"
        move = Move(
            self.transfer,
            self.people[hop],
            amount_minor,
            stage,
            self.hand if hop else self.owner,
            self.scheme.account(self.people[hop + 1]),
            hop=hop,
            parents=parents,
        )
        self.make(move, now_ns, self._arrived, hop)

    def _arrived(self, move: Move, tx_id: int, now_ns: int) -> None:
        hop = move.hop + 1
        if tx_id == NEVER or hop + 1 == len(self.people):
            self.over(now_ns)
            return
        next_minor = self._next_minor(hop, move.amount_minor)
        at_ns = self.time_ns(now_ns, hop_ns(self.scheme), "hop", hop)
        self.enter(at_ns, partial(self._pass_on, hop, next_minor, (tx_id,)), "hop", hop)

    def _next_minor(self, hop: int, amount_minor: int) -> int:
        """Return what goes on; the last hand makes sure that enough of the whole comes back."""
        wanted = amount_minor * self.passed[hop - 1]
        low, high = (int(self.amount_minor * end) for end in self.back)
        low = min(low + 1, amount_minor)
        if hop + 2 < len(self.people):
            return round_minor(self, wanted, low, amount_minor, hop)
        return round_minor(self, wanted, low, min(high, amount_minor), hop)


class Loans(Circle):
    """The same money helps one friend after the other."""

    back = _TWIN_BACK
    owner, hand = "lender", "friend"
    more_hands = 1

    def wanted_minor(self) -> tuple[int, int]:
        """Return what the first friend needs."""
        low, high = (end * self.unit_minor for end in _TWIN_AMOUNT_UNITS)
        median_minor = _TWIN_MEDIAN * self.unit_minor
        wanted = truncated_lognormal(self.u("amount"), median_minor, _TWIN_SIGMA, low, high)
        return round_minor(self, wanted, low, high), low


class RoundTripper(Scheme, Fraudster):
    """Sends money out so that it comes back as somebody else's."""

    campaign: UTurn

    def story(self, number: int) -> Circle:
        """Return one way out and back."""
        circle = Circle(self, number)
        if self.stories == 1:
            ends = (circle.amount_minor * end for end in _BACK)
            self.specify("back", "amount_minor", *ends)
        return circle

    def bound(self) -> None:
        """State the bounds of the design's table."""
        unit, stories = unit_minor(self.bank), self.stories
        low_minor, high_minor = (end * unit for end in _AMOUNT_UNITS)
        self.specify("out", "amount_minor", low_minor, high_minor)
        self.specify("out", "rows", stories, stories)
        self.specify("back", "rows", stories, stories)
        if stories == 1:
            self.specify("", "people", _HANDS_FEWEST + 1, _HANDS_MOST + 1)
            self.specify("", "hop", 0, _HANDS_MOST)
        for stage in ("between", "back"):
            self.specify(stage, "forwarded_share", _BACK[0], 1.0)
            self.specify_wait(stage, *hop_ns(self))


class Lender(Scheme, Twin):
    """Lends friends money, who lend it on before it comes back."""

    TWIN = "loan among friends"
    campaign: UTurn

    def story(self, number: int) -> Loans:
        """Return one loan."""
        return Loans(self, number)


def hop_ns(scheme: Scheme) -> tuple[int, int]:
    """Return how long money stays with a hand."""
    return scheme.graded_ns(_CRUDE_HOP_NS, _PATIENT_HOP_NS)
