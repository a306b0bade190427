"""The time-line of a payment: what is worth a line, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sanket_sim.analysis.story.nouns import (
    NEVER,
    Journal,
    Moment,
    Role,
    Ruling,
    Visit,
    What,
)
from sanket_sim.core.units import NS_PER_MS

WAIT_NS_MIN = NS_PER_MS
"""A shorter wait in line is not worth a line of its own."""
_RANK = {what: rank for rank, what in enumerate(What)}


def timeline(
    visits: Sequence[Visit], journals: Sequence[Journal], rulings: Sequence[Ruling]
) -> tuple[Moment, ...]:
    """Return what happened, in order; a visit without any trouble is one moment."""
    depths = {visit.hop_id: visit.depth for visit in visits}
    rulers = [find_hop(visits, ruling.actor, ruling.at_ns) for ruling in rulings]
    troubled = {visit.parent_hop_id for visit in visits} | {one.hop_id for one in journals}
    troubled.update(rulers)
    found: list[Moment] = []
    for visit in visits:
        found += _visit_moments(visit, plain=visit.hop_id not in troubled)
    for place, one in enumerate(journals):
        depth = depths.get(one.hop_id, -1) + 2
        moment = Moment(one.at_ns, depth, What.POSTED, one.hop_id, one.transfer_id, item=place)
        found.append(moment)
    for place, (ruling, hop_id) in enumerate(zip(rulings, rulers, strict=True)):
        depth = depths.get(hop_id, -1) + 2
        found.append(Moment(ruling.at_ns, depth, What.RULED, hop_id, item=place))
    found += _customer_moments([visit for visit in visits if visit.depth == 0])
    return tuple(sorted(found, key=_order))


def _order(moment: Moment) -> tuple[int, int, int]:
    """Order by time; at one instant inner ends come before outer ones, then what they lead to."""
    ends = moment.what in (What.GIVEN_UP, What.ANSWERED, What.UNHEARD)
    return moment.at_ns, _RANK[moment.what], -moment.depth if ends else moment.depth


def _visit_moments(visit: Visit, *, plain: bool) -> Iterator[Moment]:
    depth = visit.depth + 1
    if plain and not visit.given_up and not visit.fault and visit.left_ns >= 0:
        yield Moment(visit.sent_ns, depth, What.VISITED, visit.hop_id)
        return
    yield Moment(visit.sent_ns, depth, What.CALLED, visit.hop_id)
    if visit.fault or visit.wait_ns >= WAIT_NS_MIN:
        met = (visit.begun_ns, visit.queued_ns, visit.sent_ns)
        at_ns = next(time_ns for time_ns in met if time_ns >= 0)
        yield Moment(at_ns, depth + 1, What.BEGUN, visit.hop_id)
    yield from _end_moments(visit, depth)


def _end_moments(visit: Visit, depth: int) -> Iterator[Moment]:
    if not visit.given_up:
        if visit.left_ns >= 0:
            yield Moment(visit.left_ns, depth, What.ANSWERED, visit.hop_id)
        return
    yield Moment(visit.left_ns, depth, What.GIVEN_UP, visit.hop_id)
    answered_ns = visit.received_ns if visit.received_ns >= 0 else visit.ended_ns
    if answered_ns >= 0:
        yield Moment(answered_ns, depth, What.UNHEARD, visit.hop_id)


def _customer_moments(roots: Sequence[Visit]) -> Iterator[Moment]:
    """Yield what the customer did and heard; tries that the app makes by itself are not shown."""
    last: dict[tuple[Role, int], Visit] = {}
    for visit in roots:
        last[visit.role, visit.submission or -visit.hop_id] = visit
        if visit.attempt == 1:
            yield Moment(visit.sent_ns, 0, What.ASKED, visit.hop_id, submission=visit.submission)
    for visit in last.values():
        submission = visit.submission
        if visit.left_ns >= 0:
            yield Moment(visit.left_ns, 0, What.TOLD, visit.hop_id, submission=submission)


def submissions_of(roots: Sequence[tuple[int, int]]) -> list[int]:
    """Say to which try of the customer's each first call belongs.

    Parameters
    ----------
    roots : sequence of (attempt, sent_ns)
        In the order of sending.

    Examples
    --------
    Two copies leave together, then the first is tried again by the app:

    >>> submissions_of([(1, 0), (1, 200), (2, 1000), (1, 90_000)])
    [1, 2, 1, 3]
    """
    attempts: dict[int, int] = {}
    found = []
    for attempt, _ in roots:
        open_tries = [number for number, last in attempts.items() if last == attempt - 1]
        number = open_tries[0] if attempt > 1 and open_tries else len(attempts) + 1
        attempts[number] = attempt
        found.append(number)
    return found


def find_hop(visits: Sequence[Visit], service: str, at_ns: int) -> int:
    """Return the visit at work at a service at an instant, -1 if there is none.

    One that committed comes before others, then the one that ended soonest.
    """
    there = [
        visit
        for visit in visits
        if visit.service == service
        and 0 <= visit.begun_ns <= at_ns
        and (visit.ended_ns < 0 or visit.ended_ns >= at_ns)
    ]
    ranked = sorted(there, key=lambda visit: (not visit.committed, visit.ended_ns - at_ns))
    return ranked[0].hop_id if ranked else NEVER
