"""Repeated overseas: structured cash that leaves the country in many transfers of middling size.

The twin works for cash and has a family abroad: jobs are paid in notes, and the house at home is
paid for bill by bill.

References
----------
Design page 7, row repeated_overseas: structured deposits, then 10-30 transfers abroad of 2-8 k.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Fraudster, Twin
from sanket_sim.actors.laws import truncated_lognormal
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank, Party
from sanket_sim.core.units import DAY_NS, HOUR_NS
from sanket_sim.fraud.cash import (
    JUST_UNDER,
    STRUCTURED_FEWEST,
    STRUCTURED_MOST,
    CashStory,
    round_minor,
    structured_minor,
    takings_minor,
)
from sanket_sim.fraud.flows import (
    FIRST_STEP_NS,
    NEVER,
    Move,
    Scheme,
    lacks,
    must,
    unit_minor,
    way_abroad,
)
from sanket_sim.fraud.plot import scaled

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_TRANSFERS_FEWEST, _TRANSFERS_MOST = 10, 30
_SMALL_TRANSFERS = 10
_AMOUNT_UNITS = (2_000, 8_000)
_AMOUNT_MEDIAN, _AMOUNT_SIGMA = 4_000.0, 0.45
_SENT_SHARE = 0.98
_DEPOSITS_PER_TRANSFER = 0.48
"""Transfers of 4.2 k on average, from deposits of .90 T."""
_SPAN_NS = (HOUR_NS, 4 * DAY_NS)
_CRUDE_SPAN_NS = (HOUR_NS, DAY_NS)
_PATIENT_SPAN_NS = (DAY_NS, 4 * DAY_NS)
_GAP_NS = (HOUR_NS, 8 * HOUR_NS)
_SUSPICIONS_BORNE = 2
_TWIN_AMOUNT_UNITS = (1_500, 9_000)
_TWIN_SIGMA = 0.5


@typologies.register("repeated_overseas")
class RepeatedOverseas(Typology):
    """Cash that is to be in another country, a little at a time.

    Examples
    --------
    >>> campaign = {"typology": "repeated_overseas", "at": "1h", "transfers": 12}
    >>> RepeatedOverseas.model_validate(campaign).threshold
    10000
    """

    typology: Literal["repeated_overseas"] = "repeated_overseas"
    threshold: Annotated[int, Field(ge=10_000, le=10**9)] = 10_000
    """From so much cash on the bank must report it [units of the bank's currency]."""
    transfers: Annotated[int, Field(ge=10, le=30)] | None = None
    """Transfers abroad; by default drawn from 10 to 30."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        longest_ns = FIRST_STEP_NS + _SPAN_NS[1] + _SMALL_TRANSFERS * _GAP_NS[1]
        return cls.paced(at, sophistication, room_ns, longest_ns, transfers=_SMALL_TRANSFERS)

    def send(self, city: City, campaign_id: int) -> Exporter:
        """Put whoever has the cash into the city."""
        return Exporter(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> Worker:
        """Put a worker with a family abroad into the city."""
        return Worker(city, campaign_id, self, twin_of, episode)

    def expected_intents(self, bank: Bank) -> float:
        """Return deposits and transfers, if none is refused."""
        del bank  # every bank that takes cash sees the same campaign
        transfers = self.transfers or (_TRANSFERS_FEWEST + _TRANSFERS_MOST) / 2
        deposits = max(STRUCTURED_FEWEST, transfers * _DEPOSITS_PER_TRANSFER + 0.5)
        return scaled(1, self.intensity) * (transfers + deposits)

    def missing(self, bank: Bank) -> str:
        """Say whether cash can come in and money leave the bank."""
        lack = lacks(bank, (Party.CASH, Party.CUSTOMER))
        if not lack and way_abroad(bank) is None:
            return lacks(bank, (Party.CUSTOMER, Party.OTHER_BANK))
        return lack


class Export(CashStory):
    """Cash into one or two accounts, and out of the country from there.

    Each transfer is paid from the deposits that have arrived and are not spent; after two
    suspicions nothing more is sent.
    """

    role = "sender"
    amount_units, sigma = _AMOUNT_UNITS, _AMOUNT_SIGMA
    more_transfers = 0

    def __init__(self, scheme: Exporter | Worker, number: int) -> None:
        super().__init__(scheme, number, 1)
        self.abroad = must(way_abroad(scheme.bank))
        self.threshold_minor = scheme.campaign.threshold * self.unit_minor
        drawn = scheme.size(_TRANSFERS_FEWEST, _TRANSFERS_MOST, "transfers", number)
        transfers = (scheme.campaign.transfers or drawn) + self.more_transfers
        self.sums_minor = self._sums_minor(transfers)
        self.unspent_minor: dict[int, int] = {}
        self.suspicions = 0
        self.sent = 0

    @property
    def span_ns(self) -> tuple[int, int]:
        """Shortest and longest time from the first deposit to the last, before `pace` [ns]."""
        return self.scheme.graded_ns(_CRUDE_SPAN_NS, _PATIENT_SPAN_NS)

    def deposit_minor(self, deposit: int) -> int:
        """Return what is paid in at a time."""
        return structured_minor(self, self.threshold_minor, deposit)

    def amounts_minor(self) -> list[int]:
        """Return deposits until everything can be sent."""
        amounts: list[int] = []
        needed_minor = sum(self.sums_minor) / _SENT_SHARE
        while len(amounts) < STRUCTURED_FEWEST or sum(amounts) < needed_minor:
            amounts.append(self.deposit_minor(len(amounts)))
        return amounts

    def paid_in(self, now_ns: int) -> None:
        """Begin to send."""
        for arrived_minor in self.arrived_minor.values():
            self.unspent_minor |= arrived_minor
        if self.unspent_minor:
            self._wait(0, now_ns)
        else:
            self.over(now_ns)

    def _sums_minor(self, count: int) -> list[int]:
        """Return what is to be sent each time, as far as the most deposits surely cover it."""
        covered_minor = STRUCTURED_MOST * JUST_UNDER[0] * self.threshold_minor * _SENT_SHARE
        sums: list[int] = []
        for transfer in range(count):
            amount_minor = self._sum_minor(transfer)
            if sum(sums) + amount_minor <= covered_minor:
                sums.append(amount_minor)
        return sums

    def _sum_minor(self, transfer: int) -> int:
        low, high = (end * self.unit_minor for end in self.amount_units)
        median_minor, u = _AMOUNT_MEDIAN * self.unit_minor, self.u("sum", transfer)
        wanted = truncated_lognormal(u, median_minor, self.sigma, low, high)
        return round_minor(self, wanted, low, high, transfer, 1)

    def _wait(self, transfer: int, now_ns: int) -> None:
        at_ns = self.time_ns(now_ns, _GAP_NS, "gap", transfer)
        self.enter(at_ns, partial(self._send, transfer), "send", transfer)

    def _send(self, transfer: int, now_ns: int) -> None:
        amount_minor = self.sums_minor[transfer]
        if amount_minor > sum(self.unspent_minor.values()):
            self.stopped = True
            self.over(now_ns)
            return
        move = Move(
            self.abroad,
            self.holders[0],
            amount_minor,
            "abroad",
            self.role,
            self.scheme.sink(self.abroad, self.holders[0]),
            hop=1,
            parents=self._spend(amount_minor),
        )
        self.make(move, now_ns, self._heard, transfer)

    def _spend(self, amount_minor: int) -> tuple[int, ...]:
        """Take an amount from the oldest deposits, and return which these are."""
        parents = []
        for tx_id in list(self.unspent_minor):
            taken_minor = min(amount_minor, self.unspent_minor[tx_id])
            parents.append(tx_id)
            amount_minor -= taken_minor
            self.unspent_minor[tx_id] -= taken_minor
            if not self.unspent_minor[tx_id]:
                del self.unspent_minor[tx_id]
            if not amount_minor:
                break
        return tuple(parents)

    def _heard(self, move: Move, tx_id: int, now_ns: int) -> None:
        del move
        self.suspicions += tx_id == NEVER
        self.sent += 1
        if self.sent == len(self.sums_minor) or self.suspicions >= _SUSPICIONS_BORNE:
            self.over(now_ns)
        else:
            self._wait(self.sent, now_ns)


class Remittances(Export):
    """Wages in notes, and a house that is being built."""

    role = "worker"
    amount_units, sigma = _TWIN_AMOUNT_UNITS, _TWIN_SIGMA
    more_transfers = 3

    def deposit_minor(self, deposit: int) -> int:
        """Return what a job has brought."""
        return takings_minor(self, self.threshold_minor, deposit)


class Exporter(Scheme, Fraudster):
    """Pays cash in and sends it abroad."""

    campaign: RepeatedOverseas

    def story(self, number: int) -> Export:
        """Return one account's story."""
        return Export(self, number)

    def bound(self) -> None:
        """State the bounds of the design's table."""
        stories, pace, unit = self.stories, self.campaign.pace, unit_minor(self.bank)
        ends = (round(self.campaign.threshold * unit * end) for end in JUST_UNDER)
        self.specify("deposit", "amount_minor", *ends)
        self.specify("deposit", "rows", STRUCTURED_FEWEST * stories, STRUCTURED_MOST * stories)
        self.specify("abroad", "amount_minor", *(end * unit for end in _AMOUNT_UNITS))
        self.specify("abroad", "rows", _TRANSFERS_FEWEST * stories, _TRANSFERS_MOST * stories)
        self.specify("", "people", 1, stories)
        if stories == 1:
            self.specify("deposit", "span_ns", _SPAN_NS[0] * pace - 1, _SPAN_NS[1] * pace + 1)
            self.specify_wait("abroad", *_GAP_NS, "gap_ns")


class Worker(Scheme, Twin):
    """Works for cash, and sends it home."""

    TWIN = "remittances"
    campaign: RepeatedOverseas

    def story(self, number: int) -> Remittances:
        """Return a season's work."""
        return Remittances(self, number)
