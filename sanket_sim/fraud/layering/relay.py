"""Passing money on: from account to account through a web, each time after it has arrived."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from sanket_sim.actors.actor import Actor, Answer
from sanket_sim.actors.laws import dirichlet, truncated_lognormal
from sanket_sim.actors.routes import way
from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.bank.description import Party
from sanket_sim.core.outcomes import Decline
from sanket_sim.core.units import MINUTE_NS
from sanket_sim.fraud.layering.payments import Holders, personal, route_out, spend
from sanket_sim.fraud.layering.webs import Tie, Web
from sanket_sim.fraud.plot import HEARD_LATE_NS, accepted, suspected, undecided

_TRIES_MOST = 3
_TRY_AGAIN_NS = (5 * MINUTE_NS, 30 * MINUTE_NS)
_LOSS_MOST = 0.3
_LOSSES_FEWEST = 2
"""Whoever loses more than this share of what went in, and not by one payment, gives up."""
_EVEN = 2.0
_SMALLER = frozenset({Decline.EXCEEDS_CREDITS, Decline.LIMIT_EXCEEDED, Decline.AMOUNT_OUT_OF_RANGE})


class Dwell(NamedTuple):
    """How long money lies before it is passed on: a truncated lognormal law [ns]."""

    median_ns: float
    sigma: float
    low_ns: float
    high_ns: float

    def wait_ns(self, u: float) -> float:
        """Return its u-quantile."""
        return truncated_lognormal(u, self.median_ns, self.sigma, self.low_ns, self.high_ns)


class Terms(NamedTuple):
    """On which terms money is passed on."""

    kept: tuple[float, float]
    """Share of what has arrived that each account keeps."""
    dwell: Dwell
    covers: tuple[int, int]
    """Fewest and most ordinary payments of each account meanwhile."""
    role: str
    """What the truth calls those who pass it on."""
    tainted_share: float = 1.0


@dataclass(slots=True)
class Pot:
    """What has come to one place of a web."""

    awaited: int
    number: int = -1
    """Customer whose account it lies on; -1: nothing has been sent there yet."""
    minor: int = 0
    parents: list[int] = field(default_factory=list)
    latest_ns: int = 0


class Move(NamedTuple):
    """A payment that passes money on from a place; without a tie it leaves the bank."""

    layer: int
    place: int
    giver: int
    tie: Tie | None
    minor: int
    parents: tuple[int, ...]
    attempt: int = 0


class Relay:
    """One sum on its way through a web of accounts.

    Every account waits until all that is to come has come, keeps its share, and passes the rest
    on; meanwhile it pays for ordinary things. A refused account is given up with what lies on it,
    and another takes its place; a refused amount is halved; a silent bank is asked again.

    Parameters
    ----------
    actor : Actor
        Whose doing it is.
    number : int
        Which of his sums; part of every draw's key.
    web : Web
    terms : Terms
    holders : Holders
    done : callable
        Told when and how it ends: `COMPLETE`, or `STOPPED` if a part of it was.
    fed : sequence of int
        Payments that each account of the first layer waits for; by default one.
    """

    def __init__(
        self,
        actor: Actor,
        number: int,
        web: Web,
        terms: Terms,
        holders: Holders,
        done: Callable[[int, str], None],
        fed: Sequence[int] = (),
    ) -> None:
        self.actor, self.number, self.web, self.terms = actor, number, web, terms
        self.holders, self.done = holders, done
        out = route_out(actor.bank)
        onward = way(actor.bank, Party.CUSTOMER, Party.CUSTOMER)
        assert out is not None, "checked by `missing`"
        assert onward is not None, "checked by `missing`"
        self.out, self.onward = out, onward
        self.pots = {
            (layer, place): Pot(web.ties_into(layer, place) or (fed[place] if fed else 1))
            for layer, labels in enumerate(web.layers)
            for place in range(len(labels))
        }
        self.leaving = len(web.layers[-1])
        self.fed_minor = self.lost_minor = self.losses = 0
        self.over = False
        self.whole = True
        """Nothing of the web has failed so far."""

    def keeper(self, layer: int, place: int) -> int:
        """Return the number of the customer who is paid for a place."""
        pot = self.pots[layer, place]
        if pot.number < 0:
            pot.number = self.holders.number(self.web.layers[layer][place])
        return pot.number

    def arrive(self, layer: int, place: int, keeper: int, answer: Answer, now_ns: int) -> None:
        """Take up what has come to `keeper`; what came to somebody given up since is lost."""
        pot = self.pots[layer, place]
        if layer == 0:
            self.fed_minor += answer.amount_minor
        if keeper == pot.number:
            pot.minor += answer.amount_minor
            pot.parents.append(answer.tx_id)
            pot.latest_ns = max(pot.latest_ns, answer.answered_ns)
        else:
            self.lost_minor += answer.amount_minor
        self._count(layer, place, now_ns)

    def miss(self, layer: int, place: int, now_ns: int) -> None:
        """Know that one of the payments that a place waits for will not come."""
        self.whole = False
        self._count(layer, place, now_ns)

    def _count(self, layer: int, place: int, now_ns: int) -> None:
        pot = self.pots[layer, place]
        pot.awaited -= 1
        if pot.awaited > 0 or self.over:
            return
        if pot.minor > 0:
            self._pass_on(layer, place, pot, now_ns)
            return
        for tie in self.web.ties_from(layer, place):
            self.miss(layer + 1, tie.target, now_ns)
        if layer == self.web.hops:
            self._leave(now_ns)

    def _pass_on(self, layer: int, place: int, pot: Pot, now_ns: int) -> None:
        """Enter the payments that empty a place, and the ordinary ones before them."""
        ties: tuple[Tie | None, ...] = self.web.ties_from(layer, place) or (None,)
        parts = self._parts_minor(layer, place, pot.minor, len(ties))
        last_ns = now_ns
        for part, (tie, minor) in enumerate(zip(ties, parts, strict=True)):
            at_ns = max(now_ns, pot.latest_ns + self._dwell_ns(layer, place, part))
            move = Move(layer, place, pot.number, tie, minor, tuple(pot.parents))
            self._enter(at_ns, partial(self._send, move), "send", layer, place, part)
            last_ns = max(last_ns, at_ns)
        self._cover(layer, place, pot.number, (now_ns, last_ns))

    def _parts_minor(self, layer: int, place: int, minor: int, count: int) -> list[int]:
        """Cut what is passed on into payments of at least one unit; the rest is kept."""
        low, high = self.terms.kept
        kept = self.actor.between(low, high, "kept", self.number, layer, place)
        least, most = math.ceil(minor * (1 - high)), math.floor(minor * (1 - low))
        total = min(max(round(minor * (1 - kept)), least), most)
        us = [self.actor.u("share", self.number, layer, place, part) for part in range(count)]
        shares = dirichlet(us, _EVEN) if count > 1 else np.ones(1)
        ends = np.rint(np.cumsum(shares) * total).astype(np.int64)
        return [max(1, int(part)) for part in np.diff(ends, prepend=0)]

    def _dwell_ns(self, *keys: int) -> int:
        u = self.actor.u("dwell", self.number, *keys)
        return round(self.terms.dwell.wait_ns(u) * self.actor.campaign.pace)

    def _send(self, move: Move, now_ns: int) -> None:
        """Pay on; what was refused before is told apart by its stage."""
        if self.over:
            return
        kind = self.out if move.tie is None else self.onward
        payee = -1 if move.tie is None else self.keeper(move.layer + 1, move.tie.target)
        keys = (self.number, move.layer, move.place, _place(move.tie), move.attempt)
        wish = personal(self.actor, now_ns, kind, move.giver, *keys)._replace(
            creditor_account=self._creditor(move, kind, payee), amount_minor=move.minor
        )
        stage = "exit" if move.tie is None else "layer"
        self.actor.submit(
            wish,
            partial(self._hear, move, payee),
            *keys,
            stage=stage if move.attempt == 0 else "reroute",
            role=self.terms.role,
            hop=move.layer + 1,
            tainted_share=self.terms.tainted_share,
            parents=move.parents,
        )

    def _creditor(self, move: Move, kind: int, payee: int) -> int:
        if payee >= 0:
            return self.actor.account(payee)
        if self.actor.bank.routes[kind].creditor == Party.MERCHANT:
            return self.actor.shop(self.number, move.place)
        return self.actor.sink(kind, -1)

    def _hear(self, move: Move, payee: int, answer: Answer) -> None:
        self._enter(
            self.actor.react_ns(answer),
            partial(self._settle, move, payee, answer),
            "settle",
            move.layer,
            move.place,
            _place(move.tie),
            move.attempt,
        )

    def _settle(self, move: Move, payee: int, answer: Answer, now_ns: int) -> None:
        if accepted(answer) and move.tie is None:
            self._leave(now_ns)
        elif accepted(answer) and move.tie is not None:
            self.arrive(move.layer + 1, move.tie.target, payee, answer, now_ns)
        elif move.attempt + 1 < _TRIES_MOST and self._may_go_better(move, answer):
            minor, lost = self._next_minor(move, answer)
            self.lost_minor += lost
            wait_ns = self.actor.wait_ns(*_TRY_AGAIN_NS, "again", self.number, answer.tx_id)
            again = move._replace(minor=minor, attempt=move.attempt + 1)
            keys = (move.layer, move.place, _place(move.tie), again.attempt)
            self._enter(now_ns + wait_ns, partial(self._send, again), "again", *keys)
        else:
            self._lose(move, now_ns)
        self._judge(now_ns)

    def _may_go_better(self, move: Move, answer: Answer) -> bool:
        """Say whether another try makes sense; whom the payee's side refuses gets another payee."""
        if undecided(answer) or answer.decline_reason in _SMALLER:
            return True
        if suspected(answer) or answer.decline_reason == Decline.NONE:
            self.holders.replace(self.web.layers[move.layer][move.place], move.giver)
            return False
        if move.tie is not None:
            self._give_up(move.layer + 1, move.tie.target)
        return move.tie is not None

    def _give_up(self, layer: int, place: int) -> None:
        """Count what lies at a place as lost, and have somebody else be paid for it."""
        pot = self.pots[layer, place]
        self.holders.replace(self.web.layers[layer][place], pot.number)
        self.lost_minor += pot.minor
        pot.number, pot.minor, pot.parents = -1, 0, []

    def _next_minor(self, move: Move, answer: Answer) -> tuple[int, int]:
        """Return what is tried next, and what is given up."""
        if answer.decline_reason not in _SMALLER:
            return move.minor, 0
        half = max(1, move.minor // 2)
        return half, move.minor - half

    def _lose(self, move: Move, now_ns: int) -> None:
        self.lost_minor += move.minor
        self.losses += 1
        self.whole = False
        if move.tie is None:
            self._leave(now_ns)
        else:
            self.miss(move.layer + 1, move.tie.target, now_ns)

    def _judge(self, now_ns: int) -> None:
        warned = self.losses >= _LOSSES_FEWEST
        if warned and not self.over and self.lost_minor > _LOSS_MOST * self.fed_minor:
            self.over = True
            self.done(now_ns, STOPPED)

    def _leave(self, now_ns: int) -> None:
        self.leaving -= 1
        if self.leaving == 0 and not self.over:
            self.over = True
            self.done(now_ns, COMPLETE if self.whole else STOPPED)

    def _cover(self, layer: int, place: int, number: int, window_ns: tuple[int, int]) -> None:
        """Enter what the account's owner pays meanwhile, with money of his own."""
        count = self.actor.whole(*self.terms.covers, "covers", self.number, layer, place)
        for one in range(count):
            keys = (layer, place, one)
            at_ns = round(self.actor.between(*window_ns, "cover", self.number, *keys))
            self._enter(at_ns, partial(self._spend, number, keys), "cover", *keys)

    def _spend(self, number: int, keys: tuple[int, ...], now_ns: int) -> None:
        spend(self.actor, now_ns, number, self.number, *keys)

    def _enter(self, at_ns: int, act: Callable[[int], None], name: str, *keys: int) -> None:
        self.actor.enter(at_ns, act, name, self.number, *keys)


def specify_passing(actor: Actor, webs: Sequence[Web], terms: Terms, late_ns: int = 0) -> None:
    """State the bounds of what passes money on and out, in shares and in time.

    `late_ns` is how much later than the last arrival the payments that a first account waits for
    may turn out not to come; where several payments meet, the same holds of tries that fail.
    """
    pace, floor_ns = actor.campaign.pace, actor.city.shortest_reaction_ns
    each_ns = round(_TRY_AGAIN_NS[1] * pace) + 2 * floor_ns + HEARD_LATE_NS
    waits = late_ns > 0 or any(web.meets for web in webs)
    tries_ns = _TRIES_MOST * each_ns * waits
    least_ns, most_ns = (max(round(end * pace), floor_ns) for end in terms.dwell[2:])
    for stage in ("layer", "exit"):
        actor.specify(stage, "forwarded_share", 1 - terms.kept[1], 1 - terms.kept[0])
        most_late_ns = most_ns + HEARD_LATE_NS + tries_ns + late_ns
        actor.specify(stage, "since_parent_ns", least_ns, most_late_ns)


def _place(tie: Tie | None) -> int:
    return -1 if tie is None else tie.target
