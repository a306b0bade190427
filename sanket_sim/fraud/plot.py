"""What stories have in common: distinct people, parts that end one by one, lessons of answers.

References
----------
Design page 7: fraudsters see decisions (decline, step-up, freeze) and adapt; outages matter, as
retries duplicate what a check that timed out let pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sanket_sim.actors.actor import Actor, Answer
from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S

Judge = Callable[[Answer, int], None]
"""What somebody does about an answer once he can act on it; he is told the time [ns]."""
HEARD_LATE_NS = 300 * NS_PER_S
"""An answer is heard at most so long after its payment has ended; for bounds of waits."""
SOPHISTICATED = 0.5
"""From here on amounts, places and hours are those of honest people."""
BOLD_AFTER = 3
RETRY_NS = (30 * NS_PER_S, 120 * NS_PER_S)

_TRIES = 32
_LEAST_PART, _MOST_PART = 0.3, 4.0
_SUSPICIONS = (Decline.SUSPECTED_FRAUD, Decline.NOT_AUTHENTICATED, Decline.ACCOUNT_FROZEN)


def accepted(answer: Answer) -> bool:
    """Say whether the bank did what was asked of it."""
    return answer.ack == Ack.OK


def undecided(answer: Answer) -> bool:
    """Say whether nobody said yes or no: a timeout, a broken line, a service that is down."""
    return answer.ack != Ack.OK and answer.outcome != Outcome.APP_ERROR


def suspected(answer: Answer) -> bool:
    """Say whether the bank refused because it smells a rat."""
    return answer.decline_reason in _SUSPICIONS


def size(actor: Actor, asked: int | None, fewest: int, most: int) -> int:
    """Return how many cards, payments or people a campaign has, before `intensity`.

    Its twins have as many: the number is drawn by the campaign's name, whoever asks.
    """
    if asked is not None:
        return asked
    return alike(actor, fewest, most, "size")


def alike(actor: Actor, fewest: int, most: int, purpose: str, *keys: int) -> int:
    """Return a whole number of a campaign, both ends included, which its twins have in common."""
    campaign = actor.campaign
    draws = actor.city.draws.child("fraud", campaign.typology, campaign.name, purpose)
    return fewest + int((most - fewest + 1) * draws.unit(0, *keys))


def scaled(count: float, intensity: float) -> int:
    """Return a number of cards or people, multiplied; at least one."""
    return max(1, round(count * intensity))


def restate(actor: Actor, stage: str, measure: str, low: float, high: float) -> None:
    """State a bound that covers what was stated before, as one more victim has come in."""
    for place, old in enumerate(actor.specified):
        if (old.stage, old.measure) == (stage, measure):
            wider = replace(old, low=min(low, old.low), high=max(high, old.high))
            actor.specified[place] = wider
            return
    actor.specify(stage, measure, low, high)


def known_payee(actor: Actor, number: int, *keys: int) -> int:
    """Return the account of somebody whom a customer has often paid."""
    people = actor.population
    who, u = np.array([number]), np.array([actor.u("known payee", *keys)])
    return actor.account(int(people.payee(who, u)[0]))


def new_payee(actor: Actor, number: int, *keys: int) -> int:
    """Return the account of somebody whom a customer has never paid, drawn like any contact."""
    who = np.array([number])
    contact = actor.draws.child("new payee").key(0, *keys).reshape(1) | (1 << 32)
    return actor.account(int(actor.population.acquaintance(who, contact)[0]))


class Cast:
    """Who plays which part; nobody plays two as long as the city has people enough.

    Parameters
    ----------
    actor : Actor
    """

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._numbers: dict[int, int] = {}
        self._taken: set[int] = set()

    def distinct(self, parts: int) -> bool:
        """Say whether so many parts surely go to as many people."""
        return 4 * parts <= len(self.actor.population)

    def number(self, part: int) -> int:
        """Return the customer number of whoever plays a part."""
        if part not in self._numbers:
            self._numbers[part] = self._draw(part)
            self._taken.add(self._numbers[part])
        return self._numbers[part]

    def _draw(self, part: int) -> int:
        crowded = 2 * len(self._taken) > len(self.actor.population)
        number = 0
        for attempt in range(1 if crowded else _TRIES):
            number = self.actor.person("victim", part, attempt)
            if number not in self._taken:
                break
        return number


class Parts:
    """The parts of a story that still go on; the story ends with the last of them.

    Parameters
    ----------
    actor : Actor
    count : int
        Parts are numbered from 0.

    Notes
    -----
    A story of which somebody stopped a part counts as stopped: it may be shorter than specified.
    """

    def __init__(self, actor: Actor, count: int) -> None:
        self.actor = actor
        self._open = set(range(count))
        self._stopped = False

    def __contains__(self, part: int) -> bool:
        return part in self._open

    def end(self, part: int, now_ns: int, *, stopped: bool = False) -> None:
        """Note that a part is over, by itself or because it was stopped."""
        if part not in self._open:
            return
        self._open.remove(part)
        self._stopped |= stopped
        if not self._open:
            self.actor.finish(now_ns, STOPPED if self._stopped else COMPLETE)


class Nerve:
    """How bold somebody is: three successes in a row embolden, three refusals in a row unnerve."""

    def __init__(self) -> None:
        self.successes = self.refusals = 0

    def note(self, answer: Answer) -> None:
        """Learn from an answer; silence teaches nothing."""
        if accepted(answer):
            self.successes, self.refusals = self.successes + 1, 0
        elif not undecided(answer):
            self.successes, self.refusals = 0, self.refusals + 1

    @property
    def bold(self) -> bool:
        """Whether he hurries now."""
        return self.successes >= BOLD_AFTER

    @property
    def lost(self) -> bool:
        """Whether he gives up."""
        return self.refusals >= BOLD_AFTER

    def hurried(self, low_ns: int, high_ns: int) -> tuple[int, int]:
        """Return the bounds of a wait: all of it, or the shorter half for the bold."""
        return (low_ns, (low_ns + high_ns) // 2) if self.bold else (low_ns, high_ns)


def split_minor(
    actor: Actor, total_minor: float, parts: int, purpose: str, *keys: int
) -> list[int]:
    """Cut a sum into whole parts of unequal size, none of them tiny beside the others."""
    sizes = [
        _LEAST_PART + min(actor.exponential(purpose, *keys, part), _MOST_PART)
        for part in range(parts)
    ]
    return [max(1, int(total_minor * one / sum(sizes))) for one in sizes]
