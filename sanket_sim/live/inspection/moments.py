"""The lines of a payment's time-line, in plain words."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.analysis.breaks import DETECTORS
from sanket_sim.analysis.story import (
    Moment,
    Role,
    Story,
    What,
    deed_of,
    legs_of,
    of_the_back_office,
)
from sanket_sim.core.money import format_minor
from sanket_sim.core.units import NS_PER_MS
from sanket_sim.live.meters import figures
from sanket_sim.live.wording import decline_in_words, failure_in_words, in_words, with_article


def said_of(story: Story, moment: Moment, customer: str) -> str:
    """Say what happened at a moment.

    Parameters
    ----------
    story : Story
    moment : Moment
        One of the story's.
    customer : str
        The name under which the customer is shown.
    """
    return _SAID[moment.what](story, moment, customer)


def _span(span_ns: int) -> str:
    return " ".join(figures.duration(span_ns / NS_PER_MS))


def _asked(story: Story, moment: Moment, customer: str) -> str:
    role = story.visit(moment.hop_id).role
    if role == Role.REVERSAL:
        return f"{customer} cancels it"
    if role == Role.STATUS:
        return f"{customer} asks what became of it"
    if moment.submission > 1:
        again = "the file is run again" if story.batch else f"{customer} asks again"
        return f"{again}, submission {moment.submission}"
    wish = f" of {format_minor(story.amount_minor, story.currency)}" if story.amount_minor else ""
    return f"{customer} asks for {with_article(in_words(story.kind))}{wish}"


def _told(story: Story, moment: Moment, customer: str) -> str:
    visit = story.visit(moment.hop_id)
    if visit.role != Role.PAYMENT:
        what = "cancellation" if visit.role == Role.REVERSAL else "enquiry"
        return f"{customer}'s {what} {'fails' if visit.failed else 'is answered'}"
    if not visit.failed:
        return f"{customer} is told that all is well"
    final = moment.at_ns == story.answer.at_ns and story.answer.decline_reason != "none"
    declined = decline_in_words(story.answer.decline_reason)
    why = declined if final else failure_in_words(visit.outcome)
    return f"{customer} is told that it failed: {why}"


def _called(story: Story, moment: Moment, customer: str) -> str:
    del customer
    visit = story.visit(moment.hop_id)
    verb = "sends an event to" if visit.event else "calls"
    nth = f", attempt {visit.attempt}" if visit.attempt > 1 else ""
    replica = f" on replica {visit.replica}" if visit.replica >= 0 else ""
    return f"{visit.caller_label} {verb} {visit.operation}{replica}{nth}"


def _visited(story: Story, moment: Moment, customer: str) -> str:
    visit = story.visit(moment.hop_id)
    end = failure_in_words(visit.outcome) if visit.failed else "answered"
    return f"{_called(story, moment, customer)}: {end} in {_span(visit.span_ns)}"


def _begun(story: Story, moment: Moment, customer: str) -> str:
    del customer
    visit = story.visit(moment.hop_id)
    behind = f" behind {visit.ahead}" if visit.ahead > 0 else ""
    said = []
    if visit.wait_ns >= NS_PER_MS:
        said.append(f"{visit.operation} begins after {_span(visit.wait_ns)} in line{behind}")
    if visit.fault:
        said.append(f"struck by {visit.fault}")
    return "; ".join(said)


def _posted(story: Story, moment: Moment, customer: str) -> str:
    del customer
    journal = story.journals[moment.item]
    leaked = journal.hop_id == story.verdict.hop_id >= 0
    mark = f" - {in_words(story.verdict.leak_class.lower())}" if leaked else ""
    said = " ".join(filter(None, (journal.service, *deed_of(journal, story), legs_of(journal))))
    return f"{said}{mark}"


def _answered(story: Story, moment: Moment, customer: str) -> str:
    del customer
    visit = story.visit(moment.hop_id)
    end = failure_in_words(visit.outcome) if visit.failed else "answers"
    return f"{visit.operation}: {end} after {_span(visit.span_ns)}"


def _given_up(story: Story, moment: Moment, customer: str) -> str:
    del customer
    visit = story.visit(moment.hop_id)
    why = failure_in_words(visit.outcome)
    after = _span(visit.span_ns)
    return f"{visit.caller_label} waits no longer for {visit.operation}: {why} after {after}"


def _unheard(story: Story, moment: Moment, customer: str) -> str:
    del customer
    visit = story.visit(moment.hop_id)
    if moment.at_ns < visit.left_ns:
        return f"{visit.operation} answers, but the answer is lost on its way"
    late = _span(moment.at_ns - visit.left_ns)
    return f"{visit.operation} answers {late} after {visit.caller_label} had left"


def _ruled(story: Story, moment: Moment, customer: str) -> str:
    del customer
    ruling = story.rulings[moment.item]
    if ruling.actor == "stand_in":
        verb = "approves" if ruling.decision == "approve" else "declines"
        return f"no ledger: stand-in processing {verb} it"
    if ruling.actor in DETECTORS:
        return of_the_back_office(ruling)
    score = f", score {ruling.score:.2f}" if ruling.score else ""
    return f"{in_words(ruling.actor)}: {in_words(ruling.decision)}{score}"


_SAID: dict[What, Callable[[Story, Moment, str], str]] = {
    What.ASKED: _asked,
    What.TOLD: _told,
    What.CALLED: _called,
    What.VISITED: _visited,
    What.BEGUN: _begun,
    What.POSTED: _posted,
    What.ANSWERED: _answered,
    What.GIVEN_UP: _given_up,
    What.UNHEARD: _unheard,
    What.RULED: _ruled,
}
