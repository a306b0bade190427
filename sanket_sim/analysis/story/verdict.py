"""Why a payment leaked, in one sentence that names the hop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sanket_sim.analysis.decomposition import IntentStatus
from sanket_sim.analysis.story.nouns import (
    NEVER,
    PRINCIPAL,
    SECOND,
    Answer,
    Flows,
    Journal,
    Party,
    Role,
    Ruling,
    SecondLeg,
    SetTrap,
    Verdict,
    Visit,
)
from sanket_sim.core.money import format_minor
from sanket_sim.core.outcomes import LeakClass, LegPurpose
from sanket_sim.core.units import NS_PER_MS, NS_PER_S

FEE = LegPurpose.FEE.name.lower()
MISMATCH = LegPurpose.MISMATCH.name.lower()
STAND_IN = "stand_in"
"""Who decides in the place of the ledger, as the decisions table calls it."""
IN_SECONDS_NS = 10 * NS_PER_S
"""From here on nobody reads milliseconds."""
MANY = 2
MISREAD = {
    "locale_amount": "the amount was written in another country's notation, and misread",
    "wrong_exponent": "the amount was read with the wrong number of decimals",
}
"""Traps that make the bank read another amount than the customer wrote."""
_DECLINED = {
    "already_reversed": "its reversal had come first and left a mark",
    "pending_transfer_expired": "the hold had lapsed before the merchant claimed it",
    "creditor_timeout": "the scheme's clock had run out",
    "not_settled": "the sending bank's funds had not come",
    "credit_account_already_closed": "the payee's account is closed",
    "debit_account_already_closed": "the payer's account is not open",
    "stand_in_limit": "beyond the limit of stand-in processing",
    "exists_with_different_amount": "its key belongs to another payment",
    "payee_mismatch": "the payee's name does not belong to the account",
    "refund_exceeds_capture": "more than what was captured would have gone back",
}
"""Reasons that need more words than their own."""
Blame = tuple[int, str]
"""The hop to blame (-1 for none) and the sentence."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on; `status` and `leak_class` are the decomposition's."""

    status: IntentStatus
    leak_class: LeakClass
    glv_minor: int
    amount_minor: int
    deadline_ns: int
    hold_ttl_ns: int
    trap: SetTrap
    refunds: bool
    """Whether payments of its kind give back what others have moved."""
    batch: str
    publishers: frozenset[str]
    """Operations that leave the posting to an event."""
    debtor: Party
    right_creditor: Party
    flows: Flows
    second: SecondLeg | None
    answer: Answer
    visits: Sequence[Visit]
    journals: Sequence[Journal]
    rulings: Sequence[Ruling]
    stolen: str = ""
    """The kind of fraud that it was, whoever seemed to ask for it."""
    judged: str = "none"
    """What the fraud service decided."""

    def moved(self, side: str) -> list[Journal]:
        """Return the journals that moved money on a leg, each transfer by its first."""
        moved = [one for one in self.journals if one.phase == "posted" and one.side == side]
        first = {journal.transfer_id: journal for journal in reversed(moved)}
        return [journal for journal in moved if first[journal.transfer_id] is journal]

    @property
    def posted(self) -> list[Journal]:
        """Journals of the leg that leaked: the principal, unless only the second did."""
        second_alone = self.second is not None and self.second.glv_minor and not self.glv_minor
        sides = (SECOND, PRINCIPAL) if second_alone else (PRINCIPAL, SECOND)
        return self.moved(sides[0]) or self.moved(sides[1])

    @property
    def tries(self) -> list[Visit]:
        """The customer's own calls that submit the payment."""
        return [one for one in self.visits if one.depth == 0 and one.role == Role.PAYMENT]

    @property
    def whole(self) -> bool:
        """Whether the trace holds all that was posted, and how the customer was answered."""
        seconds = self.second.flows.n_posted if self.second else 0
        posted = (len(self.moved(side)) for side in (PRINCIPAL, SECOND))
        return bool(self.tries) and tuple(posted) == (self.flows.n_posted, seconds)

    def visit(self, hop_id: int) -> Visit | None:
        """Return the visit of that hop, if there is one."""
        return next((visit for visit in self.visits if visit.hop_id == hop_id), None)

    def named(self, journal: Journal) -> str:
        """Name who wrote a journal."""
        visit = self.visit(journal.hop_id)
        return visit.label if visit else journal.service

    def callers(self, hop_id: int) -> list[Visit]:
        """Return a visit and those above it, the innermost first."""
        found: list[Visit] = []
        visit = self.visit(hop_id)
        while visit is not None:
            found.append(visit)
            visit = self.visit(visit.parent_hop_id)
        return found

    def deepest_error(self, submission: int | None = None) -> Visit | None:
        """Return the innermost visit that went wrong, the latest of several."""
        wrong = [
            visit
            for visit in self.visits
            if visit.failed and submission in (None, visit.submission)
        ]
        return max(wrong, key=lambda visit: (visit.depth, visit.hop_id), default=None)


