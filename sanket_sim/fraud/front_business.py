"""Front business: a firm that pays in more cash than it takes, and pays suppliers who sell nothing.

The twin is a firm like it, with customers and suppliers.

References
----------
Design page 7, row front_business: cycles of 5-15 k in cash over days to weeks.
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
    share_minor,
    unit_minor,
)
from sanket_sim.fraud.plot import scaled

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_CYCLES_FEWEST, _CYCLES_MOST = 3, 8
_SUPPLIERS_FEWEST, _SUPPLIERS_MOST = 1, 3
_AMOUNT_UNITS = (5_000, 15_000)
_GAP_NS = (12 * HOUR_NS, 48 * HOUR_NS)
_PAID_NS = (2 * HOUR_NS, 36 * HOUR_NS)
_PAID = (0.6, 0.95)
_TAINTED = (0.5, 0.95)
_SUSPICIONS_BORNE = 2
_TWIN_AMOUNT_UNITS = (4_000, 17_000)
_TWIN_MEDIAN, _TWIN_SIGMA = 9_300.0, 0.42
_TWIN_PAID = (0.5, 0.97)


@typologies.register("front_business")
class FrontBusiness(Typology):
    """A firm with a little trade of its own through which somebody's cash goes.

    Examples
    --------
    >>> FrontBusiness.model_validate({"typology": "front_business", "at": "1h"}).cycles is None
    True
    """

    typology: Literal["front_business"] = "front_business"
    cycles: Annotated[int, Field(ge=3, le=8)] | None = None
    """How often cash comes in and money goes out; by default drawn from 3 to 8."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        longest_ns = FIRST_STEP_NS + _CYCLES_MOST * _GAP_NS[1] + _PAID_NS[1]
        return cls.paced(at, sophistication, room_ns, longest_ns)

    def send(self, city: City, campaign_id: int) -> FrontMan:
        """Put the owner of the front into the city."""
        return FrontMan(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> Trader:
        """Put the owner of an honest firm into the city."""
        return Trader(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return deposits and payments, if none is refused."""
        del bank  # every bank that takes cash sees the same campaign
        cycles = self.cycles or (_CYCLES_FEWEST + _CYCLES_MOST) / 2
        return scaled(1, self.intensity) * 2 * cycles

    def missing(self, bank: Bank) -> str:
        """Say whether customers can pay in cash and pay one another."""
        return lacks(bank, (Party.CASH, Party.CUSTOMER), (Party.CUSTOMER, Party.CUSTOMER))


class Firm(Story):
    """Cash in, suppliers paid from it, cycle after cycle.

    A firm that is refused as suspicious waits for the next cycle; the second time it gives up.
    """

    paid, tainted = _PAID, _TAINTED
    owner = "front"
    more_cycles = 0

    def __init__(self, scheme: FrontMan | Trader, number: int) -> None:
        super().__init__(scheme, number)
        self.deposit = must(way(scheme.bank, Party.CASH, Party.CUSTOMER))
        self.transfer = must(way(scheme.bank, Party.CUSTOMER, Party.CUSTOMER))
        cycles = scheme.campaign.cycles
        drawn = scheme.size(_CYCLES_FEWEST, _CYCLES_MOST, "cycles", number)
        self.cycles = (cycles or drawn) + self.more_cycles
        suppliers = self.whole(_SUPPLIERS_FEWEST, _SUPPLIERS_MOST, "suppliers")
        self.firm, *self.suppliers = scheme.people(suppliers + 1, "firm", number)
        self.open_cycles = self.cycles
        self.suspicions = 0

    def takings_minor(self, cycle: int) -> int:
        """Return the cash of a cycle: whatever is there."""
        low, high = (end * self.unit_minor for end in _AMOUNT_UNITS)
        return round_minor(self, self.between(low, high, "amount", cycle), low, high, cycle)

    def begin(self, now_ns: int) -> None:
        """Pay in the first cash."""
        self._pay_in(0, now_ns)

    def _pay_in(self, cycle: int, now_ns: int) -> None:
        if self.suspicions >= _SUSPICIONS_BORNE:
            self.open_cycles -= self.cycles - cycle
            self._end_if_done(now_ns)
            return
        share = self.between(*self.tainted, "tainted", cycle)
        move = Move(
            self.deposit,
            self.firm,
            self.takings_minor(cycle),
            "deposit",
            self.owner,
            world=Party.CASH,
            tainted_share=share,
        )
        self.make(move, now_ns, partial(self._paid_in, cycle), cycle)
        if cycle + 1 < self.cycles:
            at_ns = self.time_ns(now_ns, _GAP_NS, "cycle", cycle)
            self.enter(at_ns, partial(self._pay_in, cycle + 1), "cycle", cycle)

    def _paid_in(self, cycle: int, move: Move, tx_id: int, now_ns: int) -> None:
        if tx_id == NEVER:
            self._cycle_done(move, tx_id, now_ns)
            return
        share = self.between(*self.paid, "paid", cycle)
        supplier = self.suppliers[self.whole(0, len(self.suppliers) - 1, "supplier", cycle)]
        low, high = (share_minor(move.amount_minor, end, *self.paid) for end in self.paid)
        paid = move._replace(
            kind=self.transfer,
            amount_minor=round_minor(self, move.amount_minor * share, low, high, cycle, 1),
            stage="payment",
            creditor_account=self.scheme.account(supplier),
            world=Party.CUSTOMER,
            hop=1,
            parents=(tx_id,),
        )
        at_ns = self.time_ns(now_ns, _PAID_NS, "pay", cycle)
        self.enter(at_ns, partial(self._pay_supplier, paid, cycle), "pay", cycle)

    def _pay_supplier(self, move: Move, cycle: int, now_ns: int) -> None:
        self.make_in_parts(move, now_ns, self._cycle_done, cycle)

    def _cycle_done(self, move: Move, tx_id: int, now_ns: int) -> None:
        del move
        self.suspicions += tx_id == NEVER
        self.open_cycles -= 1
        self._end_if_done(now_ns)

    def _end_if_done(self, now_ns: int) -> None:
        if self.open_cycles == 0:
            self.over(now_ns)


class Trade(Firm):
    """The same with goods in it."""

    paid = _TWIN_PAID
    owner = "trader"
    more_cycles = 1

    def takings_minor(self, cycle: int) -> int:
        """Return what customers paid in cash since the last time."""
        low, high = (end * self.unit_minor for end in _TWIN_AMOUNT_UNITS)
        median_minor = _TWIN_MEDIAN * self.unit_minor
        u = self.u("amount", cycle)
        wanted = truncated_lognormal(u, median_minor, _TWIN_SIGMA, low, high)
        return round_minor(self, wanted, low, high, cycle)


class FrontMan(Scheme, Fraudster):
    """Owns firms for the sake of their accounts."""

    campaign: FrontBusiness

    def story(self, number: int) -> Firm:
        """Return one firm."""
        return Firm(self, number)

    def bound(self) -> None:
        """State the bounds of the design's table."""
        stories, pace = self.stories, self.campaign.pace
        rows = _CYCLES_FEWEST * stories, _CYCLES_MOST * stories
        unit = unit_minor(self.bank)
        self.specify("deposit", "amount_minor", *(end * unit for end in _AMOUNT_UNITS))
        self.specify("deposit", "rows", *rows)
        self.specify("payment", "forwarded_share", *_PAID)
        self.specify_wait("payment", *_PAID_NS)
        if stories == 1:
            self.specify("payment", "creditors", 1, _SUPPLIERS_MOST)
            self.specify("deposit", "gap_ns", _GAP_NS[0] * pace - 1, _GAP_NS[1] * pace + 1)


class Trader(Scheme, Twin):
    """Owns a firm that sells things."""

    TWIN = "cash trade"
    campaign: FrontBusiness

    def story(self, number: int) -> Trade:
        """Return one firm's weeks."""
        return Trade(self, number)
