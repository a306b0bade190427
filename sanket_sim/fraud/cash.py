"""Cash paid in over some days into a few accounts: how several stories begin."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from sanket_sim.actors.laws import truncated_beta, truncated_lognormal
from sanket_sim.actors.routes import way
from sanket_sim.bank.description import Party
from sanket_sim.fraud.flows import NEVER, Move, Scheme, Story, must, rounded_minor

JUST_UNDER = (0.75, 0.99)
"""Structured deposits as shares of the threshold."""
STRUCTURED_FEWEST, STRUCTURED_MOST = 3, 20

_JUST_UNDER_SHAPES = (18.0, 2.0)
_ROUND_SHARE = 0.5
_ROUND_UNITS = 100
_TAKINGS_MEDIAN, _TAKINGS_SIGMA = 0.88, 0.1
_TAKINGS = (0.5, 1.4)


class CashStory(Story):
    """Somebody with cash who pays it into accounts, and then does something with it.

    A deposit refused as suspicious goes into the next account, if there is one.
    """

    role: str

    def __init__(self, scheme: Scheme, number: int, accounts: int) -> None:
        super().__init__(scheme, number)
        self.kind = must(way(scheme.bank, Party.CASH, Party.CUSTOMER))
        self.holders = scheme.people(accounts, "holder", number)
        self.arrived_minor: dict[int, dict[int, int]] = {}
        """Holder -> tx_id -> what has arrived by it."""
        self.outstanding = 0

    @property
    @abstractmethod
    def span_ns(self) -> tuple[int, int]:
        """Shortest and longest time from the first deposit to the last, before `pace` [ns]."""

    @abstractmethod
    def amounts_minor(self) -> list[int]:
        """Return the deposits, in their order."""

    @abstractmethod
    def paid_in(self, now_ns: int) -> None:
        """Go on once all deposits have arrived or were given up."""

    def branch(self, deposit: int) -> int | None:
        """Return where a deposit is made, None: where the holder happens to be."""
        del deposit
        return None

    def begin(self, now_ns: int) -> None:
        """Pay in the first, and note when the others follow."""
        amounts_minor = self.amounts_minor()
        self.outstanding = len(amounts_minor)
        for deposit, at_ns in enumerate(self._times_ns(now_ns, len(amounts_minor))):
            act = partial(self._pay_in, deposit, amounts_minor[deposit])
            self.enter(at_ns, act, "deposit", deposit)

    def elsewhere(self, move: Move) -> Move | None:
        """Pay cash into another of the accounts."""
        free = [holder for holder in self.holders if holder not in self.burnt]
        return move._replace(person=free[0]) if move.kind == self.kind and free else None

    def _times_ns(self, now_ns: int, count: int) -> list[int]:
        last_ns = self.time_ns(now_ns, self.span_ns, "span")
        length_ns = int((last_ns - now_ns) / self.scheme.campaign.pace)
        between = (
            min(self.time_ns(now_ns, (0, length_ns), "deposit", deposit), last_ns)
            for deposit in range(count - 2)
        )
        return [now_ns, *sorted(between), last_ns][:count]

    def _pay_in(self, deposit: int, amount_minor: int, now_ns: int) -> None:
        holder = self.holders[deposit % len(self.holders)]
        move = Move(
            self.kind,
            holder,
            amount_minor,
            "deposit",
            self.role,
            world=Party.CASH,
            place=self.branch(deposit),
        )
        if holder in self.burnt:
            self._settled(move, NEVER, now_ns)
        else:
            self.make(move, now_ns, self._settled, deposit)

    def _settled(self, move: Move, tx_id: int, now_ns: int) -> None:
        self.outstanding -= 1
        if tx_id != NEVER:
            self.arrived_minor.setdefault(move.person, {})[tx_id] = move.amount_minor
        if not self.outstanding:
            self.paid_in(now_ns)


def structured_minor(story: Story, threshold_minor: int, deposit: int) -> int:
    """Return a deposit just under a threshold: T times Beta(18, 2), within [.75, .99] T."""
    return just_under_minor(story, structured_share(story, deposit), threshold_minor, deposit)


def structured_share(story: Story, deposit: int) -> float:
    """Return which share of the threshold a deposit is, before anybody rounds it."""
    return truncated_beta(story.u("amount", deposit), *_JUST_UNDER_SHAPES, *JUST_UNDER)


def just_under_minor(story: Story, share: float, threshold_minor: int, deposit: int) -> int:
    """Return a share of a threshold as cash is counted."""
    return _counted_minor(story, share * threshold_minor, threshold_minor, JUST_UNDER, deposit)


def takings_minor(story: Story, threshold_minor: int, deposit: int) -> int:
    """Return a bag of a shop's takings: as full as bags are, which a threshold knows nothing of."""
    u = story.u("amount", deposit)
    share = truncated_lognormal(u, _TAKINGS_MEDIAN, _TAKINGS_SIGMA, *_TAKINGS)
    return _counted_minor(story, threshold_minor * share, threshold_minor, _TAKINGS, deposit)


def round_minor(story: Story, amount_minor: float, low: int, high: int, *keys: int) -> int:
    """Return an amount, every other time in whole hundreds of the bank's currency."""
    rounds = story.u("round", *keys) < _ROUND_SHARE
    step_minor = _ROUND_UNITS * story.unit_minor if rounds else 1
    return rounded_minor(amount_minor, step_minor, low, high)


def _counted_minor(
    story: Story, amount_minor: float, threshold_minor: int, ends: tuple[float, float], deposit: int
) -> int:
    low, high = (round(threshold_minor * end) for end in ends)
    return round_minor(story, amount_minor, low, high, deposit)