def judge(evidence: Evidence) -> Verdict:
    """Say how a payment ended, and why."""
    if evidence.status == IntentStatus.LEAKED and not evidence.whole:
        hop_id, why = NEVER, "the run was cut short before all of its trace was written"
    elif evidence.status == IntentStatus.LEAKED:
        hop_id, why = _REASONS[evidence.leak_class](evidence)
    else:
        hop_id, why = NEVER, _unleaked(evidence)
    visit = evidence.visit(hop_id)
    return Verdict(
        evidence.status.name,
        evidence.leak_class.name,
        evidence.glv_minor,
        hop_id,
        visit.service if visit else "",
        f"{why}{_caught(evidence.trap)}.",
    )


def _caught(trap: SetTrap) -> str:
    """Name the trap, and what stood in its way.

    Examples
    --------
    >>> _caught(SetTrap("kept_fee", "T18", "linked_fee", control_on=False))
    '; the trap kept_fee (T18) had been set, and linked_fee, the control that catches it, was off'
    """
    if not trap.kind:
        return ""
    code = f" ({trap.code})" if trap.code else ""
    switch = "on" if trap.control_on else "off"
    control = f", and {trap.control}, the control that catches it, was {switch}"
    return f"; the trap {trap.kind}{code} had been set{control if trap.control else ''}"


_LET_PASS = {
    "none": "which nobody judged",
    "approve": "which the fraud service approved",
    "step_up": "and whoever was asked for a second factor had it",
    "unchecked": "which passed unchecked, as the fraud service gave no answer",
}


def _span(span_ns: int) -> str:
    """Write a time span: what is long in seconds.

    Examples
    --------
    >>> _span(9_089_300_000), _span(23_299_800_000)
    ('9,089.3 ms', '23.3 s')
    """
    if span_ns < IN_SECONDS_NS:
        return f"{span_ns / NS_PER_MS:,.1f} ms"
    return f"{span_ns / NS_PER_S:,.1f} s"


def _unleaked(evidence: Evidence) -> str:
    answer = evidence.answer
    if evidence.status == IntentStatus.OK:
        if evidence.stolen and evidence.amount_minor:
            passed = _LET_PASS.get(evidence.judged, "which the fraud service let pass")
            return f"it was {evidence.stolen}, {passed}; to the bank it ended well"
        return "it ended as it should, and the customer was told so"
    if evidence.status == IntentStatus.IN_FLIGHT:
        return "the run ended before it did"
    if evidence.status == IntentStatus.REJECTED_RIGHT:
        why = _DECLINED.get(answer.decline_reason, answer.decline_reason)
        return f"declined rightly ({why}): nothing was to move, and nothing did"
    error = evidence.deepest_error()
    where = f", from {error.label}: {error.outcome}" if error else ""
    return f"failed clean{where}; nothing moved, and the customer was told so"


