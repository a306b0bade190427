"""Which replica a request is sent to, and the draws that a hop makes by itself."""

from __future__ import annotations

from sanket_sim.bank.description import Balancing
from sanket_sim.core.draws import absorb, unit_from_lanes, word_of
from sanket_sim.network.rows import Attempt, Call, Replica, ServiceRow
from sanket_sim.network.rules import balancing

WORD_BALANCE = word_of("balance")
WORD_SECOND_CHOICE = word_of("second choice")


def keyed_uniform(hi: int, lo: int, word: int) -> float:
    """Draw the uniform number that `word` names under a hop's key."""
    hi, lo = absorb(hi, lo, word)
    return unit_from_lanes(hi, lo)


def choose(attempt: Attempt, call: Call, service: ServiceRow) -> Replica:
    """Choose one of several healthy replicas, one not yet tried if there is any."""
    tried = call.tried or ()
    fresh = [r for r in service.healthy if r.index not in tried] if tried else service.healthy
    candidates = fresh or service.healthy
    if service.balancing == Balancing.ROUND_ROBIN:
        service.rotation += 1
        return candidates[service.rotation % len(candidates)]
    if service.balancing == Balancing.FULL_SCAN:
        return min(candidates, key=lambda replica: replica.outstanding)
    first = balancing.pick_random(
        len(candidates), keyed_uniform(attempt.hi, attempt.lo, WORD_BALANCE)
    )
    if service.balancing == Balancing.RANDOM:
        return candidates[first]
    u = keyed_uniform(attempt.hi, attempt.lo, WORD_SECOND_CHOICE)
    second = balancing.pick_other(len(candidates), first, u)
    a, b = candidates[first], candidates[second]
    return b if balancing.better(b.outstanding, a.outstanding) else a
