"""What stands in the books and on record, in words that every teller of a story shares."""

from __future__ import annotations

from sanket_sim.analysis.breaks import DETECTORS
from sanket_sim.analysis.story.nouns import SECOND, Journal, Leg, Ruling, Story
from sanket_sim.core.money import format_minor

_DEEDS = {
    "posted": ("posts", ""),
    "pending": ("holds", ""),
    "voided": ("gives back", ""),
    "expired": ("lets lapse", ""),
}
_OF_THE_SECOND = {"fee": ("charges", "the fee,"), "exchange": ("pays out", "the exchange,")}


def deed_of(journal: Journal, story: Story) -> tuple[str, str]:
    """Say what a journal does: the verb, and what stands before the amount.

    The second leg is named by what it is for: ``("charges", "the fee,")``.
    """
    if journal.side == SECOND and story.second is not None and journal.phase == "posted":
        return _OF_THE_SECOND.get(story.second.purpose, _DEEDS["posted"])
    return _DEEDS[journal.phase]


def legs_of(journal: Journal) -> str:
    """Say what a journal moves from whom to whom."""
    if len(journal.legs) == 2 and not journal.one_sided:
        payer, payee = sorted(journal.legs, key=lambda leg: leg.amount_minor)
        return f"{_amount(payee)} from {payer.account.name} to {payee.account.name}"
    legs = (f"{_amount(leg)} on {leg.account.name}" for leg in journal.legs)
    return " and ".join(legs) + (", one-sided" if journal.one_sided else "")


def _amount(leg: Leg) -> str:
    return format_minor(leg.amount_minor, leg.currency)


def of_the_back_office(ruling: Ruling) -> str:
    """Say what the back office found, or decided about it."""
    kind, finder = ruling.subject.replace("_", " "), DETECTORS[ruling.actor]
    found = "the customer complains" if finder == "complaint" else f"{finder} reconciliation finds"
    said = {
        "break": f"{found}: {kind}",
        "correction": f"the back office orders what puts it right: {kind}",
        "write_off": f"the back office writes it off, nobody gives the money back: {kind}",
        "cleared": "the back office finds nothing wrong with it any more",
    }
    return said.get(ruling.decision, f"the back office: {ruling.decision.replace('_', ' ')} {kind}")