def _unseen(evidence: Evidence, journal: Journal) -> str:
    """Say why whoever asked did not learn that a journal had been posted; empty if it did."""
    chain = evidence.callers(journal.hop_id)
    struck = next((visit.fault for visit in chain if visit.fault), "")
    blow = f", after {struck} had struck" if struck else ""
    for visit in chain:
        it = "it" if visit is chain[0] else visit.label
        gone = _span(journal.at_ns - visit.left_ns)
        if visit.given_up and visit.left_ns <= journal.at_ns:
            return f"{visit.caller_label} had stopped waiting for {it} {gone} before{blow}"
        if visit.given_up:
            return f"{visit.caller_label} never heard {it} answer{blow}"
    wrong = next((visit for visit in chain if visit.failed), None)
    return f"{wrong.label} ended {wrong.outcome} all the same{blow}" if wrong else ""


def _duplicate(evidence: Evidence) -> Blame:
    if len(evidence.posted) < MANY:
        return _unbalanced(evidence)
    first, second, *others = evidence.posted
    more = f", and {len(others)} more after it" if others else ""
    unseen = _unseen(evidence, first)
    told = f", unseen: {unseen}" if unseen else _tries(evidence, first, second)
    sentence = (
        f"{evidence.named(second)} posted the payment a second time{more}; "
        f"{evidence.named(first)} had posted it already{told}"
    )
    return second.hop_id, sentence


def _tries(evidence: Evidence, first: Journal, second: Journal) -> str:
    visits = [evidence.visit(journal.hop_id) for journal in (first, second)]
    numbers = [visit.submission for visit in visits if visit]
    if len(set(numbers)) < 2:
        return ""
    if evidence.batch:
        file, second_run = evidence.batch, numbers[1]
        return f" in run {numbers[0]} of {file}, and nobody took run {second_run} for its copy"
    return f" for submission {numbers[0]}, and nobody took submission {numbers[1]} for its copy"


def _ghost(evidence: Evidence) -> Blame:
    journal = evidence.posted[-1]
    gap_ns = journal.at_ns - evidence.answer.at_ns
    when = f"{_span(abs(gap_ns))} {'after' if gap_ns > 0 else 'before'}"
    unseen = _unseen(evidence, journal)
    because = f": {unseen}" if unseen else ""
    who = evidence.named(journal)
    return journal.hop_id, f"{who} posted it {when} the customer was told that it failed{because}"


def _late(evidence: Evidence) -> Blame:
    overdue = _span(evidence.answer.at_ns - evidence.deadline_ns)
    roots = evidence.tries
    last = max(visit.submission for visit in roots)
    error = evidence.deepest_error(last - 1)
    if error:
        begun_ns = min(visit.sent_ns for visit in roots if visit.submission == last)
        told_ns = max(visit.left_ns for visit in roots if visit.submission == last - 1)
        paused = _span(begun_ns - told_ns)
        why = f"{error.label} ended {error.outcome}, and the customer took {paused}"
        return error.hop_id, f"told of success {overdue} after its deadline: {why} to try again"
    slow = max(evidence.visits, key=lambda visit: _own_ns(evidence, visit))
    held = f"{slow.label} kept it {_span(_own_ns(evidence, slow))}"
    inline = f", {_span(slow.wait_ns)} of them in line" if slow.wait_ns >= NS_PER_MS else ""
    return slow.hop_id, f"told of success {overdue} after its deadline: {held}{inline}"


def _own_ns(evidence: Evidence, visit: Visit) -> int:
    """Return the time a visit took beyond the longest of its calls."""
    calls = [one.span_ns for one in evidence.visits if one.parent_hop_id == visit.hop_id]
    return visit.span_ns - max(calls, default=0)


def _orphan(evidence: Evidence) -> Blame:
    lame = next((one for one in _all_posted(evidence) if one.one_sided), None)
    if lame is None:
        return _unbalanced(evidence)
    if evidence.second and evidence.second.purpose == MISMATCH:
        return lame.hop_id, (
            f"{evidence.named(lame)} moved {evidence.second.currency} for an order in another "
            "currency, one for one: the two legs are in different books"
        )
    if len({leg.amount_minor > 0 for leg in lame.legs}) > 1:
        short = format_minor(abs(sum(leg.amount_minor for leg in lame.legs)), lame.legs[0].currency)
        return lame.hop_id, f"{evidence.named(lame)} posted legs that miss one another by {short}"
    return lame.hop_id, f"{evidence.named(lame)} {_one_side(evidence, lame)}"


