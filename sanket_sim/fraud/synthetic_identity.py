"""Synthetic identities: customers who do not exist, with a good history that ends in one week.

References
----------
Design page 7, row synthetic_identity: applications that share address, device or phone in rings of
3-10; they pass the identity check with p(S); 30-180 d of good history; limits are raised; a
bust-out of .9-1.6 of the limit within 1-5 d; then they are gone. The limit itself and p(S) are our
choice: no public source.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from sanket_sim.actors.actor import Answer, Fraudster, Twin
from sanket_sim.actors.laws import dirichlet
from sanket_sim.actors.routes import errand
from sanket_sim.actors.truth import STOPPED
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank
from sanket_sim.core.units import DAY_NS
from sanket_sim.fraud.newcomers import (
    AGAIN_NS,
    APPLICATION_GAP_NS,
    TRIES,
    Newcomers,
    expected_months,
    lacks,
)
from sanket_sim.fraud.plot import HEARD_LATE_NS, accepted, scaled, size, suspected, undecided

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

RING_FEWEST, RING_MOST = 3, 10
DAYS_LEAST, DAYS_MOST = 30, 180
_DAYS_OF_MONTH = 30
LIMIT_MINOR = (50_000, 200_000)
RAISED = 1.4
RAISES_MOST = 2
_PASSES = (0.35, 0.95)
_BUST_OUT = (0.9, 1.6)
_BUST_OUT_NS = (DAY_NS, 5 * DAY_NS)
_PARTS_FEWEST, _PARTS_MOST = 2, 4
_LOST_MOST = 0.5
"""When the bank has stopped more than this share of a ring, the others do no more either."""
_EVEN = 2.0


@typologies.register("synthetic_identity")
class SyntheticIdentity(Typology):
    """A ring of invented people who are good customers until they take all at once.

    Examples
    --------
    >>> asked = {"typology": "synthetic_identity", "identities": 4, "history_days": 60}
    >>> SyntheticIdentity.model_validate(asked).months_of(180)
    2
    """

    APPLIES: ClassVar[bool] = True

    typology: Literal["synthetic_identity"] = "synthetic_identity"
    identities: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Invented people, before `intensity`; by default drawn from 3 to 10."""
    history_days: Annotated[int, Field(ge=DAYS_LEAST, le=DAYS_MOST)] | None = None
    """Days of good behaviour, before `pace`; by default drawn from 30 to 180."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        longest_ns = (DAYS_LEAST + 5) * DAY_NS + _BUST_OUT_NS[1]
        return cls.paced(
            at, sophistication, room_ns, longest_ns, identities=RING_FEWEST, history_days=DAYS_LEAST
        )

    def send(self, city: City, campaign_id: int) -> Ring:
        """Put the ring into the city."""
        return Ring(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> Twin:
        """Send a family or a students' home, who share a device and use their credit."""
        from sanket_sim.fraud.synthetic_identity_twin import Home  # noqa: PLC0415  it uses us

        return Home(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return applications, history and bust-outs, if everybody passes and nobody is stopped."""
        ring = self.identities or (RING_FEWEST + RING_MOST) / 2
        months = [self._months(days) for days in range(DAYS_LEAST, DAYS_MOST + 1)]
        if self.history_days is not None:
            months = [self._months(self.history_days)]
        raises = errand(bank, "limit_raise") is not None
        each = [
            1 + expected_months(m) + raises * min(RAISES_MOST, m - 1) + _PARTS_FEWEST + _PARTS_MOST
            for m in months
        ]
        return scaled(ring, self.intensity) * sum(each) / len(each)

    def missing(self, bank: Bank) -> str:
        """Say whether people can become customers and borrow."""
        return lacks(bank)

    def months_of(self, drawn_days: int) -> int:
        """Return how many months of good history there are."""
        return self._months(self.history_days or drawn_days)

    @staticmethod
    def _months(days: int) -> int:
        return max(1, days // _DAYS_OF_MONTH)


class Ring(Newcomers, Fraudster):
    """Invents people, has them apply on one device, keeps them good, and takes what they can."""

    ROLE = "identity"
    LOAN = "history credit"

    def __init__(self, city: City, campaign_id: int, campaign: SyntheticIdentity) -> None:
        super().__init__(city, campaign_id, campaign)
        grade = campaign.sophistication
        count = scaled(size(self, campaign.identities, RING_FEWEST, RING_MOST), campaign.intensity)
        self.passing = _PASSES[0] + (_PASSES[1] - _PASSES[0]) * grade
        self.months = campaign.months_of(self.whole(DAYS_LEAST, DAYS_MOST, "days"))
        self.raises = min(RAISES_MOST, self.months - 1)
        self.limit_minor = round(self.between(*LIMIT_MINOR, "limit"))
        self.members = self.gather(count, 1.0 - 0.5 * grade)
        self.last_limit_minor = round(self.limit_minor * RAISED**self.raises)
        self.open_parts: dict[int, int] = {}
        self._specify()

    def passes(self, who: int, attempt: int) -> bool:
        """Pass with a probability that grows with sophistication, each document anew."""
        return self.u("document", who, attempt) < self.passing

    def crown(self, who: int, now_ns: int) -> None:
        """Bust out: draw more than the limit in a few days, and spend it."""
        parts = self.whole(_PARTS_FEWEST, _PARTS_MOST, "parts", who)
        us = [self.u("part", who, part) for part in range(parts)]
        total = self.last_limit_minor * self.between(*_BUST_OUT, "bust_out", who)
        least, most = (self.last_limit_minor * end for end in _BUST_OUT)
        ends = np.rint(np.cumsum(dirichlet(us, _EVEN)) * min(max(total, least + 1), most - 1))
        span_ns = self.wait_ns(*_BUST_OUT_NS, "span", who)
        self.open_parts[who] = parts
        for part, minor in enumerate(np.diff(ends.astype(np.int64), prepend=0).tolist()):
            at_ns = now_ns + span_ns * part // (parts - 1)
            act = partial(self._take, who, part, max(1, minor), 0)
            self.enter(at_ns, act, "take", who, part)

    def _take(self, who: int, part: int, minor: int, attempt: int, now_ns: int) -> None:
        if who not in self.left:
            return
        stage = "bust_out again" if attempt else "bust_out"
        ordinal = self.months + part + attempt * _PARTS_MOST
        hearing = partial(self._hear_taken, who, part, minor, attempt)
        self.draw(who, ordinal, minor, stage, 1.0, hearing, now_ns)

    def _hear_taken(self, who: int, part: int, minor: int, attempt: int, answer: Answer) -> None:
        if undecided(answer) and attempt == 0:
            self.note(answer, partial(self._take, who, part, minor, 1), "again", who, part)
        elif suspected(answer):
            self.note(answer, partial(self._burn, who), "burnt", who, part)
        else:
            counted = partial(self._count, who, refused=not accepted(answer))
            self.note(answer, counted, "taken", who, part)

    def _count(self, who: int, now_ns: int, *, refused: bool) -> None:
        """Disappear after the last part."""
        self.gave_up += refused
        self.open_parts[who] -= 1
        if self.open_parts[who] == 0:
            self.end(who, now_ns)

    def _burn(self, who: int, now_ns: int) -> None:
        """Drop an identity that the bank suspects; drop all when it has found too many."""
        self.end(who, now_ns, stopped=True)
        if self.gave_up > _LOST_MOST * len(self.members) and self.left:
            self.left.clear()
            self.finish(now_ns, STOPPED)

    def _specify(self) -> None:
        count, pace = len(self.members), self.campaign.pace
        floor_ns = self.city.shortest_reaction_ns + HEARD_LATE_NS
        if not count:
            return
        self.specify("application", "rows", count, count)
        self.specify("application", "device_people", count, count)
        self.specify("limit_raise", "person_rows", 0, self.raises)
        day_ns = DAY_NS * pace
        before_ns = count * (APPLICATION_GAP_NS[1] + TRIES * AGAIN_NS[1]) * pace
        most_ns = self.months * _DAYS_OF_MONTH * day_ns + before_ns + 2 * count * floor_ns
        self.specify("history", "span_ns", (self.months - 1) * _DAYS_OF_MONTH * day_ns, most_ns)
        least, most = (end * self.last_limit_minor for end in _BUST_OUT)
        self.specify("bust_out", "person_total_minor", least - 1, most + 1)
        self.specify("bust_out", "person_rows", _PARTS_FEWEST, _PARTS_MOST)
        self.specify("bust_out", "person_gap_ns", 0, _BUST_OUT_NS[1] * pace + floor_ns)