def _one_side(evidence: Evidence, lame: Journal) -> str:
    """Say why a journal has only the one side."""
    if lame.legs[0].amount_minor < 0:
        side, other = "debit", "credit"
    elif evidence.debtor == evidence.right_creditor:
        name = evidence.debtor.name
        return f"wrote debit and credit on one account, {name}'s: the write of the debit was lost"
    elif evidence.trap.kind == "credit_before_settlement":
        name = lame.legs[0].account.name
        return f"credited {name} before the sending bank's money had come, which never came"
    else:
        side, other = "credit", "debit"
    visit = evidence.visit(lame.hop_id)
    end = f": it ended {visit.outcome}" if visit and visit.failed else ""
    return f"posted the {side}, and the {other} never followed{end}"


def _all_posted(evidence: Evidence) -> list[Journal]:
    return [*evidence.moved(PRINCIPAL), *evidence.moved(SECOND)]


def _unbalanced(evidence: Evidence) -> Blame:
    journal = _all_posted(evidence)[-1]
    return journal.hop_id, f"{evidence.named(journal)} posted what does not match the order"


def _invalid(evidence: Evidence) -> Blame:
    """Give the first reason that the trace bears out."""
    journal = evidence.posted[0]
    why = next(filter(None, (reason(evidence, journal) for reason in _WHY_INVALID)), _UNFUNDED)
    return journal.hop_id, f"{evidence.named(journal)} {why}"


def _fee_alone(evidence: Evidence, journal: Journal) -> str:
    kept = evidence.second is not None and evidence.second.purpose == FEE
    alone = kept and journal.side == SECOND and not evidence.moved(PRINCIPAL)
    return "charged the fee of a payment that was never posted" if alone else ""


def _given_back_twice(evidence: Evidence, _: Journal) -> str:
    beyond = evidence.refunds and evidence.trap.kind == "excess_refund"
    said = "refunded more than was left of what had been captured: it had been given back already"
    return said if beyond else ""


def _backwards(evidence: Evidence, _: Journal) -> str:
    negative = evidence.amount_minor < 0
    return "posted a negative amount: money ran back to the payer" if negative else ""


def _wrapped(_: Evidence, journal: Journal) -> str:
    """Tell an amount whose sign has turned over between the order and the posting."""
    debited = [leg for leg in journal.legs if leg.amount_minor < 0]
    turned = journal.side == PRINCIPAL and bool(debited) and debited[0] != journal.legs[0]
    return "posted a negative number: the amount did not fit the ledger's column" if turned else ""


def _elsewhere(evidence: Evidence, journal: Journal) -> str:
    """Tell a credit that the payee's account could not take."""
    for leg in journal.legs if journal.side == PRINCIPAL else ():
        if leg.amount_minor > 0 and leg.account != evidence.right_creditor:
            return f"credited {leg.account.name}, as {evidence.right_creditor.name} takes no money"
    return ""


def _cancelled(evidence: Evidence, journal: Journal) -> str:
    heads = [one for one in evidence.visits if one.depth == 0 and one.role == Role.REVERSAL]
    heard = [one.left_ns for one in heads if 0 <= one.left_ns <= journal.at_ns]
    if not heard:
        return ""
    return f"posted it {_span(journal.at_ns - min(heard))} after the customer had cancelled it"


def _lapsed(evidence: Evidence, journal: Journal) -> str:
    opened = [one.at_ns for one in evidence.journals if one.phase == "pending"]
    if not opened or evidence.hold_ttl_ns <= 0:
        return ""
    over_ns = journal.at_ns - min(opened) - evidence.hold_ttl_ns
    return f"captured a hold that was to lapse {_span(over_ns)} before" if over_ns > 0 else ""


def _after_no(evidence: Evidence, journal: Journal) -> str:
    gap_ns = journal.at_ns - evidence.answer.at_ns
    told = evidence.answer.ack == "failed" and evidence.answer.at_ns >= 0 and gap_ns > 0
    return f"posted it {_span(gap_ns)} after the customer was told that it failed" if told else ""


def _stood_in(evidence: Evidence, _: Journal) -> str:
    approved = any(
        ruling.actor == STAND_IN and ruling.decision == "approve" for ruling in evidence.rulings
    )
    said = "posted what stand-in processing had approved, beyond what the payer has"
    return said if approved else ""


def _misread(evidence: Evidence, _: Journal) -> str:
    misread = evidence.trap.kind in MISREAD and evidence.trap.sprung
    said = "posted an amount that had been misread: what was wanted the payer could not pay"
    return said if misread else ""


_UNFUNDED = "posted what should not move: the payer truly could not pay it"
_WHY_INVALID: tuple[Callable[[Evidence, Journal], str], ...] = (
    _fee_alone,
    _given_back_twice,
    _backwards,
    _wrapped,
    _elsewhere,
    _cancelled,
    _lapsed,
    _stood_in,
    _after_no,
    _misread,
)


def _misdirected(evidence: Evidence) -> Blame:
    for journal in evidence.moved(PRINCIPAL):
        for leg in journal.legs:
            astray = leg.amount_minor > 0 and leg.account != evidence.right_creditor
            if astray and journal.phase == "posted":
                who, right = evidence.named(journal), evidence.right_creditor.name
                return journal.hop_id, f"{who} credited {leg.account.name} instead of {right}"
    return _orphan(evidence)


def _wrong_amount(evidence: Evidence) -> Blame:
    journal = evidence.posted[-1]
    size = "more" if evidence.leak_class == LeakClass.OVER else "less"
    leg = max(journal.legs, key=lambda leg: leg.amount_minor)
    posted, wanted = (
        format_minor(minor, leg.currency)
        for minor in (abs(leg.amount_minor), evidence.flows.e_minor)
    )
    why = f": {MISREAD[evidence.trap.kind]}" if evidence.trap.kind in MISREAD else ""
    sentence = f"{evidence.named(journal)} posted {posted}, {size} than the {wanted} wanted{why}"
    return journal.hop_id, sentence


def _nothing_posted(evidence: Evidence) -> Blame:
    error = evidence.deepest_error()
    told = "OK" if evidence.answer.ack == "ok" else "nothing"
    if error is None:
        return _quietly_lost(evidence, told)
    sentence = f"{error.label} ended {error.outcome}; the customer was told {told}"
    return error.hop_id, f"{sentence}, yet nothing was ever posted"


def _quietly_lost(evidence: Evidence, told: str) -> Blame:
    """Tell what was lost although every answer was OK."""
    if evidence.trap.kind == "reused_key":
        return NEVER, (
            f"the customer was told {told}, which was the answer to an earlier payment with the "
            "same key, and nothing was ever posted"
        )
    heard = {visit.parent_hop_id for visit in evidence.visits if visit.event}
    silent = [
        visit
        for visit in evidence.visits
        if visit.operation in evidence.publishers and visit.hop_id not in heard
    ]
    if not silent:
        return NEVER, f"the customer was told {told}, yet no service ever posted anything"
    return silent[-1].hop_id, (
        f"the event of {silent[-1].label} that would have posted it was lost between the "
        f"database and the broker, and the customer was told {told}"
    )


def _stuck(evidence: Evidence) -> Blame:
    opened = [journal for journal in evidence.journals if journal.phase == "pending"]
    if not opened:
        return NEVER, "money is held that no journal explains"
    who = evidence.named(opened[-1])
    return opened[-1].hop_id, f"{who} opened a hold that nobody has captured or given back"


_REASONS: dict[LeakClass, Callable[[Evidence], Blame]] = {
    LeakClass.ORPHAN_CREDIT: _orphan,
    LeakClass.ORPHAN_DEBIT: _orphan,
    LeakClass.INVALID_EXECUTED: _invalid,
    LeakClass.MISDIRECTED: _misdirected,
    LeakClass.DUPLICATE: _duplicate,
    LeakClass.OVER: _wrong_amount,
    LeakClass.UNDER: _wrong_amount,
    LeakClass.LOST: _nothing_posted,
    LeakClass.GHOST_POSTING: _ghost,
    LeakClass.PHANTOM_SUCCESS: _nothing_posted,
    LeakClass.LATE: _late,
    LeakClass.STUCK_HOLD: _stuck,
}
